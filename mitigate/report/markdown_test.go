package report

import (
	"strings"
	"testing"

	"github.com/falconer-go/falconer/mitigate"
)

// hostile are values that try to leave their place in a document.
var hostile = []string{
	"`", "``", "` code `` more ```", "a|b", `a\|b`, `a\\|b`, `\`, `a\`, "| x | y |", "**bold**", "_it_ *it*",
	"[text](https://example.com)", "![img](https://example.com/x.png)", "<script>alert(1)</script>", "<!-- comment",
	"<img src=x onerror=alert(1)>", "&lt;b&gt;", "&#60;b&#62;", "# heading", "\n# heading", "\n\n```\ncode\n```\n", "\n| a |\n|---|\n",
	"> quote", "- item", "1. item", "---", "===", "~~~", "~~gone~~", "https://example.com", "www.example.com", "a@example.com", "@everyone",
	"\x1b[31mred\x1b[0m", "\x1b]0;title\x07", "\x00\x01\x7f", "\u009b31m", "\u202etxt.exe", "a\u200bb\ufeffc", "\u2028line\u2029para", "\u00a0",
	"$(reboot)", "; rm -rf /", "`reboot`", "'\"", "%{proc.name}", "{{.Rule}}", "[[x]]", "%s%d%!", "javascript:alert(1)",
	strings.Repeat("`", 300), strings.Repeat("A", 20_000), "é\u0301\u0301\u0301", "\xff\xfe", " ", "  lead", "trail  ", "\t",
}

// TestMarkdownInert puts each hostile value into every kind of place and
// demands that the markup around it is that which a harmless value has.
func TestMarkdownInert(t *testing.T) {
	for _, v := range hostile {
		checkInert(t, v)
	}
}

func FuzzMarkdown(f *testing.F) {
	for _, v := range hostile {
		f.Add(v)
	}
	f.Fuzz(func(t *testing.T, v string) { checkInert(t, v) })
}

func checkInert(t *testing.T, v string) {
	t.Helper()
	shown := mitigate.Show(v)
	if strings.TrimSpace(shown) == "" {
		return // nothing would be shown
	}
	got, ok := skeleton(string(placed(shown)))
	if !ok {
		t.Fatalf("value %q leaves a code span open:\n%s", v, placed(shown))
	}
	want, _ := skeleton(string(placed("harmless.value")))
	if got != want {
		t.Errorf("value %q changes the markup.\ngot:\n%s\nwant:\n%s", v, got, want)
	}
}

// placed renders a document that holds the value in each kind of place.
func placed(v string) []byte {
	val := mitigate.Text{{Text: "before "}, {Kind: mitigate.Value, Text: v}, {Text: " after"}}
	whole, alone := paragraph(val), paragraph(val[1:2])
	r := Report{doc: document{
		title: "T", subject: val[1:2], lead: []mitigate.Text{val},
		sections: []section{{"S", []block{
			&whole, &alone,
			facts{{"F", val}},
			list{items: []item{{text: val, blocks: []block{&whole, &code{title: val, lang: "sh", body: "true\n"}}}}},
			list{ordered: true, items: []item{{text: val}}},
			table{head: []string{"a", "b"}, rows: [][]mitigate.Text{{val, val}}},
		}}},
	}}
	return r.AppendMarkdown(nil)
}

// skeleton returns Markdown with each code span replaced by S, and each run of
// escaped or plain characters of a value that is not in a code span by S too.
// It is not ok if a code span does not end on its line.
func skeleton(md string) (string, bool) {
	var b strings.Builder
	fenced := false
	for line := range strings.Lines(md) {
		if strings.HasPrefix(strings.TrimSpace(line), "```") {
			fenced = !fenced
			b.WriteString(line)
			continue
		}
		if fenced {
			continue
		}
		for {
			i := strings.IndexByte(line, '`')
			if i < 0 {
				break
			}
			n := 1
			for i+n < len(line) && line[i+n] == '`' {
				n++
			}
			end := closing(line[i+n:], n)
			if end < 0 {
				return b.String(), false
			}
			b.WriteString(outside(line[:i]) + "S")
			line = line[i+n+end+n:]
		}
		b.WriteString(outside(line))
	}
	return b.String(), true
}

// closing returns where the first run of exactly n backticks begins.
func closing(s string, n int) int {
	for i := 0; i < len(s); i++ {
		if s[i] != '`' {
			continue
		}
		run := 1
		for i+run < len(s) && s[i+run] == '`' {
			run++
		}
		if run == n {
			return i
		}
		i += run - 1
	}
	return -1
}

// outside checks text that is not in a code span: between the words that placed
// puts around a value there may be only text that Markdown reads as itself.
func outside(s string) string {
	for {
		i := strings.Index(s, "before ")
		j := strings.Index(s, " after")
		if i < 0 || j < i+len("before ") {
			break
		}
		if v := s[i+len("before ") : j]; v != "" && inert(v) {
			s = s[:i] + "BEFORE S AFTER" + s[j+len(" after"):]
		} else {
			break
		}
	}
	s = strings.NewReplacer("before ", "BEFORE ", " after", " AFTER").Replace(s)
	if v, ok := strings.CutPrefix(s, "# T: "); ok && strings.HasSuffix(v, "\n") && simple.MatchString(strings.ReplaceAll(strings.TrimSuffix(v, "\n"), `\`, "")) {
		return "# T: S\n"
	}
	return s
}

// inert reports whether every character that could be markup is escaped.
func inert(s string) bool {
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '`', '*', '[', ']', '<', '>', '~', '|', '#', '@', '\n', '\r':
			if s[i] == '#' && i > 0 && s[i-1] == '&' {
				continue // a character reference of ours
			}
			return false
		}
	}
	return true
}

// TestMarkdownReferences: our own words make none of the references that GitHub
// and GitLab know.
func TestMarkdownReferences(t *testing.T) {
	for in, want := range map[string]string{
		"see #1, !1, %x, %\"x y\", ~x, &1, $1 and @x": `see \#1, \!1, \%x, \%"x y", \~x, \&1, \$1 and &#64;x`,
		"50 % of it, a & b, done! Yes":                "50 % of it, a & b, done! Yes",
		"a formula $":                                 `a formula \$`,
		"&amp;":                                       `\&amp;`,
	} {
		var w markdown
		w.words(in)
		if got := string(w.b); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}
