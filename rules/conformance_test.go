package rules

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/falconer-go/falconer/rules/cond"
	"github.com/google/go-cmp/cmp"
)

// conformance returns a file of the folder of recorded answers of a real
// Falco, and skips the test where there is none.
func conformance(t *testing.T, name string) []byte {
	t.Helper()
	dir := os.Getenv("FALCONER_CONFORMANCE")
	if dir == "" {
		t.Skip("FALCONER_CONFORMANCE is not set: no recorded answers of a real Falco to compare with")
	}
	data, err := os.ReadFile(filepath.Join(dir, "language", name))
	if os.IsNotExist(err) {
		t.Skipf("FALCONER_CONFORMANCE has no language/%s", name)
	}
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// cases decodes a file of JSON, one case a line.
func cases[T any](t *testing.T, data []byte) []T {
	t.Helper()
	var list []T
	sc := bufio.NewScanner(bytes.NewReader(data))
	sc.Buffer(nil, 16<<20)
	for sc.Scan() {
		if len(bytes.TrimSpace(sc.Bytes())) == 0 {
			continue
		}
		var c T
		if err := json.Unmarshal(sc.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		list = append(list, c)
	}
	if sc.Err() != nil {
		t.Fatal(sc.Err())
	}
	if len(list) == 0 {
		t.Fatal("no cases")
	}
	return list
}

// tally counts the outcomes of a suite and prints its line.
type tally struct{ agree, listed, differ int }

func (n *tally) report(t *testing.T, name string) {
	t.Helper()
	fmt.Printf("suite %s: %d agree, %d listed, %d differ\n", name, n.agree, n.listed, n.differ)
	if n.differ > 0 {
		t.Errorf("%s: %d cases differ", name, n.differ)
	}
}

// told is an error or warning as it was recorded.
type told struct {
	Code      string
	Message   string
	Locations [][]any
}

// key is what of it is compared: the code, the message and the chain of
// items.
func (d told) key() string {
	var b strings.Builder
	b.WriteString(d.Code + " " + d.Message)
	for _, l := range d.Locations {
		fmt.Fprintf(&b, " > %v %q", l[0], l[1])
	}
	return b.String()
}

func keyOf(d *Diagnostic) string {
	k := told{Code: string(d.Code), Message: d.Message}
	for _, it := range d.Items {
		k.Locations = append(k.Locations, []any{it.Type, it.Name})
	}
	return k.key()
}

// falcoSays is what of a result Falco would have come to say: its error, its
// warnings sorted.
func falcoSays(r *Result) (errs, warnings []string) {
	for _, e := range r.Errors {
		if !e.Beyond {
			errs = append(errs, keyOf(&e.Diagnostic))
		}
	}
	for _, w := range r.Warnings {
		if !w.Beyond {
			warnings = append(warnings, keyOf(w))
		}
	}
	slices.Sort(warnings)
	return errs, warnings
}

type recorded struct {
	OK          bool
	Errors      []told
	Warnings    []told
	SchemaValid *bool `json:"schema_valid"`
}

func (r *recorded) says() (errs, warnings []string) {
	for _, e := range r.Errors {
		errs = append(errs, e.key())
	}
	for _, w := range r.Warnings {
		warnings = append(warnings, w.key())
	}
	slices.Sort(warnings)
	return errs, warnings
}

// diff is why a result is not the recorded one, "" if it is.
func (r *recorded) diff(got *Result) string {
	wantErrs, wantWarnings := r.says()
	gotErrs, gotWarnings := falcoSays(got)
	var b strings.Builder
	if r.OK != got.OK() {
		fmt.Fprintf(&b, "ok %v, want %v\n", got.OK(), r.OK)
	}
	if !slices.Equal(gotErrs, wantErrs) {
		fmt.Fprintf(&b, "errors %q\n  want %q\n", gotErrs, wantErrs)
	}
	if !slices.Equal(gotWarnings, wantWarnings) {
		fmt.Fprintf(&b, "warnings %q\n    want %q\n", gotWarnings, wantWarnings)
	}
	if r.SchemaValid != nil && (!got.Schema.Checked || got.Schema.Valid != *r.SchemaValid) {
		fmt.Fprintf(&b, "schema %+v, want %v\n", got.Schema, *r.SchemaValid)
	}
	return b.String()
}

func TestConformanceLoaderGenerated(t *testing.T) {
	type testCase struct {
		Case    string
		Files   []struct{ Name, Text string }
		Results []recorded
		Stderr  []string
		RC      int
	}
	var n tally
	for _, c := range cases[testCase](t, conformance(t, "loader_generated.jsonl")) {
		var files []File
		for _, f := range c.Files {
			files = append(files, File{f.Name, []byte(f.Text)})
		}
		set, err := Load(nil, files...)
		diff := ""
		if c.Results == nil {
			if want := strings.Join(c.Stderr, "\n"); !refuses(err, want) {
				diff = fmt.Sprintf("error %v, want %s", err, want)
			}
		} else {
			for i := range min(len(c.Results), len(set.Results())) {
				diff += c.Results[i].diff(set.Results()[i])
			}
		}
		if diff != "" {
			n.differ++
			t.Logf("%s:\n%s", c.Case, diff)
			continue
		}
		n.agree++
	}
	n.report(t, "loader_generated")
}

// refuses reports whether the first error is the one that Falco printed.
func refuses(err error, printed string) bool {
	var list ErrorList
	return errors.As(err, &list) && strings.Contains(printed, list[0].Message)
}

// expected is a case of the engine's own tests, with what they assert and
// what a real engine was seen to do.
type expected struct {
	Case      string
	Files     []string
	LoadNames []string                         `json:"load_names"`
	Setup     []string                         `json:"setup_cpp"`
	Plugins   []struct{ Name, Version string } `json:"plugins_loaded"`
	Disagrees []string                         `json:"observed_disagrees"`
	Asserted  struct {
		OK                 *bool
		PluginsOK          *bool             `json:"load_and_plugin_requirements_ok"`
		ErrorsContain      []string          `json:"errors_contain"`
		WarningsContain    []string          `json:"warnings_contain"`
		WarningsDoNot      []string          `json:"warnings_do_not_contain"`
		HasWarnings        *bool             `json:"has_warnings"`
		EnabledRules       *int              `json:"enabled_rules"`
		CompiledConditions map[string]string `json:"compiled_conditions"`
		CompiledOutputs    map[string]string `json:"compiled_outputs"`
	}
	Observed struct {
		Loads []struct {
			OK       bool
			Errors   []told
			Warnings []told
			Schema   string
		}
		Describe *struct {
			Rules []struct {
				Name      string
				Enabled   bool
				Compiled  string   `json:"condition_compiled"`
				Output    string   `json:"output_compiled"`
				Fields    []string `json:"condition_fields"`
				Operators []string `json:"condition_operators"`
			}
		}
	}
}

var extraFormat = regexp.MustCompile(`^m_engine->add_extra_output_format\("([^"]*)", "([^"]*)", \{([^}]*)\}, "([^"]*)"\);$`)

// options are what a case needs; not ok if it needs what is not in reach.
func (c *expected) options() (o *Options, ok bool) {
	o = &Options{Plugins: []Plugin{}}
	for _, p := range c.Plugins {
		o.Plugins = append(o.Plugins, Plugin{Name: p.Name, Version: p.Version})
	}
	for _, line := range c.Setup {
		if strings.HasPrefix(line, "m_engine->enable_rule") {
			continue // changes what runs, neither what loads nor what is described
		}
		m := extraFormat.FindStringSubmatch(line)
		if m == nil {
			return nil, false
		}
		a := AppendOutput{Format: m[1], Source: m[2], Rule: m[4]}
		for tag := range strings.SplitSeq(m[3], ",") {
			if tag = strings.Trim(strings.TrimSpace(tag), `"`); tag != "" {
				a.Tags = append(a.Tags, tag)
			}
		}
		o.Append = append(o.Append, a)
	}
	return o, true
}

func TestConformanceLoaderExpected(t *testing.T) {
	var n tally
	notSetUp := 0
	for _, c := range cases[expected](t, conformance(t, "loader_expected.jsonl")) {
		o, ok := c.options()
		if !ok {
			notSetUp++
			continue
		}
		var files []File
		for i, name := range c.Files {
			if i < len(c.LoadNames) && c.LoadNames[i] != "" {
				files = append(files, File{c.LoadNames[i], conformance(t, name)})
			} else {
				files = append(files, File{filepath.Base(name), conformance(t, name)})
			}
		}
		if diff := c.diff(o, files); diff != "" {
			n.differ++
			t.Logf("%s:\n%s", c.Case, diff)
			continue
		}
		n.agree++
	}
	t.Logf("%d cases need a set-up in C++ that has no counterpart, and are left out", notSetUp)
	n.report(t, "loader_expected")
}

func (c *expected) diff(o *Options, files []File) string {
	set, err := Load(o, files...)
	var b strings.Builder
	check := func(ok bool, format string, args ...any) {
		if !ok {
			fmt.Fprintf(&b, format+"\n", args...)
		}
	}
	if want := c.Asserted.PluginsOK; want != nil {
		check((err == nil) == *want, "plugin requirements: %v, want ok %v", err, *want)
		return b.String()
	}
	for i, want := range c.Observed.Loads {
		if i >= len(set.Results()) {
			break
		}
		r := recorded{OK: want.OK, Errors: want.Errors, Warnings: want.Warnings}
		b.WriteString(r.diff(set.Results()[i]))
		got := set.Results()[i].Schema
		schema := map[bool]string{true: "ok", false: "failed"}[got.Valid]
		if !got.Checked {
			schema = "none"
		}
		check(schema == want.Schema, "schema %s %q, want %s", schema, got.Faults, want.Schema)
	}
	if want := c.Asserted.OK; want != nil && len(c.Disagrees) == 0 {
		check((err == nil) == *want, "ok: %v, want %v", err, *want)
	}
	text := func(ds []string) string { return strings.Join(ds, "\n") }
	var errs, warnings []string
	for _, r := range set.Results() {
		e, w := falcoSays(r)
		errs, warnings = append(errs, e...), append(warnings, w...)
	}
	for _, s := range c.Asserted.ErrorsContain {
		check(strings.Contains(text(errs), s), "errors %q lack %q", errs, s)
	}
	for _, s := range c.Asserted.WarningsContain {
		check(strings.Contains(text(warnings), s), "warnings %q lack %q", warnings, s)
	}
	for _, s := range c.Asserted.WarningsDoNot {
		check(!strings.Contains(text(warnings), s), "warnings %q have %q", warnings, s)
	}
	if want := c.Asserted.HasWarnings; want != nil {
		check((len(warnings) > 0) == *want, "warnings %q, want any: %v", warnings, *want)
	}
	if want := c.Asserted.EnabledRules; want != nil {
		got := 0
		for _, r := range set.Rules() {
			if r.Enabled {
				got++
			}
		}
		check(got == *want, "%d rules enabled, want %d", got, *want)
	}
	for name, want := range c.Asserted.CompiledConditions {
		r := set.Rule(name)
		check(r != nil && cond.FalcoString(r.Condition) == want, "rule %s: condition is not %s", name, want)
	}
	for name, want := range c.Asserted.CompiledOutputs {
		r := set.Rule(name)
		check(r != nil && r.compiledOutput == want, "rule %s: output is not %s", name, want)
	}
	if c.Observed.Describe == nil || err != nil {
		return b.String()
	}
	got := set.Describe().Rules
	check(len(got) == len(c.Observed.Describe.Rules), "%d rules, want %d", len(got), len(c.Observed.Describe.Rules))
	for i, want := range c.Observed.Describe.Rules {
		if i >= len(got) {
			break
		}
		slices.Sort(want.Fields)
		slices.Sort(want.Operators)
		d := got[i].Details
		check(got[i].Info.Name == want.Name && got[i].Info.Enabled == want.Enabled, "rule %s enabled %v, want %s %v",
			got[i].Info.Name, got[i].Info.Enabled, want.Name, want.Enabled)
		check(d.Compiled == want.Compiled, "rule %s: %s\nwant %s", want.Name, d.Compiled, want.Compiled)
		check(d.OutputCompiled == want.Output, "rule %s: output %s, want %s", want.Name, d.OutputCompiled, want.Output)
		check(slices.Equal(d.Fields, want.Fields), "rule %s: fields %q, want %q", want.Name, d.Fields, want.Fields)
		check(slices.Equal(d.Operators, want.Operators), "rule %s: operators %q, want %q", want.Name, d.Operators, want.Operators)
	}
	return b.String()
}

func TestConformanceDescribe(t *testing.T) {
	type testCase struct {
		Case     string
		Files    []struct{ Name, Text string }
		Upstream string `json:"falco_rules"`
		Describe json.RawMessage
	}
	for _, suite := range []string{"describe", "describe_upstream"} {
		t.Run(suite, func(t *testing.T) {
			var n tally
			for _, c := range cases[testCase](t, conformance(t, suite+".jsonl")) {
				var files []File
				for _, f := range c.Files {
					files = append(files, File{f.Name, []byte(f.Text)})
				}
				if name := c.Upstream; name != "" {
					files = append(files, upstream(t, name))
				}
				set, err := Load(nil, files...)
				if err != nil {
					n.differ++
					t.Logf("%s: %v", c.Case, err)
					continue
				}
				got, err := json.Marshal(set.Describe())
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(canonical(t, c.Describe), canonical(t, got)); diff != "" {
					n.differ++
					t.Logf("%s: (-Falco +got)\n%s", c.Case, diff)
					continue
				}
				n.agree++
			}
			n.report(t, suite)
		})
	}
}

// canonical decodes a description and sorts each list of names: their order
// means nothing.
func canonical(t *testing.T, data []byte) any {
	t.Helper()
	var v any
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatal(err)
	}
	var visit func(v any)
	visit = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			for _, sub := range v {
				visit(sub)
			}
		case []any:
			for _, sub := range v {
				visit(sub)
			}
			slices.SortFunc(v, func(a, b any) int {
				x, okX := a.(string)
				y, okY := b.(string)
				if !okX || !okY {
					return 0
				}
				return strings.Compare(x, y)
			})
		}
	}
	visit(v)
	return v
}

