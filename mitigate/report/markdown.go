package report

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/falconer-go/falconer/mitigate"
)

// Markdown returns the report as GitHub Flavored Markdown.
func (r *Report) Markdown() string { return string(r.AppendMarkdown(nil)) }

// AppendMarkdown appends the report as GitHub Flavored Markdown to dst.
//
// Values of the alert stand in code spans, in which Markdown knows no markup.
// GitLab reads it the same: it makes references of #1, !1, %x, ~x, &1, $1 and
// @x, but neither in code nor behind a backslash, and outside of code all of
// the text is escaped so.
func (r *Report) AppendMarkdown(dst []byte) []byte {
	w := markdown{b: dst}
	w.document(&r.doc)
	return w.b
}

type markdown struct {
	b      []byte
	indent string // of the list item that is being written
}

func (w *markdown) document(d *document) {
	w.raw("# " + d.title + ": ")
	w.subject(d.subject)
	w.raw("\n")
	for i, t := range d.lead {
		w.raw("\n")
		if i == 0 && d.urgency != "" {
			w.raw("**" + d.urgency + "**")
		}
		w.text(t, false)
		w.raw("\n")
	}
	for _, s := range d.sections {
		w.raw("\n## " + s.title + "\n")
		w.blocks(s.blocks)
	}
}

// simple are the titles that no dialect of Markdown makes anything of.
var simple = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9 ,/()_+-]*$`)

// reference is a character reference, such as &amp;.
var reference = regexp.MustCompile(`^&#?[A-Za-z0-9]+;`)

func (w *markdown) subject(t mitigate.Text) {
	for _, s := range t {
		if simple.MatchString(s.Text) {
			w.words(s.Text)
		} else {
			w.span(s.Text, false)
		}
	}
}

func (w *markdown) raw(s string) { w.b = append(w.b, s...) }

func (w *markdown) blocks(blocks []block) {
	for _, b := range blocks {
		w.raw("\n")
		switch b := b.(type) {
		case heading:
			w.raw("### ")
			w.raw(string(b))
			w.raw("\n")
		case *paragraph:
			w.raw(w.indent)
			w.text(mitigate.Text(*b), false)
			w.raw("\n")
		case *labelled:
			w.raw(w.indent + "**" + b.label + ":**")
			if len(b.text) > 0 {
				w.raw(" ")
				w.text(b.text, false)
			}
			w.raw("\n")
		case *finding:
			w.raw(w.indent + "**")
			w.text(b.lead, false)
			w.raw("** ")
			w.text(b.text, false)
			w.raw("\n")
		case facts:
			w.raw("| Detail | Value |\n|---|---|\n")
			for _, f := range b {
				w.raw("| ")
				w.raw(f.label)
				w.raw(" | ")
				w.text(f.value, true)
				w.raw(" |\n")
			}
		case table:
			w.table(b)
		case list:
			w.list(b)
		case tree:
			w.code(&code{lang: "text", body: b.String()})
		case *code:
			w.code(b)
		}
	}
}

func (w *markdown) table(t table) {
	w.raw("| " + strings.Join(t.head, " | ") + " |\n|" + strings.Repeat("---|", len(t.head)) + "\n")
	for _, r := range t.rows {
		w.raw("|")
		for _, cell := range r {
			w.raw(" ")
			w.text(cell, true)
			w.raw(" |")
		}
		w.raw("\n")
	}
}

func (w *markdown) list(l list) {
	for i, it := range l.items {
		mark := "- "
		if l.ordered {
			mark = strconv.Itoa(l.before+i+1) + ". "
		}
		w.raw(w.indent)
		w.raw(mark)
		if len(it.lead) > 0 {
			w.raw("**")
			w.text(it.lead, false)
			w.raw("** ")
		}
		w.text(it.text, false)
		w.raw("\n")
		outer := w.indent
		w.indent += strings.Repeat(" ", len(mark))
		w.blocks(it.blocks)
		w.indent = outer
	}
}

func (w *markdown) code(c *code) {
	if len(c.title) > 0 {
		w.raw(w.indent)
		w.text(c.title, false)
		w.raw(":\n\n")
	}
	fence := strings.Repeat("`", max(3, longestRun(c.body)+1))
	w.raw(w.indent)
	w.raw(fence)
	w.raw(c.lang)
	w.raw("\n")
	for line := range strings.Lines(c.body) {
		w.raw(w.indent)
		w.raw(line)
	}
	if !strings.HasSuffix(c.body, "\n") {
		w.raw("\n")
	}
	w.raw(w.indent)
	w.raw(fence)
	w.raw("\n")
}

