package cond

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/falconer-go/falconer/event"
)

// naive evaluates a program as it was written: each check in the general way,
// one after the other, in two values.
func naive(p *Program, e *event.Event) bool {
	m := newMachine(e, e)
	defer m.put()
	var eval func(n *node) bool
	eval = func(n *node) bool {
		switch n.kind {
		case checkNode:
			c := *n.check
			if c.how == byField {
				c.how = byOperands
			}
			return c.eval(m) == True
		case notNode:
			return !eval(n.children[0])
		}
		for _, c := range n.children {
			if eval(c) == (n.kind == orNode) {
				return n.kind == orNode
			}
		}
		return n.kind == andNode
	}
	return eval(p.root)
}

// checkLaws fails if the ways of evaluating a program disagree.
func checkLaws(t *testing.T, p *Program, e *event.Event, what string) {
	t.Helper()
	match := p.Match(e)
	if want := naive(p, e); match != want {
		t.Errorf("%s: Match = %v, but %v unoptimised", what, match, want)
	}
	if tri := p.Eval(e); tri != Unknown && (tri == True) != match {
		t.Errorf("%s: Match = %v, Eval = %v", what, match, tri)
	}
	if other := p.MatchFields(lookupFunc(e.Field)); other != match {
		t.Errorf("%s: Match = %v, MatchFields = %v", what, match, other)
	}
	if match && !p.Needs().Met(e) {
		t.Errorf("%s: matches without its needs %v", what, p.Needs())
	}
}

type lookupFunc func(string) event.Value

func (f lookupFunc) Field(name string) event.Value { return f(name) }

// random writes conditions and alerts whose values often meet.
type random struct{ *rand.Rand }

func pick[T any](r random, list ...T) T { return list[r.IntN(len(list))] }

var (
	words = []string{
		"", "nc", "bash", "/etc/passwd", "/etc", "/usr/bin/bash", "BASH", "a b", "x,y", "10", "5", "true",
		"10.0.0.1", "::1", "10.0.0.0/8", "é", "\xff\xfe", "Zm9v", "<NA>", "-n", "open", "*", "[a-b]?", "b.*h",
	}
	strFields  = []string{"proc.name", "fd.name", "proc.cmdline", "evt.type", "alert.rule", "alert.priority", "proc.aname", "proc.aname[2]", "ka.verb"}
	numFields  = []string{"fd.num", "proc.pid", "user.uid", "evt.num", "alert.severity", "evt.rawres", "alert.time", "proc.tty"}
	addrFields = []string{"fd.cip", "fd.sip", "fd.ip"}
	netFields  = []string{"fd.net", "fd.cnet"}
	portFields = []string{"fd.port", "fd.sport", "fd.cport"}
	listFields = []string{"ka.user.groups", "alert.tags", "fd.types"}
)

