package report

import (
	"slices"
	"strconv"
	"strings"

	"github.com/falconer-go/falconer/mitigate"
)

// builder turns a plan into a document.
type builder struct {
	room
	p     *mitigate.Plan
	brief bool
	shown []shown  // snippets that stand in the document already
	done  []string // fields that do

	numbers []int // of the items of the short form in which the first of shown stand
	used    int   // numbers of items so far

	found []finding // the outcomes so far

	explained []string // fields of placeholders of which it is said how to find them
}

// shown is a snippet by its name and by what it says: two names may give one command.
type shown struct{ name, body string }

// at returns which of the snippets that stand in the document is s, -1 if none is.
func (b *builder) at(s *mitigate.Snippet) int {
	return slices.IndexFunc(b.shown, func(x shown) bool { return x.name == s.Name || x.body == s.Body })
}

func (b *builder) lead() []mitigate.Text {
	v := &b.p.Verdict
	return []mitigate.Text{
		b.join(say(" ("), v.Because, say(").")),
		v.Seen,
	}
}

// maxHarmless is how many benign cases stand in the short form.
const maxHarmless = 3

// short is what it is, why, and what decides whether it is harmless.
func (b *builder) short() []block {
	p, v := b.p, &b.p.Verdict
	out := make([]block, 0, 10)
	if v.Likely != nil {
		out = append(out,
			b.labelled("Most likely", b.join(v.Likely, say(". "), p.Benign[0].Why)),
			b.labelled("Confirm it", p.Benign[0].Confirm),
			b.labelled("If that does not hold", v.Suggests))
	} else {
		if p.Rather() {
			out = append(out, b.labelled("More likely", b.join(p.Benign[0].Case, say(". "), p.Benign[0].Why, say(" To confirm: "), p.Benign[0].Confirm)))
		}
		out = append(out, b.suspicion())
	}
	if v.Settle != nil {
		label := "What decides"
		if v.Likely != nil {
			label = "What decides then"
		}
		out = append(out, b.labelled(label, v.Settle))
	}
	if len(p.First.Facts) > 0 {
		out = append(out, b.labelled("What this alert shows", nil), b.readings(b.facts()))
	}
	if t := b.times(p.Event); len(t.rows) > 0 {
		out = append(out, t)
	}
	if p.Level == mitigate.ByRule || len(p.Benign) > 0 {
		out = b.harmless(out)
	}
	if p.First.Ask != nil {
		out = append(out, b.labelled("Ask", b.join(p.First.Ask, say("."))))
	}
	return out
}

// facts are the readings of the short form; a brief leaves out what is hardly sure, if
// there is enough besides.
func (b *builder) facts() []mitigate.Reading {
	facts := b.p.First.Facts
	if !b.brief {
		return facts
	}
	sure := slices.DeleteFunc(slices.Clone(facts), func(r mitigate.Reading) bool { return r.Confidence == mitigate.Low })
	if len(sure) < enoughFacts {
		return facts
	}
	return sure
}

// enoughFacts is how many readings of the short form are enough.
const enoughFacts = 3

// suspicion is what the alert suggests, as firmly as it does.
func (b *builder) suspicion() block {
	v := &b.p.Verdict
	if b.p.Level != mitigate.ByRule && v.Confidence == mitigate.Low {
		return b.paragraph(v.Suggests)
	}
	switch v.Confidence {
	case mitigate.High:
		return b.labelled("What it means (confidence: high)", v.Suggests)
	case mitigate.Medium:
		return b.labelled("What it suggests (confidence: medium)", v.Suggests)
	}
	return b.labelled("What it could mean (confidence: low)", v.Suggests)
}

