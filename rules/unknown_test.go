package rules

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const withUnknownKeys = `- owner: team x
  contact: {mail: x@example, since: 2021}
- required_engine_version: 0.31.0
  why: old
- required_plugin_versions:
    - name: json
      version: 0.1.0
      note: a
      alternatives: [{name: k8saudit, version: 0.1.0, note: b}]
  by: c
- list: l
  items: [a]
  reviewed: true
- macro: m
  condition: evt.type = open # not a key
  ticket: 0x10
- rule: r
  desc: d
  condition: m and proc.name in (l)
  output: o
  priority: INFO
  runbook: >
    see
    there
  exceptions:
    - name: e
      fields: [proc.name, fd.name]
      values: [[x, /y]]
      expires: 2027-01-01
  labels: [a, "1", 2, 3.5, ~, 'yes', yes, {k: v, k: w}]
- rule: r
  tags: [t]
  override: {tags: append}
  owner: *none
`

func TestUnknownKeys(t *testing.T) {
	text := strings.Replace(withUnknownKeys, "*none", "me", 1)
	set, err := Load(nil, File{"f.yaml", []byte(text)})
	if err != nil {
		t.Fatal(err)
	}
	show := func(keys []UnknownKey) (list []string) {
		for _, k := range keys {
			v, err := k.Value()
			if err != nil {
				t.Errorf("%s: %v", k.Key, err)
			}
			if !strings.HasPrefix(text[k.Pos.Offset:], k.Key) || k.File != "f.yaml" {
				t.Errorf("%s: is not at %v of %s", k.Key, k.Pos, k.File)
			}
			list = append(list, fmt.Sprintf("%s %s %q %s: %#v", k.Pos, k.Item.Type, k.Item.Name, k.Key, v))
		}
		return list
	}
	want := []string{
		`1:3 rules content item "" owner: "team x"`,
		`2:3 rules content item "" contact: map[string]interface {}{"mail":"x@example", "since":2021}`,
		`4:3 required_engine_version "" why: "old"`,
		`8:7 required plugin versions entry "json" note: "a"`,
		`9:55 required plugin versions alternative "k8saudit" note: "b"`,
		`10:3 required plugin versions "" by: "c"`,
		`13:3 list "l" reviewed: true`,
		`16:3 macro "m" ticket: 16`,
		`22:3 rule "r" runbook: "see there\n"`,
		`29:7 exception "e" expires: "2027-01-01"`,
		`30:3 rule "r" labels: []interface {}{"a", "1", 2, 3.5, interface {}(nil), "yes", "yes", map[string]interface {}{"k":"v"}}`,
		`34:3 rule "r" owner: "me"`,
	}
	if diff := cmp.Diff(want, show(set.Results()[0].UnknownKeys)); diff != "" {
		t.Errorf("of the file (-want +got)\n%s", diff)
	}
	if diff := cmp.Diff(want[8:], show(set.Rule("r").UnknownKeys())); diff != "" {
		t.Errorf("of the rule (-want +got)\n%s", diff)
	}

	// What changes the file leaves them alone.
	e := alert(t, "r", `"proc.name":"b"`, `"fd.name":"/z"`)
	x, err := set.Exception(e, "proc.name", "fd.name")
	if err != nil {
		t.Fatal(err)
	}
	patched, err := x.Patch([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if patched, err = Append(patched, "- list: more\n  items: [x]\n"); err != nil {
		t.Fatal(err)
	}
	after, err := Load(nil, File{"f.yaml", patched})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for i, k := range after.Results()[0].UnknownKeys {
		v, err := k.Value()
		if err != nil {
			t.Fatal(err)
		}
		was := set.Results()[0].UnknownKeys[i]
		before, _ := was.Value()
		if diff := cmp.Diff(before, v); diff != "" || k.Key != was.Key || k.Item.Name != was.Item.Name {
			t.Errorf("%s: (-before +after)\n%s", k.Key, diff)
		}
		got = append(got, k.Key)
	}
	if len(got) != len(want) {
		t.Errorf("%d unknown keys became %q in\n%s", len(want), got, patched)
	}
	if with, err := set.With(x); err != nil || len(with.Rule("r").UnknownKeys()) != len(set.Rule("r").UnknownKeys()) {
		t.Errorf("With: %v, %d keys", err, len(with.Rule("r").UnknownKeys()))
	}
}

// TestUnknownKeysAnew: a rule that is defined anew has the keys of the new
// definition alone.
func TestUnknownKeysAnew(t *testing.T) {
	rule := func(key string) string {
		return "- rule: r\n  desc: d\n  condition: evt.type = open\n  output: o\n  priority: INFO\n  " + key + "\n"
	}
	set := load(t, rule("old: 1"), rule("new: 2"), "- rule: r\n  enabled: false\n  by: 3\n")
	var got []string
	for _, k := range set.Rule("r").UnknownKeys() {
		got = append(got, k.File+" "+k.Key)
	}
	if diff := cmp.Diff([]string{"b.yaml new", "c.yaml by"}, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if n := len(set.Results()[0].UnknownKeys); n != 1 {
		t.Errorf("%d unknown keys in the first file, want 1", n)
	}
}

func TestPlainValue(t *testing.T) {
	for text, want := range map[string]any{
		"5": int64(5), "-5": int64(-5), "+5": int64(5), "0x1F": int64(31), "0o17": int64(15), "017": int64(17), "1e3": 1000.0,
		".5": 0.5, "1.": 1.0, "-1.5": -1.5, "true": true, "FALSE": false, "yes": "yes", "0x": "0x", "0x-1": "0x-1", "1_000": "1_000",
		".": ".", "-": "-", "e": "e", "inf": "inf", ".inf": ".inf", "nan": "nan", "1.2.3": "1.2.3", "2021-01-01": "2021-01-01",
		"9223372036854775808": 9223372036854775808.0, "0x1p3": "0x1p3", "1e": "1e", "+": "+", "fade": "fade", "1fade": "1fade",
	} {
		if got := plainValue(text); got != want {
			t.Errorf("%s is %T %v, want %T %v", text, got, got, want, want)
		}
	}
}

func TestUnknownKeyTooLarge(t *testing.T) {
	text := "- k0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
	for i := 1; i < 8; i++ {
		text += fmt.Sprintf("- k%d: &a%d [%s]\n", i, i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i-1), 10), ", "))
	}
	text += "- loop: &l [*l]\n"
	set, err := Load(nil, File{"f.yaml", []byte(text)})
	if err != nil {
		t.Fatal(err)
	}
	keys := set.Results()[0].UnknownKeys
	for i, k := range keys {
		if _, err := k.Value(); (err != nil) != (i > 3) {
			t.Errorf("%s: %v", k.Key, err)
		}
	}
	if len(keys) != 9 {
		t.Errorf("%d keys", len(keys))
	}
}
