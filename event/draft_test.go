package event

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"
	"time"
)

func TestDraft(t *testing.T) {
	d := Draft{
		Time: time.Date(2024, 7, 24, 16, 32, 7, 191837261, time.FixedZone("", 7200)), Rule: "A", Priority: Notice,
		Source: "syscall", Hostname: "h", Message: "a \"shell\"\n", Tags: []string{"b", "a", "b"},
		Fields: []NamedValue{{"proc.name", StringValue("sh")}, {"user.uid", IntValue(-1)}, {"evt.args", StringsValue()}, {"f", FloatValue(33)}},
		Extra:  []NamedValue{{"uuid", StringValue("u")}},
	}
	d.Set("user.uid", UintValue(1<<64-1))
	d.Set("fd.types", StringsValue("file", `a"b`))
	e, err := d.Build()
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"hostname":"h","message":"a \"shell\"\n","output":"14:32:07.191837261: Notice a \"shell\"\n",` +
		`"output_fields":{"evt.args":null,"f":33.0,"fd.types":["file","a\"b"],"proc.name":"sh","user.uid":18446744073709551615},` +
		`"priority":"Notice","rule":"A","source":"syscall","tags":["a","b"],"time":"2024-07-24T14:32:07.191837261Z","uuid":"u"}`
	if got := string(e.AppendJSON(nil)); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	again, err := e.Draft().Build()
	if err != nil || string(again.AppendJSON(nil)) != want || again.ID() != e.ID() {
		t.Errorf("%v, %s", err, again.AppendJSON(nil))
	}
	if e.Tags[0] != "a" || d.Tags[0] != "b" {
		t.Error("Build changed the draft")
	}
}

func TestDraftRefuses(t *testing.T) {
	for part, change := range map[string]func(d *Draft){
		"no rule":           func(d *Draft) { d.Rule = "" },
		"no time":           func(d *Draft) { d.Time = time.Time{} },
		"the year 10000":    func(d *Draft) { d.Time = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC) },
		"unknown priority":  func(d *Draft) { d.Priority = 8 },
		"not UTF-8":         func(d *Draft) { d.Output = "\xff" },
		"field \"a\" is":    func(d *Draft) { d.Set("a", StringValue("\xff")) },
		"has no value":      func(d *Draft) { d.Set("a", Value{}) },
		"duplicate key":     func(d *Draft) { d.Fields = []NamedValue{{"a", NullValue()}, {"a", NullValue()}} },
		"Falco's own":       func(d *Draft) { d.Extra = []NamedValue{{"rule", NullValue()}} },
		"over the limit":    func(d *Draft) { d.Output = strings.Repeat("x", MaxRecordBytes) },
		"more than 1024":    func(d *Draft) { d.Tags = manyTags(MaxTags + 1) },
		"unknown priority ": func(d *Draft) { d.Priority = 255 },
	} {
		d := Draft{Time: time.Unix(1, 0), Rule: "A"}
		if _, err := d.Build(); err != nil {
			t.Fatal(err)
		}
		change(&d)
		if _, err := d.Build(); err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("got %v, want an error about %q", err, part)
		}
	}
}

func manyTags(n int) (list []string) {
	for i := range n {
		list = append(list, strings.Repeat("a", i+1))
	}
	return list
}

func TestLogValue(t *testing.T) {
	var b bytes.Buffer
	l := slog.New(slog.NewTextHandler(&b, &slog.HandlerOptions{ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
		if len(groups) == 0 && a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}}))
	e := parsed(t, `{"rule":"A","priority":"Notice","time":"2024-07-24T14:32:07.5Z","tags":["x"],"output":"o\nlevel=ERROR","output_fields":{"a":1,"b":null,"c":"x y","d":18446744073709551615,"e":1.5,"f":true}}`)
	l.Info("m", "alert", e)
	const want = `level=INFO msg=m alert.time=2024-07-24T14:32:07.500Z alert.priority=Notice alert.rule=A alert.output="o\nlevel=ERROR" alert.tags=[x] ` +
		`alert.output_fields.a=1 alert.output_fields.b=<nil> alert.output_fields.c="x y" alert.output_fields.d=18446744073709551615 alert.output_fields.e=1.5 alert.output_fields.f=true` + "\n"
	if b.String() != want {
		t.Errorf("got  %swant %s", b.String(), want)
	}
}

func TestSchemaIsJSON(t *testing.T) {
	if !json.Valid([]byte(Schema)) {
		t.Error("the schema is not JSON")
	}
}

func TestMarshalJSON(t *testing.T) {
	e := parsed(t, `{"rule":"A","priority":"info","time":"2024-07-24T14:32:07Z","output_fields":{"b":[1, {"z":1, "a":"\u00e9\/"}],"a":"\u0001\u007f<"},"aaa":{},"zzz":[ ],"pri":1}`)
	b, err := json.Marshal(struct{ E *Event }{e})
	const want = `{"E":{"aaa":{},"output_fields":{"a":"\u0001` + "\u007f" + `\u003c","b":[1,{"a":"é/","z":1}]},"pri":1,"priority":"Informational","rule":"A","time":"2024-07-24T14:32:07.000000000Z","zzz":[]}}`
	if err != nil || string(b) != want { // encoding/json escapes < on top
		t.Errorf("%v\ngot  %s\nwant %s", err, b, want)
	}
}
