package event

import (
	"bytes"
	"container/list"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

var nop = HandlerFunc(func(context.Context, *Event) error { return nil })

// sink is a handler that records the alerts it gets, and fails if told to.
type sink struct {
	calls
	fail    error
	events  []*Event
	repeats []int
	at      []time.Time
}

func (s *sink) HandleEvent(ctx context.Context, e *Event) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.events = append(s.events, e)
	r, _ := RepeatsFrom(ctx)
	s.repeats = append(s.repeats, r.Count)
	s.at = append(s.at, time.Now())
	return s.fail
}

func (s *sink) String() string { return "sink" }

// alertOf returns an alert that differs from others by rule, host and number.
func alertOf(t testing.TB, rule, host string, n int) *Event {
	return mustParse(t, fmt.Sprintf(`{"rule":"%s","hostname":"%s","priority":"Notice","time":"2024-07-24T14:32:07Z","output_fields":{"n":%d}}`, rule, host, n))
}

func heldBy(t *testing.T, h Handler, by string) uint64 {
	t.Helper()
	for _, x := range HeldBy(h) {
		if x.By == by {
			return x.Alerts
		}
	}
	t.Errorf("%s is not counted: %v", by, HeldBy(h))
	return 0
}

func TestChain(t *testing.T) {
	var order []string
	mark := func(name string) Middleware {
		return func(h Handler) Handler {
			return HandlerFunc(func(ctx context.Context, e *Event) error {
				order = append(order, name)
				return h.HandleEvent(ctx, e)
			})
		}
	}
	h := Chain(mark("a"), Chain(mark("b"), mark("c")), Chain())(HandlerFunc(func(context.Context, *Event) error {
		order = append(order, "handler")
		return nil
	}))
	h.HandleEvent(t.Context(), shellAlert(t))
	if want := []string{"a", "b", "c", "handler"}; !slices.Equal(order, want) {
		t.Errorf("called %v, want %v", order, want)
	}
}

func TestMiddlewareAroundNil(t *testing.T) {
	for name, m := range map[string]Middleware{
		"recover": Recover(), "timeout": Timeout(1, nil), "retry": Retry(nil), "sample": Sample(1, nil),
		"log": Log(slog.New(slog.DiscardHandler), nil), "metrics": Metrics("", meterFunc(nil)), "throttle": Throttle(1, 1, nil),
		"dedup": Dedup(1, nil), "suppress": Suppress(new(Suppressions)), "redact": Redact(Redaction{}), "NewAggregator": Aggregate(1, nil),
	} {
		func() {
			defer func() {
				if got := fmt.Sprint(recover()); !strings.Contains(got, "event: "+name) || !strings.Contains(got, ".go:") {
					t.Errorf("%s: %s", name, got)
				}
			}()
			m(nil)
		}()
	}
}

// What Dedup says of its memory holds.
func TestDedupMemory(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	const keys = 20_000
	s := &seen{most: keys, keys: make(map[string]*list.Element)}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for i := range 3 * keys {
		s.Claim(t.Context(), stored(fmt.Sprintf("%016d", i)), time.Hour)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if each := (int64(after.HeapAlloc) - int64(before.HeapAlloc)) / keys; each > 250 || len(s.keys) != keys {
		t.Errorf("%d keys, %d bytes each", len(s.keys), each)
	}
	runtime.KeepAlive(s)
}

func TestMulti(t *testing.T) {
	var c calls
	h := Multi(c.handler("a", errBuggy), HandlerFunc(func(context.Context, *Event) error { panic("b") }), c.handler("c", nil))
	err := h.HandleEvent(t.Context(), shellAlert(t))
	var p *PanicError
	if !errors.Is(err, errBuggy) || !errors.As(err, &p) || !slices.Equal(c.list, []string{"a", "c"}) {
		t.Errorf("called %v: %v", c.list, err)
	}
	if Multi().HandleEvent(t.Context(), shellAlert(t)) != nil {
		t.Error("no handler is an error")
	}
}

// Counts and names are found through any number of layers.
func TestHeldBy(t *testing.T) {
	s := new(sink)
	h := Chain(Recover(), Dedup(time.Minute, nil), Sample(1, nil), Throttle(1, time.Minute, nil))(s)
	if got, want := fmt.Sprint(HeldBy(h)), "[{dedup 0} {sample 0} {throttle 0}]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	var m Mux
	if r := m.Handle(Everything(), h); r.Name() != "sink" {
		t.Errorf("the handler is named %s", r.Name())
	}
	e := shellAlert(t)
	m.HandleEvent(t.Context(), e)
	m.HandleEvent(t.Context(), e)
	if got, want := fmt.Sprint(m.Stats().Routes[0].Held), "[{dedup 1} {sample 0} {throttle 0}]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestRecover(t *testing.T) {
	err := Recover()(HandlerFunc(func(context.Context, *Event) error { panic(errBuggy) })).HandleEvent(t.Context(), shellAlert(t))
	var p *PanicError
	if !errors.As(err, &p) || !errors.Is(err, errBuggy) || !bytes.Contains(p.Stack, []byte("TestRecover")) {
		t.Errorf("got %v", err)
	}
}

func TestTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		h := Timeout(time.Second, nil)(HandlerFunc(func(ctx context.Context, _ *Event) error {
			<-ctx.Done()
			return context.Cause(ctx)
		}))
		err := h.HandleEvent(t.Context(), shellAlert(t))
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != time.Second {
			t.Errorf("after %v: %v", time.Since(start), err)
		}
		if err := Timeout(time.Second, nil)(nop).HandleEvent(t.Context(), shellAlert(t)); err != nil {
			t.Error(err)
		}
	})
}

