package cond

import (
	"strings"

	"github.com/falconer-go/falconer/event"
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
