//go:build cgo

package falcoalerts

import (
	"hash/maphash"
	"math/bits"
	"time"

	"github.com/falconer-go/falconer/enrich"
	"github.com/falconer-go/falconer/event"
)

// How counting works. A window of time remembers, for each rule, host and
// container, how many alerts there were in each sixteenth of the window, and
// when each member (a host of a rule, a rule of a host or container) was last
// seen. So a flood of alerts of the same kind takes no more memory, and pushes
// nothing else out, than one of them. The groups of a kind are bounded: the one
// that was seen longest ago makes room.
//
// Names are kept as hashes with a seed of this process: what is chosen in an
// alert cannot make two of them fall together.

const (
	steps      = 16 // of a window
	maxMembers = 64 // of a group
)

// tally is what the window says of a group as an alert comes.
type tally struct {
	count     uint64 // alerts, this one included
	members   uint64 // different ones, that of this alert included
	newMember bool   // it was not there before
	tactics   uint64 // of the members, that of this alert included
	newTactic bool
	drops     uint64 // events that Falco says it dropped
}

// correlation is what the window says as an alert comes. A group that an alert
// does not belong to is zero.
type correlation struct {
	rule, host, container tally
}

type window struct {
	length   time.Duration
	enricher *enrich.Enricher
	seed     maphash.Seed
	tactics  map[string]uint // by id, a bit each
	now      func() time.Time

	rules, hosts, containers groups
}

func newWindow(length time.Duration, remember int, n *enrich.Enricher) *window {
	w := &window{length: length, enricher: n, seed: maphash.MakeSeed(), tactics: make(map[string]uint), now: time.Now}
	for _, g := range []*groups{&w.rules, &w.hosts, &w.containers} {
		g.most, g.byKey = remember, make(map[uint64]*group)
	}
	return w
}

// add counts an alert and returns what there is then.
func (w *window) add(e *event.Event) (c correlation) {
	at := w.timeOf(e)
	host, rule := w.hash(e.Hostname), w.hash(e.Rule)
	g := w.rules.get(rule)
	g.count(&c.rule, at, w.length, 0)
	g.see(&c.rule, at, w.length, host, 0)
	internal := e.Internal() != nil
	if e.Hostname != "" {
		g := w.hosts.get(host)
		if internal {
			drops, _ := e.Fields.Get("n_drops").Uint()
			g.count(&c.host, at, w.length, drops)
			g.look(&c.host, at, w.length)
		} else {
			g.count(&c.host, at, w.length, 0)
			g.see(&c.host, at, w.length, rule, w.tactic(e))
		}
	}
	if id, _ := e.Fields.Get("container.id").Str(); id != "" && id != "host" && id != "<NA>" && !internal {
		// The same short id on two hosts is two containers.
		g := w.containers.get(bits.RotateLeft64(host, 1) ^ w.hash(id))
		g.count(&c.container, at, w.length, 0)
		g.see(&c.container, at, w.length, rule, w.tactic(e))
	}
	return c
}

// timeOf returns the time that an alert counts at, in nanoseconds. One from the
// future would make what is now look old, so it counts as of now, and so does one
// from so long ago that its nanoseconds overflow into the future.
func (w *window) timeOf(e *event.Event) int64 {
	if now := w.now(); e.Time.After(now.Add(w.length)) || e.Time.Year() < 1678 {
		return now.UnixNano()
	}
	return e.Time.UnixNano()
}

func (w *window) hash(s string) uint64 { return maphash.String(w.seed, s) }

// tactic returns the bit of the tactic that a rule counts for, or 0.
func (w *window) tactic(e *event.Event) uint64 {
	m := w.enricher.For(e)
	if len(m.Tactics) == 0 {
		return 0
	}
	id := m.Tactics[0].ID
	bit, ok := w.tactics[id]
	if !ok {
		if bit = uint(len(w.tactics)); bit >= 64 {
			return 0
		}
		w.tactics[id] = bit // there are some fifteen
	}
	return 1 << bit
}

