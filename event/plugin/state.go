//go:build cgo

package plugin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"runtime/debug"
	"sync"
	"unsafe"

	"github.com/falcosecurity/plugin-sdk-go/pkg/sdk"
	"github.com/falcosecurity/plugin-sdk-go/pkg/sdk/plugins"

	"github.com/falconer-go/falconer/event"
)

// State is a plugin at work: what the SDK, and through it Falco, calls. It is
// for one goroutine, but for LastError and SetLastError.
type State[E any] struct {
	plugins.BaseStringer
	plugins.BaseExtractRequests
	plugins.BaseOpenParams
	lastError

	plugin *Plugin[E]
	fields []boundField[E]

	// The event that was decoded last, so that a rule with ten fields decodes
	// it once. Falco numbers the events of a source from 1.
	num, at uint64
	known   bool
	data    []byte
	event   E
	err     error
}

type boundField[E any] struct {
	name string
	typ  uint32
	list bool
	arg  sdk.FieldEntryArg
	def  *argument
	read reader[E]
}

// New returns a plugin at work, as Falco makes one, for tests and for a host
// that registers it with the SDK itself. A plugin that does not pass Check
// panics.
func (p *Plugin[E]) New() *State[E] {
	if err := p.Check(); err != nil {
		panic(err.Error())
	}
	s := &State[E]{plugin: p}
	for _, f := range p.Fields {
		s.fields = append(s.fields, boundField[E]{f.entry.Name, typeCodes[f.entry.Type], f.entry.IsList, f.entry.Arg, f.def, f.bind()})
	}
	return s
}

// Info returns what Falco is told of the plugin.
func (s *State[E]) Info() *plugins.Info {
	i := s.plugin.Info
	i.ExtractEventSources = s.plugin.Sources()
	return &i
}

// Fields returns the fields as the SDK has them.
func (s *State[E]) Fields() []sdk.FieldEntry { return s.plugin.Entries() }

// InitSchema returns the JSON schema of init_config, or nil.
func (s *State[E]) InitSchema() *sdk.SchemaInfo {
	if s.plugin.Schema == "" {
		return nil
	}
	return &sdk.SchemaInfo{Schema: s.plugin.Schema}
}

// Init gives the plugin its configuration.
func (s *State[E]) Init(config string) (err error) {
	defer caught(&err)
	if s.plugin.Schema != "" {
		if err := CheckConfig(s.plugin.Schema, config); err != nil {
			return fmt.Errorf("init_config: %w", err)
		}
	}
	if s.plugin.Init == nil {
		return nil
	}
	return s.plugin.Init(config)
}

// Destroy ends the plugin.
func (s *State[E]) Destroy() {
	if s.plugin.Destroy == nil {
		return
	}
	var err error
	func() {
		defer caught(&err)
		s.plugin.Destroy()
	}()
	if err != nil {
		s.report(err)
	}
}

// OpenParams returns the suggestions for open_params.
func (s *State[E]) OpenParams() (list []sdk.OpenParam, err error) {
	defer caught(&err)
	if s.plugin.OpenParams == nil {
		return []sdk.OpenParam{}, nil
	}
	return s.plugin.OpenParams()
}

