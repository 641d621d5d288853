package report

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"strconv"
	"strings"
	"sync"

	"github.com/falconer-go/falconer/mitigate"
)

//go:embed page/style.css
var styleSheet string

//go:embed page/copy.js
var copyScript string

// contentPolicy forbids a page everything but its own style sheet and script,
// named by their digests: no request leaves it, and no other script runs in it
// even if markup of a stranger should get in.
var contentPolicy = sync.OnceValue(func() string {
	digest := func(s string) string {
		sum := sha256.Sum256([]byte(s))
		return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}
	return "default-src 'none'; style-src " + digest(styleSheet) + "; script-src " + digest(copyScript) +
		"; base-uri 'none'; form-action 'none'"
})

// HTML returns the report as an HTML page.
func (r *Report) HTML() string { return string(r.AppendHTML(nil)) }

// AppendHTML appends the report as one self-contained HTML page to dst. The
// page needs no script to be read, fetches nothing, and its Content-Security-
// Policy forbids it to. It follows the reader's light or dark setting, and
// prints.
func (r *Report) AppendHTML(dst []byte) []byte {
	w := htmlWriter{b: dst}
	w.page(&r.doc)
	return w.b
}

type htmlWriter struct{ b []byte }

func (w *htmlWriter) raw(s string) { w.b = append(w.b, s...) }

// head writes all of a page that stands before its header.
func (w *htmlWriter) head(title string) {
	w.raw("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n" +
		`<meta http-equiv="Content-Security-Policy" content="` + contentPolicy() + "\">\n" +
		`<meta name="viewport" content="width=device-width, initial-scale=1">` + "\n" +
		`<meta name="referrer" content="no-referrer">` + "\n<title>")
	w.escape(title)
	w.raw("</title>\n<style>" + styleSheet + "</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#report\">Skip to the report</a>\n")
}

// foot writes all of a page that stands behind its main part.
func (w *htmlWriter) foot() {
	w.raw("<footer><p>Written by falconer from alerts alone. Values in boxes are text of an alert: whoever caused it may have chosen them.</p></footer>\n<script>" +
		copyScript + "</script>\n</body>\n</html>\n")
}

func (w *htmlWriter) page(d *document) {
	w.head(d.title + ": " + d.subject.String())
	w.raw("<header>\n<h1><small>")
	w.escape(d.title)
	w.raw("</small>")
	w.escape(d.subject.String())
	w.raw("</h1>\n<div class=\"lead u-" + strconv.Itoa(d.rank) + "\">\n")
	for i, t := range d.lead {
		w.raw("<p>")
		if i == 0 {
			w.raw("<strong>")
			w.escape(d.urgency)
			w.raw("</strong>")
		}
		w.text(t)
		w.raw("</p>\n")
	}
	w.raw("</div>\n<nav aria-label=\"Sections\"><ul>")
	for _, s := range d.sections {
		w.raw(`<li><a href="#` + anchor(s.title) + `">` + s.title + "</a></li>")
	}
	w.raw("</ul></nav>\n</header>\n<main id=\"report\">\n")
	for _, s := range d.sections {
		id := anchor(s.title)
		w.raw(`<section aria-labelledby="` + id + `">` + "\n<h2 id=\"" + id + "\">" + s.title + "</h2>\n")
		w.blocks(s.blocks)
		w.raw("</section>\n")
	}
	w.raw("</main>\n")
	w.foot()
}

func anchor(title string) string { return strings.ReplaceAll(strings.ToLower(title), " ", "-") }

func (w *htmlWriter) blocks(blocks []block) {
	for _, b := range blocks {
		switch b := b.(type) {
		case heading:
			w.raw("<h3>")
			w.escape(string(b))
			w.raw("</h3>\n")
		case *paragraph:
			w.raw("<p>")
			w.text(mitigate.Text(*b))
			w.raw("</p>\n")
		case *labelled:
			w.raw("<p><strong>")
			w.escape(b.label)
			w.raw(":</strong>")
			if len(b.text) > 0 {
				w.raw(" ")
				w.text(b.text)
			}
			w.raw("</p>\n")
		case *finding:
			w.raw("<p><strong>")
			w.text(b.lead)
			w.raw("</strong> ")
			w.text(b.text)
			w.raw("</p>\n")
		case facts:
			w.raw("<dl>\n")
			for _, f := range b {
				w.raw("<dt>")
				w.escape(f.label)
				w.raw("</dt><dd>")
				w.text(f.value)
				w.raw("</dd>\n")
			}
			w.raw("</dl>\n")
		case list:
			w.list(b)
		case table:
			w.table(b)
		case tree:
			w.svg(b)
		case *code:
			w.code(b)
		}
	}
}

func (w *htmlWriter) code(c *code) {
	title, name := c.title, c.title
	if len(title) == 0 {
		title, name = say(strings.ToUpper(c.lang)), c.name
		if c.lang == "sh" {
			title = say("Command")
		}
	}
	w.raw("<figure data-copy><figcaption><span>")
	w.text(title)
	w.raw("</span></figcaption><pre tabindex=\"0\" role=\"region\" aria-label=\"")
	w.escape(name.String())
	w.raw("\"><code>")
	w.escape(c.body)
	w.raw("</code></pre></figure>\n")
}

func (w *htmlWriter) list(l list) {
	tag, start := "ul", ""
	if l.ordered {
		tag = "ol"
	}
	if l.before > 0 {
		start = ` start="` + strconv.Itoa(l.before+1) + `"`
	}
	w.raw("<" + tag + start + ">\n")
	for _, it := range l.items {
		w.raw("<li>")
		if len(it.lead) > 0 {
			w.raw("<strong>")
			w.text(it.lead)
			w.raw("</strong> ")
		}
		w.text(it.text)
		if len(it.blocks) > 0 {
			w.raw("\n")
			w.blocks(it.blocks)
		}
		w.raw("</li>\n")
	}
	w.raw("</" + tag + ">\n")
}

func (w *htmlWriter) table(t table) {
	w.raw("<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"Table: " + strings.Join(t.head, ", ") + "\"><table>\n<thead><tr>")
	for _, h := range t.head {
		w.raw("<th scope=\"col\">")
		w.escape(h)
		w.raw("</th>")
	}
	w.raw("</tr></thead>\n<tbody>\n")
	for _, row := range t.rows {
		w.raw("<tr>")
		for _, cell := range row {
			w.raw("<td>")
			w.text(cell)
			w.raw("</td>")
		}
		w.raw("</tr>\n")
	}
	w.raw("</tbody></table></div>\n")
}

func (w *htmlWriter) text(t mitigate.Text) {
	for _, s := range t {
		switch s.Kind {
		case mitigate.Code:
			w.raw("<code>")
			w.escape(s.Text)
			w.raw("</code>")
		case mitigate.Value:
			w.raw(`<code class="v">`)
			w.escape(s.Text)
			w.raw("</code>")
		default:
			w.escape(s.Text)
		}
	}
}

// escape writes s as text: as an element's content or a quoted attribute.
func (w *htmlWriter) escape(s string) {
	from := 0
	for i := range len(s) {
		var ref string
		switch s[i] {
		case '&':
			ref = "&amp;"
		case '<':
			ref = "&lt;"
		case '>':
			ref = "&gt;"
		case '"':
			ref = "&quot;"
		case '\'':
			ref = "&#39;"
		default:
			continue
		}
		w.raw(s[from:i])
		w.raw(ref)
		from = i + 1
	}
	w.raw(s[from:])
}