func (w *markdown) text(t mitigate.Text, cell bool) {
	for _, s := range t {
		if s.Kind == mitigate.Plain {
			w.words(s.Text)
		} else {
			w.span(s.Text, cell)
		}
	}
}

// span writes s as a code span, in which Markdown knows no markup. Its fence is
// one backtick, or two if there are single ones in s, so that no line can begin
// with three; longer runs are written out. In a table cell a pipe needs a
// backslash even in a span, and one of its own, so another before it is written
// out as well.
func (w *markdown) span(s string, cell bool) {
	if cell && strings.Contains(s, "|") {
		s = strings.ReplaceAll(s, `\|`, `\x5c|`)
		s = strings.ReplaceAll(s, "|", `\|`)
	}
	fence := "`"
	switch longestRun(s) {
	case 0:
	case 1:
		fence = "``"
	default:
		s = strings.ReplaceAll(s, "`", `\x60`)
	}
	pad := ""
	if s == "" || s[0] == '`' || s[len(s)-1] == '`' || s[0] == ' ' && s[len(s)-1] == ' ' {
		pad = " "
	}
	w.raw(fence)
	w.raw(pad)
	w.raw(s)
	w.raw(pad)
	w.raw(fence)
}

// words writes s so that none of it is markup.
func (w *markdown) words(s string) {
	from := 0
	for i := range len(s) {
		if !special[s[i]] {
			continue
		}
		how := escapeFor(s, i)
		if how == asItIs {
			continue
		}
		w.raw(s[from:i])
		from = i + 1
		switch how {
		case asBlank:
			w.b = append(w.b, ' ')
		case asEntity:
			w.entity(s[i])
		default:
			w.b = append(w.b, '\\', s[i])
		}
	}
	w.raw(s[from:])
}

// escaping is how a character is written so that it is no markup.
type escaping uint8

const (
	asItIs escaping = iota
	behindBackslash
	asEntity
	asBlank
)

// escapeFor returns how the special character at i of s is written.
func escapeFor(s string, i int) escaping {
	switch s[i] {
	case '.': // www. is made a link of
		if i >= 3 && strings.EqualFold(s[i-3:i], "www") {
			return asEntity
		}
		return asItIs
	case ':': // and so is https://
		if strings.HasPrefix(s[i:], "://") {
			return asEntity
		}
		return asItIs
	case '_':
		if i > 0 && i < len(s)-1 && alphanumeric(s[i-1]) && alphanumeric(s[i+1]) {
			return asItIs // inside a word it means nothing
		}
	case '&':
		if rest := s[i+1:]; !reference.MatchString(s[i:]) && (rest == "" || rest[0] < '0' || rest[0] > '9') {
			return asItIs
		}
	case '!', '%', '$':
		if !refers(s[i+1:]) {
			return asItIs
		}
	case '\n', '\r':
		return asBlank
	case '@', '|':
		return asEntity
	}
	return behindBackslash
}

// refers reports whether what follows one of GitLab's signs, or the dollar of a
// formula, may make something of it. A span of code may follow the end.
func refers(rest string) bool {
	return rest == "" || rest[0] == '"' || rest[0] == '`' || alphanumeric(rest[0])
}

// special are the characters that may need more than to be copied.
var special = func() (set [256]bool) {
	for _, c := range []byte("\\`*[]<>~#_&!%$\n\r:.@|") {
		set[c] = true
	}
	return set
}()

// entity writes c as a character reference.
func (w *markdown) entity(c byte) {
	w.b = append(w.b, "&#"...)
	w.b = strconv.AppendInt(w.b, int64(c), 10)
	w.b = append(w.b, ';')
}

func alphanumeric(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c >= 0x80
}

// longestRun returns the length of the longest run of backticks in s.
func longestRun(s string) int {
	longest, run := 0, 0
	for i := range len(s) {
		if s[i] == '`' {
			run++
			longest = max(longest, run)
		} else {
			run = 0
		}
	}
	return longest
}
