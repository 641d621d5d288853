package mitigate

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/falconer-go/falconer/event"
	"github.com/falconer-go/falconer/rules"
)

// TestConfigLoads loads the configuration that plans propose on top of a rule
// of the alert's name, as Falco would: without an error or a warning. The
// exception silences the alert, and no alert that differs in one of its fields.
func TestConfigLoads(t *testing.T) {
	for _, e := range append([]*event.Event{
		sample(t),
		alertWith(t, "syscall", map[string]any{"alert.rule": "Odd, (rule) + name", "proc.exepath": "/usr/bin/x y", "proc.cmdline": "x -a=b, (c)", "user.name": "u"}),
		alertWith(t, "k8s_audit", map[string]any{"alert.rule": "Attach/Exec Pod", "ka.user.name": "system:serviceaccount:a:b", "ka.verb": "create", "ka.target.name": "p", "ka.target.namespace": "n"}),
	}, conformanceAlerts(t)...) {
		checkConfig(t, e)
	}
}

func checkConfig(t *testing.T, e *event.Event) {
	t.Helper()
	for _, s := range For(e).Config {
		if s.Name != "exception" && s.Name != "override" {
			continue // a snippet of the knowledge, which may build on upstream's macros
		}
		base := rules.File{Name: "base.yaml", Data: []byte("- rule: " + quoted(e.Rule) +
			"\n  desc: d\n  condition: not proc.name = __never and not ka.verb = __never\n  output: o\n  priority: WARNING\n  warn_evttypes: false\n  source: SOURCE\n")}
		base.Data = bytes.ReplaceAll(base.Data, []byte("SOURCE"), []byte(sourceOf(e)))
		only := " and not ka.verb = __never"
		if sourceOf(e) != "k8s_audit" {
			base.Data = bytes.Replace(base.Data, []byte(only), nil, 1)
		}
		if sourceOf(e) != "syscall" {
			base.Data = bytes.Replace(base.Data, []byte("not proc.name = __never"), []byte("not evt.num = 999999999"), 1)
		}
		set, err := rules.Load(nil, base, rules.File{Name: "snippet.yaml", Data: []byte(s.Body)})
		if err != nil {
			if unknownSource(err) {
				continue // a plugin that the loader does not have: its fields cannot be checked
			}
			t.Errorf("%s: %v\n%s", e.Rule, err, s.Body)
			continue
		}
		for _, w := range set.Results()[1].Warnings {
			t.Errorf("%s: warning %v\n%s", e.Rule, w, s.Body)
		}
		r := set.Rule(e.Rule)
		if r == nil {
			continue // of a source that is not loaded
		}
		if s.Name != "exception" {
			continue
		}
		if len(set.Match(e)) != 0 {
			t.Errorf("%s: the exception does not silence the alert\n%s", e.Rule, s.Body)
		}
		for _, field := range exceptionFieldsOf(s.Body) {
			near := changed(t, e, field)
			if len(set.Match(near)) != 1 {
				t.Errorf("%s: the exception silences an alert with another %s\n%s", e.Rule, field, s.Body)
			}
		}
	}
}

func unknownSource(err error) bool { return strings.Contains(err.Error(), "nknown source") }

func quoted(s string) string {
	b, _ := json.Marshal(s)
	return string(b)
}

// exceptionFieldsOf reads the fields of the one exception in a snippet.
func exceptionFieldsOf(body string) []string {
	_, rest, _ := strings.Cut(body, "fields: [")
	list, _, _ := strings.Cut(rest, "]\n")
	var fields []string
	for f := range strings.SplitSeq(list, ", ") {
		fields = append(fields, strings.Trim(f, "'"))
	}
	return fields
}

// changed returns e with another value in one field.
func changed(t *testing.T, e *event.Event, field string) *event.Event {
	t.Helper()
	fields := make(map[string]any)
	for name, v := range e.Fields.All() {
		switch {
		case name == field:
			fields[name] = "/other"
		case v.Kind() == event.String:
			fields[name] = v.Text()
		case v.Kind() == event.Null:
			fields[name] = nil
		default:
			fields[name] = json.RawMessage(v.Text())
		}
	}
	fields["alert.rule"] = e.Rule
	return alertWith(t, e.Source, fields)
}

