package cond

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/falconer-go/falconer/event"
)

// sources returns the names of the sources that a folder of cases has files
// for.
func sources(t *testing.T, folder string) []string {
	files, err := filepath.Glob(filepath.Join(conformanceFile(t, folder), "*.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	for i, f := range files {
		files[i] = strings.TrimSuffix(filepath.Base(f), ".jsonl")
	}
	return files
}

// sourceTable returns the fields of Falco, with those of the source's own
// plugin if Falco's table does not have it.
func sourceTable(t *testing.T, source string) *Table {
	for _, c := range Falco().classes {
		if len(c.sources) > 0 && c.in(source) {
			return Falco()
		}
	}
	data, err := os.ReadFile(conformanceFile(t, "verdicts/fields/"+source+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var list map[string]struct {
		Field    string
		Type     string
		List     bool `json:"is_list"`
		Argument *struct {
			Required bool
			Type     []string
		}
	}
	if err := json.Unmarshal(data, &list); err != nil {
		t.Fatal(err)
	}
	fields := map[string]FieldInfo{}
	for _, f := range list {
		if _, _, unknown := FalcoWithoutPlugins().resolve(f.Field, ""); !unknown {
			continue
		}
		typ, ok := ParseType(f.Type)
		if !ok {
			t.Fatalf("unknown type %s", f.Type)
		}
		info := FieldInfo{Name: f.Field, Type: typ, List: f.List, Class: source, Sources: []string{source}}
		if a := f.Argument; a != nil {
			info.Arg, info.ArgRequired = true, a.Required
			info.ArgIndex = strings.Contains(fmt.Sprint(a.Type), "INDEX")
			info.ArgKey = strings.Contains(fmt.Sprint(a.Type), "KEY")
		}
		fields[f.Field] = info
	}
	var infos []FieldInfo
	for _, f := range fields {
		infos = append(infos, f)
	}
	own, err := NewTable(infos...)
	if err != nil {
		t.Fatal(err)
	}
	return FalcoWithoutPlugins().With(own)
}

func readAlerts(t *testing.T, source string) []*event.Event {
	var list []*event.Event
	eachLine(t, conformanceFile(t, "verdicts/alerts/"+source+".jsonl"), func(raw json.RawMessage) {
		e, err := event.Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, e)
	})
	return list
}

// verdictCase is a condition with the alerts that matched it.
type verdictCase struct {
	ID          string
	Condition   string
	Match       []int
	Features    []string
	Warnings    []string `json:"falco_warnings"`
	Lossy       bool
	LossyAll    bool  `json:"lossy_all"`
	LossyAlerts []int `json:"lossy_alerts"`
}

// pairs calls f with each condition, and with each alert whose verdict can be
// told from the alert; want is Falco's.
func (c *verdictCase) pairs(alerts []*event.Event, f func(i int, e *event.Event, want bool)) {
	if c.LossyAll {
		return
	}
	want, skip := map[int]bool{}, map[int]bool{}
	for _, i := range c.Match {
		want[i] = true
	}
	for _, i := range c.LossyAlerts {
		skip[i] = true
	}
	for i, e := range alerts {
		if !skip[i] {
			f(i, e, want[i])
		}
	}
}

func TestConformanceVerdicts(t *testing.T) {
	for _, source := range sources(t, "verdicts/conditions") {
		t.Run(source, func(t *testing.T) {
			alerts := readAlerts(t, source)
			env := &Env{Fields: sourceTable(t, source), Source: source, Strict: true}
			s := newSuite(t, "verdicts/"+source)
			warned := newSuite(t, "warnings/"+source)
			eachLine(t, conformanceFile(t, "verdicts/conditions/"+source+".jsonl"), func(c verdictCase) {
				p, err := Compile(c.Condition, env)
				if err != nil {
					s.same(err.Error(), "%s %q", c.ID, c.Condition)
					return
				}
				c.pairs(alerts, func(i int, e *event.Event, want bool) {
					s.same(differs(p.Match(e), want), "%s %q on %d", c.ID, c.Condition, i)
					if i%7 == 0 {
						checkLaws(t, p, e, c.ID)
					}
				})
				var got, want []string
				for _, w := range p.Warnings() {
					got = append(got, "LOAD_COMPILE_CONDITION: "+w.Msg)
				}
				for _, w := range c.Warnings {
					// Those that are about the rule are not the compiler's.
					if strings.HasPrefix(w, "LOAD_COMPILE_CONDITION") {
						want = append(want, w)
					}
				}
				warned.same(differs(fmt.Sprintf("%q", got), fmt.Sprintf("%q", want)), "%s %q", c.ID, c.Condition)
			})
		})
	}
}

// faults are the faults of Falco that are mended unless Env.Strict asks for
// them: where a condition has such a check, the verdict may differ.
var faults = []struct {
	reason string
	has    func(c *check) bool
}{
	{"in or intersects compares the NUL byte behind a transformed string along", func(c *check) bool {
		return c.op.IsList() && (c.left.list && len(c.left.steps) > 0 || c.right != nil && len(c.right.steps) > 0)
	}},
	{"getopt takes the NUL byte behind a transformed word for an option", func(c *check) bool {
		return hasGetopt(c.left) || c.right != nil && hasGetopt(c.right)
	}},
	{"join puts the NUL byte behind a transformed separator into the text", func(c *check) bool {
		return c.left.kind == joinOperand && len(c.left.args[0].steps) > 0
	}},
	{"fd.ip, fd.net, fd.port and fd.proto do not look at all of a list", func(c *check) bool {
		return c.how == byEnds && (c.op.IsList() || c.mod != NoMod)
	}},
	{"evt.rawarg and the fields of every ancestor do not look at all of a list", func(c *check) bool {
		return c.left.kind == fieldOperand && (c.left.field.ancestors || c.left.field.info.Name == "evt.rawarg") &&
			(c.op.IsList() || c.mod != NoMod)
	}},
	{"evt.around keeps the last of a list alone", func(c *check) bool { return c.how == byAround && c.mod != NoMod }},
	{"a network field looks an address up among the networks", func(c *check) bool {
		return c.cls == netClass && c.mod != NoMod
	}},
}

func hasGetopt(o *operand) bool {
	if o.kind == getoptOperand && len(o.args[0].steps)+len(o.args[1].steps) > 0 {
		return true
	}
	for _, a := range o.args {
		if hasGetopt(a) {
			return true
		}
	}
	return false
}

func TestConformanceVerdictsMended(t *testing.T) {
	for _, source := range sources(t, "verdicts/conditions") {
		t.Run(source, func(t *testing.T) {
			alerts := readAlerts(t, source)
			env := &Env{Fields: sourceTable(t, source), Source: source}
			s := newSuite(t, "verdicts-mended/"+source)
			eachLine(t, conformanceFile(t, "verdicts/conditions/"+source+".jsonl"), func(c verdictCase) {
				p, err := Compile(c.Condition, env)
				if err != nil {
					s.same(err.Error(), "%s %q", c.ID, c.Condition)
					return
				}
				reason := ""
				p.root.checks(func(c *check) {
					for _, f := range faults {
						if f.has(c) {
							reason = f.reason
						}
					}
				})
				c.pairs(alerts, func(i int, e *event.Event, want bool) {
					why := differs(p.Match(e), want)
					if why != "" && reason != "" {
						s.listed++
						return
					}
					s.same(why, "%s %q on %d", c.ID, c.Condition, i)
				})
			})
		})
	}
}

func TestConformanceRejected(t *testing.T) {
	for _, source := range sources(t, "verdicts/rejected") {
		t.Run(source, func(t *testing.T) {
			env := &Env{Fields: sourceTable(t, source), Source: source}
			s := newSuite(t, "rejected/"+source)
			eachLine(t, conformanceFile(t, "verdicts/rejected/"+source+".jsonl"), func(c struct {
				ID        string
				Condition string
				Error     string
				Pos       *falcoPos
				Aborts    bool
			}) {
				_, err := Compile(c.Condition, env)
				if err == nil {
					s.same("accepted, but "+c.Error, "%s %q", c.ID, c.Condition)
					return
				}
				e := err.(*Error)
				_, want, _ := strings.Cut(c.Error, ": ")
				why := ""
				switch {
				case c.Aborts: // Falco's words are those of its end
				case strings.HasPrefix(c.Error, "LOAD_ERR_COMPILE_CONDITION"):
					why = differs(e.Msg, want)
				}
				if c.Pos != nil && why == "" {
					why = differs(e.Pos, c.Pos.pos())
				}
				s.same(why, "%s %q", c.ID, c.Condition)
			})
		})
	}
}

func TestConformanceAcceptanceExtra(t *testing.T) {
	path := conformanceFile(t, "verdicts/acceptance_extra.jsonl")
	s := newSuite(t, "acceptance_extra")
	tables := map[string]*Table{}
	eachLine(t, path, func(c struct {
		Source    string
		Condition string
		Accepted  bool
		Error     string
	}) {
		if tables[c.Source] == nil {
			tables[c.Source] = sourceTable(t, c.Source)
		}
		_, err := Compile(c.Condition, &Env{Fields: tables[c.Source], Source: c.Source})
		got, want := "", ""
		if err != nil {
			got = err.(*Error).Msg
		}
		if !c.Accepted {
			_, want, _ = strings.Cut(c.Error, ": ")
		}
		s.same(differs(got, want), "%.100q", c.Condition)
	})
}

// TestConformanceRuntimeAbort takes the conditions that Falco loads and that
// then end it: here they have to give an answer, the same in each way of asking.
func TestConformanceRuntimeAbort(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(conformanceFile(t, "verdicts"), "runtime_abort.*.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		source := strings.Split(filepath.Base(file), ".")[1]
		alerts := readAlerts(t, source)
		env := &Env{Fields: sourceTable(t, source), Source: source}
		s := newSuite(t, "runtime_abort/"+source)
		eachLine(t, file, func(c struct{ Condition string }) {
			p, err := Compile(c.Condition, env)
			if err != nil {
				s.same(err.Error(), "%q", c.Condition)
				return
			}
			for _, e := range alerts {
				checkLaws(t, p, e, c.Condition)
			}
			s.same("", "%q", c.Condition)
		})
	}
}
