// Package cloudevents writes alerts as CloudEvents 1.0 in the JSON format, with
// the alert itself, as Falco prints it, as their data. Type, source and
// extensions are those that Falco's own forwarder uses, so that receivers need
// not tell the two apart.
package cloudevents

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/falconer-go/falconer/enrich/export/internal/jsonw"
	"github.com/falconer-go/falconer/event"
)

// Attributes of every event.
const (
	ContentType = "application/cloudevents+json"
	Source      = "https://falco.org"
	Type        = "falco.rule.output.v1"
)

// Append appends the CloudEvent for e to dst, one JSON object on one line. Its
// id is the alert's ID, so that a receiver that drops what it has seen keeps
// each alert once.
func Append(dst []byte, e *event.Event) []byte {
	w := jsonw.Writer{B: append(dst, '\n')}
	at := len(dst)
	all := w.Begin("")
	w.Str("specversion", "1.0")
	w.Str("id", e.ID().String())
	w.Str("source", Source)
	w.Str("type", Type)
	w.Str("time", e.Time.UTC().Format(time.RFC3339Nano))
	w.Str("datacontenttype", "application/json")
	// Names of extensions are lower case letters and digits.
	w.Str("priority", e.Priority.String())
	w.Str("rule", attribute(e.Rule))
	w.StrIf("eventsource", attribute(e.Source))
	w.StrIf("hostname", attribute(e.Hostname))
	w.Raw("data", "")
	w.B = e.AppendJSON(w.B)
	w.End(all)
	// The line feed kept the writer from looking at what stood before.
	return append(w.B[:at], w.B[at+1:]...)
}

// attribute is a text as the type String of attributes allows it: a control
// character or noncharacter becomes U+FFFD. The data have the text as it is.
func attribute(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || 0xFDD0 <= r && r <= 0xFDEF || r&0xFFFE == 0xFFFE {
			return unicode.ReplacementChar
		}
		return r
	}, s)
}

// Parse returns the alert in a CloudEvent in the JSON format. An error about
// the alert itself is a *[event.SyntaxError].
func Parse(data []byte) (*event.Event, error) {
	var ce struct {
		SpecVersion string          `json:"specversion"`
		Data        json.RawMessage `json:"data"`
		Base64      []byte          `json:"data_base64"`
	}
	if err := json.Unmarshal(data, &ce); err != nil {
		return nil, fmt.Errorf("cloudevents: %w", err)
	}
	if ce.SpecVersion != "1.0" {
		return nil, errors.New("cloudevents: specversion is not 1.0")
	}
	if len(ce.Data) == 0 {
		ce.Data = ce.Base64
	}
	if len(ce.Data) == 0 {
		return nil, errors.New("cloudevents: the event has no data")
	}
	return event.Parse(ce.Data)
}
