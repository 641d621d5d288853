package event

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

func mustParse(t testing.TB, text string) *Event {
	t.Helper()
	e, err := Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func shellAlert(t testing.TB) *Event {
	return mustParse(t, `{"hostname":"node-1","output":"14:32:07.000000001: Notice A shell was spawned (user=root)","priority":"Notice",`+
		`"rule":"Terminal shell in container","source":"syscall","time":"2024-07-24T14:32:07.000000001Z",`+
		`"tags":["T1059","container","maturity_stable","mitre_execution","shell"],`+
		`"output_fields":{"container.id":"3ad7b26ded6d","container.image.repository":"docker.io/library/nginx","container.name":"web",`+
		`"evt.time":1721831527000000001,"evt.type":"execve","k8s.ns.name":null,"proc.cmdline":"bash -i","proc.exepath":"/usr/bin/bash",`+
		`"proc.name":"bash","proc.pname":"runc","proc.tty":34816,"proc.aname":["bash","runc"],"user.name":"root","user.uid":0}}`)
}

// calls records which handlers were called.
type calls struct {
	mu   sync.Mutex
	list []string
}

func (c *calls) handler(name string, err error) HandlerFunc {
	return func(context.Context, *Event) error {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.list = append(c.list, name)
		return err
	}
}

func TestMuxOrder(t *testing.T) {
	e := shellAlert(t)
	for _, first := range []bool{false, true} {
		var c calls
		m := NewMux(&MuxOptions{First: first, Fallback: c.handler("fallback", nil)})
		m.Handle(Rule("Other"), c.handler("other", nil))
		m.Handle(MatcherFunc(func(e *Event) bool { return e.Hostname == "node-1" }), c.handler("func", nil))
		m.Handle(Tagged("mitre_*"), c.handler("tag", nil))
		m.Handle(Rule("Terminal*"), c.handler("prefix", nil))
		m.Handle(Field("proc.name", "bash"), c.handler("field", nil))
		m.Handle(Any(Tagged("shell"), Tagged("T1059"), From("syscall")), c.handler("any", nil))
		m.Handle(AtLeast(Warning), c.handler("floor", nil))
		m.Handle(Everything(), c.handler("all", nil))
		if err := m.HandleEvent(t.Context(), e); err != nil {
			t.Error(err)
		}
		want := []string{"func", "tag", "prefix", "field", "any", "all"}
		if first {
			want = want[:1]
		}
		if !slices.Equal(c.list, want) {
			t.Errorf("first=%v: called %v, want %v", first, c.list, want)
		}
	}
}

func TestMuxFallback(t *testing.T) {
	var c calls
	m := NewMux(&MuxOptions{Fallback: c.handler("fallback", errors.New("full"))})
	m.Handle(Rule("Other"), c.handler("other", nil))
	err := m.HandleEvent(t.Context(), shellAlert(t))
	if err == nil || !strings.HasPrefix(err.Error(), "handler fallback ") || !strings.HasSuffix(err.Error(), ": full") {
		t.Errorf("got %v", err)
	}
	if !slices.Equal(c.list, []string{"fallback"}) {
		t.Errorf("called %v", c.list)
	}
	if s := m.Stats(); s.Alerts != 1 || s.Unmatched != 1 {
		t.Errorf("%+v", s)
	}
	var zero Mux
	if err := zero.HandleEvent(t.Context(), shellAlert(t)); err != nil {
		t.Error(err)
	}
	if s := zero.Stats(); s.Alerts != 1 || s.Unmatched != 1 {
		t.Errorf("%+v", s)
	}
}

func TestMuxErrors(t *testing.T) {
	var c calls
	m := NewMux(nil)
	cause := errors.New("no route to pager")
	m.HandleNamed("pager", Rule("Terminal*"), c.handler("pager", cause))
	m.HandleNamed("buggy", Everything(), HandlerFunc(func(context.Context, *Event) error { panic(errBuggy) }))
	m.HandleNamed("picky", MatcherFunc(func(*Event) bool { panic("no matcher") }), c.handler("picky", nil))
	m.HandleNamed("good", AtLeast(Debug), c.handler("good", nil))
	err := m.HandleEvent(t.Context(), shellAlert(t))
	if !slices.Equal(c.list, []string{"pager", "good"}) {
		t.Errorf("called %v", c.list)
	}
	if !errors.Is(err, cause) || !errors.Is(err, errBuggy) {
		t.Errorf("lost a cause: %v", err)
	}
	var all []*HandlerError
	for _, err := range err.(interface{ Unwrap() []error }).Unwrap() {
		all = append(all, err.(*HandlerError))
	}
	if len(all) != 3 {
		t.Fatalf("got %d errors: %v", len(all), err)
	}
	if got := all[0].Error(); !strings.HasPrefix(got, "handler pager (mux_test.go:") || !strings.HasSuffix(got, `) for rule "Terminal*": no route to pager`) {
		t.Errorf("got %s", got)
	}
	var p *PanicError
	if !errors.As(all[1], &p) || !strings.Contains(string(p.Stack), "TestMuxErrors") {
		t.Errorf("panic without its stack: %v", all[1])
	}
	if !strings.HasSuffix(all[2].Error(), "for func: panic: no matcher") {
		t.Errorf("got %v", all[2])
	}
	s := m.Stats()
	for i, want := range [][3]uint64{{1, 1, 0}, {1, 1, 1}, {0, 1, 1}, {1, 0, 0}} {
		r := s.Routes[i]
		if got := [3]uint64{r.Calls, r.Errors, r.Panics}; got != want {
			t.Errorf("%s: calls, errors, panics = %v, want %v", r.Name, got, want)
		}
	}
}

var errBuggy = errors.New("buggy")

func TestMuxRegistrationPanics(t *testing.T) {
	h := HandlerFunc(func(context.Context, *Event) error { return nil })
	for name, tt := range map[string]struct {
		f    func(m *Mux)
		want []string
	}{
		"matcher":      {func(m *Mux) { m.Handle(nil, h) }, []string{"nil Matcher", "mux_test.go:", "TestMuxRegistrationPanics"}},
		"matcher func": {func(m *Mux) { m.Handle(MatcherFunc(nil), h) }, []string{"nil Matcher"}},
		"handler":      {func(m *Mux) { m.Handle(Rule("A"), nil) }, []string{"nil Handler", "mux_test.go:", `rule "A"`}},
		"handler func": {func(m *Mux) { m.HandleFunc(Rule("A"), nil) }, []string{"nil Handler", "mux_test.go:"}},
		"empty name":   {func(m *Mux) { m.HandleNamed("", Rule("A"), h) }, []string{"empty handler name", "mux_test.go:"}},
		"taken name": {func(m *Mux) {
			m.HandleNamed("a", Rule("A"), h)
			m.HandleNamed("a", Rule("B"), h)
		}, []string{`"a" registered at mux_test.go:`, "taken by the one registered at mux_test.go:"}},
		"nested": {func(*Mux) { All(Rule("A"), nil) }, []string{"All: argument 2 is a nil Matcher (mux_test.go:"}},
		"not":    {func(*Mux) { Not(nil) }, []string{"Not: argument 1 is a nil Matcher (mux_test.go:"}},
		"itself": {func(m *Mux) { m.Handle(Rule("A"), Recover()(m)) }, []string{"registered with itself at mux_test.go:"}},
		"in a circle": {func(m *Mux) {
			n := NewMux(&MuxOptions{Fallback: m})
			m.Handle(Rule("A"), Multi(h, Recover()(n)))
		}, []string{"registered with itself at mux_test.go:"}},
		"in a long circle": {func(m *Mux) {
			var n, o Mux
			n.Handle(Rule("A"), &o)
			o.Handle(Rule("A"), m)
			m.Handle(Rule("A"), &n)
		}, []string{"registered with itself at mux_test.go:"}},
		"multi": {func(*Mux) { Multi(h, nil) }, []string{"nil Handler given to Multi at mux_test.go:"}},
	} {
		t.Run(name, func(t *testing.T) {
			var m Mux
			defer func() {
				got := fmt.Sprint(recover())
				for _, want := range tt.want {
					if !strings.Contains(got, want) {
						t.Errorf("%q does not hold %q", got, want)
					}
				}
				// The mutex must not be left locked.
				m.Handle(Rule("B"), h)
			}()
			tt.f(&m)
		})
	}
}

func TestMuxRemove(t *testing.T) {
	var c calls
	var m Mux
	m.HandleNamed("a", Everything(), c.handler("a", nil))
	b := m.HandleNamed("b", Everything(), c.handler("b", nil))
	m.HandleNamed("c", Everything(), c.handler("c", nil))
	e := shellAlert(t)
	m.HandleEvent(t.Context(), e)
	if !b.Remove() || b.Remove() {
		t.Error("Remove does not tell the first time from the second")
	}
	m.HandleEvent(t.Context(), e)
	m.HandleNamed("b", Everything(), c.handler("b2", nil))
	m.HandleEvent(t.Context(), e)
	if want := []string{"a", "b", "c", "a", "c", "a", "c", "b2"}; !slices.Equal(c.list, want) {
		t.Errorf("called %v, want %v", c.list, want)
	}
}

// Registration and removal while serving: a handler that is there throughout
// sees each alert, and one that was never registered none.
func TestMuxConcurrent(t *testing.T) {
	var m Mux
	var steady atomic.Int64
	m.Handle(Rule("Terminal*"), HandlerFunc(func(context.Context, *Event) error { steady.Add(1); return nil }))
	e := shellAlert(t)
	var writers, readers sync.WaitGroup
	stop := make(chan struct{})
	for range 2 {
		writers.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				r := m.Handle(Rule(fmt.Sprint("R", i)), HandlerFunc(func(context.Context, *Event) error {
					return errors.New("called for another rule")
				}))
				m.Explain(e)
				m.Stats()
				r.Remove()
			}
		})
	}
	const each = 2000
	for range 4 {
		readers.Go(func() {
			for range each {
				if err := m.HandleEvent(context.Background(), e); err != nil {
					t.Error(err)
				}
			}
		})
	}
	readers.Wait()
	close(stop)
	writers.Wait()
	if n := steady.Load(); n != 4*each {
		t.Errorf("the steady handler was called %d times, want %d", n, 4*each)
	}
}

