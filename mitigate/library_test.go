package mitigate

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/falconer-go/falconer/event"
	yaml "go.yaml.in/yaml/v4"
)

// TestKnowledge checks every entry of the embedded knowledge.
func TestKnowledge(t *testing.T) {
	l := Default()
	if len(l.entries) == 0 {
		t.Fatal("there is no knowledge")
	}
	for _, e := range l.entries {
		for _, err := range l.check(e) {
			t.Error(err)
		}
	}
}

// TestNoBoilerplate finds texts that stand in the entries of two rules.
func TestNoBoilerplate(t *testing.T) {
	first := make(map[string]string)
	for _, e := range Default().sorted("rule") {
		var doc []map[string]any
		if err := yaml.Unmarshal(e.text, &doc); err != nil {
			t.Fatalf("%s: %v", e.name, err)
		}
		seen := make(map[string]bool)
		eachText(doc[0], func(s string) {
			s = strings.Join(strings.Fields(s), " ")
			if len(s) < 60 || seen[s] {
				return
			}
			seen[s] = true
			if other, ok := first[s]; ok {
				t.Errorf("%q and %q share a text: %s", other, e.name, s)
			}
			first[s] = e.name
			for _, filler := range fillers {
				if strings.Contains(strings.ToLower(s), filler) {
					t.Errorf("%q: filler %q in: %s", e.name, filler, s)
				}
			}
		})
	}
}

// fillers would fit any alert.
var fillers = []string{
	"malicious activity", "incident response plan", "best practice", "it is important to", "security posture",
	"investigate the alert", "further investigation", "take appropriate", "as soon as possible", "and so on",
}

// eachText calls f for every string below v that is prose: conditions, and the
// names of things, are not.
func eachText(v any, f func(string)) {
	switch v := v.(type) {
	case string:
		f(v)
	case []any:
		for _, x := range v {
			eachText(x, f)
		}
	case map[string]any:
		for _, k := range slices.Sorted(maps.Keys(v)) {
			switch k {
			case "if", "run", "first", "rule", "also", "attack", "nist":
			default:
				eachText(v[k], f)
			}
		}
	}
}

// TestReadings runs the cases of each reading: alerts on which it must fire and
// near-misses on which it must not.
func TestReadings(t *testing.T) {
	files, err := filepath.Glob("testdata/readings*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	// Which networks are a host's own, no file of ours says.
	l, err := Default().With(fstest.MapFS{"own.yaml": {Data: []byte("- network: own\n  sort: own\n  is: the test's network\n  ranges: 100.64.0.0/24\n")}})
	if err != nil {
		t.Fatal(err)
	}
	on := func(e *event.Event) *subject { s := about(e, l); return &s }
	tested := make(map[string]bool)
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var cases []struct {
			Reading    string
			Fires, Not []map[string]any
		}
		if err := yaml.Unmarshal(data, &cases); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		for _, c := range cases {
			r := find[readingEntry](Default(), "reading", c.Reading)
			if r == nil {
				t.Errorf("%s: there is no reading %q", file, c.Reading)
				continue
			}
			if len(c.Fires) == 0 || len(c.Not) == 0 {
				t.Errorf("%s: %s: needs cases that fire and cases that do not", file, c.Reading)
			}
			tested[c.Reading] = true
			for _, fields := range c.Fires {
				e := alertWith(t, r.Sources[0], fields)
				if !r.If.holds(on(e)) {
					t.Errorf("%s: does not fire on %v", c.Reading, fields)
				}
				if text := (&draft{subject: *on(e), notebook: new(notebook)}).first(r.Say); len(text) == 0 {
					t.Errorf("%s: says nothing on %v", c.Reading, fields)
				}
			}
			for _, fields := range c.Not {
				if r.If.holds(on(alertWith(t, r.Sources[0], fields))) {
					t.Errorf("%s: fires on %v", c.Reading, fields)
				}
			}
		}
	}
	for _, e := range Default().sorted("reading") {
		if !tested[e.name] {
			t.Errorf("reading %q has no cases", e.name)
		}
	}
}

