package enrich

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/falconer-go/falconer/event"
)

func TestSources(t *testing.T) {
	boom := errors.New("the directory is down")
	n := New(&Options{Sources: []Source{
		{Name: "owner", Add: func(_ context.Context, e *event.Event, _ *Mapping) (Addition, error) {
			return Addition{Attributes: map[string]string{"team": "payments", "owner": e.Hostname}}, nil
		}},
		{Name: "broken", Add: func(context.Context, *event.Event, *Mapping) (Addition, error) { return Addition{}, boom }},
		{Name: "panics", Add: func(context.Context, *event.Event, *Mapping) (Addition, error) { panic("no luck") }},
		{Name: "intel", Add: func(_ context.Context, _ *event.Event, m *Mapping) (Addition, error) {
			if len(m.Attributes) != 2 {
				t.Errorf("the source before left %v", m.Attributes)
			}
			return Addition{
				Techniques: []string{"T1078.004", "T9999"}, Tactics: []string{"initial-access"}, Controls: []string{"IR-4"},
				Confidence: HighConfidence, Reason: "seen elsewhere today",
			}, nil
		}},
	}})
	e := seed(t)
	plain := n.For(e)
	m := n.Enrich(t.Context(), e)
	if len(plain.Attributes) > 0 || len(plain.Failed) > 0 || len(plain.Techniques) != 3 {
		t.Errorf("the shared mapping changed: %+v", plain)
	}
	if len(m.Attributes) != 2 || m.Attributes[0] != (Attribute{"owner", "owner", "mini-debian-lab"}) {
		t.Errorf("attributes %v", m.Attributes)
	}
	x, ok := m.Technique("T1078.004")
	if !ok || len(x.Serves) != 1 || x.Serves[0] != "TA0001" || x.Evidence[0].Stage != "intel" || x.Evidence[0].Reason != "seen elsewhere today" {
		t.Errorf("T1078.004: %+v", x)
	}
	if _, ok := m.Technique("T1078"); !ok {
		t.Error("no parent of T1078.004")
	}
	if _, ok := m.Control("IR-4"); !ok {
		t.Error("no IR-4")
	}
	for _, was := range plain.Techniques {
		is, ok := m.Technique(was.ID)
		if !ok || strings.Join(is.Serves, ",") != strings.Join(was.Serves, ",") {
			t.Errorf("%s serves %v, was %v", was.ID, is.Serves, was.Serves)
		}
	}
	if len(m.Failed) != 3 {
		t.Fatalf("failed: %v", m.Failed)
	}
	var panicked *event.PanicError
	if !errors.Is(m.Failed[0], boom) || !errors.As(m.Failed[1], &panicked) || !strings.Contains(m.Failed[2].Error(), `"T9999"`) {
		t.Errorf("failed: %v", m.Failed)
	}
}

func TestSourceTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := New(&Options{Sources: []Source{
			{Name: "slow", Timeout: 50 * time.Millisecond, Add: func(ctx context.Context, _ *event.Event, _ *Mapping) (Addition, error) {
				<-ctx.Done()
				return Addition{}, ctx.Err()
			}},
			{Name: "quick", Add: func(context.Context, *event.Event, *Mapping) (Addition, error) {
				return Addition{Attributes: map[string]string{"a": "b"}}, nil
			}},
		}})
		start := time.Now()
		m := n.Enrich(t.Context(), seed(t))
		if took := time.Since(start); took != 50*time.Millisecond {
			t.Errorf("took %v", took)
		}
		if len(m.Failed) != 1 || !errors.Is(m.Failed[0], context.DeadlineExceeded) || len(m.Attributes) != 1 {
			t.Errorf("failed %v, attributes %v", m.Failed, m.Attributes)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if m := n.Enrich(ctx, seed(t)); len(m.Failed) != 2 || !errors.Is(m.Failed[1], context.Canceled) {
			t.Errorf("failed %v", m.Failed)
		}
	})
}

