package rules

import (
	_ "embed"
	"strconv"
	"strings"
	"sync"

	"github.com/falconer-go/falconer/rules/cond"
)

// Falco warns of a rule that can match more than a hundred kinds of event,
// because it then looks at each of those. It derives the kinds from the
// checks on evt.type alone: what the rule may match is the intersection over
// and, the union over or, and everything for a check on another field; a not
// is pushed down to the checks by De Morgan's laws.
//
// Falco counts its internal event codes, of which an event type has one for
// the entry of a system call and one for the exit, and more where the form
// changed over time. All codes of a type come and go together, so a set of
// types with the number of codes of each does.

//go:embed data/event_codes.tsv
var eventCodesText string

// eventTypes are the types known to Falco: the bit of each in a typeSet, and
// how many codes it has.
type eventTypes struct {
	bit     map[string]int
	codes   []int
	all     typeSet
	async   int // the bit of all asynchronous events
	generic int // the bit of all system calls that Falco has no code for
}

// typeSet is a set of event types.
type typeSet [4]uint64

func (s typeSet) union(t typeSet) typeSet {
	for i := range s {
		s[i] |= t[i]
	}
	return s
}

func (s typeSet) intersection(t typeSet) typeSet {
	for i := range s {
		s[i] &= t[i]
	}
	return s
}

func (s typeSet) without(t typeSet) typeSet {
	for i := range s {
		s[i] &^= t[i]
	}
	return s
}

func (s *typeSet) add(bit int) { s[bit/64] |= 1 << (bit % 64) }

var knownTypes = sync.OnceValue(func() *eventTypes {
	t := &eventTypes{bit: make(map[string]int)}
	for line := range strings.Lines(eventCodesText) {
		line = strings.TrimSuffix(line, "\n")
		name, count, ok := strings.Cut(line, "\t")
		if !ok || strings.HasPrefix(line, "#") {
			continue
		}
		n, err := strconv.Atoi(count)
		if err != nil {
			panic("rules: event_codes.tsv: " + line) // the file is part of the package
		}
		switch name {
		case "asyncevent":
			t.async = len(t.codes)
		case "syscall": // cannot be asked for by this name
			t.generic = len(t.codes)
			name = ""
		}
		if name != "" {
			t.bit[name] = len(t.codes)
		}
		t.all.add(len(t.codes))
		t.codes = append(t.codes, n)
	}
	return t
})

func (t *eventTypes) count(s typeSet) int {
	n := 0
	for i, codes := range t.codes {
		if s[i/64]&(1<<(i%64)) != 0 {
			n += codes
		}
	}
	return n
}

// named returns the types of the names. A name that is none of Falco's own is
// that of an asynchronous event of a plugin or else a system call.
func (t *eventTypes) named(names []string, async map[string]bool) typeSet {
	var s typeSet
	for _, name := range names {
		bit, known := t.bit[name]
		if known {
			s.add(bit)
		}
		if async[name] {
			s.add(t.async)
		} else if !known && name != "syscall" {
			s.add(t.generic)
		}
	}
	return s
}

// typeVisitor walks a condition. Its state is that of Falco's own, since what
// a check leaves behind is seen by the next.
type typeVisitor struct {
	types   *eventTypes
	async   map[string]bool
	set     typeSet // of the last node
	clear   bool    // the last node says something about types
	onTypes bool    // the last node is evt.type
	negated bool
}

// eventCodes counts the event codes that an expression can match.
func eventCodes(x cond.Expr, async map[string]bool) int {
	v := typeVisitor{types: knownTypes(), async: async}
	v.expr(x)
	return v.types.count(v.set)
}

func (v *typeVisitor) invert() {
	if v.clear {
		v.set = v.types.all.without(v.set)
	}
}

func (v *typeVisitor) tryInvert() {
	if v.negated {
		v.invert()
	}
}

func (v *typeVisitor) expr(x cond.Expr) {
	switch n := x.(type) {
	case *cond.And:
		v.chain(n.Children, v.negated)
	case *cond.Or:
		v.chain(n.Children, !v.negated)
	case *cond.Not:
		v.set = typeSet{}
		v.negated = !v.negated
		v.expr(n.Child)
		v.negated = !v.negated
		v.onTypes = false
	case *cond.Check:
		v.check(n)
	default:
		v.clear = false
		v.set = v.types.all
		v.onTypes = false
	}
}

