package rules

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/falconer-go/falconer/event"
)

// FuzzLoad loads anything as two files and does with the outcome what tools
// do: nothing may panic or run away, and every place must be in its file.
func FuzzLoad(f *testing.F) {
	for _, text := range loadSeeds(f) {
		f.Add(text)
	}
	// Small limits, so that what is far over them costs the fuzzer no time.
	limits := &Limits{FileBytes: 1 << 16, Nodes: 1 << 12, ConditionBytes: 1 << 12, ConditionNodes: 1 << 10}
	f.Fuzz(func(t *testing.T, text string) {
		first, second := text, ""
		if i := strings.Index(text, "\n=====\n"); i >= 0 {
			first, second = text[:i], text[i+7:]
		}
		set, err := Load(&Options{Limits: limits}, File{"a.yaml", []byte(first)}, File{"b.yaml", []byte(second)})
		if set == nil {
			t.Fatal("no set")
		}
		if err != nil {
			_ = err.Error()
		}
		if _, err := set.ValidateJSON(); err != nil {
			t.Fatal(err)
		}
		if _, err := json.Marshal(set.Describe()); err != nil {
			t.Fatal(err)
		}
		sizes := map[string]int{"a.yaml": len(first), "b.yaml": len(second)}
		for _, d := range set.Findings() {
			if d.Pos.IsValid() && (d.Pos.Offset < 0 || d.Pos.Offset > sizes[d.File] || d.Pos.Column < 1) {
				t.Errorf("%s: %+v is not in a file of %d bytes", d.String(), d.Pos, sizes[d.File])
			}
		}
		for _, r := range set.Results() {
			for _, k := range r.UnknownKeys {
				if _, err := k.Value(); !k.Pos.IsValid() || k.Pos.Offset >= sizes[k.File] {
					t.Errorf("%s: %v, %v is not in a file of %d bytes", k.Key, err, k.Pos, sizes[k.File])
				}
			}
		}
		for _, r := range set.Rules() {
			e := alert(t, "r", `"proc.name":"a b"`, `"evt.type":"open"`)
			e.Rule = r.Name
			if x, err := set.Exception(e, "evt.type"); err == nil {
				if _, err := set.With(x); err != nil {
					t.Errorf("%v with\n%s", err, x.YAML())
				}
			}
		}
		for range Diff(set, set, func(yield func(*event.Event) bool) { yield(alert(t, "r", `"proc.name":"a b"`)) }) {
			t.Error("a change where nothing changed")
		}
		// What is appended leaves the rest alone, or is refused.
		item := "- list: appended\n  items: [x]\n"
		if out, err := Append([]byte(first), item); err == nil && !strings.HasPrefix(string(out), first) {
			t.Errorf("the file was not only added to: %q", out)
		}
	})
}

// loadSeeds are the rule files at hand: those of the tests here, and the
// recorded ones where there are any.
func loadSeeds(f *testing.F) []string {
	seeds := []string{"", "- rule: a", "---\n- list: a\n  items: [a]\n---\n- macro: m\n  condition: in (a)\n",
		"- &a\n  macro: m\n  condition: m\n- *a\n", "- list: l\n  items: &x [a, b]\n- list: k\n  items: *x\n",
		"- rule: r\n  desc: d\n  condition: >\n    evt.type = open\n    and proc.name = x\n  output: \"%proc.name %%\"\n  priority: INFO\n" +
			"  exceptions:\n    - name: e\n      fields: [proc.name, fd.name]\n      values: [[a, \"b c\"], [x, [y]]]\n" +
			"\n=====\n- rule: r\n  exceptions: [{name: e, values: [[1, 2]]}]\n  override: {exceptions: append}\n"}
	dir := os.Getenv("FALCONER_CONFORMANCE")
	names, _ := filepath.Glob(filepath.Join(dir, "language", "loader", "*.yaml"))
	for _, name := range names {
		if data, err := os.ReadFile(name); err == nil && dir != "" && len(data) < 4096 {
			seeds = append(seeds, string(data))
		}
	}
	return seeds
}

