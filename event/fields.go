package event

import (
	"iter"
	"slices"
	"strings"
)

// Fields are the output_fields of one alert, in the order in which they were
// printed. The zero Fields is empty. Fields is read-only and safe to share.
//
// The fields are an index of offsets into one text. It holds no pointers, so
// that a garbage collector has nothing to look at in it.
type Fields struct {
	text   string
	index  []entry
	sorted bool // the index is in the order of the names, as Falco prints them
}

// entry is where the name of a field and its value stand in the text. The
// text of a value is what [Value] holds.
type entry struct {
	name, nameLen uint32
	value         uint32
	kindLen       uint32 // the kind in the highest three bits, the length below
}

const (
	lenBits = 29
	lenMask = 1<<lenBits - 1
)

func makeEntry(nameFrom, nameTo int, v span) entry {
	return entry{
		name: uint32(nameFrom), nameLen: uint32(nameTo - nameFrom),
		value: uint32(v.from), kindLen: uint32(v.kind)<<lenBits | uint32(v.to-v.from),
	}
}

func (e *entry) nameIn(text string) string { return text[e.name:][:e.nameLen] }

func (e *entry) valueIn(text string) Value {
	return Value{text: text[e.value:][:e.kindLen&lenMask], kind: Kind(e.kindLen >> lenBits)}
}

func (f Fields) nameOf(e entry) string { return e.nameIn(f.text) }

func (f Fields) valueOf(e entry) Value { return e.valueIn(f.text) }

// newFields returns the Fields of these names, none of them twice, and values.
func newFields(names []string, values []Value) Fields {
	if len(names) == 0 {
		return Fields{}
	}
	var text strings.Builder
	f := Fields{index: make([]entry, len(names))}
	for i, name := range names {
		from := text.Len()
		text.WriteString(name)
		to := text.Len()
		text.WriteString(values[i].text)
		f.index[i] = makeEntry(from, to, span{values[i].kind, to, text.Len()})
	}
	f.text = text.String()
	f.sorted = slices.IsSorted(names)
	return f
}

// Len returns the number of fields, nulls included.
func (f Fields) Len() int { return len(f.index) }

// Get returns the value under exactly that name, as Falco prints it. A name
// that is not there gives the zero Value, whose kind is [Absent].
func (f Fields) Get(name string) Value {
	v, _ := f.find(name)
	return v
}

// find also returns the index of the field, -1 if it is not there.
func (f *Fields) find(name string) (v Value, at int) {
	text, list := f.text, f.index
	from := 0
	if f.sorted {
		// Halve until a linear search is the faster one.
		for len(list) > 24 {
			half := len(list) / 2
			if list[half].nameIn(text) <= name {
				list = list[half:]
				from += half
			} else {
				list = list[:half]
			}
		}
	}
	// Names of the same length are common; two of their bytes tell most apart
	// without a call.
	n := uint32(len(name))
	for i := range list {
		e := &list[i]
		if e.nameLen != n {
			continue
		}
		at := text[e.name : e.name+n]
		if n > 0 && (at[n-1] != name[n-1] || at[0] != name[0]) {
			continue
		}
		if at == name {
			return e.valueIn(text), from + i
		}
	}
	return Value{}, -1
}

// At returns the field at index i, from 0 to Len()-1, in the order of the
// alert. It panics if there is no such field, as indexing a slice does.
func (f Fields) At(i int) (name string, v Value) {
	e := f.index[i]
	return f.nameOf(e), f.valueOf(e)
}

// All yields each field by name, in the order of the alert.
func (f Fields) All() iter.Seq2[string, Value] {
	return func(yield func(string, Value) bool) {
		for _, e := range f.index {
			if !yield(f.nameOf(e), f.valueOf(e)) {
				return
			}
		}
	}
}

// Map returns a copy of f with the value that change gives for each field.
func (f Fields) Map(change func(name string, v Value) Value) Fields {
	names := make([]string, len(f.index))
	values := make([]Value, len(f.index))
	for i, e := range f.index {
		names[i] = f.nameOf(e)
		values[i] = change(names[i], f.valueOf(e))
	}
	return newFields(names, values)
}

// inOrder returns the index in the order of the names; scratch is memory for
// that.
func (f Fields) inOrder(scratch []entry) []entry {
	if f.sorted {
		return f.index
	}
	index := append(scratch[:0], f.index...)
	slices.SortFunc(index, func(a, b entry) int { return strings.Compare(f.nameOf(a), f.nameOf(b)) })
	return index
}

// someFields is a size of scratch memory that most alerts fit in.
const someFields = 32
