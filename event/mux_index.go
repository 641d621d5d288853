package event

import (
	"slices"
)

// index finds the routes that an alert may concern. A route stands under every
// key of the one Need that was chosen for it, or in always if there was none;
// so its candidates are what stands under any key that the alert meets, and
// looking is a few map look-ups, whatever the number of routes. Lists of routes
// hold positions in the table, ascending. An index is immutable.
type index struct {
	size     int // it covers the routes before this one
	always   []int32
	rule     texts
	source   texts
	host     texts
	tag      texts
	priority texts
	fields   map[string]*texts
	names    []string // of fields, as long as they are few
}

// texts are the routes that need a text of one field.
type texts struct {
	exact    map[string][]int32
	prefixed map[string][]int32
	lengths  []int   // of the keys of prefixed, ascending
	longest  int     // of the keys of exact
	all      []int32 // whatever the text, for a value that is a list
}

// Up to so many fields, asking an alert for each costs less than looking up
// each of its fields.
const fewFields = 6

func newIndex(routes []*Route) *index {
	ix := &index{size: len(routes), fields: make(map[string]*texts)}
	for i, r := range routes {
		id := int32(i)
		if !r.indexed {
			ix.always = append(ix.always, id)
			continue
		}
		for _, k := range r.need {
			ix.texts(k.Field).add(k, id)
		}
	}
	if len(ix.fields) <= fewFields {
		for name := range ix.fields {
			ix.names = append(ix.names, name)
		}
	}
	return ix
}

func (ix *index) texts(field string) *texts {
	switch field {
	case "alert.rule":
		return &ix.rule
	case "alert.source":
		return &ix.source
	case "alert.hostname":
		return &ix.host
	case "alert.tags":
		return &ix.tag
	case "alert.priority":
		return &ix.priority
	}
	t := ix.fields[field]
	if t == nil {
		t = new(texts)
		ix.fields[field] = t
	}
	return t
}

func (t *texts) add(k Key, id int32) {
	t.all = put(t.all, id)
	if !k.Prefix {
		if t.exact == nil {
			t.exact = make(map[string][]int32)
		}
		t.exact[k.Text] = put(t.exact[k.Text], id)
		t.longest = max(t.longest, len(k.Text))
		return
	}
	if t.prefixed == nil {
		t.prefixed = make(map[string][]int32)
	}
	t.prefixed[k.Text] = put(t.prefixed[k.Text], id)
	if i, found := slices.BinarySearch(t.lengths, len(k.Text)); !found {
		t.lengths = slices.Insert(t.lengths, i, len(k.Text))
	}
}

// put appends id, which is not less than any in list, unless it is there.
func put(list []int32, id int32) []int32 {
	if n := len(list); n > 0 && list[n-1] == id {
		return list
	}
	return append(list, id)
}

// candidates returns the routes that may match e, each once, ascending, in the
// memory of buf, if that is enough.
func (ix *index) candidates(buf []int32, e *Event) []int32 {
	f := found{list: buf[:0]}
	f.add(ix.always)
	f.look(&ix.rule, e.Rule)
	f.look(&ix.source, e.Source)
	f.look(&ix.host, e.Hostname)
	if e.Priority > Debug { // not one that Falco has: assume nothing
		f.add(ix.priority.all)
	} else {
		f.look(&ix.priority, e.Priority.String())
	}
	if ix.tag.all != nil {
		for _, tag := range e.Tags {
			f.look(&ix.tag, tag)
		}
	}
	if len(ix.fields) <= fewFields {
		for _, name := range ix.names {
			f.value(ix.fields[name], e.Fields.Get(name))
		}
	} else {
		for name, v := range e.Fields.All() {
			if t := ix.fields[name]; t != nil {
				f.value(t, v)
			}
		}
	}
	return f.sorted()
}

// found gathers lists of routes.
type found struct {
	list  []int32
	lists int // how many lists were not empty
}

func (f *found) add(ids []int32) {
	if len(ids) > 0 {
		f.list = append(f.list, ids...)
		f.lists++
	}
}

func (f *found) look(t *texts, text string) {
	if len(t.exact) > 0 && len(text) <= t.longest {
		f.add(t.exact[text])
	}
	for _, n := range t.lengths {
		if n > len(text) {
			break
		}
		f.add(t.prefixed[text[:n]])
	}
}

func (f *found) value(t *texts, v Value) {
	switch v.Kind() {
	case Absent, Null:
	case Array, Object:
		f.add(t.all)
	default:
		f.look(t, v.Text())
	}
}

// sorted returns what was found; one list is in order already.
func (f *found) sorted() []int32 {
	if f.lists < 2 {
		return f.list
	}
	slices.Sort(f.list)
	return slices.Compact(f.list)
}
