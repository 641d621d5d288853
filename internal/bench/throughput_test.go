package bench

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/falconer-go/falconer/event"
	"github.com/falconer-go/falconer/rules/cond"
)

// Falco was timed on one core with 10, 100 and 300 rules of the shape below,
// over events of its test source oracle: 20,700, 6,800 and 1,770 events a
// second; and with the 48 rules it ships for k8s_audit: 16,600. Its events had
// 1439 and 997 bytes on average. What follows times the same conditions on
// alerts of the same events, in three sizes. As these alerts were made for
// tests, each has every field there is, two times in text and once in fields;
// that is a full one. A slim one has the fields that the conditions read, as
// the alerts of rules that print what they look at. An even one has as many
// more as make it as large as Falco's events were; k8s_audit's slim ones are
// larger than that already.

// verdictAlerts returns the alerts of a source: as they are if read is nil,
// else with these fields, and further ones as long as they have fewer bytes
// than least.
func verdictAlerts(tb testing.TB, source string, read map[string]bool, least int) [][]byte {
	tb.Helper()
	dir := os.Getenv("FALCONER_CONFORMANCE")
	if dir == "" {
		tb.Skip("FALCONER_CONFORMANCE is not set: no alerts to time")
	}
	data, err := os.ReadFile(filepath.Join(dir, "verdicts", "alerts", source+".jsonl"))
	if err != nil {
		tb.Skip(err)
	}
	var list [][]byte
	for line := range bytes.Lines(data) {
		if read == nil {
			list = append(list, bytes.TrimSpace(line))
			continue
		}
		list = append(list, cutAlert(tb, line, read, least))
	}
	return list
}

// cutAlert returns an alert with the fields that are read and some of the
// others.
func cutAlert(tb testing.TB, line []byte, read map[string]bool, least int) []byte {
	tb.Helper()
	var alert map[string]any
	d := json.NewDecoder(bytes.NewReader(line))
	d.UseNumber()
	if err := d.Decode(&alert); err != nil {
		tb.Fatal(err)
	}
	delete(alert, "message")
	all := alert["output_fields"].(map[string]any)
	kept, text := map[string]any{}, "Warning rule matched |"
	alert["output_fields"] = kept
	keep := func(name string) []byte {
		kept[name] = all[name]
		text += fmt.Sprintf(" %s=%.60v", name, all[name])
		alert["output"] = text
		cut, err := json.Marshal(alert)
		if err != nil {
			tb.Fatal(err)
		}
		return cut
	}
	var cut []byte
	names := slices.Sorted(maps.Keys(all))
	for _, name := range names {
		if read[name] {
			cut = keep(name)
		}
	}
	for _, name := range names {
		if len(cut) >= least {
			break
		}
		if !read[name] && all[name] != nil {
			cut = keep(name)
		}
	}
	return cut
}

// oracleRules writes n conditions of the shape that Falco was timed with.
func oracleRules(n int) []string {
	r := rand.New(rand.NewPCG(5, 6))
	words := []string{"foo", "bar", "/etc/passwd", "nginx", "Foo", "10", "xyzzy", "/usr/bin", "a", "zz"}
	word := func() string { return fmt.Sprintf("%s%d", words[r.IntN(len(words))], r.IntN(5)) }
	check := func() string {
		f := []string{"o.s1", "o.s2", "o.s4", "o.path"}[r.IntN(4)]
		switch r.IntN(9) {
		case 0:
			return f + " = " + word()
		case 1:
			return f + " in (" + word() + ", " + word() + ", " + word() + ")"
		case 2:
			return f + " contains " + word()
		case 3:
			return f + " startswith " + word()
		case 4:
			return f + " endswith " + word()
		case 5:
			return f + " pmatch (/opt/" + word() + ", /srv/" + word() + ")"
		case 6:
			return f + " intersects (" + word() + ", " + word() + ")"
		case 7:
			return f + " glob *" + word() + "?"
		}
		return f + " icontains " + word()
	}
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf("(o.s1 exists or o.path exists) and not o.s4 = trusted%d and (%s or %s or %s) and (o.u2 >= 0 or o.b1 = true)",
			i, check(), check(), check())
	}
	return list
}

