package event

import (
	"io"
	"strings"
	"testing"
)

// hostileStreams are made to have a decoder look at the same bytes over and
// over: objects that do not end, in each other, cut off, over many lines.
func hostileStreams(n int) map[string]string {
	return map[string]string{
		"open braces":            strings.Repeat("{", n),
		"open braces, a line":    strings.Repeat("{\n", n/2),
		"indented open objects":  strings.Repeat(" {\"a\":\n", n/7),
		"open lists":             strings.Repeat(" {\"a\":[\n", n/8),
		"open strings":           strings.Repeat("{\"a\":\"\n", n/7),
		"open strings, one line": strings.Repeat("{\"a\":\"", n/6),
		"glued open objects":     strings.Repeat("x {\"rule\":", n/10),
		"glued objects":          strings.Repeat("x {\"a\":1} ", n/10),
		"glued open, lines":      strings.Repeat("x {\"rule\":\n", n/11),
		"colons":                 strings.Repeat(": ", n/2),
		"almost text":            strings.Repeat("14:32:07.191837261: Odd ", n/24),
		"brackets":               strings.Repeat("[", n),
		"brackets, a line":       strings.Repeat("[\n", n/2),
		"byte order marks":       strings.Repeat("\uFEFF", n/3),
		"half marks":             strings.Repeat("\xef", n),
		"docker parts":           strings.Repeat(`{"log":"x","stream":"stdout"}`+"\n", n/30),
		"runtime parts":          strings.Repeat("2024-07-24T14:32:07Z stdout P x\n", n/32),
		"wrong early":            strings.Repeat(`{"a":1`+strings.Repeat(" ", 50)+"2\n", n/58),
		"escapes":                `{"rule":"` + strings.Repeat(`\`, n),
		"commas":                 `{"rule":"` + strings.Repeat(`,`, n),
	}
}

// TestDecoderEnds only has to end soon: a decoder whose work grew with the
// square of its input would take hours over these.
func TestDecoderEnds(t *testing.T) {
	for name, stream := range hostileStreams(1 << 20) {
		for _, limit := range []int{0, 1000} {
			d := NewDecoder(strings.NewReader(stream), &DecoderOptions{Reuse: true, Limits: Limits{RecordBytes: limit}})
			var e Event
			errs := 0
			for {
				err := d.Decode(&e)
				if err == io.EOF {
					break
				}
				if err == nil {
					t.Errorf("%s holds an alert", name)
				}
				if errs++; errs > len(stream) {
					t.Fatalf("%s: more errors than bytes", name)
				}
			}
			if d.Offset() != int64(len(stream)) {
				t.Errorf("%s: ends at %d of %d", name, d.Offset(), len(stream))
			}
		}
	}
}
