package event

import (
	"errors"
	"fmt"
	"net/netip"
	"reflect"
	"strings"
	"sync"
	"time"
)

// BindError says why a field of an alert does not fit the Go field it is for.
type BindError struct {
	Field string // as in the struct tag
	Go    string // the Go field, with the structs it stands in, as in Login.User
	Want  string // the type of the Go field
	Got   Value  // what the alert has; Kind is Absent if it has nothing
}

func (e *BindError) Error() string {
	got := e.Got.Kind().String()
	if e.Got.Kind() > Null {
		got += fmt.Sprintf(" %q", clip(e.Got.Text()))
	}
	return fmt.Sprintf("%s: %s does not fit %s %s", e.Field, got, e.Go, e.Want)
}

// Bind reads the alert's fields into a struct, for the fields of a host's own
// plugin or of a view that this package does not have:
//
//	type Login struct {
//		User  string        `falco:"okta.actor.name,required"`
//		From  netip.Addr    `falco:"okta.client.ip"`
//		Tries event.Opt[int64] `falco:"okta.mfa.failure.countlast[300]"`
//		At    time.Time     `falco:"evt.time"`
//		Rule  string        `falco:"alert.rule"`
//	}
//
// The tag holds a name as [Event.Field] takes it, and after a comma required
// if the alert must have it. A Go field has the type string, bool, any
// integer or float type, [time.Time], [time.Duration], [netip.Addr],
// [netip.Prefix], []string, [Value], a pointer to or an [Opt] of one of
// those, or is a struct that holds more such fields. One without a tag that is
// no struct is left alone.
//
// A field that is absent, null or <NA> leaves the Go field zero; an Opt or a
// pointer tells that from a value that is zero. Strings share the alert's
// memory.
//
// The error joins a *[BindError] for each field that does not fit, and what
// does is read all the same. A struct that cannot be bound to gives an error
// that says so. Bind may be called from any number of goroutines; what it
// learns of a type it keeps.
func Bind[T any](e *Event) (T, error) {
	var t T
	p := planOf(reflect.TypeFor[T]())
	if p.err != nil {
		return t, p.err
	}
	var errs []error
	into := reflect.ValueOf(&t).Elem()
	for i := range p.fields {
		if err := p.fields[i].bind(e, into); err != nil {
			errs = append(errs, err)
		}
	}
	return t, errors.Join(errs...)
}

// plan is how a type is filled.
type plan struct {
	fields []boundField
	err    error
}

type boundField struct {
	name     string // of the alert's field
	goName   string
	index    []int
	typ      reflect.Type
	required bool
	set      setter
}

// setter fills a Go field from a value that is available, and reports whether
// that fits.
type setter func(into reflect.Value, v Value) bool

var plans sync.Map // of reflect.Type to *plan

func planOf(t reflect.Type) *plan {
	if p, ok := plans.Load(t); ok {
		return p.(*plan)
	}
	p := new(plan)
	if t.Kind() == reflect.Struct {
		p.add(t, nil, "")
	} else {
		p.err = fmt.Errorf("cannot bind to %s: not a struct", t)
	}
	actual, _ := plans.LoadOrStore(t, p)
	return actual.(*plan)
}

// add plans for the fields of a struct that stands at index in T.
func (p *plan) add(t reflect.Type, index []int, path string) {
	for i := range t.NumField() {
		f := t.Field(i)
		at := append(index[:len(index):len(index)], i)
		tag, tagged := f.Tag.Lookup("falco")
		if !tagged || tag == "-" {
			if !tagged && f.Type.Kind() == reflect.Struct && setterOf(f.Type) == nil && (f.Anonymous || f.IsExported()) {
				p.add(f.Type, at, path+f.Name+".")
			}
			continue
		}
		b := boundField{goName: path + f.Name, index: at, typ: f.Type, set: setterOf(f.Type)}
		// A name may hold commas inside its argument.
		b.name, b.required = strings.CutSuffix(tag, ",required")
		switch {
		case b.name == "" || strings.HasSuffix(b.name, ","):
			p.fault("cannot bind %s to the field %q", b.goName, tag)
		case !f.IsExported():
			p.fault("cannot bind %s: it is not exported", b.goName)
		case b.set == nil:
			p.fault("cannot bind %s: no field reads as %s", b.goName, f.Type)
		default:
			p.fields = append(p.fields, b)
		}
	}
}

