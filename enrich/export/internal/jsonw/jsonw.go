// Package jsonw appends JSON to a buffer of the caller's, member by member, so
// that an encoder allocates nothing of its own.
//
// A Writer needs no state but the buffer: a comma belongs before a member
// unless the byte before it opens an object or an array.
package jsonw

import (
	"strconv"
	"time"

	"github.com/falconer-go/falconer/event"
	"github.com/falconer-go/falconer/internal/jsonstr"
)

// Writer appends to B. Names of members are written as they are: they are
// constants of the encoders.
type Writer struct{ B []byte }

// name begins a member, or an element where name is "".
func (w *Writer) name(name string) { w.B = appendName(w.B, name) }

func appendName(b []byte, name string) []byte {
	if n := len(b); n > 0 {
		switch b[n-1] {
		case '{', '[', ':', '\n':
		default:
			b = append(b, ',')
		}
	}
	if name != "" {
		b = append(append(append(b, '"'), name...), '"', ':')
	}
	return b
}

// Begin opens an object and returns a mark for End.
func (w *Writer) Begin(name string) (mark int) {
	mark = len(w.B)
	w.B = append(appendName(w.B, name), '{')
	return mark
}

// End closes the object that began at mark. An object without members is taken
// back, with its name.
func (w *Writer) End(mark int) {
	if w.B[len(w.B)-1] == '{' {
		w.B = w.B[:mark]
		return
	}
	w.B = append(w.B, '}')
}

// Drop takes back all that was written since mark.
func (w *Writer) Drop(mark int) { w.B = w.B[:mark] }

// BeginList opens an array and returns a mark for EndList.
func (w *Writer) BeginList(name string) (mark int) {
	mark = len(w.B)
	w.name(name)
	w.B = append(w.B, '[')
	return mark
}

// EndList closes the array that began at mark. An array without elements is
// taken back, with its name.
func (w *Writer) EndList(mark int) {
	if w.B[len(w.B)-1] == '[' {
		w.B = w.B[:mark]
		return
	}
	w.B = append(w.B, ']')
}

// Str writes a string.
func (w *Writer) Str(name, s string) {
	w.B = jsonstr.Append(appendName(w.B, name), s)
}

// Join writes a string that is made of parts.
func (w *Writer) Join(name string, parts ...string) {
	w.name(name)
	w.B = append(w.B, '"')
	for _, p := range parts {
		w.B = jsonstr.AppendText(w.B, p)
	}
	w.B = append(w.B, '"')
}

// StrIf writes a string unless it is empty.
func (w *Writer) StrIf(name, s string) {
	if s != "" {
		w.Str(name, s)
	}
}

// Strs writes an array of strings unless it is empty.
func (w *Writer) Strs(name string, list []string) {
	mark := w.BeginList(name)
	for _, s := range list {
		w.Str("", s)
	}
	w.EndList(mark)
}

// Int writes an integer.
func (w *Writer) Int(name string, n int64) {
	w.name(name)
	w.B = strconv.AppendInt(w.B, n, 10)
}

// IntIf writes an integer that is set.
func (w *Writer) IntIf(name string, n event.Opt[int64]) {
	if n.OK {
		w.Int(name, n.V)
	}
}

// Time writes t in UTC as RFC 3339 has it, to the nanosecond.
func (w *Writer) Time(name string, t time.Time) {
	w.name(name)
	w.B = append(t.UTC().AppendFormat(append(w.B, '"'), time.RFC3339Nano), '"')
}

// Bool writes a truth value.
func (w *Writer) Bool(name string, b bool) {
	w.name(name)
	w.B = strconv.AppendBool(w.B, b)
}

// Raw writes JSON as it is.
func (w *Writer) Raw(name, json string) {
	w.name(name)
	w.B = append(w.B, json...)
}

// Member writes a member whose name comes from an alert.
func (w *Writer) Member(name string, v event.Value) {
	w.name("")
	w.B = jsonstr.Append(w.B, name)
	w.B = append(w.B, ':')
	switch v.Kind() {
	case event.String:
		w.B = jsonstr.Append(w.B, v.Text())
	case event.Absent, event.Null:
		w.B = append(w.B, "null"...)
	default:
		w.B = append(w.B, v.Text()...)
	}
}