func TestTimeoutAbandons(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		stuck := HandlerFunc(func(context.Context, *Event) error { <-release; return nil })
		h := Timeout(time.Second, &TimeoutOptions{Abandon: 2})(stuck)
		e := shellAlert(t)
		for range 2 {
			start := time.Now()
			err := h.HandleEvent(t.Context(), e)
			if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != time.Second {
				t.Errorf("after %v: %v", time.Since(start), err)
			}
		}
		if err := h.HandleEvent(t.Context(), e); !errors.Is(err, ErrHanging) {
			t.Errorf("with two hanging: %v", err)
		}
		if n := heldBy(t, h, "timeout"); n != 1 {
			t.Errorf("%d held, want 1", n)
		}
		close(release)
		synctest.Wait()
		if err := h.HandleEvent(t.Context(), e); err != nil {
			t.Errorf("after they ended: %v", err)
		}
		for name, f := range map[string]func(){"panic": func() { panic("p") }, "goexit": func() { runtimeGoexit() }} {
			h := Timeout(time.Second, &TimeoutOptions{Abandon: 1})(HandlerFunc(func(context.Context, *Event) error { f(); return nil }))
			if err := h.HandleEvent(t.Context(), e); err == nil {
				t.Errorf("%s is no error", name)
			}
		}
	})
}

func TestRetry(t *testing.T) {
	e := shellAlert(t)
	for name, tt := range map[string]struct {
		errs   []error // of the tries; the last goes on
		cancel time.Duration
		tries  int // 0 where jitter decides
		want   error
	}{
		"first try":     {[]error{nil}, 0, 1, nil},
		"third try":     {[]error{errBuggy, errBuggy, nil}, 0, 3, nil},
		"gives up":      {[]error{errBuggy}, 0, 5, errBuggy},
		"permanent":     {[]error{errBuggy, Permanent(errFatal)}, 0, 2, errFatal},
		"by option":     {[]error{errors.ErrUnsupported}, 0, 1, errors.ErrUnsupported},
		"panic":         {[]error{&PanicError{Value: "p"}}, 0, 1, &PanicError{}},
		"ctx ends":      {[]error{errBuggy}, 250 * time.Millisecond, 0, context.DeadlineExceeded},
		"keeps the err": {[]error{errBuggy}, 250 * time.Millisecond, 0, errBuggy},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx := t.Context()
				if tt.cancel > 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, tt.cancel)
					defer cancel()
				}
				tries := 0
				h := Retry(&RetryOptions{First: 150 * time.Millisecond, Permanent: func(err error) bool { return errors.Is(err, errors.ErrUnsupported) }})(
					HandlerFunc(func(context.Context, *Event) error {
						tries++
						return tt.errs[min(tries, len(tt.errs))-1]
					}))
				start := time.Now()
				err := h.HandleEvent(ctx, e)
				var p *PanicError
				if _, panics := tt.want.(*PanicError); panics {
					if !errors.As(err, &p) {
						t.Errorf("got %v", err)
					}
				} else if !errors.Is(err, tt.want) {
					t.Errorf("got %v, want %v", err, tt.want)
				}
				if tt.tries > 0 && tries != tt.tries {
					t.Errorf("%d tries, want %d", tries, tt.tries)
				}
				// The pauses double, each half of that to half as much again.
				var low, high time.Duration
				for i := range tries - 1 {
					low += (150 * time.Millisecond << i) / 2
					high += (150*time.Millisecond<<i)*3/2 + 1
				}
				if tt.cancel > 0 {
					high = tt.cancel
				}
				if took := time.Since(start); took < low || took > high {
					t.Errorf("took %v, want %v to %v", took, low, high)
				}
			})
		})
	}
	if Permanent(nil) != nil {
		t.Error("Permanent(nil) is an error")
	}
}

