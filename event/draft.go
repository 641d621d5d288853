package event

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Draft is an alert in the making, for tests and for programs that make
// alerts of their own or change those that pass. Unlike an [Event] it may be
// written to. It is for one goroutine.
type Draft struct {
	Time     time.Time // needed, in the years 0 to 9999
	Rule     string    // needed
	Priority Priority
	Source   string
	Hostname string
	Output   string // if it is empty, Build makes it of Message as Falco does
	Message  string
	Tags     []string // in any order; nil leaves the key out
	Fields   []NamedValue
	Extra    []NamedValue // top-level keys that are not Falco's own
}

// NamedValue is a field by its name.
type NamedValue struct {
	Name  string
	Value Value
}

// Draft returns a copy of the alert to change. Building it gives an equal
// alert.
func (e *Event) Draft() *Draft {
	d := &Draft{
		Time: e.Time, Rule: e.Rule, Priority: e.Priority, Source: e.Source, Hostname: e.Hostname,
		Output: e.Output, Message: e.Message, Tags: slices.Clone(e.Tags),
	}
	for name, v := range e.Fields.All() {
		d.Fields = append(d.Fields, NamedValue{name, v})
	}
	for name, v := range e.extra.All() {
		d.Extra = append(d.Extra, NamedValue{name, v})
	}
	return d
}

// Set sets an output field, in the place of one of that name if there is one.
func (d *Draft) Set(name string, v Value) {
	for i := range d.Fields {
		if d.Fields[i].Name == name {
			d.Fields[i].Value = v
			return
		}
	}
	d.Fields = append(d.Fields, NamedValue{name, v})
}

// Build returns the alert, which shares no memory with the draft: what
// decoding what [Event.AppendJSON] prints of it gives. It refuses what Falco
// would not print and [Parse] not accept.
func (d *Draft) Build() (*Event, error) {
	if err := d.check(); err != nil {
		return nil, fmt.Errorf("draft: %w", err)
	}
	e := &Event{
		Time: d.Time.UTC(), Rule: d.Rule, Priority: d.Priority, Source: d.Source, Hostname: d.Hostname,
		Output: d.Output, Message: d.Message,
		Fields: fieldsOf(d.Fields), extra: fieldsOf(d.Extra),
	}
	if e.Output == "" && e.Message != "" {
		e.Output = e.Time.Format("15:04:05.000000000") + ": " + e.Priority.String() + " " + e.Message
	}
	if d.Tags != nil {
		e.Tags = slices.Clone(d.Tags)
		slices.Sort(e.Tags) // Falco holds them in a set
		e.Tags = slices.Compact(e.Tags)
	}
	built, err := Parse(e.AppendJSON(nil))
	if err != nil {
		return nil, fmt.Errorf("draft: %w", err)
	}
	return built, nil
}

func fieldsOf(list []NamedValue) Fields {
	names, values := make([]string, len(list)), make([]Value, len(list))
	for i, f := range list {
		names[i], values[i] = f.Name, f.Value
	}
	return newFields(names, values)
}

// check refuses what encoding would mend or lose without a word.
func (d *Draft) check() error {
	if d.Rule == "" {
		return errors.New("no rule")
	}
	if d.Priority > Debug {
		return fmt.Errorf("unknown priority %d", d.Priority)
	}
	if d.Time.IsZero() {
		return errors.New("no time")
	}
	if t := d.Time.Unix(); t < minUnix || t > maxUnix {
		return fmt.Errorf("the year %d", d.Time.UTC().Year())
	}
	for _, s := range append([]string{d.Rule, d.Source, d.Hostname, d.Output, d.Message}, d.Tags...) {
		if !utf8.ValidString(s) {
			return fmt.Errorf("%q is not UTF-8", clip(s))
		}
	}
	for _, list := range [][]NamedValue{d.Fields, d.Extra} {
		for _, f := range list {
			switch {
			case !utf8.ValidString(f.Name) || !utf8.ValidString(f.Value.text):
				return fmt.Errorf("field %q is not UTF-8", clip(f.Name))
			case f.Value.kind == Absent:
				return fmt.Errorf("field %q has no value", clip(f.Name))
			}
		}
	}
	for _, f := range d.Extra {
		if isHeader(f.Name) {
			return fmt.Errorf("%q is a key of Falco's own", f.Name)
		}
	}
	return nil
}

// isHeader reports whether Falco prints a key of that name itself.
func isHeader(name string) bool {
	const keys = " hostname message output output_fields priority rule source tags time "
	return name != "" && !strings.Contains(name, " ") && strings.Contains(keys, " "+name+" ")
}
