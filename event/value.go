package event

import (
	"encoding/json"
	"iter"
	"math"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// Kind is what stands in an alert under a field's name.
type Kind uint8

// The kinds of a [Value].
const (
	Absent Kind = iota // the alert has no such field: the rule's output does not print it
	Null               // Falco looked and the event has no such value
	Bool
	Number
	String
	Array
	Object // not printed by Falco itself, but relays send it
)

var kindNames = [...]string{"absent", "null", "bool", "number", "string", "array", "object"}

func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "Kind(" + strconv.Itoa(int(k)) + ")"
}

// Value is the value of one field. The zero Value is absent. A Value is
// immutable; copying it is cheap and does not copy text.
//
// The typed accessors never fail loudly: each returns what it found and
// whether the value has that type. Falco printed every field as a string for
// some of its life, so each of them also reads a string that holds exactly
// such a value.
type Value struct {
	_ [0]func() // not comparable: 1.0 and 1 are equal numbers with different text

	// text is, by kind: the decoded characters of a string, the literal of a
	// number, the JSON text of an array or object, true or false.
	text string
	kind Kind
}

// NullValue returns the Value that Falco prints for what an event does not have.
func NullValue() Value { return Value{kind: Null} }

// StringValue returns a Value that holds s.
func StringValue(s string) Value { return Value{text: s, kind: String} }

// IntValue returns a Value that holds n.
func IntValue(n int64) Value { return Value{text: strconv.FormatInt(n, 10), kind: Number} }

// UintValue returns a Value that holds n.
func UintValue(n uint64) Value { return Value{text: strconv.FormatUint(n, 10), kind: Number} }

// FloatValue returns a Value that holds f, or null if f is not a finite
// number, which JSON cannot hold.
func FloatValue(f float64) Value {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return NullValue()
	}
	return Value{text: string(appendFloat(nil, f)), kind: Number}
}

// BoolValue returns a Value that holds b.
func BoolValue(b bool) Value {
	if b {
		return Value{text: "true", kind: Bool}
	}
	return Value{text: "false", kind: Bool}
}

// StringsValue returns a Value that holds an array of strings, or null if list
// is empty, as Falco prints an empty list.
func StringsValue(list ...string) Value {
	if len(list) == 0 {
		return NullValue()
	}
	return Value{text: string(appendStrings(nil, list)), kind: Array}
}

// Kind returns what the value is.
func (v Value) Kind() Kind { return v.kind }

// Available reports whether there is something to read: the field is neither
// absent nor null, and not the <NA> that Falco prints in text, and printed in
// JSON until 0.31, for a value it does not have.
func (v Value) Available() bool {
	return v.kind > Null && !(v.kind == String && v.text == notAvailable)
}

const notAvailable = "<NA>"

// Text returns the value as text: the characters of a string, the literal of a
// number or bool, the JSON text of an array or object; "" if it is absent or
// null. It never fails, so it is the one to print, after escaping.
func (v Value) Text() string { return v.text }

// String is [Value.Text], for package fmt.
func (v Value) String() string { return v.text }

// Str returns the characters of a string. It is not ok for any other kind.
func (v Value) Str() (s string, ok bool) { return v.text, v.kind == String }

// Int returns the value as a signed integer. It is ok for a number, and for a
// string that holds nothing but a decimal integer, that fits int64. A number
// with a fraction or an exponent is ok where a relay only rewrote an integer:
// 34816.0, 1e3.
func (v Value) Int() (n int64, ok bool) {
	if v.kind != Number && v.kind != String {
		return 0, false
	}
	if n, ok := parseInt(v.text); ok {
		return n, true
	}
	if f, ok := v.integral(); ok && -1<<63 <= f && f < 1<<63 {
		return int64(f), true
	}
	return 0, false
}

// parseInt is strconv.ParseInt in base 10 without the allocation of its error
// and without a plus sign.
func parseInt(s string) (n int64, ok bool) {
	digits := s
	negative := len(s) > 0 && s[0] == '-'
	if negative {
		digits = s[1:]
	}
	if len(digits) > 20 {
		digits = strings.TrimLeft(digits, "0")
	}
	u, ok := parseUint(digits)
	if negative {
		return -int64(u), ok && u <= 1<<63
	}
	return int64(u), ok && u < 1<<63
}

