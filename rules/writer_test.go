package rules

import (
	"errors"
	"strings"
	"testing"

	"github.com/falconer-go/falconer/event"
	"github.com/falconer-go/falconer/rules/cond"
	"go.yaml.in/yaml/v4"
)

// alert makes an alert of a rule with these fields, each a JSON value.
func alert(t testing.TB, rule string, fields ...string) *event.Event {
	t.Helper()
	e, err := event.Parse([]byte(`{"rule":"` + rule + `","priority":"Warning","source":"syscall",` +
		`"time":"2024-07-24T14:32:07.191837261Z","output_fields":{` + strings.Join(fields, ",") + `}}`))
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestExceptionYAML(t *testing.T) {
	e := alert(t, "Clear Log Activities", `"evt.time":1721831527191837261`, `"proc.exepath":"/bin/event-generator"`,
		`"proc.cmdline":"sh -c \"x\" shell_binaries z"`, `"user.uid":0`, `"fd.name":null`, `"k8s.ns.name":"<NA>"`)
	x, err := NewException(e)
	if err != nil {
		t.Fatal(err)
	}
	want := `- rule: Clear Log Activities
  exceptions:
    - name: proc_exepath_proc_cmdline
      fields: [proc.exepath, proc.cmdline]
      comps: [=, =]
      values:
        - [/bin/event-generator, '"sh -c \"x\" \x73hell_binaries z"']
  override:
    exceptions: append
`
	if got := x.YAML(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if !x.Match(e) {
		t.Error("the exception does not match the alert it was made from")
	}
	c, err := NewException(alert(t, "R", `"fd.name":"10.0.0.9:43812->10.96.0.1:443"`))
	if err != nil || c.Fields[0] != (FieldValue{Field: "fd.name", Value: "->10.96.0.1:443", Suffix: true}) {
		t.Errorf("a connection: %+v, %v", c, err)
	}
	if x, err := NewException(e, "user.uid"); err != nil || x.Fields[0].Value != "0" {
		t.Errorf("user.uid: %+v, %v", x, err)
	}
}

func TestExceptionRefuses(t *testing.T) {
	e := alert(t, "R", `"a.null":null`, `"a.na":"<NA>"`, `"a.empty":""`, `"a.nul":"x\u0000y"`, `"a.bad":"x\ufffd"`,
		`"a.long":"`+strings.Repeat("x", 256)+`"`, `"a.list":["x"]`, `"a.b[c d]":"x"`, `"a.b) or (x":"y"`, `"nodot":"x"`)
	for _, name := range []string{"a.absent", "a.null", "a.na", "a.empty", "a.nul", "a.bad", "a.long", "a.list",
		"a.b[c d]", "a.b) or (x", "nodot"} {
		_, err := NewException(e, name)
		var fe *FieldError
		if !errors.As(err, &fe) || fe.Field != name {
			t.Errorf("%s: %v, want a FieldError", name, err)
		}
	}
	if _, err := NewException(e); !errors.Is(err, ErrNoFields) {
		t.Errorf("no fields: %v", err)
	}
}

// read is what Falco reads of a value that was written: through YAML, and
// through the condition into which it folds the value.
func read(t testing.TB, value string, isList func(string) bool) string {
	t.Helper()
	var doc []struct{ V []string }
	text := "- v: [" + yamlScalar(condLiteral(value, isList)) + "]\n"
	if err := yaml.Unmarshal([]byte(text), &doc); err != nil {
		t.Fatalf("%q: %v in %s", value, err, text)
	}
	x, err := cond.Parse("(proc.name = "+quoteItem(doc[0].V[0])+")", nil)
	if err != nil {
		t.Fatalf("%q: %v in %s", value, err, text)
	}
	return x.(*cond.Check).Right.(*cond.Value).Text
}

var hardValues = []string{"a", "a b", `a"b`, `a'b`, `a\`, `a\\`, `\`, `"`, `'`, `\"`, "a\nb", "\t", " ", "a,b", "(a)", "a=b", "=",
	"null", "~", "true", "1", "0x10", "-", "- a", "a: b", "a #b", "#a", "%a", "@a", "`a`", "&a", "*a", "!a", "|", ">", "{a}", "[a]", "é", "日本",
	"\x01", "\x7f", "\u0085", "\u2028", "\ufeff", "\U0001f600", "and", "or", "not", "oneof", "in", "val(proc.name)", "proc.name",
	"sh -c 'rm -rf /'; echo \"$(id)\" \\", "a shell_binaries b", "shell_binaries", "x\\ y", "a\\x41", "$x", "<NA>", "a\r\nb"}

func TestLiteralReadsBack(t *testing.T) {
	for name, isList := range map[string]func(string) bool{
		"none": func(string) bool { return false },
		"all":  func(string) bool { return true },
	} {
		for _, v := range hardValues {
			if got := read(t, v, isList); got != v {
				t.Errorf("%s lists: %q reads back as %q", name, v, got)
			}
		}
	}
}

func FuzzLiteral(f *testing.F) {
	for _, v := range hardValues {
		f.Add(v)
	}
	f.Fuzz(func(t *testing.T, v string) {
		if valueFault(v) != "" {
			return
		}
		for _, lists := range []bool{false, true} {
			if got := read(t, v, func(string) bool { return lists }); got != v {
				t.Errorf("%q reads back as %q", v, got)
			}
		}
	})
}

func TestOverrideYAML(t *testing.T) {
	p, off := event.Critical, false
	got, err := (&Override{Rule: "A: b", AppendCondition: "and not proc.name = x", Priority: &p, Enabled: &off,
		AppendTags: []string{"x", "y z"}}).YAML()
	if err != nil {
		t.Fatal(err)
	}
	want := `- rule: 'A: b'
  condition: 'and not proc.name = x'
  priority: CRITICAL
  enabled: false
  tags: [x, y z]
  override:
    condition: append
    priority: replace
    enabled: replace
    tags: append
`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if _, err := (&Override{Rule: "R"}).YAML(); err == nil {
		t.Error("an override that changes nothing was written")
	}
	if _, err := (&Override{Rule: "R", Condition: "a", AppendCondition: "b"}).YAML(); err == nil {
		t.Error("a key was both added to and replaced")
	}
}

// TestExceptionByPrefix widens one field of an exception to a prefix.
func TestExceptionByPrefix(t *testing.T) {
	e := alert(t, "R", `"proc.exepath":"/bin/tool"`, `"fd.name":"/tmp/tool-1/syslog"`)
	x, err := NewException(e, "proc.exepath", "fd.name")
	if err != nil {
		t.Fatal(err)
	}
	if err := x.ByPrefix("fd.name", "/tmp/tool-"); err != nil {
		t.Fatal(err)
	}
	if got := x.YAML(); !strings.Contains(got, "comps: [=, startswith]") || !strings.Contains(got, "[/bin/tool, /tmp/tool-]") {
		t.Errorf("YAML:\n%s", got)
	}
	if !x.Match(alert(t, "R", `"proc.exepath":"/bin/tool"`, `"fd.name":"/tmp/tool-2/syslog"`)) {
		t.Error("does not silence the same tool's other file")
	}
	if x.Match(alert(t, "R", `"proc.exepath":"/bin/tool"`, `"fd.name":"/var/log/syslog"`)) {
		t.Error("silences a file elsewhere")
	}
	for field, prefix := range map[string]string{"fd.name": "/var/", "proc.name": "x", "proc.exepath": ""} {
		if err := x.ByPrefix(field, prefix); err == nil {
			t.Errorf("ByPrefix(%q, %q) succeeded", field, prefix)
		}
	}
}

func TestDefinitionYAML(t *testing.T) {
	for _, condition := range append([]string{"evt.type = execve\nand proc.name = \"a b\"", "evt.type = open # no comment\n", " lead", "a\n\nb",
		"trail ", "tab\tin\nlines", "x: y", "|", "- a", "é\u2028"}, hardValues...) {
		d := &Definition{Name: "R: 1", Desc: "d", Condition: condition, Output: condition, Priority: event.Informational,
			Source: "syscall", Tags: []string{"a b", "null"}, Disabled: true}
		text, err := d.YAML()
		if trim(condition) == "" {
			if err == nil {
				t.Errorf("%q was written", condition)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		docs, err := readDocuments([]byte(text))
		if err != nil {
			t.Errorf("%q: %v in\n%s", condition, err, text)
			continue
		}
		item := itemsOf(docs)[0]
		if got := value(item, "condition").Value; got != condition {
			t.Errorf("condition %q reads back as %q from\n%s", condition, got, text)
		}
		if got := value(item, "output").Value; got != trim(condition) {
			t.Errorf("output %q reads back as %q", condition, got)
		}
	}
	if _, err := (&Definition{Name: "R", Desc: "d", Output: "o"}).YAML(); err == nil {
		t.Error("a rule without a condition was written")
	}
}

// TestOverridesOfUpstream changes every shipped rule in every way there is:
// what is written loads, brings no new warning, and does what it says.
func TestOverridesOfUpstream(t *testing.T) {
	files := upstreamFiles(t)
	base, err := Load(nil, files...)
	if err != nil {
		t.Fatal(err)
	}
	p, on := event.Critical, true
	var text strings.Builder
	for _, r := range base.Rules() {
		item, err := (&Override{Rule: r.Name, AppendCondition: "and evt.num > 0", AppendOutput: "n=%evt.num",
			AppendTags: []string{"own tag"}, Desc: "d: '" + r.Name, Priority: &p, Enabled: &on}).YAML()
		if err != nil {
			t.Fatal(err)
		}
		text.WriteString(item)
	}
	set, err := Load(nil, append(files, File{"own.yaml", []byte(text.String())})...)
	if err != nil {
		t.Fatal(err)
	}
	last := set.Results()[len(files)]
	if before := base.Results()[len(files)-1]; len(last.Warnings) > len(before.Warnings) || !last.Schema.Valid {
		t.Errorf("%d warnings, before %d; schema %q", len(last.Warnings), len(before.Warnings), last.Schema.Faults)
	}
	for _, r := range set.Rules() {
		if r.Priority != p || !r.Enabled || !strings.HasSuffix(r.Output, " n=%evt.num") || r.Desc != "d: '"+r.Name ||
			!strings.HasSuffix(r.ConditionText(), " and evt.num > 0") || !contains(r.Tags, "own tag") {
			t.Errorf("%s did not change: %v %v %q %q", r.Name, r.Priority, r.Enabled, r.Output, r.Desc)
		}
	}
}

// FuzzPatch appends to any file and puts an exception into it: what was there
// stays, or the change is refused.
func FuzzPatch(f *testing.F) {
	for _, text := range loadSeeds(f) {
		f.Add(text)
	}
	e := alert(f, "r", `"proc.name":"a b"`, `"fd.name":"x"`)
	x, err := NewException(e)
	if err != nil {
		f.Fatal(err)
	}
	x.Name = "e"
	merged := *x
	merged.Merges = true
	f.Fuzz(func(t *testing.T, text string) {
		before, err := readItems([]byte(text))
		if err != nil {
			return
		}
		for _, x := range []*Exception{x, &merged} {
			out, err := x.Patch([]byte(text))
			if err != nil {
				continue
			}
			after, err := readItems(out)
			if err != nil {
				t.Fatalf("%v in %q", err, out)
			}
			if len(after) != len(before) && len(after) != len(before)+1 || len(out) <= len(text) {
				t.Errorf("%d items became %d in %q", len(before), len(after), out)
			}
			// Taking the addition out again gives the file.
			i := 0
			for i < len(text) && out[i] == text[i] {
				i++
			}
			if tail := text[i:]; !strings.HasSuffix(string(out), tail) {
				t.Errorf("more changed than was added: %q from %q", out, text)
			}
		}
	})
}
