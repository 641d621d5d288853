package mitigate

import (
	"cmp"
	"slices"
	"strings"
	"time"

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
	return l.planAt(e, m, time.Time{})
}

// planAt is Plan for somebody who reads it at now, if that is known.
func (l *Library) planAt(e *event.Event, m *enrich.Mapping, now time.Time) *Plan {
	notes := notebooks.Get().(*notebook)
	d := draft{Plan: &Plan{Event: e, Mapping: m, madeFrom: l}, subject: about(e, l), notebook: notes}
	d.subject.now, d.subject.computed = now, notes.computed[:0]
	defer func() {
		notes.computed = d.subject.computed
		notes.putBack()
	}()
	h := l.generalFor(d.source).holding(&d.subject)
	d.Applied = make([]Applied, 0, len(h.readings)+len(h.patterns)+len(h.urgency)+2)
	d.recognise(&h)
	d.read(h.readings)
	r := find[ruleEntry](l, "rule", e.Rule)
	if r != nil {
		d.fromRule(r, len(h.patterns))
	} else {
		d.fromGeneral()
	}
	d.meaning(h.readings)
	d.settle()
	d.doubt(h.urgency)
	d.addPatterns(h.patterns)
	sortBenign(d.Benign)
	d.weigh()
	d.rate(h.urgency)
	d.configure(h.patterns)
	d.shorten(r)
	return d.Plan
}

// read gathers the inferences that hold, the weightiest first.
func (d *draft) read(fired []*readingEntry) {
	d.compareText()
	var hold nameMask // most of what stands behind unless does not, which one look tells
	for _, r := range fired {
		hold |= maskOf(r.Reading)
	}
	holds := func(name string) bool {
		return hold&maskOf(name) != 0 && slices.ContainsFunc(fired, func(r *readingEntry) bool { return r.Reading == name })
	}
	for i, r := range fired {
		if d.situation.hides(r) || slices.ContainsFunc(r.Unless, holds) {
			continue
		}
		d.apply("reading", r.Reading, r.If)
		list := &d.Readings
		if r.Topic == "gap" {
			list = &d.Gaps
		}
		if *list == nil {
			*list = make([]Reading, 0, min(len(fired)-i, maxReadings))
		}
		if len(*list) < maxReadings {
			*list = append(*list, Reading{
				Name: r.Reading, Topic: r.Topic, Confidence: r.Confidence,
				Says: d.first(r.Say), Limits: d.first(r.Limits), run: r.Run, against: r.Against,
			})
		}
	}
}

// nameMask has a bit for each name of a set; several names may share one.
type nameMask uint64

func maskOf(name string) nameMask {
	if name == "" {
		return 0
	}
	return 1 << ((len(name)*7 + int(name[len(name)-1]) + 3*int(name[len(name)/2])) % 64)
}

// telling is the weight from which a reading says more than a rule that is as
// sure.
const telling = 95

// meaning lets the weightiest reading that says what the alert means say so, where
// it is surer than the rule, or as sure and telling.
func (d *draft) meaning(fired []*readingEntry) {
	for _, r := range fired {
		if r.Means == nil || d.situation.hides(r) || r.Confidence < d.Verdict.Confidence || r.Confidence == d.Verdict.Confidence && r.Weight < telling {
			continue
		}
		t := d.first(r.Means)
		if t == nil {
			continue
		}
		if d.Level != ByRule { // what it says of the knowledge holds still
			from := d.begin()
			d.put(t...)
			d.say(" ")
			d.put(d.Verdict.Suggests...)
			t = d.end(from)
		}
		d.Verdict.Suggests, d.Verdict.Confidence = t, r.Confidence
		if d.told = r.Weight >= telling; d.told {
			d.contain, d.follow = r.Contain, r.Run
		}
		return
	}
}

// compareText says where the alert's text and its fields disagree.
func (d *draft) compareText() {
	x, ok := disagrees(d.e)
	if !ok {
		return
	}
	// Not fields of the alert, but what the phrase speaks of.
	d.shown = append(d.shown,
		fieldValue{"text.field", Show(x.field), true}, fieldValue{"text.there", Show(x.word), true}, fieldValue{"text.here", Show(x.text), true})
	const name = "text-disagrees"
	d.apply("phrase", name, nil)
	d.Readings = slices.Insert(d.Readings, 0, Reading{Name: name, Topic: "target", Says: d.phrase(name), Confidence: High})
}

// apply notes an entry that the plan is made of.
func (d *draft) apply(kind, name string, c *condition) {
	if name == "" {
		return // part of a situation
	}
	a := Applied{Kind: kind, Name: name}
	if c != nil {
		a.If = c.text
	}
	d.Applied = append(d.Applied, a)
}

// sourceOf returns the source of e. Alerts of Falco before 0.30 have none, and
// relays then say that it was syscalls; their fields tell, and of what Falco says of
// itself the rule.
func sourceOf(e *event.Event) string {
	switch e.Source {
	case "", "syscall", "syscalls":
		if e.Source != "syscall" && strings.HasPrefix(e.Rule, "Falco internal: ") {
			return "internal"
		}
		return cmp.Or(sourceOfFields(e), "syscall")
	}
	return e.Source
}

