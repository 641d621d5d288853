package bench

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/bytedance/sonic"
	jsonv2 "github.com/go-json-experiment/json"
	goccy "github.com/goccy/go-json"
	"github.com/tidwall/gjson"

	"github.com/falconer-go/falconer/event"
)

// payload is shaped as what falcosidekick decodes an alert into: its fields,
// their types and a priority that reads its own JSON.
type payload struct {
	UUID         string                 `json:"uuid,omitempty"`
	Output       string                 `json:"output"`
	Priority     priority               `json:"priority"`
	Rule         string                 `json:"rule"`
	Time         time.Time              `json:"time"`
	OutputFields map[string]interface{} `json:"output_fields"`
	Source       string                 `json:"source"`
	Tags         []string               `json:"tags,omitempty"`
	Hostname     string                 `json:"hostname,omitempty"`
}

type priority int

var priorities = map[string]priority{
	"debug": 1, "informational": 2, "notice": 3, "warning": 4, "error": 5, "critical": 6, "alert": 7, "emergency": 8,
}

func (p *priority) UnmarshalJSON(b []byte) error {
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return err
	}
	var ok bool
	if *p, ok = priorities[strings.ToLower(s)]; !ok {
		return errors.New("unknown priority")
	}
	return nil
}

func BenchmarkParse(b *testing.B) {
	run(b, func(alert []byte) error {
		_, err := event.Parse(alert)
		return err
	})
}

func BenchmarkFalcosidekick(b *testing.B) {
	run(b, func(alert []byte) error {
		d := json.NewDecoder(bytes.NewReader(alert))
		d.UseNumber()
		var p payload
		return d.Decode(&p)
	})
}

func BenchmarkEncodingJSON(b *testing.B) {
	run(b, func(alert []byte) error {
		var p payload
		return json.Unmarshal(alert, &p)
	})
}

func BenchmarkJSONv2(b *testing.B) {
	run(b, func(alert []byte) error {
		var p payload
		return jsonv2.Unmarshal(alert, &p)
	})
}

func BenchmarkGoccy(b *testing.B) {
	run(b, func(alert []byte) error {
		var p payload
		return goccy.Unmarshal(alert, &p)
	})
}

func BenchmarkSonic(b *testing.B) {
	run(b, func(alert []byte) error {
		var p payload
		return sonic.Unmarshal(alert, &p)
	})
}

// BenchmarkSonicFastest is sonic without its copy of the strings.
func BenchmarkSonicFastest(b *testing.B) {
	run(b, func(alert []byte) error {
		var p payload
		return sonic.ConfigFastest.Unmarshal(alert, &p)
	})
}

// BenchmarkFloor is what it costs to look at every byte once and keep nothing.
func BenchmarkFloor(b *testing.B) {
	run(b, func(alert []byte) error {
		if !gjson.ValidBytes(alert) {
			return io.ErrUnexpectedEOF
		}
		return nil
	})
}
