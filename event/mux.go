package event

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
)

// Mux gives each alert to the handlers whose matchers match it. It is itself a
// [Handler].
//
// Every matching handler is called, one after the other in the order of
// registration, as Falco's rule_matching "all" does with rules. The error or
// panic of one never keeps the alert from the next: what went wrong comes back
// joined, as one [*HandlerError] each. An alert that no matcher matches goes to
// the fallback, if there is one.
//
// The zero Mux has no handlers and is ready to use. Handlers may be registered
// and removed while it serves; HandleEvent takes no lock, and an alert is given
// to the handlers that were registered when it came. HandleEvent itself does
// not allocate unless a handler fails.
//
// # Cost
//
// A Mux finds the candidates for an alert in an index, by what their matchers
// say they need (see [Needs]), and asks only these. What handlers that cannot
// match cost an alert is therefore close to nothing, however many there are,
// except for those whose matchers claim no needs: [Mux.Stats] counts them. The
// first alert after a change of handlers pays for building the index.
type Mux struct {
	options MuxOptions
	write   sync.Mutex // held by who changes table
	table   atomic.Pointer[table]

	alerts, unmatched atomic.Uint64
}

// MuxOptions change what a [Mux] does. The zero MuxOptions are the defaults.
type MuxOptions struct {
	First    bool    // only the first handler that matches is called, as with rule_matching "first"
	Fallback Handler // gets the alerts that no matcher matches; nil drops them, counted
}

// NewMux returns a Mux with options; nil means the defaults.
func NewMux(o *MuxOptions) *Mux {
	m := new(Mux)
	if o != nil {
		m.options = *o
	}
	return m
}

// Route is one registration in a [Mux].
type Route struct {
	name, pattern, place string

	mux     *Mux
	matcher Matcher
	handler Handler
	need    Need // what the index goes by
	indexed bool

	calls, errs, panics atomic.Uint64
}

// Name returns the name that errors give the handler.
func (r *Route) Name() string { return r.name }

// Pattern returns what the matcher says it matches.
func (r *Route) Pattern() string { return r.pattern }

// Remove takes the handler out of its Mux and reports whether it was still in
// it. Calls that have begun go on, and an alert that was on its way may still
// reach the handler.
func (r *Route) Remove() bool {
	m := r.mux
	m.write.Lock()
	defer m.write.Unlock()
	old := m.table.Load()
	for i, other := range old.routes {
		if other == r {
			t := &table{routes: make([]*Route, 0, len(old.routes)-1)}
			t.routes = append(append(t.routes, old.routes[:i]...), old.routes[i+1:]...)
			m.table.Store(t)
			return true
		}
	}
	return false
}

// Handle registers h for the alerts that w matches. Errors name the handler by
// its String method if it has one, else by its function or type. A nil w or h
// panics.
func (m *Mux) Handle(w Matcher, h Handler) *Route { return m.register("", w, h) }

// HandleFunc registers f as [Mux.Handle] does.
func (m *Mux) HandleFunc(w Matcher, f func(ctx context.Context, e *Event) error) *Route {
	return m.register("", w, HandlerFunc(f))
}

// HandleNamed registers h under a name that no other handler of m may have. An
// empty name, or one that is taken, panics.
func (m *Mux) HandleNamed(name string, w Matcher, h Handler) *Route {
	if name == "" {
		panic("event: empty handler name at " + caller(2))
	}
	return m.register(name, w, h)
}

// register is called by the exported methods alone, so that the place it names
// is the host's.
func (m *Mux) register(name string, w Matcher, h Handler) *Route {
	place := caller(3)
	if isNilMatcher(w) {
		panic(fmt.Sprintf("event: nil Matcher registered at %s, for handler %s", place, nameOf(h)))
	}
	if isNilHandler(h) {
		panic(fmt.Sprintf("event: nil Handler registered at %s, for %s", place, describe(w)))
	}
	if reaches(h, m) {
		panic(fmt.Sprintf("event: Mux registered with itself at %s, for %s", place, describe(w)))
	}
	r := &Route{name: name, pattern: describe(w), place: place, mux: m, matcher: w, handler: h}
	r.need, r.indexed = needsOf(w).best()
	m.write.Lock()
	defer m.write.Unlock()
	t := new(table)
	if old := m.table.Load(); old != nil {
		for _, other := range old.routes {
			if name != "" && other.name == name {
				panic(fmt.Sprintf("event: handler name %q registered at %s is taken by the one registered at %s", name, place, other.place))
			}
		}
		// The index of the old table is right about the routes it covers, and
		// an append leaves what readers of the old table see untouched.
		t.routes = old.routes
		t.index.Store(old.index.Load())
	}
	if name == "" {
		r.name = nameOf(h)
	}
	t.routes = append(t.routes, r)
	m.table.Store(t)
	return r
}

