package event

import (
	"fmt"
	"strconv"
	"strings"
)

// Matcher decides whether an alert is for a handler. Match may be called by
// several goroutines at once, must not change e, and must give the same answer
// for the same alert.
//
// The matchers of this package say what they need (see [Needer]) and print as
// what they match (see [fmt.Stringer]); those of other packages should do so
// too, since a [Mux] names a handler's pattern in errors.
type Matcher interface {
	Match(e *Event) bool
}

// MatcherFunc is a function as a [Matcher]. It claims no needs, so a [Mux] asks
// it about every alert.
type MatcherFunc func(e *Event) bool

// Match calls f.
func (f MatcherFunc) Match(e *Event) bool { return f(e) }

func (f MatcherFunc) String() string { return "func" }

// Rule returns a Matcher for the alerts of the rule with exactly that name, or,
// if name ends in an asterisk, of every rule whose name begins with what
// stands before it.
func Rule(name string) Matcher { return textMatcher{"rule", keyOf("alert.rule", name)} }

// From returns a Matcher for the alerts of a source: syscall, k8s_audit,
// aws_cloudtrail, and so on. Older alerts have none, which is From("").
func From(source string) Matcher {
	return textMatcher{"source", Key{Field: "alert.source", Text: source}}
}

// Host returns a Matcher for the alerts of the Falco that runs on that host.
func Host(name string) Matcher {
	return textMatcher{"host", Key{Field: "alert.hostname", Text: name}}
}

// Tagged returns a Matcher for the alerts that have that tag, or, if tag ends
// in an asterisk, a tag that begins with what stands before it.
func Tagged(tag string) Matcher { return textMatcher{"tag", keyOf("alert.tags", tag)} }

// Field returns a Matcher for the alerts in which the field of that name, as
// [Event.Field] takes it, is available and has exactly that text. The text of
// a list is its JSON.
func Field(name, text string) Matcher { return fieldMatcher{Key{Field: name, Text: text}} }

// AtLeast returns a Matcher for the alerts that are as severe as floor or more
// severe.
func AtLeast(floor Priority) Matcher { return floorMatcher(floor) }

// Everything returns a Matcher for every alert.
func Everything() Matcher { return allMatcher(nil) }

// All returns a Matcher for the alerts that each of ms matches; without
// arguments, for every alert. A nil argument panics.
func All(ms ...Matcher) Matcher { return allMatcher(noNil("All", ms)) }

// Any returns a Matcher for the alerts that at least one of ms matches; without
// arguments, for none. A nil argument panics.
func Any(ms ...Matcher) Matcher { return anyMatcher(noNil("Any", ms)) }

// Not returns a Matcher for the alerts that m does not match. A nil m panics.
func Not(m Matcher) Matcher { return notMatcher{noNil("Not", []Matcher{m})[0]} }

func noNil(what string, ms []Matcher) []Matcher {
	for i, m := range ms {
		if isNilMatcher(m) {
			panic(fmt.Sprintf("event: %s: argument %d is a nil Matcher (%s)", what, i+1, caller(3)))
		}
	}
	return append([]Matcher(nil), ms...)
}

func isNilMatcher(m Matcher) bool {
	f, ok := m.(MatcherFunc)
	return m == nil || ok && f == nil
}

func keyOf(field, pattern string) Key {
	text, prefix := strings.CutSuffix(pattern, "*")
	return Key{Field: field, Text: text, Prefix: prefix}
}

// textMatcher matches by one fact of the alert itself.
type textMatcher struct {
	what string
	key  Key
}

func (m textMatcher) Match(e *Event) bool { return m.key.met(e) }
func (m textMatcher) Needs() Needs        { return Needs{{m.key}} }

func (m textMatcher) String() string {
	text := m.key.Text
	if m.key.Prefix {
		text += "*"
	}
	return m.what + " " + strconv.Quote(text)
}

type fieldMatcher struct{ key Key }

func (m fieldMatcher) Match(e *Event) bool {
	v := e.Field(m.key.Field)
	return v.Available() && v.Text() == m.key.Text
}

