package report

import "github.com/falconer-go/falconer/mitigate"

// room is where the parts of one document are made: many small ones in few
// allocations.
type room struct {
	spans      slab[mitigate.Span]
	paragraphs slab[paragraph]
	blocks     slab[block]
}

// slab hands out parts of one allocation after the other.
type slab[T any] struct{ free []T }

// slabSize is how many values a slab makes room for at a time.
const slabSize = 64

// take returns n values, to be set.
func (s *slab[T]) take(n int) []T {
	if n > slabSize/4 {
		return make([]T, n)
	}
	if n > len(s.free) {
		s.free = make([]T, slabSize)
	}
	taken := s.free[:n:n]
	s.free = s.free[n:]
	return taken
}

// open returns an empty slice with room for n values at least. The caller
// appends to it, and takes all of it with keep before anything else is taken.
func (s *slab[T]) open(n int) []T {
	if n > len(s.free) {
		s.free = make([]T, slabSize)
	}
	return s.free[:0]
}

// keep takes the values that were appended to what open returned.
func (s *slab[T]) keep(values []T) []T {
	n := len(values)
	if n == 0 {
		return nil
	}
	if len(s.free) > 0 && &values[0] == &s.free[0] {
		s.free = s.free[n:]
	}
	return values[:n:n]
}

// say returns a text of our own words.
func (r *room) say(words string) mitigate.Text {
	t := r.spans.take(1)
	t[0] = mitigate.Span{Text: words}
	return t
}

// join returns the texts as one.
func (r *room) join(parts ...mitigate.Text) mitigate.Text {
	n := 0
	for _, p := range parts {
		n += len(p)
	}
	t := mitigate.Text(r.spans.take(n))
	at := t
	for _, p := range parts {
		at = at[copy(at, p):]
	}
	return t
}

func (r *room) labelled(label string, t mitigate.Text) block {
	return &labelled{label, t}
}

func (r *room) paragraph(t mitigate.Text) block {
	p := &r.paragraphs.take(1)[0]
	*p = paragraph(t)
	return p
}
