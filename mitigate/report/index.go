package report

import (
	"strconv"

	"github.com/falconer-go/falconer/mitigate"
)

// IndexEntry is a report in a folder of reports.
type IndexEntry struct {
	File   string // its name, relative to the index; of safe characters alone
	Report *Report
}

// AppendIndex appends an HTML page to dst that lists reports with links to
// them, in the order given.
func AppendIndex(dst []byte, entries []IndexEntry) []byte {
	w := htmlWriter{b: dst}
	w.head("Falco reports")
	w.raw("<header>\n<h1>Falco reports</h1>\n<p>" + strconv.Itoa(len(entries)) + " " + plural(len(entries), "report", "reports") + "</p>\n</header>\n" +
		"<main id=\"report\">\n<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"Table of reports\"><table>\n" +
		"<thead><tr><th scope=\"col\">Time</th><th scope=\"col\">Urgency</th><th scope=\"col\">Report</th><th scope=\"col\">Host</th></tr></thead>\n<tbody>\n")
	for _, x := range entries {
		p := x.Report.worst()
		w.raw("<tr><td>" + x.Report.plan.Event.Time.UTC().Format("2006-01-02 15:04:05") + "</td><td>" + p.Verdict.Urgency.String() + "</td><td><a href=\"")
		w.escape(x.File)
		w.raw("\">")
		w.escape(x.Report.doc.subject.String())
		w.raw("</a></td><td>")
		if host := p.Event.Hostname; host != "" {
			w.escape(mitigate.Show(host))
		}
		w.raw("</td></tr>\n")
	}
	w.raw("</tbody></table></div>\n</main>\n")
	w.foot()
	return w.b
}

// worst returns the most urgent plan of the report.
func (r *Report) worst() *mitigate.Plan {
	if r.story != nil {
		return r.story.worst
	}
	return r.plan
}
