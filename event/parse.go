package event

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Parse decodes one alert as Falco prints it with json_output: one JSON object,
// its keys in any order, every key but rule and priority optional, and time
// too where evt.time or one of its like has it. White space around it is
// allowed, anything else after it is an error. It reads the forms of every
// version of Falco, and of the relays that send alerts on.
//
// Parse copies what it keeps, so data may be reused. An error is a
// *[SyntaxError].
func Parse(data []byte) (*Event, error) { return Limits{}.Parse(data) }

// Parse is the function [Parse] with other bounds.
func (l Limits) Parse(data []byte) (*Event, error) {
	l = l.orDefault()
	if len(data) > l.RecordBytes {
		return nil, tooLong(l)
	}
	// The alert is one allocation, its text with the index of its fields the
	// other.
	r := new(struct {
		event Event
		room  room
	})
	if _, err := r.event.decode(&r.room, data, l, wholeInput); err != nil {
		return nil, err
	}
	return &r.event, nil
}

// extent says whether anything may follow the alert.
type extent bool

const (
	wholeInput   extent = false
	startOfInput extent = true
)

// alertReader is the state of reading one alert.
type alertReader struct {
	scanner
	event *Event
	room  *room
	seen  headerKey // the header keys that came

	// The index is filled with the output fields from its start, and with the
	// keys that are not Falco's own from its end.
	index         []entry
	fields, extra entryList

	proto     bool      // the time came in protobuf's JSON
	otherTime time.Time // the other reading of a time that has two
}

// headerKey is a set of the keys that Falco prints beside output_fields.
type headerKey uint16

const (
	keyRule headerKey = 1 << iota
	keyPriority
	keyTime
	keySource
	keyHostname
	keyOutput
	keyMessage
	keyTags
	keyFields
)

var comma = []byte{','}

// decode reads the alert that data begins with into e, which is zero and stays
// so if that fails; its strings then live in r. It returns the alert's end.
func (e *Event) decode(r *room, data []byte, l Limits, ext extent) (end int, err error) {
	d := alertReader{event: e, room: r}
	if end = d.read(data, l, ext); end >= 0 {
		return end, nil
	}
	if !d.broken {
		return 0, d.err
	}
	// Strings that are not UTF-8 grow when they are mended, so all of the input
	// is mended first. It cannot be broken then.
	mended := []byte(validUTF8(string(data)))
	d = alertReader{event: e, room: r}
	if end = d.read(mended, l, ext); end >= 0 {
		return unmended(data, end), nil
	}
	d.err.Offset = int64(unmended(data, int(d.err.Offset)))
	return 0, d.err
}

// unmended returns the offset in data of what is at offset at in
// validUTF8(data).
func unmended(data []byte, at int) int {
	from := 0
	for to := 0; to < at && from < len(data); {
		r, size := utf8.DecodeRune(data[from:])
		from += size
		to += utf8.RuneLen(r)
	}
	return from
}

func (d *alertReader) read(data []byte, l Limits, ext extent) (end int) {
	// Each field has a comma behind it unless it is the last.
	most := min(bytes.Count(data, comma)+1, 2*l.Fields)
	d.index, d.buf = d.room.lay(data, most)
	d.end = len(data)
	d.limits = l
	if end = d.alert(ext); end < 0 {
		*d.event = Event{}
	}
	return end
}

// alert reads the one object and what may follow it.
func (d *alertReader) alert(ext extent) int {
	at := d.space(0)
	if d.buf[at] != '{' {
		return d.fail(at, errors.New("expected an object"))
	}
	at = d.space(at + 1)
	if d.buf[at] == '}' {
		at++
	} else if at = d.members(at); at < 0 {
		return at
	}
	if !d.finish() {
		return -1
	}
	if ext == startOfInput {
		return at
	}
	if at = d.space(at); at != d.end {
		return d.failHere(at, errors.New("unexpected text after the alert"))
	}
	return at
}

// members reads the members of the alert up to its closing brace.
func (d *alertReader) members(at int) int {
	for {
		if d.buf[at] != '"' {
			return d.fail(at, errKey)
		}
		from := at
		to, next := d.str(at)
		if next < 0 {
			return next
		}
		key := d.text(from+1, to)
		d.path[0] = key
		at = next
		if d.buf[at] != ':' {
			if at = d.space(at); d.buf[at] != ':' {
				return d.fail(at, errColon)
			}
		}
		if at = d.member(key, from, d.space(at+1)); at < 0 {
			return at
		}
		d.path[0] = ""
		if d.buf[at] == ',' {
			at = d.space(at + 1)
			continue
		}
		switch at = d.space(at); d.buf[at] {
		case ',':
			at = d.space(at + 1)
		case '}':
			return at + 1
		default:
			d.path[0] = key
			return d.fail(at, errAfterField)
		}
	}
}

