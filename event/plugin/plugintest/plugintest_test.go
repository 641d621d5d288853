//go:build cgo && linux

package plugintest_test

import (
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/falcosecurity/plugin-sdk-go/pkg/loader"
	"github.com/falcosecurity/plugin-sdk-go/pkg/sdk"
	"github.com/google/go-cmp/cmp"

	"github.com/falconer-go/falconer/event/plugin/plugintest"
)

// A shared object through Falco's C interface: what is there in memory of C is
// what the plugin meant.
func TestHost(t *testing.T) {
	file := plugintest.Build(t, "./testdata/doors")
	p, err := loader.NewValidPlugin(file)
	if err != nil {
		t.Fatal(err)
	}
	if !p.HasCapExtraction() || !p.HasCapSourcing() || p.HasCapBroken() || p.Info().EventSource != "doors" {
		t.Errorf("the loader sees %+v", p.Info())
	}
	h := plugintest.NewHost(t, file)
	if err := h.Init(`{"site":"nowhere"}`); err == nil || err.Error() != "there is no such site" {
		t.Errorf("init: %v", err)
	}
	if err := h.Init(`{"size":1}`); err == nil || !strings.Contains(err.Error(), `there is no setting "size"`) {
		t.Errorf("init: %v", err)
	}
	if err := h.Init(""); err != nil {
		t.Fatal(err)
	}
	if h.LastError() != "no error" {
		t.Errorf("last error %q", h.LastError())
	}
	if err := h.Open("many"); err == nil || err.Error() != `"many" is not a number of events` {
		t.Errorf("open: %v", err)
	}
	if err := h.Open("200"); err != nil {
		t.Fatal(err)
	}
	events := h.Next(1000)
	if len(events) != 160 {
		t.Fatalf("%d events of 160", len(events))
	}
	if text := h.Progress(); !strings.HasPrefix(text, "160 events, 0 errors, 40 records too large") {
		t.Errorf("progress %q", text)
	}
	fields := []string{
		"door.name", "door.opened", "door.forced", "door.held", "door.at", "door.camera", "door.badges", "door.cameras",
		"door.echo[some key]", "door.badge[0]",
	}
	for k, e := range events {
		i := k + k/4 // every fifth was too large
		got, err := h.Extract(e, fields...)
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]any{
			"door.name": "door " + strconv.Itoa(i), "door.opened": uint64(i), "door.forced": i%2 == 1, "door.held": time.Duration(i),
			"door.at": time.Unix(int64(i), 0).UTC(), "door.camera": net.IP{10, 0, 0, byte(i)}, "door.badges": []string{"a", strings.Repeat("b", i)},
			"door.cameras":        []net.IP{net.ParseIP("ff02::1"), {10, 0, 1, byte(i)}},
			"door.echo[some key]": "some key", "door.badge[0]": "a",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("event %d (-want +got)\n%s", i, diff)
		}
		if e.Num != uint64(k+1) || !e.Time.Equal(time.Unix(int64(i), 0).Add(time.Hour)) {
			t.Errorf("event %d has number %d, time %v", i, e.Num, e.Time)
		}
	}
	if _, err := h.Extract(events[0], "door.badge[7]"); err == nil || err.Error() != "panic: no such badge" {
		t.Errorf("a field that panics: %v", err)
	}
	if _, err := h.Extract(&plugintest.Event{Num: 9, Data: []byte("{")}, "door.name"); err == nil {
		t.Error("what is no event has fields")
	}
	if got, err := h.Extract(&plugintest.Event{Num: 10, Data: []byte("{}")}, "door.name", "door.badges", "door.camera"); len(got) != 0 || err != nil {
		t.Errorf("an event without values has %v, %v", got, err)
	}
	if text := h.String(&plugintest.Event{Num: 11, Data: []byte("as it is")}); text != "as it is" {
		t.Errorf("as text %q", text)
	}
	if _, err := h.NextBatch(); err != sdk.ErrEOF {
		t.Errorf("after the end: %v", err)
	}
}

func TestNewRequest(t *testing.T) {
	fields := []sdk.FieldEntry{
		{Name: "a.plain", Type: "string"},
		{Name: "a.key", Type: "string", Arg: sdk.FieldEntryArg{IsKey: true, IsRequired: true}},
		{Name: "a.index", Type: "ipnet", IsList: true, Arg: sdk.FieldEntryArg{IsIndex: true}},
	}
	for field, want := range map[string]string{
		"a.plain": "", "a.key[x.y]": "", "a.index": "", "a.index[3]": "",
		"a.other": "no field", "a.plain[0]": "takes no argument", "a.key": "needs an argument", "a.index[x]": "not a number", "a.key[x": "not closed",
	} {
		r, err := plugintest.NewRequest(fields, field)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: want %q, got %v", field, want, err)
		}
		if err == nil && r.ArgPresent() != strings.Contains(field, "[") {
			t.Errorf("%s: the argument is present: %t", field, r.ArgPresent())
		}
	}
	r, err := plugintest.NewRequest(fields, "a.index[3]")
	if err != nil {
		t.Fatal(err)
	}
	_, network, _ := net.ParseCIDR("10.0.0.0/8")
	r.SetValue([]*net.IPNet{network})
	if list, ok := r.Value.([]net.IPNet); !ok || len(list) != 1 || list[0].String() != "10.0.0.0/8" || r.ArgIndex() != 3 {
		t.Errorf("got %v", r.Value)
	}
	r.SetValueOffset(1, 2)
	if r.Start != 0 {
		t.Error("an offset is set that was not asked for")
	}
	r.Offsets = true
	r.SetValueOffset(1, 2)
	if r.Start != 1 || r.Length != 2 {
		t.Error("the offset is lost")
	}
	defer func() {
		if recover() == nil {
			t.Error("a value of another type is accepted")
		}
	}()
	r.SetValue("10.0.0.0/8")
}
