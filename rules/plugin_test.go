package rules

import (
	"strings"
	"testing"

	"github.com/falconer-go/falconer/rules/cond"
)

func TestPlugins(t *testing.T) {
	own := Plugin{Name: "door", Version: "1.2.0", Source: "doors", Fields: []cond.FieldInfo{
		{Name: "door.name", Type: cond.CharBuf, Class: "door", Sources: []string{"doors"}},
		{Name: "door.count", Type: cond.Uint64, Class: "door", Sources: []string{"doors"}},
	}}
	rule := func(source, condition string) string {
		return "- rule: r\n  desc: d\n  condition: " + condition + "\n  output: o\n  priority: INFO\n  source: " + source + "\n"
	}
	for name, tc := range map[string]struct {
		plugins []Plugin
		text    string
		want    string // in the error or the warnings; "" for neither
	}{
		"own field":           {[]Plugin{own}, rule("doors", "door.name = a and door.count > 3 and evt.num > 0"), ""},
		"own field, wrong op": {[]Plugin{own}, rule("doors", "door.count startswith a"), "not supported for numeric"},
		"other source":        {[]Plugin{own}, rule("syscall", "door.name = a"), "nonexistent field door.name"},
		"source not loaded":   {[]Plugin{}, rule("doors", "door.name = a"), "Unknown source doors"},
		"known by name":       {[]Plugin{{Name: "k8saudit", Version: "0.18.0", Source: "k8s_audit"}}, rule("k8s_audit", "ka.verb = get"), ""},
		"one of many":         {[]Plugin{{Name: "k8saudit", Version: "0.18.0", Source: "k8s_audit"}}, rule("k8s_audit", "jevt.time exists"), "nonexistent field jevt.time"},
		"required":            {[]Plugin{own}, "- required_plugin_versions: [{name: door, version: 1.1.9}]\n", ""},
		"required, newer":     {[]Plugin{own}, "- required_plugin_versions: [{name: door, version: 1.3.0}]\n", "is not compatible with required plugin version '1.3.0'"},
		"alternative":         {[]Plugin{own}, "- required_plugin_versions:\n  - {name: gate, version: 1.0.0, alternatives: [{name: door, version: 1.0.0}]}\n", ""},
	} {
		set, err := Load(&Options{Plugins: tc.plugins}, File{"f.yaml", []byte(tc.text)})
		said := ""
		if err != nil {
			said = err.Error()
		}
		for _, w := range set.Results()[0].Warnings {
			if w.Code != WarnNoEventType {
				said += w.String()
			}
		}
		if tc.want == "" && said != "" || !strings.Contains(said, tc.want) {
			t.Errorf("%s: %q, want %q", name, said, tc.want)
		}
	}
	if _, err := Load(&Options{Plugins: []Plugin{{Name: "x", Fields: []cond.FieldInfo{{Name: "nodots"}}}}}); err == nil {
		t.Error("a field that is none was taken")
	}
}

func TestAppendOutput(t *testing.T) {
	text := "- rule: r\n  desc: d\n  condition: evt.type = open\n  output: \"*\"\n  priority: INFO\n  tags: [a, b]\n"
	o := &Options{Append: []AppendOutput{{Format: "n=%evt.num"}, {Format: "no", Tags: []string{"a", "c"}}, {Format: "yes", Rule: "r", Source: "syscall"}}}
	set, err := Load(o, File{"f.yaml", []byte(text)})
	if err != nil {
		t.Fatal(err)
	}
	if got := set.Describe().Rules[0].Details.OutputCompiled; got != "* n=%evt.num yes" {
		t.Errorf("output %q", got)
	}
	o.Append = []AppendOutput{{Format: "%no.field"}}
	if _, err := Load(o, File{"f.yaml", []byte(text)}); err == nil {
		t.Error("an appended field that is not there was taken")
	}
}