// upstream returns a rule file of Falco's own, which lie beside the folder of
// recorded answers.
func upstream(t testing.TB, name string) File {
	t.Helper()
	dir := os.Getenv("FALCONER_CONFORMANCE")
	if dir == "" {
		t.Skip("FALCONER_CONFORMANCE is not set: no rule files of Falco's own")
	}
	data, err := os.ReadFile(filepath.Join(dir, "..", "falco-rules", name))
	if err != nil {
		t.Skipf("no rule files of Falco's own beside FALCONER_CONFORMANCE: %v", err)
	}
	return File{name, data}
}

// TestMemoChangesNothing loads files with and without what is remembered
// between them.
func TestMemoChangesNothing(t *testing.T) {
	type testCase struct {
		Case  string
		Files []struct{ Name, Text string }
	}
	all := cases[testCase](t, conformance(t, "loader_generated.jsonl"))
	var shipped testCase
	for _, f := range upstreamFiles(t) {
		shipped.Files = append(shipped.Files, struct{ Name, Text string }{f.Name, string(f.Data)})
	}
	all = append(all, shipped)
	for i, c := range all {
		// A case alone, and on top of the one before it: more files, and more
		// that changes between them.
		var files []File
		if i > 0 && len(c.Files) < 8 {
			for _, f := range all[i-1].Files {
				files = append(files, File{"before-" + f.Name, []byte(f.Text)})
			}
		}
		for _, f := range c.Files {
			files = append(files, File{f.Name, []byte(f.Text)})
		}
		var said [2]string
		for k := range said {
			set, _ := Load(&Options{forget: k == 0}, files...)
			results, err := set.ValidateJSON()
			if err != nil {
				t.Fatal(err)
			}
			described, err := json.Marshal(set.Describe())
			if err != nil {
				t.Fatal(err)
			}
			said[k] = string(results) + "\n" + string(described)
		}
		if said[0] != said[1] {
			t.Errorf("%s: (-anew +remembered)\n%s", c.Case, cmp.Diff(said[0], said[1]))
		}
	}
}