// harmless says what would make the alert so, and how that shows. A cause that is
// likely stands above it.
func (b *builder) harmless(out []block) []block {
	cases := b.p.Benign
	if b.p.Situation != "" { // it says itself what else may be
		if b.p.Verdict.Likely != nil || b.p.Verdict.Confidence >= mitigate.Medium || len(cases) == 0 || !cases[0].Fits || cases[0].Strength < mitigate.Medium {
			return out
		}
		cases = cases[:1]
	}
	if len(cases) == 0 {
		return append(out, b.paragraph(say("No field of this alert points to a harmless cause.")))
	}
	label := "Harmless if it is"
	switch {
	case b.p.Verdict.Likely != nil || b.p.Rather():
		cases, label = cases[1:], "Harmless, too, if it is"
	case !cases[0].Fits:
		label = "Harmless if it is (no field points to it)"
	}
	cases = cases[:min(len(cases), maxHarmless)]
	if len(cases) == 0 {
		return out
	}
	l := list{items: make([]item, len(cases))}
	for i := range cases {
		c := &cases[i]
		l.items[i].text = b.join(c.Case, say(fits(c)), say(". To confirm: "), c.Confirm)
	}
	return append(out, b.labelled(label, nil), l)
}

// fits are the words for how well a benign case fits, none if it does not.
func fits(c *mitigate.Benign) string {
	if !c.Fits {
		return ""
	}
	return " (" + strength(c.Strength) + " fit)"
}

func strength(c mitigate.Confidence) string {
	switch c {
	case mitigate.High:
		return "strong"
	case mitigate.Medium:
		return "moderate"
	}
	return "weak"
}

// beforeStop is how many checks come before what ends the damage, where every minute
// counts.
const beforeStop = 2

// maxOutcomes is how many findings a brief has.
const maxOutcomes = 5

// first are the actions of the first minutes, then what the findings lead to, each with
// its commands: whoever reads on finds them in the order in which they are run.
func (b *builder) first() []block {
	f := &b.p.First
	then := f.Then
	if b.brief {
		then = then[:min(len(then), maxOutcomes)]
	}
	out := make([]block, 0, 8+2*len(then))
	if f.Node != nil {
		out = append(out, b.paragraph(f.Node))
	}
	if f.Caution != nil {
		out = append(out, b.paragraph(b.join(say("Caution: "), f.Caution)))
	}
	const commandsAsARule = 16
	b.numbers = make([]int, 0, commandsAsARule)
	b.found = make([]finding, 0, len(then)) // never grows: the document points into it
	checks := f.Actions
	if len(checks) > beforeStop && b.urgent() {
		out = b.actions(out, checks[:beforeStop])
		out = b.finding(append(out, heading("Stop it before you look further")), &then[0])
		checks, then = checks[beforeStop:], then[1:]
		if slices.ContainsFunc(checks, func(a mitigate.Action) bool { return !b.hasShown(&a) }) {
			out = append(out, heading("Then look further"))
		}
	}
	out = b.actions(out, checks)
	if len(out) == 0 {
		out = append(out, b.paragraph(say("Nothing has to be done at once.")))
	}
	if len(then) > 0 {
		out = append(out, heading("Then, by what you find"))
	}
	for i := range then {
		out = b.finding(out, &then[i])
	}
	return out
}

// actions adds a list of those actions of which not all stands in the document already.
func (b *builder) actions(out []block, actions []mitigate.Action) []block {
	l := list{ordered: true, before: b.used, items: make([]item, 0, len(actions))}
	for i := range actions {
		if a := &actions[i]; !b.hasShown(a) {
			b.number(&l, b.action(a.Do, a.Snippets))
		}
	}
	if len(l.items) == 0 {
		return out
	}
	return append(out, l)
}

