package rules

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// claim is rule files with what Falco's source has it say of the last: its
// error, or its warnings, each as code, message and items.
type claim struct {
	name  string
	files []string
	err   string   // "" if the last file loads
	warn  []string // in order, where it does; nil for not looked at
}

const plain = "- rule: r\n  desc: d\n  condition: evt.type = open\n  output: o\n  priority: INFO\n"

// defined is plain with more keys.
func defined(keys string) string { return plain + "  " + keys + "\n" }

const (
	inRule      = ` > rules content "" > rule "r"`
	ofException = inRule + ` > exception "e"`
)

// TestClaims goes through what the reader and the collector check, in the
// order of Falco's source.
func TestClaims(t *testing.T) {
	const validate, structure = "LOAD_ERR_VALIDATE ", "LOAD_ERR_YAML_VALIDATE "
	ex := func(text string) []string { return []string{defined("exceptions: [{name: e, " + text + "}]")} }
	over := func(text string) []string { return []string{plain, "- rule: r\n" + text} }
	claims := []claim{
		{name: "nothing", files: []string{""}, warn: []string{}},
		{name: "a comment", files: []string{"# c\n"}, warn: []string{}},
		{name: "a null entry", files: []string{"-\n- ~\n" + plain}, warn: []string{}},
		{name: "a mapping", files: []string{"a: b\n"}, err: structure + `Rules content is not yaml array of objects > rules content ""`},
		{name: "a text", files: []string{"a\n"}, err: structure + `Rules content is not yaml > rules content ""`},
		{name: "a second document that is none", files: []string{plain + "---\na: b\n"}, err: structure + `Rules content is not yaml array of objects > rules content ""`},
		{name: "nothing behind an empty document", files: []string{"---\n---\na: b\n"}, warn: []string{}},
		{name: "an item of text", files: []string{"- a\n"}, err: structure + `Unexpected element type. Each element should be a yaml associative array. > rules content "" > rules content item ""`},
		{name: "an item without dash", files: []string{plain + "list: l\nitems: []\n"}, err: structure + `Rules content is not yaml array of objects > rules content ""`},
		{name: "the first kind counts", files: []string{"- list: l\n  items: []\n  rule: r\n  macro: m\n"},
			warn: []string{`LOAD_UNKNOWN_KEY Unknown key 'rule'. The key will be ignored. > rules content "" > list "l"`,
				`LOAD_UNKNOWN_KEY Unknown key 'macro'. The key will be ignored. > rules content "" > list "l"`,
				`LOAD_UNUSED_LIST List not referred to by any other rule/macro > rules content "" > list "l"`}},

		{name: "engine version of nothing", files: []string{"- required_engine_version:\n"},
			err: structure + `Mapping for key 'required_engine_version' is empty > rules content "" > required_engine_version ""`},
		{name: "engine version, two parts", files: []string{"- required_engine_version: 0.31\n"},
			err: structure + `Unable to parse engine version '0.31' as a semver string. Expected "x.y.z" semver format. > rules content "" > required_engine_version ""`},
		{name: "engine version, another major", files: []string{"- required_engine_version: 1.0.0\n"},
			err: validate + `Rules require engine version 1.0.0, but engine version is 0.63.0 > rules content "" > required_engine_version ""`},
		{name: "engine version, a negative number", files: []string{"- required_engine_version: -5\n"},
			err: structure + `Unable to parse engine version '-5' as a semver string. Expected "x.y.z" semver format. > rules content "" > required_engine_version ""`},

		{name: "plugins, a text", files: []string{"- required_plugin_versions: x\n"}, err: structure + `Value of required_plugin_versions must be a sequence > rules content "" > required plugin versions ""`},
		{name: "plugins, texts", files: []string{"- required_plugin_versions: [x]\n"},
			err: structure + `Plugin version must be a mapping > rules content "" > required plugin versions "" > required plugin versions entry ""`},
		{name: "plugins, no version", files: []string{"- required_plugin_versions: [{name: x}]\n"},
			err: structure + `Item has no mapping for key 'version' > rules content "" > required plugin versions "" > required plugin versions entry "x"`},
		{name: "plugins, alternatives of text", files: []string{"- required_plugin_versions: [{name: json, version: 0.1.0, alternatives: x}]\n"},
			err: structure + `Value of plugin version alternatives must be a sequence > rules content "" > required plugin versions "" > required plugin versions entry "json"`},
		{name: "plugins, one twice", files: []string{"- required_plugin_versions: [{name: json, version: 0.1.0, alternatives: [{name: json, version: 0.2.0}]}]\n"},
			err: validate + `Defined multiple alternative version requirements for plugin 'json' > rules content "" > required plugin versions "" > required plugin versions entry "json"`},
		{name: "plugins, no version of three parts", files: []string{"- required_plugin_versions: [{name: json, version: 0.1}]\n"},
			err: validate + `Invalid required version '0.1' for plugin 'json' > rules content "" > required plugin versions "" > required plugin versions entry "json"`},

		{name: "list without items", files: []string{"- list: l\n"}, err: structure + `Item has no mapping for key 'items' > rules content "" > list "l"`},
		{name: "list of null", files: []string{"- list: l\n  items: [a, ~]\n"}, err: structure + `sequence value is not scalar > rules content "" > list "l" > value for "items" > list item ""`},
		{name: "list with an entry left out", files: []string{"- list: l\n  items: [a, , b]\n"}, err: structure + `sequence value is not scalar > rules content "" > list "l" > value for "items" > list item ""`},
		{name: "list name of a list", files: []string{"- list: [l]\n  items: []\n"}, err: structure + `Value is not a scalar value > rules content "" > list "" > value for "list"`},
		{name: "list with a blank in its name", files: []string{"- list: a b\n  items: []\n"}, warn: []string{
			`LOAD_INVALID_LIST_NAME List has an invalid name. List names should match a regular expression: ([^()"'[:space:]=,]+) > rules content "" > list "a b"`,
			`LOAD_UNUSED_LIST List not referred to by any other rule/macro > rules content "" > list "a b"`}},
		{name: "list appended to nothing", files: []string{"- list: l\n  items: [a]\n  override: {items: append}\n"},
			err: validate + `List uses 'append' or 'override.items: append' but no list by that name already exists > rules content "" > list "l"`},
		{name: "list replaced that is not there", files: []string{"- list: l\n  items: [a]\n  override: {items: replace}\n"}, warn: []string{
			`LOAD_UNUSED_LIST List not referred to by any other rule/macro > rules content "" > list "l"`}},
		{name: "append and override", files: []string{"- list: l\n  items: [a]\n  append: yes\n  override: {items: append}\n"},
			err: structure + `Keys 'override' and 'append: true' cannot be used together. Add an 'append' entry (e.g. 'condition: append') under 'override' instead. > rules content "" > list "l"`},
		{name: "override of another key", files: []string{"- list: l\n  items: [a]\n  override: {list: replace}\n"},
			err: structure + `Key 'list' cannot be replaced > rules content "" > list "l" > overrides "" > overrides "list"`},
		{name: "another override", files: []string{"- macro: m\n  condition: a\n  override: {condition: remove}\n"},
			err: structure + `Invalid override operation for key 'condition': 'remove'. Allowed values are: append replace  > rules content "" > macro "m" > overrides "" > value for "condition"`},
		{name: "an override that is a list", files: []string{"- macro: m\n  condition: a\n  override: [condition]\n"},
			err: validate + `invalid node; this may result from using a map iterator as a sequence iterator, or vice-versa > rules content ""`},
		{name: "an override that is a text", files: []string{plain + "- macro: m\n  condition: evt.num > 0\n  override: x\n"},
			warn: []string{`LOAD_UNUSED_MACRO Macro not referred to by any other rule/macro > rules content "" > macro "m"`}},
		{name: "macro of another name", files: []string{"- macro: m-1\n  condition: evt.num > 0\n"}, warn: []string{
			`LOAD_INVALID_MACRO_NAME Macro has an invalid name. Macro names should match a regular expression: ([a-zA-Z]+[a-zA-Z0-9_]*) > rules content "" > macro "m-1"`,
			`LOAD_UNUSED_MACRO Macro not referred to by any other rule/macro > rules content "" > macro "m-1"`}},
		{name: "macro appended to nothing", files: []string{"- macro: m\n  condition: and a\n  append: true\n"},
			err: validate + `Macro uses 'append' or 'override.condition: append' but no macro by that name already exists > rules content "" > macro "m"`},

		{name: "rule without anything", files: []string{"- rule: r\n"}, err: structure + `Item has no mapping for key 'enabled'` + inRule},
		{name: "enabled of no rule", files: []string{"- rule: r\n  enabled: true\n"}, err: validate + `Rule has 'enabled' key but no rule by that name already exists` + inRule},
		{name: "enabled of a rule", files: over("  enabled: off\n"), warn: []string{`LOAD_DEPRECATED_ITEM The standalone 'enabled' key usage is deprecated. ` +
			`The correct approach requires also a 'replace' entry under the 'override' key (i.e. 'enabled: replace').` + inRule}},
		{name: "an output of blanks", files: []string{strings.Replace(plain, "output: o", "output: '  '", 1)},
			err: "LOAD_ERR_COMPILE_OUTPUT empty formatting token" + inRule + ` > rule output ""`},
		{name: "no such priority", files: []string{strings.Replace(plain, "INFO", "warn", 1)}, err: structure + `Invalid priority` + inRule + ` > rule priority ""`},
		{name: "priority before source", files: []string{strings.Replace(defined("source: ''"), "INFO", "x", 1)}, err: structure + `Invalid priority` + inRule + ` > rule priority ""`},
		{name: "a source of nothing", files: []string{defined("source: ''")}, err: structure + `Value must be non-empty` + inRule + ` > value for "source"`},
		{name: "a null source", files: []string{defined("source: ~")}, err: structure + `Mapping for key 'source' is empty` + inRule},
		{name: "a null source of an append", files: over("  source: ~\n  condition: and evt.num > 0\n  override: {condition: append}\n"), warn: []string{}},
		{name: "another source", files: over("  source: k8s_audit\n  condition: and evt.num > 0\n  override: {condition: append}\n"),
			err: validate + `Rule has been re-defined with a different source` + inRule},
		{name: "another source of a tag", files: over("  source: k8s_audit\n  tags: [a]\n  override: {tags: append}\n"), warn: []string{}},
		{name: "no such source", files: []string{defined("source: none\n  exceptions: [{name: e, fields: [no.field], comps: [=], values: [[a]]}]")},
			warn: []string{`LOAD_UNKNOWN_SOURCE Unknown source none, skipping` + inRule}},
		{name: "no such source, bad comps", files: []string{defined("source: none\n  exceptions: [{name: e, fields: [no.field], comps: [x], values: [[a]]}]")},
			err: validate + `'x' is not a supported comparison operator` + ofException},
		{name: "tags of text", files: []string{defined("tags: a")}, err: structure + `Value is not a sequence` + inRule + ` > value for "tags"`},
		{name: "a duration below nothing", files: []string{defined("capture_duration: -1")}, err: structure + `Can't decode YAML scalar value` + inRule + ` > value for "capture_duration"`},

		{name: "append of nothing", files: over("  append: true\n"), err: validate + `Appended rule must have exceptions or condition property` + inRule},
		{name: "append ignores the rest", files: over("  append: true\n  exceptions: []\n  output: '%'\n  tags: x\n  priority: y\n"), warn: []string{
			`LOAD_DEPRECATED_ITEM 'append' key is deprecated. Add an 'append' entry (e.g. 'condition: append') under 'override' instead.` + inRule}},
		{name: "append to no rule", files: []string{"- rule: r\n  append: true\n"}, err: validate + `Rule uses 'append' or 'override.<key>: append' but no rule by that name already exists` + inRule},
		{name: "replace of no rule", files: []string{"- rule: r\n  desc: x\n  override: {desc: replace}\n"}, err: validate + `An 'override.<key>: replace' to a rule was requested but no rule by that name already exists` + inRule},
		{name: "override without its key", files: over("  override: {desc: append}\n"), err: structure + `An append override for 'desc' was specified but 'desc' is not defined` + inRule},
		{name: "a key without its override", files: over("  desc: x\n  output: y\n  override: {desc: append}\n"),
			err: structure + `Unexpected key 'output': no corresponding entry under 'override' is defined.` + inRule + ` > overrides "output"`},
		{name: "what an override cannot add to", files: over("  priority: INFO\n  override: {priority: append}\n"),
			err: structure + `Key 'priority' cannot be appended to, use 'replace' instead` + inRule + ` > overrides "" > overrides "priority"`},
		{name: "an override of the source", files: over("  source: syscall\n  override: {source: replace}\n"),
			err: structure + `Key 'source' cannot be replaced` + inRule + ` > overrides "" > overrides "source"`},
		{name: "the same key both ways", files: []string{plain, "- rule: r\n  desc: x\n  override:\n    desc: append\n    desc: replace\n"},
			err: structure + `An replace override for 'desc' was specified but 'desc' is not defined` + inRule},

		{name: "exceptions of text", files: []string{defined("exceptions: x")}, err: structure + `Rule exceptions must be a sequence` + inRule + ` > exceptions ""`},
		{name: "exceptions of nothing", files: []string{defined("exceptions:")}, warn: []string{}},
		{name: "an exception of text", files: []string{defined("exceptions: [x]")}, err: structure + `Rule exception must be a mapping` + inRule + ` > exceptions "" > exception ""`},
		{name: "an exception without name", files: []string{defined("exceptions: [{fields: a}]")}, err: structure + `Item has no mapping for key 'name'` + inRule + ` > exceptions "" > exception ""`},
		{name: "an exception without fields", files: ex("values: []"), err: structure + `Item has no mapping for key 'fields'` + ofException},
		{name: "fields of nothing", files: ex("fields: []"), err: validate + `Rule exception item must have fields property with a list of fields` + ofException},
		{name: "fields of null", files: ex("fields: ~"), err: validate + `Rule exception item must have fields property with a list of fields` + ofException},
		{name: "fields of an empty text", files: ex("fields: ''"), err: structure + `Value must be non-empty` + ofException + ` > value for "fields"`},
		{name: "fewer comps", files: ex("fields: [proc.name, fd.name], comps: [=]"), err: validate + `Fields and comps lists must have equal length` + ofException},
		{name: "comps of text for a list", files: ex("fields: [proc.name], comps: in"), err: validate + `Fields and comps lists must have equal length` + ofException},
		{name: "comps of a list for text", files: ex("fields: proc.name, comps: [in]"), err: validate + `Fields and comps must both be strings` + ofException},
		{name: "comps of one value", files: ex("fields: proc.name, comps: =, values: [a]"), err: validate + `When fields is a single value, comps must be one of ` +
			`(in, pmatch, intersects) or a modifier operator (e.g. startswith oneof)` + ofException},
		{name: "comps of one value with a modifier", files: ex("fields: proc.name, comps: ' startswith oneof ', values: [a, b]"), warn: []string{}},
		{name: "a modifier that does not go", files: ex("fields: proc.name, comps: in oneof, values: [a]"), err: validate + `When fields is a single value, comps must be one of ` +
			`(in, pmatch, intersects) or a modifier operator (e.g. startswith oneof)` + ofException},
		{name: "no such comps", files: ex("fields: [proc.name], comps: ['= =']"), err: validate + `'= =' is not a supported comparison operator` + ofException},
		{name: "no such field", files: ex("fields: [proc.nome]"), err: validate + `'proc.nome' is not a supported filter field` + ofException},
		{name: "a field of another source", files: ex("fields: [ka.verb]"), err: validate + `'ka.verb' is not a supported filter field` + ofException},
		{name: "comps before fields", files: ex("fields: [proc.nome], comps: [x]"), err: validate + `'x' is not a supported comparison operator` + ofException},
		{name: "a field without the argument it needs", files: ex("fields: [jevt.value]"), err: validate + `filter 'jevt.value': jevt.value requires an argument but none provided > rules content ""`},
		{name: "a field wrapped", files: ex("fields: ['tolower(proc.name)', 'len(fd.name)'], values: [[a, 3]]"), warn: []string{}},
		{name: "a field wrapped wrongly", files: ex("fields: ['toupper(fd.num)']"), err: validate + `'toupper(fd.num)' is not a supported filter field` + ofException},
		{name: "a field with an argument", files: ex("fields: ['proc.aname[2]', evt.arg.flags], values: [[a, b]]"), warn: []string{}},
		{name: "values of text", files: ex("fields: [proc.name], values: a"), err: structure + `Rule exception values must be a sequence` + ofException + ` > exception values ""`},
		{name: "an empty value", files: ex("fields: [proc.name], values: [['']]"), err: structure + `Value must be non-empty` + ofException +
			` > exception values "" > exception value "" > value for "" > exception "" > value for ""`},
		{name: "values of another length", files: ex("fields: [proc.name], values: [[a, b]]"), err: validate + `Fields and values lists must have equal length` + ofException},
		{name: "a text for a tuple", files: ex("fields: [proc.name], values: [a]"), err: validate + `Fields and values lists must have equal length` + ofException},
		{name: "a tuple for a text", files: ex("fields: proc.name, values: [[a]]"), err: validate + `Expected values array to contain a list of strings` + ofException},
		{name: "the same name twice", files: []string{defined("exceptions:\n    - {name: e, fields: [proc.name], values: [[a]]}\n    - {name: e, fields: [fd.name], values: [[b]]}")},
			warn: []string{`LOAD_EXCEPTION_NAME_NOT_UNIQUE Multiple definitions of exception 'e' in the same rule` + ofException}},
		{name: "an exception added without values", files: over("  exceptions: [{name: e, fields: [proc.name]}]\n  override: {exceptions: append}\n"),
			err: validate + `Rule exception must have values property with a list of values` + ofException},
		{name: "an exception added without fields", files: over("  exceptions: [{name: e, values: [[a]]}]\n  override: {exceptions: append}\n"),
			err: validate + `Rule exception must have fields property with a list of fields` + ofException},
		{name: "fields added to an exception", files: []string{defined("exceptions: [{name: e, fields: [proc.name]}]"),
			"- rule: r\n  exceptions: [{name: e, fields: [proc.name], values: [[a]]}]\n  override: {exceptions: append}\n"},
			err: validate + `Can not append exception fields to existing exception, only values` + ofException},
		{name: "comps added to an exception", files: []string{defined("exceptions: [{name: e, fields: [proc.name]}]"),
			"- rule: r\n  exceptions: [{name: e, comps: [=], values: [[a]]}]\n  override: {exceptions: append}\n"},
			err: validate + `Can not append exception comps to existing exception, only values` + ofException},
		{name: "nothing added to an exception", files: []string{defined("exceptions: [{name: e, fields: [proc.name]}]"),
			"- rule: r\n  exceptions: [{name: e}]\n  override: {exceptions: append}\n"}, warn: []string{`LOAD_APPEND_NO_VALUES Overriding/appending exception with no values` + ofException}},
		{name: "exceptions replaced go unchecked", files: over("  exceptions: [{name: e, fields: [no.field], comps: [=], values: [[a]]}]\n  override: {exceptions: replace}\n"),
			err: `LOAD_ERR_COMPILE_CONDITION filter_check called with nonexistent field no.field` + inRule + ` > rule condition "" > condition expression ""`},

		{name: "a macro that is defined later", files: []string{"- macro: a\n  condition: b\n- macro: b\n  condition: evt.num > 0\n"},
			err: validate + `Undefined macro 'b' used in filter. > rules content "" > macro "a" > condition expression ""`},
		{name: "a macro that is appended to later", files: []string{plain + "- macro: a\n  condition: evt.num > 0\n- macro: b\n  condition: evt.num > 1\n- macro: a\n  condition: and b\n  override: {condition: append}\n" +
			"- rule: s\n  desc: d\n  condition: evt.type = open and a\n  output: o\n  priority: INFO\n"}, warn: []string{}},
		{name: "macros in a circle", files: []string{"- macro: a\n  condition: evt.num > 0\n- macro: b\n  condition: a\n- macro: a\n  condition: or b\n  override: {condition: append}\n"},
			err: validate + `reference loop in macro 'b' > rules content "" > macro "a" > condition expression ""`},
		{name: "a rule before its macro", files: []string{strings.Replace(plain, "evt.type = open", "m", 1) + "- macro: m\n  condition: evt.type = open\n"}, warn: []string{}},
		{name: "an unknown field that may be", files: []string{strings.Replace(defined("skip-if-unknown-filter: true"), "evt.type = open", "evt.type = open and no.field = x", 1)},
			warn: []string{`LOAD_UNKNOWN_FILTER filter_check called with nonexistent field no.field` + inRule + ` > rule condition "" > condition expression ""`}},
		{name: "another fault may not be", files: []string{strings.Replace(defined("skip-if-unknown-filter: true"), "evt.type = open", "fd.num contains x", 1)},
			err: `LOAD_ERR_COMPILE_CONDITION filter error: 'contains' operator not supported for numeric filters` + inRule + ` > rule condition "" > condition expression ""`},
		{name: "fields of an old Falco", files: []string{strings.Replace(strings.Replace(plain, "evt.type = open", "evt.type = open and evt.dir = < and evt.latency > 1", 1), "output: o", "output: '%evt.dir'", 1)},
			warn: []string{`LOAD_DEPRECATED_ITEM usage of deprecated field 'evt.dir' has been detected in the rule output` + inRule + ` > rule output ""`,
				`LOAD_DEPRECATED_ITEM due to the drop of enter events, 'evt.dir = <' always evaluates to true, and 'evt.dir = >' always evaluates to false. The rule expression can be simplified by removing the condition on 'evt.dir'` +
					inRule + ` > rule condition "" > condition expression ""`,
				`LOAD_DEPRECATED_ITEM field is not available due to the drop of enter events.` + inRule + ` > rule condition "" > condition expression ""`}},
		{name: "every event", files: []string{strings.Replace(plain, "evt.type = open", "proc.name = x", 1)},
			warn: []string{`LOAD_NO_EVTTYPE Rule matches too many evt.type values. This has a significant performance penalty.` + inRule}},
		{name: "every event, as asked", files: []string{strings.Replace(defined("warn_evttypes: n"), "evt.type = open", "proc.name = x", 1)}, warn: []string{}},
		{name: "no event", files: []string{strings.Replace(plain, "evt.type = open", "evt.num < 0", 1)}, warn: []string{}},
		{name: "disabled and wrong", files: []string{strings.Replace(defined("enabled: false"), "evt.type = open", "no.field = x", 1)},
			err: `LOAD_ERR_COMPILE_CONDITION filter_check called with nonexistent field no.field` + inRule + ` > rule condition "" > condition expression ""`},
	}
	for _, c := range claims {
		t.Run(strings.ReplaceAll(c.name, " ", "_"), func(t *testing.T) {
			var files []File
			for _, text := range c.files {
				files = append(files, File{"f.yaml", []byte(text)})
			}
			set, _ := Load(nil, files...)
			for _, r := range set.Results()[:len(files)-1] {
				if !r.OK() {
					t.Fatalf("an earlier file: %v", r.Errors[0])
				}
			}
			res := set.Results()[len(files)-1]
			got := ""
			if !res.OK() {
				got = keyOf(&res.Errors[0].Diagnostic)
			}
			if diff := cmp.Diff(c.err, got); diff != "" {
				t.Errorf("error (-want +got)\n%s", diff)
			}
			if c.warn == nil {
				return
			}
			said := []string{}
			for _, w := range res.Warnings {
				said = append(said, keyOf(w))
			}
			if diff := cmp.Diff(c.warn, said); diff != "" {
				t.Errorf("warnings (-want +got)\n%s", diff)
			}
		})
	}
}