// No pause is longer than the longest, be it the first.
func TestRetryLongest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		h := Retry(&RetryOptions{Tries: 3, First: time.Hour, Longest: time.Second})(HandlerFunc(func(context.Context, *Event) error { return errBuggy }))
		if err := h.HandleEvent(t.Context(), shellAlert(t)); !errors.Is(err, errBuggy) {
			t.Error(err)
		}
		if took := time.Since(start); took < time.Second || took > 3*time.Second {
			t.Errorf("took %v", took)
		}
	})
}

var errFatal = errors.New("fatal")

func TestDedup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := new(sink)
		h := Dedup(time.Minute, nil)(s)
		a, same, b := alertOf(t, "A", "h", 1), alertOf(t, "A", "h", 1), alertOf(t, "A", "h", 2)
		for _, e := range []*Event{a, same, b, a} {
			if err := h.HandleEvent(t.Context(), e); err != nil {
				t.Error(err)
			}
		}
		time.Sleep(time.Minute - 1)
		h.HandleEvent(t.Context(), a)
		time.Sleep(time.Nanosecond)
		h.HandleEvent(t.Context(), a)
		if !slices.Equal(s.events, []*Event{a, b, a}) || heldBy(t, h, "dedup") != 3 {
			t.Errorf("%d passed, %d held", len(s.events), heldBy(t, h, "dedup"))
		}
	})
}

func TestDedupFailed(t *testing.T) {
	s := &sink{fail: errBuggy}
	h := Dedup(time.Minute, &DedupOptions{Key: ByRule})(s)
	e := shellAlert(t)
	if err := h.HandleEvent(t.Context(), e); !errors.Is(err, errBuggy) {
		t.Errorf("got %v", err)
	}
	s.fail = nil
	h.HandleEvent(t.Context(), e)
	h.HandleEvent(t.Context(), e)
	if len(s.events) != 2 {
		t.Errorf("%d calls, want one that failed and one that did not", len(s.events))
	}
	panics := true
	h = Dedup(time.Minute, nil)(HandlerFunc(func(context.Context, *Event) error {
		if panics {
			panic("first")
		}
		return s.HandleEvent(context.Background(), e)
	}))
	if err := Recover()(h).HandleEvent(t.Context(), e); err == nil {
		t.Error("no panic")
	}
	panics = false
	h.HandleEvent(t.Context(), e)
	if len(s.events) != 3 {
		t.Error("the alert of the panic counts as seen")
	}
}

func TestDedupBound(t *testing.T) {
	s := new(sink)
	h := Dedup(time.Hour, &DedupOptions{Keys: 3, Key: ByFields("n")})(s)
	for _, n := range []int{1, 2, 3, 1, 4, 1, 4} { // 4 displaces 1, and 1 displaces 2
		h.HandleEvent(t.Context(), alertOf(t, "A", "h", n))
	}
	if len(s.events) != 5 {
		t.Errorf("%d passed, want 5", len(s.events))
	}
	d := h.(*dedup).store.(*seen)
	if len(d.keys) != 3 || d.order.Len() != 3 {
		t.Errorf("%d keys are remembered, want 3", len(d.keys))
	}
}

type brokenStore struct{}

func (brokenStore) Claim(context.Context, string, time.Duration) (bool, error) {
	return false, errBuggy
}
func (brokenStore) Release(context.Context, string) error { return errFatal }