// Needs claims nothing of the tags: a key means one of them, and the text that
// Match compares is that of the list.
func (m fieldMatcher) Needs() Needs {
	if m.key.Field == "alert.tags" {
		return nil
	}
	return Needs{{m.key}}
}

func (m fieldMatcher) String() string { return m.key.Field + " = " + strconv.Quote(m.key.Text) }

type floorMatcher Priority

func (m floorMatcher) Match(e *Event) bool { return e.Priority.AtLeast(Priority(m)) }
func (m floorMatcher) Needs() Needs        { return PriorityNeeds(Emergency, Priority(m)) }
func (m floorMatcher) String() string      { return "priority at least " + Priority(m).String() }

// needsNot claims nothing below Debug: what is less severe than that is a
// priority that Falco does not have, and none that a key can name.
func (m floorMatcher) needsNot() Needs {
	if Priority(m) >= Debug {
		return nil
	}
	return PriorityNeeds(Priority(m)+1, Debug)
}

type allMatcher []Matcher

func (ms allMatcher) Match(e *Event) bool {
	for _, m := range ms {
		if !m.Match(e) {
			return false
		}
	}
	return true
}

func (ms allMatcher) Needs() Needs    { return AllNeeds(each(ms, needsOf)...) }
func (ms allMatcher) needsNot() Needs { return AnyNeeds(each(ms, needsOfNot)...) }

func (ms allMatcher) String() string {
	if len(ms) == 0 {
		return "everything"
	}
	return join(ms, " and ")
}

type anyMatcher []Matcher

func (ms anyMatcher) Match(e *Event) bool {
	for _, m := range ms {
		if m.Match(e) {
			return true
		}
	}
	return false
}

func (ms anyMatcher) Needs() Needs    { return AnyNeeds(each(ms, needsOf)...) }
func (ms anyMatcher) needsNot() Needs { return AllNeeds(each(ms, needsOfNot)...) }

func (ms anyMatcher) String() string {
	if len(ms) == 0 {
		return "nothing"
	}
	return join(ms, " or ")
}

type notMatcher struct{ m Matcher }

func (m notMatcher) Match(e *Event) bool { return !m.m.Match(e) }
func (m notMatcher) Needs() Needs        { return needsOfNot(m.m) }
func (m notMatcher) needsNot() Needs     { return needsOf(m.m) }
func (m notMatcher) String() string      { return "not " + operand(m.m) }

func needsOf(m Matcher) Needs {
	if n, ok := m.(Needer); ok {
		return n.Needs()
	}
	return nil
}

// needsOfNot returns what the negation of m needs. That cannot be told from
// what m needs, so only matchers that know it themselves claim anything.
func needsOfNot(m Matcher) Needs {
	if n, ok := m.(interface{ needsNot() Needs }); ok {
		return n.needsNot()
	}
	return nil
}

func each(ms []Matcher, f func(Matcher) Needs) []Needs {
	list := make([]Needs, len(ms))
	for i, m := range ms {
		list[i] = f(m)
	}
	return list
}

func join(ms []Matcher, word string) string {
	if len(ms) == 1 {
		return describe(ms[0])
	}
	parts := make([]string, len(ms))
	for i, m := range ms {
		parts[i] = operand(m)
	}
	return strings.Join(parts, word)
}

// operand describes m so that it can stand beside an operator.
func operand(m Matcher) string {
	s := describe(m)
	switch list := m.(type) {
	case textMatcher, fieldMatcher, floorMatcher, notMatcher, MatcherFunc:
		return s
	case allMatcher:
		if len(list) < 2 {
			return s
		}
	case anyMatcher:
		if len(list) < 2 {
			return s
		}
	}
	return "(" + s + ")"
}

// describe returns what a matcher or handler says of itself, else its type.
func describe(v any) string {
	if s, ok := v.(fmt.Stringer); ok {
		return s.String()
	}
	return fmt.Sprintf("%T", v)
}
