//go:build cgo

package plugintest

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"
	"unsafe"

	"github.com/falcosecurity/plugin-sdk-go/pkg/sdk"
)

// Event is an event in memory. It is an sdk.EventReader.
type Event struct {
	Num  uint64    // Falco counts the events of a source from 1
	Time time.Time // zero for none
	Data []byte
}

var _ sdk.EventReader = (*Event)(nil)

// EventNum returns the number.
func (e *Event) EventNum() uint64 { return e.Num }

// Timestamp returns the time in nanoseconds since 1970, or the largest number
// for none.
func (e *Event) Timestamp() uint64 {
	if e.Time.IsZero() {
		return 1<<64 - 1
	}
	return uint64(e.Time.UnixNano())
}

// Reader returns a reader of the data.
func (e *Event) Reader() io.ReadSeeker { return bytes.NewReader(e.Data) }

// Request asks for a field of an event. It is an sdk.ExtractRequest, and as
// strict as the SDK's.
type Request struct {
	ID    uint64         // the index of Entry in the list of fields
	Entry sdk.FieldEntry // the field
	Arg   string         // what stands in the brackets
	Has   bool           // there are brackets

	// Value is what the plugin set, or nil: a string, uint64, bool,
	// time.Duration, time.Time, net.IP or net.IPNet, or a slice of one of them.
	// It shares no memory with the plugin.
	Value any

	Start, Length uint32 // what SetValueOffset set
	Offsets       bool   // the plugin is asked for them
}

var _ sdk.ExtractRequest = (*Request)(nil)

// NewRequest returns a request for a field as a rule writes it, such as
// proc.name or proc.aname[2], or an error where Falco would not accept it in a
// rule: there is no such field, it has to have an argument or must not.
func NewRequest(fields []sdk.FieldEntry, field string) (*Request, error) {
	name, arg, has := strings.Cut(field, "[")
	if has {
		var ok bool
		if arg, ok = strings.CutSuffix(arg, "]"); !ok {
			return nil, fmt.Errorf("%s: a bracket is not closed", field)
		}
	}
	i := slices.IndexFunc(fields, func(f sdk.FieldEntry) bool { return f.Name == name })
	if i < 0 {
		return nil, fmt.Errorf("there is no field %s", name)
	}
	r := &Request{ID: uint64(i), Entry: fields[i], Arg: arg, Has: has}
	switch a := r.Entry.Arg; {
	case has && !a.IsKey && !a.IsIndex:
		return nil, fmt.Errorf("%s takes no argument", name)
	case !has && a.IsRequired:
		return nil, fmt.Errorf("%s needs an argument", name)
	case has && a.IsIndex && !a.IsKey:
		if _, err := strconv.ParseUint(arg, 10, 64); err != nil {
			return nil, fmt.Errorf("%s: the argument is not a number", field)
		}
	}
	return r, nil
}

// FieldID returns the number of the field.
func (r *Request) FieldID() uint64 { return r.ID }

// FieldType returns the SDK's number of the field's type, or 0 for a type that
// it does not have.
func (r *Request) FieldType() uint32 {
	switch r.Entry.Type {
	case "string":
		return sdk.FieldTypeCharBuf
	case "uint64":
		return sdk.FieldTypeUint64
	case "bool":
		return sdk.FieldTypeBool
	case "reltime":
		return sdk.FieldTypeRelTime
	case "abstime":
		return sdk.FieldTypeAbsTime
	case "ipaddr":
		return sdk.FieldTypeIPAddr
	case "ipnet":
		return sdk.FieldTypeIPNet
	}
	return 0
}

// Field returns the name of the field.
func (r *Request) Field() string { return r.Entry.Name }

// ArgKey returns the argument as text.
func (r *Request) ArgKey() string { return r.Arg }

// ArgIndex returns the argument as a number, or 0.
func (r *Request) ArgIndex() uint64 {
	n, _ := strconv.ParseUint(r.Arg, 10, 64)
	return n
}

// ArgPresent reports whether there is an argument.
func (r *Request) ArgPresent() bool { return r.Has }

// IsList reports whether the field has any number of values.
func (r *Request) IsList() bool { return r.Entry.IsList }

// SetPtr does nothing: there is no memory of C.
func (r *Request) SetPtr(unsafe.Pointer) {}

// SetOffsetPtrs does nothing: there is no memory of C.
func (r *Request) SetOffsetPtrs(_, _ unsafe.Pointer) {}

// WantOffset reports whether the plugin is asked where the value stands.
func (r *Request) WantOffset() bool { return r.Offsets }

// SetValueOffset notes where the value stands.
func (r *Request) SetValueOffset(start, length uint32) {
	if r.Offsets {
		r.Start, r.Length = start, length
	}
}

// SetValue copies what the plugin sets. Like the SDK's it panics if that is not
// of the field's type.
func (r *Request) SetValue(v any) {
	switch r.Entry.Type {
	case "string":
		set[string](r, v, func(s string) string { return strings.Clone(s) })
	case "uint64":
		set[uint64](r, v, nil)
	case "bool":
		set[bool](r, v, nil)
	case "reltime":
		set[time.Duration](r, v, nil)
	case "abstime":
		set[time.Time](r, v, nil)
	case "ipaddr":
		set[net.IP](r, v, func(ip net.IP) net.IP { return slices.Clone(ip) })
	case "ipnet":
		set[net.IPNet](r, v, func(n net.IPNet) net.IPNet { return net.IPNet{IP: slices.Clone(n.IP), Mask: slices.Clone(n.Mask)} })
	default:
		panic(fmt.Sprintf("plugintest: the SDK has no type %q", r.Entry.Type))
	}
}

func set[T any](r *Request, v any, clone func(T) T) {
	if clone == nil {
		clone = func(v T) T { return v }
	}
	if !r.Entry.IsList {
		if p, ok := v.(*T); ok {
			v = *p
		}
		r.Value = clone(v.(T))
		return
	}
	var list []T
	if pointers, ok := v.([]*T); ok {
		for _, p := range pointers {
			list = append(list, clone(*p))
		}
	} else {
		for _, e := range v.([]T) {
			list = append(list, clone(e))
		}
	}
	r.Value = list
}
