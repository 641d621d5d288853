package report

import (
	"strconv"
	"strings"

	"github.com/falconer-go/falconer/mitigate"
)

// Slack returns the report in Slack's mrkdwn, for the text of a message or of
// a section block. Slack cuts messages at 40,000 characters.
func (r *Report) Slack() string { return string(r.AppendSlack(nil)) }

// AppendSlack appends the report in Slack's mrkdwn to dst. Values of the alert
// stand in code spans; mrkdwn has no escape for a backtick, so one in a value
// is written out as \x60.
func (r *Report) AppendSlack(dst []byte) []byte {
	w := slackWriter{b: dst}
	d := &r.doc
	w.raw("*" + d.title + "* ")
	w.text(d.subject)
	w.raw("\n")
	for i, t := range d.lead {
		if i == 0 && d.urgency != "" {
			w.raw("*" + d.urgency + "*")
		}
		w.text(t)
		w.raw("\n")
	}
	for _, s := range d.sections {
		w.raw("\n*" + s.title + "*\n")
		w.blocks(s.blocks, "")
	}
	return w.b
}

type slackWriter struct{ b []byte }

func (w *slackWriter) raw(s string) { w.b = append(w.b, s...) }

func (w *slackWriter) blocks(blocks []block, indent string) {
	for _, b := range blocks {
		switch b := b.(type) {
		case heading:
			w.raw("\n" + indent + "*")
			w.escape(string(b))
			w.raw("*\n")
		case *paragraph:
			w.raw(indent)
			w.text(mitigate.Text(*b))
			w.raw("\n")
		case *labelled:
			w.raw(indent + "*" + b.label + ":*")
			if len(b.text) > 0 {
				w.raw(" ")
				w.text(b.text)
			}
			w.raw("\n")
		case *finding:
			w.raw("\n" + indent)
			w.text(b.lead)
			w.raw(" ")
			w.text(b.text)
			w.raw("\n")
		case facts:
			for _, f := range b {
				w.raw(indent + "• " + f.label + ": ")
				w.text(f.value)
				w.raw("\n")
			}
		case table:
			for _, r := range b.rows {
				w.raw(indent + "• ")
				w.text(b.line(r))
				w.raw("\n")
			}
		case list:
			for i, it := range b.items {
				mark := "• "
				if b.ordered {
					mark = strconv.Itoa(b.before+i+1) + ". "
				}
				w.raw(indent + mark)
				if len(it.lead) > 0 {
					w.text(it.lead)
					w.raw(" ")
				}
				w.text(it.text)
				w.raw("\n")
				w.blocks(it.blocks, indent+"    ")
			}
		case tree:
			w.fence(b.String())
		case *code:
			if len(b.title) > 0 {
				w.raw(indent)
				w.text(b.title)
				w.raw(":\n")
			}
			w.fence(b.body)
		}
	}
}

// fence writes a block of code. A run of three backticks would end it.
func (w *slackWriter) fence(s string) {
	w.raw("```\n")
	w.escape(strings.ReplaceAll(s, "```", `\x60\x60\x60`))
	w.raw("```\n")
}

func (w *slackWriter) text(t mitigate.Text) {
	for _, s := range t {
		if s.Kind == mitigate.Plain {
			w.escape(s.Text)
			continue
		}
		w.raw("`")
		w.escape(strings.ReplaceAll(s.Text, "`", `\x60`))
		w.raw("`")
	}
}

// escape writes the three characters that mrkdwn gives a meaning of their own
// as it asks for; without them there are no links, mentions or commands.
func (w *slackWriter) escape(s string) {
	for i := range len(s) {
		switch c := s[i]; c {
		case '&':
			w.raw("&amp;")
		case '<':
			w.raw("&lt;")
		case '>':
			w.raw("&gt;")
		default:
			w.b = append(w.b, c)
		}
	}
}
