//go:build cgo

package falcoalerts

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/falconer-go/falconer/enrich"
	"github.com/falconer-go/falconer/event"
	"github.com/falconer-go/falconer/event/plugin"
	"github.com/falconer-go/falconer/event/plugin/plugintest"
	"github.com/falconer-go/falconer/mitigate"
	"github.com/falconer-go/falconer/rules/cond"
)

const whole0 = `{"file":{"path":%q,"follow":false}}`

// readAlerts reads a file as the plugin does.
func readAlerts(t testing.TB, path string) (list []*event.Event, bad int) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	d := event.NewDecoder(f, &event.DecoderOptions{Strict: true, NoText: true})
	for {
		e := new(event.Event)
		err := d.Decode(e)
		var syntax *event.SyntaxError
		switch {
		case err == nil:
			list = append(list, e)
		case errors.As(err, &syntax):
			bad++
		case err == io.EOF:
			return list, bad
		default:
			t.Fatal(err)
		}
	}
}

// Every field of every alert that there is, against what the packages say that
// the plugin does not use for it, or not in this way.
func TestConformanceFields(t *testing.T) {
	dir := os.Getenv("FALCONER_CONFORMANCE")
	if dir == "" {
		t.Skip("FALCONER_CONFORMANCE is not set")
	}
	var files []string
	for _, pattern := range []string{"alerts/*.json*", "verdicts/alerts/*.jsonl"} {
		found, err := filepath.Glob(filepath.Join(dir, filepath.FromSlash(pattern)))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	d := plugintest.New(t, New(nil).New(), "")
	total, values := 0, map[string]int{}
	for _, path := range files {
		want, bad := readAlerts(t, path)
		d.Open(jsonf(whole0, path))
		events := d.Next(len(want) + 1)
		if len(events) != len(want) {
			t.Errorf("%s: %d events of %d", path, len(events), len(want))
			continue
		}
		if text := d.Progress(); bad > 0 && !strings.Contains(text, "errors") {
			t.Errorf("%s: %d bad records, and the progress is %q", path, bad, text)
		}
		for i, e := range events {
			checkFields(t, d, e, want[i], values)
			total++
		}
	}
	if total < 500 {
		t.Errorf("only %d alerts were looked at", total)
	}
	for _, f := range New(nil).Entries() {
		if values[f.Name] == 0 && f.Name != keyHostDrops && f.Name != keyLost {
			t.Errorf("no alert has a value for %s", f.Name)
		}
	}
	t.Logf("suite: %d alerts, %d fields", total, len(values))
}

func checkFields(t *testing.T, d *plugintest.Driver, e *plugintest.Event, want *event.Event, values map[string]int) {
	t.Helper()
	if !e.Time.Equal(want.Time) {
		t.Errorf("%s: the event's time is %v, the alert's %v", want.Rule, e.Time, want.Time)
	}
	var args []string
	for name, v := range want.Fields.All() {
		if strings.ContainsAny(name, "[]") {
			continue // not to be written in a rule without quotes
		}
		for _, f := range []string{"alert.field", "alert.field.uint", "alert.field.ip", "alert.field.list"} {
			args = append(args, f+"["+name+"]")
		}
		got, err := d.Extract(e, "alert.field["+name+"]")
		if err != nil {
			t.Errorf("%s: %s: %v", want.Rule, name, err)
		}
		if s, ok := got.(string); ok != v.Available() || s != strings.ReplaceAll(v.Text(), "\x00", "\uFFFD") && v.Available() {
			t.Errorf("%s: %s is %v, want %q", want.Rule, name, got, v.Text())
		}
	}
	args = append(args, "alert.tag[0]", "alert.advice[next]")
	got := d.ExtractAll(e, args...)
	for name := range got {
		base, _, _ := strings.Cut(name, "[")
		values[base]++
	}
	m := enrich.For(want)
	text := func(v event.Value) any {
		if s := v.Text(); s != "" {
			return strings.ReplaceAll(s, "\x00", "\uFFFD")
		}
		return nil
	}
	list := func(v event.Value) any {
		if l, _ := v.Strings(); len(l) > 0 {
			return l
		}
		return nil
	}
	plan := mitigate.Default().Plan(want, m)
	var advice []string
	for _, s := range plan.Steps {
		if s.Phase == mitigate.Now {
			advice = append(advice, s.Do.String())
		}
	}
	fielded := enrich.Fielded{Event: want}
	for name, want := range map[string]any{
		"alert.rule": text(want.Field("alert.rule")), "alert.priority": text(want.Field("alert.priority")),
		"alert.source": text(want.Field("alert.source")), "alert.hostname": text(want.Field("alert.hostname")),
		"alert.output": text(want.Field("alert.output")), "alert.id": text(want.Field("alert.id")),
		"alert.severity": uint64(want.Priority), "alert.tags": list(want.Field("alert.tags")),
		"alert.attack.tactic": list(fielded.Field("alert.attack.tactic")), "alert.attack.technique": list(fielded.Field("alert.attack.technique")),
		"alert.nist": list(fielded.Field("alert.nist")), "alert.pci": list(fielded.Field("alert.pci")),
		"alert.urgency": plan.Verdict.Urgency.String(),
		"alert.time":    want.Time.UTC(),
		"alert.window":  5 * time.Minute,
	} {
		if diff := cmp.Diff(want, got[name]); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", name, diff)
		}
	}
	if diff := cmp.Diff(advice, got["alert.advice"]); diff != "" && len(advice) > 0 {
		t.Errorf("%s: alert.advice (-want +got)\n%s", want.Rule, diff)
	}
	if a, err := event.Parse(e.Data); err != nil || a.ID() != want.ID() {
		t.Errorf("%s: the event is another alert, or none: %v", want.Rule, err)
	}
}

