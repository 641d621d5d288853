package report

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/falconer-go/falconer/event"
	"github.com/falconer-go/falconer/mitigate"
)

func parse(t testing.TB, data []byte) *event.Event {
	t.Helper()
	e, err := event.Parse(data)
	if err != nil {
		t.Fatalf("%s: %v", data, err)
	}
	return e
}

func sample(t testing.TB) *event.Event {
	t.Helper()
	data, err := os.ReadFile("../../examples/report/testdata/alert.json")
	if err != nil {
		t.Fatal(err)
	}
	return parse(t, data)
}

// TestSections holds the sections in their order.
func TestSections(t *testing.T) {
	md := For(sample(t)).Markdown()
	at := 0
	for _, title := range []string{
		"# Falco Alert Report: Clear Log Activities\n", "\n**Urgency: ", "\n## In Short\n", "\n**Ask:** ", "\n## Do This First\n", "\n## Alert Details\n", "\n## Analysis\n", "\n## Potential Impact\n",
		"\n## Mitigation Strategies\n", "\n### Now", "\n### Next", "\n### Later", "\n## Example Configuration\n", "\n## Conclusion\n", "\n## Mappings\n",
	} {
		i := strings.Index(md[at:], title)
		if i < 0 {
			t.Fatalf("%q is missing or out of order", title)
		}
		at += i
	}
}

// TestBrief: a brief report has what cannot wait as the whole one has it, the
// exception where the cause is most likely harmless, and nothing else.
func TestBrief(t *testing.T) {
	r := For(sample(t))
	whole, brief := r.Markdown(), r.Brief().Markdown()
	abridged(t, whole, brief)
	for _, want := range []string{"\n## Afterwards\n", "**If it is not harmless:**", "exceptions: append"} {
		if !strings.Contains(brief, want) {
			t.Errorf("%q is missing in %s", want, brief)
		}
	}
	if n := strings.Count(brief, "\n## "); n != 3 {
		t.Errorf("%d sections, want 3", n)
	}
	if again := r.Markdown(); again != whole {
		t.Error("making a brief report changed the whole one")
	}
}

// abridged checks that a brief report says when it was and else nothing that the whole
// one does not, line by line until what comes afterwards.
func abridged(t *testing.T, whole, brief string) {
	t.Helper()
	brief, _, _ = strings.Cut(brief, "\n## Afterwards\n")
	if !strings.Contains(brief, "\n**When:** ") {
		t.Error("a brief report does not say when it was")
	}
	for line := range strings.Lines(brief) {
		line = behindText.ReplaceAllString(strings.TrimLeft(strings.TrimSpace(line), "-0123456789. "), "")
		if !strings.HasPrefix(line, "**When:** ") && line != "**What this alert does not show:**" && !strings.Contains(whole, line) {
			t.Errorf("only the brief report says %s", line)
		}
	}
}

// TestBriefUnlikely: where no harmless cause is likely, there is no exception.
func TestBriefUnlikely(t *testing.T) {
	r := For(parse(t, []byte(`{"rule": "Terminal shell in container", "source": "syscall", "priority": "Notice", "time": "2026-01-02T03:04:05Z",
		"output": "a shell", "output_fields": {"proc.name": "bash", "proc.pname": "runc", "proc.tty": 34816, "container.id": "3ad7b26ded6d"}}`)))
	brief := r.Brief().Markdown()
	if abridged(t, r.Markdown(), brief); strings.Contains(brief, "exceptions:") {
		t.Errorf("a brief report has an exception:\n%s", brief)
	}
}

// TestBriefFew: a brief report has three commands of a finding, one of which only reads,
// and five findings; the whole one has all of them.
func TestBriefFew(t *testing.T) {
	snippet := func(name string, changes bool) mitigate.Snippet {
		return mitigate.Snippet{Name: name, Title: mitigate.Text{{Text: "Do " + name}}, Kind: "shell", Body: "do " + name + "\n", Changes: changes}
	}
	plan := *For(sample(t)).Plan()
	plan.First.Actions = nil
	plan.First.Then = nil
	for _, name := range []string{"a", "b", "c", "d", "e", "f", "g"} {
		plan.First.Then = append(plan.First.Then, mitigate.Outcome{Find: mitigate.Text{{Text: "it is " + name}}, Do: mitigate.Text{{Text: "Do it."}}})
	}
	plan.First.Then[0].Snippets = []mitigate.Snippet{snippet("read-1", false), snippet("read-2", false), snippet("stop-1", true), snippet("stop-2", true), snippet("stop-3", true)}
	plan.First.Then[1].Snippets = []mitigate.Snippet{snippet("stop-3", true), snippet("read-1", false)}
	checkNumbers(t, &plan, New(&plan), "whole")
	checkNumbers(t, &plan, New(&plan).Brief(), "brief")
	for _, x := range []struct {
		r           *Report
		first, next string
		findings    int
	}{
		{New(&plan), "", " Run commands 1 and 5 above.", 7},
		{New(&plan).Brief(), "", " Run command 1 above, and:", 5}, // its third change is left for the next finding
	} {
		md := x.r.Markdown()
		for _, want := range []string{"\n**If it is a:** Do it." + x.first + "\n", "\n**If it is b:** Do it." + x.next + "\n"} {
			if !strings.Contains(md, want) {
				t.Errorf("%q is missing in %s", want, md)
			}
		}
		if n := strings.Count(md, "**If it is ") - strings.Count(md, "**If it is not"); n != x.findings {
			t.Errorf("%d findings, want %d", n, x.findings)
		}
		abridged(t, New(&plan).Markdown(), New(&plan).Brief().Markdown())
	}
}