func (r random) condition(depth int) string {
	if depth > 0 {
		switch r.IntN(4) {
		case 0:
			return "(" + r.condition(depth-1) + " and " + r.condition(depth-1) + ")"
		case 1:
			return "(" + r.condition(depth-1) + " or " + r.condition(depth-1) + " or " + r.condition(depth-1) + ")"
		case 2:
			return "not (" + r.condition(depth-1) + ")"
		}
	}
	switch r.IntN(9) {
	case 0:
		return pick(r, strFields...) + " exists"
	case 1, 2:
		f := r.strOperand()
		op := pick(r, "=", "!=", "==", "contains", "icontains", "startswith", "endswith", "glob", "iglob", "regex")
		if r.IntN(3) == 0 {
			return f + " " + op + " " + pick(r, "anyof", "oneof", "allof") + " " + r.list(words)
		}
		if r.IntN(5) == 0 && op != "regex" {
			return f + " " + op + " " + pick(r, "val(", "tolower(", "basename(") + pick(r, strFields...) + ")"
		}
		return f + " " + op + " " + quote(pick(r, words...))
	case 3:
		return r.strOperand() + " " + pick(r, "in", "intersects", "pmatch") + " " + r.list(words)
	case 4:
		return pick(r, numFields...) + " " + pick(r, "=", "!=", "<", "<=", ">", ">=") + " " + pick(r, "-1", "0", "5", "10", "18446744073709551615")
	case 5:
		return pick(r, numFields...) + " in " + r.list([]string{"-1", "0", "5", "10", "1000"})
	case 6:
		return pick(r, addrFields...) + " " + pick(r, "= ", "!= ", "in ", "!= anyof ", "= oneof ") + r.one("10.0.0.1", "::1", "127.0.0.1")
	case 7:
		if r.IntN(2) == 0 {
			return pick(r, netFields...) + " " + pick(r, "= ", "!= ", "in ", "!= allof ", "= anyof ") + r.one("10.0.0.0/8", "::/1", "0.0.0.0/0")
		}
		return pick(r, portFields...) + " " + pick(r, "= ", "!= ", "in ", "intersects ", "= allof ") + r.one("80", "443", "http")
	default:
		f := pick(r, listFields...)
		if r.IntN(3) == 0 {
			return "len(" + f + ") " + pick(r, "=", ">", "<") + " " + pick(r, "0", "1", "2")
		}
		return f + " " + pick(r, "in", "intersects") + " " + r.list(words)
	}
}

func (r random) strOperand() string {
	f := pick(r, strFields...)
	switch r.IntN(6) {
	case 0:
		return pick(r, "tolower(", "toupper(", "b64(", "basename(") + "proc.name)"
	case 1:
		return "concat(proc.name, 'x', fd.name)"
	case 2:
		return "join('-', (proc.name, fd.num))"
	}
	return f
}

// one writes a list or a single value, in parentheses either way: what does
// not read is passed over.
func (r random) one(list ...string) string {
	if r.IntN(2) == 0 {
		return pick(r, list...)
	}
	return r.list(list)
}

func (r random) list(words []string) string {
	var items []string
	for range r.IntN(14) {
		items = append(items, quote(pick(r, words...)))
	}
	return "(" + strings.Join(items, ", ") + ")"
}

func (r random) alert() string {
	fields := map[string]any{}
	put := func(name string, v any) {
		switch r.IntN(6) {
		case 0: // absent
		case 1:
			fields[name] = nil
		default:
			fields[name] = v
		}
	}
	for _, f := range strFields {
		if !strings.HasPrefix(f, "alert.") {
			put(f, pick(r, words...))
		}
	}
	put("proc.aname", pick(r, "nc", "bash sshd systemd", "a b"))
	for _, f := range append(numFields, "fd.sport", "fd.cport", "fd.lport", "fd.rport") {
		if !strings.HasPrefix(f, "alert.") {
			put(f, pick(r, -1, 0, 5, 10, 80, 443))
		}
	}
	for _, f := range []string{"fd.cip", "fd.sip", "fd.lip", "fd.rip"} {
		put(f, pick(r, "10.0.0.1", "::1", "127.0.0.1", "::ffff:10.0.0.1", "no address"))
	}
	put("fd.type", pick(r, "file", "ipv4"))
	for _, f := range []string{"ka.user.groups", "fd.types"} {
		put(f, []string{pick(r, words...), pick(r, words...)}[:1+r.IntN(2)])
	}
	data, _ := json.Marshal(map[string]any{
		"rule": pick(r, "nc", "bash"), "priority": pick(r, "Debug", "Critical", "warning"), "output": "o",
		"time": "2026-01-02T03:04:05.000000006Z", "tags": []string{pick(r, words...), "x"}[:r.IntN(3)], "output_fields": fields,
	})
	return string(data)
}

