package export_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"testing"

	"github.com/falconer-go/falconer/enrich"
	"github.com/falconer-go/falconer/enrich/export/cloudevents"
	"github.com/falconer-go/falconer/enrich/export/ecs"
	"github.com/falconer-go/falconer/enrich/export/navigator"
	"github.com/falconer-go/falconer/enrich/export/ocsf"
	"github.com/falconer-go/falconer/enrich/export/otel"
	"github.com/falconer-go/falconer/enrich/export/stix"
	"github.com/falconer-go/falconer/event"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
)

var update = flag.Bool("update", false, "write the goldens anew")

// The alerts were written by hand for this test: a system call with everything
// that formats have a place for, and a call of a cloud API.
var alerts = map[string]string{
	"syscall": `{"hostname":"node-7","output":"x","output_fields":{"container.id":"4b2a3d90c1f7","container.image.repository":"registry.example.com/shop/api",` +
		`"container.image.tag":"2.14.1","container.name":"api","evt.res":"SUCCESS","evt.time":1789636364120394857,"evt.type":"connect","fd.cip":"10.1.2.3","fd.cport":41234,` +
		`"fd.l4proto":"tcp","fd.name":"10.1.2.3:41234->203.0.113.7:4444","fd.sip":"203.0.113.7","fd.sport":4444,"k8s.ns.name":"shop","k8s.pod.name":"api-x2x8q",` +
		`"proc.cmdline":"sh -i","proc.exepath":"/bin/sh","proc.name":"sh","proc.pid":4711,"proc.pname":"php-fpm","proc.ppid":12,"proc.tty":0,"user.loginuid":-1,"user.name":"www","user.uid":33},` +
		`"priority":"Critical","rule":"Redirect STDOUT/STDIN to Network Connection in Container","source":"syscall","tags":["T1059","maturity_stable","mitre_execution"],"time":"2026-09-17T09:12:44.120394857Z"}`,
	"cloudtrail": `{"hostname":"collector","output":"y","output_fields":{"ct.error":"AccessDenied","ct.name":"StopLogging","ct.region":"us-east-1","ct.src":"cloudtrail.amazonaws.com",` +
		`"ct.srcip":"192.0.2.24","ct.user":"bob","evt.time":1789692032000000000},"priority":"Warning","rule":"CloudTrail Logging Disabled","source":"aws_cloudtrail","tags":["aws"],"time":"2026-09-18T00:40:32.000000000Z"}`,
}

func parse(t testing.TB, name string) *event.Event {
	t.Helper()
	e, err := event.Parse([]byte(alerts[name]))
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// TestGolden compares what each format makes of the alerts with what somebody
// has read.
func TestGolden(t *testing.T) {
	for name := range alerts {
		t.Run(name, func(t *testing.T) {
			e := parse(t, name)
			m := enrich.For(e)
			var layer navigator.Layer
			layer.Add(e.Rule, m)
			bundle, ok := stix.Append(nil, e, m)
			if !ok {
				t.Error("no bundle")
			}
			got := &txtar.Archive{Files: []txtar.File{
				{Name: "ocsf.json", Data: indent(t, ocsf.Append(nil, e, m, nil))},
				{Name: "ocsf-1.1.json", Data: indent(t, ocsf.Append(nil, e, m, &ocsf.Options{Version: ocsf.V1_1}))},
				{Name: "ecs.json", Data: indent(t, ecs.Append(nil, e, m, nil))},
				{Name: "navigator.json", Data: indent(t, layer.Append(nil))},
				{Name: "stix.json", Data: indent(t, bundle)},
				{Name: "cloudevents.json", Data: indent(t, cloudevents.Append(nil, e))},
			}}
			var attrs bytes.Buffer
			for k, v := range otel.Attributes(e, m) {
				fmt.Fprintf(&attrs, "%s = %v\n", k, v)
			}
			got.Files = append(got.Files, txtar.File{Name: "otel.txt", Data: attrs.Bytes()})
			file := "testdata/" + name + ".txtar"
			if *update {
				if err := os.WriteFile(file, txtar.Format(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), string(txtar.Format(got))); diff != "" {
				t.Errorf("%s (-want +got):\n%s", file, diff)
			}
		})
	}
}

func indent(t *testing.T, doc []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := json.Indent(&b, doc, "", " "); err != nil {
		t.Fatalf("%v\n%s", err, doc)
	}
	b.WriteByte('\n')
	return b.Bytes()
}

// TestAppend holds that what stood in the buffer stays, whatever it ends with.
func TestAppend(t *testing.T) {
	e := parse(t, "syscall")
	m := enrich.For(e)
	for _, before := range []string{"", "x", "{", "[", "a:", "\n"} {
		for format, f := range map[string]func([]byte) []byte{
			"ocsf":        func(b []byte) []byte { return ocsf.Append(b, e, m, nil) },
			"ecs":         func(b []byte) []byte { return ecs.Append(b, e, m, nil) },
			"cloudevents": func(b []byte) []byte { return cloudevents.Append(b, e) },
			"stix":        func(b []byte) []byte { b, _ = stix.Append(b, e, m); return b },
			"navigator":   func(b []byte) []byte { return new(navigator.Layer).Append(b) },
		} {
			if got, want := string(f([]byte(before))), before+string(f(nil)); got != want {
				t.Errorf("%s behind %q:\ngot  %s\nwant %s", format, before, got, want)
			}
		}
	}
}

func TestSeverity(t *testing.T) {
	last := 0
	for p := event.Debug; ; p-- {
		id, name := ocsf.Severity(p)
		if id < last || name == "" {
			t.Errorf("%v is %d %q, less than a lower priority", p, id, name)
		}
		last = id
		if p == event.Emergency {
			break
		}
	}
}

func BenchmarkFormats(b *testing.B) {
	e := parse(b, "syscall")
	m := enrich.For(e)
	for _, bm := range []struct {
		name string
		f    func([]byte) []byte
	}{
		{"ocsf", func(buf []byte) []byte { return ocsf.Append(buf, e, m, nil) }},
		{"ecs", func(buf []byte) []byte { return ecs.Append(buf, e, m, nil) }},
		{"cloudevents", func(buf []byte) []byte { return cloudevents.Append(buf, e) }},
		{"stix", func(buf []byte) []byte { buf, _ = stix.Append(buf, e, m); return buf }},
	} {
		b.Run(bm.name, func(b *testing.B) {
			b.ReportAllocs()
			var buf []byte
			for b.Loop() {
				buf = bm.f(buf[:0])
			}
		})
	}
}
