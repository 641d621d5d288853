//go:build cgo

package plugintest

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"reflect"
	"testing"
	"time"
	"unsafe"

	"github.com/falcosecurity/plugin-sdk-go/pkg/sdk"
	"github.com/falcosecurity/plugin-sdk-go/pkg/sdk/plugins"

	"github.com/falconer-go/falconer/event"
)

// Plugin is what a [Driver] can run: a plugin of the SDK that has fields.
type Plugin interface {
	plugins.Plugin
	sdk.Extractor
	Fields() []sdk.FieldEntry
}

// Instance is an open source.
type Instance interface {
	sdk.NextBatcher
	sdk.Events
}

// Driver runs a plugin in the test's own process, as the SDK does for Falco. It
// is for one goroutine. What fails, fails the test.
type Driver struct {
	t        testing.TB
	plugin   Plugin
	fields   []sdk.FieldEntry
	instance Instance
	num      uint64
	pending  []*Event
	err      error // what ended the source
}

// New gives a plugin its configuration and returns a driver of it. It is
// destroyed when the test ends.
func New(t testing.TB, p Plugin, config string) *Driver {
	t.Helper()
	if err := p.Init(config); err != nil {
		t.Fatalf("plugintest: init: %v", err)
	}
	d := &Driver{t: t, plugin: p, fields: p.Fields()}
	t.Cleanup(func() {
		d.Close()
		if p, ok := p.(sdk.Destroyer); ok {
			p.Destroy()
		}
	})
	return d
}

// Open opens the source, and closes the one that was open. The plugin has an
// Open as the SDK's sources do, or Begin as those of package plugin.
func (d *Driver) Open(params string) {
	d.t.Helper()
	if err := d.TryOpen(params); err != nil {
		d.t.Fatalf("plugintest: open: %v", err)
	}
}

// TryOpen is Open that returns the error.
func (d *Driver) TryOpen(params string) error {
	d.Close()
	m := reflect.ValueOf(d.plugin).MethodByName("Begin")
	if !m.IsValid() {
		m = reflect.ValueOf(d.plugin).MethodByName("Open")
	}
	if !m.IsValid() || m.Type().NumIn() != 1 || m.Type().In(0).Kind() != reflect.String || m.Type().NumOut() != 2 {
		return errors.New("the plugin is no source")
	}
	out := m.Call([]reflect.Value{reflect.ValueOf(params)})
	if err, _ := out[1].Interface().(error); err != nil {
		return err
	}
	instance, ok := out[0].Interface().(Instance)
	if !ok {
		return fmt.Errorf("%s is no instance of a source", out[0].Type())
	}
	if instance.Events() == nil {
		events, err := sdk.NewEventWriters(int64(sdk.DefaultBatchSize), int64(sdk.DefaultEvtSize))
		if err != nil {
			return err
		}
		instance.SetEvents(events)
	}
	d.instance, d.pending, d.err, d.num = instance, nil, nil, 0
	return nil
}

// Close closes the source, if one is open.
func (d *Driver) Close() {
	if d.instance == nil {
		return
	}
	if c, ok := d.instance.(sdk.Closer); ok {
		c.Close()
	}
	d.instance.Events().Free()
	d.instance.SetEvents(nil)
	d.instance = nil
}

// NextBatch asks for events once, and returns them and what the source said:
// nil, sdk.ErrTimeout, sdk.ErrEOF or what failed.
func (d *Driver) NextBatch() ([]*Event, error) {
	events := d.instance.Events()
	n, err := d.instance.NextBatch(d.plugin, events)
	if n < 0 || n > events.Len() {
		d.t.Fatalf("plugintest: a batch has %d events, of %d", n, events.Len())
	}
	if err != nil && err != sdk.ErrTimeout && err != sdk.ErrEOF {
		d.plugin.SetLastError(err)
		return nil, err // as the SDK, which takes no events then
	}
	list := make([]*Event, n)
	timed := 0
	for i := range list {
		d.num++
		list[i] = eventAt(events.ArrayPtr(), i, d.num)
		if !list[i].Time.IsZero() {
			timed++
		}
	}
	if timed != 0 && timed != n {
		d.t.Errorf("plugintest: %d of the %d events of a batch have a time: Falco accepts all or none", timed, n)
	}
	return list, err
}

// Next returns the next n events, or as many as there are before the source
// ends. It waits for them as long as the test may take.
func (d *Driver) Next(n int) []*Event {
	d.t.Helper()
	for len(d.pending) < n && d.err == nil {
		events, err := d.NextBatch()
		d.pending = append(d.pending, events...)
		if err != sdk.ErrTimeout {
			d.err = err
		}
		if err := d.t.Context().Err(); err != nil {
			d.t.Fatalf("plugintest: %d of %d events came", len(d.pending), n)
		}
	}
	if d.err != nil && d.err != sdk.ErrEOF {
		d.t.Fatalf("plugintest: the source failed: %v", d.err)
	}
	n = min(n, len(d.pending))
	list := d.pending[:n:n]
	d.pending = d.pending[n:]
	return list
}

// Progress returns what the source says of how far it is.
func (d *Driver) Progress() string {
	if p, ok := d.instance.(sdk.Progresser); ok {
		_, text := p.Progress(d.plugin)
		return text
	}
	return ""
}