func TestLaws(t *testing.T) {
	r := random{rand.New(rand.NewPCG(1, 2))}
	var alerts []*event.Event
	for range 200 {
		text := r.alert()
		e, err := event.Parse([]byte(text))
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		alerts = append(alerts, e)
	}
	compiled, matched := 0, 0
	for i := range 4000 {
		text := r.condition(r.IntN(4))
		p, err := Compile(text, &Env{Strict: i%4 == 0, EventTypes: words})
		if err != nil {
			continue
		}
		compiled++
		for range 20 {
			e := pick(r, alerts...)
			data, _ := e.MarshalJSON()
			checkLaws(t, p, e, fmt.Sprintf("%s on %s", text, data))
			if p.Match(e) {
				matched++
			}
		}
		if t.Failed() {
			return
		}
	}
	if compiled < 2000 || matched < compiled {
		t.Errorf("only %d conditions compiled, and matched %d times", compiled, matched)
	}
}

// TestMux compares what a Mux runs, which asks only the programs whose needs an
// alert meets, with what the programs say.
func TestMux(t *testing.T) {
	r := random{rand.New(rand.NewPCG(13, 14))}
	var programs []*Program
	var mux event.Mux
	var ran []int
	for len(programs) < 400 {
		p, err := Compile(r.condition(r.IntN(3)), &Env{EventTypes: words})
		if err != nil {
			continue
		}
		i := len(programs)
		programs = append(programs, p)
		mux.Handle(p, event.HandlerFunc(func(context.Context, *event.Event) error {
			ran = append(ran, i)
			return nil
		}))
	}
	indexed := 0
	for _, p := range programs {
		if len(p.Needs()) > 0 {
			indexed++
		}
	}
	if indexed < 50 {
		t.Errorf("only %d programs need anything", indexed)
	}
	for range 300 {
		e := mustParse(t, r.alert())
		var want []int
		for i, p := range programs {
			if p.Match(e) {
				want = append(want, i)
			}
		}
		ran = nil
		if err := mux.HandleEvent(context.Background(), e); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(ran, want) {
			t.Fatalf("ran %v, want %v", ran, want)
		}
	}
}

// TestConcurrent has goroutines evaluate the same programs on alerts whose
// fields stand in different places. The race detector looks on.
func TestConcurrent(t *testing.T) {
	r := random{rand.New(rand.NewPCG(25, 26))}
	var programs []*Program
	for len(programs) < 50 {
		if p, err := Compile(r.condition(r.IntN(3)), &Env{EventTypes: words}); err == nil {
			programs = append(programs, p)
		}
	}
	set := NewSet(programs...)
	alerts := make([]*event.Event, 50)
	want := make([][]int, len(alerts))
	for i := range alerts {
		alerts[i] = mustParse(t, r.alert())
		for k, p := range programs {
			if naive(p, alerts[i]) {
				want[i] = append(want[i], k)
			}
		}
	}
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for range 20 {
				for i, e := range alerts {
					var got []int
					for k, p := range programs {
						if p.Match(e) {
							got = append(got, k)
						}
					}
					if both := set.AppendMatches(nil, e); !slices.Equal(got, want[i]) || !slices.Equal(both, want[i]) {
						t.Errorf("matches %v, as a set %v, want %v", got, both, want[i])
						return
					}
				}
			}
		})
	}
	group.Wait()
}

func FuzzCompileEval(f *testing.F) {
	for _, tt := range readable {
		f.Add(tt.text, `{"rule":"r","priority":"Debug","output":"o","time":"2026-01-02T03:04:05Z","output_fields":{"proc.name":"nc"}}`)
	}
	r := random{rand.New(rand.NewPCG(3, 4))}
	for range 300 {
		f.Add(r.condition(2), r.alert())
	}
	f.Fuzz(func(t *testing.T, text, alert string) {
		e, err := event.Parse([]byte(alert))
		if err != nil {
			return
		}
		for _, env := range []*Env{{}, {Strict: true, AllowUnknown: true, EventTypes: words}} {
			p, err := Compile(text, env)
			if err != nil {
				e := err.(*Error)
				e.Caret(text)
				continue
			}
			checkLaws(t, p, e, text)
		}
	})
}
