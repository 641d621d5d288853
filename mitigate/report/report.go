package report

import (
	"strings"

	"github.com/falconer-go/falconer/event"
	"github.com/falconer-go/falconer/mitigate"
)

// Report is the document about one alert, or about one incident. It is
// immutable and safe to share.
type Report struct {
	plan  *mitigate.Plan
	story *story // of an incident
	doc   document
}

// For returns the report on e, made from the default knowledge; see
// [mitigate.For].
func For(e *event.Event) *Report { return New(mitigate.For(e)) }

// New returns the report that a plan makes.
func New(p *mitigate.Plan) *Report {
	b := builder{p: p, shown: make(map[string]bool)}
	return &Report{plan: p, doc: document{
		title:   "Falco Alert Report",
		subject: mitigate.Text{{Kind: mitigate.Value, Text: mitigate.Show(p.Event.Rule), Field: "alert.rule"}},
		lead:    b.lead(),
		rank:    int(p.Verdict.Urgency),
		sections: []section{
			{"In Short", b.short()},
			{"Do This First", b.first()},
			{"Alert Details", b.details()},
			{"Analysis", b.analysis()},
			{"Potential Impact", b.impact()},
			{"Mitigation Strategies", b.mitigation()},
			{"Example Configuration", b.configuration()},
			{"Conclusion", b.conclusion()},
			{"Mappings", b.mappings()},
		},
	}}
}

// Plan returns what the report is made of; of an incident, the plan for its
// first alert.
func (r *Report) Plan() *mitigate.Plan { return r.plan }

// plans returns the plans that the report is made of.
func (r *Report) plans() []*mitigate.Plan {
	if r.story != nil {
		return r.story.plans
	}
	return []*mitigate.Plan{r.plan}
}

// builder turns a plan into a document.
type builder struct {
	p     *mitigate.Plan
	shown map[string]bool // snippets that stand in the document already
}

func (b *builder) lead() []mitigate.Text {
	v := b.p.Verdict
	return []mitigate.Text{
		join(say("Urgency: "+v.Urgency.String()+" ("), v.Because, say(").")),
		v.Seen,
	}
}

// maxHarmless is how many benign cases stand in the short form.
const maxHarmless = 3

// short is what happened, and what decides whether it is harmless.
func (b *builder) short() []block {
	p := b.p
	var out []block
	if len(p.First.Facts) > 0 {
		var l list
		for _, r := range p.First.Facts {
			l.items = append(l.items, item{text: reading(r)})
		}
		out = append(out, l)
	}
	if t := times(p.Event); len(t.rows) > 0 {
		out = append(out, t)
	}
	out = append(out, paragraph(suspicion(p)))
	if p.Verdict.Settle != nil {
		out = append(out, paragraph(join(say("What decides: "), p.Verdict.Settle)))
	}
	if p.Level == mitigate.ByRule || len(p.Benign) > 0 {
		out = append(out, harmless(p.Benign)...)
	}
	if p.First.Ask != nil {
		out = append(out, paragraph(join(say("Ask: "), p.First.Ask, say("."))))
	}
	return out
}

// suspicion is what the alert suggests, as firmly as it does.
func suspicion(p *mitigate.Plan) mitigate.Text {
	v := p.Verdict
	if likelyBenign(p) || p.Level != mitigate.ByRule {
		return v.Suggests
	}
	intro := "What it would mean, though this alert alone hardly says so: "
	switch v.Confidence {
	case mitigate.High:
		intro = "What it means, unless a check below says otherwise: "
	case mitigate.Medium:
		intro = "What it would mean if the checks below do not explain it: "
	}
	return join(say(intro), uncapital(v.Suggests))
}

// harmless says what would make the alert so, and how that shows.
func harmless(cases []mitigate.Benign) []block {
	if len(cases) == 0 {
		return []block{paragraph(say("No benign cause that is known of this rule fits the alert."))}
	}
	intro := "No field points to a benign cause. It would be harmless if it is "
	if cases[0].Fits {
		intro = "Harmless if it is "
	}
	intro += plural(len(cases), "this:", "one of these:")
	var l list
	for _, c := range cases[:min(len(cases), maxHarmless)] {
		t := c.Case
		if c.Fits {
			t = join(t, say(" (fits this alert "+strength(c.Strength)+")"))
		}
		l.items = append(l.items, item{text: join(t, say(". It shows by this: "), c.Confirm)})
	}
	return []block{paragraph(say(intro)), l}
}