func TestMuxNested(t *testing.T) {
	var c calls
	inner := NewMux(nil)
	inner.HandleNamed("in", Field("proc.name", "bash"), c.handler("in", errBuggy))
	outer := NewMux(nil)
	outer.HandleNamed("inner", From("syscall"), inner)
	outer.HandleNamed("after", Everything(), c.handler("after", nil))
	err := outer.HandleEvent(t.Context(), shellAlert(t))
	if !slices.Equal(c.list, []string{"in", "after"}) || !errors.Is(err, errBuggy) {
		t.Errorf("called %v: %v", c.list, err)
	}
	if !strings.Contains(err.Error(), "handler inner") || !strings.Contains(err.Error(), "handler in ") {
		t.Errorf("got %v", err)
	}
}

func TestMuxExplain(t *testing.T) {
	m := NewMux(&MuxOptions{First: true})
	nop := HandlerFunc(func(context.Context, *Event) error { panic("called") })
	m.HandleNamed("a", Rule("Other"), nop)
	m.HandleNamed("b", All(Rule("Terminal*"), AtLeast(Warning)), nop)
	m.HandleNamed("c", Any(Tagged("T1*"), Field("proc.name", "sh")), nop)
	m.HandleNamed("d", Not(Field("k8s.ns.name", "prod")), nop)
	m.HandleNamed("e", Any(Host("x"), Field("fd.name", "y"), Field("proc.name", "sh")), nop)
	m.HandleNamed("f", MatcherFunc(func(*Event) bool { panic("oops") }), nop)
	m.HandleNamed("g", speechless{}, nop)
	want := []string{
		`a no: rule is "Terminal shell in container", not "Other"`,
		`b no: priority is Notice, less than Warning`,
		`c called: has tag "T1059"`,
		`d match: k8s.ns.name is not available`,
		`e no: host is "node-1", not "x" and has no fd.name and proc.name is "bash", not "sh"`,
		`f no: panic: oops`,
		`g match: panic: no words`,
	}
	for i, x := range m.Explain(shellAlert(t)) {
		got := x.Name + " no: " + x.Reason
		switch {
		case x.Called:
			got = x.Name + " called: " + x.Reason
		case x.Matches:
			got = x.Name + " match: " + x.Reason
		}
		if got != want[i] {
			t.Errorf("got  %s\nwant %s", got, want[i])
		}
	}
	if s := m.Stats(); s.Alerts != 0 || s.Indexed != 4 || s.Unindexed != 3 {
		t.Errorf("%+v", s)
	}
}

