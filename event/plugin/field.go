//go:build cgo

package plugin

import (
	"fmt"
	"net/netip"
	"strconv"
	"time"

	"github.com/falcosecurity/plugin-sdk-go/pkg/sdk"
)

// Type is what the value of a field may be in Go. In Falco it is, in this order,
// a string, uint64, bool, reltime, abstime or ipaddr.
type Type interface {
	string | uint64 | bool | time.Duration | time.Time | netip.Addr
}

// Field is one field of an event of type E: its declaration and the function
// that reads it. It is made by the functions of this package.
type Field[E any] struct {
	entry  sdk.FieldEntry
	def    *argument // what stands for an argument that is left out
	misuse string    // what is wrong with how it was made
	bind   func() reader[E]
}

// argument is what stands in the brackets behind a field.
type argument struct {
	key   string
	index uint64
}

// reader reads the value of a field and gives it to a request. It has memory of
// its own, so it belongs to one plugin.
type reader[E any] func(e *E, a argument, req sdk.ExtractRequest)

// Value returns a field with one value. get reports whether the event has it.
func Value[E any, T Type](name, desc string, get func(e *E) (T, bool)) Field[E] {
	return one(name, desc, sdk.FieldEntryArg{}, func(e *E, _ argument) (T, bool) { return get(e) }, get == nil)
}

// Key returns a field with one value and an argument that is any text, as in
// door.badge[owner].
func Key[E any, T Type](name, desc string, get func(e *E, key string) (T, bool)) Field[E] {
	return one(name, desc, sdk.FieldEntryArg{IsRequired: true, IsKey: true}, func(e *E, a argument) (T, bool) { return get(e, a.key) }, get == nil)
}

// Index returns a field with one value and an argument that is a number, as in
// door.visitor[0].
func Index[E any, T Type](name, desc string, get func(e *E, i uint64) (T, bool)) Field[E] {
	return one(name, desc, sdk.FieldEntryArg{IsRequired: true, IsIndex: true}, func(e *E, a argument) (T, bool) { return get(e, a.index) }, get == nil)
}

// List returns a field with any number of values, which get appends to dst. An
// event without any has no value.
func List[E any, T Type](name, desc string, get func(e *E, dst []T) []T) Field[E] {
	return list(name, desc, sdk.FieldEntryArg{}, func(e *E, _ argument, dst []T) []T { return get(e, dst) }, get == nil)
}

// KeyList is [List] with an argument that is any text.
func KeyList[E any, T Type](name, desc string, get func(e *E, key string, dst []T) []T) Field[E] {
	return list(name, desc, sdk.FieldEntryArg{IsRequired: true, IsKey: true}, func(e *E, a argument, dst []T) []T { return get(e, a.key, dst) }, get == nil)
}

// IndexList is [List] with an argument that is a number.
func IndexList[E any, T Type](name, desc string, get func(e *E, i uint64, dst []T) []T) Field[E] {
	return list(name, desc, sdk.FieldEntryArg{IsRequired: true, IsIndex: true}, func(e *E, a argument, dst []T) []T { return get(e, a.index, dst) }, get == nil)
}

// Default returns f with an argument that may be left out, and is then arg.
func (f Field[E]) Default(arg string) Field[E] {
	def := argument{key: arg}
	switch a := f.entry.Arg; {
	case a.IsIndex:
		n, err := strconv.ParseUint(arg, 10, 64)
		if err != nil {
			f.misuse = fmt.Sprintf("the default %q is not a number", arg)
		}
		def.index = n
	case !a.IsKey:
		f.misuse = "a default for a field without an argument"
	}
	f.entry.Arg.IsRequired = false
	f.def = &def
	return f
}

// Display returns f with a short name for people.
func (f Field[E]) Display(name string) Field[E] {
	f.entry.Display = name
	return f
}

// Entry returns the declaration as the SDK has it.
func (f Field[E]) Entry() sdk.FieldEntry { return f.entry }

func one[E any, T Type](name, desc string, arg sdk.FieldEntryArg, get func(*E, argument) (T, bool), isNil bool) Field[E] {
	f := Field[E]{entry: sdk.FieldEntry{Name: name, Type: typeName[T](), Desc: desc, Arg: arg}}
	if !isNil {
		f.bind = func() reader[E] {
			var c cell[T]
			return func(e *E, a argument, req sdk.ExtractRequest) {
				if v, ok := get(e, a); ok {
					c.set(req, v)
				}
			}
		}
	}
	return f
}

func list[E any, T Type](name, desc string, arg sdk.FieldEntryArg, get func(*E, argument, []T) []T, isNil bool) Field[E] {
	f := Field[E]{entry: sdk.FieldEntry{Name: name, Type: typeName[T](), IsList: true, Desc: desc, Arg: arg}}
	if !isNil {
		f.bind = func() reader[E] {
			var c listCell[T]
			return func(e *E, a argument, req sdk.ExtractRequest) {
				c.values = get(e, a, c.values[:0])
				c.set(req)
			}
		}
	}
	return f
}

func typeName[T Type]() string {
	switch any(*new(T)).(type) {
	case string:
		return "string"
	case uint64:
		return "uint64"
	case bool:
		return "bool"
	case time.Duration:
		return "reltime"
	case time.Time:
		return "abstime"
	}
	return "ipaddr"
}

var typeCodes = map[string]uint32{
	"string": sdk.FieldTypeCharBuf, "uint64": sdk.FieldTypeUint64, "bool": sdk.FieldTypeBool,
	"reltime": sdk.FieldTypeRelTime, "abstime": sdk.FieldTypeAbsTime, "ipaddr": sdk.FieldTypeIPAddr,
}