// TestDescribeClaims holds what items resolve to against what Falco's source
// makes of them: text that is put together, order, visibility.
func TestDescribeClaims(t *testing.T) {
	rule := func(name, condition, more string) string {
		return "- rule: " + name + "\n  desc: d\n  condition: " + condition + "\n  output: o\n  priority: INFO\n  warn_evttypes: false\n" + more
	}
	for _, c := range []struct{ name, text, rule, want string }{
		{"an appended or", rule("r", "evt.num = 1 and evt.num = 2", "") + "- rule: r\n  condition: or evt.num = 3\n  override: {condition: append}\n", "r",
			"((evt.num = 1 and evt.num = 2) or evt.num = 3)"},
		{"an exception behind it", rule("r", "evt.num = 1 or evt.num = 2", "  exceptions: [{name: e, fields: [proc.name, fd.name], comps: [in, startswith], values: [[[a, 'b c'], /x], ['(l)', y]]}]\n") +
			"- list: l\n  items: [p, q]\n", "r",
			`((evt.num = 1 or evt.num = 2) and not ((proc.name in (a, "b c") and fd.name startswith /x) or (proc.name in (p, q) and fd.name startswith y)))`},
		{"one field", rule("r", "evt.num = 1", "  exceptions: [{name: e, fields: proc.name, values: [a, b c]}, {name: f, fields: [fd.name]}]\n"), "r",
			`(evt.num = 1 and not proc.name in (a, "b c"))`},
		{"a list in parentheses or not", rule("r", "evt.num = 1", "  exceptions: [{name: e, fields: [proc.name, proc.pname], comps: [in, in], values: [[l, (l)]]}]\n") +
			"- list: l\n  items: [a, b]\n", "r", "(evt.num = 1 and not (proc.name in (a, b) and proc.pname in (a, b)))"},
		{"values that name a field", rule("r", "evt.num = 1", "  exceptions: [{name: e, fields: [proc.name], values: [[val(proc.pname)]]}]\n"), "r",
			"(evt.num = 1 and not proc.name = val(proc.pname))"},
		{"a list of a list of a list", "- list: a\n  items: [x]\n- list: b\n  items: [a, y]\n- list: c\n  items: [b, z]\n" + rule("r", "proc.name in (c)", ""), "r", "proc.name in (a, y, z)"},
		{"an empty list", "- list: a\n  items: []\n" + rule("r", "proc.name in (x, a, y)", ""), "r", "proc.name in (x, y)"},
		{"a list within a text", "- list: a\n  items: [x]\n" + rule("r", "proc.name = 'p a q'", ""), "r", `proc.name = "p x q"`},
		{"a list that is defined later", rule("r", "proc.name in (l)", "") + "- list: l\n  items: [a]\n", "r", "proc.name in (a)"},
		{"a list that is no list", rule("r", "proc.name in (l)", ""), "r", "proc.name in (l)"},
		{"the last definition", rule("r", "evt.num = 1", "") + rule("s", "evt.num = 2", "") + rule("r", "evt.num = 3", ""), "r", "evt.num = 3"},
		{"precedence of a macro", "- macro: m\n  condition: evt.num = 1 or evt.num = 2\n" + rule("r", "m and not m", ""), "r",
			"((evt.num = 1 or evt.num = 2) and not (evt.num = 1 or evt.num = 2))"},
		{"added, then replaced", rule("r", "evt.num = 1", "") + "- rule: r\n  condition: evt.num = 2\n  tags: [t]\n  override: {condition: replace, tags: append}\n", "r", "evt.num = 2"},
	} {
		t.Run(strings.ReplaceAll(c.name, " ", "_"), func(t *testing.T) {
			set := load(t, c.text)
			got := ""
			for _, d := range set.Describe().Rules {
				if d.Info.Name == c.rule {
					got = d.Details.Compiled
				}
			}
			if got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			if first := set.Rules()[0].Name; first != "r" {
				t.Errorf("the first rule is %s", first)
			}
		})
	}
}