// speechless matches, and cannot say why.
type speechless struct{}

func (speechless) Match(*Event) bool     { return true }
func (speechless) Explain(*Event) string { panic("no words") }

// The index gives what asking every handler gives, for random matchers and
// alerts whose texts collide on purpose.
func TestMuxIndexIsPlainLoop(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 1))
		var m Mux
		var got []int
		var ms []Matcher
		add := func() {
			i, w := len(ms), randomMatcher(r, 3)
			ms = append(ms, w)
			m.Handle(w, HandlerFunc(func(context.Context, *Event) error { got = append(got, i); return nil }))
		}
		for range 1 + r.IntN(60) {
			add()
		}
		for range 40 {
			if r.IntN(8) == 0 {
				add()
			}
			e := randomAlert(t, r)
			var want []int
			for i, w := range ms {
				if w.Match(e) {
					want = append(want, i)
					if !needsOf(w).Met(e) {
						t.Fatalf("seed %d: %v matches, but its needs are not met: %v", seed, w, needsOf(w))
					}
				}
			}
			got = nil
			if err := m.HandleEvent(t.Context(), e); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got, want) {
				t.Fatalf("seed %d: called %v, want %v", seed, got, want)
			}
		}
	}
}

var words = []string{"", "a", "ab", "abc", "b", "ba", "<NA>", "1", "12", "true"}