func (p *plan) fault(format string, args ...any) {
	if p.err == nil {
		p.err = fmt.Errorf(format, args...)
	}
}

func (b *boundField) bind(e *Event, into reflect.Value) error {
	v := e.Field(b.name)
	if b.typ == valueType {
		into.FieldByIndex(b.index).Set(reflect.ValueOf(v))
	}
	if !v.Available() {
		if b.required {
			return &BindError{b.name, b.goName, b.typ.String(), v}
		}
		return nil
	}
	if !b.set(into.FieldByIndex(b.index), v) {
		return &BindError{b.name, b.goName, b.typ.String(), v}
	}
	return nil
}

var valueType = reflect.TypeFor[Value]()

// setters are those of the types that are more than their kind.
var setters = map[reflect.Type]setter{
	valueType:                        func(into reflect.Value, v Value) bool { return true }, // is set whatever it is
	reflect.TypeFor[time.Time]():     setWith(Value.Time),
	reflect.TypeFor[time.Duration](): setWith(Value.Duration),
	reflect.TypeFor[netip.Addr]():    setWith(Value.Addr),
	reflect.TypeFor[netip.Prefix]():  setWith(Value.Prefix),
	reflect.TypeFor[[]string]():      setWith(Value.Strings),

	reflect.TypeFor[Opt[string]]():        setOpt(func(v Value) (string, bool) { return v.Text(), true }),
	reflect.TypeFor[Opt[bool]]():          setOpt(Value.Bool),
	reflect.TypeFor[Opt[int64]]():         setOpt(Value.Int),
	reflect.TypeFor[Opt[uint64]]():        setOpt(Value.Uint),
	reflect.TypeFor[Opt[float64]]():       setOpt(Value.Float),
	reflect.TypeFor[Opt[time.Time]]():     setOpt(Value.Time),
	reflect.TypeFor[Opt[time.Duration]](): setOpt(Value.Duration),
	reflect.TypeFor[Opt[netip.Addr]]():    setOpt(Value.Addr),
	reflect.TypeFor[Opt[netip.Prefix]]():  setOpt(Value.Prefix),
	reflect.TypeFor[Opt[[]string]]():      setOpt(Value.Strings),
}

func setWith[T any](read func(Value) (T, bool)) setter {
	return func(into reflect.Value, v Value) bool {
		t, ok := read(v)
		if ok {
			*into.Addr().Interface().(*T) = t
		}
		return ok
	}
}

func setOpt[T any](read func(Value) (T, bool)) setter {
	return setWith(func(v Value) (o Opt[T], ok bool) {
		o.V, o.OK = read(v)
		return o, o.OK
	})
}

// setterOf returns how a Go field of that type is filled, or nil if it cannot
// be.
func setterOf(t reflect.Type) setter {
	if set, ok := setters[t]; ok {
		return set
	}
	switch t.Kind() {
	case reflect.String:
		return func(into reflect.Value, v Value) bool { into.SetString(v.Text()); return true }
	case reflect.Bool:
		return func(into reflect.Value, v Value) bool {
			b, ok := v.Bool()
			into.SetBool(b && ok)
			return ok
		}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return func(into reflect.Value, v Value) bool {
			n, ok := v.Int()
			if ok = ok && !into.OverflowInt(n); ok {
				into.SetInt(n)
			}
			return ok
		}
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return func(into reflect.Value, v Value) bool {
			n, ok := v.Uint()
			if ok = ok && !into.OverflowUint(n); ok {
				into.SetUint(n)
			}
			return ok
		}
	case reflect.Float32, reflect.Float64:
		return func(into reflect.Value, v Value) bool {
			f, ok := v.Float()
			if ok = ok && !into.OverflowFloat(f); ok {
				into.SetFloat(f)
			}
			return ok
		}
	case reflect.Pointer:
		set := setterOf(t.Elem())
		if set == nil || t.Elem().Kind() == reflect.Pointer {
			return nil
		}
		return func(into reflect.Value, v Value) bool {
			p := reflect.New(t.Elem())
			ok := set(p.Elem(), v)
			if ok {
				into.Set(p)
			}
			return ok
		}
	}
	return nil
}