// oracleEnv has the fields of the conditions above.
func oracleEnv(tb testing.TB) *cond.Env {
	tb.Helper()
	own, err := cond.NewTable(
		cond.FieldInfo{Name: "o.s1", Type: cond.CharBuf}, cond.FieldInfo{Name: "o.s2", Type: cond.CharBuf},
		cond.FieldInfo{Name: "o.s4", Type: cond.CharBuf}, cond.FieldInfo{Name: "o.path", Type: cond.CharBuf},
		cond.FieldInfo{Name: "o.u2", Type: cond.Uint64}, cond.FieldInfo{Name: "o.b1", Type: cond.Bool})
	if err != nil {
		tb.Fatal(err)
	}
	return &cond.Env{Fields: cond.FalcoWithoutPlugins().With(own)}
}

// k8sRules returns the conditions of the rules that Falco ships for k8s_audit.
func k8sRules(tb testing.TB) []string {
	tb.Helper()
	data, err := os.ReadFile(filepath.Join(os.Getenv("FALCONER_CONFORMANCE"), "language", "describe_upstream.jsonl"))
	if err != nil {
		tb.Skip(err)
	}
	var list []string
	for line := range bytes.Lines(data) {
		var d struct {
			Describe struct {
				Rules []struct {
					Info    struct{ Source string }
					Details struct {
						Compiled string `json:"condition_compiled"`
					}
				}
			}
		}
		if err := json.Unmarshal(line, &d); err != nil {
			tb.Fatal(err)
		}
		for _, r := range d.Describe.Rules {
			// Falco prints an empty list's comma and an empty string without
			// quotes; what does not read back is left out.
			if _, err := cond.Parse(r.Details.Compiled, nil); err == nil && r.Info.Source == "k8s_audit" {
				list = append(list, r.Details.Compiled)
			}
		}
	}
	return list
}

func BenchmarkThroughput(b *testing.B) {
	liveHeap(b)
	type job struct {
		name, source string
		rules        []string
		env          *cond.Env
		falco        float64 // events a second
	}
	jobs := []job{
		{"oracle10", "oracle", oracleRules(10), oracleEnv(b), 20700},
		{"oracle100", "oracle", oracleRules(100), oracleEnv(b), 6800},
		{"oracle300", "oracle", oracleRules(300), oracleEnv(b), 1770},
		{"k8s_audit", "k8s_audit", k8sRules(b), &cond.Env{Source: "k8s_audit"}, 16600},
	}
	for _, j := range jobs {
		var programs []*cond.Program
		read := map[string]bool{}
		for _, text := range j.rules {
			p, err := cond.Compile(text, j.env)
			if err != nil {
				b.Fatalf("%s: %v", text, err)
			}
			programs = append(programs, p)
			for _, name := range p.Fields() {
				read[name] = true
			}
		}
		for _, form := range []string{"slim", "even", "full"} {
			fields, least := read, 0
			switch {
			case form == "full":
				fields = nil
			case form == "even" && j.source == "k8s_audit":
				continue
			case form == "even":
				least = 1210 // which the last field takes to 1439 on average
			}
			alerts := verdictAlerts(b, j.source, fields, least)
			size := len(bytes.Join(alerts, nil)) / len(alerts)
			set := cond.NewSet(programs...)
			run := func(name string, next func(i int) *event.Event) {
				b.Run(strings.Join([]string{j.name, form, name}, "/"), func(b *testing.B) {
					b.ReportAllocs()
					var matches []int
					for i := 0; b.Loop(); i++ {
						matches = set.AppendMatches(matches[:0], next(i))
					}
					perSecond := float64(b.N) / b.Elapsed().Seconds()
					b.ReportMetric(perSecond, "alerts/s")
					b.ReportMetric(perSecond/j.falco, "x-falco")
					b.ReportMetric(float64(size), "B/alert")
				})
			}
			events := make([]*event.Event, len(alerts))
			for i := range alerts {
				events[i], _ = event.Parse(alerts[i])
			}
			run("match", func(i int) *event.Event { return events[i%len(events)] })
			run("parse+match", func(i int) *event.Event {
				e, _ := event.Parse(alerts[i%len(alerts)])
				return e
			})
			// As a program reads a stream of them: one decoder that reuses memory.
			d := event.NewDecoder(&endless{data: append(bytes.Join(alerts, []byte("\n")), '\n')}, &event.DecoderOptions{Reuse: true})
			var e event.Event
			run("stream+match", func(int) *event.Event {
				if err := d.Decode(&e); err != nil {
					b.Fatal(err)
				}
				return &e
			})
		}
	}
}