// conformanceAlerts returns the alerts of real Falcos, where they are at hand.
func conformanceAlerts(t testing.TB) []*event.Event {
	t.Helper()
	return alertsIn(t, "alerts/*.jsonl", "verdicts/alerts/*.jsonl")
}

// alertsIn returns the alerts in the files of the conformance set that the patterns
// match.
func alertsIn(t testing.TB, patterns ...string) []*event.Event {
	t.Helper()
	root := os.Getenv("FALCONER_CONFORMANCE")
	if root == "" {
		t.Log("FALCONER_CONFORMANCE is not set: our own alerts only")
		return nil
	}
	var list []*event.Event
	for _, pattern := range patterns {
		files, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range files {
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			lines := bufio.NewScanner(bytes.NewReader(data))
			lines.Buffer(nil, event.MaxRecordBytes)
			for lines.Scan() {
				e, err := event.Parse(lines.Bytes())
				if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				list = append(list, e)
			}
		}
	}
	return list
}

// TestExceptionOfInterpreter: an exception for a program that runs anything names the
// command line, and there is none where that cannot be copied.
func TestExceptionOfInterpreter(t *testing.T) {
	exception := func(cmdline string) string {
		e := alertWith(t, "syscall", map[string]any{
			"container.id": "dca990c78804", "container.image.repository": "ghcr.io/zalando/spilo-16", "k8s.ns.name": "db", "k8s.pod.name": "pg-0",
			"fd.name": "10.0.0.1:4711->10.96.0.1:443", "proc.name": "patroni", "proc.exepath": "/usr/bin/python3.10", "proc.cmdline": cmdline,
		})
		e.Rule = "Contact K8S API Server From Container"
		for _, s := range For(e).Config {
			if s.Name == "exception" {
				return s.Body
			}
		}
		return ""
	}
	const line = "/usr/local/bin/patroni /home/postgres/postgres.yml"
	if got := exception(line); !strings.Contains(got, "proc.cmdline") || !strings.Contains(got, line) {
		t.Errorf("the exception does not name the command line:\n%s", got)
	}
	for _, other := range []string{line + " $(id)", "", "<NA>", "python3 -", "sh -i", "/usr/bin/python3.10"} {
		if got := exception(other); got != "" {
			t.Errorf("an exception for %q:\n%s", other, got)
		}
	}
}

// TestExceptionWithoutCommand: where the command line is what an exception would go
// by, and its value is not safe to copy, there is none: what is left would name no
// program.
func TestExceptionWithoutCommand(t *testing.T) {
	l, err := Default().With(fstest.MapFS{"own.yaml": {Data: []byte("- pattern: own\n  case: a job of ours\n  if: container.image.repository = registry.example.com/shop\n" +
		"  strength: strong\n  why: it is ours\n  confirm: Ask us.\n  exception: [container.image.repository, k8s.ns.name, proc.cmdline]\n")}})
	if err != nil {
		t.Fatal(err)
	}
	for line, want := range map[string]bool{
		"sh /opt/job.sh": true,
		"sh -c command -v bash >/dev/null && exec bash": false,
	} {
		p := l.Plan(alertWith(t, "syscall", map[string]any{
			"alert.rule": "Terminal shell in container", "container.id": "3ad7b26ded6d", "container.image.repository": "registry.example.com/shop",
			"k8s.ns.name": "shop", "proc.name": "sh", "proc.cmdline": line,
		}), nil)
		if got := slices.ContainsFunc(p.Config, func(s Snippet) bool { return s.Name == "exception" }); got != want {
			t.Errorf("%s: an exception: %v, want %v", line, got, want)
		}
		if got := slices.ContainsFunc(p.Tuning, func(t Text) bool { return strings.Contains(t.String(), "not safe to copy") }); got == want {
			t.Errorf("%s: whether it says why there is none: %v: %v", line, got, p.Tuning)
		}
	}
}
