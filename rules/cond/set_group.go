package cond

import (
	"cmp"
	"slices"
	"strings"
	"sync"

	"github.com/falconer-go/falconer/event"
)

// group is checks of one field that one search decides.
type group struct {
	slot     int32
	from, to int32 // its leaves in the set
	sought   []sought
	long     bool // the search may cost more than the checks, for a long text

	// One of these finds what of sought is in a value, by index.
	words   map[string][]int32
	needles *automaton
	paths   *pathTree
}

// sought is a constant that a search looks for.
type sought struct {
	leaf int32 // whose check it is
	is   Tri   // the check, where it is found: Unknown if that does not decide it yet
}

// search is a way to find constants in a value.
type search uint8

const (
	noSearch search = iota
	byWord
	byPrefix
	bySuffix
	byNeedle
	byNeedleFold // without case
	byPath
)

// fewest is how many checks are worth a search.
var fewest = [...]int{byWord: 4, byPrefix: 4, bySuffix: 4, byNeedle: 6, byNeedleFold: 4, byPath: 3}

// search returns how to find out about the check with many others: it holds
// only if one of the texts is found, and then surely or perhaps.
func (c *check) search() (how search, texts []string, is Tri) {
	t := &c.test
	if c.how != byField || c.cls != strClass || c.op == OpExists {
		return noSearch, nil, Unknown
	}
	all := func() []string {
		texts := make([]string, len(t.all))
		for i, k := range t.all {
			texts[i] = k.str
		}
		return texts
	}
	switch {
	case c.op != OpNE && t.isSet():
		return byWord, all(), True
	case c.mod != NoMod && c.mod != AnyOf:
		return noSearch, nil, Unknown
	}
	switch c.op {
	case OpStartsWith:
		return byPrefix, all(), True
	case OpEndsWith:
		return bySuffix, all(), True
	case OpContains:
		return byNeedle, all(), True
	case OpIContains:
		return byNeedleFold, all(), True
	case OpPMatch:
		return byPath, all(), True
	}
	if c.mod != NoMod {
		return noSearch, nil, Unknown
	}
	switch c.op {
	case OpEq:
		return byWord, all(), True
	case OpGlob, OpIGlob:
		return t.glob.search()
	case OpRegex:
		if t.regex.re == nil {
			return byWord, []string{t.regex.text}, True
		}
		if t.regex.parts != nil {
			return byNeedle, t.regex.parts, Unknown
		}
	}
	return noSearch, nil, Unknown
}

// search is that of a check with the pattern.
func (g *glob) search() (how search, texts []string, is Tri) {
	switch {
	case g.kind == globAny:
		longest := ""
		for i := range g.parts {
			if text := g.parts[i].text; len(text) > len(longest) {
				longest = text
			}
		}
		if longest == "" {
			return noSearch, nil, Unknown
		}
		return byNeedle, []string{longest}, Unknown
	case g.kind == globContains && g.fold:
		return byNeedleFold, []string{g.text}, True
	case g.fold:
		return byNeedleFold, []string{g.text}, Unknown
	}
	how = [...]search{globEqual: byWord, globPrefix: byPrefix, globSuffix: bySuffix, globContains: byNeedle}[g.kind]
	return how, []string{g.text}, True
}

// setBuilder collects the checks of a set.
type setBuilder struct {
	set    *Set
	leaves map[checkKey]int32
}

// add adds a check, once, and returns its number.
func (b *setBuilder) add(in *instr) int32 {
	k := in.check.key()
	if n, ok := b.leaves[k]; ok {
		return n
	}
	number := int32(len(b.set.leaves))
	b.leaves[k] = number
	l := leaf{in: in, slot: -1, group: -1}
	if in.fast != slow {
		n, ok := b.set.slots[in.name]
		if !ok {
			n = int32(len(b.set.names))
			b.set.slots[in.name] = n
			b.set.names = append(b.set.names, in.name)
			b.set.plain = append(b.set.plain, !strings.HasPrefix(in.name, "alert."))
		}
		l.slot = n
	}
	b.set.leaves = append(b.set.leaves, l)
	return number
}

