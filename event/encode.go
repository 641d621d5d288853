package event

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/falconer-go/falconer/internal/jsonstr"
)

// Falco prints an alert with the JSON library of nlohmann: one line, no white
// space, the keys of every object sorted by their bytes. The functions below
// print the same bytes.

// AppendJSON appends the alert to dst as Falco prints it today, and returns
// the longer slice: the bytes that were decoded, if a Falco of version 0.39 or
// later printed them. The keys of older dialects come out in today's form;
// keys that are not Falco's own are kept.
//
// A key that Falco may leave out is printed if the alert had it or if it has
// content now.
func (e *Event) AppendJSON(dst []byte) []byte {
	// The nine keys in order, with the foreign ones merged in between.
	var scratch [someFields]entry
	extra := e.extra.inOrder(scratch[:])
	open := len(dst)
	key := func(name string) {
		for len(extra) > 0 && e.extra.nameOf(extra[0]) < name {
			dst = appendMember(dst, open, e.extra.nameOf(extra[0]))
			dst = appendValue(dst, e.extra.valueOf(extra[0]), plainNumbers)
			extra = extra[1:]
		}
		if name != afterAllKeys {
			dst = appendMember(dst, open, name)
		}
	}
	text := func(name, s string, bit present) {
		if s != "" || e.has&bit != 0 {
			key(name)
			dst = jsonstr.Append(dst, s)
		}
	}
	text("hostname", e.Hostname, hasHostname)
	text("message", e.Message, hasMessage)
	text("output", e.Output, hasOutput)
	if e.Fields.Len() > 0 || e.has&hasFields != 0 {
		key("output_fields")
		dst = e.Fields.appendJSON(dst, plainNumbers)
	}
	key("priority")
	dst = jsonstr.Append(dst, e.Priority.String())
	key("rule")
	dst = jsonstr.Append(dst, e.Rule)
	text("source", e.Source, hasSource)
	if e.Tags != nil {
		key("tags")
		dst = appendStrings(dst, e.Tags)
	}
	key("time")
	dst = append(dst, '"')
	dst = appendTime(dst, e.Time)
	dst = append(dst, '"')
	key(afterAllKeys)
	return append(dst, '}')
}

// afterAllKeys sorts behind every valid UTF-8 string, and so behind every key.
const afterAllKeys = "\xff"

// MarshalJSON implements [json.Marshaler] with the bytes of [Event.AppendJSON].
func (e *Event) MarshalJSON() ([]byte, error) {
	return e.AppendJSON(make([]byte, 0, 512+len(e.Output)*2)), nil
}

// appendMember appends what comes before the value of the next member of the
// object that opened at dst[open].
func appendMember(dst []byte, open int, name string) []byte {
	if len(dst) == open {
		dst = append(dst, '{')
	} else {
		dst = append(dst, ',')
	}
	dst = jsonstr.Append(dst, name)
	return append(dst, ':')
}

func (f Fields) appendJSON(dst []byte, n numbers) []byte {
	var scratch [someFields]entry
	open := len(dst)
	for _, m := range f.inOrder(scratch[:]) {
		dst = appendMember(dst, open, f.nameOf(m))
		dst = appendValue(dst, f.valueOf(m), n)
	}
	if len(dst) == open {
		dst = append(dst, '{')
	}
	return append(dst, '}')
}

// MarshalJSON implements [json.Marshaler] with the object that Falco prints.
func (f Fields) MarshalJSON() ([]byte, error) { return f.appendJSON(nil, plainNumbers), nil }

// numbers says how a number is printed: as it was, or in the one form that
// equal numbers share.
type numbers bool

const (
	plainNumbers     numbers = false
	canonicalNumbers numbers = true
)

func appendValue(dst []byte, v Value, n numbers) []byte {
	switch v.kind {
	case String:
		return jsonstr.Append(dst, v.text)
	case Number:
		if n == canonicalNumbers {
			return appendCanonicalNumber(dst, v.text)
		}
		return append(dst, v.text...)
	case Bool:
		return append(dst, v.text...)
	case Array:
		dst = append(dst, '[')
		first := true
		for e := range v.Elements() {
			if !first {
				dst = append(dst, ',')
			}
			first = false
			dst = appendValue(dst, e, n)
		}
		return append(dst, ']')
	case Object:
		return v.Members().appendJSON(dst, n)
	}
	return append(dst, "null"...)
}

func appendStrings(dst []byte, list []string) []byte {
	dst = append(dst, '[')
	for i, s := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = jsonstr.Append(dst, s)
	}
	return append(dst, ']')
}

// appendTime appends t in UTC with nine digits of a second.
func appendTime(dst []byte, t time.Time) []byte {
	t = t.UTC()
	dst = t.AppendFormat(dst, time.RFC3339) // for which package time has a fast path
	dst[len(dst)-1] = '.'                   // where the Z was
	n := t.Nanosecond()
	for unit := 100_000_000; unit > 0; unit /= 10 {
		dst = append(dst, '0'+byte(n/unit%10))
	}
	return append(dst, 'Z')
}

