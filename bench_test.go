package falconer_test

import (
	"encoding/json"
	"os"
	"testing"
	"time"

	"github.com/falconer-go/falconer/enrich"
	"github.com/falconer-go/falconer/event"
	"github.com/falconer-go/falconer/mitigate/report"
)

// BenchmarkChain measures the chain stage by stage over the sample alert, with
// encoding/json into the usual struct as the measure beside it.
func BenchmarkChain(b *testing.B) {
	raw, err := os.ReadFile("examples/report/testdata/alert.json")
	if err != nil {
		b.Fatal(err)
	}
	parse := func(b *testing.B) *event.Event {
		e, err := event.Parse(raw)
		if err != nil {
			b.Fatal(err)
		}
		return e
	}
	for _, bm := range []struct {
		name string
		f    func(b *testing.B)
	}{
		{"encoding-json", func(b *testing.B) {
			var alert struct {
				Time         time.Time      `json:"time"`
				Rule         string         `json:"rule"`
				Priority     string         `json:"priority"`
				Source       string         `json:"source"`
				Hostname     string         `json:"hostname"`
				Output       string         `json:"output"`
				Tags         []string       `json:"tags"`
				OutputFields map[string]any `json:"output_fields"`
			}
			if err := json.Unmarshal(raw, &alert); err != nil {
				b.Fatal(err)
			}
		}},
		{"Parse", func(b *testing.B) { parse(b) }},
		{"Parse+enrich", func(b *testing.B) { enrich.For(parse(b)) }},
		{"Parse+enrich+report", func(b *testing.B) { report.For(parse(b)).Markdown() }},
	} {
		b.Run(bm.name, func(b *testing.B) {
			b.SetBytes(int64(len(raw)))
			b.ReportAllocs()
			for b.Loop() {
				bm.f(b)
			}
		})
	}
}