func randomMatcher(r *rand.Rand, depth int) Matcher {
	word := func() string { return words[r.IntN(len(words))] }
	star := func() string { return word() + []string{"", "*"}[r.IntN(2)] }
	kinds := 9
	if depth == 0 {
		kinds = 6
	}
	list := func() []Matcher {
		ms := make([]Matcher, r.IntN(4))
		for i := range ms {
			ms[i] = randomMatcher(r, depth-1)
		}
		return ms
	}
	switch r.IntN(kinds) {
	case 0:
		return Rule(star())
	case 1:
		return From(word())
	case 2:
		return Tagged(star())
	case 3:
		return AtLeast(Priority(r.IntN(8)))
	case 4:
		return Field(fmt.Sprint("f", r.IntN(9)), word())
	case 5:
		if r.IntN(3) > 0 {
			return Host(word())
		}
		if r.IntN(4) == 0 {
			return Field("alert.tags", string(appendStrings(nil, []string{word(), word()})))
		}
		return Field([]string{"alert.rule", "alert.tags", "alert.severity", "alert.nonsense"}[r.IntN(4)], word())
	case 6:
		return All(list()...)
	case 7:
		return Any(list()...)
	}
	return Not(randomMatcher(r, depth-1))
}

func randomAlert(t *testing.T, r *rand.Rand) *Event {
	word := func() string { return words[r.IntN(len(words))] }
	text := fmt.Sprintf(`{"rule":"%s","priority":"%s","time":"2024-07-24T14:32:07Z","source":"%s","hostname":"%s","tags":["%s","%s"],"output_fields":{`,
		"a"+word(), Priority(r.IntN(8)), word(), word(), word(), word())
	for i := range 9 {
		value := `"` + word() + `"`
		switch r.IntN(7) {
		case 0:
			value = "null"
		case 1:
			value = `["` + word() + `"]`
		case 2:
			value = []string{"1", "12", "1.0", "true"}[r.IntN(4)]
		case 3:
			continue
		}
		text += fmt.Sprintf(`"f%d":%s,`, i, value)
	}
	e := mustParse(t, text+`"z":0}}`)
	if r.IntN(10) == 0 {
		e.Priority = Debug + 1 // of a host that makes its own alerts
	}
	return e
}

