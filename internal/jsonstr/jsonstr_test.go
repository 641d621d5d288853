package jsonstr

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestAppend(t *testing.T) {
	for _, c := range []struct{ s, want string }{
		{"", `""`},
		{"plain", `"plain"`},
		{"/a<b>&\u2028\x7f", "\"/a<b>&\u2028\x7f\""},
		{"\"\\\b\f\n\r\t", `"\"\\\b\f\n\r\t"`},
		{"\x00\x1f", `"\u0000\u001f"`},
		{"a\xffb\xc3", "\"a\uFFFDb\uFFFD\""},
		{"\xe2\x82", "\"\uFFFD\uFFFD\""},
		{"seven77\"eight888\\", `"seven77\"eight888\\"`},
	} {
		if got := string(Append(nil, c.s)); got != c.want {
			t.Errorf("%q: got %s, want %s", c.s, got, c.want)
		}
	}
}

// TestEveryByte puts every byte at every place of a word.
func TestEveryByte(t *testing.T) {
	for b := range 256 {
		for at := range 19 {
			s := strings.Repeat("x", at) + string([]byte{byte(b)}) + strings.Repeat("~", 18-at)
			check(t, s)
		}
	}
}

func FuzzAppend(f *testing.F) {
	for _, s := range []string{"", "plain text", "\"\\\x00", "é\xff日本語\u2028"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) { check(t, s) })
}

// check holds that encoding/json reads back what was written, as UTF-8.
func check(t *testing.T, s string) {
	t.Helper()
	doc := Append(nil, s)
	var back string
	if err := json.Unmarshal(doc, &back); err != nil {
		t.Fatalf("%q: %v in %s", s, err, doc)
	}
	want := strings.Builder{}
	for _, r := range s {
		want.WriteRune(r) // a byte that is not UTF-8 ranges as U+FFFD
	}
	if back != want.String() || !utf8.Valid(doc) {
		t.Errorf("%q came back as %q from %s", s, back, doc)
	}
}
