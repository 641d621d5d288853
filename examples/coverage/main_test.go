package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRun(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	rules := write("rules.yaml", `
- rule: Mine <script>alert(1)</script>
  desc: d
  condition: evt.type = openat and fd.name = /x
  output: o
  priority: WARNING
  tags: [T1070.003, mitre_defense_evasion]
- rule: Off
  desc: d
  condition: evt.type = openat and fd.name = /y
  output: o
  priority: WARNING
  enabled: false
  tags: [T1485]
`)
	alerts := write("alerts.jsonl", `{"rule":"Any","priority":"Notice","time":"2026-01-02T03:04:05Z","source":"syscall","tags":["T1496"]}
{"rule":"Any","priority":"loud","time":"2026-01-02T03:04:05Z"}
`)
	html, layer, heat := filepath.Join(dir, "c.html"), filepath.Join(dir, "c.json"), filepath.Join(dir, "h.json")
	var out, errs bytes.Buffer
	status := run([]string{"-gaps", "-html", html, "-navigator", layer, "-heat", heat, "-alerts", alerts, rules}, &out, &errs)
	if status != 1 || !strings.Contains(errs.String(), "line 2") {
		t.Errorf("status %d, stderr %s: want 1 for the bad alert", status, &errs)
	}
	for _, want := range []string{"ATT&CK 19.1, Linux and Containers: 1 rule, 1 alert\n", "TA0005 Stealth", "TA0040 Impact", "in all", "  T1485      Data Destruction\n", "  T1070.004  Indicator Removal: "} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the table lacks %q:\n%s", want, &out)
		}
	}
	if strings.Contains(out.String(), "  T1070.003  ") {
		t.Errorf("a sub-technique that a rule looks for is named as a gap:\n%s", &out)
	}
	page, err := os.ReadFile(html)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`class="s1"`, "T1070.003", "&lt;script&gt;", "default-src &#39;none&#39;"} {
		if !bytes.Contains(page, []byte(want)) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if bytes.Contains(page, []byte("<script")) || bytes.Contains(page, []byte("Off")) {
		t.Error("the page has a script, or a rule that is off")
	}
	if data, err := os.ReadFile(heat); err != nil || !bytes.Contains(data, []byte(`"techniqueID":"T1496","tactic":"impact","score":1`)) {
		t.Errorf("layer of the alerts: %s, %v", data, err)
	}
	data, err := os.ReadFile(layer)
	if err != nil {
		t.Fatal(err)
	}
	var l struct {
		Techniques []struct {
			TechniqueID string
			Score       int
		}
	}
	if err := json.Unmarshal(data, &l); err != nil {
		t.Fatal(err)
	}
	scores := make(map[string]int)
	for _, tech := range l.Techniques {
		scores[tech.TechniqueID] = tech.Score
	}
	if scores["T1070.003"] != 1 || scores["T1485"] != 0 {
		t.Errorf("layer: %v", scores)
	}
}

func TestShipped(t *testing.T) {
	var out, errs bytes.Buffer
	if status := run(nil, &out, &errs); status != 0 {
		t.Fatalf("status %d: %s", status, &errs)
	}
	if !strings.Contains(out.String(), "242 rules") {
		t.Errorf("not all rules:\n%s", &out)
	}
}

func TestUsage(t *testing.T) {
	for _, tc := range []struct {
		args   []string
		status int
		errs   string
	}{
		{[]string{"-h"}, 0, "usage: coverage"},
		{[]string{"-attack", "7"}, 2, `"7"`},
		{[]string{"-platform", "Linux,Toaster"}, 2, `no platform "Toaster": there are Containers,`},
		{[]string{"-platform", ""}, 2, `no platform ""`},
		{[]string{"-platform", "linux, containers"}, 0, ""},
		{[]string{os.DevNull}, 1, "no rule that is enabled in " + os.DevNull},
		{[]string{"nowhere.yaml"}, 1, "nowhere.yaml"},
		{[]string{"-heat", "h.json"}, 2, "-alerts"},
		{[]string{"-x"}, 2, "usage: coverage"},
	} {
		var out, errs bytes.Buffer
		if status := run(tc.args, &out, &errs); status != tc.status || !strings.Contains(errs.String(), tc.errs) {
			t.Errorf("%v: status %d, stderr %s", tc.args, status, &errs)
		}
	}
}