// Handlers as a large host has them; of n only the same few match the shell
// alert, whatever n.
func realisticMux(n int) *Mux {
	m := NewMux(nil)
	h := HandlerFunc(func(context.Context, *Event) error { return nil })
	for i := range n {
		var w Matcher
		switch i % 10 {
		case 0, 1, 2:
			w = Rule(fmt.Sprint("Some rule of ours ", i))
		case 3:
			w = All(Rule(fmt.Sprint("Another rule ", i)), AtLeast(Warning))
		case 4:
			w = Any(Tagged(fmt.Sprint("T9", i)), Tagged(fmt.Sprint("team_", i)))
		case 5:
			w = All(From("syscall"), Field("container.image.repository", fmt.Sprint("registry/app-", i)))
		case 6:
			w = All(Field("k8s.ns.name", fmt.Sprint("team-", i)), Not(Field("proc.name", "bash")))
		case 7:
			w = All(AtLeast(Error), Field("proc.name", fmt.Sprint("tool", i)))
		case 8:
			w = All(Host(fmt.Sprint("node-9", i)), Tagged("container"))
		case 9:
			w = Rule(fmt.Sprint("Team ", i, " *"))
		}
		switch i {
		case 1:
			w = Rule("Terminal shell in container")
		case 4:
			w = Tagged("mitre_execution")
		case 7:
			w = All(Field("proc.name", "bash"), AtLeast(Notice))
		}
		m.Handle(w, h)
	}
	return m
}

func TestMuxDoesNotAllocate(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	e := shellAlert(t)
	for _, n := range []int{10, 10_000} {
		m := realisticMux(n)
		if a := testing.AllocsPerRun(200, func() { m.HandleEvent(t.Context(), e) }); a != 0 {
			t.Errorf("%d handlers: %v allocations", n, a)
		}
		s := m.Stats()
		if s.Unindexed != 0 {
			t.Errorf("%d of %d handlers are not indexed", s.Unindexed, n)
		}
		var called uint64
		for _, r := range s.Routes {
			called += r.Calls
		}
		if called != 3*s.Alerts {
			t.Errorf("%d handlers: %d calls for %d alerts, want 3 each", n, called, s.Alerts)
		}
	}
}

// What the index finds for an alert does not grow with the handlers that do not
// match it, which is what keeps dispatch at 10,000 close to dispatch at ten.
func TestMuxCandidatesDoNotGrow(t *testing.T) {
	e := shellAlert(t)
	for _, n := range []int{10, 100, 1_000, 10_000} {
		m := realisticMux(n)
		if ids := m.table.Load().candidates(nil, e); len(ids) != 3 {
			t.Errorf("%d handlers: %d candidates, want the 3 that match", n, len(ids))
		}
	}
}

func BenchmarkMux(b *testing.B) {
	e := shellAlert(b)
	for _, n := range []int{10, 100, 1_000, 10_000} {
		m := realisticMux(n)
		b.Run(fmt.Sprintf("handlers=%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				m.HandleEvent(context.Background(), e)
			}
		})
		// What the same handlers cost without an index.
		b.Run(fmt.Sprintf("unindexed=%d", n), func(b *testing.B) {
			plain := NewMux(nil)
			for _, r := range m.table.Load().routes {
				plain.Handle(MatcherFunc(r.matcher.Match), r.handler)
			}
			b.ReportAllocs()
			for b.Loop() {
				plain.HandleEvent(context.Background(), e)
			}
		})
	}
}

func BenchmarkMuxRegister(b *testing.B) {
	e := shellAlert(b)
	b.ReportAllocs()
	for b.Loop() {
		realisticMux(10_000).HandleEvent(context.Background(), e)
	}
}
