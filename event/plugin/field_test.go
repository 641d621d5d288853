//go:build cgo

package plugin_test

import (
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/falcosecurity/plugin-sdk-go/pkg/sdk"
	"github.com/google/go-cmp/cmp"

	"github.com/falconer-go/falconer/event"
	"github.com/falconer-go/falconer/event/plugin"
	"github.com/falconer-go/falconer/event/plugin/plugintest"
	"github.com/falconer-go/falconer/rules/cond"
)

const fullDoor = `{"Name":"north","Opened":18446744073709551615,"Forced":true,"Held":1500,"At":"2026-03-02T09:15:27.000000001Z",
"Camera":"::ffff:10.0.0.7","Badges":["a","b"],"Visits":[1,2],"Alarms":[true,false],"Waits":[1,2],
"Times":["2026-03-02T09:15:27Z"],"Cameras":["2001:db8::1","","10.0.0.8"],"Labels":{"floor.no":"3"}}`

func TestFields(t *testing.T) {
	d := plugintest.New(t, doors().New(), "")
	at := time.Date(2026, 3, 2, 9, 15, 27, 0, time.UTC)
	for _, tt := range []struct {
		data string
		want map[string]any
	}{
		{fullDoor, map[string]any{
			"door.name": "north", "door.opened": uint64(1<<64 - 1), "door.forced": true, "door.held": 1500 * time.Nanosecond,
			"door.at": at.Add(1), "door.camera": net.IP{10, 0, 0, 7}, "door.badges": []string{"a", "b"}, "door.visits": []uint64{1, 2},
			"door.alarms": []bool{true, false}, "door.waits": []time.Duration{1, 2}, "door.times": []time.Time{at},
			"door.cameras":         []net.IP{net.ParseIP("2001:db8::1"), {10, 0, 0, 8}},
			"door.label[floor.no]": "3", "door.badge": "a", "door.badge[1]": "b", "door.with": []string{"none", "north"},
			"door.with[x]": []string{"x", "north"}, "door.from[1]": []string{"b"}, "door.explodes": "no",
		}},
		// Nothing of one event shows in the next.
		{`{}`, map[string]any{
			"door.opened": uint64(0), "door.forced": false, "door.held": time.Duration(0), "door.explodes": "no",
			"door.with": []string{"none", ""}, "door.with[x]": []string{"x", ""},
		}},
		{`{"Name":"a\u0000b","Badges":["\u0000"],"At":"1969-12-31T23:59:59Z","Times":["2500-01-01T00:00:00Z","2026-03-02T09:15:27Z"]}`, map[string]any{
			"door.name": "a\uFFFDb", "door.badges": []string{"\uFFFD"}, "door.badge": "\uFFFD", "door.times": []time.Time{at},
			"door.opened": uint64(0), "door.forced": false, "door.held": time.Duration(0), "door.explodes": "no",
			"door.with": []string{"none", "a\uFFFDb"}, "door.with[x]": []string{"x", "a\uFFFDb"}, "door.from[1]": nil,
		}},
	} {
		for _, num := range []uint64{0, 0, 7} { // not numbered, and numbered as the one before
			e := &plugintest.Event{Num: num, Time: time.Unix(int64(len(tt.data)), 0), Data: []byte(tt.data)}
			got := d.ExtractAll(e, "door.label[floor.no]", "door.badge[1]", "door.with[x]", "door.from[1]")
			for name, v := range tt.want {
				if v == nil {
					delete(tt.want, name)
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("%s: (-want +got)\n%s", tt.data, diff)
			}
		}
	}
}

// An event is decoded once, however many fields are asked of it.
func TestDecodedOnce(t *testing.T) {
	p := doors()
	n := 0
	p.Decode = func(d *door, data []byte) error { n++; return nil }
	d := plugintest.New(t, p.New(), "")
	for num := uint64(1); num <= 3; num++ {
		d.ExtractAll(&plugintest.Event{Num: num})
	}
	if n != 3 {
		t.Errorf("3 events were decoded %d times", n)
	}
}

func TestExtractErrors(t *testing.T) {
	p := doors()
	var reported []error
	p.OnError = func(err error) { reported = append(reported, err); panic("in OnError") }
	s := p.New()
	d := plugintest.New(t, s, "")
	good := &plugintest.Event{Num: 1, Data: []byte(fullDoor)}
	ask := func(field string, change func(r *plugintest.Request)) *plugintest.Request {
		r, err := plugintest.NewRequest(s.Fields(), field)
		if err != nil {
			t.Fatal(err)
		}
		if change != nil {
			change(r)
		}
		return r
	}
	for want, r := range map[string]*plugintest.Request{
		"no field with the number 99": ask("door.name", func(r *plugintest.Request) { r.ID = 99 }),
		"is asked for as type 8":      ask("door.name", func(r *plugintest.Request) { r.Entry.Type = "uint64" }),
		"(a list: true)":              ask("door.name", func(r *plugintest.Request) { r.Entry.IsList = true }),
		"needs an argument":           ask("door.label[x]", func(r *plugintest.Request) { r.Has = false }),
		"takes no argument":           ask("door.name", func(r *plugintest.Request) { r.Has = true }),
	} {
		if err := s.Extract(r, good); err == nil || !strings.Contains(err.Error(), want) || r.Value != nil {
			t.Errorf("want %q, got %v, value %v", want, err, r.Value)
		}
	}
	// A panic of a field is that field's error alone.
	bad := &plugintest.Event{Num: 2, Data: []byte(`{"Name":"n","Explodes":true}`)}
	_, err := d.Extract(bad, "door.explodes")
	var panicked *event.PanicError
	if !errors.As(err, &panicked) || panicked.Value != "boom" || len(panicked.Stack) == 0 || s.LastError() != err {
		t.Errorf("got %v, last error %v", err, s.LastError())
	}
	if v, err := d.Extract(bad, "door.name"); v != "n" || err != nil {
		t.Errorf("after a panic: %v, %v", v, err)
	}
	// What is no event gives no values, and one report.
	reported = nil
	for range 3 {
		if v, err := d.Extract(&plugintest.Event{Num: 3, Data: []byte(`{"Name":"half"`)}, "door.name"); v != nil || err == nil {
			t.Errorf("got %v, %v", v, err)
		}
	}
	if len(reported) != 1 {
		t.Errorf("%d reports of one event", len(reported))
	}
	if v, _ := d.Extract(&plugintest.Event{Num: 4, Data: []byte(`{}`)}, "door.name"); v != nil {
		t.Errorf("the next event has %v of the broken one", v)
	}
	p.Decode = func(*door, []byte) error { panic("in Decode") }
	if _, err := d.Extract(&plugintest.Event{Num: 5}, "door.name"); !errors.As(err, &panicked) {
		t.Errorf("got %v", err)
	}
	if text, err := s.String(&plugintest.Event{Num: 6, Data: []byte("a\x00b")}); text != "a\uFFFDb" || err != nil {
		t.Errorf("as text: %q, %v", text, err)
	}
	p.String = func(*door) string { panic("in String") }
	p.Decode = func(*door, []byte) error { return nil }
	if _, err := s.String(&plugintest.Event{Num: 7}); !errors.As(err, &panicked) {
		t.Errorf("as text: %v", err)
	}
}

func TestCheck(t *testing.T) {
	for want, change := range map[string]func(p *plugin.Plugin[door]){
		"":                              func(*plugin.Plugin[door]) {},
		"Info.Name is empty":            func(p *plugin.Plugin[door]) { p.Info.Name = "" },
		`Info.Version "1.0"`:            func(p *plugin.Plugin[door]) { p.Info.Version = "1.0" },
		`Info.RequiredAPIVersion "3"`:   func(p *plugin.Plugin[door]) { p.Info.RequiredAPIVersion = "3" },
		"a source needs Info.ID":        func(p *plugin.Plugin[door]) { p.Info.ID = 0 },
		"are for a source":              func(p *plugin.Plugin[door]) { p.Open = nil },
		"no Fields":                     func(p *plugin.Plugin[door]) { p.Fields = nil },
		"no Decode":                     func(p *plugin.Plugin[door]) { p.Decode = nil },
		"a bound of Stream is negative": func(p *plugin.Plugin[door]) { p.Stream.Wait = -1 },
		"door.name is there twice":      func(p *plugin.Plugin[door]) { p.Fields = append(p.Fields, p.Fields[0]) },
		"ParamsSchema: ":                func(p *plugin.Plugin[door]) { p.ParamsSchema = `{"type":"nothing"}` },
		"two or more identifiers": func(p *plugin.Plugin[door]) {
			p.Fields[0] = plugin.Value("door", "x", func(*door) (bool, bool) { return true, true })
		},
		"has no description": func(p *plugin.Plugin[door]) {
			p.Fields[0] = plugin.Value("a.b", " ", func(*door) (bool, bool) { return true, true })
		},
		"has no function":     func(p *plugin.Plugin[door]) { p.Fields[0] = plugin.Value[door, string]("a.b", "x", nil) },
		"without an argument": func(p *plugin.Plugin[door]) { p.Fields[0] = p.Fields[0].Default("x") },
		"is not a number": func(p *plugin.Plugin[door]) {
			p.Fields[0] = plugin.Index("a.b", "x", func(*door, uint64) (bool, bool) { return true, true }).Default("x")
		},
	} {
		p := doors()
		change(p)
		if err := p.Check(); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
	defer func() {
		if v := recover(); v == nil {
			t.Error("New accepts what Check does not")
		}
	}()
	p := doors()
	p.Fields = nil
	p.New()
}

func TestConfig(t *testing.T) {
	p := doors()
	p.Schema = `{"type":"object","additionalProperties":false,"required":["site"],"properties":{
		"site":{"type":"string"},"floors":{"type":"integer","minimum":1},"mode":{"enum":["day","night"]},
		"gate":{"type":"object","additionalProperties":false,"properties":{"name":{"type":"string"}}}}}`
	p.ParamsSchema = p.Schema
	var got struct {
		Site   string `json:"site"`
		Floors int    `json:"floors"`
		Mode   string `json:"mode"`
	}
	p.Init = func(config string) error { return plugin.ParseConfig(config, &got) }
	for config, want := range map[string]string{
		`{"site":"north","floors":2}`:     "",
		``:                                `the setting "site" is missing`,
		`[]`:                              "it is of type array, and should be object",
		`{"site":1}`:                      "site: it is of type integer, and should be string",
		`{"site":"n","Floors":1}`:         `there is no setting "Floors"`,
		`{"site":"n","floors":0}`:         "floors: must be greater than or equal to 1",
		`{"site":"n","mode":"x"}`:         `mode: it is x, and should be one of "day", "night"`,
		`{"site":"n","gate":{"nam":"x"}}`: `gate: there is no setting "nam"`,
		`{"site":"n"`:                     "it is not JSON",
		`{"floors":0}`:                    `floors: must be greater than or equal to 1; the setting "site" is missing`,
	} {
		err := p.New().Init(config)
		if (err == nil) != (want == "") || err != nil && err.Error() != "init_config: "+want && want != "it is not JSON" {
			t.Errorf("%s: want %q, got %v", config, want, err)
		}
		if _, err := p.New().Begin(config); want != "" && (err == nil || !strings.HasPrefix(err.Error(), "open_params: ") || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: want %q, got %v", config, want, err)
		}
	}
	for config, want := range map[string]string{
		`{"site":"n"} x`: "something follows",
		`{"site":1}`:     "site is a number, and should be a string",
		`{"size":1}`:     `there is no setting "size"`,
		`7`:              "it is a number, and should be a JSON object",
		`{"site":`:       "it ends too early",
		`{'site'}`:       "it is not JSON",
	} {
		if err := plugin.ParseConfig(config, &got); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: want %q, got %v", config, want, err)
		}
	}
	p.Schema, p.Init = "", func(string) error { panic("in Init") }
	var panicked *event.PanicError
	if err := p.New().Init(""); !errors.As(err, &panicked) {
		t.Errorf("got %v", err)
	}
	p.Destroy = func() { panic("in Destroy") }
	p.New().Destroy()
}

// The list of fields is the one that conditions are checked against.
func TestFieldList(t *testing.T) {
	p := doors()
	table, err := cond.ParseTable(p.FieldList())
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]cond.FieldInfo{}
	for f := range table.All() {
		got[f.Name] = f
	}
	if len(got) != len(p.Fields) {
		t.Errorf("%d fields of %d", len(got), len(p.Fields))
	}
	if f := got["door.badge"]; !f.ArgIndex || f.ArgRequired || f.Sources[0] != "doors" || f.Class != "doors" {
		t.Errorf("door.badge: %+v", f)
	}
	if f := got["door.label"]; !f.ArgKey || !f.ArgRequired || f.Type != cond.CharBuf {
		t.Errorf("door.label: %+v", f)
	}
	if f := got["door.cameras"]; !f.List || f.Type != cond.IPAddr {
		t.Errorf("door.cameras: %+v", f)
	}
	prog, err := cond.Compile(`door.opened > 1000 and door.held < 2000 and door.badges intersects (b, c) and door.cameras intersects (10.0.0.8) and door.label[floor.no] = 3`, &cond.Env{Fields: table, Source: "doors"})
	if err != nil {
		t.Fatal(err)
	}
	d := plugintest.New(t, p.New(), "")
	if !prog.MatchFields(d.Fields(&plugintest.Event{Num: 1, Data: []byte(fullDoor)})) || prog.MatchFields(d.Fields(&plugintest.Event{Num: 2, Data: []byte(`{}`)})) {
		t.Error("a condition on the fields gives another verdict")
	}
	md := p.Markdown()
	for _, want := range []string{"| `door.label[KEY]` | string | A label |", "| `door.badge or door.badge[N]` | string |", "| `door.badges` | list of string | The badges \\| that opened it |"} {
		if !strings.Contains(md, want) {
			t.Errorf("there is no %q in\n%s", want, md)
		}
	}
}