func parseUint(s string) (n uint64, ok bool) {
	if len(s) == 0 || len(s) > 20 {
		return 0, false
	}
	for i := range len(s) {
		d := uint64(s[i] - '0')
		if d > 9 {
			return 0, false
		}
		if i == 19 && (n > math.MaxUint64/10 || n*10 > math.MaxUint64-d) {
			return 0, false
		}
		n = n*10 + d
	}
	return n, true
}

// integral returns a number literal that is not written as an integer but is
// one.
func (v Value) integral() (f float64, ok bool) {
	if v.kind != Number || !strings.ContainsAny(v.text, ".eE") {
		return 0, false
	}
	f, err := strconv.ParseFloat(v.text, 64)
	return f, err == nil && f == math.Trunc(f)
}

// Uint is [Value.Int] for what fits uint64.
func (v Value) Uint() (n uint64, ok bool) {
	if v.kind != Number && v.kind != String {
		return 0, false
	}
	if n, ok := parseUint(v.text); ok {
		return n, true
	}
	if f, ok := v.integral(); ok && 0 <= f && f < 1<<64 {
		return uint64(f), true
	}
	return 0, false
}

// Float returns a number, or a string that holds nothing but one, as the
// nearest float64. It is not ok for what is too large for that. An integer
// beyond 2^53 loses digits here and in no other accessor.
func (v Value) Float() (f float64, ok bool) {
	if v.kind != Number && (v.kind != String || !validNumber(v.text)) {
		return 0, false
	}
	f, err := strconv.ParseFloat(v.text, 64)
	return f, err == nil
}

// Bool returns a bool, or a string that is exactly true or false.
func (v Value) Bool() (b, ok bool) {
	if v.kind != Bool && v.kind != String {
		return false, false
	}
	return v.text == "true", v.text == "true" || v.text == "false"
}

// Time returns a time in UTC: an integer counts nanoseconds since 1970, as in
// evt.time, and a string is a date with a time of day as in RFC 3339, with up
// to nine digits of a second and any offset. A time of day alone, as older
// Falcos print it, is not ok: it has no date.
func (v Value) Time() (t time.Time, ok bool) {
	if v.kind == String {
		if t, ok := parseTime(v.text); ok {
			return t, true
		}
	}
	if n, ok := v.Int(); ok {
		return time.Unix(0, n).UTC(), true
	}
	return time.Time{}, false
}

// Duration returns an integer of nanoseconds, as Falco prints every duration.
func (v Value) Duration() (d time.Duration, ok bool) {
	n, ok := v.Int()
	return time.Duration(n), ok
}

// Addr returns a string that is an IP address.
func (v Value) Addr() (a netip.Addr, ok bool) {
	if v.kind != String || len(v.text) > maxAddr {
		return netip.Addr{}, false
	}
	a, err := netip.ParseAddr(v.text)
	return a, err == nil
}

// maxAddr is more than the longest address: an IPv6 one with a zone.
const maxAddr = 64

// Prefix returns a string that is a network in CIDR form, or an address as the
// network of it alone. Falco prints the fields of that type as <IPNET>, which
// is not ok.
func (v Value) Prefix() (p netip.Prefix, ok bool) {
	if v.kind != String || len(v.text) > maxAddr {
		return netip.Prefix{}, false
	}
	if p, err := netip.ParsePrefix(v.text); err == nil {
		return p, true
	}
	if a, err := netip.ParseAddr(v.text); err == nil {
		return netip.PrefixFrom(a.WithZone(""), a.BitLen()), true
	}
	return netip.Prefix{}, false
}

// Elements yields the elements of an array in order, and nothing for any other
// kind. Iterating allocates only for an element that is a string with escapes.
func (v Value) Elements() iter.Seq[Value] {
	return func(yield func(Value) bool) { v.elements(yield) }
}

// Strings returns the elements of an array as text, or a string, number or
// bool as the only element. It is not ok for anything else.
func (v Value) Strings() (list []string, ok bool) {
	switch v.kind {
	case Bool, Number, String:
		return []string{v.text}, true
	case Array:
		list = []string{}
		for e := range v.Elements() {
			list = append(list, e.text)
		}
		return list, true
	}
	return nil, false
}

// MarshalJSON implements [json.Marshaler] with the value as Falco prints it.
// An absent value marshals as null.
func (v Value) MarshalJSON() ([]byte, error) { return appendValue(nil, v, plainNumbers), nil }

var _ json.Marshaler = Value{}