func TestFieldTypes(t *testing.T) {
	const alert = `{"hostname":"h","output":"o","output_fields":{"n":18446744073709551615,"neg":-1,"ip":"10.0.0.7","ip6":"2001:db8::1",` +
		`"list":["a",null,1],"empty":"","null":null,"na":"<NA>","k8s.ns.name":"kube\u0000system","b":true},"priority":"Error","rule":"R","source":"syscall","tags":["x","y"],"time":"2026-03-02T09:15:27.000000001Z"}`
	d := plugintest.New(t, New(nil).New(), `{"attack":18,"window":"10s"}`)
	e := &plugintest.Event{Num: 1, Data: []byte(alert)}
	for field, want := range map[string]any{
		"alert.field[n]": "18446744073709551615", "alert.field.uint[n]": uint64(1<<64 - 1), "alert.field.uint[neg]": nil, "alert.field[neg]": "-1",
		"alert.field.ip[ip]": net.IP{10, 0, 0, 7}, "alert.field.ip[ip6]": net.ParseIP("2001:db8::1"), "alert.field.ip[n]": nil,
		"alert.field.list[list]": []string{"a", "", "1"}, "alert.field.list[ip]": []string{"10.0.0.7"}, "alert.field.list[null]": nil,
		"alert.field[empty]": "", "alert.field[null]": nil, "alert.field[na]": nil, "alert.field[absent]": nil, "alert.field[b]": "true",
		"alert.field[k8s.ns.name]": "kube\uFFFDsystem", "alert.tag[1]": "y", "alert.tag[2]": nil, "alert.severity": uint64(3), "alert.priority": "Error",
		// What only the source can know is not there in an alert as it is.
		"alert.rule.count": nil, "alert.window": nil, "alert.host.newrule": nil,
	} {
		got, err := d.Extract(e, field)
		if err != nil {
			t.Errorf("%s: %v", field, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", field, diff)
		}
	}
	if _, err := d.Extract(&plugintest.Event{Num: 2, Data: []byte(`{"rule":"R"}`)}, "alert.rule"); err == nil {
		t.Error("what is no alert has fields")
	}
	if text, err := New(nil).New().String(e); text != "o" || err != nil {
		t.Errorf("as text %q, %v", text, err)
	}
}

// The names that Go conditions have for an alert are the plugin's, with the same
// types.
func TestFieldsOfGo(t *testing.T) {
	table, err := cond.ParseTable(New(nil).FieldList())
	if err != nil {
		t.Fatal(err)
	}
	mine := map[string]cond.FieldInfo{}
	for f := range table.All() {
		mine[f.Name] = f
	}
	for f := range cond.Alert().All() {
		if got, ok := mine[f.Name]; !ok || got.Type != f.Type || got.List != f.List {
			t.Errorf("%s is %+v here, and %+v in Go", f.Name, got, f)
		}
	}
}

func TestExtractAllocs(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	d, events := sample(t, 1)
	for _, f := range New(nil).Entries() {
		name := f.Name
		switch {
		case name == "alert.urgency" || name == "alert.advice" || name == "alert.id":
			continue // made for the alert: a plan, and the text of a hash
		case name == "alert.tag":
			name += "[0]"
		case strings.HasPrefix(name, "alert.field"):
			name += "[fd.sip]"
		}
		ask := d.Asker(name)
		ask(events[0])
		if n := testing.AllocsPerRun(100, func() { ask(events[0]) }); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
	ask := d.Asker("alert.rule")
	first, second := *events[0], *events[0]
	second.Num++
	if n := testing.AllocsPerRun(100, func() { ask(&first); ask(&second) }); n > 2 { // a Reader each, of the test's
		t.Errorf("decoding two events: %v allocations", n)
	}
}

// sample returns events of n alerts.
func sample(t testing.TB, n int) (*plugintest.Driver, []*plugintest.Event) {
	var log bytes.Buffer
	for i := range n {
		log.Write(tagged("Terminal shell in container", "execution", "node-1", time.Duration(i)*time.Millisecond).
			Message("A shell was spawned in a container with an attached terminal").
			Field("container.id", "3ad7b26ded6d").Field("container.image.repository", "docker.io/library/nginx").
			Field("evt.time", start.UnixNano()).Field("fd.sip", "10.0.0.7").Field("k8s.ns.name", "shop").Field("k8s.pod.name", "web-7d4b9c5f6d-x2x9k").
			Field("proc.cmdline", "bash -i").Field("proc.name", "bash").Field("proc.pname", "containerd-shim").
			Field("proc.tty", 34816).Field("user.name", "root").Field("user.uid", 0).JSON())
		log.WriteByte('\n')
	}
	path := filepath.Join(t.TempDir(), "events.log")
	if err := os.WriteFile(path, log.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	d := plugintest.New(t, New(nil).New(), "")
	d.Open(jsonf(whole0, path))
	return d, d.Next(n)
}

// FuzzExtract holds that no event, whatever is in it, does more than have no
// fields, and that an argument does not either.
func FuzzExtract(f *testing.F) {
	_, events := sample(f, 1)
	f.Add(events[0].Data, "proc.name")
	f.Add([]byte(`{}`), "")
	f.Add([]byte(`{"rule":"a","priority":"Notice","time":"2026-03-02T09:15:27Z","alert.rule.count":"x","alert.window":1e300}`), "\x00")
	var failed error
	p := New(&Options{OnError: func(err error) {
		if e := (*event.PanicError)(nil); errors.As(err, &e) {
			failed = err
		}
	}})
	s := p.New()
	if err := s.Init(""); err != nil {
		f.Fatal(err)
	}
	entries, num := p.Entries(), uint64(0)
	f.Fuzz(func(t *testing.T, data []byte, arg string) {
		num++
		e := &plugintest.Event{Num: num, Data: data}
		for i, f := range entries {
			r := &plugintest.Request{ID: uint64(i), Entry: f, Arg: arg, Has: f.Arg.IsKey || f.Arg.IsIndex}
			s.Extract(r, e)
			if failed != nil {
				t.Fatalf("%s: %v\n%s", f.Name, failed, failed.(*event.PanicError).Stack)
			}
		}
	})
}

// FuzzOpenParams holds that params either give a source or a word why not.
func FuzzOpenParams(f *testing.F) {
	list, err := openParams()
	if err != nil {
		f.Fatal(err)
	}
	for _, p := range list {
		f.Add(p.Value)
	}
	f.Add(`{"file":{"path":"x","follow":false,"from":"start","state":"y"},"http":{"address":":0","path":"/a{b}"}}`)
	f.Add(`{"unix":{"path":"x","mode":"777"},"tcp":null}`)
	f.Fuzz(func(t *testing.T, text string) {
		var p params
		if plugin.CheckConfig(ParamsSchema, text) != nil {
			return
		}
		if err := plugin.ParseConfig(text, &p); err != nil {
			t.Fatalf("the schema accepts what cannot be read: %v", err)
		}
		if len(p.inputs(nil)) == 0 {
			t.Fatal("the schema accepts what has no input")
		}
	})
}

func BenchmarkExtract(b *testing.B) {
	d, events := sample(b, 1)
	e := *events[0]
	for _, fields := range [][]string{
		{"alert.rule"},
		{"alert.field[proc.name]"},
		{"alert.attack.technique"},
		{"alert.rule", "alert.severity", "alert.hostname", "alert.field[proc.name]", "alert.field[container.id]", "alert.attack.tactic", "alert.rule.hosts", "alert.container.tactics"},
	} {
		var asks []func(*plugintest.Event)
		for _, f := range fields {
			asks = append(asks, d.Asker(f))
		}
		for _, again := range []bool{false, true} {
			name := strings.Join(fields, "+")
			if len(fields) > 1 {
				name = "eight fields"
			}
			if again {
				name += "/same event"
			} else {
				name += "/new event"
			}
			b.Run(name, func(b *testing.B) {
				b.ReportAllocs()
				for range b.N {
					if !again {
						e.Num++
					}
					for _, ask := range asks {
						ask(&e)
					}
				}
			})
		}
	}
}
