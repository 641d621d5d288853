package rules

import (
	"container/heap"
	"strings"
)

// This file puts lists into conditions as Falco does: not in the tree of the
// condition but in its text, each name that stands between delimiters being
// replaced by the items of the list. That reaches into quoted strings too,
// and does not care whether items contain what a condition cannot hold.
//
// Falco runs through all lists for each condition. Here a condition is cut
// into words first, so that only the lists it names are looked at; a list
// whose name holds a delimiter, which Falco warns of, is looked for as such.

// list is a list whose items are resolved.
type list struct {
	info  *listInfo
	items []string // references to lists defined before replaced by their items, one level deep
	sub   string   // what goes into a condition
	used  bool
}

// lists are all lists in the order of definition.
type lists struct {
	all    []*list
	byName map[string]int
	odd    []int // those whose names hold delimiters
}

// listWork bounds the work of putting lists into conditions: each list that a
// condition names is a search of all of it.
const listWork = 1 << 32

// compileLists resolves lists that name other lists. Those whose items would be
// too many altogether are left as they are, and returned.
func compileLists(c *collector, limits *Limits) (ls *lists, tooLarge []*listInfo) {
	ls = &lists{byName: make(map[string]int, len(c.lists.all))}
	left := limits.Nodes
	var used []string
	for i, info := range c.lists.all {
		l := &list{info: info, items: info.items}
		for j, item := range info.items {
			if ref := c.lists.get(item); ref != nil && ref.index < info.visibility {
				if items, ok := expandItems(c, info, j, &used, &left); ok {
					l.items = items
				} else {
					tooLarge = append(tooLarge, info)
				}
				break
			}
		}
		l.sub = substitute(l.items, limits.ConditionBytes)
		ls.all = append(ls.all, l)
		ls.byName[info.name] = i
		if strings.ContainsAny(info.name, delimiters) {
			ls.odd = append(ls.odd, i)
		}
	}
	for _, name := range used {
		ls.all[ls.byName[name]].used = true
	}
	return ls, tooLarge
}

// expandItems is the items of a list from the first reference on expanded. It
// is not ok if there are more than left.
func expandItems(c *collector, info *listInfo, first int, used *[]string, left *int) (items []string, ok bool) {
	items = append(items, info.items[:first]...)
	for _, item := range info.items[first:] {
		if ref := c.lists.get(item); ref != nil && ref.index < info.visibility {
			if *left -= len(ref.items); *left < 0 {
				return nil, false
			}
			*used = append(*used, ref.name)
			items = append(items, ref.items...)
		} else {
			items = append(items, item)
		}
	}
	return items, true
}

// substitute is what stands for the items in a condition. Behind most bytes it
// goes on no further: no condition can hold it.
func substitute(items []string, most int) string {
	var b strings.Builder
	for _, item := range items {
		if b.Len() > most {
			break
		}
		// As Falco does: an empty item at the front leaves no comma.
		if b.Len() > 0 {
			b.WriteString(", ")
		}
		b.WriteString(quoteItem(item))
	}
	return b.String()
}

// resolve puts the lists into a condition and returns the indexes of those it
// names. If at is not nil, it is given for each byte of the result the offset
// in text that it comes from, or that of the name it stands for. It is not ok
// if the result would be longer than most bytes, or there is more work to do
// than is left.
func (ls *lists) resolve(text string, most int, left *int64, at *[]int) (out string, used []int, ok bool) {
	if at != nil {
		*at = make([]int, len(text))
		for i := range *at {
			(*at)[i] = i
		}
	}
	var queue indexHeap
	var queued map[int]bool
	last := -1
	add := func(s string) {
		for i := 0; i < len(s); {
			for i < len(s) && isDelimiter(s[i]) {
				i++
			}
			begin := i
			for i < len(s) && !isDelimiter(s[i]) {
				i++
			}
			if k, ok := ls.byName[s[begin:i]]; ok && k > last && !queued[k] {
				if queued == nil {
					queued = make(map[int]bool)
				}
				queued[k] = true
				heap.Push(&queue, k)
			}
		}
	}
	odd := ls.odd
	add(text)
	for queue.Len() > 0 || len(odd) > 0 {
		var i int
		if len(odd) > 0 && (queue.Len() == 0 || odd[0] < queue[0]) {
			i, odd = odd[0], odd[1:]
		} else {
			i = heap.Pop(&queue).(int)
		}
		if i <= last {
			continue
		}
		last = i
		l := ls.all[i]
		if *left -= int64(len(text)); *left < 0 {
			return "", nil, false
		}
		out, found, ok := l.replace(text, most, at)
		if !ok {
			return "", nil, false
		}
		if found {
			used = append(used, i)
			text = out
			add(l.sub)
		}
	}
	return text, used, true
}

