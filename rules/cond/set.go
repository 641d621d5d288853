package cond

import (
	"sync"

	"github.com/falconer-go/falconer/event"
)

// Set is many programs that are evaluated together: a field that several read
// is looked up once for an alert, and a check that several make, as the rules
// of a file do through their macros, is made once. It is immutable and safe to
// share.
//
// A Mux needs no Set to route by many conditions. A Set is for a host that
// wants to know which of hundreds of conditions hold, as Falco does.
type Set struct {
	code    []instr
	entries []int32
	memory  bool
	slots   int
	memos   int
	scratch sync.Pool // of *setScratch
}

// setScratch is what one evaluation of a Set keeps.
type setScratch struct {
	kept []event.Value
	have []uint64
	memo []int8
}

// NewSet returns the set of programs, which are known by their index in it.
func NewSet(programs ...*Program) *Set {
	s := &Set{}
	slots, memos := map[string]int16{}, map[checkKey]int32{}
	uses, keys := map[checkKey]int{}, map[*check]checkKey{}
	for _, p := range programs {
		for i := range p.code {
			c := p.code[i].check
			if _, ok := keys[c]; !ok {
				keys[c] = c.key()
			}
			uses[keys[c]]++
		}
	}
	for _, p := range programs {
		base := int32(len(s.code))
		move := func(pc int32) int32 {
			if pc < 0 {
				return pc
			}
			return base + pc
		}
		s.entries = append(s.entries, move(p.entry))
		s.memory = s.memory || p.memory
		for _, in := range p.code {
			in.yes, in.no = move(in.yes), move(in.no)
			in.slot, in.memo = noSlot, -1
			if in.fast != slow {
				in.slot = slot(slots, in.name)
			}
			if k := keys[in.check]; uses[k] > 1 {
				if _, ok := memos[k]; !ok {
					memos[k] = int32(len(memos))
				}
				in.memo = memos[k]
			}
			s.code = append(s.code, in)
		}
	}
	s.slots, s.memos = len(slots), len(memos)
	return s
}

// slot returns the slot of a name, a new one if it has none yet.
func slot(slots map[string]int16, name string) int16 {
	const most = 1 << 12
	n, ok := slots[name]
	if !ok {
		if len(slots) == most {
			return noSlot
		}
		n = int16(len(slots))
		slots[name] = n
	}
	return n
}

// checkKey is the same for two checks with the same outcome on every alert.
type checkKey struct {
	text string
	in   scope
}

func (c *check) key() checkKey { return checkKey{c.text(), c.in} }

// AppendMatches appends the indices of the programs that e matches to dst, in
// order.
func (s *Set) AppendMatches(dst []int, e *event.Event) []int {
	r := runner{event: e}
	if s.memory {
		r.machine = newMachine(e, e)
		defer r.machine.put()
	}
	k, _ := s.scratch.Get().(*setScratch)
	if k == nil {
		k = &setScratch{make([]event.Value, s.slots), make([]uint64, s.slots/64+1), make([]int8, s.memos)}
	}
	for i, pc := range s.entries {
		if pc == accept || pc >= 0 && r.run(s.code, pc, k.kept, k.have, k.memo) {
			dst = append(dst, i)
		}
	}
	clear(k.kept) // lets the alert go
	clear(k.have)
	clear(k.memo)
	s.scratch.Put(k)
	return dst
}

// Len returns the number of programs.
func (s *Set) Len() int { return len(s.entries) }
