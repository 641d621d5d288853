//go:build cgo

package plugin

import (
	"net"
	"net/netip"
	"strings"
	"time"
	"unsafe"

	"github.com/falcosecurity/plugin-sdk-go/pkg/sdk"
)

// How a value gets to the SDK. ExtractRequest.SetValue takes an interface, and
// putting a string in one allocates, for each field of each event. So a field
// keeps one interface value for good and changes what it points to: see box.
// Nothing behind SetValue keeps what it is given.
//
// The SDK copies texts and numbers to C, but of an address it hands out the
// pointer to Go's memory, which the garbage collector cannot see. That memory is
// therefore the field's own, and changes with the field's next value, when Falco
// is done with this one.

// box is an interface value whose content can be changed.
type box[T any] struct {
	v     T
	iface any
}

// of returns v as an interface value, good until the next call.
func (b *box[T]) of(v T) any {
	b.v = v
	if b.iface == nil {
		b.iface = *new(T)
		// An interface value that is not a pointer is a pair of its type and
		// a pointer to its content.
		(*[2]unsafe.Pointer)(unsafe.Pointer(&b.iface))[1] = unsafe.Pointer(&b.v)
	}
	return b.iface
}

// cell gives values of a field to requests. It must not be copied once used.
type cell[T Type] struct {
	text     box[string]
	number   box[uint64]
	duration box[time.Duration]
	time     box[time.Time]
	addr     box[net.IP]
	bytes    [16]byte
}

func (c *cell[T]) set(req sdk.ExtractRequest, v T) {
	switch v := any(&v).(type) {
	case *string:
		req.SetValue(c.text.of(withoutNUL(*v)))
	case *uint64:
		req.SetValue(c.number.of(*v))
	case *bool:
		req.SetValue(*v)
	case *time.Duration:
		req.SetValue(c.duration.of(*v))
	case *time.Time:
		if hasNanos(*v) {
			req.SetValue(c.time.of(*v))
		}
	case *netip.Addr:
		if v.IsValid() {
			req.SetValue(c.addr.of(appendAddr(c.bytes[:0], *v)))
		}
	}
}

// listCell is cell for a list.
type listCell[T Type] struct {
	values []T
	list   box[[]T]
	addrs  box[[]net.IP]
	ips    []net.IP
	bytes  [][16]byte
}

func (c *listCell[T]) set(req sdk.ExtractRequest) {
	switch list := any(&c.values).(type) {
	case *[]string:
		for i, s := range *list {
			(*list)[i] = withoutNUL(s)
		}
	case *[]time.Time:
		kept := (*list)[:0]
		for _, t := range *list {
			if hasNanos(t) {
				kept = append(kept, t)
			}
		}
		*list = kept
	case *[]netip.Addr:
		if len(*list) > len(c.bytes) {
			c.bytes = make([][16]byte, len(*list)+8)
		}
		c.ips = c.ips[:0]
		for i, a := range *list {
			if a.IsValid() {
				c.ips = append(c.ips, appendAddr(c.bytes[i][:0], a))
			}
		}
		if len(c.ips) > 0 {
			req.SetValue(c.addrs.of(c.ips))
		}
		return
	}
	if len(c.values) > 0 {
		req.SetValue(c.list.of(c.values))
	}
}

// withoutNUL returns s as text that C does not cut short.
func withoutNUL(s string) string {
	if strings.IndexByte(s, 0) < 0 {
		return s
	}
	return strings.ReplaceAll(s, "\x00", "\uFFFD")
}

// hasNanos reports whether t has a place in Falco's times: nanoseconds from 1970
// on in 63 bits.
func hasNanos(t time.Time) bool {
	return t.Unix() >= 0 && t.Unix() < 1<<63/1_000_000_000
}

// appendAddr appends the bytes of an address: 4 for IPv4, also where it is
// written as IPv6, else 16.
func appendAddr(dst []byte, a netip.Addr) net.IP {
	a = a.Unmap()
	if a.Is4() {
		b := a.As4()
		return append(dst, b[:]...)
	}
	b := a.As16()
	return append(dst, b[:]...)
}
