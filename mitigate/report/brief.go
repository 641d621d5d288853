package report

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/falconer-go/falconer/event"
	"github.com/falconer-go/falconer/mitigate"
)

// Brief returns the report without what can wait: what happened and when, what it
// means and does not show, what its fields say one by one, what to do first, the first
// five findings, each with up to three commands besides those above it, four where the
// alert's situation is known, and what comes afterwards. It is for a chat, a pager or a
// phone, and takes up about half of the room. What it leaves out stands in r. JSON and the
// explanation are those of r.
func (r *Report) Brief() *Report { return r.BriefAt(time.Time{}) }

// BriefAt is [Report.Brief] for somebody who reads it at now: of an alert older than
// a month it says so, and what is gone since. At the zero time it says nothing.
func (r *Report) BriefAt(now time.Time) *Report {
	brief := *r
	if r.story == nil {
		if at := r.plan.At(now); at != r.plan {
			brief = *New(at)
		}
	}
	sections := append(make([]section, 0, 3), brief.doc.sections[:2]...) // the short form, of an alert or an incident
	if r.story != nil {
		sections[1].blocks = r.story.first(true)
	} else {
		b := builder{p: brief.plan, brief: true}
		sections[0].blocks = slices.Concat([]block{b.when(now)}, b.chain(), b.short(), b.open(), b.fieldByField())
		sections[1].blocks = b.first()
	}
	if after := afterwards(brief.worst()); len(after) > 0 {
		sections = append(sections, section{"Afterwards", after})
	}
	brief.plan, brief.doc.sections = r.plan, sections
	return &brief
}

// ofFalco is the name of a pod of Falco's DaemonSet, which is the host's name to a Falco
// that nobody told the node's.
var ofFalco = regexp.MustCompile(`^(?:[a-z0-9-]+-)?falco-[bcdfghjklmnpqrstvwxz2456789]{5}$`)

// when says when and where it was, for which the whole report has a table.
func (b *builder) when(now time.Time) block {
	e := b.p.Event
	if e.Time.Unix() <= 0 { // a line of text has the hour alone, or nothing
		return b.labelled("When", b.say("Not known: the alert has no date."))
	}
	t := b.say(e.Time.UTC().Format("Monday, 2006-01-02 15:04:05 UTC"))
	switch {
	case ofFalco.MatchString(e.Hostname):
		t = b.join(t, say(", seen by the Falco in pod "), value("alert.hostname", e.Hostname))
		if e.Source == "syscall" {
			t = b.join(t, say(", whose node is the alert's"))
		}
	case e.Hostname != "":
		t = b.join(t, say(", seen by Falco on "), value("alert.hostname", e.Hostname))
	}
	if offset := localClock(e); offset != "" {
		t = b.join(t, say(" (the alert's text has the clock of its host, "+offset+")"))
	}
	t = b.join(t, say("."))
	if old := b.p.Aged(now); old != nil {
		t = b.join(t, blank, old)
	}
	return b.labelled("When", t)
}

// chain says which process started which, as far as the alert has it without a gap,
// where that is more than a parent.
func (b *builder) chain() []block {
	line := ancestry(b.p.Event)
	if len(line) < 3 {
		return nil
	}
	var t mitigate.Text
	for _, a := range slices.Backward(line) {
		if t != nil {
			t = b.join(t, say(" → "))
		}
		t = b.join(t, value(a.field, a.name))
	}
	return []block{b.labelled("Process chain", t)}
}

// maxOpen is how many of the things that an alert does not tell stand in a brief.
const maxOpen = 2

// open says what the alert leaves open.
func (b *builder) open() []block {
	gaps := b.p.Gaps[:min(len(b.p.Gaps), maxOpen)]
	if len(gaps) == 0 {
		return nil
	}
	l := list{items: make([]item, len(gaps))}
	for i := range gaps {
		l.items[i].text = gaps[i].Says
	}
	return []block{b.labelled("What this alert does not show", nil), l}
}

// plain reports whether the head of a brief says enough of a field.
func plain(e *event.Event, field string) bool {
	switch field {
	case "container.id":
		return true
	case "evt.type":
		t := text(e, field)
		return strings.HasPrefix(t, "open") || strings.HasPrefix(t, "exec") || t == "connect"
	}
	return false
}

// fieldByField is what single fields say.
func (b *builder) fieldByField() []block {
	t := b.fieldReadings()
	t.rows = slices.DeleteFunc(t.rows, func(row []mitigate.Text) bool { return plain(b.p.Event, row[0][0].Text) })
	if len(t.rows) == 0 {
		return nil
	}
	return []block{heading("Field by field"), t}
}

// afterwards says what comes when the first findings are in: how to recover, and
// where the cause is most likely harmless, how to hear no more of it.
func afterwards(p *mitigate.Plan) []block {
	b := builder{p: p}
	var out []block
	next := list{ordered: true}
	for i := range p.Steps {
		if s := &p.Steps[i]; s.Phase == mitigate.Next {
			next.items = append(next.items, item{text: s.Do})
		}
	}
	if len(next.items) > 0 {
		label := "Once it is contained"
		if p.Verdict.Likely != nil {
			label = "If it is not harmless"
		}
		out = append(out, b.labelled(label, nil), next)
	}
	for i := range p.Config {
		if c := &p.Config[i]; (p.Verdict.Likely != nil || p.Rather()) && c.Name == "exception" {
			out = b.snippet(out, c)
		}
	}
	return out
}
