//go:build cgo && (linux || darwin)

package plugintest

/*
#cgo linux LDFLAGS: -ldl
#include <stdlib.h>
#include "host.h"
*/
import "C"

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"testing"
	"time"
	"unsafe"

	"github.com/falcosecurity/plugin-sdk-go/pkg/sdk"
)

// Host calls a shared object through the C interface of Falco's plugins, as
// Falco does: what the SDK's loader does not, events and their fields. It is for
// one goroutine. What fails, fails the test, where no error is returned.
type Host struct {
	t        testing.TB
	c        *C.host_plugin
	fields   []sdk.FieldEntry
	state    unsafe.Pointer
	instance unsafe.Pointer
	num      uint64
}

// NewHost loads a shared object, which has to be a source that has fields. It is
// closed and destroyed when the test ends.
func NewHost(t testing.TB, file string) *Host {
	t.Helper()
	h := &Host{t: t, c: (*C.host_plugin)(C.calloc(1, C.sizeof_host_plugin))}
	name := C.CString(file)
	defer C.free(unsafe.Pointer(name))
	if fault := C.host_load(name, h.c); fault != nil {
		t.Fatalf("plugintest: %s: %s", file, C.GoString(fault))
	}
	if err := json.Unmarshal([]byte(C.GoString(C.host_fields(h.c))), &h.fields); err != nil {
		t.Fatalf("plugintest: the fields: %v", err)
	}
	t.Cleanup(func() { // the object itself stays: a Go runtime cannot be unloaded
		h.Close()
		h.Destroy()
		C.free(unsafe.Pointer(h.c))
	})
	return h
}

// Init gives the plugin its configuration, and destroys the one that there was.
func (h *Host) Init(config string) error {
	h.Destroy()
	c := C.CString(config)
	defer C.free(unsafe.Pointer(c))
	var rc C.int32_t
	state := C.host_init_plugin(h.c, c, &rc)
	if rc != 0 {
		err := errors.New(C.GoString(C.host_last_error(h.c, state)))
		C.host_destroy(h.c, state)
		return err
	}
	h.state = state
	return nil
}

// Destroy ends the plugin.
func (h *Host) Destroy() {
	if h.state != nil {
		h.Close()
		C.host_destroy(h.c, h.state)
		h.state = nil
	}
}

// LastError returns the plugin's last error as text.
func (h *Host) LastError() string { return C.GoString(C.host_last_error(h.c, h.state)) }

// Open opens the source, and closes the one that was open.
func (h *Host) Open(params string) error {
	h.Close()
	c := C.CString(params)
	defer C.free(unsafe.Pointer(c))
	var rc C.int32_t
	instance := C.host_open(h.c, h.state, c, &rc)
	if rc != 0 {
		return errors.New(h.LastError())
	}
	h.instance, h.num = instance, 0
	return nil
}

// Close closes the source, if one is open.
func (h *Host) Close() {
	if h.instance != nil {
		C.host_close(h.c, h.state, h.instance)
		h.instance = nil
	}
}

// NextBatch asks for events once: see [Driver.NextBatch].
func (h *Host) NextBatch() ([]*Event, error) {
	var n C.uint32_t
	var events *unsafe.Pointer
	rc := C.host_next_batch(h.c, h.state, h.instance, &n, &events)
	var list []*Event
	for i := range int(n) {
		h.num++
		list = append(list, eventAt(unsafe.Pointer(events), i, h.num))
	}
	switch int32(rc) {
	case sdk.SSPluginSuccess:
		return list, nil
	case sdk.SSPluginTimeout:
		return list, sdk.ErrTimeout
	case sdk.SSPluginEOF:
		return list, sdk.ErrEOF
	}
	return nil, errors.New(h.LastError())
}

// Next returns the next events, n or a few more, or as many as there are before
// the source ends.
func (h *Host) Next(n int) []*Event {
	h.t.Helper()
	var list []*Event
	for len(list) < n {
		events, err := h.NextBatch()
		list = append(list, events...)
		if err == sdk.ErrEOF {
			break
		}
		if err != nil && err != sdk.ErrTimeout {
			h.t.Fatalf("plugintest: the source failed: %v", err)
		}
		if h.t.Context().Err() != nil {
			h.t.Fatalf("plugintest: %d of %d events came", len(list), n)
		}
	}
	return list
}

// Progress returns what the source says of how far it is.
func (h *Host) Progress() string { return C.GoString(C.host_progress(h.c, h.state, h.instance)) }

