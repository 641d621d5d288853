package mitigate

import "slices"

// outcomes says what follows from what the checks find: what the rule's or the
// technique's entry says, else what is true of every alert of the source, with
// the first step that contains.
func (d *draft) outcomes(list []outcomeEntry) {
	f := &d.First
	if list != nil {
		f.Then = make([]Outcome, 0, len(list)+2)
		d.confirmed()
		for i := range list {
			if o := &list[i]; o.If.holds(&d.subject) {
				f.Then = append(f.Then, Outcome{d.first(o.Find), d.first(o.Do), d.snippets(o.Run)})
			}
		}
		if d.situation == nil && (d.least() > Note || d.Verdict.Urgency == AtOnce && d.Verdict.Likely == nil) {
			f.Then = containingFirst(f.Then)
		}
		d.cutOff()
		d.absent()
		return
	}
	f.Then = make([]Outcome, 0, 5)
	d.confirmed()
	d.outcome("explained", nil)
	n := len(f.Then)
	d.cutOff()
	if s := d.containing(); s != nil && len(f.Then) == n {
		name := "unanswered"
		if d.Verdict.Urgency == AtOnce && d.Verdict.Likely == nil {
			name = "unconfirmed"
		}
		d.outcome(name, s)
	}
	d.outcome("disowned", nil)
	d.absent()
}

// absent adds what follows if the log that the alert was made from does not have
// it, with the command that looks further.
func (d *draft) absent() {
	n := len(d.First.Then)
	d.outcome("absent", nil)
	if name := absentSnippet(d.source); len(d.First.Then) > n && d.l.entries[key{"snippet", name}] != nil {
		d.First.Then[n].Snippets = d.snippets(names{name})
	}
}

// absentSnippet is the name of that command for alerts of a source.
func absentSnippet(source string) string { return "absent-" + source }

// confirmed adds what follows if the pattern that the alert fits best is the cause;
// what the rule says of its own benign cases stands in its outcomes.
func (d *draft) confirmed() {
	if len(d.Benign) == 0 || d.Benign[0].pattern == nil || d.situation != nil {
		return
	}
	b := &d.Benign[0]
	if d.Verdict.Likely == nil && !d.Rather() && !b.trial() {
		return
	}
	o := Outcome{Find: d.phrase("if-confirmed"), Do: b.then}
	if o.Find == nil {
		from := d.begin()
		d.say("it is confirmed as ")
		d.put(b.Case...)
		o.Find = d.end(from)
	}
	switch {
	case o.Do != nil:
	case b.trial():
		o.Do = d.phrase("then-tried")
	case slices.ContainsFunc(d.Config, func(s Snippet) bool { return s.Name == "exception" }):
		o.Do = d.phrase("then-excepted")
	default:
		o.Do = d.phrase("then-confirmed")
	}
	d.First.Then = append(d.First.Then, o)
}

// cutOff puts first what ends that which a telling reading of the values says,
// unless something harmless is likely: the identity behind it can do the rest again.
func (d *draft) cutOff() {
	if len(d.contain) == 0 || d.Verdict.Likely != nil {
		return
	}
	o := Outcome{d.phrase("if-unconfirmed"), d.phrase("then-cut-off"), d.snippets(d.contain)}
	if o.Find != nil && len(o.Snippets) > 0 {
		d.First.Then = slices.Insert(d.First.Then, 0, o)
	}
}

// containingFirst puts the outcomes that call for containment before the others:
// where hardly anything harmless looks like an alert, they are the likely ones, and
// where minutes count, the ones that cannot wait.
func containingFirst(list []Outcome) []Outcome {
	contains := func(o Outcome) bool {
		return slices.ContainsFunc(o.Snippets, func(s Snippet) bool { return s.Changes })
	}
	slices.SortStableFunc(list, func(a, b Outcome) int { return int(b2i(contains(b)) - b2i(contains(a))) })
	return list
}

// outcome adds an outcome that phrases name; what to do may be a step that
// contains.
func (d *draft) outcome(name string, s *Step) {
	o := Outcome{Find: d.phrase("if-" + name)}
	if s != nil {
		o.Do, o.Snippets = s.Do, s.Snippets[changing(s):]
		o.Snippets = o.Snippets[:min(len(o.Snippets), maxCode)]
	} else {
		o.Do = d.phrase("then-" + name)
	}
	if o.Find != nil && o.Do != nil {
		d.First.Then = append(d.First.Then, o)
	}
}

// containing returns the first step of now whose commands change something, rather one
// without anything to fill in, else the first that does not only look; nil if
// there is none.
func (d *draft) containing() *Step {
	for _, ready := range [...]bool{true, false} {
		for i := range d.Steps {
			s := &d.Steps[i]
			if from := changing(s); s.Phase == Now && from < len(s.Snippets) && s.Snippets[from].ready == ready {
				return s
			}
		}
	}
	for i := range d.Steps {
		if s := &d.Steps[i]; s.Phase == Now && len(s.Snippets) == 0 && !looks(s.Do) {
			return s
		}
	}
	return nil
}

// changing returns where the snippets of a step begin that change something.
func changing(s *Step) int {
	for i := range s.Snippets {
		if s.Snippets[i].Changes {
			return i
		}
	}
	return len(s.Snippets)
}
