package eventtest

import (
	"bytes"
	_ "embed"
	"fmt"
	"sync"

	"github.com/falconer-go/falconer/event"
)

// samples holds one alert a line after its name and a tab. They were written
// for this package in the forms that Falco prints; hosts, images, accounts and
// addresses in them are made up.
//
//go:embed testdata/samples.tsv
var samples []byte

// Sample is an alert with a name that says what it is an example of.
type Sample struct {
	Name string
	JSON []byte // as Falco, or a relay, sends it
}

// Event returns the alert, decoded anew.
func (s Sample) Event() *event.Event {
	e, err := event.Parse(s.JSON)
	if err != nil {
		panic(fmt.Sprintf("eventtest: sample %s: %v", s.Name, err))
	}
	return e
}

var all = sync.OnceValue(func() []Sample {
	var list []Sample
	for line := range bytes.Lines(samples) {
		name, text, ok := bytes.Cut(bytes.TrimSuffix(line, []byte("\n")), []byte("\t"))
		if !ok {
			panic(fmt.Sprintf("eventtest: sample without a name: %q", line))
		}
		list = append(list, Sample{string(name), text})
	}
	return list
})

// Samples returns alerts of every source that Falco's own plugins and drivers
// have and of every kind and dialect: nulls, lists, integers beyond 2^53, each
// of Falco's internal events, alerts without optional keys, of older versions,
// and from relays. It returns the same ones each time; what they hold may be
// changed.
func Samples() []Sample {
	list := make([]Sample, len(all()))
	for i, s := range all() {
		list[i] = Sample{s.Name, bytes.Clone(s.JSON)}
	}
	return list
}

// SampleNamed returns one of the [Samples], decoded. A name that is not there
// panics.
func SampleNamed(name string) *event.Event {
	for _, s := range all() {
		if s.Name == name {
			return s.Event()
		}
	}
	panic(fmt.Sprintf("eventtest: no sample named %q", name))
}
