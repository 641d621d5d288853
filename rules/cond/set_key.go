package cond

// Most programs of a set cannot hold for an alert, and one check tells: that of the
// process's name, say, which all that the program asks for besides hangs on. Such a
// check, or several of which one must hold, is the program's key; the programs whose
// key does not hold are not run.

// lock finds the keys of the programs.
func (s *Set) lock() {
	s.always = make([]uint64, (len(s.entries)+63)/64)
	number := make(map[int32]int) // of a leaf, in keys
	for i, pc := range s.entries {
		keys := s.keysOf(pc)
		if keys == nil {
			s.always[i/64] |= 1 << (i % 64)
		}
		for _, leaf := range keys {
			k, ok := number[leaf]
			if !ok {
				k = len(s.keys)
				number[leaf] = k
				s.keys, s.opens = append(s.keys, leaf), append(s.opens, nil)
			}
			s.opens[k] = append(s.opens[k], int32(i))
		}
	}
}

// unlock decides which programs to run.
func (s *Set) unlock(r *setRun) {
	copy(r.open, s.always)
	for k, leaf := range s.keys {
		holds := r.known[leaf]
		if holds == Unknown {
			holds = s.decide(r, leaf)
		}
		if holds == True {
			for _, i := range s.opens[k] {
				r.open[i/64] |= 1 << (i % 64)
			}
		}
	}
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
