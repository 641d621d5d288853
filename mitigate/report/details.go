package report

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/falconer-go/falconer/event"
	"github.com/falconer-go/falconer/mitigate"
)

// maxOther is how many of the fields without a row of their own are listed.
const maxOther = 24

// row is a line of the details: a label, and the fields that make it, each with
// what stands before it. The row is left out if none of the fields has a value.
type row struct {
	label string
	parts []part
}

type part struct{ before, field string }

// rows are the lines below the header of the alert. A field stands in one row.
var rows = []row{
	{"Event type", []part{{"", "evt.type"}, {"result ", "evt.res"}, {"flags ", "evt.arg.flags"}}},
	{"Process", []part{{"", "proc.name"}, {"pid ", "proc.pid"}, {"executable ", "proc.exepath"}, {"command ", "proc.cmdline"}, {"terminal ", "proc.tty"}}},
	{"User", []part{{"", "user.name"}, {"uid ", "user.uid"}, {"login uid ", "user.loginuid"}}},
	{"Parent", []part{{"", "proc.pname"}, {"command ", "proc.pcmdline"}, {"pid ", "proc.ppid"}}},
	{"Ancestors", []part{{"", "proc.aname[2]"}, {"", "proc.aname[3]"}, {"", "proc.aname[4]"}}},
	{"Container", []part{{"", "container.name"}, {"id ", "container.id"}, {"image ", "container.image.repository"}, {"tag ", "container.image.tag"}, {"image ", "container.image"}}},
	{"Pod", []part{{"", "k8s.pod.name"}, {"namespace ", "k8s.ns.name"}}},
	{"File", []part{{"", "fd.name"}, {"", "fs.path.name"}, {"type ", "fd.type"}}},
	{"Connection", []part{{"", "fd.name"}, {"type ", "fd.type"}, {"protocol ", "fd.l4proto"}, {"client ", "fd.cip"}, {"client port ", "fd.cport"}, {"server ", "fd.sip"}, {"server port ", "fd.sport"}, {"local ", "fd.lip"}, {"local port ", "fd.lport"}, {"remote ", "fd.rip"}, {"remote port ", "fd.rport"}, {"server name ", "fd.sip.name"}}},
	{"Kubernetes user", []part{{"", "ka.user.name"}, {"groups ", "ka.user.groups"}, {"impersonating ", "ka.impuser.name"}}},
	{"Request", []part{{"", "ka.verb"}, {"", "ka.target.resource"}, {"", "ka.target.name"}, {"namespace ", "ka.target.namespace"}, {"URI ", "ka.uri"}}},
	{"Response", []part{{"code ", "ka.response.code"}, {"reason ", "ka.response.reason"}}},
	{"AWS principal", []part{{"", "ct.user"}, {"type ", "ct.user.identitytype"}, {"ARN ", "ct.user.arn"}}},
	{"AWS call", []part{{"", "ct.name"}, {"service ", "ct.src"}, {"region ", "ct.region"}, {"error ", "ct.error"}}},
	{"Google Cloud principal", []part{{"", "gcp.user"}}},
	{"Google Cloud call", []part{{"", "gcp.methodName"}, {"service ", "gcp.serviceName"}, {"project ", "gcp.projectId"}}},
	{"Okta actor", []part{{"", "okta.actor.name"}, {"login ", "okta.actor.alternateid"}, {"id ", "okta.actor.id"}}},
	{"Okta event", []part{{"", "okta.evt.type"}, {"result ", "okta.result"}, {"on ", "okta.target.user.name"}}},
	{"GitHub user", []part{{"", "github.user"}}},
	{"GitHub event", []part{{"", "github.type"}, {"action ", "github.action"}, {"repository ", "github.repo.name"}, {"repository ", "github.repo"}, {"organisation ", "github.org"}}},
	{"From", []part{
		{"address ", "ct.srcip"}, {"user agent ", "ct.useragent"}, {"address ", "gcp.callerIP"}, {"user agent ", "gcp.userAgent"},
		{"address ", "okta.client.ip"}, {"user agent ", "okta.useragent.raw"},
	}},
}

// family is a set of the first parts of fields' names: proc, fd, ka, ...
type family uint32

// families are those that rows are made of, each a bit, and what each row is
// made of: most rows need not be looked at for an alert.
var families, rowFamilies = func() (map[string]family, []family) {
	all, of := make(map[string]family), make([]family, len(rows))
	for i, r := range rows {
		for _, p := range r.parts {
			name, _, _ := strings.Cut(p.field, ".")
			if all[name] == 0 {
				all[name] = 1 << len(all)
			}
			of[i] |= all[name]
		}
	}
	return all, of
}()

// familiesOf returns the families that the fields of e are of.
func familiesOf(e *event.Event) family {
	var all family
	for name := range e.Fields.All() {
		first, _, _ := strings.Cut(name, ".")
		all |= families[first]
	}
	return all
}

// fieldReadings are the fields that say something by themselves.
func (b *builder) fieldReadings() table {
	fields := b.p.Fields()
	t := table{head: []string{"Field", "Value", "What it says"}, rows: make([][]mitigate.Text, len(fields))}
	cells := make([]mitigate.Text, 3*len(t.rows))
	for i := range fields {
		f := &fields[i]
		t.rows[i], cells = cells[:3:3], cells[3:]
		name := b.spans.take(1)
		name[0] = mitigate.Span{Kind: mitigate.Code, Text: f.Field}
		t.rows[i][0], t.rows[i][1], t.rows[i][2] = name, f.Value, f.Says
	}
	return t
}

