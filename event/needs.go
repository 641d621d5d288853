package event

import "strings"

// Needer is a [Matcher] that can say which alerts it can possibly match, so
// that a [Mux] need not ask it about the others. A Mux reads Needs once, at
// registration.
type Needer interface {
	Matcher
	Needs() Needs
}

// Needs are the facts about an alert without which a matcher cannot match: for
// every alert that it matches, each [Need] holds. The nil Needs claims nothing.
//
// Needs may claim less than the matcher knows, never more: an alert that does
// not meet them is not shown to the matcher at all.
type Needs []Need

// Need is a choice of keys: it holds for an alert if at least one of its keys
// does. The empty Need never holds, so a matcher that has it matches nothing.
type Need []Key

// Key is a fact that a [Mux] can look up instead of asking a matcher: a field
// of the alert has, or begins with, a certain text.
//
// A key compares [Value.Text], byte for byte, so a matcher that compares in
// another way (numbers by value, letters in any case) must not claim it. It
// never holds for a field that is absent or null. It always holds for a field
// whose value is an array or object, so claims about a list are safe, though
// they do not narrow; alert.tags alone is looked up tag by tag. Of the alert's
// own fields alert.rule, alert.priority, alert.source, alert.hostname and
// alert.tags are looked up; a key on another one claims nothing. A field that
// is derived from others is not one that the alert has under its name, so it
// cannot be claimed.
type Key struct {
	Field  string // a name as [Event.Field] takes it: proc.name, alert.rule, alert.tags, ...
	Text   string
	Prefix bool // the field's text begins with Text, instead of being it
}

// AnyNeeds returns what a matcher needs that matches where any of several
// does: the most selective Need of each, as one choice. Without arguments that
// is what a matcher needs that matches nothing.
func AnyNeeds(each ...Needs) Needs {
	choice := Need{}
	for _, n := range each {
		best, ok := n.best()
		if !ok {
			return nil
		}
		choice = append(choice, best...)
	}
	return Needs{choice}
}

// AllNeeds returns what a matcher needs that matches where each of several
// does.
func AllNeeds(each ...Needs) Needs {
	var all Needs
	for _, n := range each {
		all = append(all, n...)
	}
	return all
}

// PriorityNeeds returns what a matcher needs that matches only alerts whose
// priority lies between most and least, both included.
func PriorityNeeds(most, least Priority) Needs {
	if most == Emergency && least >= Debug {
		return nil
	}
	choice := Need{}
	for p := most; p <= least && p <= Debug; p++ {
		choice = append(choice, Key{Field: "alert.priority", Text: p.String()})
	}
	return Needs{choice}
}

// Met reports whether e meets n. For every alert that a [Needer] matches, its
// Needs are met; a test of one's own matcher can hold it to that.
func (n Needs) Met(e *Event) bool {
	for _, need := range n {
		if !need.met(e) {
			return false
		}
	}
	return true
}

func (n Need) met(e *Event) bool {
	for _, k := range n {
		if k.met(e) {
			return true
		}
	}
	return false
}

func (k Key) met(e *Event) bool {
	if !k.lookable() {
		return true
	}
	switch k.Field {
	case "alert.rule":
		return k.meets(e.Rule)
	case "alert.source":
		return k.meets(e.Source)
	case "alert.hostname":
		return k.meets(e.Hostname)
	case "alert.priority":
		return e.Priority > Debug || k.meets(e.Priority.String())
	case "alert.tags":
		for _, tag := range e.Tags {
			if k.meets(tag) {
				return true
			}
		}
		return false
	}
	v := e.Fields.Get(k.Field)
	switch v.Kind() {
	case Absent, Null:
		return false
	case Array, Object:
		return true
	}
	return k.meets(v.Text())
}

func (k Key) meets(text string) bool {
	if k.Prefix {
		return strings.HasPrefix(text, k.Text)
	}
	return text == k.Text
}

// lookable reports whether the index has a place for k. The other fields of
// the alert itself differ from alert to alert or are made on demand, and an
// empty prefix tells nothing apart.
func (k Key) lookable() bool {
	if k.Prefix && k.Text == "" {
		return false
	}
	switch k.Field {
	case "alert.rule", "alert.source", "alert.hostname", "alert.priority", "alert.tags":
		return true
	}
	return !strings.HasPrefix(k.Field, "alert.")
}

// cost estimates how many of a thousand alerts k lets through. What counts is
// the order: a rule's name tells most, a priority least.
func (k Key) cost() int {
	cost := 20 // a field's value
	switch k.Field {
	case "alert.rule":
		cost = 5
	case "alert.hostname":
		cost = 30
	case "alert.tags":
		cost = 60
	case "alert.source":
		cost = 200
	case "alert.priority":
		cost = 250
	}
	if k.Prefix {
		cost *= 4
	}
	return cost
}

// best returns the Need that lets the fewest alerts through, if there is one
// that the index has a place for.
func (n Needs) best() (best Need, ok bool) {
	least := 0
	for _, need := range n {
		cost, lookable := 0, true
		for _, k := range need {
			cost += k.cost()
			lookable = lookable && k.lookable()
		}
		if lookable && (!ok || cost < least) {
			best, least, ok = need, cost, true
		}
	}
	return best, ok
}