// replace is the substitution of one list, by Falco's algorithm: the blanks on
// both sides of the name are swallowed and one is put back, and the search
// goes on one byte later than it would have to.
func (l *list) replace(text string, most int, at *[]int) (out string, found, ok bool) {
	name := l.info.name
	next := strings.Index(text, name)
	if next < 0 {
		return text, false, true
	}
	// done is what is finished, rest what is still to be searched: together
	// they are the condition.
	var done []byte
	var doneAt []int
	rest := text
	restAt := func() []int {
		if at == nil {
			return nil
		}
		return (*at)[len(*at)-len(rest):]
	}
	move := func(n int) {
		if at != nil {
			doneAt = append(doneAt, restAt()[:n]...)
		}
		done = append(done, rest[:n]...)
		rest = rest[n:]
	}
	for next >= 0 {
		end := next + len(name)
		var before byte = ' '
		if next > 0 {
			before = rest[next-1]
		} else if len(done) > 0 {
			before = done[len(done)-1]
		}
		if !isDelimiter(before) || end < len(rest) && !isDelimiter(rest[end]) {
			next = index(rest, name, next+1)
			continue
		}
		found = true
		from := 0
		if at != nil {
			from = restAt()[next]
		}
		move(next)
		for len(done) > 0 && isBlank(done[len(done)-1]) {
			done = done[:len(done)-1]
		}
		skip := len(name)
		for skip < len(rest) && isBlank(rest[skip]) {
			skip++
		}
		rest = rest[skip:]
		if l.sub == "" {
			if len(done) > 0 && done[len(done)-1] == ',' {
				done = done[:len(done)-1]
			} else if len(rest) > 0 && rest[0] == ',' {
				rest = rest[1:]
			}
		}
		// Falco goes on searching behind the blank that follows what it put in
		// or, where that stands at the very beginning, one byte later.
		begin := len(done) == 0
		put := l.sub
		if !begin {
			put = " " + put
		}
		put += " "
		done = append(done, put...)
		if at != nil {
			doneAt = doneAt[:min(len(doneAt), len(done)-len(put))]
			for range put {
				doneAt = append(doneAt, from)
			}
		}
		if len(done)+len(rest) > most {
			return "", found, false
		}
		if begin {
			next = index(rest, name, 1)
		} else {
			next = index(rest, name, 0)
		}
	}
	if !found {
		return text, false, true
	}
	if at != nil {
		*at = append(doneAt, restAt()...)
	}
	return string(done) + rest, true, true
}

// index is the index of sep in s at or behind from.
func index(s, sep string, from int) int {
	if from > len(s) {
		return -1
	}
	if i := strings.Index(s[from:], sep); i >= 0 {
		return from + i
	}
	return -1
}

// indexHeap is the smallest index first.
type indexHeap []int

func (h indexHeap) Len() int           { return len(h) }
func (h indexHeap) Less(i, j int) bool { return h[i] < h[j] }
func (h indexHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *indexHeap) Push(x any)        { *h = append(*h, x.(int)) }
func (h *indexHeap) Pop() any {
	old := *h
	x := old[len(old)-1]
	*h = old[:len(old)-1]
	return x
}
