//go:build cgo

package falcoalerts

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/falconer-go/falconer/enrich"
	"github.com/falconer-go/falconer/event"
	"github.com/falconer-go/falconer/event/eventtest"
)

var start = time.Date(2026, 3, 2, 9, 15, 0, 0, time.UTC)

// tagged returns an alert of a rule that is mapped to a tactic.
func tagged(rule, tactic, host string, at time.Duration) eventtest.Builder {
	b := eventtest.New(rule).Host(host).Time(start.Add(at))
	if tactic != "" {
		b = b.Tags("mitre_" + tactic)
	}
	return b
}

func TestWindow(t *testing.T) {
	w := newWindow(5*time.Minute, 100, new(enrich.Enricher))
	// An alert from the future counts now, and takes the place of what a step had
	// one or more windows before: here of one that nothing fell into.
	w.now = func() time.Time { return start.Add(100*5*time.Minute + 4*time.Minute) }
	for i, tt := range []struct {
		alert *event.Event
		want  correlation
	}{
		{tagged("A", "execution", "h1", 0).Event(), correlation{
			rule: tally{count: 1, members: 1, newMember: true},
			host: tally{count: 1, members: 1, newMember: true, tactics: 1, newTactic: true}}},
		{tagged("A", "execution", "h1", time.Second).Event(), correlation{
			rule: tally{count: 2, members: 1},
			host: tally{count: 2, members: 1, tactics: 1}}},
		{tagged("A", "execution", "h2", time.Minute).Event(), correlation{
			rule: tally{count: 3, members: 2, newMember: true},
			host: tally{count: 1, members: 1, newMember: true, tactics: 1, newTactic: true}}},
		// Another rule of the same tactic, in a container.
		{tagged("B", "execution", "h1", 2*time.Minute).Field("container.id", "3ad7b26ded6d").Event(), correlation{
			rule:      tally{count: 1, members: 1, newMember: true},
			host:      tally{count: 3, members: 2, newMember: true, tactics: 1},
			container: tally{count: 1, members: 1, newMember: true, tactics: 1, newTactic: true}}},
		{tagged("C", "persistence", "h1", 2*time.Minute).Field("container.id", "3ad7b26ded6d").Event(), correlation{
			rule:      tally{count: 1, members: 1, newMember: true},
			host:      tally{count: 4, members: 3, newMember: true, tactics: 2, newTactic: true},
			container: tally{count: 2, members: 2, newMember: true, tactics: 2, newTactic: true}}},
		// The same id on another host is another container; host is none.
		{tagged("C", "persistence", "h3", 2*time.Minute).Field("container.id", "3ad7b26ded6d").Event(), correlation{
			rule:      tally{count: 2, members: 2, newMember: true},
			host:      tally{count: 1, members: 1, newMember: true, tactics: 1, newTactic: true},
			container: tally{count: 1, members: 1, newMember: true, tactics: 1, newTactic: true}}},
		{tagged("D", "", "h4", 2*time.Minute).Field("container.id", "host").Event(), correlation{
			rule: tally{count: 1, members: 1, newMember: true},
			host: tally{count: 1, members: 1, newMember: true}}},
		// Falco's own words are none of the rules of a host.
		{tagged("Falco internal: syscall event drop", "", "h1", 3*time.Minute).Source("internal").Field("n_drops", 25).Event(), correlation{
			rule: tally{count: 1, members: 1, newMember: true},
			host: tally{count: 5, members: 3, tactics: 2, drops: 25}}},
		// After the window, A is new on h1 again, and so is its tactic.
		{tagged("A", "execution", "h1", 7*time.Minute+time.Second).Event(), correlation{
			rule: tally{count: 1, members: 1, newMember: true},
			host: tally{count: 2, members: 1, newMember: true, tactics: 1, newTactic: true, drops: 25}}},
		// One that comes late counts with what is near it.
		{tagged("A", "execution", "h2", 3*time.Minute).Event(), correlation{
			rule: tally{count: 5, members: 2},
			host: tally{count: 2, members: 1, tactics: 1}}},
		// A clock that is wrong, either way, moves nothing but itself. The second
		// one is too late to have a place.
		{tagged("A", "execution", "h5", 1e6*time.Minute).Event(), correlation{
			rule: tally{count: 1, members: 1, newMember: true},
			host: tally{count: 1, members: 1, newMember: true, tactics: 1, newTactic: true}}},
		{tagged("A", "execution", "h2", -1e6*time.Minute).Event(), correlation{
			rule: tally{count: 1, members: 1, newMember: true},
			host: tally{count: 1, members: 1, newMember: true, tactics: 1, newTactic: true}}},
		{tagged("A", "execution", "", 3*time.Minute).Event(), correlation{
			rule: tally{count: 6, members: 3, newMember: true}}},
	} {
		if got := w.add(tt.alert); got != tt.want {
			t.Errorf("alert %d: %+v, want %+v", i, got, tt.want)
		}
	}
}

