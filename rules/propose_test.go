package rules

import (
	"bufio"
	"bytes"
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/falconer-go/falconer/event"
	"github.com/falconer-go/falconer/rules/cond"
)

// sampleAlerts are the recorded alerts, of every version and source.
func sampleAlerts(t testing.TB) []*event.Event {
	t.Helper()
	dir := os.Getenv("FALCONER_CONFORMANCE")
	if dir == "" {
		t.Skip("FALCONER_CONFORMANCE is not set: no recorded alerts")
	}
	var list []*event.Event
	for _, name := range []string{"public.jsonl", "falco045.jsonl", "seed.json"} {
		data, err := os.ReadFile(filepath.Join(dir, "alerts", name))
		if err != nil {
			t.Skipf("FALCONER_CONFORMANCE has no alerts/%s", name)
		}
		sc := bufio.NewScanner(bytes.NewReader(data))
		sc.Buffer(nil, 16<<20)
		for sc.Scan() {
			if e, err := event.Parse(sc.Bytes()); err == nil {
				list = append(list, e)
			}
		}
		if e, err := event.Parse(data); err == nil {
			list = append(list, e)
		}
	}
	if len(list) == 0 {
		t.Fatal("no alerts")
	}
	return list
}

// standIn is a rule for alerts of rules that no file at hand defines.
func standIn(e *event.Event) string {
	source := e.Source
	if source == "" || source == "internal" {
		source = "syscall"
	}
	return "- rule: " + yamlScalar(e.Rule) + "\n  desc: d\n  condition: evt.num >= 0\n  output: o\n  priority: INFO\n  source: " +
		yamlScalar(source) + "\n  warn_evttypes: false\n"
}

// TestExceptionSampleAlerts writes an exception for every recorded alert, and
// an override, and loads them again: no error, no new warning, the alert is
// silent, and what differs from it in any one of the fields is not.
func TestExceptionSampleAlerts(t *testing.T) {
	all := upstreamFiles(t)
	base, err := Load(nil, all...)
	if err != nil {
		t.Fatal(err)
	}
	alone := make(map[string]*Set) // each file of Falco's by itself
	count := make(map[string]int)
	for i, e := range sampleAlerts(t) {
		var files []File
		if r := base.Rule(e.Rule); r != nil && (e.Source == "" || r.Source == e.Source) {
			files = slices.DeleteFunc(slices.Clone(all), func(f File) bool { return f.Name != r.File })
		} else {
			files = []File{{"own.yaml", []byte(standIn(e))}}
		}
		set := alone[files[0].Name]
		if set == nil {
			if set, err = Load(nil, files...); err != nil {
				t.Fatalf("alert %d: %v", i, err)
			}
			if files[0].Name != "own.yaml" {
				alone[files[0].Name] = set
			}
		}
		if set.Rule(e.Rule) == nil {
			count["of a source that no plugin at hand provides"]++
			continue
		}
		x, err := set.Exception(e)
		if errors.Is(err, ErrNoFields) {
			count["without a field to go by"]++
			continue
		}
		if err != nil {
			t.Errorf("alert %d, %s: %v", i, e.Rule, err)
			continue
		}
		count["written"]++
		with, err := set.With(x)
		if err != nil {
			t.Errorf("alert %d: %v", i, err)
			continue
		}
		patched, err := x.Patch(files[0].Data)
		if err != nil {
			t.Errorf("alert %d: %v", i, err)
			continue
		}
		override, err := (&Override{Rule: x.Rule, AppendCondition: "and not (" + x.Condition() + ")"}).YAML()
		if err != nil {
			t.Errorf("alert %d: %v", i, err)
			continue
		}
		checks := map[string]*Set{
			"put in place": with,
			"patched":      reload(t, set, File{files[0].Name, patched}),
			"overridden":   reload(t, set, files[0], File{"override.yaml", []byte(override)}),
		}
		p, err := cond.Compile(x.Condition(), &cond.Env{Source: set.Rule(e.Rule).Source})
		if err != nil {
			t.Errorf("alert %d: %v in %s", i, err, x.Condition())
			continue
		}
		if !x.Match(e) || p.Eval(e) != cond.True {
			t.Errorf("alert %d: the exception does not hold for it: %s", i, x.Condition())
		}
		if set.Rule(e.Rule).Program.Eval(e) != cond.False {
			count["of a rule that does not rule it out"]++
		}
		near := neighbours(t, e, x)
		for how, after := range checks {
			if after == nil {
				continue
			}
			if got := after.Rule(e.Rule).Program.Eval(e); got != cond.False {
				t.Errorf("alert %d, %s: still %v with\n%s", i, how, got, x.YAML())
			}
			for name, n := range near {
				before, got := set.Rule(e.Rule).Program.Eval(n), after.Rule(e.Rule).Program.Eval(n)
				if before != got {
					t.Errorf("alert %d with %s, %s: %v, was %v with\n%s", i, name, how, got, before, x.YAML())
				}
			}
		}
		for name, n := range near {
			silenced, unsure := x.Silences([]*event.Event{n})
			if x.Match(n) || p.Eval(n) == cond.True || len(silenced) > 0 || len(unsure) > 0 != (p.Eval(n) == cond.Unknown) {
				t.Errorf("alert %d with %s: %d silenced, %d unsure, by condition %v: %s", i, name, len(silenced), len(unsure), p.Eval(n), x.Condition())
			}
			count["neighbours"]++
		}
	}
	if count["written"] < 50 || count["of a rule that does not rule it out"] < count["written"]*9/10 || count["neighbours"] < 10*count["written"] {
		t.Errorf("too little was looked at: %v", count)
	}
	t.Log(count)
}

