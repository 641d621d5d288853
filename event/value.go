package event

import (
	"strconv"
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
type Value struct {
	_ [0]func() // not comparable: 1.0 and 1 are equal numbers with different text

	// text is, by kind: the decoded characters of a string, the literal of a
	// number, the JSON text of an array or object, true or false.
	text string
	kind Kind
}

// StringValue returns a Value that holds s.
func StringValue(s string) Value { return Value{text: s, kind: String} }

// IntValue returns a Value that holds n.
func IntValue(n int64) Value { return Value{text: strconv.FormatInt(n, 10), kind: Number} }

// Kind returns what the value is.
func (v Value) Kind() Kind { return v.kind }

// Available reports whether there is something to read: the field is neither
// absent nor null, and not the <NA> that Falco prints in text, and printed in
// JSON until 0.31, for a value it does not have.
func (v Value) Available() bool {
	return v.kind > Null && !(v.kind == String && v.text == "<NA>")
}

// Text returns the value as text: the characters of a string, the literal of a
// number or bool, the JSON text of an array or object; "" if it is absent or
// null. It never fails, so it is the one to print, after escaping.
func (v Value) Text() string { return v.text }

// Str returns the characters of a string. It is not ok for any other kind.
func (v Value) Str() (s string, ok bool) { return v.text, v.kind == String }

// Int returns the value as a signed integer. It is ok for a number, and for a
// string that holds nothing but a decimal integer (older dialects print every
// field as a string), that fits int64.
func (v Value) Int() (n int64, ok bool) {
	if v.kind != Number && v.kind != String {
		return 0, false
	}
	n, err := strconv.ParseInt(v.text, 10, 64)
	return n, err == nil
}

// Bool returns a bool, or a string that is exactly true or false.
func (v Value) Bool() (b, ok bool) {
	if v.kind != Bool && v.kind != String {
		return false, false
	}
	return v.text == "true", v.text == "true" || v.text == "false"
}

// Strings returns the elements of an array as text, or a string, number or
// bool as the only element. It is not ok for anything else.
func (v Value) Strings() (list []string, ok bool) {
	switch v.kind {
	case Bool, Number, String:
		return []string{v.text}, true
	case Array:
		s := scanner{src: v.text}
		err := s.array("", 1, func(v Value) { list = append(list, v.text) })
		return list, err == nil
	}
	return nil, false
}

// strings returns the elements of an array of at most most strings.
func (v Value) strings(most int) (list []string, ok bool) {
	s := scanner{src: v.text}
	ok = true
	list = []string{}
	err := s.array("", 1, func(v Value) {
		ok = ok && v.kind == String && len(list) < most
		if ok {
			list = append(list, v.text)
		}
	})
	return list, ok && err == nil
}
