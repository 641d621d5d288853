package report

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"github.com/falconer-go/falconer/mitigate"
)

// IndexEntry is a line of an index of reports. It is small, and holds neither
// the report nor its alerts.
type IndexEntry struct {
	file    string
	time    time.Time
	urgency mitigate.Urgency
	subject string
	rule    string // the most urgent of an incident
	host    string
	alerts  int
}

// IndexEntry returns the line for r in an index. The file's name is relative to
// the index, and of safe characters alone.
func (r *Report) IndexEntry(file string) IndexEntry {
	worst := r.worst()
	x := IndexEntry{
		file: file, time: r.plan.Event.Time, urgency: worst.Verdict.Urgency, subject: r.doc.subject.String(),
		host: mitigate.Show(worst.Event.Hostname), alerts: 1,
	}
	if r.story != nil {
		x.alerts, x.rule = len(r.story.alerts), mitigate.Show(worst.Event.Rule)
	}
	return x
}

// AppendIndex appends an HTML page to dst that lists reports with links to
// them, the most urgent first, and of these the latest.
func AppendIndex(dst []byte, entries []IndexEntry) []byte {
	entries = slices.Clone(entries)
	slices.SortStableFunc(entries, func(a, b IndexEntry) int {
		return cmp.Or(cmp.Compare(b.urgency, a.urgency), b.time.Compare(a.time))
	})
	w := htmlWriter{b: dst}
	w.head("Falco reports")
	w.raw("<header>\n<h1>Falco reports</h1>\n<p>" + strconv.Itoa(len(entries)) + " " + plural(len(entries), "report", "reports") + ", the most urgent first</p>\n</header>\n" +
		"<main id=\"report\">\n<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"Table of reports\"><table>\n" +
		"<thead><tr><th scope=\"col\">Urgency</th><th scope=\"col\">Report</th><th scope=\"col\">Alerts</th><th scope=\"col\">Time (UTC)</th><th scope=\"col\">Host</th></tr></thead>\n<tbody>\n")
	for _, x := range entries {
		w.raw(`<tr><td><span class="badge u-` + strconv.Itoa(int(x.urgency)) + `">` + x.urgency.String() + "</span></td><td><a href=\"")
		w.escape(x.file)
		w.raw("\">")
		w.escape(x.subject)
		w.raw("</a>")
		if x.rule != "" && x.rule != x.subject {
			w.raw("<br><small>")
			w.escape(x.rule)
			w.raw("</small>")
		}
		w.raw(`</td><td data-unit="` + plural(x.alerts, "alert", "alerts") + `">` + strconv.Itoa(x.alerts) + "</td><td>" + x.time.UTC().Format("2006-01-02 15:04:05") + "</td><td>")
		w.escape(x.host)
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
