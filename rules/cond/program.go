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
// A *Program is an [event.Matcher], and says what it needs and why it decides as
// it does.
type Program struct {
	text     string
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

// instr is a check with where to go on if it holds and if it does not. Not,
// and, and or are only in where that is. It fills a line of a processor's
// cache: a host with hundreds of programs waits for memory more than for
// comparisons.
type instr struct {
	name  string // the field
	text  string // what the fast ones compare with
	sizes uint64 // of fastFew: a bit for each length that a member has
	check *check
	yes   int32
	no    int32
	memo  int32 // where the outcome is kept for the same check elsewhere; -1 if nowhere
	slot  int16 // where the field's value is kept for other checks of it, or one of the below
	fast  fast
	alert bool // the field is one of the alert itself
}

const (
	noSlot int16 = -1 // the value is not kept
	alone  int16 = -2 // nor the outcome, and it is an output field: all the rest can be skipped
)

// fast is a comparison that needs no more than what is in the instruction.
type fast uint8

const (
	slow      fast = iota // ask the check, which needs a machine
	medium                // ask the check about the field's value
	fastIs                // the field is there
	fastEqual             // the string is text
	fastOther             // the string is not text
	fastFew               // the string is one of few, and shorter than 64 bytes
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
const maxSlots = 4

func newProgram(root *node, warnings []Warning, reads []string) *Program {
	slices.Sort(reads)
	p := &Program{root: root, warnings: warnings, reads: slices.Compact(reads)}
	best := optimize(root)
	a := assembler{p: p, slots: sharedFields(best)}
	p.entry = a.emit(best, accept, reject)
	p.needs = needsOf(best)
	return p
}

// String returns the condition.
func (p *Program) String() string { return p.text }

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
	var kept [maxSlots]event.Value
	var have [1]uint64
	return r.run(p.code, p.entry, kept[:], have[:], nil)
}

// runner is what instructions need of their surroundings.
type runner struct {
	event   *event.Event // nil where lookup is not
	lookup  Lookup
	machine *machine // nil where no instruction is slow
}

// run runs code from pc on. kept are values of fields by slot, have a bit for
// each of those that are there, and memo outcomes of checks: 0 for none yet.
func (r *runner) run(code []instr, pc int32, kept []event.Value, have []uint64, memo []int8) bool {
	for pc >= 0 {
		in := &code[pc]
		holds := false
		switch {
		case in.slot == alone && r.event != nil:
			v := r.event.Fields.Get(in.name)
			if v.Kind() > event.Null && in.holds(v) {
				pc = in.yes
			} else {
				pc = in.no
			}
			continue
		case in.memo >= 0 && memo[in.memo] != 0:
			holds = memo[in.memo] > 0
			pc = next(in, holds)
			continue
		case in.fast == slow:
			holds = in.check.eval(r.machine) == True
		default:
			var v event.Value
			switch bit := uint64(1) << (in.slot & 63); {
			case in.slot < 0:
				v = r.value(in)
			case have[in.slot>>6]&bit != 0:
				v = kept[in.slot]
			default:
				v = r.value(in)
				kept[in.slot] = v
				have[in.slot>>6] |= bit
			}
			holds = v.Kind() > event.Null && in.holds(v)
		}
		if in.memo >= 0 {
			memo[in.memo] = int8(triOf(holds))
		}
		pc = next(in, holds)
	}
	return pc == accept
}

func next(in *instr, holds bool) int32 {
	if holds {
		return in.yes
	}
	return in.no
}

func (r *runner) value(in *instr) event.Value {
	switch {
	case r.event == nil:
		return r.lookup.Field(in.name)
	case in.alert:
		return r.event.Field(in.name)
	}
	return r.event.Fields.Get(in.name)
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
		return len(text) < 64 && in.sizes>>len(text)&1 != 0 && in.check.test.strs.has(text)
	case fastPrefix:
		return strings.HasPrefix(v.Text(), in.text)
	case fastSuffix:
		return strings.HasSuffix(v.Text(), in.text)
	case fastContains:
		return strings.Contains(v.Text(), in.text)
	}
	return in.check.matchField(v)
}

// setFast decides how to evaluate a check of a field.
func (in *instr) setFast() {
	c := in.check
	in.fast = medium
	switch {
	case c.op == OpExists:
		in.fast = fastIs
		return
	case c.cls != strClass:
		return
	case c.test.strs != nil && c.op != OpNE:
		for _, k := range c.test.all {
			if len(k.str) >= 64 {
				return
			}
			in.sizes |= 1 << len(k.str)
		}
		in.fast = fastFew
		return
	case c.mod != NoMod:
		return
	}
	text, op := c.test.one.str, c.op
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
		in.fast = fastEqual
	case OpNE:
		in.fast = fastOther
	case OpStartsWith:
		in.fast = fastPrefix
	case OpEndsWith:
		in.fast = fastSuffix
	case OpContains:
		in.fast = fastContains
	default:
		return
	}
	in.text = text
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
	in := instr{check: n.check, yes: yes, no: no, memo: -1, slot: noSlot}
	switch n.check.how {
	case byNothing:
		return no
	case byField:
		in.name, in.alert = n.check.left.field.name, n.check.left.field.alert
		in.setFast()
		if slot, ok := a.slots[in.name]; ok {
			in.slot = slot
		} else if !in.alert {
			in.slot = alone
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

// checks calls f with each check below n.
func (n *node) checks(f func(*check)) {
	if n.kind == checkNode {
		f(n.check)
	}
	for _, c := range n.children {
		c.checks(f)
	}
}
