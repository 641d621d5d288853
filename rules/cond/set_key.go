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

// leafCut is a set of checks of which one must hold for a program to accept, and the
// rank of the worst of them.
type leafCut struct {
	leaves []int32
	rank   int // 0: there is no such set
}

// maxRank is more than the rank of any check: that of the way which only rejects.
const maxRank = 9

// mostInCut bounds a cut: with more checks the program had better be run.
const mostInCut = 64

// keysOf returns the best key of the program that begins at pc, nil if it has none.
func (s *Set) keysOf(pc int32) []int32 {
	return s.cutFrom(pc, make(map[int32]leafCut)).leaves
}

// cutFrom returns the best cut of what begins at pc: either its check must hold, or one
// of the cut of the way behind no; or, whichever way it goes, one of the cut of that.
func (s *Set) cutFrom(pc int32, known map[int32]leafCut) leafCut {
	switch pc {
	case reject:
		return leafCut{rank: maxRank}
	case accept:
		return leafCut{}
	}
	if c, ok := known[pc]; ok {
		return c
	}
	in := s.code[pc]
	var best leafCut
	if no := s.cutFrom(in.no, known); no.rank > 0 {
		best = joined(leafCut{[]int32{in.leaf}, s.leaves[in.leaf].rank()}, no)
		if either := joined(s.cutFrom(in.yes, known), no); either.betterThan(best) {
			best = either
		}
	}
	known[pc] = best
	return best
}

// joined returns the checks of both, none where one of them is none or they are too many.
func joined(a, b leafCut) leafCut {
	if a.rank == 0 || b.rank == 0 {
		return leafCut{}
	}
	all := slices.Concat(a.leaves, b.leaves)
	slices.Sort(all)
	all = slices.Compact(all)
	if len(all) > mostInCut {
		return leafCut{}
	}
	return leafCut{all, min(a.rank, b.rank)}
}

// betterThan compares by rank, and then by what there is to ask.
func (a leafCut) betterThan(b leafCut) bool {
	return a.rank > b.rank || a.rank == b.rank && len(a.leaves) < len(b.leaves)
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
