package cond

import (
	"maps"
	"slices"

	"github.com/falconer-go/falconer/event"
)

// Most programs of a set cannot hold for an alert, and one check tells: that of the
// process's name, say, which all that the program asks for besides hangs on. Such a
// check, or several of which one must hold, is the program's key; the programs whose
// key does not hold are not run.

// key is a check that opens programs.
type key struct {
	leaf  int32
	opens []int32 // programs
}

// fieldKeys are the keys that ask for one field.
type fieldKeys struct {
	slot int32
	keys []key
}

// lock finds the keys of the programs.
func (s *Set) lock() {
	s.always = make([]uint64, (len(s.entries)+63)/64)
	opens := make(map[int32][]int32) // by leaf
	for i, pc := range s.entries {
		leaves := s.keysOf(pc)
		if leaves == nil {
			s.always[i/64] |= 1 << (i % 64)
		}
		for _, leaf := range leaves {
			opens[leaf] = append(opens[leaf], int32(i))
		}
	}
	s.keys = make([]fieldKeys, len(s.names))
	for i := range s.keys {
		s.keys[i].slot = int32(i)
	}
	for _, leaf := range slices.Sorted(maps.Keys(opens)) {
		of := &s.keys[s.leaves[leaf].slot].keys
		*of = append(*of, key{leaf, opens[leaf]})
	}
	s.keys = slices.DeleteFunc(s.keys, func(f fieldKeys) bool { return len(f.keys) == 0 })
}

// unlock decides which programs to run.
func (s *Set) unlock(r *setRun) {
	copy(r.open, s.always)
	for i := range s.keys {
		f := &s.keys[i]
		if s.value(r, f.slot).Kind() <= event.Null {
			continue // no check of the field holds
		}
		for k := range f.keys {
			if s.holds(r, f.keys[k].leaf) {
				for _, n := range f.keys[k].opens {
					r.open[n/64] |= 1 << (n % 64)
				}
			}
		}
	}
}

// holds reports whether a leaf holds.
func (s *Set) holds(r *setRun, leaf int32) bool {
	is := r.known[leaf]
	if is == Unknown {
		is = s.decide(r, leaf)
	}
	return is == True
}

// keysOf returns the best key of the program that begins at pc, nil if it has none.
// It looks at the checks and the alternatives that the program cannot do without, as
// long as these follow each other.
func (s *Set) keysOf(pc int32) []int32 {
	var best []int32
	rank := 0
	for pc >= 0 {
		in := s.code[pc]
		switch {
		case in.yes == reject: // it must not hold
			pc = in.no
			continue
		case in.no == accept || in.yes == in.no:
			return best
		}
		var either []int32
		worst := int(^uint(0) >> 1)
		next := in.yes
		for {
			either = append(either, in.leaf)
			worst = min(worst, s.leaves[in.leaf].rank())
			if in.no == reject {
				break
			}
			if in.no == accept || s.code[in.no].yes != next {
				return best
			}
			in = s.code[in.no]
		}
		if worst > rank {
			best, rank = either, worst
		}
		pc = next
	}
	return best
}

// rank tells how good a key a check is: how few alerts it holds for, as a rule, and
// how little it costs. 0 is none.
func (l *leaf) rank() int {
	c := l.in.check
	rank := 2
	switch {
	case l.slot < 0:
		return 0
	case c.op == OpExists || c.op == OpNE:
		return 1
	case c.op == OpEq || c.op == OpEqEq || c.op == OpIn:
		rank += 2
	}
	if l.group >= 0 {
		rank++
	}
	return rank
}
