package rules

import (
	"github.com/falconer-go/falconer/event"
	"github.com/falconer-go/falconer/rules/cond"
)

// Match returns the enabled rules that hold for an alert, in their order, as
// Falco with rule_matching: all finds them for an event. An alert has only the
// fields that its rule prints, and a check of a field that it does not have
// does not hold: [Set.Eval] keeps that apart.
func (s *Set) Match(e *event.Event) []*Rule {
	var list []*Rule
	for _, r := range s.rules {
		if r.Match(e) {
			list = append(list, r)
		}
	}
	return list
}

// MatchFirst returns the first enabled rule that holds for an alert, as Falco
// does by default; nil if there is none.
func (s *Set) MatchFirst(e *event.Event) *Rule {
	for _, r := range s.rules {
		if r.Match(e) {
			return r
		}
	}
	return nil
}

var _ event.Needer = (*Rule)(nil)

// Needs says what every alert that the rule matches must have, so that an
// [event.Mux] need not ask it about the others.
func (r *Rule) Needs() event.Needs {
	if !r.Enabled {
		return event.Needs{{}} // an empty choice never holds
	}
	return r.Program.Needs()
}

// Match reports whether the rule is enabled, is for the alert's source, and
// holds for it. A Rule is an [event.Matcher].
func (r *Rule) Match(e *event.Event) bool {
	return r.Enabled && r.isFor(e) && r.Program.Match(e)
}

// isFor reports whether the rule is for alerts like e: an alert from before
// Falco 0.30 does not say its source, which then could only be that of the
// system calls or the Kubernetes audit log.
func (r *Rule) isFor(e *event.Event) bool { return e.Source == "" || e.Source == r.Source }

// Eval says whether the rule holds for an alert: unknown if that depends on a
// field which the alert does not have, since the output of its rule does not
// print it.
func (r *Rule) Eval(e *event.Event) cond.Tri {
	if !r.Enabled || !r.isFor(e) {
		return cond.False
	}
	return r.Program.Eval(e)
}

// Eval says whether the rule that an alert is of holds for it: true or unknown
// for an alert that the rule may have made, false for one that it would not
// make, and for one of a rule that is not in the set.
func (s *Set) Eval(e *event.Event) cond.Tri {
	r := s.byName[e.Rule]
	if r == nil {
		return cond.False
	}
	return r.Eval(e)
}
