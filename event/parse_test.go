package event

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	e, err := Parse([]byte(`{"rule":"A","priority":"info","time":"2024-07-24T14:32:07.191837261Z","tags":["x"],` +
		`"output_fields":{"evt.time":1721831527191837261,"proc.aname[2]":null,"fd.name":"a\"\u00e9b"},"uuid":"u"}`))
	if err != nil {
		t.Fatal(err)
	}
	if n, ok := e.Fields.Get("evt.time").Int(); !ok || n != 1721831527191837261 {
		t.Errorf("evt.time = %d, %v", n, ok)
	}
	if k := e.Fields.Get("proc.aname[2]").Kind(); k != Null {
		t.Errorf("proc.aname[2] is %v, want null", k)
	}
	if k := e.Fields.Get("proc.aname").Kind(); k != Absent {
		t.Errorf("proc.aname is %v, want absent", k)
	}
	if s := e.Fields.Get("fd.name").Text(); s != `a"éb` {
		t.Errorf("fd.name = %q", s)
	}
	if s := e.Extra().Get("uuid").Text(); s != "u" {
		t.Errorf("uuid = %q", s)
	}
	for _, bad := range []string{``, `{}`, `[]`, `{"rule":"A"}`, `{"rule":"A","rule":"B"}`, `{"rule":"A","priority":"Warning","time":"2024-07-24T14:32:07Z"} x`} {
		if _, err := Parse([]byte(bad)); err == nil {
			t.Errorf("Parse(%q) succeeded", bad)
		}
	}
}

// TestEscapes has escapes after runs of every length: what is moved to where
// the escapes were must not reach what is still to be read.
func TestEscapes(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		var b strings.Builder
		for range 1 + r.IntN(12) {
			for range r.IntN(20) {
				b.WriteByte('a' + byte(r.IntN(26)))
			}
			b.WriteString([]string{`\"`, `\\`, `\/`, `\b`, `\f`, `\n`, `\r`, `\t`, `\u0041`, `\u00e9`, `\u20ac`, `\ud83d\ude00`, `\ud83d`, "é"}[r.IntN(14)])
		}
		literal := `"` + b.String() + `"`
		var want string
		if err := json.Unmarshal([]byte(literal), &want); err != nil {
			t.Fatal(err)
		}
		f := withFields(t, `"a":`+literal+`,"b":"next"`).Fields
		if got := f.Get("a").Text(); got != want || f.Get("b").Text() != "next" {
			t.Fatalf("%s is %q, want %q", literal, got, want)
		}
	}
}
