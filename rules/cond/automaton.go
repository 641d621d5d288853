package cond

import "slices"

// automaton finds the needles that a text holds, however many there are, in
// one pass over it. It is the trie of the needles as a table and, where they
// may stand anywhere, with the links of Aho and Corasick worked into it.
type automaton struct {
	where  place
	column [256]uint16 // of each byte; 0 for those in no needle
	width  int         // number of columns
	next   []int16     // by state and column: the next state, ^state if a needle ends there; 0, the start, for none

	// The needles that end in a state are a list: the first is one less than
	// ends, each next one less than more. More of them end in the state that
	// link names: 0 for none.
	ends []int32 // by state
	link []int16 // by state
	more []int32 // by needle
}

// place is where in a text a needle may stand.
type place uint8

const (
	atStart place = iota
	atEnd
	anywhere
)

const (
	maxTable  = 1 << 20 // of next
	maxStates = 1<<15 - 1
	maxNested = 16 // how many needles may end at one byte of a text
)

// newAutomaton returns the automaton of needles, of which fold says whether
// they are without case. It is nil for needles that make too large a table, or
// of which too many are ends of one another.
func newAutomaton(where place, fold bool, needles []string) *automaton {
	a := &automaton{where: where, width: 1, more: make([]int32, len(needles))}
	states := 1
	for _, needle := range needles {
		states += len(needle)
		for i := range len(needle) {
			b := needle[i]
			if a.column[b] != 0 {
				continue
			}
			a.column[b] = uint16(a.width)
			if fold {
				a.column[lower(b)], a.column[upper(b)] = uint16(a.width), uint16(a.width)
			}
			a.width++
		}
	}
	if states > min(maxTable/a.width, maxStates) {
		return nil
	}
	a.room(where, fold, needles)
	a.add()
	for i, needle := range needles {
		state := int16(0)
		for k := range len(needle) {
			b := needle[k]
			if where == atEnd {
				b = needle[len(needle)-1-k]
			}
			at := int(state)*a.width + int(a.column[b])
			if a.next[at] == 0 {
				a.next[at] = a.add()
			}
			state = a.next[at]
		}
		a.more[i] = a.ends[state]
		a.ends[state] = int32(i + 1)
	}
	if where == anywhere {
		a.connect()
	}
	if a.deepest() > maxNested {
		return nil
	}
	for i, state := range a.next {
		if state != 0 && (a.ends[state] != 0 || a.link[state] != 0) {
			a.next[i] = ^state
		}
	}
	return a
}

// room makes room for the states of the needles: in order, each begins with what
// it shares with the one before.
func (a *automaton) room(where place, fold bool, needles []string) {
	inOrder := make([]string, len(needles))
	for i, needle := range needles {
		b := []byte(needle)
		if fold {
			for k, c := range b {
				b[k] = lower(c)
			}
		}
		if where == atEnd {
			slices.Reverse(b)
		}
		inOrder[i] = string(b)
	}
	slices.Sort(inOrder)
	states, before := 1, ""
	for _, needle := range inOrder {
		shared := 0
		for shared < min(len(needle), len(before)) && needle[shared] == before[shared] {
			shared++
		}
		states += len(needle) - shared
		before = needle
	}
	a.next = make([]int16, 0, states*a.width)
	a.ends, a.link = make([]int32, 0, states), make([]int16, 0, states)
}

// add adds a state.
func (a *automaton) add() int16 {
	a.next = a.next[:len(a.next)+a.width] // see room
	a.ends, a.link = append(a.ends, 0), append(a.link, 0)
	return int16(len(a.ends) - 1)
}

// connect fills in, level by level, where a byte leads that the trie does not
// have: to where it leads from the longest proper end of what was read that is
// a state.
func (a *automaton) connect() {
	fail := make([]int16, len(a.ends))
	for queue := []int16{0}; len(queue) > 0; queue = queue[1:] {
		state := queue[0]
		for col := 1; col < a.width; col++ {
			at := int(state)*a.width + col
			over := int16(0)
			if state != 0 {
				over = a.next[int(fail[state])*a.width+col]
			}
			child := a.next[at]
			if child == 0 {
				a.next[at] = over
				continue
			}
			fail[child] = over
			if a.link[child] = over; a.ends[over] == 0 || over == 0 {
				a.link[child] = a.link[over]
			}
			queue = append(queue, child)
		}
	}
}

// deepest returns the most needles that end in one state.
func (a *automaton) deepest() int {
	most := 0
	for state := range a.ends {
		n := 0
		for range a.at(int16(state)) {
			if n++; n > maxNested {
				break
			}
		}
		most = max(most, n)
	}
	return most
}

// at yields the needles that end in a state.
func (a *automaton) at(state int16) func(yield func(needle int32) bool) {
	return func(yield func(int32) bool) {
		for {
			for n := a.ends[state]; n != 0; n = a.more[n-1] {
				if !yield(n - 1) {
					return
				}
			}
			if state = a.link[state]; state == 0 {
				return
			}
		}
	}
}

// find calls hit with each needle that text holds, some of them several times,
// until hit returns true, and returns whether it did.
func (a *automaton) find(text string, hit func(needle int32) bool) bool {
	for n := a.ends[0]; n != 0; n = a.more[n-1] { // empty needles
		if hit(n - 1) {
			return true
		}
	}
	next, width, where := a.next, a.width, a.where
	state := int16(0)
	for i := range len(text) {
		b := text[i]
		if where == atEnd {
			b = text[len(text)-1-i]
		}
		state = next[int(state)*width+int(a.column[b])]
		if state > 0 {
			continue
		}
		if state == 0 {
			if where != anywhere {
				return false
			}
			continue
		}
		state = ^state
		for n := range a.at(state) {
			if hit(n) {
				return true
			}
		}
	}
	return false
}

// match reports whether text holds one of the needles.
func (a *automaton) match(text string) bool {
	return a.find(text, func(int32) bool { return true })
}
