package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/falconer-go/falconer/enrich"
	"github.com/falconer-go/falconer/mitigate/report"
)

func TestRun(t *testing.T) {
	good := string(bytes.TrimSpace(sample))
	file := filepath.Join(t.TempDir(), "alerts.jsonl")
	mixed := good + "\nnot an alert\n" + `{"rule":"x","priority":"loud","time":"2026-01-02T03:04:05Z"}` + "\n" + good + "\n"
	if err := os.WriteFile(file, []byte(mixed), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name    string
		args    []string
		stdin   string
		status  int
		reports int
		out     []string
		errs    []string
	}{
		{name: "sample", reports: 1, out: []string{"## Conclusion", "TA0005 Stealth"}},
		{name: "attack 18", args: []string{"-attack", "18"}, reports: 1, out: []string{"TA0005 Defense Evasion", "ATT&CK 18.1"}},
		{name: "stdin", args: []string{"-"}, stdin: good + "\n" + good, reports: 2},
		{name: "bad records", args: []string{file}, status: 1, reports: 2,
			errs: []string{file + ": line 2", file + ": line 3", "priority", `"loud"`}},
		{name: "no such file", args: []string{file + "x", "-"}, stdin: good, status: 1, reports: 1, errs: []string{file + "x"}},
		{name: "nothing", args: []string{"-"}, errs: []string{"standard input: holds no alerts"}},
		{name: "text", args: []string{"-format", "text"}, out: []string{"FALCO ALERT REPORT: Clear Log Activities", "MAPPINGS"}},
		{name: "bad format", args: []string{"-format", "docx"}, status: 2, errs: []string{`"docx"`}},
		{name: "bad version", args: []string{"-attack", "7"}, status: 2, errs: []string{`"7"`}},
		{name: "bad flag", args: []string{"-x"}, status: 2, errs: []string{"usage: report"}},
		{name: "help", args: []string{"-h"}, errs: []string{"usage: report"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var out, errs bytes.Buffer
			if got := run(tc.args, strings.NewReader(tc.stdin), &out, &errs); got != tc.status {
				t.Errorf("status %d, want %d; stderr: %s", got, tc.status, &errs)
			}
			if n := strings.Count(out.String(), "# Falco Alert Report:"); n != tc.reports {
				t.Errorf("%d reports, want %d", n, tc.reports)
			}
			for _, want := range tc.out {
				if !strings.Contains(out.String(), want) {
					t.Errorf("stdout lacks %q", want)
				}
			}
			for _, want := range tc.errs {
				if !strings.Contains(errs.String(), want) {
					t.Errorf("stderr lacks %q:\n%s", want, &errs)
				}
			}
		})
	}
}

func TestJSON(t *testing.T) {
	var out, errs bytes.Buffer
	if status := run([]string{"-format", "json"}, nil, &out, &errs); status != 0 {
		t.Fatalf("status %d: %s", status, &errs)
	}
	var doc struct {
		Alert   struct{ Rule string }
		Verdict struct{ Urgency string }
		Steps   []struct{ Phase string }
	}
	if err := json.Unmarshal(out.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	if doc.Alert.Rule != "Clear Log Activities" || doc.Verdict.Urgency != "note" || len(doc.Steps) == 0 {
		t.Errorf("got %+v", doc)
	}
}

func TestFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "reports")
	var out, errs bytes.Buffer
	good := string(bytes.TrimSpace(sample))
	if status := run([]string{"-format", "html", "-o", dir, "-"}, strings.NewReader(good+"\n"+good), &out, &errs); status != 0 {
		t.Fatalf("status %d: %s", status, &errs)
	}
	index, err := os.ReadFile(filepath.Join(dir, "index.html"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"00001-clear-log-activities.html", "00002-clear-log-activities.html"} {
		if !bytes.Contains(index, []byte(`href="`+name+`"`)) {
			t.Errorf("the index does not link to %s", name)
		}
		if page, err := os.ReadFile(filepath.Join(dir, name)); err != nil || !bytes.HasPrefix(page, []byte("<!DOCTYPE html>")) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestIncidentBriefAndExplain(t *testing.T) {
	var out, errs bytes.Buffer
	good := string(bytes.TrimSpace(sample))
	if status := run([]string{"-incident", "-"}, strings.NewReader(good+"\n"+good), &out, &errs); status != 0 {
		t.Fatalf("status %d: %s", status, &errs)
	}
	if n := strings.Count(out.String(), "# Falco Incident Report"); n != 1 {
		t.Errorf("%d reports, want one on the incident", n)
	}
	out.Reset()
	if status := run([]string{"-brief"}, nil, &out, &errs); status != 0 || !strings.Contains(out.String(), "## Afterwards") || strings.Contains(out.String(), "## Mappings") {
		t.Errorf("status %d: %s%s", status, &errs, &out)
	}
	out.Reset()
	if status := run([]string{"-explain"}, nil, &out, &errs); status != 0 {
		t.Fatalf("status %d: %s", status, &errs)
	}
	for _, want := range []string{"pattern falco-event-generator, as proc.name = event-generator", "T1070 Indicator Removal: the rule's tag T1070"} {
		if !strings.Contains(strings.Join(strings.Fields(out.String()), " "), want) {
			t.Errorf("the explanation lacks %q:\n%s", want, &out)
		}
	}
}

// TestIncidentsAsTheyEnd holds that an incident is reported when it is over, and
// not kept until the input ends.
func TestIncidentsAsTheyEnd(t *testing.T) {
	var out, errs bytes.Buffer
	f, err := formatNamed("markdown", &out)
	if err != nil {
		t.Fatal(err)
	}
	r := &reporter{out: &stream{w: &out, format: f}, errs: &errs, mapping: enrich.New(nil)}
	r.incidents = report.NewGrouper(report.GroupOptions{}, r.story)
	for i, at := range []string{"2026-01-02T03:04:05Z", "2026-01-02T03:05:05Z", "2026-01-02T05:04:05Z"} {
		r.read("test", strings.NewReader(`{"rule":"x","priority":"Notice","source":"syscall","hostname":"h","time":"`+at+`","output_fields":{}}`))
		if n := strings.Count(out.String(), "# Falco Incident Report"); n != i/2 {
			t.Errorf("%d reports after alert %d, want %d", n, i+1, i/2)
		}
	}
	r.finish()
	if n := strings.Count(out.String(), "# Falco Incident Report"); n != 2 || errs.Len() > 0 {
		t.Errorf("%d reports, want 2; stderr: %s", n, &errs)
	}
}

func TestSlug(t *testing.T) {
	for in, want := range map[string]string{
		"Clear Log Activities": "clear-log-activities", "../../etc/passwd": "etc-passwd", "\u202e": "", strings.Repeat("a/", 99): strings.Repeat("a-", 24)[:47],
	} {
		if got := slug(in); got != want {
			t.Errorf("slug(%q) = %q, want %q", in, got, want)
		}
	}
}
