package yaml

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// dump prints documents as testdata has them.
func dump(data []byte) string {
	docs, err := Read(data, 400)
	if err != nil {
		return "err " + quote(err.Error())
	}
	var b strings.Builder
	b.WriteString("ok")
	for _, d := range docs {
		b.WriteByte(' ')
		dumpNode(&b, d, 0)
	}
	return b.String()
}

func dumpNode(b *strings.Builder, n *Node, depth int) {
	if n.Kind == Alias {
		n = n.Alias
	}
	if depth > 60 { // an alias to what holds it
		b.WriteString("...")
		return
	}
	fmt.Fprintf(b, "@%d:%d:%d", n.Mark.Line, n.Mark.Column, n.Mark.Offset)
	switch n.Kind {
	case Null:
		b.WriteByte('~')
	case Scalar:
		b.WriteString(quote(n.Value))
	case Sequence:
		b.WriteByte('[')
		for _, sub := range n.Content {
			dumpNode(b, sub, depth+1)
			b.WriteByte(',')
		}
		b.WriteByte(']')
	case Mapping:
		b.WriteByte('{')
		for i, sub := range n.Content {
			dumpNode(b, sub, depth+1)
			b.WriteByte(":,"[i%2])
		}
		b.WriteByte('}')
	}
}

func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, c := range []byte(s) {
		switch {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c < ' ' || c > '~':
			fmt.Fprintf(&b, "\\x%02x", c)
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// recorded are texts with the answers of yaml-cpp.
func recorded(t testing.TB) (list [][2]string) {
	t.Helper()
	data, err := os.ReadFile("testdata/recorded.txt")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")
	for i := 0; i+1 < len(lines); i += 2 {
		text, err := strconv.Unquote(lines[i])
		if err != nil {
			t.Fatalf("line %d: %v", i+1, err)
		}
		list = append(list, [2]string{text, strings.TrimPrefix(lines[i+1], "\t")})
	}
	if len(list) < 400 {
		t.Fatalf("only %d texts", len(list))
	}
	return list
}

func TestRecorded(t *testing.T) {
	for _, c := range recorded(t) {
		if got := dump([]byte(c[0])); got != c[1] {
			t.Errorf("%q:\n got %s\nwant %s", c[0], got, c[1])
		}
	}
}

// TestSlips are what goes wrong in rule files most: yaml-cpp, and so Falco,
// reads much of it all the same, and as something else than was meant.
func TestSlips(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"a key without a colon", "- rule: a\n  enabled false\n", `ok @0:0:0[@0:2:2{@0:2:2"rule":@0:8:8"a",@1:2:12"enabled false":@1:2:12~,},]`},
		{"with a key behind it", "- rule: a\n  enabled false\n  x: y\n", `err "yaml-cpp: error at line 3, column 4: illegal map value"`},
		{"an item without a dash", "- rule: a\nrule: b\n", `ok @0:0:0[@0:2:2{@0:2:2"rule":@0:8:8"a",},] @1:0:10{@1:0:10"rule":@1:6:16"b",}`},
		{"indented too far", "- rule: a\n   x: y\n", `err "yaml-cpp: error at line 2, column 5: illegal map value"`},
		{"a quote that stays open", "- rule: 'a\n  x: y\n", `ok @0:0:0[@0:2:2{@0:2:2"rule":@0:8:8"a x: y ",},]`},
		{"at the very end", "- rule: 'a", `err "yaml-cpp: error at line 1, column 11: illegal EOF in scalar"`},
		{"an entry left out", "[a, , b]\n", `ok @0:0:0[@0:1:1"a",@0:4:4~,@0:6:6"b",]`},
		{"a tab for blanks", "- rule: a\n\tx: y\n", `err "yaml-cpp: error at line 2, column 1: illegal tab when looking for indentation"`},
		{"a colon too many", "- rule: a: b\n", `err "yaml-cpp: error at line 1, column 10: illegal map value"`},
		{"a bracket that stays open", "- [a, b\n- c\n", `err "yaml-cpp: error at line 3, column 1: end of sequence flow not found"`},
		{"a document that says nothing", "- a\n---\n---\n- b\n", `ok @0:0:0[@0:2:2"a",]`},
		{"a byte that is no UTF-8", "- \xff\n", `ok @0:0:0[@0:2:2"\xff",]`},
		{"a key twice", "a: b\na: c\n", `ok @0:0:0{@0:0:0"a":@0:3:3"b",@1:0:5"a":@1:3:8"c",}`},
	} {
		t.Run(strings.ReplaceAll(c.name, " ", "_"), func(t *testing.T) {
			if diff := cmp.Diff(c.want, dump([]byte(c.text))); diff != "" {
				t.Errorf("(-yaml-cpp +got)\n%s", diff)
			}
		})
	}
}