// TestBriefChain: a brief report has the processes in the order in which they were
// started, as text of the alert.
func TestBriefChain(t *testing.T) {
	of := func(fields string) string {
		return For(parse(t, []byte(`{"rule": "Run shell untrusted", "source": "syscall", "priority": "Notice", "time": "2026-01-02T03:04:05Z",
			"output": "a shell", "output_fields": {"proc.name": "sh", `+fields+`, "container.id": "host"}}`))).Brief().Markdown()
	}
	const want = "**Process chain:** `systemd` → `*nginx*` → `php-fpm` → `sh`\n"
	for _, parent := range []string{"proc.pname", "proc.aname[1]"} {
		if md := of(`"` + parent + `": "php-fpm", "proc.aname[2]": "*nginx*", "proc.aname[3]": "systemd"`); !strings.Contains(md, want) {
			t.Errorf("%q is missing in %s", want, md)
		}
	}
	for _, gap := range []string{`"proc.pname": "php-fpm"`, `"proc.aname[2]": "nginx", "proc.aname[3]": "systemd"`, `"proc.pname": "php-fpm", "proc.aname[3]": "systemd"`} {
		if md := of(gap); strings.Contains(md, "Process chain") {
			t.Errorf("%s is no chain: %s", gap, md)
		}
	}
}

// TestBriefIncident: that of an incident has its summary and first actions.
func TestBriefIncident(t *testing.T) {
	md := Incident(sample(t), sample(t)).Brief().Markdown()
	for _, want := range []string{"# Falco Incident Report: ", "\n## Summary\n", "\n## Do This First\n", "\n## Afterwards\n"} {
		if !strings.Contains(md, want) {
			t.Errorf("%q is missing", want)
		}
	}
	if strings.Contains(md, "## Timeline") {
		t.Error("the timeline can wait")
	}
}

// TestSample holds what the report on the sample has to say.
func TestSample(t *testing.T) {
	md := For(sample(t)).Markdown()
	for _, want := range []string{
		"`event-generator`", "`root`", "`pedantic_varahamihira`", "`/tmp/falco-event-generator-syscall-ClearLogActivities-239577459/syslog`",
		"a tool that simulates attacks to test Falco", "O_TRUNC", "read-only root file system", "append-only",
		"M1029 Remote Data Storage", "TA0005 Stealth", "T1070 Indicator Removal", "T1685.006", "AU-10", "AU-9", "Defense Evasion until",
		"`maturity_stable`", "exceptions: append", "no login session",
	} {
		if !strings.Contains(md, want) {
			t.Errorf("the report does not say %q", want)
		}
	}
	for _, wrong := range []string{"falco.conf", "rule X {", "legitimate system process"} {
		if strings.Contains(md, wrong) {
			t.Errorf("the report says %q", wrong)
		}
	}
}

// TestHostileAlert puts each hostile value into every field of the sample.
func TestHostileAlert(t *testing.T) {
	var doc map[string]any
	data, err := os.ReadFile("../../examples/report/testdata/alert.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &doc); err != nil {
		t.Fatal(err)
	}
	for _, v := range hostile {
		fields := map[string]any{"evt.time": 1, v: v}
		for k := range doc["output_fields"].(map[string]any) {
			fields[k] = v
		}
		hurt := map[string]any{
			"time": doc["time"], "priority": "Warning", "rule": doc["rule"], "source": "syscall",
			"output": v, "message": v, "hostname": v, "tags": []string{v, "T1070", "NIST_800-53_" + v}, "output_fields": fields,
		}
		for _, rule := range []string{doc["rule"].(string), "x" + v} {
			hurt["rule"] = rule
			line, err := json.Marshal(hurt)
			if err != nil {
				t.Fatal(err)
			}
			checkReport(t, For(parse(t, line)), clip(v))
		}
	}
}

func clip(s string) string { return s[:min(len(s), 80)] }

