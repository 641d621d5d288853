package cond

import (
	"slices"

	"github.com/falconer-go/falconer/event"
)

// Program is a compiled condition. Any number of goroutines may evaluate it at
// the same time: all that changes in it is where in the next alert it first
// looks for a field. Evaluating does not allocate, save where an alert has
// strings with escapes inside an array.
//
// A *Program is an [event.Matcher], and says what it needs and why it decides as
// it does.
type Program struct {
	expr     Expr
	root     *node // as written
	code     []instr
	entry    int32
	memory   bool // some instruction needs a machine
	warnings []Warning
	reads    []string
	needs    event.Needs
}

var (
	_ event.Needer    = (*Program)(nil)
	_ event.Explainer = (*Program)(nil)
)

// maxSlots is how many fields that several checks read are looked up only once.
const maxSlots = 4

func newProgram(root *node, warnings []Warning, reads []string) *Program {
	slices.Sort(reads)
	p := &Program{root: root, warnings: warnings, reads: slices.Compact(reads)}
	best := optimize(root)
	a := assembler{p: p, slots: sharedFields(best)}
	p.code = make([]instr, 0, best.count())
	p.entry = a.emit(best, accept, reject)
	p.needs = needsOf(best)
	return p
}

// String returns the condition.
func (p *Program) String() string { return p.expr.String() }

// Warnings returns what Falco's compiler warns of, in the order in which it
// does.
func (p *Program) Warnings() []Warning { return slices.Clone(p.warnings) }

// Fields returns the names of the fields that the condition reads, sorted.
func (p *Program) Fields() []string { return slices.Clone(p.reads) }

// Match reports whether the condition holds for e, as Falco decides it: what e
// does not say, and what Falco found no value for, makes a check false.
func (p *Program) Match(e *event.Event) bool { return p.run(e, nil) }

// MatchFields is Match for anything that has fields.
func (p *Program) MatchFields(l Lookup) bool {
	if e, ok := l.(*event.Event); ok {
		return p.run(e, nil)
	}
	return p.run(nil, l)
}

// Eval is Match in three-valued logic. A check of a field that e does not have
// is [Unknown], since the rule's output may just not print it; one of a field
// that is null is [False], since Falco looked and found nothing.
func (p *Program) Eval(e *event.Event) Tri { return p.eval(e, e) }

// EvalFields is Eval for anything that has fields.
func (p *Program) EvalFields(l Lookup) Tri {
	e, _ := l.(*event.Event)
	return p.eval(e, l)
}

func (p *Program) eval(e *event.Event, l Lookup) Tri {
	m := newMachine(e, l)
	defer m.put()
	return p.root.eval(m)
}

func (n *node) eval(m *machine) Tri {
	switch n.kind {
	case checkNode:
		return n.check.eval(m)
	case notNode:
		return -n.children[0].eval(m)
	case andNode:
		least := True
		for _, c := range n.children {
			if least = min(least, c.eval(m)); least == False {
				break
			}
		}
		return least
	default:
		most := False
		for _, c := range n.children {
			if most = max(most, c.eval(m)); most == True {
				break
			}
		}
		return most
	}
}

// run evaluates the code. One of e and l is nil.
func (p *Program) run(e *event.Event, l Lookup) bool {
	r := runner{event: e, lookup: l}
	if p.memory || e == nil {
		r.machine = newMachine(e, l)
		defer r.machine.put()
	}
	return r.run(p.code, p.entry)
}

// assembler turns a tree into instructions. It emits from the back, so that
// where to go on is known.
type assembler struct {
	p     *Program
	slots map[string]int16
}

// emit emits n with where to go on, and returns where n begins.
func (a *assembler) emit(n *node, yes, no int32) int32 {
	switch n.kind {
	case notNode:
		return a.emit(n.children[0], no, yes)
	case andNode:
		for _, c := range slices.Backward(n.children) {
			yes = a.emit(c, yes, no)
		}
		return yes
	case orNode:
		for _, c := range slices.Backward(n.children) {
			no = a.emit(c, yes, no)
		}
		return no
	}
	in := instr{check: n.check, yes: yes, no: no, near: -1, slot: noSlot}
	switch n.check.how {
	case byNothing:
		return no
	case byField:
		in.name = n.check.left.field.name
		in.setFast()
		if slot, ok := a.slots[in.name]; ok {
			in.slot = slot
		}
	default:
		a.p.memory = true
	}
	a.p.code = append(a.p.code, in)
	return int32(len(a.p.code) - 1)
}

// sharedFields gives a slot to each field that several checks read as it is.
func sharedFields(n *node) map[string]int16 {
	count := map[string]int{}
	slots := map[string]int16{}
	n.checks(func(c *check) {
		if c.how != byField {
			return
		}
		name := c.left.field.name
		if count[name]++; count[name] == 2 && len(slots) < maxSlots {
			slots[name] = int16(len(slots))
		}
	})
	return slots
}

// count returns the number of checks below n.
func (n *node) count() (count int) {
	n.checks(func(*check) { count++ })
	return count
}

// checks calls f with each check below n.
func (n *node) checks(f func(*check)) {
	if n.kind == checkNode {
		f(n.check)
	}
	for _, c := range n.children {
		c.checks(f)
	}
}