func TestBounds(t *testing.T) {
	var bad *Error
	if _, err := Read([]byte(strings.Repeat("[", 100_000)), 64); !errors.As(err, &bad) || !bad.Limit {
		t.Errorf("deep brackets: %v", err)
	}
	if _, err := Read([]byte("\xff\xfea\x00"), 64); !errors.Is(err, ErrWide) {
		t.Errorf("UTF-16: %v", err)
	}
	if docs, err := Read([]byte("a: &x [*x]\n"), 64); err != nil || docs[0].Content[1].Content[0].Alias != docs[0].Content[1] {
		t.Errorf("an alias to itself: %v", err)
	}
}

// origins holds the value of each scalar against where its bytes are said to
// come from.
func origins(t *testing.T, data []byte, n *Node) {
	if n.Kind == Scalar && n.Value != "" {
		at := n.Origin(data)
		if len(at) != len(n.Value) {
			t.Fatalf("%d places for %q in %q", len(at), n.Value, data)
		}
		for i, p := range at {
			c := n.Value[i]
			same := p < len(data) && (data[p] == c || isBlankOrBreak(data[p]) && isBlankOrBreak(c) || data[p] == '\\' || data[p] == 0)
			if !same || i > 0 && p < at[i-1] {
				t.Errorf("byte %d of %q is said to be at %d of %q", i, n.Value, p, data)
			}
		}
	}
	if n.Kind != Alias {
		for _, sub := range n.Content {
			origins(t, data, sub)
		}
	}
}

func TestOrigin(t *testing.T) {
	for _, text := range []string{
		"a: b c", "a:   b\n     c\n\n     d", "a: 'it''s\n  so'", `a: "x\"y\\z\x41\u00e9 \
   w\tv"`, "a: >\n   one\n   two\n\n   three\n     four\n   five\n", "a: |+\n  one\n   two\n\n", "a: >-  # note\n  one\n  two",
		"a: &x !!str plain", "a: \"two\n\n  lines\"", "a: |2\n   indented\n", "é: 日本 x\n", "a: >\r\n  one\r\n  two\r\n", "a: \"\\N\\_\\L\"",
		"\xef\xbb\xbfa: &x\n  - >\n    one\n    two\n",
	} {
		docs, err := Read([]byte(text), 64)
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		origins(t, []byte(text), docs[0])
	}
	docs, _ := Read([]byte("a: >\n   one\n   two\n"), 64)
	if got, want := docs[0].Content[1].Origin([]byte("a: >\n   one\n   two\n")), []int{8, 9, 10, 11, 15, 16, 17, 18}; !slices.Equal(got, want) {
		t.Errorf("folded: %v, want %v", got, want)
	}
}

// FuzzRead reads anything: every node is in the text, each byte of a scalar
// has a place, and an error too.
func FuzzRead(f *testing.F) {
	for _, c := range recorded(f) {
		f.Add([]byte(c[0]))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		docs, err := Read(data, 50)
		var bad *Error
		switch {
		case errors.As(err, &bad):
			if bad.Offset < 0 || bad.Offset > len(data) || bad.Mark.Line < 0 || bad.Mark.Column < 0 {
				t.Errorf("%v at %d of %d", bad, bad.Offset, len(data))
			}
			return
		case err != nil && !errors.Is(err, ErrWide):
			t.Errorf("%v is no Error", err)
		}
		for _, d := range docs {
			origins(t, data, d)
		}
	})
}

func BenchmarkRead(b *testing.B) {
	text := []byte(strings.Repeat("- rule: Some rule\n  desc: >\n    What it says,\n    on two lines\n  condition: evt.type in (open, openat) and fd.name = /x\n  tags: [a, 'b', \"c\"]\n", 500))
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Read(text, 64); err != nil {
			b.Fatal(err)
		}
	}
}