// reload loads the files anew, which must bring no new warning.
func reload(t *testing.T, before *Set, files ...File) *Set {
	t.Helper()
	after, err := Load(nil, files...)
	if err != nil {
		t.Errorf("%v with\n%s", err, files[len(files)-1].Data)
		return nil
	}
	had := make(map[string]int)
	for _, r := range before.Results() {
		for _, w := range r.Warnings {
			had[keyOf(w)]++
		}
	}
	for _, r := range after.Results() {
		for _, w := range r.Warnings {
			if had[keyOf(w)] == 0 {
				t.Errorf("a new warning: %v", w)
			}
		}
		if !r.Schema.Valid {
			t.Errorf("%s does not follow the schema: %q", r.Name, r.Schema.Faults)
		}
	}
	return after
}

// neighbours are alerts that differ from e in one field that the exception goes
// by, and so are not to be silenced.
func neighbours(t *testing.T, e *event.Event, x *Exception) map[string]*event.Event {
	t.Helper()
	near := make(map[string]*event.Event)
	for _, f := range x.Fields {
		v := e.Fields.Get(f.Field)
		text := v.Text()
		values := map[string]event.Value{"null": event.NullValue()}
		addr, err := netip.ParseAddr(text)
		switch {
		case err == nil:
			values["the next"], values["the one before"] = event.StringValue(addr.Next().String()), event.StringValue(addr.Prev().String())
		case v.Kind() == event.Number:
			n, err := strconv.ParseInt(text, 10, 64)
			if err != nil {
				t.Fatalf("%s of %q", f.Field, text)
			}
			values["one more"], values["one less"] = event.IntValue(n+1), event.IntValue(n-1)
		case v.Kind() == event.Bool:
			values["the opposite"] = event.BoolValue(text != "true")
		default:
			values["more"], values["nothing"], values["<NA>"] = event.StringValue(text+"x"), event.StringValue(""), event.StringValue("<NA>")
			values["less"] = event.StringValue(text[:len(text)-1])
			values["a blank more"] = event.StringValue(text + " ")
			if !f.Suffix {
				values["more before"] = event.StringValue("x" + text)
			}
			if other := strings.ToUpper(text); other != text && !(f.Suffix && strings.HasSuffix(other, f.Value)) {
				values["capitals"] = event.StringValue(other)
			}
		}
		for name, v := range values {
			d := e.Draft()
			d.Set(f.Field, v)
			n, err := d.Build()
			if err != nil {
				t.Fatalf("%s of %s: %v", name, f.Field, err)
			}
			near[name+" in "+f.Field] = n
		}
		d := e.Draft()
		d.Fields = slices.DeleteFunc(d.Fields, func(nv event.NamedValue) bool { return nv.Name == f.Field })
		n, err := d.Build()
		if err != nil {
			t.Fatal(err)
		}
		near["no "+f.Field] = n
	}
	return near
}