func (b *builder) details() []block {
	e := b.p.Event
	when := e.Time.UTC().Format("2006-01-02 15:04:05.999999999 UTC")
	if offset := localClock(e); offset != "" {
		when += " (the text of the alert has the clock of its host, " + offset + "; search logs in UTC)"
	}
	b.done = make([]string, 0, 32)
	fs := make(facts, 0, 20)
	fs = append(fs,
		fact{"Rule", b.value("alert.rule", e.Rule)},
		fact{"Priority", b.say(e.Priority.String())},
		fact{"Time", b.say(when)},
		fact{"Host", b.orUnavailable("alert.hostname", e.Hostname, "not available (the alert does not name it)")},
		fact{"Source", b.orUnavailable("alert.source", e.Source, "not available (the alert does not name it; syscall in versions that leave it out)")})
	present := familiesOf(e)
	for i := range rows {
		r := &rows[i]
		if rowFamilies[i]&present == 0 {
			continue
		}
		if r.label == "File" && connection(e) {
			continue // fd.name is the connection's
		}
		if t := b.row(r); t != nil {
			fs = append(fs, fact{r.label, t})
		}
	}
	if t := b.otherFields(); t != nil {
		fs = append(fs, fact{"Other fields", t})
	}
	if t := b.unavailable(); t != nil {
		fs = append(fs, fact{"Not available", t})
	}
	out := append(make([]block, 0, 4), fs)
	if t := b.fieldReadings(); len(t.rows) > 0 {
		out = append(out, heading("Field by field"), t)
	}
	if text := cmp.Or(e.Message, e.Output); text != "" {
		message := mitigate.Text{{Kind: mitigate.Value, Text: mitigate.ShowMessage(text), Field: "alert.output"}}
		out = append(out, b.paragraph(b.join(say("Falco's message: "), message)))
	}
	return out
}

// connection reports whether the descriptor of e is a socket of the network.
func connection(e *event.Event) bool {
	switch text(e, "fd.type") {
	case "ipv4", "ipv6":
		return true
	case "":
		return strings.Contains(text(e, "fd.name"), "->")
	}
	return false
}

func value(field, text string) mitigate.Text {
	return mitigate.Text{{Kind: mitigate.Value, Text: mitigate.Show(text), Field: field}}
}

func (r *room) value(field, text string) mitigate.Text { return r.join(value(field, text)) }

func (r *room) orUnavailable(field, text, instead string) mitigate.Text {
	if text == "" || text == "<NA>" {
		return r.say(instead)
	}
	return r.value(field, text)
}

// row returns what stands in a row, nil if nothing does.
func (b *builder) row(r *row) mitigate.Text {
	t := b.spans.open(8)
	for _, p := range r.parts {
		if slices.Contains(b.done, p.field) {
			continue
		}
		span, ok := mitigate.ValueOf(b.p.Event, p.field)
		if !ok {
			continue
		}
		b.done = append(b.done, p.field)
		if p.field == "container.id" && span.Text == "host" {
			b.done = append(b.done, "container.name")
			t = append(t[:0], mitigate.Span{Text: "none, the process ran on the host"})
			break
		}
		if len(t) > 0 {
			t = append(t, mitigate.Span{Text: ", "})
		}
		if p.before != "" {
			t = append(t, mitigate.Span{Text: p.before})
		}
		t = append(t, span)
		if note := gloss(p.field, span.Text); note != "" {
			t = append(t, mitigate.Span{Text: note})
		}
	}
	return b.spans.keep(t)
}

// gloss explains the values that look odd without an explanation.
func gloss(field, text string) string {
	switch {
	case field == "user.loginuid" && (text == "-1" || text == "4294967295"):
		return " (no login session)"
	case field == "proc.tty" && text == "0":
		return " (none)"
	case field == "user.uid" && text == "4294967295":
		return " (unknown)"
	}
	return ""
}

// otherFields lists the fields that have a value and no row.
func (b *builder) otherFields() mitigate.Text {
	t := b.spans.open(8)
	n := 0
	for name := range b.p.Event.Fields.All() {
		if slices.Contains(b.done, name) || slices.Contains(timeFields, name) {
			continue
		}
		span, ok := mitigate.ValueOf(b.p.Event, name)
		if !ok {
			continue
		}
		n++
		if n > maxOther {
			continue
		}
		if len(t) > 0 {
			t = append(t, mitigate.Span{Text: ", "})
		}
		// A field's name is foreign as well: anyone who sends an alert sets it.
		t = append(t, mitigate.Span{Kind: mitigate.Value, Text: mitigate.Show(name)}, mitigate.Span{Text: " "}, span)
	}
	if n > maxOther {
		t = append(t, mitigate.Span{Text: ", and " + strconv.Itoa(n-maxOther) + " more"})
	}
	return b.spans.keep(t)
}

// timeFields repeat the time of the alert.
var timeFields = []string{"evt.time", "evt.time.iso8601", "jevt.time", "jevt.time.iso8601"}

// unavailable names the fields that Falco printed without a value.
func (b *builder) unavailable() mitigate.Text {
	var t mitigate.Text
	for name, v := range b.p.Event.Fields.All() {
		if v.Available() {
			continue
		}
		if t != nil {
			t = append(t, mitigate.Span{Text: ", "})
		}
		t = append(t, mitigate.Span{Kind: mitigate.Value, Text: mitigate.Show(name)})
	}
	return t
}