// member reads the value at at of a member whose key stands at keyAt.
func (d *alertReader) member(key string, keyAt, at int) int {
	e := d.event
	switch key {
	case "rule":
		if d.twice(keyRule) {
			return d.failHere(keyAt, errDuplicate)
		}
		return d.header(at, &e.Rule, "a rule's name")
	case "priority":
		if d.twice(keyPriority) {
			return d.failHere(keyAt, errDuplicate)
		}
		return d.priority(at)
	case "time":
		if d.twice(keyTime) {
			return d.failHere(keyAt, errDuplicate)
		}
		return d.time(at)
	case "output":
		if d.twice(keyOutput) {
			return d.failHere(keyAt, errDuplicate)
		}
		e.has |= hasOutput
		return d.header(at, &e.Output, "a string")
	case "message":
		if d.twice(keyMessage) {
			return d.failHere(keyAt, errDuplicate)
		}
		e.has |= hasMessage
		return d.header(at, &e.Message, "a string")
	case "hostname":
		if d.twice(keyHostname) {
			return d.failHere(keyAt, errDuplicate)
		}
		e.has |= hasHostname
		return d.header(at, &e.Hostname, "a string")
	case "source":
		if d.twice(keySource) {
			return d.failHere(keyAt, errDuplicate)
		}
		e.has |= hasSource
		return d.header(at, &e.Source, "a string")
	case "tags":
		if d.twice(keyTags) {
			return d.failHere(keyAt, errDuplicate)
		}
		return d.tags(at)
	case "output_fields":
		if d.twice(keyFields) {
			return d.failHere(keyAt, errDuplicate)
		}
		return d.outputFields(at)
	}
	return d.foreign(key, keyAt, at)
}

// twice notes a header key and reports whether it came before.
func (d *alertReader) twice(k headerKey) bool {
	before := d.seen&k != 0
	d.seen |= k
	return before
}

// header reads a string, or null for none.
func (d *alertReader) header(at int, dst *string, want string) int {
	if d.buf[at] == '"' {
		to, next := d.str(at)
		if next >= 0 {
			*dst = d.text(at+1, to)
		}
		return next
	}
	v, next := d.value(at, 1)
	if next < 0 || v.kind == Null {
		return next
	}
	return d.wrong(at, v.kind, want)
}

func (d *alertReader) wrong(at int, got Kind, want string) int {
	return d.failHere(at, fmt.Errorf("%s where %s belongs", got, want))
}

func (d *alertReader) priority(at int) int {
	v, next := d.value(at, 1)
	if next < 0 {
		return next
	}
	if v.kind != String {
		return d.wrong(at, v.kind, "a priority")
	}
	name := d.text(v.from, v.to)
	p, ok := priorityOf(name)
	if !ok {
		return d.failHere(at, fmt.Errorf("unknown priority %q", clip(name)))
	}
	d.event.Priority = p
	return next
}

// tags reads the list of tags.
func (d *alertReader) tags(at int) int {
	if d.buf[at] != '[' {
		v, next := d.value(at, 1)
		if next < 0 || v.kind == Null {
			return next
		}
		return d.wrong(at, v.kind, "a list")
	}
	if d.limits.Nesting < 2 {
		return d.tooMany(at, d.limits.Nesting, "levels of nesting")
	}
	list := d.room.tags[:0]
	at = d.space(at + 1)
	if d.buf[at] == ']' {
		d.event.Tags = list
		return at + 1
	}
	for {
		if d.buf[at] != '"' {
			v, next := d.value(at, 2)
			if next < 0 {
				return next
			}
			return d.wrong(at, v.kind, "a tag")
		}
		if len(list) == d.limits.Tags {
			return d.tooMany(at, d.limits.Tags, "tags")
		}
		to, next := d.str(at)
		if next < 0 {
			return next
		}
		list = append(list, d.text(at+1, to))
		at = d.space(next)
		switch d.buf[at] {
		case ',':
			at = d.space(at + 1)
		case ']':
			d.event.Tags = list[:len(list):len(list)]
			return at + 1
		default:
			return d.fail(at, errAfterItem)
		}
	}
}

// outputFields reads output_fields.
func (d *alertReader) outputFields(at int) int {
	if d.buf[at] != '{' {
		v, next := d.value(at, 1)
		if next < 0 || v.kind == Null {
			return next
		}
		return d.wrong(at, v.kind, "an object")
	}
	if d.limits.Nesting < 2 {
		return d.tooMany(at, d.limits.Nesting, "levels of nesting")
	}
	d.event.has |= hasFields
	return d.object(at)
}