// TestSituations holds that each situation has alerts that it recognises and near-misses
// that it does not, and that what it says of the former is whole.
func TestSituations(t *testing.T) {
	tested, taken := make(map[string]bool), make(map[string]bool)
	files, err := filepath.Glob("testdata/situations*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var cases []struct {
			Situation  string
			Fires, Not []map[string]any
		}
		if err := yaml.Load(data, &cases, yaml.WithKnownFields()); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		for _, c := range cases {
			s := find[situationEntry](Default(), "situation", c.Situation)
			if s == nil {
				t.Errorf("%s: there is no situation %q", file, c.Situation)
				continue
			}
			if len(c.Fires) == 0 || len(c.Not) < 2 {
				t.Errorf("%s: %s: needs cases that fire and two that do not", file, c.Situation)
			}
			tested[c.Situation] = true
			for _, fields := range c.Fires {
				e := alertWith(t, s.Sources[0], fields)
				sub := about(e, Default())
				if !s.If.holds(&sub) {
					t.Errorf("%s: %s is not recognised in %v", file, c.Situation, fields)
					continue
				}
				p := For(e)
				if p.Situation != c.Situation {
					t.Logf("%s: %s is outweighed by %s in %v", file, c.Situation, p.Situation, fields)
					continue
				}
				taken[c.Situation] = true
				if len(p.First.Actions) == 0 || len(p.First.Then) < 2 || p.Verdict.Settle == nil || len(p.First.Facts) == 0 {
					t.Errorf("%s: the plan for %v has %d actions, %d outcomes and %d facts", c.Situation, fields, len(p.First.Actions), len(p.First.Then), len(p.First.Facts))
				}
			}
			for _, fields := range c.Not {
				sub := about(alertWith(t, s.Sources[0], fields), Default())
				if s.If.holds(&sub) {
					t.Errorf("%s: %s is recognised in %v", file, c.Situation, fields)
				}
			}
		}
	}
	for _, e := range Default().sorted("situation") {
		if !tested[e.name] {
			t.Errorf("situation %q has no cases", e.name)
		} else if !taken[e.name] {
			t.Errorf("situation %q is outweighed by others in each of its cases", e.name)
		}
	}
}

// alertWith returns an alert with these fields. Keys that begin with alert. set
// its head: alert.rule, alert.priority, alert.hostname, alert.tags.
func alertWith(t testing.TB, source string, fields map[string]any) *event.Event {
	t.Helper()
	doc := map[string]any{
		"rule": "Any Rule", "priority": "Warning", "time": "2026-01-02T03:04:05.000000006Z", "source": source,
	}
	out := make(map[string]any)
	for k, v := range fields {
		if head, ok := strings.CutPrefix(k, "alert."); ok {
			doc[head] = v
		} else {
			out[k] = v
		}
	}
	doc["output_fields"] = out
	data, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	e, err := event.Parse(data)
	if err != nil {
		t.Fatalf("%s: %v", data, err)
	}
	return e
}

func TestLibraryWith(t *testing.T) {
	l, err := Default().With(fstest.MapFS{"mine.yaml": {Data: []byte("- phrase: actor\n  say: Somebody\n")}})
	if err != nil {
		t.Fatal(err)
	}
	e := alertWith(t, "syscall", nil)
	if got := (&draft{subject: about(e, l), notebook: new(notebook)}).phrase("actor").String(); got != "Somebody" {
		t.Errorf("actor = %q, want the host's", got)
	}
	if got := (&draft{subject: about(e, Default()), notebook: new(notebook)}).phrase("actor").String(); got == "Somebody" {
		t.Error("the default library changed")
	}

	for name, bad := range map[string]string{
		"mine.yaml:2: widget":      "\n- widget: x\n",
		"line 3: condition":        "- reading: x\n  topic: actor\n  if: proc.name = = a\n",
		"%{ without }":             "- phrase: x\n  say: \"%{proc.name\"\n",
		"field surprise not found": "- phrase: x\n  say: a\n  surprise: b\n",
		"there is no snippet":      "- pattern: x\n  case: a\n  if: proc.name = a\n  strength: weak\n  why: b\n  confirm: c\n  run: nothing\n",
		"stands already":           "- phrase: x\n  say: a\n- phrase: x\n  say: b\n",
		"may be missing":           "- phrase: x\n  say: \"%{proc.name} did it\"\n",
		"nothing was read before":  "- technique: T9999\n  means: a\n  triage: b\n  first: [cordon-node]\n",
	} {
		_, err := Default().With(fstest.MapFS{"mine.yaml": {Data: []byte(bad)}})
		if err == nil {
			t.Errorf("%q was accepted", bad)
			continue
		}
		if want, _, ok := strings.Cut(name, ": widget"); ok {
			name = want
		}
		if !strings.Contains(err.Error(), name) {
			t.Errorf("With(%q) = %v, want %q in it", bad, err, name)
		}
	}
}