// appendFloat appends the shortest number that reads back as f, with .0 after
// an integer as nlohmann prints it.
func appendFloat(dst []byte, f float64) []byte {
	format := byte('f')
	if a := math.Abs(f); a != 0 && (a < 1e-4 || a >= 1e15) {
		format = 'e'
	}
	from := len(dst)
	dst = strconv.AppendFloat(dst, f, format, -1, 64)
	if !bytes.ContainsAny(dst[from:], ".e") {
		dst = append(dst, ".0"...)
	}
	return dst
}

// appendCanonicalNumber appends the one form of a number literal: an integer
// digit for digit however large, anything else as the float64 it stands for,
// and that as an integer where it is one below 2^53. So 33, 33.0 and 3.3e1 are
// the same number, and two integers that differ in the last digit are not.
func appendCanonicalNumber(dst []byte, literal string) []byte {
	if literal == "-0" {
		return append(dst, '0')
	}
	if !strings.ContainsAny(literal, ".eE") {
		return append(dst, literal...)
	}
	f, err := strconv.ParseFloat(literal, 64)
	if err != nil { // beyond what a float64 holds
		return append(dst, literal...)
	}
	if f == math.Trunc(f) && math.Abs(f) < 1<<53 {
		return strconv.AppendInt(dst, int64(f), 10)
	}
	return strconv.AppendFloat(dst, f, 'e', -1, 64)
}

// LogValue implements [slog.LogValuer]: the header as attributes, the output
// fields as a group of their own. What a field holds is a value of an
// attribute, never a part of its text, so a handler of slog escapes it.
func (e *Event) LogValue() slog.Value {
	list := make([]slog.Attr, 0, 9)
	text := func(key, s string) {
		if s != "" {
			list = append(list, slog.String(key, s))
		}
	}
	list = append(list, slog.Time("time", e.Time), slog.String("priority", e.Priority.String()))
	text("rule", e.Rule)
	text("source", e.Source)
	text("hostname", e.Hostname)
	text("output", e.Output)
	if len(e.Tags) > 0 {
		list = append(list, slog.Any("tags", e.Tags))
	}
	if e.Fields.Len() > 0 {
		list = append(list, slog.Any("output_fields", e.Fields))
	}
	return slog.GroupValue(list...)
}

// LogValue implements [slog.LogValuer] with a group of the fields.
func (f Fields) LogValue() slog.Value {
	list := make([]slog.Attr, 0, f.Len())
	for name, v := range f.All() {
		list = append(list, slog.Any(name, v))
	}
	return slog.GroupValue(list...)
}

// LogValue implements [slog.LogValuer] with what the value holds: an integer
// as such, null as nil.
func (v Value) LogValue() slog.Value {
	switch v.kind {
	case Absent, Null:
		return slog.AnyValue(nil)
	case Bool:
		return slog.BoolValue(v.text == "true")
	case Number:
		if n, ok := parseInt(v.text); ok {
			return slog.Int64Value(n)
		}
		if n, ok := parseUint(v.text); ok {
			return slog.Uint64Value(n)
		}
		if f, ok := v.Float(); ok {
			return slog.Float64Value(f)
		}
	}
	return slog.StringValue(v.text)
}

// UnmarshalJSON implements [json.Unmarshaler] with what [Parse] does. Without
// it package encoding/json would fill what it can and lose the rest.
func (e *Event) UnmarshalJSON(data []byte) error {
	*e = Event{}
	_, err := e.decode(new(room), data, Limits{}.orDefault(), wholeInput)
	return err
}

// UnmarshalJSON implements [json.Unmarshaler] for any JSON, null included, which
// becomes a value that is null.
func (v *Value) UnmarshalJSON(data []byte) error {
	var r room
	var s scanner
	mended := []byte(validUTF8(string(data)))
	_, s.buf = r.lay(mended, 0)
	s.end, s.limits = len(mended), Limits{}.orDefault()
	got, next := s.value(s.space(0), 0)
	if next < 0 {
		return s.err
	}
	if next = s.space(next); next != s.end {
		s.fail(next, errAfterValue)
		return s.err
	}
	*v = s.valueOf(got)
	return nil
}

// UnmarshalJSON implements [json.Unmarshaler] for an object, and for null as
// no fields.
func (f *Fields) UnmarshalJSON(data []byte) error {
	var v Value
	if err := v.UnmarshalJSON(data); err != nil {
		return err
	}
	if v.kind != Object && v.kind != Null {
		return &SyntaxError{Err: fmt.Errorf("%s where an object belongs", v.kind)}
	}
	*f = v.Members()
	return nil
}

var errAfterValue = errors.New("unexpected text after the value")