// Against a list of all alerts.
func TestWindowModel(t *testing.T) {
	const length = 16 * time.Minute // so that a step is a minute
	r := rand.New(rand.NewPCG(1, 2))
	w := newWindow(length, 1000, new(enrich.Enricher))
	type seen struct {
		rule, host string
		at         time.Duration
	}
	var all []seen
	at := time.Duration(0)
	for range 5000 {
		at += time.Duration(r.IntN(40)) * time.Second
		a := seen{fmt.Sprintf("rule %d", r.IntN(30)), fmt.Sprintf("host %d", r.IntN(20)), at}
		all = append(all, a)
		got := w.add(tagged(a.rule, "", a.host, a.at).Event())
		hosts, rules := map[string]bool{}, map[string]bool{}
		count, isNew := uint64(0), true
		for i, b := range all {
			if b.rule == a.rule && b.at/time.Minute > a.at/time.Minute-16 {
				count++
			}
			if a.at-b.at < length {
				if b.rule == a.rule {
					hosts[b.host] = true
					isNew = isNew && (b.host != a.host || i == len(all)-1)
				}
				if b.host == a.host {
					rules[b.rule] = true
				}
			}
		}
		if got.rule.count != count || got.rule.members != uint64(len(hosts)) || got.rule.newMember != isNew || got.host.members != uint64(len(rules)) {
			t.Fatalf("after %v: %+v, want %d alerts, %d hosts, new %t, %d rules", a, got, count, len(hosts), isNew, len(rules))
		}
	}
}

// What is remembered is bounded, and what is forgotten is what is oldest.
func TestWindowBounds(t *testing.T) {
	w := newWindow(time.Hour, 10, new(enrich.Enricher))
	for i := range 1000 {
		c := w.add(tagged(fmt.Sprintf("rule %d", i), "", "h", time.Duration(i)).Field("container.id", fmt.Sprintf("c%d", i)).Event())
		w.add(tagged("busy", "", fmt.Sprintf("host %d", i), time.Duration(i)).Event())
		if want := uint64(min(i+1+min(i, 0), maxMembers)); c.host.members != want && i < 60 {
			t.Errorf("%d rules, want %d", c.host.members, want)
		}
	}
	if len(w.rules.byKey) != 10 || len(w.hosts.byKey) != 10 || len(w.containers.byKey) != 10 {
		t.Errorf("%d rules, %d hosts, %d containers", len(w.rules.byKey), len(w.hosts.byKey), len(w.containers.byKey))
	}
	c := w.add(tagged("busy", "", "h", time.Second).Event())
	if c.rule.count != 1001 || c.rule.members != maxMembers || !c.rule.newMember {
		t.Errorf("%+v", c.rule)
	}
	if c := w.add(tagged("rule 0", "", "h", time.Second).Event()); c.rule.count != 1 {
		t.Errorf("%+v of a rule that was forgotten", c.rule)
	}
	n := 0
	for g := w.rules.newest; g != nil; g = g.older {
		n++
	}
	for g := w.rules.oldest; g != nil; g = g.newer {
		n++
	}
	if n != 20 {
		t.Errorf("the list has %d of 20 links", n)
	}
}

func TestWindowAllocs(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	w := newWindow(time.Hour, 10, new(enrich.Enricher))
	var alerts []*event.Event
	for i := range 100 {
		alerts = append(alerts, tagged(fmt.Sprintf("rule %d", i), "execution", fmt.Sprintf("host %d", i%30), time.Duration(i)).Field("container.id", fmt.Sprint(i%7)).Event())
	}
	buf := make([]byte, 0, 4096)
	pass := func() {
		for _, e := range alerts {
			c := w.add(e)
			buf = appendEvent(buf[:0], e, &c, w.length, 0)
		}
	}
	pass()
	if n := testing.AllocsPerRun(10, pass); n > 0 {
		t.Errorf("%v allocations for 100 alerts", n)
	}
}
