package event

import "iter"

// Fields are the output_fields of one alert, in the order in which they were
// printed. The zero Fields is empty. Fields is read-only and safe to share.
type Fields struct {
	list []field
}

type field struct {
	name  string
	value Value
}

// Len returns the number of fields, nulls included.
func (f Fields) Len() int { return len(f.list) }

// Get returns the value under exactly that name, as Falco prints it. A name
// that is not there gives the zero Value, whose kind is [Absent].
func (f Fields) Get(name string) Value {
	for i := range f.list {
		if f.list[i].name == name {
			return f.list[i].value
		}
	}
	return Value{}
}

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