// silent is a request whose SetValue costs nothing, so that what is measured is
// the package's own.
type silent struct {
	plugintest.Request
	typ  uint32
	n    int
	name string
}

func (s *silent) FieldType() uint32 { return s.typ }
func (s *silent) SetValue(any)      { s.n++ }

func silentRequest(tb testing.TB, fields []sdk.FieldEntry, name string) *silent {
	r, err := plugintest.NewRequest(fields, name)
	if err != nil {
		tb.Fatal(err)
	}
	return &silent{Request: *r, typ: r.FieldType(), name: name}
}

func TestExtractAllocs(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	p := doors()
	full := door{Name: "a door", Opened: 1 << 40, Held: 1 << 40, At: time.Now(), Badges: []string{"a", "b"}, Labels: map[string]string{"x": "y"}, Visits: []uint64{1 << 40}}
	p.Reuse, p.Decode = true, func(d *door, _ []byte) error { *d = full; return nil }
	s := p.New()
	e := &plugintest.Event{Num: 1}
	for _, name := range []string{"door.name", "door.opened", "door.forced", "door.held", "door.at", "door.badges", "door.visits", "door.label[x]", "door.badge[1]", "door.with", "door.from[1]"} {
		r := silentRequest(t, s.Fields(), name)
		if n := testing.AllocsPerRun(100, func() { s.Extract(r, e) }); n != 0 || r.n == 0 {
			t.Errorf("%s: %v allocations, %d values", name, n, r.n)
		}
	}
}