// object reads an object into the index.
func (d *alertReader) object(at int) int {
	list := entryList{sorted: true}
	at = d.space(at + 1)
	if d.buf[at] == '}' {
		d.fields = list
		return at + 1
	}
	for {
		if d.buf[at] != '"' {
			return d.fail(at, errKey)
		}
		to, next := d.str(at)
		if next < 0 {
			return next
		}
		from := at + 1
		d.path[1] = d.text(from, to)
		if list.n == d.limits.Fields {
			return d.tooMany(at, d.limits.Fields, "fields")
		}
		if list.sorted && list.n > 0 {
			list.sorted = d.name(list.n-1) < d.path[1]
		}
		if !list.sorted && list.has(d, d.index[:list.n], d.path[1]) {
			return d.failHere(at, errDuplicate)
		}
		at = next
		if d.buf[at] != ':' {
			if at = d.space(at); d.buf[at] != ':' {
				return d.fail(at, errColon)
			}
		}
		v, next := d.value(d.space(at+1), 2)
		if next < 0 {
			return next
		}
		d.index[list.n] = makeEntry(from, to, v)
		list.n++
		at = next
		if d.buf[at] == ',' {
			at = d.space(at + 1)
			continue
		}
		switch at = d.space(at); d.buf[at] {
		case ',':
			at = d.space(at + 1)
		case '}':
			d.path[1] = ""
			d.fields = list
			return at + 1
		default:
			return d.fail(at, errAfterField)
		}
	}
}

// name returns the name of the entry at index i.
func (d *alertReader) name(i int) string {
	e := &d.index[i]
	return d.text(int(e.name), int(e.name+e.nameLen))
}

// foreign reads a member that is not Falco's own.
func (d *alertReader) foreign(key string, keyAt, at int) int {
	list := &d.extra
	if list.n == d.limits.Fields {
		return d.tooMany(keyAt, d.limits.Fields, "keys")
	}
	place := len(d.index) - 1 - list.n
	if list.has(d, d.index[place+1:], key) {
		return d.failHere(keyAt, errDuplicate)
	}
	v, next := d.value(at, 1)
	if next >= 0 {
		d.index[place] = makeEntry(keyAt+1, keyAt+1+len(key), v)
		list.n++
	}
	return next
}

// finish looks at the alert as a whole.
func (d *alertReader) finish() bool {
	e := d.event
	text := d.text(0, d.end)
	if n := d.fields.n; n > 0 {
		e.Fields = Fields{text, d.index[:n:n], d.fields.sorted}
	}
	if n := d.extra.n; n > 0 {
		list := d.index[len(d.index)-n:]
		slices.Reverse(list)
		e.extra = Fields{text: text, index: list}
	}
	missing := func(key string) bool {
		d.path[0] = key
		d.failHere(0, errMissing)
		return false
	}
	if e.Rule == "" {
		return missing("rule")
	}
	if d.seen&keyPriority == 0 {
		return missing("priority")
	}
	if e.timeFrom != TimeOfAlert || !d.otherTime.IsZero() {
		d.timeOfFields()
		if e.timeFrom == TimeUnknown {
			return missing("time")
		}
	}
	if d.proto {
		e.Source = strings.ToLower(e.Source) // protobuf prints the name of its enum
	}
	return true
}

// timeOfFields takes the time from a field that repeats it, or has that field
// decide between two readings.
func (d *alertReader) timeOfFields() {
	e := d.event
	_, t, ok := e.fieldTime()
	switch {
	case !ok:
	case e.timeFrom == TimeUnknown:
		e.Time, e.timeFrom = t, TimeOfField
	case t.Sub(d.otherTime).Abs() < time.Second:
		e.Time = d.otherTime
	}
}

var errMissing = errors.New("missing or empty")

// time reads the time of the alert: a string, or the seconds and nanoseconds
// of protobuf's JSON.
func (d *alertReader) time(at int) int {
	v, next := d.value(at, 1)
	if next < 0 {
		return next
	}
	e := d.event
	switch v.kind {
	case String:
		if v.from == v.to {
			return next
		}
		text := d.text(v.from, v.to)
		t, other, ok := parseTimes(text)
		if !ok {
			return d.failHere(at, fmt.Errorf("%q is not an RFC 3339 time", clip(text)))
		}
		e.Time, e.timeFrom, d.otherTime = t, TimeOfAlert, other
	case Object:
		t, ok := protoTime(d.valueOf(v))
		if !ok {
			return d.failHere(at, errors.New("expected seconds and nanos"))
		}
		e.Time, e.timeFrom, d.proto = t, TimeOfAlert, true
	case Null:
	default:
		return d.wrong(at, v.kind, "a time")
	}
	return next
}
