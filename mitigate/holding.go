package mitigate

import (
	"bytes"
	"cmp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/falconer-go/falconer/event"
	"github.com/falconer-go/falconer/rules/cond"
)

// generalKnowledge are the entries that are tried on every alert of a source, of
// which only the conditions are read; an entry is parsed when its condition first
// holds.
type generalKnowledge struct {
	readings []guarded // the weightiest first
	patterns []guarded
	urgency  []guarded
	set      *cond.Set         // their conditions, in this order
	fields   map[string]*entry // of kind field, by the field
}

// guarded is an entry with its condition.
type guarded struct {
	*entry
	guard  *condition
	weight int // of a reading
}

// holding are the entries of the general knowledge whose conditions hold for
// an alert.
type holding struct {
	readings []*readingEntry
	patterns []*patternEntry
	urgency  []*urgencyEntry
}

// holding evaluates all conditions at once: they share fields and checks.
func (g *generalKnowledge) holding(s *subject) holding {
	var room [64]int
	matches := g.set.AppendMatches(room[:0], s.e)
	h := holding{readings: make([]*readingEntry, 0, len(matches))}
	for _, i := range matches {
		if i < len(g.readings) {
			h.readings = appendHolding(h.readings, &g.readings[i], s)
			continue
		}
		if i -= len(g.readings); i < len(g.patterns) {
			h.patterns = appendHolding(h.patterns, &g.patterns[i], s)
			continue
		}
		h.urgency = appendHolding(h.urgency, &g.urgency[i-len(g.patterns)], s)
	}
	return h
}

// appendHolding appends the entry if the checks of computed values hold as well.
func appendHolding[T any](list []*T, g *guarded, s *subject) []*T {
	if !g.guard.computed(s) {
		return list
	}
	v, err := g.parse()
	if err != nil {
		return list // see find
	}
	return append(list, v.(*T))
}

// generalFor returns the general knowledge for alerts of a source. Readings name
// their sources on a line of their own, so those of other sources need not be
// read.
func (l *Library) generalFor(source string) *generalKnowledge {
	if g, ok := l.general.Load(source); ok {
		return g.(*generalKnowledge)
	}
	g := &generalKnowledge{patterns: l.guarded("pattern", source), urgency: l.guarded("urgency", source)}
	for _, r := range l.guarded("reading", source) {
		if slices.Contains(r.names("sources"), source) {
			r.weight, _ = strconv.Atoi(r.behind("weight"))
			g.readings = append(g.readings, r)
		}
	}
	if len(g.readings) == 0 && source != "" {
		// An alert can name any source: what nothing is known of shares one
		// entry.
		return l.generalFor("")
	}
	g.fields = make(map[string]*entry)
	for _, e := range l.sorted("field") {
		if of := sourceOfField(e.name); of == "" || of == source {
			g.fields[e.name] = e
		}
	}
	slices.SortStableFunc(g.readings, func(a, b guarded) int { return cmp.Compare(b.weight, a.weight) })
	var programs []*cond.Program
	for _, list := range [...][]guarded{g.readings, g.patterns, g.urgency} {
		for i := range list {
			programs = append(programs, list[i].guard.program)
		}
	}
	g.set = cond.NewSet(programs...)
	shared, _ := l.general.LoadOrStore(source, g)
	return shared.(*generalKnowledge)
}

// guarded returns the entries of a kind that have a condition that alerts of the
// source may fulfil; one without is a fault that check reports. To read all
// conditions is most of what the first plan costs, so all processors do.
func (l *Library) guarded(kind, source string) []guarded {
	entries := l.sorted(kind)
	if kind == "reading" {
		entries = slices.DeleteFunc(entries, func(e *entry) bool { return !bytes.Contains(e.text, []byte(source)) })
	}
	list := make([]guarded, len(entries))
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), maxReaders) {
		wg.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(entries) {
					return
				}
				c, err := parseCondition(entries[i].scalar("if"))
				if err == nil && c.text != "" && c.program.EvalFields(alertsOf(source)) != cond.False {
					list[i] = guarded{entry: entries[i], guard: c}
				}
			}
		})
	}
	wg.Wait()
	return slices.DeleteFunc(list, func(g guarded) bool { return g.guard == nil })
}

// maxReaders is how many goroutines read conditions at the same time.
const maxReaders = 4

// alertsOf stands for all alerts of a source: of what they never have it is known
// that it is not there, of the rest nothing.
type alertsOf string

// Field returns the field of every alert of the source.
func (source alertsOf) Field(name string) event.Value {
	if name == "alert.source" && source != "" {
		return (&event.Event{Source: string(source)}).Field(name)
	}
	family, _, _ := strings.Cut(name, ".")
	switch of := sourceOfFamily[family]; {
	case of != "" && of != string(source), ofSystemCalls[family] && isLog(string(source)):
		return null
	}
	return event.Value{}
}

// ofSystemCalls are families of fields that no log of a service has.
var ofSystemCalls = map[string]bool{"proc": true, "fd": true, "thread": true, "fs": true}

// isLog reports whether a source is a log that we know.
func isLog(source string) bool {
	for _, of := range sourceOfFamily {
		if of == source {
			return true
		}
	}
	return false
}

// null is a field that Falco found no value for.
var null = func() event.Value {
	e, err := event.Parse([]byte(`{"rule": "none", "priority": "Debug", "time": "2026-01-02T03:04:05Z", "output": "none", "output_fields": {"none": null}}`))
	if err != nil {
		panic(err)
	}
	return e.Field("none")
}()
