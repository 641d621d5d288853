package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const good = `- rule: A
  desc: d
  condition: evt.type = execve and proc.name = a
  output: o %proc.name
  priority: NOTICE
  tags: [mitre_execution, T1059]
`

func TestRun(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	fine := file("good.yaml", good)
	folded := file("folded.yaml", strings.Replace(good, "condition: evt.type = execve and proc.name = a",
		"condition: >\n    evt.type = execve\n    and proc.nome = a", 1))
	unused := file("unused.yaml", good+"- list: l\n  items: [a, a]\n")
	needs := file("needs.yaml", "- required_plugin_versions: [{name: x, version: 1.0.0}]\n")
	tagged := file("tagged.yaml", strings.Replace(good, "T1059]", "\n    T1565, PCI_DSS_10.2.5]", 1))
	hostile := file("hostile.yaml", good+"- list: \"b a\\x1b[31m\\u202e\"\n  items: [a]\n")
	for _, tc := range []struct {
		name   string
		args   []string
		status int
		out    []string
		not    []string
	}{
		{name: "fine", args: []string{fine}, out: []string{"1 rules, 0 errors, 0 warnings, 0 notes"}},
		{name: "inside a folded scalar", args: []string{folded}, status: 1,
			out: []string{folded + ":5:9: rule \"A\": filter_check called with nonexistent field proc.nome (LOAD_ERR_COMPILE_CONDITION)"}},
		{name: "notes", args: []string{unused}, out: []string{"LOAD_UNUSED_LIST", "LINT_DUPLICATE_ITEM", "2 notes"}},
		{name: "no lint", args: []string{"-lint=false", unused}, out: []string{"LOAD_UNUSED_LIST"}, not: []string{"LINT_"}},
		{name: "plugin", args: []string{needs}, status: 1, out: []string{"must load one of: x (>= 1.0.0)"}},
		{name: "old engine", args: []string{"-engine", "0.1.0", file("v.yaml", "- required_engine_version: 0.2.0\n")}, status: 1,
			out: []string{"Rules require engine version 0.2.0, but engine version is 0.1.0"}},
		{name: "strict", args: []string{"-strict", hostile}, status: 1, out: []string{`a\x1b[31m\u202e`}, not: []string{"\x1b"}},
		{name: "json", args: []string{"-format", "json", folded}, status: 1, out: []string{`"falco_load_results"`, `"successful":false`}},
		{name: "sarif", args: []string{"-format", "sarif", folded}, status: 1, out: []string{`"version": "2.1.0"`, `"startLine": 5`}},
		{name: "tags", args: []string{tagged}, out: []string{
			tagged + ":7:5: rule \"A\": tag T1565: T1565 (Data Manipulation) lies in Impact; the rule names Execution (technique-off-tactic)",
			tagged + ":7:12: rule \"A\": tag PCI_DSS_10.2.5: ", "write PCI_DSS_10.2.1.5", tagged + ":6:10: ", "3 warnings"}},
		{name: "tags left alone", args: []string{"-attack", "none", tagged}, out: []string{"0 warnings"}, not: []string{"T1565"}},
		{name: "tags strict", args: []string{"-strict", "-attack", "18", tagged}, status: 1, out: []string{"technique-off-tactic"}},
		{name: "tags as findings", args: []string{"-format", "findings", tagged}, out: []string{
			`"line":7,"column":5,"severity":"warning","code":"technique-off-tactic","type":"rule","name":"A"`, `"fix":"write PCI_DSS_10.2.1.5"`}},
		{name: "tags as sarif", args: []string{"-format", "sarif", tagged}, out: []string{`"ruleId": "pci-retired"`, `"startLine": 7`}},
		{name: "bad release", args: []string{"-attack", "3", fine}, status: 2},
		{name: "no file", status: 2},
		{name: "missing file", args: []string{filepath.Join(dir, "none")}, status: 2},
		{name: "bad format", args: []string{"-format", "xml", fine}, status: 2},
		{name: "bad engine", args: []string{"-engine", "x", fine}, status: 2},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var out, errs bytes.Buffer
			if got := run(tc.args, &out, &errs); got != tc.status {
				t.Errorf("status %d, want %d; %s%s", got, tc.status, &out, &errs)
			}
			for _, want := range tc.out {
				if !strings.Contains(out.String(), want) {
					t.Errorf("the output lacks %q:\n%s", want, &out)
				}
			}
			for _, not := range tc.not {
				if strings.Contains(out.String(), not) {
					t.Errorf("the output has %q:\n%s", not, &out)
				}
			}
			if tc.name == "sarif" || tc.name == "json" {
				if !json.Valid(out.Bytes()) {
					t.Errorf("no JSON: %s", &out)
				}
			}
		})
	}
}
