package cond

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/falconer-go/falconer/event"
)

// testFields are the fields that libsinsp's own tests of the compiler use.
func testFields(t *testing.T) *Table {
	own, err := NewTable(
		FieldInfo{Name: "c.true", Type: CharBuf, Class: "c"},
		FieldInfo{Name: "c.false", Type: CharBuf, Class: "c"},
		FieldInfo{Name: "c.buffer", Type: ByteBuf, Class: "c"},
		FieldInfo{Name: "c.doublequote", Type: CharBuf, Class: "c"},
		FieldInfo{Name: "c.singlequote", Type: CharBuf, Class: "c"},
	)
	if err != nil {
		t.Fatal(err)
	}
	return FalcoWithoutPlugins().With(own)
}

func TestConformanceCompile(t *testing.T) {
	path := conformanceFile(t, "language/compile.jsonl")
	s := newSuite(t, "compile")
	env := &Env{Fields: testFields(t), Parse: libsinspDepth}
	type warning struct {
		Idx, Line, Col int
		Msg            string
	}
	eachLine(t, path, func(c struct {
		Condition string
		Fails     bool       `json:"expect_fail"`
		Err       string     `json:"observed_err"`
		Asserted  string     `json:"asserted_msg"`
		Warnings  *[]warning `json:"observed_warnings"`
	}) {
		p, err := Compile(c.Condition, env)
		if err != nil {
			got := err.(*Error).Falco()
			why := ""
			switch {
			case !c.Fails:
				why = "rejected: " + got
			case c.Err != "":
				why = differs(got, c.Err)
			case c.Asserted != "":
				why = differs(got, c.Asserted)
			}
			s.same(why, "%q", c.Condition)
			return
		}
		if c.Fails {
			s.same("accepted, want "+c.Err, "%q", c.Condition)
			return
		}
		why := ""
		if c.Warnings != nil {
			got := []warning{}
			for _, w := range p.Warnings() {
				got = append(got, warning{w.Pos.Offset, w.Pos.Line, w.Pos.Column, w.Msg})
			}
			why = differs(fmt.Sprint(got), fmt.Sprint(*c.Warnings))
		}
		s.same(why, "%q", c.Condition)
	})
}

// evalField is a field as libsinsp's tests extracted it.
type evalField struct {
	Type    string
	List    bool
	Present bool
	Values  []json.RawMessage
}

