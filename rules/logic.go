package rules

import (
	"slices"
	"strings"

	"github.com/falconer-go/falconer/rules/cond"
)

// This file decides what can be decided about a condition without an event.
// It only ever claims what is sure: a check of a field that an event lacks is
// false, so that not (a = 1) and a != 1 are two things.

// conjuncts are the parts of a condition that all have to hold.
func conjuncts(x cond.Expr) []cond.Expr {
	and, ok := x.(*cond.And)
	if !ok {
		if x == nil {
			return nil
		}
		return []cond.Expr{x}
	}
	var all []cond.Expr
	for _, c := range and.Children {
		all = append(all, conjuncts(c)...)
	}
	return all
}

// disjuncts are the parts of a condition of which one has to hold.
func disjuncts(x cond.Expr) []cond.Expr {
	or, ok := x.(*cond.Or)
	if !ok {
		return []cond.Expr{x}
	}
	var all []cond.Expr
	for _, c := range or.Children {
		all = append(all, disjuncts(c)...)
	}
	return all
}

// constant returns the value of a condition that is the same for all events.
func constant(x cond.Expr) (value, known bool) {
	switch n := x.(type) {
	case *cond.Not:
		value, known = constant(n.Child)
		return !value, known
	case *cond.And:
		return chainConstant(conjuncts(n), false)
	case *cond.Or:
		return chainConstant(disjuncts(n), true)
	case *cond.Check:
		if all, known := eventNumber(n); known {
			return all, true
		}
		if l, ok := n.Right.(*cond.List); ok && len(l.Items) == 0 {
			return false, true
		}
	}
	return false, false
}

// chainConstant is the value of children joined by or, or else by and.
func chainConstant(children []cond.Expr, or bool) (value, known bool) {
	known = true
	seen := make(map[string]bool)
	for _, c := range children {
		v, k := constant(c)
		if k && v == or {
			return or, true
		}
		known = known && k
		// A part and its opposite: one of the two is true, the other false.
		if not, ok := c.(*cond.Not); ok {
			if seen[not.Child.String()] {
				return or, true
			}
			seen["not "+not.Child.String()] = true
		} else {
			if s := c.String(); seen["not "+s] {
				return or, true
			} else {
				seen[s] = true
			}
		}
	}
	if known {
		return !or, true
	}
	if !or && excluded(children) {
		return false, true
	}
	return false, false
}

// excluded reports whether checks that all have to hold exclude each other:
// fields that would have to have two values at once.
func excluded(children []cond.Expr) bool {
	type span struct {
		values []string // nil if any
		fixed  bool
		not    map[string]bool
	}
	spans := make(map[string]*span)
	for _, c := range children {
		check, ok := c.(*cond.Check)
		if !ok || check.Mod != cond.NoMod {
			continue
		}
		f, ok := check.Left.(*cond.Field)
		if !ok || f.HasArg && f.Arg == "" || !singleValued(f) {
			continue
		}
		s := spans[f.FullName()]
		if s == nil {
			s = &span{not: make(map[string]bool)}
			spans[f.FullName()] = s
		}
		values, ok := constants(check)
		if !ok {
			continue
		}
		switch check.Op {
		case cond.OpEq, cond.OpEqEq, cond.OpIn:
			if !s.fixed {
				s.values, s.fixed = values, true
			} else {
				s.values = slices.DeleteFunc(slices.Clone(s.values), func(v string) bool { return !slices.Contains(values, v) })
			}
		case cond.OpNE:
			s.not[values[0]] = true
		}
		if s.fixed && !slices.ContainsFunc(s.values, func(v string) bool { return !s.not[v] }) {
			return true
		}
	}
	return false
}

// singleValued reports whether a field is surely one string, of which no two
// spellings are equal. Numbers and addresses are not: 1 and +1 are the same.
func singleValued(f *cond.Field) bool {
	switch f.Name {
	case "proc.name", "proc.exe", "proc.exepath", "proc.cmdline", "proc.pname", "proc.pcmdline", "fd.name", "fd.directory",
		"fd.filename", "fd.type", "user.name", "container.id", "container.name", "container.image.repository",
		"container.image.tag", "k8s.ns.name", "k8s.pod.name", "evt.type", "ka.verb", "ct.name", "okta.evt.type",
		"github.type", "github.action", "gcp.methodName":
		return !f.HasArg
	}
	return false
}

// constants are the texts a check compares with.
func constants(check *cond.Check) ([]string, bool) {
	switch r := check.Right.(type) {
	case *cond.Value:
		return []string{r.Text}, true
	case *cond.List:
		return r.Texts(), true
	}
	return nil, false
}

// impliedAll reports whether each part of x holds whenever all of base do.
func impliedAll(base []cond.Expr, x cond.Expr) bool {
	for _, part := range conjuncts(x) {
		if !implied(base, part) {
			return false
		}
	}
	return true
}

func implied(base []cond.Expr, part cond.Expr) bool {
	for _, b := range base {
		if cond.Equal(b, part) {
			return true
		}
	}
	check, ok := part.(*cond.Check)
	if !ok {
		return false
	}
	// A check that holds for whatever value there is needs but a check of the
	// field that has to hold.
	for _, b := range base {
		have, ok := b.(*cond.Check)
		if !ok || !cond.Equal(have.Left, check.Left) {
			continue
		}
		if check.Op == cond.OpExists || vacuous(check) {
			return true
		}
		if have.Mod != cond.NoMod || have.Op != cond.OpEq && have.Op != cond.OpEqEq && have.Op != cond.OpIn {
			continue
		}
		values, ok := constants(have)
		if !ok || len(values) == 0 {
			continue
		}
		if !slices.ContainsFunc(values, func(v string) bool { return !holds(check, v) }) {
			return true
		}
	}
	return false
}

// vacuous reports whether a check holds for every text.
func vacuous(check *cond.Check) bool {
	values, ok := constants(check)
	if !ok || len(values) == 0 || check.Mod == cond.OneOf {
		return false
	}
	var empty func(string) bool
	switch check.Op {
	case cond.OpContains, cond.OpIContains, cond.OpStartsWith, cond.OpEndsWith:
		empty = func(v string) bool { return v == "" }
	case cond.OpGlob, cond.OpIGlob:
		empty = func(v string) bool { return v != "" && strings.Trim(v, "*") == "" }
	case cond.OpPMatch:
		empty = func(v string) bool { return strings.Trim(v, "/") == "" }
	default:
		return false
	}
	if check.Mod == cond.AllOf {
		return !slices.ContainsFunc(values, func(v string) bool { return !empty(v) })
	}
	return slices.ContainsFunc(values, empty)
}

// holds reports whether a check surely holds for a text.
func holds(check *cond.Check, text string) bool {
	values, ok := constants(check)
	if !ok || check.Mod != cond.NoMod {
		return false
	}
	for _, v := range values {
		switch check.Op {
		case cond.OpEq, cond.OpEqEq, cond.OpIn, cond.OpIntersects:
			ok = v == text
		case cond.OpContains:
			ok = strings.Contains(text, v)
		case cond.OpStartsWith:
			ok = strings.HasPrefix(text, v)
		case cond.OpEndsWith:
			ok = strings.HasSuffix(text, v)
		default:
			ok = false
		}
		if ok {
			return true
		}
	}
	return false
}
