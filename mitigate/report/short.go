package report

import (
	"slices"
	"strings"

	"github.com/falconer-go/falconer/mitigate"
)

// builder turns a plan into a document.
type builder struct {
	room
	p     *mitigate.Plan
	shown []string // snippets that stand in the document already
	done  []string // fields that do
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

// short is what happened, and what decides whether it is harmless.
func (b *builder) short() []block {
	p := b.p
	out := make([]block, 0, 8)
	if len(p.First.Facts) > 0 {
		out = append(out, b.readings(p.First.Facts))
	}
	if t := b.times(p.Event); len(t.rows) > 0 {
		out = append(out, t)
	}
	out = append(out, b.paragraph(b.suspicion()))
	if p.Verdict.Settle != nil {
		out = append(out, b.paragraph(b.join(say("What decides: "), p.Verdict.Settle)))
	}
	if p.Level == mitigate.ByRule || len(p.Benign) > 0 {
		out = b.harmless(out)
	}
	if p.First.Ask != nil {
		out = append(out, b.paragraph(b.join(say("Ask: "), p.First.Ask, say("."))))
	}
	return out
}

// suspicion is what the alert suggests, as firmly as it does.
func (b *builder) suspicion() mitigate.Text {
	v := &b.p.Verdict
	if likelyBenign(b.p) || b.p.Level != mitigate.ByRule {
		return v.Suggests
	}
	intro := "What it would mean, though this alert alone hardly says so: "
	switch v.Confidence {
	case mitigate.High:
		intro = "What it means, unless a check below says otherwise: "
	case mitigate.Medium:
		intro = "What it would mean if the checks below do not explain it: "
	}
	return b.join(say(intro), uncapital(v.Suggests))
}

// likelyBenign reports whether the first benign case is the likely cause, which
// the verdict then says, and how to confirm it.
func likelyBenign(p *mitigate.Plan) bool {
	return len(p.Benign) > 0 && p.Benign[0].Fits && p.Benign[0].Strength == mitigate.High
}

// harmless says what would make the alert so, and how that shows.
func (b *builder) harmless(out []block) []block {
	cases := b.p.Benign
	if len(cases) == 0 {
		return append(out, b.paragraph(say("No field of this alert points to a harmless cause.")))
	}
	intro := "No field of this alert points to a harmless cause. It would be harmless if it is "
	if cases[0].Fits {
		intro = "Harmless if it is "
	}
	intro += plural(len(cases), "this:", "one of these:")
	cases = cases[:min(len(cases), maxHarmless)]
	l := list{items: make([]item, len(cases))}
	for i := range cases {
		c := &cases[i]
		if i == 0 && likelyBenign(b.p) { // what decides says how it shows
			l.items[i].text = b.join(c.Case, say(fits(c)), say("."))
			continue
		}
		l.items[i].text = b.join(c.Case, say(fits(c)), say(". It shows by this: "), c.Confirm)
	}
	return append(out, b.paragraph(say(intro)), l)
}

// fits are the words for how well a benign case fits, none if it does not.
func fits(c *mitigate.Benign) string {
	if !c.Fits {
		return ""
	}
	return " (fits this alert " + strength(c.Strength) + ")"
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

// first are the actions of the first minutes.
func (b *builder) first() []block {
	f := &b.p.First
	var out []block
	if f.Caution != nil {
		out = append(out, b.paragraph(b.join(say("Caution: "), f.Caution)))
	}
	l := list{ordered: true, items: make([]item, len(f.Actions))}
	for i := range f.Actions {
		l.items[i] = b.action(&f.Actions[i])
	}
	if len(l.items) > 0 {
		out = append(out, l)
	}
	if len(out) == 0 {
		out = append(out, b.paragraph(say("Nothing has to be done at once.")))
	}
	if len(f.Then) > 0 {
		then := list{items: make([]item, len(f.Then))}
		for i, t := range f.Then {
			then.items[i].text = t
		}
		out = append(out, b.paragraph(say("Then:")), then)
	}
	return out
}

func (b *builder) action(a *mitigate.Action) item {
	it := item{text: a.Do, blocks: b.snippets(b.blocksFor(0, a.Snippets), a.Snippets)}
	if a.Gate != nil {
		it.text = b.join(a.Gate, say(" "), uncapital(a.Do))
		return it
	}
	if len(a.Snippets) == 1 && len(it.blocks) > 0 {
		if c, ok := it.blocks[0].(*code); ok && slices.Equal(c.title, it.text) {
			c.title, c.name = nil, c.title // the action is called like its command
			it.text = b.join(it.text, say(":"))
		}
	}
	return it
}

// uncapital returns t with its first letter in lower case, if that is ours.
func uncapital(t mitigate.Text) mitigate.Text {
	if len(t) == 0 || t[0].Kind != mitigate.Plain || len(t[0].Text) < 2 || t[0].Text[1] < 'a' && t[0].Text[1] != ' ' {
		return t // an abbreviation
	}
	t = slices.Clone(t)
	t[0].Text = strings.ToLower(t[0].Text[:1]) + t[0].Text[1:]
	return t
}

// capital puts the first letter of t in upper case, if that is ours.
func capital(t mitigate.Text) mitigate.Text {
	if len(t) == 0 || t[0].Kind != mitigate.Plain || t[0].Text == "" {
		return t
	}
	t[0].Text = strings.ToUpper(t[0].Text[:1]) + t[0].Text[1:]
	return t
}
