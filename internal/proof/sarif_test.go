package proof

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/falconer-go/falconer/rules"
)

// TestSARIF validates the log on rule files of all kinds of faults, with hostile
// names of rules and files, by the published schema, and checks that each
// finding points into its file.
func TestSARIF(t *testing.T) {
	schema := publishedSchema(t, "sarif-schema-2.1.0.json")
	texts := []string{
		"", "- rule: [", "\xff\xfe", "- 1\n- macro: m\n  condition: (\n", "- list: l\n  items: [x\n",
		"- rule: x\n  desc: d\n  condition: evt.type = open and nosuch.field = 1\n  output: \"%nosuch.field %\"\n  priority: LOUD\n  tags: [T9999, T1026, pci_dss_99]\n",
	}
	for _, v := range hostile {
		name, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, "- rule: "+string(name)+"\n  desc: d\n  condition: é = "+string(name)+" and (\n  output: o\n  priority: WARNING\n",
			"- macro: "+string(name)+"\n  condition: evt.type = open\n")
	}
	names := []string{"rules.yaml", "/etc/falco/rules.d/a b.yaml", "a:b.yaml", "50%.yaml", "ü/#1?.yaml", "../x.yaml", `c:\falco\x.yaml`, "\xff.yaml"}
	found := 0
	for i, text := range texts {
		name := names[i%len(names)]
		set, _ := rules.Load(nil, rules.File{Name: name, Data: []byte(text)})
		findings := set.Findings()
		var b bytes.Buffer
		if err := set.WriteSARIF(&b, "1.0.0", findings); err != nil {
			t.Fatal(err)
		}
		if schema != nil {
			validate(t, schema, b.Bytes(), text)
		}
		var log struct {
			Runs []struct {
				Tool struct {
					Driver struct{ Rules []struct{ ID string } }
				}
				Results []struct {
					RuleID    string
					RuleIndex int
					Level     string
					Message   struct{ Text string }
					Locations []struct {
						PhysicalLocation struct {
							Region *struct{ StartLine, StartColumn int }
						}
					}
				}
			}
		}
		if err := json.Unmarshal(b.Bytes(), &log); err != nil {
			t.Fatal(err)
		}
		run := log.Runs[0]
		if len(run.Results) != len(findings) {
			t.Errorf("%q: %d results of %d findings", text, len(run.Results), len(findings))
		}
		lines := strings.SplitAfter(text, "\n")
		for _, r := range run.Results {
			found++
			if run.Tool.Driver.Rules[r.RuleIndex].ID != r.RuleID || r.Message.Text == "" {
				t.Errorf("%q: result %+v", text, r)
			}
			for _, l := range r.Locations {
				at := l.PhysicalLocation.Region
				if at != nil && (at.StartLine > len(lines) || at.StartColumn > utf8.RuneCountInString(lines[at.StartLine-1])+1) {
					t.Errorf("%q: %s is at %d:%d, beyond the text", text, r.RuleID, at.StartLine, at.StartColumn)
				}
			}
		}
	}
	if found < len(hostile) {
		t.Errorf("only %d findings", found)
	}
}
