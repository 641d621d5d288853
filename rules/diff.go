package rules

import (
	"iter"
	"slices"

	"github.com/falconer-go/falconer/event"
	"github.com/falconer-go/falconer/rules/cond"
)

// Change is what becomes of one recorded alert under other rules.
type Change struct {
	Alert *event.Event
	Rule  string // the rule that it is about: the alert's own, or one that newly holds
	Kind  ChangeKind

	// Fields are, for an Unsure change, the fields that would decide it and
	// that the alert does not have.
	Fields []string
}

// ChangeKind is what happens to an alert.
type ChangeKind uint8

// The kinds of [Change].
const (
	// Vanishes: its rule made the alert and no longer does.
	Vanishes ChangeKind = iota
	// Appears: a rule holds for the event that did not before.
	Appears
	// Changes: the alert stays, with another priority, other tags, or another
	// output.
	Changes
	// Unsure: it depends on a field that the alert does not have.
	Unsure
)

func (k ChangeKind) String() string {
	switch k {
	case Vanishes:
		return "vanishes"
	case Appears:
		return "appears"
	case Changes:
		return "changes"
	}
	return "unknown"
}

// Diff replays recorded alerts under edited rules and yields what changes: the
// alerts that would vanish, those that other rules would raise, those that
// would look different, and those of which that cannot be told, because a
// field that decides it is not in the alert. What stays the same is not
// yielded.
//
// A recorded alert was made, whatever its fields can show of that: where its
// own rule did not change at all, nothing is unsure about it. Falco's alerts
// about itself, and those of rules that neither set has, stay.
func Diff(before, after *Set, alerts iter.Seq[*event.Event]) iter.Seq[Change] {
	return func(yield func(Change) bool) {
		d := differ{before: before, after: after, same: make(map[*Rule]bool)}
		d.pair()
		for e := range alerts {
			for _, c := range d.alert(e) {
				if !yield(c) {
					return
				}
			}
		}
	}
}

// differ compares two sets rule by rule, once.
type differ struct {
	before, after *Set
	same          map[*Rule]bool // rules of after whose verdicts cannot differ from before
}

func (d *differ) pair() {
	for _, r := range d.after.rules {
		old := d.before.byName[r.Name]
		if old != nil && old.Enabled == r.Enabled && old.Source == r.Source && cond.Equal(old.Condition, r.Condition) {
			d.same[r] = true
		}
	}
}

func (d *differ) alert(e *event.Event) []Change {
	var list []Change
	was := d.before.byName[e.Rule]
	if was != nil {
		if c, ok := d.own(e, was); ok {
			list = append(list, c)
		}
	}
	for _, r := range d.after.rules {
		if r.Name == e.Rule || d.same[r] {
			continue
		}
		old := cond.False
		if o := d.before.byName[r.Name]; o != nil {
			old = o.Eval(e)
		}
		switch now := r.Eval(e); {
		case now == cond.True && old == cond.False:
			list = append(list, Change{Alert: e, Rule: r.Name, Kind: Appears})
		case now == cond.Unknown && old == cond.False:
			list = append(list, Change{Alert: e, Rule: r.Name, Kind: Unsure, Fields: missing(r, e)})
		}
	}
	return list
}

// own is what becomes of an alert under its own rule.
func (d *differ) own(e *event.Event, was *Rule) (Change, bool) {
	c := Change{Alert: e, Rule: e.Rule}
	now := d.after.byName[e.Rule]
	if now == nil || !now.Enabled {
		c.Kind = Vanishes
		return c, was.Enabled
	}
	if !d.same[now] {
		switch now.Eval(e) {
		case cond.False:
			c.Kind = Vanishes
			return c, true
		case cond.Unknown:
			// What the rule asked before it asks no more strictly now, and what
			// it asks besides holds: then the alert stays.
			if !d.stays(e, was, now) {
				c.Kind, c.Fields = Unsure, missing(now, e)
				return c, true
			}
		}
	}
	if was.Priority != now.Priority || was.compiledOutput != now.compiledOutput || !slices.Equal(was.Tags, now.Tags) {
		c.Kind = Changes
		return c, true
	}
	return c, false
}

// stays reports whether the rule surely still holds for an alert that it made,
// though it looks at fields that the alert does not have: every part of the
// new condition was a part of the old one, or holds.
func (d *differ) stays(e *event.Event, was, now *Rule) bool {
	held := conjuncts(was.Condition)
parts:
	for _, part := range conjuncts(now.Condition) {
		for _, h := range held {
			if cond.Equal(h, part) {
				continue parts
			}
		}
		p, _, err := d.after.engine.compile(part, now.Source)
		if err != nil || p.Eval(e) != cond.True {
			return false
		}
	}
	return true
}

// missing are the fields of a rule that an alert does not have.
func missing(r *Rule, e *event.Event) []string {
	var names []string
	for _, name := range r.Program.Fields() {
		if e.Field(name).Kind() == event.Absent {
			names = append(names, name)
		}
	}
	return names
}