// finding adds an outcome, and below it a list of its commands; those that stand in the
// document already are named by their numbers. A brief has the weightiest, the whole
// report all.
func (b *builder) finding(out []block, o *mitigate.Outcome) []block {
	var room [8]int
	above := room[:0]
	l := list{ordered: true, before: b.used, items: make([]item, 0, len(o.Snippets))}
	few := b.few(o.Snippets)
	for i := range o.Snippets {
		s := &o.Snippets[i]
		if at := b.at(s); at >= 0 {
			if n := b.numbers[at]; n <= l.before && !slices.Contains(above, n) {
				above = append(above, n)
			}
		} else if few == nil || slices.Contains(few, s.Name) {
			b.number(&l, b.action(s.Title, o.Snippets[i:i+1]))
		}
	}
	slices.Sort(above)
	b.found = append(b.found, finding{b.join(say("If "), o.Find, say(":")), b.withNumbers(o.Do, above, len(l.items) > 0)})
	out = append(out, &b.found[len(b.found)-1])
	if len(l.items) == 0 {
		return out
	}
	return append(out, l)
}

// number adds an item to a list, and notes its number for what it shows.
func (b *builder) number(l *list, it item) {
	l.items = append(l.items, it)
	b.used++
	for len(b.numbers) < len(b.shown) {
		b.numbers = append(b.numbers, b.used)
	}
}

// withNumbers adds to a text the numbers of the commands above it that it asks for.
func (b *builder) withNumbers(t mitigate.Text, above []int, more bool) mitigate.Text {
	if len(above) == 0 {
		return t
	}
	out := append(b.spans.open(len(t)+2*len(above)+1), t...)
	for i, n := range above {
		before := ", "
		switch {
		case i == 0 && len(above) == 1:
			before = " Run command "
		case i == 0:
			before = " Run commands "
		case i == len(above)-1:
			before = " and "
		}
		out = append(out, mitigate.Span{Text: before}, mitigate.Span{Text: strconv.Itoa(n)})
	}
	end := " above."
	if more {
		end = " above, and:"
	}
	return b.spans.keep(append(out, mitigate.Span{Text: end}))
}

// urgent reports whether the first outcome ends the damage and must not wait for all
// checks. Where an action among these ends it already, it may, and so may what somebody
// confirms.
func (b *builder) urgent() bool {
	p := b.p
	if len(p.First.Then) > 0 && confirmed(p.First.Then[0].Find.String()) {
		return false
	}
	return p.Verdict.Urgency == mitigate.AtOnce && p.Verdict.Likely == nil && !p.Rather() && len(p.First.Then) > 0 &&
		changes(p.First.Then[0].Snippets) && !slices.ContainsFunc(p.First.Actions, func(a mitigate.Action) bool { return changes(a.Snippets) })
}

// confirmed reports whether a finding is that somebody vouches for what was done.
func confirmed(find string) bool {
	return strings.Contains(find, "confirms") && !strings.Contains(find, "nobody") && !strings.Contains(find, "no one")
}

// hasShown reports whether all that an action does stands in the document already.
func (b *builder) hasShown(a *mitigate.Action) bool {
	return len(a.Snippets) > 0 && !slices.ContainsFunc(a.Snippets, func(s mitigate.Snippet) bool { return b.at(&s) < 0 })
}

// changes reports whether one of the snippets changes something.
func changes(list []mitigate.Snippet) bool {
	return slices.ContainsFunc(list, func(s mitigate.Snippet) bool { return s.Changes })
}

func (b *builder) action(do mitigate.Text, snippets []mitigate.Snippet) item {
	it := b.withSnippets(item{text: do}, snippets)
	if len(snippets) == 1 && len(it.blocks) > 0 {
		if c, ok := it.blocks[0].(*code); ok && len(c.title) >= len(it.text) && slices.Equal(c.title[:len(it.text)], it.text) {
			it.text = b.join(c.title, say(":")) // the action is called like its command
			c.title, c.name = nil, c.title
		}
	}
	return it
}

// capital puts the first letter of t in upper case, if that is ours.
func capital(t mitigate.Text) mitigate.Text {
	if len(t) == 0 || t[0].Kind != mitigate.Plain || t[0].Text == "" {
		return t
	}
	t[0].Text = strings.ToUpper(t[0].Text[:1]) + t[0].Text[1:]
	return t
}