// TestScalar: what is read of an entry without YAML is what YAML reads.
func TestScalar(t *testing.T) {
	n := 0
	for _, kind := range []string{"reading", "situation", "pattern", "urgency"} {
		for _, e := range Default().sorted(kind) {
			v, err := e.parse()
			if err != nil {
				t.Fatal(err)
			}
			var c *condition
			switch v := v.(type) {
			case *readingEntry:
				c = v.If
				if got := e.names("sources"); !slices.Equal(got, v.Sources) {
					t.Errorf("%s: sources %q, want %q", e.name, got, v.Sources)
				}
				if got := e.behind("weight"); got != strconv.Itoa(v.Weight) && v.Weight != 0 {
					t.Errorf("%s: weight %q, want %d", e.name, got, v.Weight)
				}
			case *situationEntry:
				c = v.If
				if got := e.names("sources"); !slices.Equal(got, v.Sources) {
					t.Errorf("%s: sources %q, want %q", e.name, got, v.Sources)
				}
			case *patternEntry:
				c = v.If
			case *urgencyEntry:
				c = v.If
			}
			if got := e.scalar("if"); got != c.text {
				t.Errorf("%s:\n%q, want\n%q", e.name, got, c.text)
			}
			n++
		}
	}
	if n < 400 {
		t.Errorf("%d entries were looked at", n)
	}
	for _, c := range []struct{ text, want string }{
		{"- x: y\n  if: a = b\n   and c\n  say: no\n", "a = b and c"},
		{"- x: y\n  if: >-\n    a = b\n    and c\n", "a = b and c"},
		{"- x: y\n  if: \"a = '  b'\"\n", "a = '  b'"},
		{"- x: y\n  if: a = b # why\n", "a = b"},
		{"- x: y\n  if: |\n    a\n    b\n", "a\nb\n"},
		{"- x: y\n  if: >-\n    a = b\n# about the next\n", "a = b"},
		{"- x: y\n", ""},
	} {
		if got := (&entry{text: []byte(c.text)}).scalar("if"); got != c.want {
			t.Errorf("%q: %q, want %q", c.text, got, c.want)
		}
	}
}

// unquote is what YAML makes of the name of an entry.
func TestUnquote(t *testing.T) {
	for _, name := range []string{
		"Write below etc", "Apache's web server", `a "word" in it`, `"in quotes"`, `"with \" one"`, `'single ''quotes'''`, "a:b", "a#b", `back\slash`,
		"name # and a comment", "name\t# and one", "", "no", "1.50", "[", `"["`, "x:", "/usr/bin/", "%{field}", "- dash", "fd.name",
	} {
		var want string
		if err := yaml.Unmarshal([]byte(name), &want); err != nil {
			want = name // check reports what is wrong with the entry
		}
		if got := unquote(name); got != want {
			t.Errorf("%s is read as %q, to YAML it is %q", name, got, want)
		}
	}
}

// An entry may have its members in any order, and nothing before the first is one.
func TestCut(t *testing.T) {
	list := cut("x.yaml", []byte("# a file\n\n- rule: One\n  family: x\n  also: [Uno, Un]\n\n- command: two\n  does: it is also: this\n- rule: Three"))
	var got []string
	for _, e := range list {
		got = append(got, fmt.Sprint(e.line, " ", len(e.text), " ", e.keys()))
	}
	want := []string{"3 43 [{rule One} {rule Uno} {rule Un}]", "7 40 [{command two}]", "9 13 [{rule Three}]"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