// text is a value, which may be bytes that are no text.
func (f *evalField) text(t *testing.T, raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	var b struct{ Hex string }
	if err := json.Unmarshal(raw, &b); err != nil {
		t.Fatal(err)
	}
	data, err := hex.DecodeString(b.Hex)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func (f *evalField) value(t *testing.T) event.Value {
	if !f.Present {
		return event.NullValue()
	}
	texts := []string{}
	for _, raw := range f.Values {
		texts = append(texts, f.text(t, raw))
	}
	if f.List {
		return event.StringsValue(texts...)
	}
	if len(texts) == 0 {
		return event.NullValue()
	}
	if typ, _ := ParseType(f.Type); typ.class() == intClass || typ.class() == uintClass {
		if n, ok := scanUint(texts[0]); ok {
			if typ.class() == intClass {
				return event.IntValue(int64(n))
			}
			return event.UintValue(n)
		}
	}
	return event.StringValue(texts[0])
}

type lookupMap map[string]event.Value

func (m lookupMap) Field(name string) event.Value { return m[name] }

// notInEvent reports whether a case gives a value for a parameter that the
// event did not have: what recorded the cases printed an absent number as 0
// and a byte that does not print as a dot, where the check saw neither.
func notInEvent(name string, f *evalField, condition string) bool {
	typ, _ := ParseType(f.Type)
	numeric := typ.class() == intClass || typ.class() == uintClass || typ == UID || typ == GID
	zero := len(f.Values) == 1 && string(f.Values[0]) == `"0"`
	return strings.HasPrefix(name, "evt.rawarg.") && numeric && zero || typ == ByteBuf && strings.Contains(condition, "00")
}

func TestConformanceEval(t *testing.T) {
	path := conformanceFile(t, "language/eval.jsonl")
	s := newSuite(t, "eval")
	eachLine(t, path, func(c struct {
		Condition string
		Fields    map[string]*evalField
		Result    bool
		Throws    *string
		Asserted  string
	}) {
		table := FalcoWithoutPlugins()
		values := lookupMap{}
		var own []FieldInfo
		listed := false
		for name, f := range c.Fields {
			values[name] = f.value(t)
			listed = listed || notInEvent(name, f, c.Condition)
			if _, _, unknown := table.resolve(name, ""); unknown {
				typ, ok := ParseType(f.Type)
				if !ok {
					t.Fatalf("%s: unknown type %s", name, f.Type)
				}
				base, _, arg := strings.Cut(name, "[")
				own = append(own, FieldInfo{Name: base, Type: typ, List: f.List, Class: "test", ArgKey: arg})
			}
		}
		if len(own) > 0 {
			extra, err := NewTable(own...)
			if err != nil {
				t.Fatalf("%q: %v", c.Condition, err)
			}
			table = table.With(extra)
		}
		p, err := Compile(c.Condition, &Env{Fields: table, Parse: libsinspDepth, Strict: true})
		switch {
		case c.Throws != nil && err == nil:
			s.same("accepted, want "+*c.Throws, "%q", c.Condition)
		case c.Throws != nil:
			s.same(differs(err.(*Error).Falco(), *c.Throws), "%q", c.Condition)
		case err != nil:
			s.same(err.Error(), "%q", c.Condition)
		default:
			why := differs(p.MatchFields(values), c.Result)
			if why != "" && listed {
				s.listed++
				return
			}
			s.same(why, "%q %v", c.Condition, values)
		}
	})
}

func TestConformanceBoolEval(t *testing.T) {
	path := conformanceFile(t, "language/bool_eval.jsonl")
	s := newSuite(t, "bool_eval")
	env := &Env{Fields: testFields(t), Parse: libsinspDepth}
	values := lookupMap{
		"c.true":        event.StringValue("1"),
		"c.false":       event.StringValue("0"),
		"c.singlequote": event.StringValue("hello 'quoted'"),
		"c.doublequote": event.StringValue(`hello "quoted"`),
	}
	eachLine(t, path, func(c struct {
		Condition string
		Result    bool
	}) {
		p, err := Compile(c.Condition, env)
		if err != nil {
			s.same(err.Error(), "%q", c.Condition)
			return
		}
		s.same(differs(p.MatchFields(values), c.Result), "%q", c.Condition)
	})
}

func TestConformancePMatchPaths(t *testing.T) {
	path := conformanceFile(t, "language/pmatch_paths.jsonl")
	s := newSuite(t, "pmatch_paths")
	eachLine(t, path, func(c struct {
		Patterns []string
		Path     string
		Match    bool
	}) {
		tree := &pathTree{}
		for _, p := range c.Patterns {
			tree.add(p, 0)
		}
		s.same(differs(tree.match(c.Path), c.Match), "%q %q", c.Path, c.Patterns)
	})
}

func TestConformanceConditionWarnings(t *testing.T) {
	path := conformanceFile(t, "language/condition_warnings.jsonl")
	s := newSuite(t, "condition_warnings")
	eachLine(t, path, func(c struct {
		Condition string
		Warns     bool
	}) {
		x, err := Parse(c.Condition, nil)
		if err != nil {
			s.same(err.Error(), "%q", c.Condition)
			return
		}
		s.same(differs(len(UnsafeNA(x))+len(DeprecatedFields(x)) > 0, c.Warns), "%q", c.Condition)
	})
}

// described is what falco -L says of a rule, macro or list.
type described struct {
	Info struct {
		Name, Condition, Source string
	}
	Details struct {
		Compiled string   `json:"condition_compiled"`
		Fields   []string `json:"condition_fields"`
		Items    []string `json:"items_compiled"`
	}
}

// TestConformanceUpstream takes the rules and macros that Falco ships: each
// condition reads, prints and reads again; with its lists and macros in place
// it is the one that Falco shows, and that of a rule has the fields that Falco
// lists, and passes the checker.
func TestConformanceUpstream(t *testing.T) {
	path := conformanceFile(t, "language/describe_upstream.jsonl")
	s := newSuite(t, "upstream")
	eachLine(t, path, func(c struct {
		Describe struct{ Rules, Macros, Lists []described }
	}) {
		lists := map[string]string{}
		for _, l := range c.Describe.Lists {
			var items []string
			for _, item := range l.Details.Items {
				if strings.Contains(item, " ") && !strings.ContainsAny(item[:1], "\"'") {
					item = `"` + item + `"`
				}
				items = append(items, item)
			}
			lists[l.Info.Name] = strings.Join(items, ", ")
		}
		macros := map[string]described{}
		for _, m := range c.Describe.Macros {
			macros[m.Info.Name] = m
		}
		var resolve func(d described) (Expr, string)
		resolve = func(d described) (Expr, string) {
			x, err := Parse(withLists(d.Info.Condition, lists), nil)
			if err != nil {
				return nil, err.Error()
			}
			y, err := Parse(x.String(), nil)
			if err != nil {
				return nil, x.String() + ": " + err.Error()
			}
			if !Equal(x, y) {
				return nil, "printed as " + x.String()
			}
			why := ""
			x = Rewrite(x, func(x Expr) Expr {
				if m, ok := x.(*Macro); ok {
					if y, fault := resolve(macros[m.Name]); fault != "" {
						why = m.Name + ": " + fault
					} else {
						return y
					}
				}
				return x
			})
			return x, why
		}
		for _, d := range append(c.Describe.Rules, c.Describe.Macros...) {
			x, why := resolve(d)
			if why == "" {
				why = differs(FalcoString(x), d.Details.Compiled)
			}
			if why == "" && d.Info.Source != "" {
				slices.Sort(d.Details.Fields)
				why = differs(fmt.Sprint(Fields(x)), fmt.Sprint(d.Details.Fields))
				if _, err := CompileExpr(x, &Env{Source: d.Info.Source, Fields: Falco()}); err != nil {
					why = err.Error()
				}
			}
			s.same(why, "%s", d.Info.Name)
		}
	})
}

// withLists puts lists in their place as Falco does: in the text.
func withLists(text string, lists map[string]string) string {
	var b strings.Builder
	for text != "" {
		n := strings.IndexAny(text, " \t\n\r(),=")
		if n < 0 {
			n = len(text)
		}
		items, ok := lists[text[:n]]
		if !ok {
			items = text[:n]
		}
		b.WriteString(items)
		if ok && items == "" { // an empty list takes a comma with it
			if rest := strings.TrimLeft(text[n:], " \t\r\n"); strings.HasPrefix(rest, ",") {
				text, n = rest[1:], 0
			} else if before := strings.TrimRight(b.String(), " \t\r\n"); strings.HasSuffix(before, ",") {
				b.Reset()
				b.WriteString(before[:len(before)-1])
			}
		}
		if n < len(text) {
			b.WriteByte(text[n])
			n++
		}
		text = text[n:]
	}
	return b.String()
}