// Begin opens a source.
func (s *State[E]) Begin(params string) (_ *Stream, err error) {
	if s.plugin.Open == nil {
		return nil, errors.New("this plugin is not a source")
	}
	if s.plugin.ParamsSchema != "" {
		if err := CheckConfig(s.plugin.ParamsSchema, params); err != nil {
			return nil, fmt.Errorf("open_params: %w", err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	var records iter.Seq2[Record, error]
	func() {
		defer caught(&err)
		records, err = s.plugin.Open(ctx, params)
	}()
	if err == nil && records == nil {
		err = errors.New("the source has no records")
	}
	if err != nil {
		cancel()
		return nil, err
	}
	return newStream(ctx, cancel, records, s.plugin.Stream, s.report)
}

// report tells of an error that does not end anything.
func (s *State[E]) report(err error) {
	s.SetLastError(err)
	if s.plugin.OnError != nil {
		var again error
		defer caught(&again)
		s.plugin.OnError(err)
	}
}

// Extract gives a request the value of the field that it asks for.
func (s *State[E]) Extract(req sdk.ExtractRequest, evt sdk.EventReader) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &event.PanicError{Value: v, Stack: debug.Stack()}
			s.report(err)
		}
	}()
	id := req.FieldID()
	if id >= uint64(len(s.fields)) {
		return fmt.Errorf("there is no field with the number %d", id)
	}
	f := &s.fields[id]
	if req.FieldType() != f.typ || req.IsList() != f.list {
		return fmt.Errorf("%s is asked for as type %d (a list: %t), and is type %d (a list: %t)", f.name, req.FieldType(), req.IsList(), f.typ, f.list)
	}
	var a argument
	switch {
	case !req.ArgPresent():
		if f.arg.IsRequired {
			return fmt.Errorf("%s needs an argument, as in %s[...]", f.name, f.name)
		}
		if f.def != nil {
			a = *f.def
		}
	case f.arg.IsKey:
		a.key = req.ArgKey()
	case f.arg.IsIndex:
		a.index = req.ArgIndex()
	default:
		return fmt.Errorf("%s takes no argument", f.name)
	}
	if err := s.decode(evt); err != nil {
		return err
	}
	f.read(&s.event, a, req)
	return nil
}

// String returns the event as text.
func (s *State[E]) String(evt sdk.EventReader) (text string, err error) {
	defer caught(&err)
	if s.plugin.String == nil {
		if err := s.read(evt); err != nil {
			return "", err
		}
		return withoutNUL(string(s.data)), nil
	}
	if err := s.decode(evt); err != nil {
		return "", err
	}
	return withoutNUL(s.plugin.String(&s.event)), nil
}

func (s *State[E]) decode(evt sdk.EventReader) error {
	num, at := evt.EventNum(), evt.Timestamp()
	if s.known && num == s.num && at == s.at && num != 0 {
		return s.err
	}
	if err := s.read(evt); err != nil {
		return err
	}
	if !s.plugin.Reuse {
		s.event = *new(E)
	}
	func() {
		defer caught(&s.err)
		s.err = s.plugin.Decode(&s.event, s.data)
	}()
	s.num, s.at, s.known = num, at, true
	if s.err != nil {
		s.event = *new(E)
		s.report(s.err)
	}
	return s.err
}

// read copies the data of an event, which C may not leave where it is.
func (s *State[E]) read(evt sdk.EventReader) (err error) {
	s.known = false
	switch r := evt.Reader().(type) {
	case interface { // the SDK's, over memory of C
		BufferPtr() unsafe.Pointer
		Len() int64
	}:
		s.data = append(s.data[:0], unsafe.Slice((*byte)(r.BufferPtr()), r.Len())...)
	default:
		s.data, err = appendAll(s.data[:0], r)
	}
	return err
}

func appendAll(dst []byte, r io.Reader) ([]byte, error) {
	for {
		if len(dst) == cap(dst) {
			dst = append(dst, 0)[:len(dst)]
		}
		n, err := r.Read(dst[len(dst):cap(dst)])
		dst = dst[:len(dst)+n]
		if err == io.EOF {
			return dst, nil
		}
		if err != nil {
			return dst, err
		}
	}
}

// caught makes an error of a panic.
func caught(err *error) {
	if v := recover(); v != nil {
		*err = &event.PanicError{Value: v, Stack: debug.Stack()}
	}
}

// lastError is the SDK's LastError for several goroutines. It always has an
// error: the SDK calls Error on what it gets.
type lastError struct {
	plugins.BaseLastError
	mu sync.Mutex
}

var errNone = errors.New("no error")

// LastError returns the last error of the plugin.
func (l *lastError) LastError() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.BaseLastError.LastError(); err != nil {
		return err
	}
	return errNone
}

// SetLastError notes an error.
func (l *lastError) SetLastError(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.BaseLastError.SetLastError(err)
}