// checkReport holds what is true of every report on every alert.
func checkReport(t *testing.T, r *Report, about string) {
	t.Helper()
	md, text := r.Markdown(), r.Text()
	if strings.Contains(about, "%!") {
		about = "a value with %!" // its own traces are not ours
	}
	checkText(t, "markdown", md, about)
	checkText(t, "text", text, about)
	checkText(t, "slack", r.Slack(), about)
	if html := r.HTML(); !strings.HasSuffix(html, "</html>\n") || strings.Count(html, "<script>") != 1 {
		t.Errorf("HTML of %q does not end as a page, or has a script that is not ours", about)
	}
	if _, ok := skeleton(md); !ok {
		t.Errorf("markdown of %q has an open code span", about)
	}
	checkNumbers(t, r.plan, r, about)
	checkNumbers(t, r.plan, r.Brief(), about)
	var buf map[string]any
	b, err := r.MarshalJSON()
	if err != nil {
		t.Errorf("JSON of %q: %v", about, err)
	} else if err := json.Unmarshal(b, &buf); err != nil {
		t.Errorf("JSON of %q: %v", about, err)
	}
	for _, s := range bodies(r.plan) {
		if strings.ContainsAny(s, "\x00\x1b\x07\r") || strings.Contains(s, "reboot") || strings.Contains(s, "rm -rf") || strings.Contains(s, "<script") {
			t.Errorf("a snippet for %q holds it: %q", about, s)
		}
	}
}

// checkText holds what is true of every document: enough said, nothing that
// steers a terminal, no trace of a template.
func checkText(t *testing.T, name, doc, about string) {
	t.Helper()
	if len(doc) < 500 {
		t.Errorf("%s of %q: only %d bytes", name, about, len(doc))
	}
	for _, c := range doc {
		if c != '\n' && (unicode.IsControl(c) || unicode.Is(unicode.Cf, c) || c == '\u2028' || c == '\u2029') {
			t.Errorf("%s of %q holds %U", name, about, c)
			break
		}
	}
	if m := leftover.FindString(doc); m != "" && about != "a value with %!" {
		t.Errorf("%s of %q holds %q", name, about, m)
	}
}

// bodies returns the text of every snippet in a plan.
func bodies(p *mitigate.Plan) []string {
	all := p.Config
	for _, s := range p.Steps {
		all = append(all, s.Snippets...)
	}
	for _, c := range p.Benign {
		all = append(all, c.Snippets...)
	}
	var list []string
	for _, s := range all {
		list = append(list, s.Body)
	}
	return list
}

// leftover is what a report never says: the traces of a template or of a value
// that is not there.
var leftover = regexp.MustCompile(`%!|<nil>|<no value>|<NA>|\| null \||: null$|\([^ ]+ not given\)`)

// TestConformanceReports writes a report in every format on every alert of the
// corpus, and on the incidents that they make.
func TestConformanceReports(t *testing.T) {
	root := os.Getenv("FALCONER_CONFORMANCE")
	if root == "" {
		t.Skip("FALCONER_CONFORMANCE is not set")
	}
	agree, differ := 0, 0
	patterns := []string{"alerts/*.jsonl", "verdicts/alerts/*.jsonl"}
	if raceEnabled {
		patterns = patterns[:1] // ten times as slow, and there is nothing to race
	}
	for _, pattern := range patterns {
		files, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil || len(files) == 0 {
			t.Logf("no %s in the folder", pattern)
			continue
		}
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			lines := bufio.NewScanner(bytes.NewReader(data))
			lines.Buffer(nil, event.MaxRecordBytes)
			var alerts []*event.Event
			for lines.Scan() {
				e := parse(t, lines.Bytes())
				alerts = append(alerts, e)
				if t.Run(filepath.Base(file), func(t *testing.T) { checkReport(t, For(e), clip(string(e.AppendJSON(nil)))) }) {
					agree++
				} else {
					differ++
				}
			}
			for _, g := range Group(alerts, GroupOptions{}) {
				checkText(t, "incident", Incident(g...).Text(), file)
			}
		}
	}
	if agree+differ == 0 {
		t.Fatal("no alert was read")
	}
	fmt.Printf("suite reports: %d agree, 0 listed, %d differ\n", agree, differ)
}

// TestReportAllocs holds the budget of the way from an alert to Markdown.
func TestReportAllocs(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	const most = 240
	e := sample(t)
	var buf []byte
	if n := testing.AllocsPerRun(50, func() { buf = For(e).AppendMarkdown(buf[:0]) }); n > most {
		t.Errorf("%v allocations, want at most %d", n, most)
	}
}

// BenchmarkReport measures the whole way from the bytes of an alert to each
// format, and what it takes to write a report that is made already.
func BenchmarkReport(b *testing.B) {
	data, err := os.ReadFile("../../examples/report/testdata/alert.json")
	if err != nil {
		b.Fatal(err)
	}
	ready := For(parse(b, data))
	for _, f := range []struct {
		name  string
		write func(*Report, []byte) []byte
	}{
		{"Markdown", (*Report).AppendMarkdown},
		{"HTML", (*Report).AppendHTML},
		{"text", func(r *Report, b []byte) []byte { return r.AppendText(b, nil) }},
		{"Slack", (*Report).AppendSlack},
	} {
		b.Run(f.name, func(b *testing.B) {
			b.ReportAllocs()
			var buf []byte
			for b.Loop() {
				e, err := event.Parse(data)
				if err != nil {
					b.Fatal(err)
				}
				buf = f.write(For(e), buf[:0])
			}
		})
		b.Run("write "+f.name, func(b *testing.B) {
			b.ReportAllocs()
			var buf []byte
			for b.Loop() {
				buf = f.write(ready, buf[:0])
			}
		})
	}
}