func TestSourceCache(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		var fail error
		n := New(&Options{Sources: []Source{{
			Name: "owner", TTL: time.Minute, CacheSize: 2,
			Key: func(e *event.Event) string { return e.Hostname },
			Add: func(context.Context, *event.Event, *Mapping) (Addition, error) {
				calls++
				return Addition{}, fail
			},
		}}})
		ask := func(host string, want int) {
			t.Helper()
			e := *seed(t)
			e.Hostname = host
			n.Enrich(t.Context(), &e)
			if calls != want {
				t.Errorf("%d calls, want %d", calls, want)
			}
		}
		ask("a", 1)
		ask("a", 1)
		ask("b", 2)
		ask("", 3) // no key, no memory
		ask("", 4)
		time.Sleep(time.Minute)
		ask("a", 5)
		fail = errors.New("down")
		ask("c", 6)
		ask("c", 7) // errors are not remembered
		fail = nil
		ask("c", 8)
		ask("d", 9)
		long := strings.Repeat("h", 1<<16)
		ask(long, 10)
		ask(long, 10)
		ask(long+"h", 11)
		if size := len(n.sources[0].answers); size > 2 {
			t.Errorf("%d answers, want at most 2", size)
		}
		for key := range n.sources[0].answers {
			if len(key) > 64 {
				t.Errorf("a key of %d bytes is kept", len(key))
			}
		}
	})
}

func TestSourcePanics(t *testing.T) {
	for _, s := range []Source{{}, {Name: "x"}, {Name: StageTag, Add: func(context.Context, *event.Event, *Mapping) (Addition, error) { return Addition{}, nil }}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%+v was accepted", s)
				}
			}()
			New(&Options{Sources: []Source{s}})
		}()
	}
}

func TestMiddleware(t *testing.T) {
	asked := 0
	n := New(&Options{Sources: []Source{{Name: "count", Add: func(context.Context, *event.Event, *Mapping) (Addition, error) {
		asked++
		return Addition{}, nil
	}}}})
	var got *Mapping
	read := true
	h := n.Middleware()(event.HandlerFunc(func(ctx context.Context, e *event.Event) error {
		if read {
			got = From(ctx)
			if From(ctx) != got {
				t.Error("asked twice, the mapping is another")
			}
		}
		return nil
	}))
	if err := h.HandleEvent(t.Context(), seed(t)); err != nil {
		t.Fatal(err)
	}
	if got == nil || got.Techniques[0].ID != "T1070" || asked != 1 {
		t.Errorf("mapping %v after %d calls", got, asked)
	}
	read = false
	if err := h.HandleEvent(t.Context(), seed(t)); err != nil || asked != 1 {
		t.Errorf("a handler that does not ask costs a call: %d, %v", asked, err)
	}
	if From(t.Context()) != nil {
		t.Error("a mapping from nowhere")
	}
}

// Names and counts of what is inside are found through the middleware.
func TestMiddlewareUnwraps(t *testing.T) {
	q := event.NewQueue(event.HandlerFunc(func(context.Context, *event.Event) error { return nil }), nil)
	h := new(Enricher).Middleware()(event.Dedup(time.Minute, nil)(q))
	if held := event.HeldBy(h); len(held) != 2 || held[0].By != "dedup" || held[1].By != "queue" {
		t.Errorf("held: %v", held)
	}
	for _, nothing := range []event.Handler{nil, event.HandlerFunc(nil)} {
		func() {
			defer func() {
				if recover() == nil {
					t.Error("a nil Handler was accepted")
				}
			}()
			new(Enricher).Middleware()(nothing)
		}()
	}
}

// Many goroutines, many rules, one Enricher: the race detector looks on.
func TestConcurrent(t *testing.T) {
	n := New(&Options{CacheRules: 16})
	e := seed(t)
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 200 {
				x := *e
				if i%2 == 0 {
					x.Rule, x.Tags = string(rune('a'+(g+i)%26)), nil
				}
				m := n.For(&x)
				m.Related()
				Fielded{&x, n}.Field("alert.nist")
				n.CheckTags(x.Rule, x.Source, x.Tags)
			}
		})
	}
	wg.Wait()
	if n.size > 16 {
		t.Errorf("%d rules remembered, want at most 16", n.size)
	}
}
