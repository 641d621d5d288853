package cond

import (
	"sync"
	"unsafe"

	"github.com/falconer-go/falconer/event"
)

// Lookup is where the fields of an alert are looked up. [*event.Event] is one;
// a host can have its own, to add fields to an alert or to evaluate a
// condition on something else. A field that the alert does not have is the
// zero Value.
type Lookup interface {
	Field(name string) event.Value
}

// machine is the working memory of one evaluation. Text and values are only
// ever appended, so what points into buf and data stays as it is until the
// machine is put back, even where they grow and move.
type machine struct {
	lookup Lookup
	event  *event.Event // lookup, if that is one

	buf  []byte
	data []datum
	used int // how much of data was ever used, and may point into an alert
}

var machines = sync.Pool{New: func() any { return new(machine) }}

// newMachine takes a machine from the pool.
func newMachine(e *event.Event, l Lookup) *machine {
	m := machines.Get().(*machine)
	m.event, m.lookup = e, l
	if e != nil {
		m.lookup = e
	}
	return m
}

// put gives the machine back, unless it has grown large.
func (m *machine) put() {
	const most = 1 << 16
	if cap(m.buf) > most || cap(m.data) > most/64 {
		return
	}
	m.reset()
	clear(m.data[:min(m.used, cap(m.data))])
	*m = machine{buf: m.buf[:0], data: m.data[:0]}
	machines.Put(m)
}

// reset forgets the values of the check before.
func (m *machine) reset() {
	m.used = max(m.used, len(m.data))
	m.buf, m.data = m.buf[:0], m.data[:0]
}

// text returns what was appended to buf from at on, as a string that is valid
// until the machine is put back or reset.
func (m *machine) text(at int) string {
	b := m.buf[at:]
	return unsafe.String(unsafe.SliceData(b), len(b))
}

// terminated returns s with a NUL byte behind it.
func (m *machine) terminated(s string) string {
	at := len(m.buf)
	m.buf = append(m.buf, s...)
	m.buf = append(m.buf, 0)
	return m.text(at)
}

// transform applies a transformer to a string. It is not ok if the result is
// no value.
func (m *machine) transform(s step, text string) (string, bool) {
	switch s {
	case tolowerStep, toupperStep:
		change := lower
		if s == toupperStep {
			change = upper
		}
		for i := range len(text) {
			if change(text[i]) != text[i] {
				at := len(m.buf)
				m.buf = append(m.buf, text...)
				for j := at + i; j < len(m.buf); j++ {
					m.buf[j] = change(m.buf[j])
				}
				return m.text(at), true
			}
		}
		return text, true
	case basenameStep:
		for i := len(text); i > 0; i-- {
			if text[i-1] == '/' {
				return text[i:], true
			}
		}
		return text, true
	case b64Step:
		return m.base64(text)
	}
	return text, true
}

// base64 decodes text in the standard alphabet, with or without padding. Bits
// that belong to no byte have to be zero.
func (m *machine) base64(text string) (string, bool) {
	n := len(text)
	for i := 0; i < 2 && n > 0 && text[n-1] == '='; i++ {
		n--
	}
	if n == 0 {
		return "", len(text) == 0
	}
	at := len(m.buf)
	acc, bits := uint32(0), 0
	for i := range n {
		d := digit64(text[i])
		if d < 0 {
			return "", false
		}
		acc = acc<<6 | uint32(d)
		if bits += 6; bits >= 8 {
			bits -= 8
			m.buf = append(m.buf, byte(acc>>bits))
			acc &= 1<<bits - 1
		}
	}
	return m.text(at), acc == 0 && n%4 != 1
}

func digit64(c byte) int {
	switch {
	case c >= 'A' && c <= 'Z':
		return int(c - 'A')
	case c >= 'a' && c <= 'z':
		return int(c-'a') + 26
	case isDigit(c):
		return int(c-'0') + 52
	case c == '+':
		return 62
	case c == '/':
		return 63
	}
	return -1
}
