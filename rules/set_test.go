package rules

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/falconer-go/falconer/event"
	"github.com/falconer-go/falconer/rules/cond"
)

const sampleRules = `- list: shells
  items: [bash, sh]
- rule: Shell
  desc: d
  condition: evt.type = execve and proc.name in (shells)
  output: o %proc.name %user.name
  priority: NOTICE
  tags: [shell, host]
- rule: Shell as root
  desc: d
  condition: evt.type = execve and proc.name in (shells) and user.uid = 0
  output: o %proc.name
  priority: WARNING
  tags: [shell]
- rule: Off
  desc: d
  condition: evt.type = execve
  output: o
  priority: INFO
  enabled: false
`

func load(t testing.TB, texts ...string) *Set {
	t.Helper()
	var files []File
	for i, text := range texts {
		files = append(files, File{string(rune('a'+i)) + ".yaml", []byte(text)})
	}
	set, err := Load(nil, files...)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func names(list []*Rule) string {
	var all []string
	for _, r := range list {
		all = append(all, r.Name)
	}
	return strings.Join(all, ", ")
}

func TestMatch(t *testing.T) {
	set := load(t, sampleRules)
	root := alert(t, "Shell", `"evt.type":"execve"`, `"proc.name":"sh"`, `"user.uid":0`)
	part := alert(t, "Shell", `"evt.type":"execve"`, `"proc.name":"sh"`)
	other := alert(t, "Shell", `"evt.type":"execve"`, `"proc.name":"vi"`)
	if got := names(set.Match(root)); got != "Shell, Shell as root" {
		t.Errorf("all: %s", got)
	}
	if got := set.MatchFirst(root); got == nil || got.Name != "Shell" {
		t.Errorf("first: %v", got)
	}
	if got := names(set.Match(part)); got != "Shell" {
		t.Errorf("without user.uid: %s", got)
	}
	if got := set.Rule("Shell as root").Eval(part); got != cond.Unknown {
		t.Errorf("without user.uid: %v, want unknown", got)
	}
	if got := set.MatchFirst(other); got != nil {
		t.Errorf("another program: %s", got.Name)
	}
	if got := set.Eval(other); got != cond.False {
		t.Errorf("another program: %v", got)
	}
}

func TestSelect(t *testing.T) {
	set := load(t, sampleRules)
	for _, tc := range []struct {
		steps []Selection
		want  string
	}{
		{nil, "Shell, Shell as root"},
		{[]Selection{{Enable: false, Rule: "*"}}, ""},
		{[]Selection{{Enable: false, Rule: "*"}, {Enable: true, Tag: "host"}}, "Shell"},
		{[]Selection{{Enable: true, Rule: "O*"}, {Enable: false, Rule: "Shell*"}}, "Off"},
		{[]Selection{{Enable: false, Rule: "Shell"}}, "Shell as root"},
		{[]Selection{{Enable: false, Rule: "*as*"}}, "Shell"},
		{[]Selection{{Enable: false, Rule: "shell*"}}, "Shell, Shell as root"},
		{[]Selection{{Enable: false, Tag: "shell"}, {Enable: true, Rule: ""}}, ""},
	} {
		on := slices.DeleteFunc(slices.Clone(set.Select(tc.steps...).Rules()), func(r *Rule) bool { return !r.Enabled })
		if got := names(on); got != tc.want {
			t.Errorf("%+v: %s, want %s", tc.steps, got, tc.want)
		}
	}
	if !set.Rule("Shell").Enabled {
		t.Error("the set itself changed")
	}
}

func TestWildcard(t *testing.T) {
	for _, c := range []struct {
		pattern, name string
		want          bool
	}{
		{"Shell", "Shell", true}, {"Shell", "Shell as root", false}, {"*", "", true}, {"***", "x", true}, {"Shell*", "Shell as root", true},
		{"*root", "Shell as root", true}, {"*as*", "Shell as root", true}, {"S*as*t", "Shell as root", true}, {"S**t", "Sat", true},
		{"*x", "y", false}, {"a*b", "ab", true}, {"a*b", "ba", false}, {"ab*b", "ab", false}, {"a*b*", "ab", true}, {"", "", true}, {"", "x", false},
		// Falco takes the first place of a part and no other.
		{"*x", "xyx", false}, {"O*f", "Off", false}, {"*ab", "aab", true},
	} {
		if got := wildcard(c.pattern, c.name); got != c.want {
			t.Errorf("%q matches %q: %v, want %v", c.pattern, c.name, got, c.want)
		}
	}
}

func TestDiff(t *testing.T) {
	alerts := []*event.Event{
		alert(t, "Shell", `"evt.type":"execve"`, `"proc.name":"sh"`, `"user.name":"root"`),
		alert(t, "Shell", `"evt.type":"execve"`, `"proc.name":"bash"`, `"user.name":"app"`),
		alert(t, "Shell", `"evt.type":"execve"`, `"proc.name":"bash"`),
		alert(t, "Unheard of", `"evt.type":"execve"`),
	}
	for name, tc := range map[string]struct {
		edit string
		want []string // of each change: the alert's number, the rule, what happens, the fields
	}{
		"nothing": {"- list: unused\n  items: []\n", nil},
		"an exception": {"- rule: Shell\n  exceptions:\n    - {name: e, fields: [user.name], values: [[root]]}\n  override: {exceptions: append}\n",
			[]string{"0 Shell vanishes []", "2 Shell unknown [user.name]"}},
		"a field nobody prints": {"- rule: Shell\n  condition: and fd.num = 1\n  override: {condition: append}\n",
			[]string{"0 Shell unknown [fd.num]", "1 Shell unknown [fd.num]", "2 Shell unknown [fd.num]"}},
		"another priority": {"- rule: Shell\n  priority: ERROR\n  override: {priority: replace}\n",
			[]string{"0 Shell changes []", "1 Shell changes []", "2 Shell changes []"}},
		"disabled": {"- rule: Shell\n  enabled: false\n  override: {enabled: replace}\n",
			[]string{"0 Shell vanishes []", "1 Shell vanishes []", "2 Shell vanishes []"}},
		"a list": {"- list: shells\n  items: [bash]\n", []string{"0 Shell vanishes []"}},
		"a new rule": {"- rule: New\n  desc: d\n  condition: evt.type = execve and user.name = app\n  output: o\n  priority: INFO\n",
			[]string{"1 New appears []", "2 New unknown [user.name]", "3 New unknown [user.name]"}},
	} {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			before, after := load(t, sampleRules), load(t, sampleRules, tc.edit)
			var got []string
			for c := range Diff(before, after, slices.Values(alerts)) {
				got = append(got, strings.Join([]string{string(rune('0' + slices.Index(alerts, c.Alert))), c.Rule, c.Kind.String(),
					"[" + strings.Join(c.Fields, " ") + "]"}, " "))
			}
			if !slices.Equal(got, tc.want) {
				t.Errorf("got  %q\nwant %q", got, tc.want)
			}
		})
	}
}

