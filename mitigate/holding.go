package mitigate

import (
	"bytes"
	"cmp"
	"runtime"
	"slices"
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
	readings []guarded
	patterns []guarded
	urgency  []guarded
	set      *cond.Set         // their conditions, in this order
	ruled    []ruled           // those whose conditions ask for the rule
	byRule   sync.Map          // of []*guarded that may hold, by the rule; "" for rules that are not known
	fields   map[string]*entry // of kind field, by the field
}

// guarded is an entry with its condition.
type guarded struct {
	*entry
	guard *condition
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
	h := holding{readings: make([]*readingEntry, 0, len(matches)+4)}
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
	for _, r := range g.ofRule(s) {
		if !r.guard.program.Match(s.e) {
			continue
		}
		switch r.kind {
		case "reading":
			h.readings = appendHolding(h.readings, r, s)
		case "pattern":
			h.patterns = appendHolding(h.patterns, r, s)
		default:
			h.urgency = appendHolding(h.urgency, r, s)
		}
	}
	slices.SortStableFunc(h.readings, func(a, b *readingEntry) int {
		return cmp.Or(cmp.Compare(b.Weight, a.Weight), cmp.Compare(a.Reading, b.Reading))
	})
	slices.SortStableFunc(h.patterns, func(a, b *patternEntry) int { return cmp.Compare(a.Pattern, b.Pattern) })
	slices.SortStableFunc(h.urgency, func(a, b *urgencyEntry) int { return cmp.Compare(a.Urgency, b.Urgency) })
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
	if source != "" && !l.sources()[source] {
		// An alert can name any source: what nothing is known of shares one
		// entry.
		return l.generalFor("")
	}
	readings := slices.DeleteFunc(l.sorted("reading"), func(e *entry) bool {
		return !bytes.Contains(e.text, []byte(source)) || !slices.Contains(e.names("sources"), source)
	})
	g := new(generalKnowledge)
	g.readings = g.guarded(readings, source)
	g.patterns = g.guarded(l.sorted("pattern"), source)
	g.urgency = g.guarded(l.sorted("urgency"), source)
	g.fields = make(map[string]*entry)
	for _, e := range l.sorted("field") {
		if of := sourceOfField(e.name); of == "" || of == source {
			g.fields[e.name] = e
		}
	}
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

// sourcesOf returns the sources that readings are for.
func sourcesOf(l *Library) map[string]bool {
	known := make(map[string]bool)
	for _, e := range l.byKind()["reading"] {
		for _, source := range e.names("sources") {
			known[source] = true
		}
	}
	return known
}

// guarded returns the entries that have a condition that alerts of the source may
// fulfil; one without is a fault that check reports. Those that ask for the rule
// wait in g.ruled. To read all conditions is most of what the first plan costs, so
// all processors do.
func (g *generalKnowledge) guarded(entries []*entry, source string) []guarded {
	list, texts := make([]guarded, len(entries)), make([]string, len(entries))
	inParallel(len(entries), func(i int) {
		list[i].entry, texts[i] = entries[i], entries[i].scalar("if")
		if !strings.Contains(texts[i], "alert.rule") {
			list[i].guard = guardOf(texts[i], source)
		}
	})
	for i, e := range entries {
		if strings.Contains(texts[i], "alert.rule") {
			g.ruled = append(g.ruled, newRuled(e, texts[i], source))
		}
	}
	return slices.DeleteFunc(list, func(g guarded) bool { return g.guard == nil })
}

// guardOf reads a condition. It is nil for one that does not parse, or that no
// alert of the source fulfils.
func guardOf(text, source string) *condition {
	if text == "" {
		return nil
	}
	c, err := parseCondition(text)
	if err != nil || c.program.EvalFields(alertsOf(source)) == cond.False {
		return nil
	}
	return c
}

// maxReaders is how many goroutines read knowledge at the same time.
const maxReaders = 4

// inParallel calls do with 0 to n-1 and returns when all calls have.
func inParallel(n int, do func(i int)) {
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), maxReaders) {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				do(i)
			}
		})
	}
	wg.Wait()
}

// alertsOf stands for all alerts of a source: of what they never have it is known
// that it is not there, of the rest nothing.
type alertsOf string

// Field returns the field of every alert of the source.
func (source alertsOf) Field(name string) event.Value {
	if name == "alert.source" && source != "" {
		return (&event.Event{Source: string(source)}).Field(name)
	}
	family, _, _ := strings.Cut(name, ".")
	if of := sourceOfField(name); of != "" && of != string(source) || ofSystemCalls[family] && isLog(string(source)) {
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
