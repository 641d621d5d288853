package mitigate

import (
	"cmp"
	"slices"

	"github.com/falconer-go/falconer/enrich"
	"github.com/falconer-go/falconer/event"
)

// maxReadings is how many inferences a plan shows: enough to see the alert,
// few enough to be read.
const maxReadings = 7

// For returns the plan for e from the default library, with the mapping that
// [enrich.For] gives.
func For(e *event.Event) *Plan { return Default().Plan(e, enrich.For(e)) }

// Plan returns what l knows about e. The mapping decides the ATT&CK version,
// and which technique and tactic to fall back to; a nil m is that of
// [enrich.For].
func (l *Library) Plan(e *event.Event, m *enrich.Mapping) *Plan {
	if m == nil {
		m = enrich.For(e)
	}
	p := &Plan{Event: e, Mapping: m, Applied: make([]Applied, 0, 16)}
	h := l.generalFor(sourceOf(e)).holding(e)
	l.read(p, h.readings)
	if r := find[ruleEntry](l, "rule", e.Rule); r != nil {
		l.fromRule(p, r)
	} else {
		l.fromGeneral(p)
	}
	l.addPatterns(p, h.patterns)
	sortBenign(p.Benign)
	l.weigh(p)
	l.rate(p, h.urgency)
	l.configure(p, h.patterns)
	return p
}

// read gathers the inferences that hold, the weightiest first.
func (l *Library) read(p *Plan, fired []*readingEntry) {
	e := p.Event
	slices.SortStableFunc(fired, func(a, b *readingEntry) int { return cmp.Compare(b.Weight, a.Weight) })
	holds := func(name string) bool {
		return slices.ContainsFunc(fired, func(r *readingEntry) bool { return r.Reading == name })
	}
	for _, r := range fired {
		if slices.ContainsFunc(r.Unless, holds) {
			continue
		}
		p.apply("reading", r.Reading, r.If)
		list := &p.Readings
		if r.Topic == "gap" {
			list = &p.Gaps
		}
		if len(*list) < maxReadings {
			*list = append(*list, Reading{
				Name: r.Reading, Topic: r.Topic, Confidence: r.Confidence,
				Says: r.Say.first(l, e), Limits: r.Limits.first(l, e),
			})
		}
	}
}

// apply notes an entry that the plan is made of.
func (p *Plan) apply(kind, name string, c *condition) {
	a := Applied{Kind: kind, Name: name}
	if c != nil {
		a.If = c.text
	}
	p.Applied = append(p.Applied, a)
}

// sourceOf returns the source of e. Alerts of Falco before 0.30 have none, and
// then it is syscall; an old relay says syscalls.
func sourceOf(e *event.Event) string {
	switch e.Source {
	case "", "syscalls":
		return "syscall"
	}
	return e.Source
}

func (l *Library) fromRule(p *Plan, r *ruleEntry) {
	e := p.Event
	p.Level = ByRule
	p.apply("rule", r.Rule, nil)
	p.Verdict.Seen = r.Seen.first(l, e)
	p.Verdict.Suggests = r.Suggests.first(l, e)
	p.Verdict.Confidence = r.Confidence
	p.Verdict.Settle = r.Settle.first(l, e)
	p.LooksFor = r.LooksFor.all(l, e)
	p.Blind = r.Blind.first(l, e)
	p.Impact = r.Impact.all(l, e)
	for _, b := range r.Benign {
		if b.If == nil || b.If.holds(e) {
			p.Benign = append(p.Benign, l.benign(e, &b, b.If != nil))
		}
	}
	p.Triage = r.Triage.all(l, e)
	l.steps(p, r.Now, r.Next, r.Later)
	p.Tuning = r.Tune.Advice.all(l, e)
	for _, d := range r.Tune.Dangerous {
		p.Tuning = append(p.Tuning, d.advice(l, e))
	}
	for _, rel := range r.Related {
		p.Related = append(p.Related, Related{rel.Rule, rel.Why.first(l, e)})
	}
	if c := r.Conclude.first(l, e); c != nil {
		p.Conclude = []Text{c}
	}
}

// advice is the warning as a sentence.
func (d *dangerousEntry) advice(l *Library, e *event.Event) Text {
	why := d.Why.first(l, e)
	t := make(Text, 0, len(why)+4)
	t = append(t, Span{Text: "Do not except by "}, Span{Kind: Code, Text: d.Field}, Span{Text: ": "})
	return append(append(t, why...), Span{Text: "."})
}

func (l *Library) benign(e *event.Event, b *benignEntry, fits bool) Benign {
	return Benign{
		Case: b.Case.first(l, e), Fits: fits, Strength: b.Strength,
		Why: b.Why.first(l, e), Confirm: b.Confirm.first(l, e), AndIfNot: b.AndIfNot.first(l, e),
		Snippets: l.snippets(e, b.Run),
	}
}

// addPatterns adds the patterns of all rules that fit.
func (l *Library) addPatterns(p *Plan, patterns []*patternEntry) {
	for _, pt := range patterns {
		p.apply("pattern", pt.Pattern, pt.If)
		p.Benign = append(p.Benign, l.benign(p.Event, &pt.benignEntry, true))
	}
}

// weigh puts a benign case that fits strongly before what the alert would mean
// otherwise: the reader is to confirm it first.
func (l *Library) weigh(p *Plan) {
	if len(p.Benign) == 0 || !p.Benign[0].Fits || p.Benign[0].Strength != High {
		return
	}
	b := p.Benign[0]
	t := Text{{Text: "Probably "}}
	t = append(append(t, b.Case...), Span{Text: "; confirm that first. Otherwise: "})
	p.Verdict.Suggests = append(t, p.Verdict.Suggests...)
	settle := append(Text{{Text: "To confirm the likely cause: "}}, b.Confirm...)
	if p.Verdict.Settle != nil {
		settle = append(append(settle, Span{Text: " If that does not hold: "}), p.Verdict.Settle...)
	}
	p.Verdict.Settle = settle
}

// sortBenign puts the cases that fit before those that fields cannot tell, and
// among these the strongest first.
func sortBenign(list []Benign) {
	slices.SortStableFunc(list, func(a, b Benign) int {
		if a.Fits != b.Fits {
			return int(b2i(b.Fits) - b2i(a.Fits))
		}
		return cmp.Compare(b.Strength, a.Strength)
	})
}

func (l *Library) steps(p *Plan, now, next, later []stepEntry) {
	p.Steps = slices.Grow(p.Steps, len(now)+len(next)+len(later))
	for phase, list := range [...][]stepEntry{Now: now, Next: next, Later: later} {
		for _, s := range list {
			if !s.If.holds(p.Event) {
				continue
			}
			p.Steps = append(p.Steps, Step{
				Phase: Phase(phase), Do: s.Do.first(l, p.Event), Why: s.Why.first(l, p.Event),
				Mitigations: mitigationRefs(p.Mapping, s.Attack), Controls: controlRefs(p.Mapping, s.NIST),
				Snippets: l.snippets(p.Event, s.Run),
			})
		}
	}
}