// TestJSONShapes looks at what falco -V and -L print that no recorded case has.
func TestJSONShapes(t *testing.T) {
	set := load(t, strings.Replace(plain, "output: o", "output: '%evt.dir'", 1))
	text, err := set.ValidateJSON()
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Results []struct {
			Name        string
			Successful  bool
			SchemaValid bool     `json:"schema_valid"`
			Schema      []string `json:"schema_warnings"`
			Errors      []any
			Warnings    []struct {
				Code, Message string
				Field         string `json:"deprecated_field"`
				Context       struct{ Snippet string }
			}
		} `json:"falco_load_results"`
	}
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	r := got.Results[0]
	if r.Name != "a.yaml" || !r.Successful || !r.SchemaValid || r.Schema == nil || r.Errors == nil || len(r.Warnings) != 1 ||
		r.Warnings[0].Field != "evt.dir" || r.Warnings[0].Context.Snippet != "  output: '%evt.dir'\n          ^\n" {
		t.Errorf("%s", text)
	}

	set, err = Load(&Options{Append: []AppendOutput{{Fields: []ExtraField{{Key: "fd.name"}, {Key: "who", Format: "%user.name"}}}}}, File{"f.yaml", []byte(plain)})
	if err != nil {
		t.Fatal(err)
	}
	d := set.Describe().Rules[0].Details
	if diff := cmp.Diff([]string{"%fd.name", "%user.name"}, d.OutputFields); diff != "" {
		t.Errorf("output fields (-want +got)\n%s", diff)
	}
	if diff := cmp.Diff(map[string]string{"who": "%user.name"}, d.ExtraFormatted); diff != "" {
		t.Errorf("extra fields (-want +got)\n%s", diff)
	}
}