func TestDedupBrokenStore(t *testing.T) {
	s := new(sink)
	var told []error
	h := Dedup(time.Hour, &DedupOptions{Store: brokenStore{}, OnError: func(err error) { told = append(told, err) }})(s)
	e := shellAlert(t)
	h.HandleEvent(t.Context(), e)
	h.HandleEvent(t.Context(), e)
	if len(s.events) != 2 || !slices.Equal(told, []error{errBuggy, errBuggy}) {
		t.Errorf("%d passed, told %v", len(s.events), told)
	}
}

func TestThrottle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := new(sink)
		h := Throttle(2, time.Minute, nil)(s)
		e, other := alertOf(t, "A", "h", 1), alertOf(t, "B", "h", 1)
		for range 5 {
			h.HandleEvent(t.Context(), e)
		}
		h.HandleEvent(t.Context(), other)
		time.Sleep(30 * time.Second)
		h.HandleEvent(t.Context(), e)
		h.HandleEvent(t.Context(), e)
		time.Sleep(30 * time.Second)
		s.fail = errBuggy // what it was told of in vain, it is told of again
		h.HandleEvent(t.Context(), e)
		s.fail = nil
		time.Sleep(30 * time.Second)
		h.HandleEvent(t.Context(), e)
		if want := []int{0, 0, 0, 3, 1, 1}; !slices.Equal(s.repeats, want) {
			t.Errorf("repeats %v, want %v", s.repeats, want)
		}
		if n := heldBy(t, h, "throttle"); n != 4 {
			t.Errorf("%d held, want 4", n)
		}
	})
}

func TestThrottleBound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := new(sink)
		h := Throttle(1, time.Hour, &ThrottleOptions{Keys: 2, Key: ByFields("n")})(s)
		for _, n := range []int{1, 2, 1, 3, 1, 2} { // 3 displaces 2, which was unused longest
			h.HandleEvent(t.Context(), alertOf(t, "A", "h", n))
		}
		if len(s.events) != 4 || len(h.(*throttle).keys) != 2 {
			t.Errorf("%d passed, want 4; %d keys", len(s.events), len(h.(*throttle).keys))
		}
	})
}

func TestSample(t *testing.T) {
	s, again := new(sink), new(sink)
	h := Sample(10, &SampleOptions{Keep: Field("n", "7")})(s)
	const all = 5000
	for n := range all {
		e := alertOf(t, "A", "h", n)
		h.HandleEvent(t.Context(), e)
		Sample(10, nil)(again).HandleEvent(t.Context(), e)
	}
	passed := len(s.events)
	if passed < all/10*8/10 || passed > all/10*12/10 || uint64(passed)+heldBy(t, h, "sample") != all {
		t.Errorf("%d of %d passed, %d held", passed, all, heldBy(t, h, "sample"))
	}
	if !slices.ContainsFunc(s.events, func(e *Event) bool { return Field("n", "7").Match(e) }) {
		t.Error("what is to be kept was not")
	}
	// Another one chooses the same, but for what was to be kept.
	if d := passed - len(again.events); d != 0 && d != 1 {
		t.Errorf("%d and %d passed", passed, len(again.events))
	}
}

func TestSuppress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := new(sink)
		var set Suppressions
		var told []string
		set.OnHold = func(_ context.Context, e *Event, s Suppression) { told = append(told, e.Rule+": "+s.Reason) }
		h := Suppress(&set)(s)
		now := time.Now()
		if _, err := set.Add(Suppression{Match: Rule("A"), Until: now.Add(time.Hour), Reason: "kernel upgrade"}); err != nil {
			t.Fatal(err)
		}
		remove, err := set.Add(Suppression{Match: Rule("B*"), From: now.Add(time.Minute), Until: now.Add(2 * time.Hour), Reason: "load test"})
		if err != nil {
			t.Fatal(err)
		}
		both := func() {
			h.HandleEvent(t.Context(), alertOf(t, "A", "h", 1))
			h.HandleEvent(t.Context(), alertOf(t, "B1", "h", 1))
		}
		both() // B has not begun
		time.Sleep(time.Minute)
		both()
		if l := set.List(); len(l) != 2 || l[0].Held != 2 || l[1].Held != 1 {
			t.Errorf("%+v", l)
		}
		time.Sleep(time.Hour)
		both() // A has ended
		remove()
		both()
		var passed []string
		for _, e := range s.events {
			passed = append(passed, e.Rule)
		}
		if want := []string{"B1", "A", "A", "B1"}; !slices.Equal(passed, want) {
			t.Errorf("passed %v, want %v", passed, want)
		}
		if n := heldBy(t, h, "suppress"); n != 4 || len(told) != 4 || told[0] != "A: kernel upgrade" || len(set.List()) != 0 {
			t.Errorf("%d held, told %v, left %v", n, told, set.List())
		}
		for _, bad := range []Suppression{
			{Until: now.Add(24 * time.Hour), Reason: "r"},
			{Match: Rule("A"), Reason: "r"},
			{Match: Rule("A"), Until: now.Add(24 * time.Hour)},
			{Match: Rule("A"), Until: now, Reason: "r"},
		} {
			if _, err := set.Add(bad); err == nil {
				t.Errorf("Add(%v) succeeded", bad)
			}
		}
	})
}