// first are the actions of the first minutes.
func (b *builder) first() []block {
	f := b.p.First
	var out []block
	if f.Caution != nil {
		out = append(out, paragraph(join(say("Caution: "), f.Caution)))
	}
	l := list{ordered: true}
	for _, a := range f.Actions {
		it := item{text: a.Do}
		if a.Gate != nil {
			it.text = join(a.Gate, say(" "), uncapital(a.Do))
		}
		snippets := b.snippets(a.Snippets)
		if c, ok := at(snippets, 0).(code); ok && a.Gate == nil && len(a.Snippets) == 1 {
			if c.title.String() == it.text.String() {
				c.title = nil
				snippets[0] = c
				it.text = join(it.text, say(":"))
			}
		}
		it.blocks = snippets
		l.items = append(l.items, it)
	}
	if len(l.items) > 0 {
		out = append(out, l)
	}
	if len(out) == 0 {
		out = append(out, paragraph(say("Nothing has to be done at once.")))
	}
	return out
}

func at(list []block, i int) block {
	if i < len(list) {
		return list[i]
	}
	return nil
}

func (b *builder) analysis() []block {
	p := b.p
	var out []block
	for _, t := range p.LooksFor {
		out = append(out, paragraph(t))
	}
	if rest := p.Readings[len(p.First.Facts):]; len(rest) > 0 {
		var l list
		for _, r := range rest {
			l.items = append(l.items, item{text: reading(r)})
		}
		out = append(out, heading("What else the fields say"), l)
	}
	if len(p.Benign) > 0 {
		out = append(out, heading("What would make it benign"), b.benign())
	}
	if len(p.Triage) > 0 {
		l := list{ordered: true}
		for _, t := range p.Triage {
			l.items = append(l.items, item{text: t})
		}
		out = append(out, heading("Questions, in this order"), l)
	}
	if len(p.Gaps) > 0 || p.Blind != nil {
		out = append(out, heading("What this alert cannot tell"))
		if p.Blind != nil {
			out = append(out, paragraph(p.Blind))
		}
		if len(p.Gaps) > 0 {
			var l list
			for _, r := range p.Gaps {
				l.items = append(l.items, item{text: r.Says})
			}
			out = append(out, l)
		}
	}
	if len(p.Related) > 0 {
		var l list
		for _, r := range p.Related {
			l.items = append(l.items, item{text: join(say(r.Rule+": "), r.Why, say("."))})
		}
		out = append(out, heading("Rules to look for in the same minutes"), l)
	}
	return out
}

func reading(r mitigate.Reading) mitigate.Text {
	t := r.Says
	if r.Confidence != mitigate.High && r.Confidence != mitigate.Unknown {
		t = join(t, say(" (confidence: "+r.Confidence.String()+")"))
	}
	if r.Limits != nil {
		t = join(t, say(" But: "), r.Limits)
	}
	return t
}

// likelyBenign reports whether the first benign case is the likely cause, which
// the verdict then says, and how to confirm it.
func likelyBenign(p *mitigate.Plan) bool {
	return len(p.Benign) > 0 && p.Benign[0].Fits && p.Benign[0].Strength == mitigate.High
}

func (b *builder) benign() list {
	var l list
	for i, c := range b.p.Benign {
		t := capital(c.Case)
		why := c.Why
		if i >= maxHarmless { // else both stand in the short form
			if c.Fits {
				t = join(t, say(" (fits this alert "+strength(c.Strength)+")"))
			}
			why = join(why, say(" To confirm: "), c.Confirm)
		}
		it := item{text: join(t, say("."))}
		it.blocks = append(it.blocks, paragraph(why))
		if c.AndIfNot != nil {
			it.blocks = append(it.blocks, paragraph(c.AndIfNot))
		}
		it.blocks = append(it.blocks, b.snippets(c.Snippets)...)
		l.items = append(l.items, it)
	}
	return l
}

func strength(c mitigate.Confidence) string {
	switch c {
	case mitigate.High:
		return "strongly"
	case mitigate.Medium:
		return "moderately"
	}
	return "weakly"
}

