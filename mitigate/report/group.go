package report

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/falconer-go/falconer/enrich"
	"github.com/falconer-go/falconer/event"
)

// Defaults of [GroupOptions].
const (
	DefaultGap       = 15 * time.Minute
	DefaultMaxOpen   = 256
	DefaultMaxAlerts = 10_000
	DefaultMaxKept   = 50_000
)

// GroupOptions say what belongs to one incident, and how much is remembered.
type GroupOptions struct {
	// Gap is how long an incident may be silent and go on afterwards, by the
	// time of the alerts; 0 means [DefaultGap].
	Gap time.Duration

	// MaxOpen bounds the incidents that are open at a time; 0 means
	// [DefaultMaxOpen]. Beyond it the one that was silent longest is closed.
	MaxOpen int

	// MaxAlerts bounds the alerts of one incident; 0 means
	// [DefaultMaxAlerts]. An incident that reaches it is closed.
	MaxAlerts int

	// MaxKept bounds the alerts of all open incidents together; 0 means
	// [DefaultMaxKept]. Beyond it the incident that was silent longest is
	// closed.
	MaxKept int
}

// Grouper is an [event.Handler] that gathers the alerts of an incident and
// hands them on together when the incident has fallen silent. Alerts belong
// together if they share a container, a pod, a user, a cloud principal or its
// address, or, outside containers, a host; and an escape from a container joins
// it with its host.
//
// A Grouper goes by the time of the alerts, not by the clock: an incident is
// closed by a later alert, by a bound, or by Flush. It may be used by several
// goroutines at once. Done is called by the goroutine that closed the incident,
// and never by two at once.
type Grouper struct {
	o    GroupOptions
	done func(ctx context.Context, alerts []*event.Event) error

	mu    sync.Mutex
	open  []*group
	owner map[entity]*group // the open incident that an entity belongs to
	last  time.Time         // of the latest alert
	due   time.Time         // no open incident can have fallen silent before
	kept  int               // alerts of all open incidents
}

// group is an open incident.
type group struct {
	alerts []*event.Event
	keys   []entity
	last   time.Time
}

// NewGrouper returns a Grouper that calls done with the alerts of each incident,
// in the order of their times. The error of done is returned by the HandleEvent
// or Flush that closed the incident. The alerts are done's to keep; it must not
// call the Grouper.
func NewGrouper(o GroupOptions, done func(ctx context.Context, alerts []*event.Event) error) *Grouper {
	if done == nil {
		panic("report: NewGrouper with a nil function")
	}
	o.Gap = cmp.Or(o.Gap, DefaultGap)
	o.MaxOpen = cmp.Or(o.MaxOpen, DefaultMaxOpen)
	o.MaxAlerts = cmp.Or(o.MaxAlerts, DefaultMaxAlerts)
	o.MaxKept = cmp.Or(o.MaxKept, DefaultMaxKept)
	return &Grouper{o: o, done: done, owner: make(map[entity]*group)}
}

// HandleEvent adds e to the incident it belongs to, and closes those that have
// fallen silent.
func (g *Grouper) HandleEvent(ctx context.Context, e *event.Event) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if e.Time.After(g.last) {
		g.last = e.Time
	}
	var closed []*group
	if len(g.open) > 0 && g.last.After(g.due) {
		closed = g.take(func(x *group) bool { return g.last.Sub(x.last) > g.o.Gap })
		if len(g.open) > 0 {
			g.due = g.quietest().last.Add(g.o.Gap)
		}
	}
	into := g.add(e)
	if len(into.alerts) >= g.o.MaxAlerts {
		closed = append(closed, g.take(func(x *group) bool { return x == into })...)
	}
	for len(g.open) > 0 && (len(g.open) > g.o.MaxOpen || g.kept > g.o.MaxKept) {
		oldest := g.quietest()
		closed = append(closed, g.take(func(x *group) bool { return x == oldest })...)
	}
	return g.close(ctx, closed)
}

// quietest returns the open incident that was silent longest.
func (g *Grouper) quietest() *group {
	return slices.MinFunc(g.open, func(a, b *group) int { return a.last.Compare(b.last) })
}

// take removes the open incidents that which chooses, and returns them.
func (g *Grouper) take(which func(*group) bool) []*group {
	var taken []*group
	g.open = slices.DeleteFunc(g.open, func(x *group) bool {
		if !which(x) {
			return false
		}
		taken = append(taken, x)
		g.kept -= len(x.alerts)
		for _, k := range x.keys {
			delete(g.owner, k)
		}
		return true
	})
	return taken
}

// Flush closes every open incident.
func (g *Grouper) Flush(ctx context.Context) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.close(ctx, g.take(func(*group) bool { return true }))
}

func (g *Grouper) close(ctx context.Context, closed []*group) error {
	var errs []error
	slices.SortStableFunc(closed, func(a, b *group) int { return a.alerts[0].Time.Compare(b.alerts[0].Time) })
	for _, x := range closed {
		slices.SortStableFunc(x.alerts, func(a, b *event.Event) int { return a.Time.Compare(b.Time) })
		errs = append(errs, g.done(ctx, x.alerts))
	}
	return errors.Join(errs...)
}

// add puts e into the one group it belongs to, joining groups that e shows to
// be one.
func (g *Grouper) add(e *event.Event) *group {
	keys := entitiesOf(e)
	if escapes(e) && e.Hostname != "" {
		keys = append(keys, entity{"host", e.Hostname})
	}
	var into *group
	for _, k := range keys {
		x := g.owner[k]
		switch {
		case x == nil || x == into:
		case into == nil:
			into = x
		default:
			into.alerts = append(into.alerts, x.alerts...)
			into.keys = append(into.keys, x.keys...)
			if x.last.After(into.last) {
				into.last = x.last
			}
			for _, k := range x.keys {
				g.owner[k] = into
			}
			g.open = slices.DeleteFunc(g.open, func(y *group) bool { return y == x })
		}
	}
	if into == nil {
		into = &group{last: e.Time}
		if silent := e.Time.Add(g.o.Gap); len(g.open) == 0 || silent.Before(g.due) {
			g.due = silent
		}
		g.open = append(g.open, into)
	}
	into.alerts = append(into.alerts, e)
	g.kept++
	for _, k := range keys {
		if g.owner[k] != into {
			g.owner[k] = into
			into.keys = append(into.keys, k)
		}
	}
	if e.Time.After(into.last) {
		into.last = e.Time
	}
	return into
}

// escapeToHost is the ATT&CK technique of leaving a container for its host.
const escapeToHost = "T1611"

func escapes(e *event.Event) bool {
	_, ok := enrich.For(e).Technique(escapeToHost)
	return ok
}

// Group returns the incidents in a list of alerts, each in the order of its
// alerts' times, as a [Grouper] finds them.
func Group(alerts []*event.Event, o GroupOptions) [][]*event.Event {
	o.MaxOpen, o.MaxAlerts, o.MaxKept = max(len(alerts), 1), len(alerts)+1, len(alerts)+1
	var list [][]*event.Event
	g := NewGrouper(o, func(_ context.Context, alerts []*event.Event) error {
		list = append(list, alerts)
		return nil
	})
	sorted := slices.Clone(alerts)
	slices.SortStableFunc(sorted, func(a, b *event.Event) int { return a.Time.Compare(b.Time) })
	ctx := context.Background()
	for _, e := range sorted {
		g.HandleEvent(ctx, e) // the function above never fails
	}
	g.Flush(ctx)
	slices.SortStableFunc(list, func(a, b []*event.Event) int { return a[0].Time.Compare(b[0].Time) })
	return list
}
