package report

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/falconer-go/falconer/mitigate"
)

// textWidth is the column at which plain text is wrapped.
const textWidth = 96

// Text returns the report as plain text.
func (r *Report) Text() string { return string(r.AppendText(nil)) }

// AppendText appends the report as plain text to dst, wrapped at 96 columns.
// It holds no control characters but line feeds: values of the alert cannot
// steer a terminal.
func (r *Report) AppendText(dst []byte) []byte {
	w := textWriter{b: dst}
	d := &r.doc
	w.line(strings.ToUpper(d.title) + ": " + d.subject.String())
	for _, t := range d.lead {
		w.b = append(w.b, '\n')
		w.wrap(t.String(), "", "")
	}
	for _, s := range d.sections {
		w.b = append(w.b, '\n')
		w.line(strings.ToUpper(s.title))
		w.blocks(s.blocks, "")
	}
	return w.b
}

type textWriter struct{ b []byte }

func (w *textWriter) line(s string) {
	w.b = append(w.b, s...)
	w.b = append(w.b, '\n')
}

func (w *textWriter) blocks(blocks []block, indent string) {
	for _, b := range blocks {
		w.b = append(w.b, '\n')
		switch b := b.(type) {
		case heading:
			w.line(indent + string(b))
		case paragraph:
			w.wrap(mitigate.Text(b).String(), indent, indent)
		case facts:
			for _, f := range b {
				w.wrap(f.value.String(), indent+pad(f.label+":", 17), indent+strings.Repeat(" ", 17))
			}
		case table:
			for _, r := range b.rows {
				var cells []string
				for i, cell := range r {
					if len(cell) > 0 {
						cells = append(cells, b.head[i]+": "+cell.String())
					}
				}
				w.wrap(strings.Join(cells, "; "), indent+"- ", indent+"  ")
			}
		case list:
			for i, it := range b.items {
				mark := "- "
				if b.ordered {
					mark = strconv.Itoa(i+1) + ". "
				}
				inner := indent + strings.Repeat(" ", len(mark))
				w.wrap(it.text.String(), indent+mark, inner)
				w.blocks(it.blocks, inner)
			}
		case tree:
			for line := range strings.Lines(b.String()) {
				w.line(indent + "    " + strings.TrimSuffix(line, "\n"))
			}
		case code:
			if len(b.title) > 0 {
				w.wrap(b.title.String()+":", indent, indent)
			}
			for line := range strings.Lines(b.body) {
				w.line(indent + "    " + strings.TrimSuffix(line, "\n"))
			}
		}
	}
}

// wrap writes s in lines of at most textWidth columns, the first after first,
// the others after rest. A word that is longer stands on a line of its own.
func (w *textWriter) wrap(s, first, rest string) {
	line := first
	empty := true
	for _, word := range strings.Fields(s) {
		if !empty && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > textWidth {
			w.line(line)
			line, empty = rest, true
		}
		if !empty {
			line += " "
		}
		line += word
		empty = false
	}
	w.line(strings.TrimRight(line, " "))
}

func pad(s string, width int) string {
	if len(s) >= width {
		return s + " "
	}
	return s + strings.Repeat(" ", width-len(s))
}
