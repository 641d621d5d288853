package rules

import (
	"hash/maphash"
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

// logic decides about trees. Trees share parts, which are looked at once.
type logic struct {
	seed   maphash.Seed
	hashes map[cond.Expr]uint64
	values map[cond.Expr]cond.Tri
}

func newLogic() *logic {
	return &logic{maphash.MakeSeed(), make(map[cond.Expr]uint64), make(map[cond.Expr]cond.Tri)}
}

// hash is the same for trees that say the same in the same words.
func (l *logic) hash(x cond.Expr) uint64 {
	if h, ok := l.hashes[x]; ok {
		return h
	}
	var m maphash.Hash
	m.SetSeed(l.seed)
	list := func(kind byte, children []cond.Expr) {
		m.WriteByte(kind)
		for _, c := range children {
			maphash.WriteComparable(&m, l.hash(c))
		}
	}
	switch n := x.(type) {
	case *cond.And:
		list('&', n.Children)
	case *cond.Or:
		list('|', n.Children)
	case *cond.Not:
		list('!', []cond.Expr{n.Child})
	default:
		m.WriteString(n.String())
	}
	h := m.Sum64()
	l.hashes[x] = h
	return h
}

// constant returns the value of a condition that is the same for all events,
// unknown if there is none.
func (l *logic) constant(x cond.Expr) cond.Tri {
	if v, ok := l.values[x]; ok {
		return v
	}
	v := cond.Unknown
	switch n := x.(type) {
	case *cond.Not:
		v = -l.constant(n.Child)
	case *cond.And:
		v = l.chain(conjuncts(n), cond.False)
	case *cond.Or:
		v = l.chain(disjuncts(n), cond.True)
	case *cond.Check:
		if all, known := eventNumber(n); known {
			if v = cond.False; all {
				v = cond.True
			}
		} else if list, ok := n.Right.(*cond.List); ok && len(list.Items) == 0 {
			v = cond.False
		}
	}
	l.values[x] = v
	return v
}

// chain is the value of children joined by or, for which one that is true
// decides, or by and, for which one that is false does.
func (l *logic) chain(children []cond.Expr, decides cond.Tri) cond.Tri {
	all := true
	seen := make(map[uint64]bool) // parts
	not := make(map[uint64]bool)  // what parts deny
	for _, c := range children {
		v := l.constant(c)
		if v == decides {
			return decides
		}
		all = all && v != cond.Unknown
		// A part and its opposite: one of the two is true, the other false.
		if n, ok := c.(*cond.Not); ok {
			h := l.hash(n.Child)
			if seen[h] {
				return decides
			}
			not[h] = true
		}
		h := l.hash(c)
		if not[h] {
			return decides
		}
		seen[h] = true
	}
	switch {
	case all:
		return -decides
	case decides == cond.False && excluded(children):
		return cond.False
	}
	return cond.Unknown
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
