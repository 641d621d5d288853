package cond

import (
	"slices"
	"strings"

	"github.com/falconer-go/falconer/event"
)

// Program is a compiled condition. It is immutable: any number of goroutines
// may evaluate it at the same time. Evaluating does not allocate, save where
// an alert has strings with escapes inside an array.
//
// A *Program is an [event.Matcher].
type Program struct {
	root     *node // as written
	code     []instr
	entry    int32
	memory   bool // some instruction needs a machine
	warnings []Warning
	reads    []string
	needs    event.Needs
}

var _ event.Needer = (*Program)(nil)

// instr is a check with where to go on if it holds and if it does not. Not,
// and, and or are only in where that is.
type instr struct {
	fast  fast
	slot  int8 // where the field's value is kept for other checks of it; -1 if nowhere
	alert bool // the field is one of the alert itself
	yes   int32
	no    int32
	name  string // the field
	text  string // what the fast ones compare with
	few   []string
	check *check
}

// fast is a comparison that needs no more than what is in the instruction.
type fast uint8

const (
	slow      fast = iota // ask the check, which needs a machine
	medium                // ask the check about the field's value
	fastIs                // the field is there
	fastEqual             // the string is text
	fastOther             // the string is not text
	fastFew               // the string is one of few
	fastPrefix
	fastSuffix
	fastContains
)

// The targets that end a program.
const (
	reject int32 = -1
	accept int32 = -2
)

// maxSlots is how many fields that several checks read are looked up only once.
const maxSlots = 8

func newProgram(root *node, warnings []Warning, reads []string) *Program {
	slices.Sort(reads)
	p := &Program{root: root, warnings: warnings, reads: slices.Compact(reads)}
	best := optimize(root)
	a := assembler{p: p, slots: sharedFields(best)}
	p.entry = a.emit(best, accept, reject)
	p.needs = needsOf(best)
	return p
}

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
	var m *machine
	if p.memory || e == nil {
		m = newMachine(e, l)
		defer m.put()
	}
	var kept [maxSlots]event.Value
	have := uint(0)
	pc := p.entry
	for pc >= 0 {
		in := &p.code[pc]
		holds := false
		if in.fast == slow {
			holds = in.check.eval(m) == True
		} else {
			var v event.Value
			switch {
			case in.slot >= 0 && have&(1<<in.slot) != 0:
				v = kept[in.slot]
			case e != nil && !in.alert:
				v = e.Fields.Get(in.name)
			case e != nil:
				v = e.Field(in.name)
			default:
				v = l.Field(in.name)
			}
			if in.slot >= 0 {
				kept[in.slot] = v
				have |= 1 << in.slot
			}
			holds = v.Kind() > event.Null && in.holds(v)
		}
		if holds {
			pc = in.yes
		} else {
			pc = in.no
		}
	}
	return pc == accept
}

// holds evaluates a check of a value that is neither absent nor null.
func (in *instr) holds(v event.Value) bool {
	switch in.fast {
	case fastIs:
		return true
	case fastEqual:
		return v.Text() == in.text
	case fastOther:
		return v.Text() != in.text
	case fastFew:
		text := v.Text()
		for _, s := range in.few {
			if s == text {
				return true
			}
		}
		return false
	case fastPrefix:
		return strings.HasPrefix(v.Text(), in.text)
	case fastSuffix:
		return strings.HasSuffix(v.Text(), in.text)
	case fastContains:
		return strings.Contains(v.Text(), in.text)
	}
	return in.check.matchField(v)
}

// fast returns how to evaluate a check of a field, and what to compare with.
func (c *check) fast() (f fast, text string, few []string) {
	switch {
	case c.op == OpExists:
		return fastIs, "", nil
	case c.cls != strClass:
		return medium, "", nil
	case c.test.strs != nil && c.test.strs.many == nil && c.op != OpNE:
		return fastFew, "", c.test.strs.few
	case c.mod != NoMod:
		return medium, "", nil
	}
	text = c.test.one.str
	op := c.op
	if op == OpGlob {
		g := &c.test.glob
		text = g.text
		switch g.kind {
		case globEqual:
			op = OpEq
		case globPrefix:
			op = OpStartsWith
		case globSuffix:
			op = OpEndsWith
		case globContains:
			op = OpContains
		}
	}
	switch op {
	case OpEq:
		return fastEqual, text, nil
	case OpNE:
		return fastOther, text, nil
	case OpStartsWith:
		return fastPrefix, text, nil
	case OpEndsWith:
		return fastSuffix, text, nil
	case OpContains:
		return fastContains, text, nil
	}
	return medium, "", nil
}

// assembler turns a tree into instructions. It emits from the back, so that
// where to go on is known.
type assembler struct {
	p     *Program
	slots map[string]int8
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
	in := instr{check: n.check, yes: yes, no: no, slot: -1}
	switch n.check.how {
	case byNothing:
		return no
	case byField:
		in.name, in.alert = n.check.left.field.name, n.check.left.field.alert
		in.fast, in.text, in.few = n.check.fast()
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
func sharedFields(n *node) map[string]int8 {
	count := map[string]int{}
	slots := map[string]int8{}
	n.checks(func(c *check) {
		if c.how != byField {
			return
		}
		name := c.left.field.name
		if count[name]++; count[name] == 2 && len(slots) < maxSlots {
			slots[name] = int8(len(slots))
		}
	})
	return slots
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