// Extract returns the value of a field, written as in a rule, or nil if the
// event has none. See [Request.Value] for the types.
func (d *Driver) Extract(e *Event, field string) (any, error) {
	r, err := NewRequest(d.fields, field)
	if err != nil {
		return nil, err
	}
	err = d.plugin.Extract(r, e)
	return r.Value, err
}

// ExtractAll returns the values of the fields that need no argument, and of
// fields, which do, by name. What has no value is left out.
func (d *Driver) ExtractAll(e *Event, fields ...string) map[string]any {
	d.t.Helper()
	for _, f := range d.fields {
		if !f.Arg.IsRequired {
			fields = append(fields, f.Name)
		}
	}
	values := make(map[string]any)
	for _, name := range fields {
		v, err := d.Extract(e, name)
		if err != nil {
			d.t.Errorf("plugintest: %s of event %d: %v", name, e.Num, err)
		}
		if v != nil {
			values[name] = v
		}
	}
	return values
}

// Fields returns the event as what a condition looks its fields up in: a
// cond.Lookup. A field that the plugin does not have is absent, one without a
// value is null. What fails, fails the test.
func (d *Driver) Fields(e *Event) Lookup { return Lookup{d, e} }

// Lookup looks up the fields of an event.
type Lookup struct {
	driver *Driver
	event  *Event
}

// Field returns the value of a field.
func (l Lookup) Field(name string) event.Value {
	r, err := NewRequest(l.driver.fields, name)
	if err != nil {
		return event.Value{}
	}
	if err := l.driver.plugin.Extract(r, l.event); err != nil {
		l.driver.t.Errorf("plugintest: %s of event %d: %v", name, l.event.Num, err)
	}
	return valueOf(r.Value)
}

func valueOf(v any) event.Value {
	texts := func(n int, at func(i int) string) event.Value {
		list := make([]string, n)
		for i := range list {
			list[i] = at(i)
		}
		return event.StringsValue(list...)
	}
	switch v := v.(type) {
	case string:
		return event.StringValue(v)
	case uint64:
		return event.UintValue(v)
	case bool:
		return event.BoolValue(v)
	case time.Duration:
		return event.IntValue(int64(v))
	case time.Time:
		return event.IntValue(v.UnixNano())
	case net.IP:
		return event.StringValue(v.String())
	case net.IPNet:
		return event.StringValue(v.String())
	case []string:
		return event.StringsValue(v...)
	case []uint64:
		return texts(len(v), func(i int) string { return fmt.Sprint(v[i]) })
	case []bool:
		return texts(len(v), func(i int) string { return fmt.Sprint(v[i]) })
	case []time.Duration:
		return texts(len(v), func(i int) string { return fmt.Sprint(int64(v[i])) })
	case []time.Time:
		return texts(len(v), func(i int) string { return fmt.Sprint(v[i].UnixNano()) })
	case []net.IP:
		return texts(len(v), func(i int) string { return v[i].String() })
	case []net.IPNet:
		return texts(len(v), func(i int) string { return v[i].String() })
	}
	return event.NullValue()
}

// eventAt copies an event out of the SDK's array of them.
func eventAt(array unsafe.Pointer, i int, num uint64) *Event {
	// An event as Falco's interface has it, packed: the time, a thread, the
	// length, the type, the number of parameters; the lengths of both; then the
	// plugin's id and the data.
	evt := *(*unsafe.Pointer)(unsafe.Add(array, uintptr(i)*unsafe.Sizeof(uintptr(0))))
	header := unsafe.Slice((*byte)(evt), sdk.PluginEventPayloadOffset)
	e := &Event{Num: num}
	if ns := binary.NativeEndian.Uint64(header); ns != 1<<64-1 {
		e.Time = time.Unix(0, int64(ns)).UTC()
	}
	size := binary.NativeEndian.Uint32(header[sdk.PluginEventPayloadOffset-8:])
	e.Data = append([]byte{}, unsafe.Slice((*byte)(unsafe.Add(evt, sdk.PluginEventPayloadOffset)), size)...)
	return e
}

// Batches returns a function that asks the open source for events and leaves
// them where they are, for benchmarks: it returns how many there were and what
// the source said.
func (d *Driver) Batches() func() (int, error) {
	events := d.instance.Events()
	return func() (int, error) { return d.instance.NextBatch(d.plugin, events) }
}

// Asker returns a function that asks for a field of an event and throws the
// value away, for benchmarks: what it costs is the plugin's, and one allocation
// of a reader for each event that the plugin reads.
func (d *Driver) Asker(field string) func(e *Event) {
	d.t.Helper()
	r, err := NewRequest(d.fields, field)
	if err != nil {
		d.t.Fatalf("plugintest: %v", err)
	}
	silent := &silentRequest{Request: *r, typ: r.FieldType(), index: r.ArgIndex()}
	return func(e *Event) {
		if err := d.plugin.Extract(silent, e); err != nil {
			d.t.Errorf("plugintest: %s of event %d: %v", field, e.Num, err)
		}
	}
}

// silentRequest is a Request that costs nothing.
type silentRequest struct {
	Request
	typ   uint32
	index uint64
}

func (r *silentRequest) FieldType() uint32 { return r.typ }
func (r *silentRequest) ArgIndex() uint64  { return r.index }
func (r *silentRequest) SetValue(any)      {}
