package cond

import (
	"math/bits"
	"sync"

	"github.com/falconer-go/falconer/event"
)

// Set is many programs that are evaluated together: a field that several read
// is looked up once for an alert, and a check that several make, as the rules
// of a file do through their macros, is made once. Checks of one field against
// many constants are decided all at once, whatever their number: one search
// tells which of the constants the value is, begins with or holds. A Set is
// immutable and safe to share.
//
// A Mux needs no Set to route by many conditions. A Set is for a host that
// wants to know which of hundreds of conditions hold, as Falco does.
type Set struct {
	code    []setInstr
	entries []int32 // of each program
	leaves  []leaf
	groups  []group
	names   []string // of the fields, by slot
	slots   map[string]int32
	plain   []bool // by slot: the field is one of the alert's own, if it is there
	memory  bool   // some leaf needs a machine
	keys    []fieldKeys
	opens   [][]int32 // by leaf: the programs whose key it is
	always  []uint64  // the programs that are run for every alert, a bit for each
	falses  []Tri     // as many as the largest group has leaves
	scratch sync.Pool
}

// setInstr is instr with a number for the check. Most of what a Set does is to
// go from one to the next.
type setInstr struct{ leaf, yes, no int32 }

// leaf is a check, which any number of programs make.
type leaf struct {
	in    *instr
	slot  int32 // of the field; -1 if the check reads fields by itself
	group int32 // that decides it with others; -1 if none
}

// setRun is the state of one evaluation.
type setRun struct {
	machine *machine // nil where no leaf needs one
	event   *event.Event
	known   []Tri // by leaf; Unknown for those that nobody asked for
	decided []bool
	values  []event.Value // by slot
	have    []bool
	open    []uint64 // the programs to run, a bit for each
	found   []int32  // the leaves that the last search came upon
}

// NewSet returns the set of programs, which are known by their index in it.
func NewSet(programs ...*Program) *Set {
	s := &Set{}
	s.slots = map[string]int32{}
	b := setBuilder{set: s, leaves: map[checkKey]int32{}}
	var numbers []int32 // of the leaf of each instruction
	for _, p := range programs {
		s.memory = s.memory || p.memory
		for i := range p.code {
			numbers = append(numbers, b.add(&p.code[i]))
		}
	}
	place := b.group()
	for _, p := range programs {
		base := int32(len(s.code))
		move := func(pc int32) int32 {
			if pc < 0 {
				return pc
			}
			return base + pc
		}
		s.entries = append(s.entries, move(p.entry))
		for i := range p.code {
			in := &p.code[i]
			s.code = append(s.code, setInstr{place[numbers[len(s.code)]], move(in.yes), move(in.no)})
		}
	}
	s.lock()
	return s
}

// checkKey is the same for two checks with the same outcome on every alert.
type checkKey struct {
	text string
	in   scope
}

func (c *check) key() checkKey { return checkKey{c.text(), c.in} }

// Len returns the number of programs.
func (s *Set) Len() int { return len(s.entries) }

// AppendMatches appends the indices of the programs that e matches to dst, in
// order.
func (s *Set) AppendMatches(dst []int, e *event.Event) []int {
	r, _ := s.scratch.Get().(*setRun)
	if r == nil {
		r = &setRun{
			known: make([]Tri, len(s.leaves)), decided: make([]bool, len(s.groups)),
			values: make([]event.Value, len(s.names)), have: make([]bool, len(s.names)), open: make([]uint64, len(s.always)),
		}
	}
	r.event = e
	if s.memory {
		r.machine = newMachine(e, e)
	}
	s.fill(r)
	s.unlock(r)
	for i, word := range r.open {
		for ; word != 0; word &= word - 1 {
			n := i*64 + bits.TrailingZeros64(word)
			if s.run(r, s.entries[n]) {
				dst = append(dst, n)
			}
		}
	}
	if s.memory {
		r.machine.put()
	}
	r.machine, r.event = nil, nil
	clear(r.values) // lets the alert go
	clear(r.known)
	clear(r.decided)
	s.scratch.Put(r)
	return dst
}

func (s *Set) run(r *setRun, pc int32) bool {
	for pc >= 0 {
		in := &s.code[pc]
		if s.holds(r, in.leaf) {
			pc = in.yes
		} else {
			pc = in.no
		}
	}
	return pc == accept
}

// decide finds out whether a leaf holds, and with it those of its group.
func (s *Set) decide(r *setRun, n int32) Tri {
	l := &s.leaves[n]
	if l.group >= 0 && !r.decided[l.group] {
		r.decided[l.group] = true
		s.decideGroup(r, &s.groups[l.group])
		if r.known[n] != Unknown {
			return r.known[n]
		}
	}
	holds := false
	if l.slot < 0 {
		holds = l.in.check.eval(r.machine) == True
	} else if v := s.value(r, l.slot); v.Kind() > event.Null {
		holds = l.in.holds(v)
	}
	r.known[n] = triOf(holds)
	return r.known[n]
}

// fill looks up what the alert has of the fields: it has fewer than the programs ask for.
func (s *Set) fill(r *setRun) {
	copy(r.have, s.plain)
	for name, v := range r.event.Fields.All() {
		if slot, ok := s.slots[name]; ok && s.plain[slot] {
			r.values[slot] = v
		}
	}
}

// value returns the value of the field of a slot.
func (s *Set) value(r *setRun, slot int32) event.Value {
	if !r.have[slot] {
		r.values[slot], r.have[slot] = r.event.Field(s.names[slot]), true
	}
	return r.values[slot]
}
