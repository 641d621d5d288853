package cond

import (
	"slices"
	"strings"
)

// stringSet is a set of strings.
type stringSet struct {
	few  []string
	many map[string]struct{}
}

func newStringSet(list []constant) *stringSet {
	s := &stringSet{}
	if len(list) <= fewMembers {
		for _, c := range list {
			s.few = append(s.few, c.str)
		}
		return s
	}
	s.many = make(map[string]struct{}, len(list))
	for _, c := range list {
		s.many[c.str] = struct{}{}
	}
	return s
}

func (s *stringSet) has(text string) bool {
	if s.many != nil {
		_, ok := s.many[text]
		return ok
	}
	for _, m := range s.few {
		if m == text {
			return true
		}
	}
	return false
}

// affixSet is a set of beginnings, or of ends, by length.
type affixSet struct {
	ends    bool
	lengths []int // of the members, ascending
	members map[string]struct{}
}

func newAffixSet(list []constant, ends bool) *affixSet {
	s := &affixSet{ends: ends, members: map[string]struct{}{}}
	for _, c := range list {
		s.members[c.str] = struct{}{}
		s.lengths = append(s.lengths, len(c.str))
	}
	slices.Sort(s.lengths)
	s.lengths = slices.Compact(s.lengths)
	return s
}

func (s *affixSet) match(text string) bool {
	for _, n := range s.lengths {
		if n > len(text) {
			return false
		}
		affix := text[:n]
		if s.ends {
			affix = text[len(text)-n:]
		}
		if _, ok := s.members[affix]; ok {
			return true
		}
	}
	return false
}

// needleSet finds whether a text contains one of many strings, in one pass: an
// Aho-Corasick automaton as a table, or a loop if that would be too large.
type needleSet struct {
	all    bool // one is empty
	loop   []string
	column [256]uint16 // column of each byte; 0 for those in no needle
	width  int         // number of columns
	next   []int32     // state*width+column; a state below 0 is a hit
}

// maxTable bounds the entries of a needleSet's table.
const maxTable = 1 << 20

func newNeedleSet(list []constant) *needleSet {
	s := &needleSet{width: 1}
	states := 1
	for _, c := range list {
		s.all = s.all || c.str == ""
		states += len(c.str)
		for i := range len(c.str) {
			if b := c.str[i]; s.column[b] == 0 {
				s.column[b] = uint16(s.width)
				s.width++
			}
		}
	}
	if s.all {
		return s
	}
	if states*s.width > maxTable {
		for _, c := range list {
			s.loop = append(s.loop, c.str)
		}
		return s
	}
	s.build(list)
	return s
}

const hit = -1

// build makes the trie of the needles and then, level by level, fills in for
// each state where a byte that the trie does not have leads: to where the
// longest proper suffix of the state leads.
func (s *needleSet) build(list []constant) {
	newState := func() int32 {
		n := len(s.next) / s.width
		s.next = append(s.next, make([]int32, s.width)...)
		return int32(n)
	}
	newState()
	for _, c := range list {
		state := int32(0)
		for i := range len(c.str) {
			at := int(state)*s.width + int(s.column[c.str[i]])
			if s.next[at] == hit {
				break // a shorter needle is hit before
			}
			if i == len(c.str)-1 {
				s.next[at] = hit
				break
			}
			if s.next[at] == 0 {
				n := newState()
				s.next[at] = n
			}
			state = s.next[at]
		}
	}
	fail := make([]int32, len(s.next)/s.width)
	queue := []int32{0}
	for len(queue) > 0 {
		state := queue[0]
		queue = queue[1:]
		for col := 1; col < s.width; col++ {
			at := int(state)*s.width + col
			over := int32(0) // where the suffix leads
			if state != 0 {
				over = s.next[int(fail[state])*s.width+col]
			}
			switch child := s.next[at]; {
			case child == hit || over == hit:
				s.next[at] = hit
			case child == 0:
				s.next[at] = over
			default:
				fail[child] = over
				queue = append(queue, child)
			}
		}
	}
}

func (s *needleSet) match(text string) bool {
	if s.all {
		return true
	}
	if s.loop != nil {
		for _, needle := range s.loop {
			if strings.Contains(text, needle) {
				return true
			}
		}
		return false
	}
	state := int32(0)
	for i := range len(text) {
		col := s.column[text[i]]
		if col == 0 {
			state = 0
			continue
		}
		if state = s.next[int(state)*s.width+int(col)]; state == hit {
			return true
		}
	}
	return false
}