// group makes groups of the leaves and orders these so that those of a group
// stand together. It returns where each is now.
func (b *setBuilder) group() (place []int32) {
	type kind struct {
		slot int32
		how  search
	}
	s := b.set
	members := map[kind]*candidates{}
	var kinds []kind
	for i := range s.leaves {
		l := &s.leaves[i]
		how, texts, is := l.in.check.search()
		if how == noSearch {
			continue
		}
		k := kind{l.slot, how}
		c := members[k]
		if c == nil {
			c = new(candidates)
			members[k], kinds = c, append(kinds, k)
		}
		c.checks++
		for _, text := range texts {
			c.texts, c.sought = append(c.texts, text), append(c.sought, sought{int32(i), is})
		}
	}
	groups := make([]*group, len(kinds))
	var wg sync.WaitGroup
	for i, k := range kinds {
		if c := members[k]; c.checks >= fewest[k.how] {
			wg.Go(func() { groups[i] = newGroup(k.slot, k.how, c) })
		}
	}
	wg.Wait()
	for _, g := range groups {
		if g == nil {
			continue
		}
		for _, x := range g.sought {
			s.leaves[x.leaf].group = int32(len(s.groups))
		}
		s.groups = append(s.groups, *g)
	}

	order := make([]int32, len(s.leaves))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortStableFunc(order, func(i, k int32) int { return cmp.Compare(s.leaves[i].group, s.leaves[k].group) })
	place = make([]int32, len(order))
	leaves := make([]leaf, len(order))
	for to, from := range order {
		place[from], leaves[to] = int32(to), s.leaves[from]
		if n := leaves[to].group; n >= 0 {
			g := &s.groups[n]
			if g.to == 0 {
				g.from = int32(to)
			}
			g.to = int32(to + 1)
			if size := int(g.to - g.from); size > len(s.falses) {
				s.falses = append(s.falses, False)
			}
		}
	}
	s.leaves = leaves
	for i := range s.groups {
		for k := range s.groups[i].sought {
			x := &s.groups[i].sought[k]
			x.leaf = place[x.leaf]
		}
	}
	return place
}

// candidates are checks of one field that one search could decide.
type candidates struct {
	checks int
	texts  []string
	sought []sought // of each text
}

// newGroup returns the group of c, nil if there is no good search for its texts.
func newGroup(slot int32, how search, c *candidates) *group {
	g, texts := &group{slot: slot, sought: c.sought}, c.texts
	switch how {
	case byWord:
		g.words = map[string][]int32{}
		for i, text := range texts {
			g.words[text] = append(g.words[text], int32(i))
		}
		return g
	case byPath:
		g.paths = &pathTree{}
		for i, text := range texts {
			g.paths.add(text, int32(i))
		}
		return g
	case byPrefix:
		g.needles = newAutomaton(atStart, false, texts)
	case bySuffix:
		g.needles = newAutomaton(atEnd, false, texts)
	default:
		g.needles = newAutomaton(anywhere, how == byNeedleFold, texts)
		const many = 32 // needles, for which no text is too long
		g.long = len(texts) < many
	}
	if g.needles == nil {
		return nil
	}
	return g
}

// decideGroup decides the leaves of a group, but for those that have to be
// looked at one by one; r.found are all that may hold. It reports false if the value is
// too long for the search: then all have to be.
func (s *Set) decideGroup(r *setRun, g *group) bool {
	v := s.value(r, g.slot)
	text := v.Text()
	const each = 8 // bytes a search reads while a check for one needle reads all
	if g.long && len(text) > each*len(g.sought) {
		return false
	}
	r.found = r.found[:0]
	copy(r.known[g.from:g.to], s.falses)
	if v.Kind() <= event.Null {
		return true
	}
	found := func(n int32) bool {
		x := &g.sought[n]
		r.known[x.leaf] = x.is
		r.found = append(r.found, x.leaf)
		return false
	}
	switch {
	case g.words != nil:
		for _, n := range g.words[text] {
			found(n)
		}
	case g.paths != nil:
		g.paths.find(text, found)
	default:
		g.needles.find(text, found)
	}
	return true
}
