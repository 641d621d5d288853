package mitigate

import (
	"slices"
	"strings"
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

// maxFields is how many fields a plan explains.
const maxFields = 16

// ofTheAlert are the members of an alert, besides its fields, that may say
// something.
var ofTheAlert = []string{"alert.hostname", "alert.time"}

// explain says what the fields of the alert say one by one, in the order of the
// alert.
func (d *draft) explain(known map[string]*entry) {
	d.Fields = make([]FieldReading, 0, min(d.e.Fields.Len()+len(ofTheAlert), maxFields))
	for _, name := range ofTheAlert {
		if entry := known[name]; entry != nil {
			if v := d.e.Field(name); v.Available() && v.Text() != "" {
				d.explainField(entry, v.Text())
			}
		}
	}
	for i := range d.e.Fields.Len() {
		if len(d.Fields) == maxFields {
			return
		}
		name, v := d.e.Fields.At(i)
		if entry := known[name]; entry != nil && v.Available() {
			d.explainField(entry, v.Text())
		}
	}
}

func (d *draft) explainField(e *entry, value string) {
	parsed, err := e.parse()
	if err != nil {
		return // tests and With see to it that there is none
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
		d.Fields = append(d.Fields, FieldReading{Field: entry.Field, Value: shown, Says: d.first(x.Say)})
		return
	}
}
