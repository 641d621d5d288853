package event

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the goldens")

// badRecord is a line of testdata/bad.jsonl: a record that is no alert, as it
// is or by how to make it, and the error that says so.
type badRecord struct {
	About    string `json:"about"`
	Record   string `json:"record,omitempty"`
	Hex      string `json:"hex,omitempty"`
	Prefix   string `json:"prefix,omitempty"`
	Repeat   string `json:"repeat,omitempty"`
	Numbered string `json:"numbered,omitempty"` // as Repeat, with %d for the number
	Times    int    `json:"times,omitempty"`
	Suffix   string `json:"suffix,omitempty"`
	Error    string `json:"error"`
}

func (b badRecord) text(t *testing.T) []byte {
	raw, err := hex.DecodeString(b.Hex)
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	text.WriteString(b.Record)
	text.Write(raw)
	text.WriteString(b.Prefix)
	for i := range b.Times {
		text.WriteString(b.Repeat)
		if b.Numbered != "" {
			fmt.Fprintf(&text, b.Numbered, i)
		}
	}
	text.WriteString(b.Suffix)
	return []byte(text.String())
}

// TestBadRecords holds the error of each hostile record, alone and in a
// stream, which must go on behind it.
func TestBadRecords(t *testing.T) {
	const golden = "testdata/bad.jsonl"
	data, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	var rewritten bytes.Buffer
	enc := json.NewEncoder(&rewritten)
	enc.SetEscapeHTML(false)
	n := 0
	for line := range bytes.Lines(data) {
		var b badRecord
		if err := json.Unmarshal(line, &b); err != nil {
			t.Fatal(err)
		}
		n++
		record := b.text(t)
		_, err := Parse(record)
		var syntax *SyntaxError
		if !errors.As(err, &syntax) {
			t.Errorf("%s: %v", b.About, err)
			continue
		}
		if *update {
			b.Error = err.Error()
			if err := enc.Encode(b); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if err.Error() != b.Error {
			t.Errorf("%s: %v, want %s", b.About, err, b.Error)
		}
		stream := append(bytes.Clone(record), "\n"+alertNamed("next")+"\n"...)
		list := brief(bytes.NewReader(stream), &DecoderOptions{Plain: true})
		if len(list) == 0 || list[len(list)-1] != "next" && (len(list) < 2 || list[len(list)-2] != "next") {
			t.Errorf("%s: the stream does not go on: %.300q", b.About, list)
		}
	}
	if *update {
		if err := os.WriteFile(golden, rewritten.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if n < 60 {
		t.Errorf("%d records", n)
	}
}