// group is what is remembered of one rule, host or container.
type group struct {
	key          uint64
	newer, older *group // by when they were seen
	steps        [steps]step
	members      []member
}

type step struct {
	at           int64 // which one, from 1970
	count, drops uint64
}

type member struct {
	key    uint64
	last   int64  // when it was seen last, in nanoseconds
	tactic uint64 // a bit
}

// count adds an alert, and drops, and counts those in the window. One that is
// too late to have a place counts for itself.
func (g *group) count(t *tally, at int64, length time.Duration, drops uint64) {
	now := floorDiv(at, max(1, int64(length)/steps))
	s := &g.steps[uint64(now)%steps]
	switch {
	case s.at > now:
		t.count, t.drops = 1, drops
	case s.at < now:
		*s = step{at: now}
		fallthrough
	default:
		s.count++
		s.drops += drops
	}
	for i := range g.steps {
		if s := &g.steps[i]; s.at > now-steps && s.at < now+steps {
			t.count += s.count
			t.drops += s.drops
		}
	}
}

// see notes that a member was seen, and looks at those in the window.
func (g *group) see(t *tally, at int64, length time.Duration, key, tactic uint64) {
	before := g.look(t, at, length)
	m, known := g.member(key, at)
	t.newMember = !known || !near(m.last, at, length)
	m.last, m.tactic = max(m.last, at), tactic
	tactics := g.look(t, at, length)
	if !near(m.last, at, length) { // it was seen again since
		t.members++
		tactics |= tactic
	}
	t.tactics = uint64(bits.OnesCount64(tactics))
	t.newTactic = before&tactic != tactic
}

// member returns the member with a key, and whether it was there. Where there is
// no room, the one that was seen longest ago makes some.
func (g *group) member(key uint64, at int64) (m *member, known bool) {
	oldest := 0
	for i := range g.members {
		m := &g.members[i]
		if m.key == key {
			return m, true
		}
		if m.last < g.members[oldest].last {
			oldest = i
		}
	}
	if len(g.members) < maxMembers {
		g.members = append(g.members, member{})
		oldest = len(g.members) - 1
	}
	m = &g.members[oldest]
	*m = member{key: key, last: at}
	return m, false
}

// look counts the members in the window and returns their tactics.
func (g *group) look(t *tally, at int64, length time.Duration) (tactics uint64) {
	t.members = 0
	for i := range g.members {
		if m := &g.members[i]; near(m.last, at, length) {
			t.members++
			tactics |= m.tactic
		}
	}
	t.tactics = uint64(bits.OnesCount64(tactics))
	return tactics
}

// near reports whether two times are less than a window apart.
func near(a, b int64, length time.Duration) bool {
	return a-b < int64(length) && b-a < int64(length)
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// groups are those of a kind, in the order in which they were seen.
type groups struct {
	most           int
	byKey          map[uint64]*group
	newest, oldest *group
}

// get returns the group with a key, which is now the newest.
func (s *groups) get(key uint64) *group {
	g := s.byKey[key]
	switch {
	case g != nil && g == s.newest:
		return g
	case g != nil:
		s.unlink(g)
	case len(s.byKey) < s.most:
		g = &group{key: key}
		s.byKey[key] = g
	default:
		g = s.oldest
		s.unlink(g)
		delete(s.byKey, g.key)
		*g = group{key: key, members: g.members[:0]}
		s.byKey[key] = g
	}
	g.older = s.newest
	if s.newest != nil {
		s.newest.newer = g
	}
	s.newest = g
	if s.oldest == nil {
		s.oldest = g
	}
	return g
}

func (s *groups) unlink(g *group) {
	if g.newer != nil {
		g.newer.older = g.older
	} else {
		s.newest = g.older
	}
	if g.older != nil {
		g.older.newer = g.newer
	} else {
		s.oldest = g.newer
	}
	g.newer, g.older = nil, nil
}
