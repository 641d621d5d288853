package cond

import (
	"strings"
	"sync/atomic"

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
	near  int32 // atomic: the index of the field in an alert before, -1 for none yet
	slot  int16 // where the field's value is kept for other checks of it, or noSlot
	fast  fast
}

const noSlot int16 = -1

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

// runner is the state of one run of a program.
type runner struct {
	event   *event.Event // nil where lookup is not
	lookup  Lookup
	machine *machine // nil where no instruction is slow
	kept    [maxSlots]event.Value
	have    uint8 // a bit for each slot that is filled
}

func (r *runner) run(code []instr, pc int32) bool {
	for pc >= 0 {
		in := &code[pc]
		holds := false
		if in.fast == slow {
			holds = in.check.eval(r.machine) == True
		} else {
			v := r.value(in)
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

// value returns the value of the instruction's field.
func (r *runner) value(in *instr) event.Value {
	if in.slot != noSlot && r.have>>in.slot&1 != 0 {
		return r.kept[in.slot]
	}
	var v event.Value
	if r.event == nil {
		v = r.lookup.Field(in.name)
	} else {
		guess := int(atomic.LoadInt32(&in.near))
		var at int
		if v, at = r.event.FieldNear(in.name, guess); at != guess && (guess < 0 || r.learns()) {
			atomic.StoreInt32(&in.near, int32(at))
		}
	}
	if in.slot != noSlot {
		r.kept[in.slot] = v
		r.have |= 1 << in.slot
	}
	return v
}

// learns reports whether the places of this alert's fields are worth to
// remember. Where alerts of many shapes take turns, processors would else wait
// for each other to write the same memory again and again; one alert in
// sixteen, by its time, is enough.
func (r *runner) learns() bool { return r.event.Time.Nanosecond()&15 == 0 }

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
