package mitigate

import (
	"slices"
	"strings"
	"time"

	"github.com/falconer-go/falconer/event"
)

// fieldEntry is what the value of one field says by itself.
type fieldEntry struct {
	Field string      `yaml:"field"`
	Says  []fieldSays `yaml:"says"` // the first that holds; none may hold
}

// fieldSays is a text with what the value must look like for it. Of the lists
// that are given, one of the value's must fit, and the condition must hold.
type fieldSays struct {
	Is     []string   `yaml:"is"`
	Begins []string   `yaml:"begins"`
	Ends   []string   `yaml:"ends"`
	Has    []string   `yaml:"has"`
	Lacks  []string   `yaml:"lacks"` // none of these must be in it
	If     *condition `yaml:"if"`
	Say    texts      `yaml:"say"`
}

func (f *fieldSays) holds(value string, s *subject) bool {
	in := func(x string) bool { return strings.Contains(value, x) }
	anyGiven := f.Is != nil || f.Begins != nil || f.Ends != nil || f.Has != nil
	switch {
	case anyGiven && !slices.Contains(f.Is, value) &&
		!slices.ContainsFunc(f.Begins, func(x string) bool { return strings.HasPrefix(value, x) }) &&
		!slices.ContainsFunc(f.Ends, func(x string) bool { return strings.HasSuffix(value, x) }) &&
		!slices.ContainsFunc(f.Has, in):
		return false
	case slices.ContainsFunc(f.Lacks, in):
		return false
	}
	return f.If.holds(s)
}

// FieldReading is what the value of one field says by itself.
type FieldReading struct {
	Field string
	Value Text // as the alert has it
	Says  Text
}

// maxFields is how many fields are explained.
const maxFields = 16

// ofTheAlert are the members of an alert, besides its fields, that may say
// something.
var ofTheAlert = []string{"alert.hostname", "alert.time"}

// Fields returns what the fields of the alert say one by one, in the order of the
// alert: what a reader wants who looks at the alert itself. It is worked out when
// it is called for.
func (p *Plan) Fields() []FieldReading {
	if p.madeFrom == nil {
		return nil // not made by a library
	}
	d := draft{Plan: p, subject: about(p.Event, p.madeFrom), notebook: new(notebook)}
	known := p.madeFrom.generalFor(d.source).fields
	list := make([]FieldReading, 0, min(d.e.Fields.Len()+len(ofTheAlert), maxFields))
	add := func(name string, v event.Value) {
		entry := known[name]
		if entry == nil || len(list) == maxFields || !v.Available() || v.Text() == "" {
			return
		}
		if r, ok := d.fieldReading(entry, v.Text()); ok {
			list = append(list, r)
		}
	}
	for _, name := range ofTheAlert {
		add(name, d.e.Field(name))
	}
	for name, v := range d.e.Fields.All() {
		add(name, v)
	}
	return list
}

// fieldReading returns what the value of a field says, if the entry knows.
func (d *draft) fieldReading(e *entry, value string) (r FieldReading, ok bool) {
	parsed, err := e.parse()
	if err != nil {
		return r, false // tests and With see to it that there is none
	}
	entry := parsed.(*fieldEntry)
	for i := range entry.Says {
		x := &entry.Says[i]
		if !x.holds(value, &d.subject) {
			continue
		}
		from := d.begin()
		if v, ok := d.value(entry.Field); ok {
			d.put(v)
		}
		shown := d.end(from)
		if entry.Field == "alert.time" {
			shown = Text{{Kind: Value, Field: "alert.time", Text: d.e.Time.UTC().Format(time.RFC3339Nano)}}
		}
		return FieldReading{Field: entry.Field, Value: shown, Says: d.first(x.Say)}, true
	}
	return r, false
}
