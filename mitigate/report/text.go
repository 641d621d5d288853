package report

import (
	"strconv"
	"strings"

	"github.com/falconer-go/falconer/mitigate"
)

// TextOptions configure plain text. The zero TextOptions is 96 columns without
// colour.
type TextOptions struct {
	Width int  // columns to wrap at, 96 if it is 0; at least 40
	Color bool // set headings, values and code off with the colours of an ANSI terminal
}

const (
	defaultWidth = 96
	leastWidth   = 40
)

// Text returns the report as plain text, wrapped at 96 columns.
func (r *Report) Text() string { return string(r.AppendText(nil, nil)) }

// AppendText appends the report as plain text to dst. A nil o is the zero
// TextOptions. The text holds no control characters but line feeds and, with
// Color, the escape sequences of the colours: values of the alert cannot steer
// a terminal.
func (r *Report) AppendText(dst []byte, o *TextOptions) []byte {
	w := textWriter{b: dst, width: defaultWidth}
	if o != nil {
		if o.Width > 0 {
			w.width = max(o.Width, leastWidth)
		}
		w.color = o.Color
	}
	d := &r.doc
	w.heading(strings.ToUpper(d.title)+": ", d.subject.String())
	for i, t := range d.lead {
		w.raw("\n")
		p := wrapping{textWriter: &w}
		if i == 0 {
			p.words(d.urgency, "", sgrHeading)
		}
		p.text(t)
		p.end()
	}
	for _, s := range d.sections {
		w.raw("\n")
		w.heading("", strings.ToUpper(s.title))
		w.blocks(s.blocks, 0)
	}
	return w.b
}

type textWriter struct {
	b     []byte
	width int
	color bool
}

// The colours, as SGR parameters of ECMA-48.
const (
	sgrHeading = "1"
	sgrValue   = "36"
	sgrCode    = "33"
)

func (w *textWriter) raw(s string) { w.b = append(w.b, s...) }

// styled writes before, s and after in one style.
func (w *textWriter) styled(before, s, after, sgr string) {
	if sgr == "" || !w.color {
		w.b = append(append(append(w.b, before...), s...), after...)
		return
	}
	w.raw("\x1b[" + sgr + "m" + before + s + after + "\x1b[0m")
}

// blanks writes n blanks.
func (w *textWriter) blanks(n int) {
	const some = "                                "
	for ; n > len(some); n -= len(some) {
		w.raw(some)
	}
	w.raw(some[:n])
}

func (w *textWriter) heading(before, s string) {
	w.styled(before, s, "", sgrHeading)
	w.raw("\n")
}

// marked writes texts behind a mark, the lines but the first below them.
func (w *textWriter) marked(mark string, indent int, texts ...mitigate.Text) {
	w.blanks(indent)
	w.raw(mark)
	w.wrap(indent+len(mark), indent+len(mark), texts...)
}

func (w *textWriter) blocks(blocks []block, indent int) {
	for _, b := range blocks {
		w.raw("\n")
		switch b := b.(type) {
		case heading:
			w.blanks(indent)
			w.heading("", string(b))
		case *paragraph:
			w.marked("", indent, mitigate.Text(*b))
		case *labelled:
			w.blanks(indent)
			p := wrapping{textWriter: w, indent: indent, column: indent}
			p.words(b.label+":", "", sgrHeading)
			if len(b.text) > 0 {
				p.words(" ", "", "")
				p.text(b.text)
			}
			p.end()
		case *finding:
			w.marked("", indent, b.lead, blank, b.text)
		case facts:
			for _, f := range b {
				w.fact(f, indent)
			}
		case table:
			for _, r := range b.rows {
				w.marked("- ", indent, b.line(r))
			}
		case list:
			for i, it := range b.items {
				mark := "- "
				if b.ordered {
					mark = strconv.Itoa(b.before+i+1) + ". "
				}
				w.marked(mark, indent, it.spoken()...)
				w.blocks(it.blocks, indent+len(mark))
			}
		case tree:
			w.verbatim(b.String(), indent, "")
		case *code:
			if len(b.title) > 0 {
				w.marked("", indent, b.title, say(":"))
			}
			w.verbatim(b.body, indent, sgrCode)
		}
	}
}

// fact writes a label and what belongs to it in a column of its own.
func (w *textWriter) fact(f fact, indent int) {
	const column = 17
	w.blanks(indent)
	w.raw(f.label)
	w.raw(":")
	at := len(f.label) + 1
	w.blanks(max(column-at, 1))
	w.wrap(indent+max(column, at+1), indent+column, f.value)
}

func (w *textWriter) verbatim(s string, indent int, sgr string) {
	for line := range strings.Lines(s) {
		w.blanks(indent)
		w.styled("    ", strings.TrimSuffix(line, "\n"), "", sgr)
		w.raw("\n")
	}
}

// line joins the cells of a row with what stands over them.
func (t table) line(row []mitigate.Text) mitigate.Text {
	n := 0
	for _, cell := range row {
		n += len(cell) + 2
	}
	out := make(mitigate.Text, 0, n)
	for i, cell := range row {
		if len(cell) == 0 {
			continue
		}
		if len(out) > 0 {
			out = append(out, mitigate.Span{Text: "; "})
		}
		out = append(append(out, mitigate.Span{Text: t.head[i]}, mitigate.Span{Text: ": "}), cell...)
	}
	return out
}
