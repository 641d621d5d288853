package event

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// The bounds that decoding keeps unless [Limits] moves them.
const (
	MaxRecordBytes = 1 << 20
	MaxNesting     = 64
	MaxFields      = 4096
	MaxTags        = 1024
)

// Limits are the bounds of one alert. A bound that is zero or negative is the
// default.
type Limits struct {
	RecordBytes int // length of the record, MaxRecordBytes
	Nesting     int // arrays and objects inside one another, MaxNesting
	Fields      int // output fields, and keys of any other object, MaxFields
	Tags        int // tags, MaxTags
}

// orDefault fills in the default bounds.
func (l Limits) orDefault() Limits {
	fill := func(n *int, by int) {
		if *n <= 0 {
			*n = by
		}
	}
	fill(&l.RecordBytes, MaxRecordBytes)
	fill(&l.Nesting, MaxNesting)
	fill(&l.Fields, MaxFields)
	fill(&l.Tags, MaxTags)
	return l
}

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
		return nil, tooLong(len(data), l)
	}
	// The alert and the index of its fields are one allocation, the text the
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

func tooLong(n int, l Limits) *SyntaxError {
	return &SyntaxError{
		Offset: int64(l.RecordBytes),
		Err:    fmt.Errorf("record of %d bytes, the limit is %d: %w", n, l.RecordBytes, ErrTooLarge),
	}
}

// room is the memory that a decoded alert lives in, beside the Event.
type room struct {
	buf    []byte
	fields [inlineFields]field
	tags   [inlineTags]string
	more   []field // in place of fields, for an alert that has more
	extra  []field
}

// inlineTags is how many tags an alert holds without an allocation of their
// own.
const inlineTags = 12

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
	extra fieldList // the keys that are not Falco's own

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

// decode reads the alert that data begins with into e, whose strings then
// live in r, and returns its end.
func (e *Event) decode(r *room, data []byte, l Limits, ext extent) (end int, err error) {
	d := alertReader{event: e, room: r, extra: fieldList{list: r.extra[:0]}}
	d.reset(r.buf, data, l)
	r.buf = d.buf
	*e = Event{}
	if end = d.alert(ext); end < 0 {
		*e = Event{}
		return 0, d.err
	}
	if n := len(d.extra.list); n > 0 {
		r.extra = d.extra.list
		e.extra = d.extra.list[:n:n]
	}
	return end, nil
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
		key, next := d.str(at)
		if next < 0 {
			return next
		}
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
		return d.fields(at)
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
		text, next := d.str(at)
		*dst = text
		return next
	}
	v, next := d.value(at, 1)
	if next < 0 || v.kind == Null {
		return next
	}
	return d.wrong(at, v, want)
}

func (d *alertReader) wrong(at int, v Value, want string) int {
	return d.failHere(at, fmt.Errorf("%s where %s belongs", v.kind, want))
}

func (d *alertReader) priority(at int) int {
	v, next := d.value(at, 1)
	if next < 0 {
		return next
	}
	if v.kind != String {
		return d.wrong(at, v, "a priority")
	}
	p, ok := priorityOf(v.text)
	if !ok {
		return d.failHere(at, fmt.Errorf("unknown priority %q", clip(v.text)))
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
		return d.wrong(at, v, "a list")
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
			return d.wrong(at, v, "a tag")
		}
		if len(list) == d.limits.Tags {
			return d.tooMany(at, d.limits.Tags, "tags")
		}
		tag, next := d.str(at)
		if next < 0 {
			return next
		}
		list = append(list, tag)
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

// fields reads output_fields.
func (d *alertReader) fields(at int) int {
	if d.buf[at] != '{' {
		v, next := d.value(at, 1)
		if next < 0 || v.kind == Null {
			return next
		}
		return d.wrong(at, v, "an object")
	}
	if d.limits.Nesting < 2 {
		return d.tooMany(at, d.limits.Nesting, "levels of nesting")
	}
	d.event.has |= hasFields
	at = d.space(at + 1)
	if d.buf[at] == '}' {
		return at + 1
	}
	list := fieldList{list: d.room.fields[:0], sorted: true}
	if d.room.more != nil {
		list.list = d.room.more[:0]
	}
	for {
		if d.buf[at] != '"' {
			return d.fail(at, errKey)
		}
		key, next := d.str(at)
		if next < 0 {
			return next
		}
		d.path[1] = key
		if len(list.list) == d.limits.Fields {
			return d.tooMany(at, d.limits.Fields, "fields")
		}
		if !list.fresh(key) {
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
		list.list = append(list.list, field{key, v})
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
			d.event.Fields = Fields{list.list[:len(list.list):len(list.list)], list.sorted}
			if len(list.list) > inlineFields {
				d.room.more = list.list
			}
			return at + 1
		default:
			return d.fail(at, errAfterField)
		}
	}
}

// foreign reads a member that is not Falco's own.
func (d *alertReader) foreign(key string, keyAt, at int) int {
	if len(d.extra.list) == d.limits.Fields {
		return d.tooMany(keyAt, d.limits.Fields, "keys")
	}
	if !d.extra.fresh(key) {
		return d.failHere(keyAt, errDuplicate)
	}
	v, next := d.value(at, 1)
	d.extra.list = append(d.extra.list, field{key, v})
	return next
}

// fieldList is a list of fields that grows without duplicates.
type fieldList struct {
	list   []field
	sorted bool            // each name is greater than the one before
	names  map[string]bool // once there are many out of order
}

// fresh reports whether key is not in the list yet. Falco prints its keys in
// order, and in a list in order only the last needs a look.
func (l *fieldList) fresh(key string) bool {
	n := len(l.list)
	if l.sorted {
		if n == 0 || l.list[n-1].name < key {
			return true
		}
		l.sorted = false
	}
	const few = 32
	if n < few {
		for i := range l.list {
			if l.list[i].name == key {
				return false
			}
		}
		return true
	}
	if l.names == nil {
		l.names = make(map[string]bool, 2*n)
		for i := range l.list {
			l.names[l.list[i].name] = true
		}
	}
	if l.names[key] {
		return false
	}
	l.names[key] = true
	return true
}

// finish looks at the alert as a whole.
func (d *alertReader) finish() bool {
	e := d.event
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
		if v.text == "" {
			return next
		}
		t, other, ok := parseTimes(v.text)
		if !ok {
			return d.failHere(at, fmt.Errorf("%q is not an RFC 3339 time", clip(v.text)))
		}
		e.Time, e.timeFrom, d.otherTime = t, TimeOfAlert, other
	case Object:
		t, ok := protoTime(v)
		if !ok {
			return d.failHere(at, errors.New("expected seconds and nanos"))
		}
		e.Time, e.timeFrom, d.proto = t, TimeOfAlert, true
	case Null:
	default:
		return d.wrong(at, v, "a time")
	}
	return next
}
