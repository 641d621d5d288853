package event

import (
	"iter"
	"strings"
)

// Fields are the output_fields of one alert, in the order in which they were
// printed. The zero Fields is empty. Fields is read-only and safe to share.
type Fields struct {
	list   []field
	sorted bool // list is in the order of its names, as Falco prints it
}

type field struct {
	name  string
	value Value
}

// inlineFields is how many fields an alert holds without an allocation of
// their own; nine of ten alerts have fewer.
const inlineFields = 24

// makeFields returns the Fields of a list without duplicates.
func makeFields(list []field) Fields {
	f := Fields{list: list, sorted: true}
	for i := 1; i < len(list) && f.sorted; i++ {
		f.sorted = list[i-1].name < list[i].name
	}
	return f
}

// Len returns the number of fields, nulls included.
func (f Fields) Len() int { return len(f.list) }

// Get returns the value under exactly that name, as Falco prints it. A name
// that is not there gives the zero Value, whose kind is [Absent].
func (f Fields) Get(name string) Value {
	list := f.list
	if f.sorted && len(list) > inlineFields {
		// Halve until a linear search is the faster one.
		for len(list) > 8 {
			half := len(list) / 2
			if strings.Compare(list[half].name, name) <= 0 {
				list = list[half:]
			} else {
				list = list[:half]
			}
		}
	}
	for i := range list {
		if list[i].name == name {
			return list[i].value
		}
	}
	return Value{}
}

// At returns the field at index i, from 0 to Len()-1, in the order of the
// alert. It panics if there is no such field, as indexing a slice does.
func (f Fields) At(i int) (name string, v Value) { return f.list[i].name, f.list[i].value }

// All yields each field by name, in the order of the alert.
func (f Fields) All() iter.Seq2[string, Value] {
	return func(yield func(string, Value) bool) {
		for i := range f.list {
			if !yield(f.list[i].name, f.list[i].value) {
				return
			}
		}
	}
}