// sourceOfFields returns the source whose alerts alone have one of the fields of e, ""
// if there is none.
func sourceOfFields(e *event.Event) string {
	for name := range e.Fields.All() {
		if of := sourceOfField(name); of != "" {
			return of
		}
	}
	return ""
}

// fromRule fills the plan from what is known of the rule. So many patterns will
// be added to its benign cases.
func (d *draft) fromRule(r *ruleEntry, patterns int) {
	d.Level = ByRule
	d.apply("rule", r.Rule, nil)
	d.Verdict.Seen = d.first(r.Seen)
	d.Verdict.Suggests = d.first(r.Suggests)
	d.Verdict.Confidence = r.Confidence
	if r.HighIf != nil && r.HighIf.holds(&d.subject) {
		d.Verdict.Confidence = High
	}
	d.Verdict.Settle = d.first(r.Settle)
	d.LooksFor = d.all(r.LooksFor)
	d.Blind = d.first(r.Blind)
	d.Impact = d.all(r.Impact)
	d.Benign = make([]Benign, 0, len(r.Benign)+patterns)
	for i := range r.Benign {
		if b := &r.Benign[i]; b.If.holds(&d.subject) {
			d.Benign = append(d.Benign, d.benign(b, b.If != nil))
		}
	}
	d.Triage = d.all(r.Triage)
	d.steps(r.Now, r.Next, r.Later)
	d.tuning(&r.Tune)
	d.Related = make([]Related, 0, len(r.Related))
	for i := range r.Related {
		d.Related = append(d.Related, Related{r.Related[i].Rule, d.first(r.Related[i].Why)})
	}
	if c := d.first(r.Conclude); c != nil {
		d.Conclude = []Text{c}
	}
}

// tuning adds how to tune the rule, and the warnings.
func (d *draft) tuning(t *tuneEntry) {
	d.Tuning = slices.Grow(d.all(t.Advice), len(t.Dangerous)+1) // one may follow on exceptions
	for i := range t.Dangerous {
		d.Tuning = append(d.Tuning, d.first(t.Dangerous[i].Why))
	}
}

func (d *draft) benign(b *benignEntry, fits bool) Benign {
	return Benign{
		Case: d.first(b.Case), Fits: fits, Strength: b.Strength,
		Why: d.first(b.Why), Confirm: d.first(b.Confirm), AndIfNot: d.first(b.AndIfNot),
		Snippets: d.snippets(b.Run),
	}
}

// doubt lowers the strength of the benign cases where something in the alert
// speaks against all of them: an intruder's tool is named like the agent that a
// case is about.
func (d *draft) doubt(urgency []*urgencyEntry) {
	if !slices.ContainsFunc(urgency, func(u *urgencyEntry) bool { return u.Doubt }) {
		return
	}
	for i := range d.Benign {
		d.Benign[i].Strength = min(d.Benign[i].Strength, Medium)
	}
}

// addPatterns adds the patterns of all rules that fit.
func (d *draft) addPatterns(patterns []*patternEntry) {
	for _, pt := range patterns {
		d.apply("pattern", pt.Pattern, pt.If)
		b := d.benign(&pt.benignEntry, true)
		b.pattern, b.then = pt, d.first(pt.Then)
		if d.situation != nil && pt == d.situation.Benign {
			d.Benign = slices.Insert(d.Benign, 0, b) // before what is as strong
			continue
		}
		d.Benign = append(d.Benign, b)
	}
}

// weigh says which benign case is the likely cause, if one is: the reader is to
// confirm it first.
func (d *draft) weigh() {
	if len(d.Benign) > 0 && d.Benign[0].Fits && d.Benign[0].Strength == High {
		d.Verdict.Likely = d.Benign[0].Case
		for _, r := range d.Readings {
			if r.against {
				d.Applied = slices.DeleteFunc(d.Applied, func(a Applied) bool { return a.Kind == "reading" && a.Name == r.Name })
			}
		}
		d.Readings = slices.DeleteFunc(d.Readings, func(r Reading) bool { return r.against })
	}
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

// steps adds the steps that are for alerts like this; a situation has its own of what
// comes next.
func (d *draft) steps(now, next, later []stepEntry) {
	if s := d.situation; s != nil && len(s.Next) > 0 {
		next = s.Next
	}
	d.Steps = slices.Grow(d.Steps, len(now)+len(next)+len(later))
	for phase, list := range [...][]stepEntry{Now: now, Next: next, Later: later} {
		for i := range list {
			s := &list[i]
			if !s.If.holds(&d.subject) {
				continue
			}
			serves := s.serves.in(d.Mapping, s.Attack, s.NIST)
			d.Steps = append(d.Steps, Step{
				Phase: Phase(phase), Do: d.first(s.Do), Why: d.first(s.Why),
				Mitigations: serves.mitigations, Controls: serves.controls, Snippets: d.snippets(s.Run),
			})
		}
	}
}