// reaches reports whether h hands alerts to m, through middleware and other
// Muxes: an alert would go round until the stack is full, which no recover
// catches.
func reaches(h Handler, m *Mux) bool {
	for ; h != nil; h = Unwrap(h) {
		switch h := h.(type) {
		case multi:
			if slices.ContainsFunc(h, func(h Handler) bool { return reaches(h, m) }) {
				return true
			}
		case *Mux:
			if h == m || reaches(h.options.Fallback, m) {
				return true
			}
			t := h.table.Load()
			if t != nil && slices.ContainsFunc(t.routes, func(r *Route) bool { return reaches(r.handler, m) }) {
				return true
			}
		}
	}
	return false
}

// table is what a Mux knows at one time. Its routes never change.
type table struct {
	routes   []*Route
	index    atomic.Pointer[index] // of a beginning of routes; nil of none
	building atomic.Bool
}

// candidates returns the positions of the routes that may match e, ascending,
// in the memory of buf, if that is enough.
func (t *table) candidates(buf []int32, e *Event) []int32 {
	ix := t.index.Load()
	// Whoever finds the index short builds it; meanwhile the others go through
	// the rest one by one, rather than wait.
	if (ix == nil || ix.size < len(t.routes)) && t.building.CompareAndSwap(false, true) {
		ix = newIndex(t.routes)
		t.index.Store(ix)
	}
	ids, from := buf[:0], 0
	if ix != nil {
		ids, from = ix.candidates(buf, e), ix.size
	}
	for i := from; i < len(t.routes); i++ {
		ids = append(ids, int32(i))
	}
	return ids
}

// HandleEvent gives e to the handlers that match it.
func (m *Mux) HandleEvent(ctx context.Context, e *Event) error {
	m.alerts.Add(1)
	d := dispatches.Get().(*dispatch)
	if t := m.table.Load(); t != nil {
		d.routes = t.routes
		d.ids = t.candidates(d.ids, e)
		for d.at < len(d.ids) && !(m.options.First && d.matched) {
			d.run(ctx, e, m.options.First)
		}
	}
	if !d.matched {
		m.unmatched.Add(1)
		if m.options.Fallback != nil {
			if err := call(ctx, m.options.Fallback, e); err != nil {
				d.errs = append(d.errs, &HandlerError{Handler: "fallback " + nameOf(m.options.Fallback), Err: err})
			}
		}
	}
	err := errors.Join(d.errs...)
	d.release()
	return err
}

// dispatch is one alert on its way through a Mux, pooled.
type dispatch struct {
	routes  []*Route
	ids     []int32
	at      int  // the next of ids
	matched bool // some matcher matched
	errs    []error
}

var dispatches = sync.Pool{New: func() any { return new(dispatch) }}

func (d *dispatch) release() {
	clear(d.errs)
	*d = dispatch{ids: d.ids[:0], errs: d.errs[:0]}
	dispatches.Put(d)
}

// run goes through the candidates until the end, the first match if first, or
// a panic, which it turns into an error. So one deferred call protects all.
func (d *dispatch) run(ctx context.Context, e *Event, first bool) {
	finished := false
	defer func() {
		if finished {
			return
		}
		v := recover()
		if v == nil { // not a panic, but runtime.Goexit: there is no going on
			return
		}
		r := d.routes[d.ids[d.at-1]]
		r.panics.Add(1)
		d.fail(r, &PanicError{v, debug.Stack()})
	}()
	for d.at < len(d.ids) {
		r := d.routes[d.ids[d.at]]
		d.at++
		if !r.matcher.Match(e) {
			continue
		}
		d.matched = true
		r.calls.Add(1)
		if err := r.handler.HandleEvent(ctx, e); err != nil {
			d.fail(r, err)
		}
		if first {
			break
		}
	}
	finished = true
}

func (d *dispatch) fail(r *Route, err error) {
	r.errs.Add(1)
	d.errs = append(d.errs, &HandlerError{r.name, r.pattern, r.place, err})
}
