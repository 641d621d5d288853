package rules

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
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

// TestExceptionSampleAlerts writes an exception for every recorded alert and
// loads it again: no error, no new warning, the alert is silent, and what
// differs from it in any one of the fields is not.
func TestExceptionSampleAlerts(t *testing.T) {
	files := upstreamFiles(t)
	base, err := Load(nil, files...)
	if err != nil {
		t.Fatal(err)
	}
	written, without := 0, 0
	for i, e := range sampleAlerts(t) {
		set, own := base, files
		if set.Rule(e.Rule) == nil || e.Source != "" && set.Rule(e.Rule).Source != e.Source {
			own = []File{{"own.yaml", []byte(standIn(e))}}
			if set, err = Load(nil, own...); err != nil {
				t.Fatalf("alert %d: %v", i, err)
			}
			if set.Rule(e.Rule) == nil {
				without++ // of a source that no plugin at hand provides
				continue
			}
		}
		x, err := set.Exception(e)
		if errors.Is(err, ErrNoFields) {
			without++
			continue
		}
		if err != nil {
			t.Errorf("alert %d, %s: %v", i, e.Rule, err)
			continue
		}
		written++
		if len(own) == 1 || i%16 == 0 { // loading all files again takes a while
			checkLoads(t, set, own, x, e)
		}
		with, err := set.With(x)
		if err != nil {
			t.Errorf("alert %d: %v", i, err)
			continue
		}
		r := with.Rule(e.Rule)
		if got := r.Program.Eval(e); got != cond.False {
			t.Errorf("alert %d: still %v with\n%s", i, got, x.YAML())
		}
		for _, f := range x.Fields {
			near := changed(t, e, f.Field)
			if before, after := set.Rule(e.Rule).Program.Eval(near), r.Program.Eval(near); before != after {
				t.Errorf("alert %d with another %s: %v, was %v with\n%s", i, f.Field, after, before, x.YAML())
			}
			if x.Match(near) {
				t.Errorf("alert %d with another %s matches the exception", i, f.Field)
			}
		}
	}
	if written < 50 {
		t.Errorf("only %d exceptions were written", written)
	}
	t.Logf("%d exceptions written, %d alerts without a field to go by", written, without)
}

// checkLoads appends the exception to the last file and loads all of them.
func checkLoads(t *testing.T, set *Set, files []File, x *Exception, e *event.Event) {
	t.Helper()
	files = slices.Clone(files)
	last := &files[len(files)-1]
	data, err := x.Patch(last.Data)
	if err != nil {
		t.Errorf("%s: %v", e.Rule, err)
		return
	}
	if !bytes.HasPrefix(data, bytes.TrimRight(last.Data, "\n")) {
		t.Errorf("%s: the file was not only added to", e.Rule)
	}
	last.Data = data
	after, err := Load(nil, files...)
	if err != nil {
		t.Errorf("%s: %v with\n%s", e.Rule, err, x.YAML())
		return
	}
	count := func(s *Set) (n int) {
		for _, r := range s.Results() {
			n += len(r.Warnings)
		}
		return n
	}
	if count(after) > count(set) {
		t.Errorf("%s: new warnings with\n%s", e.Rule, x.YAML())
	}
	if after.Rule(e.Rule).Program.Eval(e) != cond.False {
		t.Errorf("%s: not silent after loading\n%s", e.Rule, x.YAML())
	}
}

// changed is an alert that differs in one field.
func changed(t testing.TB, e *event.Event, field string) *event.Event {
	t.Helper()
	data, err := e.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	text := e.Fields.Get(field).Text()
	value := fmt.Sprintf("%q", text+"x")
	if e.Fields.Get(field).Kind() == event.Number {
		value = "7" + text
	}
	at := strings.Index(string(data), fmt.Sprintf("%q:", field))
	if at < 0 {
		t.Fatalf("no field %s in %s", field, data)
	}
	begin := at + len(fmt.Sprintf("%q:", field))
	end := begin
	for in := false; end < len(data) && (in || data[end] != ',' && data[end] != '}'); end++ {
		if data[end] == '"' && (end == begin || data[end-1] != '\\' || data[end-2] == '\\') {
			in = !in
		}
	}
	near, err := event.Parse([]byte(string(data[:begin]) + value + string(data[end:])))
	if err != nil {
		t.Fatalf("%v in %s", err, string(data[:begin])+value+string(data[end:]))
	}
	return near
}