func TestLog(t *testing.T) {
	var buf bytes.Buffer
	l := slog.New(slog.NewTextHandler(&buf, &slog.HandlerOptions{Level: slog.LevelDebug}))
	e := mustParse(t, `{"rule":"A\nlevel=ERROR msg=forged","priority":"Notice","time":"2024-07-24T14:32:07Z"}`)
	Log(l, nil)(nop).HandleEvent(t.Context(), e)
	Log(l, nil)(&sink{fail: errBuggy}).HandleEvent(t.Context(), e)
	Recover()(Log(l, nil)(HandlerFunc(func(context.Context, *Event) error { panic("p") }))).HandleEvent(t.Context(), e)
	lines := strings.Split(strings.TrimSpace(buf.String()), "\n")
	for i, want := range []string{`level=DEBUG msg="alert handled"`, `level=ERROR msg="alert not handled" handler=sink rule="A\nlevel=ERROR msg=forged"`, `level=ERROR msg="handler panicked"`} {
		if len(lines) != 3 || !strings.Contains(lines[i], want) || !strings.Contains(lines[i], e.ID().String()) {
			t.Fatalf("got %s\nwant %s", buf.String(), want)
		}
	}
	if !strings.Contains(lines[1], "error=buggy") {
		t.Errorf("without its error: %s", lines[1])
	}
}

type meterFunc func(Observation)

func (f meterFunc) Observe(_ context.Context, o Observation) { f(o) }

func TestMetrics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got []string
		m := meterFunc(func(o Observation) {
			got = append(got, fmt.Sprintln(o.Handler, o.Took, o.Err, o.Panicked))
		})
		e := shellAlert(t)
		Metrics("", m)(&sink{fail: errBuggy}).HandleEvent(t.Context(), e)
		Metrics("slow", m)(HandlerFunc(func(context.Context, *Event) error { time.Sleep(time.Second); return nil })).HandleEvent(t.Context(), e)
		Recover()(Metrics("p", m)(HandlerFunc(func(context.Context, *Event) error { panic("p") }))).HandleEvent(t.Context(), e)
		if want := []string{"sink 0s buggy false\n", "slow 1s <nil> false\n", "p 0s <nil> true\n"}; !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

// Each kind of middleware under concurrent alerts: none vanishes uncounted.
func TestMiddlewareAccountsForEachAlert(t *testing.T) {
	var set Suppressions
	set.Add(Suppression{Match: Field("n", "1"), Until: time.Now().Add(time.Hour), Reason: "test"})
	for name, m := range map[string]Middleware{
		"dedup":     Dedup(time.Hour, nil),
		"throttle":  Throttle(3, time.Hour, nil),
		"sample":    Sample(3, nil),
		"suppress":  Suppress(&set),
		"aggregate": Aggregate(time.Hour, nil),
	} {
		var passed atomic.Int64
		h := m(HandlerFunc(func(context.Context, *Event) error { passed.Add(1); return nil }))
		done := make(chan struct{})
		const workers, each = 4, 200
		for range workers {
			go func() {
				defer func() { done <- struct{}{} }()
				for n := range each {
					h.HandleEvent(context.Background(), alertOf(t, fmt.Sprint("R", n%7), "h", n%20))
				}
			}()
		}
		for range workers {
			<-done
		}
		if held := heldBy(t, h, name); passed.Load()+int64(held) != workers*each || held == 0 || passed.Load() == 0 {
			t.Errorf("%s: %d passed and %d held of %d", name, passed.Load(), held, workers*each)
		}
	}
}