// uncapital returns t with its first letter in lower case, if that is ours.
func uncapital(t mitigate.Text) mitigate.Text {
	if len(t) == 0 || t[0].Kind != mitigate.Plain || len(t[0].Text) < 2 || t[0].Text[1] < 'a' {
		return t // an abbreviation
	}
	first := t[0]
	first.Text = strings.ToLower(first.Text[:1]) + first.Text[1:]
	return join(mitigate.Text{first}, t[1:])
}

// capital returns t with its first letter in upper case, if that is ours.
func capital(t mitigate.Text) mitigate.Text {
	if len(t) == 0 || t[0].Kind != mitigate.Plain || t[0].Text == "" {
		return t
	}
	first := t[0]
	first.Text = strings.ToUpper(first.Text[:1]) + first.Text[1:]
	return join(mitigate.Text{first}, t[1:])
}

func (b *builder) impact() []block {
	if len(b.p.Impact) == 0 {
		return []block{paragraph(say("Nothing specific can be said without knowing the rule; see the questions above."))}
	}
	var l list
	for _, t := range b.p.Impact {
		l.items = append(l.items, item{text: t})
	}
	return []block{l}
}

var phaseTitles = [...]string{
	mitigate.Now:   "Now: contain, and keep the evidence",
	mitigate.Next:  "Next: eradicate and recover",
	mitigate.Later: "Later: harden",
}

func (b *builder) mitigation() []block {
	var out []block
	for phase, title := range phaseTitles {
		l := list{ordered: true}
		for _, s := range b.p.Steps {
			if s.Phase == mitigate.Phase(phase) {
				l.items = append(l.items, b.step(s))
			}
		}
		if len(l.items) > 0 {
			out = append(out, heading(title), l)
		}
	}
	if len(out) == 0 {
		out = append(out, paragraph(say("No step can be named without knowing more; begin with the questions above.")))
	}
	for _, r := range b.p.Remarks {
		out = append(out, paragraph(join(value("advisor", r.By), say(": "), r.Text)))
	}
	return out
}

func (b *builder) step(s mitigate.Step) item {
	it := item{text: s.Do}
	if s.By != "" {
		it.text = join(value("advisor", s.By), say(" suggests: "), s.Do)
	}
	it.blocks = append([]block{paragraph(join(say("Why: "), s.Why))}, b.snippets(s.Snippets)...)
	return it
}

// languages are what the code blocks of each kind of snippet are written in.
var languages = map[string]string{"kubernetes": "yaml", "falco": "yaml", "talon": "yaml", "json": "json"}

// snippets shows each snippet once; where it is wanted again, its title refers
// back to it.
func (b *builder) snippets(snippets []mitigate.Snippet) []block {
	var out []block
	var above mitigate.Text
	for _, s := range snippets {
		if b.shown[s.Name] && s.Kind != "falco" {
			if above != nil {
				above = join(above, say("; "))
			}
			above = join(above, s.Title)
			continue
		}
		b.shown[s.Name] = true
		lang := languages[s.Kind]
		if lang == "" {
			lang = "sh"
		}
		title := s.Title
		if s.Changes {
			title = join(title, say(" (this changes the system)"))
		}
		out = append(out, code{title: title, lang: lang, body: s.Body})
		if s.Undo != nil {
			out = append(out, paragraph(join(say("To undo: "), s.Undo)))
		}
		if len(s.Placeholders) > 0 {
			t := say("To fill in: ")
			for i, p := range s.Placeholders {
				if i > 0 {
					t = join(t, say("; "))
				}
				t = join(t, mitigate.Text{{Kind: mitigate.Code, Text: p.Word}, {Text: " is "}, {Kind: mitigate.Code, Text: p.Field}})
			}
			out = append(out, paragraph(join(t, say("."))))
		}
	}
	if above != nil {
		out = append([]block{paragraph(join(say("See above: "), above, say(".")))}, out...)
	}
	return out
}

func (b *builder) configuration() []block {
	out := b.snippets(b.p.Config)
	var l list
	for _, t := range b.p.Tuning {
		l.items = append(l.items, item{text: t})
	}
	if len(l.items) > 0 {
		out = append(out, l)
	}
	if len(out) == 0 {
		out = append(out, paragraph(say("No exception is proposed: the alert does not carry fields that would make one narrow enough.")))
	}
	return out
}

func (b *builder) conclusion() []block {
	var out []block
	for _, t := range b.p.Conclude {
		out = append(out, paragraph(t))
	}
	if len(out) == 0 {
		out = append(out, paragraph(b.p.Verdict.Settle))
	}
	return out
}