// TestLoadBounds loads what is made to be too much.
func TestLoadBounds(t *testing.T) {
	rule := func(name, condition string) string {
		return "- rule: " + name + "\n  desc: d\n  condition: " + condition + "\n  output: o\n  priority: INFO\n  warn_evttypes: false\n"
	}
	var doubling, lists strings.Builder
	doubling.WriteString("- macro: m0\n  condition: proc.name = a\n")
	for i := 1; i <= 60; i++ {
		fmt.Fprintf(&doubling, "- macro: m%d\n  condition: m%d and m%d\n", i, i-1, i-1)
	}
	for i := range 60 {
		fmt.Fprintf(&lists, "- list: l%d\n  items: [l%d, l%d]\n", i, i+1, i+1)
	}
	anchors := "- list: a0\n  items: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
	for i := 1; i < 12; i++ {
		anchors += fmt.Sprintf("- k: &a%d [%s]\n", i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i-1), 10), ", "))
	}
	for name, test := range map[string]struct {
		text string
		code Code // of the first error
	}{
		"macros that double": {doubling.String() + rule("r", "m60"), ErrTooLarge},
		"lists that double":  {lists.String() + rule("r", "proc.name in (l0)"), ErrTooLarge},
		"aliases that multiply": {anchors + rule("r", "proc.name = x") + "  exceptions: [{name: e, fields: [proc.name], values: *a11}]\n",
			ErrTooLarge},
		"a macro nobody uses": {doubling.String(), ErrTooLarge},
		"an aliased text": {"- x: &big " + strings.Repeat("a", 1<<20) + "\n" + "- list: l\n  items: [" + strings.Repeat("*big, ", 10_000) + "]\n",
			ErrTooLarge},
		"lists of a list": {"- list: a\n  items: [" + strings.Repeat("x,", 20_000) + "]\n- list: b\n  items: [" +
			strings.Repeat("a,", 20_000) + "]\n", ErrTooLarge},
		"exceptions of one name": {rule("r", "proc.name = x") + "  exceptions:\n" +
			strings.Repeat("    - {name: e, fields: proc.name, values: [a]}\n", 50_000), ErrTooLarge},
		"appended conditions": {rule("r", "proc.name = x") +
			strings.Repeat("- rule: r\n  condition: or proc.name = y\n  override: {condition: append}\n", 30_000), ""},
		"appended outputs": {rule("r", "proc.name = x") +
			strings.Repeat("- rule: r\n  output: "+strings.Repeat("o", 100)+"\n  override: {output: append}\n", 30_000), ErrTooLarge},
		"appended tags": {rule("r", "proc.name = x") +
			strings.Repeat("- rule: r\n  tags: [a, b, c]\n  override: {tags: append}\n", 20_000), ""},
		"an alias to itself": {"- rule: r\n  desc: d\n  condition: proc.name = x\n  output: o\n  priority: INFO\n" +
			"  exceptions: [{name: e, fields: [proc.name], values: &v [*v]}]\n", ErrTooLarge},
		"deep brackets":        {"- list: l\n  items: " + strings.Repeat("[", 100_000), ErrTooLarge},
		"deep dashes":          {strings.Repeat("- ", 100_000) + "a", ErrTooLarge},
		"many values":          {"- list: l\n  items: [" + strings.Repeat("a,", 5<<20) + "]\n", ErrTooLarge},
		"a huge file":          {"#" + strings.Repeat(" ", 33<<20), ErrTooLarge},
		"a huge condition":     {rule("r", "proc.name = "+strings.Repeat("a", 10<<20)), ErrTooLarge},
		"brackets in one line": {"- list: l\n  items: " + strings.Repeat("[", 2<<20), ErrTooLarge},
		"entries in one line":  {"- list: l\n  items: [" + strings.Repeat("a,", 1<<18) + "]\n", ""},
		"a deep condition":     {rule("r", strings.Repeat("(", 500_000)+"proc.name = a"), ErrCompileCondition},
		"many names of a list": {"- list: l\n  items: [a]\n" + rule("r", "proc.name in ("+strings.Repeat("l,", 100_000)+"l)"), ""},
		"a list beside itself": {"- list: l\n  items: [" + strings.Repeat("x,", 1000) + "x]\n" +
			rule("r", "proc.name in ("+strings.Repeat("l,", 400_000)+"l)"), ErrTooLarge},
	} {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			set, err := Load(nil, File{"f.yaml", []byte(test.text)})
			set.Findings()
			if _, err := json.Marshal(set.Describe()); err != nil {
				t.Fatal(err)
			}
			if _, err := set.ValidateJSON(); err != nil {
				t.Fatal(err)
			}
			errs := set.Results()[0].Errors
			var got Code
			if len(errs) > 0 {
				got = errs[0].Code
			}
			if got != test.code {
				text := "no error"
				if err != nil {
					text = err.Error()[:min(300, len(err.Error()))]
				}
				t.Errorf("code %q, want %q: %s", got, test.code, text)
			}
		})
	}
}

// manyRules are n rules that have nothing in common.
func manyRules(n int) []byte {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "- rule: r%d\n  desc: d\n  condition: evt.type = open and proc.name = p%d\n  output: o %%proc.name\n  priority: INFO\n", i, i)
	}
	return []byte(b.String())
}

func TestLoadManyRules(t *testing.T) {
	const n = 10_000
	set, err := Load(nil, File{"f.yaml", manyRules(n)})
	if err != nil {
		t.Fatal(err)
	}
	if got := len(set.Rules()); got != n {
		t.Errorf("%d rules, want %d", got, n)
	}
	if got := set.Lint(); len(got) != 0 {
		t.Errorf("lint finds %s", got[0].String())
	}
}

func BenchmarkLoadHundredThousandRules(b *testing.B) {
	data := manyRules(100_000)
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if _, err := Load(nil, File{"f.yaml", data}); err != nil {
			b.Fatal(err)
		}
	}
}
