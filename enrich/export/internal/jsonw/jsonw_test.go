package jsonw

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"
)

func FuzzAppendString(f *testing.F) {
	for _, s := range []string{"", "a", "\"\\\n\r\t\x00\x1f\x7f", "é\u2028", "\xff\xfea", "\uFFFD", strings.Repeat("x", 100)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var got string
		b := AppendString(nil, s)
		if err := json.Unmarshal(b, &got); err != nil {
			t.Fatalf("%q: %v", b, err)
		}
		if want := strings.ToValidUTF8(s, "\uFFFD"); utf8.ValidString(s) && got != want {
			t.Errorf("%q came back as %q", s, got)
		}
	})
}

func TestWriter(t *testing.T) {
	w := Writer{B: []byte("before ")}
	w.B = append(w.B, '\n')
	all := w.Begin("")
	w.Str("a", "x")
	empty := w.Begin("gone")
	w.End(empty)
	list := w.BeginList("l")
	w.Int("", 1)
	inner := w.Begin("")
	w.Bool("b", true)
	w.End(inner)
	w.EndList(list)
	none := w.BeginList("none")
	w.EndList(none)
	w.Strs("s", []string{"p", "q"})
	w.StrIf("no", "")
	w.End(all)
	if got, want := string(w.B), "before \n"+`{"a":"x","l":[1,{"b":true}],"s":["p","q"]}`; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
