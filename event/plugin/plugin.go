//go:build cgo

package plugin

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/falcosecurity/plugin-sdk-go/pkg/sdk"
	"github.com/falcosecurity/plugin-sdk-go/pkg/sdk/plugins"
	"github.com/falcosecurity/plugin-sdk-go/pkg/sdk/plugins/extractor"
)

// Plugin is a plugin whose events are decoded into a variable of type E. Info,
// Fields and Decode are needed, and Open for one that is a source; what else is
// zero is left out.
type Plugin[E any] struct {
	// Info is what Falco is told of the plugin. A source needs an ID, which
	// Falco's registry of plugins gives out (999 is for tests and local use),
	// and an EventSource. ExtractEventSources are the sources whose events the
	// fields are of; for a source, its own if there are none.
	Info plugins.Info

	// Schema is the JSON schema (draft 7) of init_config, against which it is
	// checked before Init. "" allows everything.
	Schema string

	// Init is given init_config, before anything else happens.
	Init func(config string) error

	// Destroy is called at the end, after every source is closed.
	Destroy func()

	// Fields are those that rules may use of the events.
	Fields []Field[E]

	// Decode reads an event into e. The data may be kept, and slices of it,
	// until the next call. An error means that the event has no fields; it is
	// reported once.
	Decode func(e *E, data []byte) error

	// Reuse gives Decode what the event before left in e, and not the zero E,
	// so that it can use its memory again.
	Reuse bool

	// String is the event as text for people, for Falco's evt.plugininfo. nil
	// means the data as it is.
	String func(e *E) string

	// Open begins a source: the records are Falco's events. params is what
	// falco.yaml has as open_params. The ctx ends when Falco closes the source.
	// See Record for what may be yielded.
	Open func(ctx context.Context, params string) (iter.Seq2[Record, error], error)

	// ParamsSchema is the JSON schema (draft 7) of open_params, against which
	// they are checked before Open. "" allows everything; without it they need
	// not be JSON.
	ParamsSchema string

	// OpenParams are suggestions for params, which falco can list.
	OpenParams func() ([]sdk.OpenParam, error)

	// Stream are the bounds of the sources.
	Stream StreamOptions

	// OnError, if it is not nil, is told of each error that Falco does not hear
	// of, since it does not end anything. It is called by several goroutines.
	OnError func(error)
}

// Record is an event in the making.
type Record struct {
	Data []byte    // the event; it may be written to again after yield returned
	Time time.Time // when it happened; zero, or not between 1970 and 2262, for now

	// Done, if it is not nil, is called once Falco is done with the event and
	// asks for others, or at once where the record is passed over: what a source
	// can take as received. It is called in the order of the records, by another
	// goroutine than the iterator's, and must not wait. For the last events
	// before the source is closed it may not be called.
	Done func()
}

// Fatal returns an error that ends the source that yields it, with that error in
// Falco. Falco then ends, so it is for what it cannot do without.
func Fatal(err error) error { return &fatalError{err} }

type fatalError struct{ err error }

func (e *fatalError) Error() string { return e.err.Error() }
func (e *fatalError) Unwrap() error { return e.err }

var (
	version   = regexp.MustCompile(`^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)$`)
	fieldName = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_]*(\.[a-zA-Z_][a-zA-Z0-9_]*)+$`)
)

// Check returns what is wrong with the declaration, joined, or nil.
func (p *Plugin[E]) Check() error {
	var errs []error
	fault := func(format string, args ...any) { errs = append(errs, fmt.Errorf("plugin: "+format, args...)) }
	i := &p.Info
	if i.Name == "" {
		fault("Info.Name is empty")
	}
	if !version.MatchString(i.Version) {
		fault("Info.Version %q is not three numbers with dots between", i.Version)
	}
	if v := i.RequiredAPIVersion; v != "" && !version.MatchString(v) {
		fault("Info.RequiredAPIVersion %q is not three numbers with dots between", v)
	}
	switch isSource := p.Open != nil; {
	case isSource && (i.ID == 0 || i.EventSource == ""):
		fault("a source needs Info.ID and Info.EventSource")
	case !isSource && (i.ID != 0 || i.EventSource != ""):
		fault("Info.ID and Info.EventSource are for a source, and Open is nil")
	}
	for name, schema := range map[string]string{"Schema": p.Schema, "ParamsSchema": p.ParamsSchema} {
		if schema != "" {
			if _, err := compileSchema(schema); err != nil {
				fault("%s: %w", name, err)
			}
		}
	}
	if len(p.Fields) == 0 || p.Decode == nil {
		fault("there are no Fields, or no Decode for them")
	}
	if p.Stream.EventBytes < 0 || p.Stream.BatchEvents < 0 || p.Stream.BatchBytes < 0 || p.Stream.Wait < 0 || p.Stream.CloseWait < 0 {
		fault("a bound of Stream is negative")
	}
	seen := map[string]bool{}
	for _, f := range p.Fields {
		name := f.entry.Name
		switch {
		case f.bind == nil:
			fault("field %q has no function", name)
		case !fieldName.MatchString(name):
			fault("field %q: a name is two or more identifiers joined by dots", name)
		case seen[name]:
			fault("field %s is there twice", name)
		case strings.TrimSpace(f.entry.Desc) == "":
			fault("field %s has no description", name)
		case f.misuse != "":
			fault("field %s: %s", name, f.misuse)
		}
		seen[name] = true
	}
	return errors.Join(errs...)
}

// Sources returns the sources whose events the fields are of.
func (p *Plugin[E]) Sources() []string {
	if len(p.Info.ExtractEventSources) == 0 && p.Info.EventSource != "" {
		return []string{p.Info.EventSource}
	}
	return slices.Clone(p.Info.ExtractEventSources)
}

// Entries returns the fields as the SDK has them.
func (p *Plugin[E]) Entries() []sdk.FieldEntry {
	list := make([]sdk.FieldEntry, len(p.Fields))
	for i, f := range p.Fields {
		list[i] = f.entry
	}
	return list
}

// Register makes the program a plugin that has fields and is no source; package
// source has the Register of one that is. It is called once, by the init of
// package main. newPlugin is called at once, and again for each plugin that
// Falco makes. A plugin that does not pass Check panics.
func Register[E any](newPlugin func() *Plugin[E]) {
	plugins.SetFactory(func() plugins.Plugin {
		p := newPlugin()
		if p.Open != nil {
			panic("plugin: Open is set: use the Register of package source")
		}
		s := p.New()
		extractor.Register(s)
		return s
	})
}
