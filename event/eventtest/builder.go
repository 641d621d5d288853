package eventtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/falconer-go/falconer/event"
)

// Builder makes alerts for tests, part by part. Its methods return a changed
// copy, so one Builder may be the begin of several alerts. What is not said is
// plausible: the source is syscall, the priority Notice, the host test-host, the
// time the same for all, and the output the rule's name.
type Builder struct {
	alert  map[string]any
	fields map[string]any // nil for an alert without output_fields
	prio   event.Priority
	time   time.Time
}

// New returns a Builder of an alert of a rule.
func New(rule string) Builder {
	return Builder{
		alert:  map[string]any{"rule": rule, "source": "syscall", "hostname": "test-host", "tags": []string{}},
		fields: map[string]any{},
		prio:   event.Notice,
		time:   time.Date(2026, 3, 2, 9, 15, 27, 104587331, time.UTC),
	}
}

func (b Builder) with(key string, value any) Builder {
	b.alert = maps.Clone(b.alert)
	b.alert[key] = value
	return b
}

// Priority sets the priority.
func (b Builder) Priority(p event.Priority) Builder { b.prio = p; return b }

// Time sets the time.
func (b Builder) Time(t time.Time) Builder { b.time = t.UTC(); return b }

// Source sets the source.
func (b Builder) Source(source string) Builder { return b.with("source", source) }

// Host sets the host.
func (b Builder) Host(name string) Builder { return b.with("hostname", name) }

// Tags sets the tags, sorted and each once, as Falco prints them.
func (b Builder) Tags(tags ...string) Builder {
	return b.with("tags", slices.Compact(slices.Sorted(slices.Values(tags))))
}

// Message sets what output says behind the time and the priority.
func (b Builder) Message(text string) Builder { return b.with("output", text) }

// Field sets an output field: a string, a bool, a number of any kind or a
// [json.Number], a list of these, or nil for null.
func (b Builder) Field(name string, value any) Builder {
	b.fields = maps.Clone(b.fields)
	if b.fields == nil {
		b.fields = make(map[string]any)
	}
	b.fields[name] = value
	return b
}

// WithoutFields leaves output_fields out, as json_include_output_fields_property
// set to false does. A Field after it brings them back.
func (b Builder) WithoutFields() Builder { b.fields = nil; return b }

// Without leaves an optional key of the alert itself out, such as source, tags,
// hostname or output.
func (b Builder) Without(key string) Builder {
	b.alert = maps.Clone(b.alert)
	delete(b.alert, key)
	if key == "output" {
		b.alert["output"] = nil
	}
	return b
}

// JSON returns the alert as Falco prints it. A value that JSON cannot hold
// panics.
func (b Builder) JSON() []byte {
	alert := maps.Clone(b.alert)
	alert["priority"] = b.prio.String()
	alert["time"] = b.time.Format("2006-01-02T15:04:05.000000000Z")
	switch text, set := alert["output"]; {
	case !set:
		alert["output"] = b.prefix() + fmt.Sprint(alert["rule"])
	case text == nil:
		delete(alert, "output")
	default:
		alert["output"] = b.prefix() + fmt.Sprint(text)
	}
	if b.fields != nil {
		fields := maps.Clone(b.fields)
		if _, set := fields["evt.time"]; !set {
			fields["evt.time"] = b.time.UnixNano() // Falco always prints it
		}
		alert["output_fields"] = fields
	}
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(alert); err != nil {
		panic(fmt.Sprintf("eventtest: %v", err))
	}
	return bytes.TrimSuffix(text.Bytes(), []byte("\n"))
}

func (b Builder) prefix() string {
	return b.time.Format("15:04:05.000000000") + ": " + b.prio.String() + " "
}

// Event returns the alert, decoded. An alert that cannot be decoded, such as one
// of a rule without a name, panics.
func (b Builder) Event() *event.Event {
	e, err := event.Parse(b.JSON())
	if err != nil {
		panic(fmt.Sprintf("eventtest: %v", err))
	}
	return e
}