// TestSetConcurrent uses one set from many goroutines; the race detector sees
// whether it is really immutable.
func TestSetConcurrent(t *testing.T) {
	set := load(t, sampleRules, "- rule: Shell\n  condition: or proc.name = zsh\n  override: {condition: append}\n")
	e := alert(t, "Shell", `"evt.type":"execve"`, `"proc.name":"sh"`, `"user.name":"x shells y"`)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			x, err := set.Exception(e)
			if err != nil {
				t.Error(err)
				return
			}
			if _, err := set.With(x); err != nil {
				t.Error(err)
			}
			set.Match(e)
			set.Lint()
			set.Findings()
			set.Describe()
			if _, err := set.ValidateJSON(); err != nil {
				t.Error(err)
			}
			set.Select(Selection{Rule: "*"})
		})
	}
	wg.Wait()
}

func TestExceptionOfSet(t *testing.T) {
	set := load(t, sampleRules)
	e := alert(t, "Shell", `"evt.type":"execve"`, `"proc.name":"sh"`, `"user.name":"proc.name"`, `"proc.pid":5`)
	x, err := set.Exception(e)
	if err != nil {
		t.Fatal(err)
	}
	// Falco would warn of user.name = proc.name, which reads like a field.
	if len(x.Fields) != 2 || x.Fields[0].Field != "evt.type" || x.Fields[1].Field != "proc.name" {
		t.Errorf("fields %+v", x.Fields)
	}
	if _, err := set.Exception(e, "user.name"); err == nil {
		t.Error("an exception with a warning was handed out")
	}
	if _, err := set.Exception(e, "ka.verb"); err == nil {
		t.Error("an exception by a field of another source was handed out")
	}
	if _, err := set.Exception(alert(t, "Nobody's", `"proc.name":"sh"`)); err == nil {
		t.Error("an exception of a rule that is not there was handed out")
	}
	for _, bad := range []func() (*Set, error){
		func() (*Set, error) { s, _ := Load(nil); return s.With(x) },
		func() (*Set, error) { return set.With(&Exception{Rule: "none", Name: "n", Fields: x.Fields}) },
		func() (*Set, error) {
			return set.With(&Exception{Rule: "Shell", Name: "n", Fields: []FieldValue{{Field: "no.field", Value: "x"}}})
		},
	} {
		if _, err := bad(); err == nil {
			t.Error("an exception that cannot be was put in place")
		}
	}
	with, err := set.With(x)
	if err != nil {
		t.Fatal(err)
	}
	y, err := with.Exception(alert(t, "Shell", `"evt.type":"execve"`, `"proc.name":"bash"`))
	if err != nil {
		t.Fatal(err)
	}
	if !y.Merges || y.Name != x.Name || strings.Contains(y.YAML(), "fields:") {
		t.Errorf("not merged: %+v", y)
	}
	z, err := with.Exception(alert(t, "Shell", `"evt.type":"execve"`, `"proc.name":"bash"`), "proc.name", "evt.type")
	if err != nil || !z.Merges || z.Fields[0].Field != "evt.type" {
		t.Errorf("fields in another order: %+v, %v", z, err)
	}
	if err := y.ByPrefix("proc.name", "ba"); err != nil || y.Merges || !strings.Contains(y.YAML(), "startswith") {
		t.Errorf("by prefix: %v\n%s", err, y.YAML())
	}
	others := []*event.Event{e, alert(t, "Shell", `"evt.type":"execve"`), alert(t, "Shell", `"evt.type":"execve"`, `"proc.name":"vi"`),
		alert(t, "Off", `"evt.type":"execve"`, `"proc.name":"sh"`)}
	silenced, unsure := x.Silences(others)
	if len(silenced) != 1 || silenced[0] != e || len(unsure) != 1 || unsure[0] != others[1] {
		t.Errorf("silenced %d, unsure %d", len(silenced), len(unsure))
	}
}

func TestEngineVersion(t *testing.T) {
	for want, ok := range map[string]bool{"0.63.0": true, "10": true, "0.31.0": true, "0.63.1": false, "64": false, "1.0.0": false,
		"0.31": false, "x": false, "0x10": true, "010": true, "0.1.0-rc1": true} {
		_, err := Load(nil, File{"f.yaml", []byte("- required_engine_version: " + want + "\n")})
		if (err == nil) != ok {
			t.Errorf("%s: %v", want, err)
		}
	}
	if _, err := Load(&Options{EngineVersion: "new"}); err == nil {
		t.Error("an engine version that is none was taken")
	}
}

func TestRuleNeeds(t *testing.T) {
	set := load(t, sampleRules)
	sh := alert(t, "Shell", `"evt.type":"execve"`, `"proc.name":"sh"`, `"user.uid":0`)
	for _, r := range set.Rules() {
		if r.Match(sh) && !r.Needs().Met(sh) {
			t.Errorf("%s matches an alert that does not meet its needs", r.Name)
		}
	}
	if set.Rule("Off").Needs().Met(sh) {
		t.Error("a disabled rule asks for alerts")
	}
}
