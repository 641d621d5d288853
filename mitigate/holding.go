package mitigate

import (
	"cmp"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/falconer-go/falconer/event"
	"github.com/falconer-go/falconer/rules/cond"
)

// generalKnowledge are the entries that are tried on every alert of a source, of
// which only the conditions are read; an entry is parsed when its condition first
// holds.
type generalKnowledge struct {
	guards []guarded         // readings, situations, patterns and urgencies
	fields map[string]*entry // of kind field, by the field
	source string

	alerts  atomic.Int32            // that were seen before it was settled
	settled atomic.Pointer[settled] // nil before
}

// settled are the guards that alerts of a source may fulfil, and their conditions as
// a set, in the same order.
type settled struct {
	guards []*guarded
	set    *cond.Set
}

// manyAlerts is how many alerts of a source make it worth while to compile all
// conditions and to build the set of them.
const manyAlerts = 256

// holding are the entries of the general knowledge whose conditions hold for
// an alert.
type holding struct {
	readings  []*readingEntry
	situation *situationEntry // the heaviest; nil if there is none
	patterns  []*patternEntry
	urgency   []*urgencyEntry
}

// holding evaluates all conditions. After many alerts it does so at once: they share
// fields and checks.
func (g *generalKnowledge) holding(s *subject) holding {
	h := holding{readings: make([]*readingEntry, 0, 12)}
	if all := g.settle(); all != nil {
		var room [64]int
		for _, i := range all.set.AppendMatches(room[:0], s.e) {
			h.add(all.guards[i], s)
		}
	} else {
		for _, x := range g.oneByOne(s) {
			h.add(x, s)
		}
	}
	slices.SortStableFunc(h.readings, func(a, b *readingEntry) int {
		return cmp.Or(cmp.Compare(b.Weight, a.Weight), cmp.Compare(a.Reading, b.Reading))
	})
	return h
}

// oneByOne returns the guards whose conditions hold but for their checks of computed
// values.
func (g *generalKnowledge) oneByOne(s *subject) []*guarded {
	list := make([]*guarded, 0, len(g.guards)/2)
	for i := range g.guards {
		if x := &g.guards[i]; x.mayHold(s.e) {
			list = append(list, x)
		}
	}
	holds := make([]bool, len(list))
	inParallel(len(list)+1, func(i int) {
		if i < len(list) {
			holds[i] = list[i].holds(s.e)
		} else {
			find[ruleEntry](s.l, "rule", s.e.Rule) // the plan needs it next
		}
	})
	n := 0
	for i, x := range list {
		if holds[i] {
			list[n] = x
			n++
		}
	}
	return list[:n]
}

// add adds an entry whose condition holds, if the checks of computed values hold as
// well.
func (h *holding) add(g *guarded, s *subject) {
	if !g.guard.computed(s) {
		return
	}
	v, err := g.parse()
	if err != nil {
		return // see find
	}
	switch v := v.(type) {
	case *readingEntry:
		h.readings = append(h.readings, v)
	case *situationEntry:
		if other := h.situation; other == nil || cmp.Or(cmp.Compare(v.Weight, other.Weight), cmp.Compare(other.Situation, v.Situation)) > 0 {
			h.situation = v
		}
	case *patternEntry:
		h.patterns = append(h.patterns, v)
	case *urgencyEntry:
		h.urgency = append(h.urgency, v)
	}
}

// settle counts an alert, and returns nil as long as there were few. One goroutine
// builds the set while the others go on without.
func (g *generalKnowledge) settle() *settled {
	if all := g.settled.Load(); all != nil {
		return all
	}
	if g.alerts.Load() > manyAlerts || g.alerts.Add(1) != manyAlerts {
		return nil
	}
	return g.build()
}

// build builds the set.
func (g *generalKnowledge) build() *settled {
	possible := make([]bool, len(g.guards))
	inParallel(len(g.guards), func(i int) { possible[i] = g.guards[i].guard.possible(g.source) })
	all := new(settled)
	var programs []*cond.Program
	for i := range g.guards {
		if possible[i] {
			all.guards = append(all.guards, &g.guards[i])
			programs = append(programs, g.guards[i].guard.program)
		}
	}
	all.set = cond.NewSet(programs...)
	g.settled.Store(all)
	return all
}

// generalFor returns the general knowledge for alerts of a source.
func (l *Library) generalFor(source string) *generalKnowledge {
	if g, ok := l.general.Load(source); ok {
		return g.(*generalKnowledge)
	}
	readings := l.readings()[source]
	if source != "" && readings == nil && l.situations()[source] == nil {
		// An alert can name any source: what nothing is known of shares one
		// entry.
		return l.generalFor("")
	}
	entries := slices.Concat(readings, l.situations()[source], l.byKind()["pattern"], l.byKind()["urgency"])
	g := &generalKnowledge{source: source, guards: make([]guarded, len(entries)), fields: make(map[string]*entry)}
	inParallel(len(entries)+len(always), func(i int) {
		if i < len(entries) {
			g.guards[i] = newGuarded(entries[i])
		} else {
			find[phraseEntry](l, "phrase", always[i-len(entries)])
		}
	})
	for _, e := range l.byKind()["field"] {
		if of := sourceOfField(e.name); of == "" || of == source {
			g.fields[e.name] = e
		}
	}
	shared, _ := l.general.LoadOrStore(source, g)
	return shared.(*generalKnowledge)
}

// always are the long phrases that every plan needs.
var always = [...]string{"ask", "caution"}

// bySource returns the entries for each source. They name their sources on a line of
// their own, so no other need be read.
func bySource(entries []*entry) map[string][]*entry {
	sources := make([][]string, len(entries))
	inParallel(len(entries), func(i int) { sources[i] = entries[i].names("sources") })
	of := make(map[string][]*entry)
	for i, e := range entries {
		for _, source := range sources[i] {
			of[source] = append(of[source], e)
		}
	}
	return of
}

// possible reports whether alerts of the source can fulfil the condition.
func (c *condition) possible(source string) bool {
	return c.text != "" && c.compile() == nil && c.program.EvalFields(alertsOf(source)) != cond.False
}

// alertsOf stands for all alerts of a source: of what they never have it is known
// that it is not there, of the rest nothing.
type alertsOf string

// Field returns the field of every alert of the source.
func (source alertsOf) Field(name string) event.Value {
	if name == "alert.source" && source != "" {
		return (&event.Event{Source: string(source)}).Field(name)
	}
	if isForeign(name, string(source)) {
		return null
	}
	return event.Value{}
}

// isForeign reports whether alerts of the source never have the field.
func isForeign(name, source string) bool {
	if of := sourceOfField(name); of != "" {
		return of != source
	}
	switch family, _, _ := strings.Cut(name, "."); family {
	case "proc", "fd", "thread", "fs": // no log of a service has them
		return isLog(source)
	}
	return false
}

// isLog reports whether a source is a log that we know.
func isLog(source string) bool {
	switch source {
	case "k8s_audit", "aws_cloudtrail", "gcp_auditlog", "okta", "github":
		return true
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
