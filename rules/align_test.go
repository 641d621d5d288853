package rules

import (
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

// TestAlignUpstream holds every byte of every condition and output of the
// shipped rules against the byte of the file that it is said to come from.
func TestAlignUpstream(t *testing.T) {
	scalars := 0
	for _, f := range upstreamFiles(t) {
		src := &source{name: f.Name, data: f.Data}
		docs, err := src.documents(&DefaultLimits)
		if err != nil {
			t.Fatal(err)
		}
		for _, item := range itemsOf(docs) {
			for _, key := range []string{"condition", "output", "desc"} {
				n := value(item, key)
				if n == nil {
					continue
				}
				scalars++
				if diff := misaligned(src, n); diff != "" {
					t.Errorf("%s:%d: %s: %s", f.Name, n.Line, key, diff)
				}
			}
		}
	}
	if scalars < 700 {
		t.Errorf("only %d scalars", scalars)
	}
}

// misaligned is what is wrong with the places of a scalar's bytes.
func misaligned(src *source, n *yaml.Node) string {
	at := align(src.data, src.pos(n.Line, n.Column).Offset, n)
	if at == nil {
		return "not aligned"
	}
	last := -1
	for i := range len(n.Value) {
		p := at[i]
		if p < last || p > len(src.data) {
			return "out of order at " + n.Value[:i]
		}
		last = p
		c := n.Value[i]
		if p == len(src.data) {
			if !blankByte(c) {
				return "behind the end"
			}
			continue
		}
		if got := src.data[p]; got != c && !(blankByte(c) && blankByte(got)) && got != '\\' {
			return "byte " + string(c) + " is said to be " + string(got) + " behind " + n.Value[:i]
		}
	}
	return ""
}

func TestAlignScalars(t *testing.T) {
	for _, text := range []string{
		"a: b c", "a:   b\n     c\n\n     d", "a: 'it''s\n  so'", `a: "x\"y\\z\x41\u00e9 \
   w\tv"`, "a: >\n   one\n   two\n\n   three\n     four\n   five\n", "a: |+\n  one\n   two\n\n", "a: >-  # note\n  one\n  two",
		"a: &x !!str plain", "a: \"two\n\n  lines\"", "a: |2\n   indented\n", "é: 日本 x\n", "a: >\r\n  one\r\n  two\r\n", "a: \"\\N\\_\\L\"",
	} {
		src := &source{data: []byte(text)}
		docs, err := src.documents(&DefaultLimits)
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		n := docs[0].Content[0].Content[1]
		if diff := misaligned(src, n); diff != "" {
			t.Errorf("%q: %s", text, diff)
		}
	}
}

// TestPosWide finds columns in long lines that are not ASCII.
func TestPosWide(t *testing.T) {
	line := strings.Repeat("é日x", 5000)
	src := &source{data: []byte("a\n" + line + "\nb")}
	for n, offset := 1, 2; n <= 15000; n++ {
		if got := src.pos(2, n); got.Offset != offset || got.Column != offset-1 {
			t.Fatalf("column %d: %+v, want offset %d", n, got, offset)
		}
		offset += []int{2, 3, 1}[(n-1)%3]
	}
}
