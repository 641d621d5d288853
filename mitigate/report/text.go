package report

import (
	"strconv"
	"strings"
	"unicode/utf8"

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
	w.heading(strings.ToUpper(d.title) + ": " + d.subject.String())
	for _, t := range d.lead {
		w.b = append(w.b, '\n')
		w.wrap(t, "", "")
	}
	for _, s := range d.sections {
		w.b = append(w.b, '\n')
		w.heading(strings.ToUpper(s.title))
		w.blocks(s.blocks, "")
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

func (w *textWriter) styled(s, sgr string) {
	if !w.color || sgr == "" {
		w.b = append(w.b, s...)
		return
	}
	w.b = append(w.b, "\x1b["+sgr+"m"+s+"\x1b[0m"...)
}

func (w *textWriter) line(s, sgr string) {
	w.styled(s, sgr)
	w.b = append(w.b, '\n')
}

func (w *textWriter) heading(s string) { w.line(s, sgrHeading) }

func (w *textWriter) blocks(blocks []block, indent string) {
	for _, b := range blocks {
		w.b = append(w.b, '\n')
		switch b := b.(type) {
		case heading:
			w.heading(indent + string(b))
		case paragraph:
			w.wrap(mitigate.Text(b), indent, indent)
		case facts:
			for _, f := range b {
				const column = 17
				w.wrap(f.value, indent+pad(f.label+":", column), indent+strings.Repeat(" ", column))
			}
		case table:
			for _, r := range b.rows {
				w.wrap(b.line(r), indent+"- ", indent+"  ")
			}
		case list:
			for i, it := range b.items {
				mark := "- "
				if b.ordered {
					mark = strconv.Itoa(i+1) + ". "
				}
				inner := indent + strings.Repeat(" ", len(mark))
				w.wrap(it.text, indent+mark, inner)
				w.blocks(it.blocks, inner)
			}
		case tree:
			w.verbatim(b.String(), indent, "")
		case code:
			if len(b.title) > 0 {
				w.wrap(join(b.title, say(":")), indent, indent)
			}
			w.verbatim(b.body, indent, sgrCode)
		}
	}
}

func (w *textWriter) verbatim(s, indent, sgr string) {
	for line := range strings.Lines(s) {
		w.b = append(w.b, indent...)
		w.line("    "+strings.TrimSuffix(line, "\n"), sgr)
	}
}

// line joins the cells of a row with what stands over them.
func (t table) line(row []mitigate.Text) mitigate.Text {
	var out mitigate.Text
	for i, cell := range row {
		if len(cell) == 0 {
			continue
		}
		if out != nil {
			out = append(out, mitigate.Span{Text: "; "})
		}
		out = append(append(out, mitigate.Span{Text: t.head[i] + ": "}), cell...)
	}
	return out
}

// wrap writes t in lines of at most the width, the first after first, the
// others after rest. A word that is longer stands on a line of its own.
func (w *textWriter) wrap(t mitigate.Text, first, rest string) {
	w.b = append(w.b, first...)
	column := utf8.RuneCountInString(first)
	empty := true
	for word := range words(t) {
		n := 0
		for _, p := range word {
			n += utf8.RuneCountInString(p.Text)
		}
		if !empty && column+1+n > w.width {
			w.b = append(append(w.b, '\n'), rest...)
			column, empty = utf8.RuneCountInString(rest), true
		}
		if !empty {
			w.b = append(w.b, ' ')
			column++
		}
		for _, p := range word {
			w.piece(p)
		}
		column += n
		empty = false
	}
	w.b = append(w.b, '\n')
}

func (w *textWriter) piece(p mitigate.Span) {
	switch p.Kind {
	case mitigate.Value:
		w.styled(p.Text, sgrValue)
	case mitigate.Code:
		w.styled(p.Text, sgrCode)
	default:
		w.styled(p.Text, "")
	}
}

// words yields the words of t, each as the pieces of spans it is made of. Code
// stands in backticks.
func words(t mitigate.Text) func(yield func([]mitigate.Span) bool) {
	return func(yield func([]mitigate.Span) bool) {
		var word []mitigate.Span
		for _, s := range t {
			text := s.Text
			if s.Kind == mitigate.Code {
				text = "`" + text + "`"
			}
			for i, part := range strings.Split(text, " ") {
				if i > 0 && len(word) > 0 {
					if !yield(word) {
						return
					}
					word = nil
				}
				if part != "" {
					word = append(word, mitigate.Span{Kind: s.Kind, Text: part})
				}
			}
		}
		if len(word) > 0 {
			yield(word)
		}
	}
}

func pad(s string, width int) string {
	if len(s) >= width {
		return s + " "
	}
	return s + strings.Repeat(" ", width-len(s))
}
