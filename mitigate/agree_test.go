package mitigate

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/falconer-go/falconer/event"
)

func TestDisagrees(t *testing.T) {
	info := `[{"granted":true,"resource":"projects/_/buckets/ours","attributes":{}}]`
	for _, c := range []struct {
		name, output string
		fields       map[string]any
		want         disagreement
	}{
		{"changed", `info=[{"granted":true,"resource":"projects/_/buckets/yours","attributes":{}}] x`, map[string]any{"gcp.authorizationInfo": info},
			disagreement{"gcp.authorizationInfo", "ours", "yours"}},
		{"same", "info=" + info, map[string]any{"gcp.authorizationInfo": info}, disagreement{}},
		{"not in the text", "something else", map[string]any{"gcp.authorizationInfo": info}, disagreement{}},
		{"cut off", "info=" + info[:40], map[string]any{"gcp.authorizationInfo": info}, disagreement{}},
		{"masked", `info=[{"granted":true,"resource":"projects/_/buckets/****","attributes":{}}]`, map[string]any{"gcp.authorizationInfo": info}, disagreement{}},
		{"another field", "parent=sh -c run --name=two /srv/app", map[string]any{
			"proc.cmdline": "sh -c run --name=one /srv/app", "proc.pcmdline": "sh -c run --name=two /srv/app",
		}, disagreement{}},
		{"short", "file=/etc/passwe", map[string]any{"fd.name": "/etc/passwd"}, disagreement{}},
	} {
		e := alertWith(t, "gcp_auditlog", c.fields)
		e.Output = c.output
		got, ok := disagrees(e)
		if got != c.want || ok != (c.want.field != "") {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}

// TestNoFalseDisagreement: of the alerts that Falco printed only one was changed
// afterwards, by whoever published it.
func TestNoFalseDisagreement(t *testing.T) {
	root := os.Getenv("FALCONER_CONFORMANCE")
	if root == "" {
		t.Skip("FALCONER_CONFORMANCE is not set")
	}
	n := 0
	for _, pattern := range []string{"alerts/*.jsonl", "verdicts/alerts/*.jsonl"} {
		files, _ := filepath.Glob(filepath.Join(root, pattern))
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			lines := bufio.NewScanner(bytes.NewReader(data))
			lines.Buffer(nil, event.MaxRecordBytes)
			for lines.Scan() {
				e, err := event.Parse(lines.Bytes())
				if err != nil {
					t.Fatal(err)
				}
				n++
				if d, ok := disagrees(e); ok && e.Rule != "GCP Bucket configured to be public" {
					t.Errorf("%s: %+v in %s", e.Rule, d, e.Output)
				}
			}
		}
	}
	if n == 0 {
		t.Error("no alert was read")
	}
}

func FuzzDisagrees(f *testing.F) {
	f.Add("aaaaaaaaaaaaaaaabaaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaacaaaaaaaaaaaaaaaa")
	f.Fuzz(func(t *testing.T, value, text string) {
		line, err := json.Marshal(map[string]any{
			"rule": "R", "priority": "Notice", "time": "2026-01-02T03:04:05Z", "output": text, "output_fields": map[string]string{"fd.name": value},
		})
		if err != nil {
			t.Fatal(err)
		}
		if e, err := event.Parse(line); err == nil {
			if d, ok := disagrees(e); ok && (d.word == d.text || d.word == "") {
				t.Errorf("%+v", d)
			}
		}
	})
}