// chain is the union of the children, or their intersection.
func (v *typeVisitor) chain(children []cond.Expr, union bool) {
	var s typeSet
	if !union {
		s = v.types.all
	}
	for _, c := range children {
		v.expr(c)
		if union {
			s = s.union(v.set)
		} else {
			s = s.intersection(v.set)
		}
	}
	v.set = s
	v.onTypes = false
}

func (v *typeVisitor) check(n *cond.Check) {
	if n.Op == cond.OpExists {
		v.operand(n.Left)
		v.clear = v.onTypes
		v.set = v.types.all
		v.onTypes = false
		v.tryInvert()
		return
	}
	v.clear = false
	if all, known := eventNumber(n); known {
		v.set = typeSet{}
		if all {
			v.set = v.types.all
		}
		v.clear = true
		v.onTypes = false
		v.tryInvert()
		return
	}
	if n.Mod == cond.NoMod && (n.Op == cond.OpEq || n.Op == cond.OpEqEq || n.Op == cond.OpNE || n.Op == cond.OpIn) {
		v.operand(n.Left)
		if v.onTypes {
			v.operand(n.Right)
			if n.Op == cond.OpNE {
				v.invert()
			}
			v.onTypes = false
			return
		}
	}
	v.set = v.types.all
	v.onTypes = false
	v.tryInvert()
}

func (v *typeVisitor) operand(o cond.Operand) {
	switch n := o.(type) {
	case *cond.Field:
		v.clear = false
		v.onTypes = (n.Name == "evt.type" || n.Name == "syscall.type") && !n.HasArg
		v.set = v.types.all
		v.tryInvert()
	case *cond.Value:
		v.names([]string{n.Text})
	case *cond.List:
		v.names(n.Texts())
	case *cond.Transform:
		for _, a := range n.Args {
			v.operand(a)
		}
		v.onTypes = false
	case *cond.ArgList:
		for _, a := range n.Items {
			v.operand(a)
		}
	}
}

func (v *typeVisitor) names(names []string) {
	v.clear = true
	v.set = v.types.named(names, v.async)
	v.onTypes = false
	v.tryInvert()
}

// eventNumber decides checks of evt.num, which counts from 1, where that
// alone decides them: all or none.
func eventNumber(n *cond.Check) (all, known bool) {
	f, ok := n.Left.(*cond.Field)
	if !ok || f.Name != "evt.num" || f.HasArg || n.Mod != cond.NoMod {
		return false, false
	}
	if l, ok := n.Right.(*cond.List); ok {
		if n.Op != cond.OpIn {
			return false, false
		}
		for _, item := range l.Items {
			if u, ok := parseUint64(item.Text); !ok || u != 0 {
				return false, false
			}
		}
		return false, true
	}
	val, ok := n.Right.(*cond.Value)
	if !ok {
		return false, false
	}
	u, ok := parseUint64(val.Text)
	if !ok {
		return false, false
	}
	switch n.Op {
	case cond.OpEq, cond.OpEqEq, cond.OpLE:
		return false, u == 0
	case cond.OpNE, cond.OpGT:
		return true, u == 0
	case cond.OpLT:
		return false, u <= 1
	case cond.OpGE:
		return true, u <= 1
	}
	return false, false
}

// parseUint64 reads a number as sscanf with %llu does, nothing behind it: a
// minus sign wraps around.
func parseUint64(s string) (uint64, bool) {
	s = strings.TrimLeft(s, " \t\n\v\f\r")
	negative := strings.HasPrefix(s, "-")
	if negative || strings.HasPrefix(s, "+") {
		s = s[1:]
	}
	if s == "" || s[0] < '0' || s[0] > '9' {
		return 0, false
	}
	u, err := strconv.ParseUint(s, 10, 64)
	if err != nil && u == 0 {
		return 0, false
	}
	if negative {
		u = -u
	}
	return u, true
}