// String returns what the plugin says of an event.
func (h *Host) String(e *Event) string {
	evt := newEvent(e)
	defer C.free(evt)
	return C.GoString(C.host_string(h.c, h.state, evt, C.uint64_t(e.Num)))
}

// Extract asks for fields, written as in a rule, all at once, and returns the
// values that the event has, by name. See [Request.Value] for the types.
func (h *Host) Extract(e *Event, fields ...string) (map[string]any, error) {
	requests := make([]*Request, len(fields))
	array := unsafe.Slice((*C.host_field)(C.calloc(C.size_t(len(fields)+1), C.sizeof_host_field)), len(fields)+1)
	defer C.free(unsafe.Pointer(&array[0]))
	for i, name := range fields {
		r, err := NewRequest(h.fields, name)
		if err != nil {
			return nil, err
		}
		requests[i] = r
		f := &array[i]
		f.field_id, f.ftype = C.uint32_t(r.ID), C.uint32_t(r.FieldType())
		f.field = C.CString(r.Entry.Name)
		defer C.free(unsafe.Pointer(f.field))
		if r.IsList() {
			f.flist = 1
		}
		if r.Has {
			f.arg_present, f.arg_index = 1, C.uint64_t(r.ArgIndex())
			if r.Entry.Arg.IsKey {
				f.arg_key = C.CString(r.Arg)
				defer C.free(unsafe.Pointer(f.arg_key))
			}
		}
	}
	evt := newEvent(e)
	defer C.free(evt)
	if rc := C.host_extract_fields(h.c, h.state, evt, C.uint64_t(e.Num), &array[0], C.uint32_t(len(fields))); rc != 0 {
		return nil, errors.New(h.LastError())
	}
	values := make(map[string]any)
	for i, r := range requests {
		if array[i].res_len > 0 {
			values[fields[i]] = h.value(&array[i], r)
		}
	}
	return values, nil
}

// value copies a value out of C.
func (h *Host) value(f *C.host_field, r *Request) any {
	n := int(f.res_len)
	if !r.IsList() && n != 1 {
		h.t.Errorf("plugintest: %s has %d values and is no list", r.Entry.Name, n)
	}
	switch r.Entry.Type {
	case "string":
		return values(r, n, unsafe.Slice((**C.char)(f.res), n), func(v *C.char) string { return C.GoString(v) })
	case "uint64":
		return values(r, n, unsafe.Slice((*uint64)(f.res), n), func(v uint64) uint64 { return v })
	case "bool":
		return values(r, n, unsafe.Slice((*uint32)(f.res), n), func(v uint32) bool { return v != 0 })
	case "reltime":
		return values(r, n, unsafe.Slice((*uint64)(f.res), n), func(v uint64) time.Duration { return time.Duration(v) })
	case "abstime":
		return values(r, n, unsafe.Slice((*uint64)(f.res), n), func(v uint64) time.Time { return time.Unix(0, int64(v)).UTC() })
	case "ipaddr", "ipnet":
		return values(r, n, unsafe.Slice((*C.host_bytes)(f.res), n), func(v C.host_bytes) net.IP {
			return net.IP(C.GoBytes(v.ptr, C.int(v.len)))
		})
	}
	return fmt.Sprintf("a value of type %s", r.Entry.Type)
}

func values[From, To any](r *Request, n int, from []From, to func(From) To) any {
	if !r.IsList() {
		return to(from[0])
	}
	list := make([]To, n)
	for i := range list {
		list[i] = to(from[i])
	}
	return list
}

// newEvent makes an event in C, with Falco's header.
func newEvent(e *Event) unsafe.Pointer {
	const offset = int(sdk.PluginEventPayloadOffset)
	p := C.calloc(1, C.size_t(offset+len(e.Data)))
	b := unsafe.Slice((*byte)(p), offset+len(e.Data))
	binary.NativeEndian.PutUint64(b[0:], e.Timestamp())
	binary.NativeEndian.PutUint64(b[8:], 1<<64-1)
	binary.NativeEndian.PutUint32(b[16:], uint32(len(b)))
	binary.NativeEndian.PutUint16(b[20:], 322) // an event of a plugin
	binary.NativeEndian.PutUint32(b[22:], 2)
	binary.NativeEndian.PutUint32(b[26:], 4)
	binary.NativeEndian.PutUint32(b[30:], uint32(len(e.Data)))
	copy(b[offset:], e.Data)
	return p
}
