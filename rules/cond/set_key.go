package cond

import (
	"slices"

	"github.com/falconer-go/falconer/event"
)

// Most programs of a set cannot hold for an alert, and one check tells: that of the
// process's name, say, which all that the program asks for besides hangs on. Such a
// check, or several of which one must hold, is the program's key; the programs whose
// key does not hold are not run.

// fieldKeys are the keys that ask for one field.
type fieldKeys struct {
	slot   int32
	alone  []int32 // leaves that are decided one by one
	groups []groupKeys
}

// groupKeys are the keys of one group, of which one search finds those that may hold.
type groupKeys struct {
	group  int32
	leaves []int32
}

// lock finds the keys of the programs.
func (s *Set) lock() {
	s.always = make([]uint64, (len(s.entries)+63)/64)
	s.opens = make([][]int32, len(s.leaves))
	for i, pc := range s.entries {
		leaves := s.keysOf(pc)
		if leaves == nil {
			s.always[i/64] |= 1 << (i % 64)
		}
		for _, leaf := range leaves {
			s.opens[leaf] = append(s.opens[leaf], int32(i))
		}
	}
	fields := make([]fieldKeys, len(s.names))
	for leaf, programs := range s.opens {
		if programs == nil {
			continue
		}
		l := &s.leaves[leaf]
		f := &fields[l.slot]
		f.slot = l.slot
		if l.group < 0 {
			f.alone = append(f.alone, int32(leaf))
			continue
		}
		if n := len(f.groups); n == 0 || f.groups[n-1].group != l.group { // those of a group stand together
			f.groups = append(f.groups, groupKeys{group: l.group})
		}
		g := &f.groups[len(f.groups)-1]
		g.leaves = append(g.leaves, int32(leaf))
	}
	s.keys = slices.DeleteFunc(fields, func(f fieldKeys) bool { return f.alone == nil && f.groups == nil })
}

// unlock decides which programs to run.
func (s *Set) unlock(r *setRun) {
	copy(r.open, s.always)
	for i := range s.keys {
		f := &s.keys[i]
		if s.value(r, f.slot).Kind() <= event.Null {
			continue // no check of the field holds
		}
		s.openBy(r, f.alone)
		for k := range f.groups {
			g := &f.groups[k]
			r.decided[g.group] = true
			if !s.decideGroup(r, &s.groups[g.group]) {
				s.openBy(r, g.leaves)
				continue
			}
			s.openBy(r, r.found)
		}
	}
}

// openBy opens the programs whose keys are among the leaves that hold.
func (s *Set) openBy(r *setRun, leaves []int32) {
	for _, leaf := range leaves {
		if opens := s.opens[leaf]; opens != nil && s.holds(r, leaf) {
			for _, n := range opens {
				r.open[n/64] |= 1 << (n % 64)
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
