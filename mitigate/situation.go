package mitigate

import "slices"

// recognise takes the situation that the alert is, where one is known: what it says of
// harmless causes and of urgency counts as if every alert had it.
func (d *draft) recognise(h *holding) {
	s := h.situation
	if s == nil || s.Confidence <= Low && slices.ContainsFunc(h.readings, func(r *readingEntry) bool {
		return r.Means != nil && r.Weight >= telling && r.Confidence >= Medium && !s.hides(r)
	}) {
		return // what looks harmless is not, where something telling speaks
	}
	d.situation, d.Situation = s, s.Situation
	d.apply("situation", s.Situation, s.If)
	if s.Benign != nil {
		h.patterns = slices.Insert(h.patterns, 0, s.Benign)
	}
	if s.Urgency != nil {
		h.urgency = append(h.urgency, s.Urgency)
	}
	d.Readings = make([]Reading, 0, maxReadings)
	for i := range s.Facts {
		if t := &s.Facts[i]; t.If.holds(&d.subject) {
			d.Readings = append(d.Readings, Reading{Name: s.Situation, Topic: "situation", Says: d.text(t.Say), Confidence: High})
		}
	}
}

// hides reports whether the situation says what the reading would. What is hidden still
// stands above what is left out where it holds.
func (s *situationEntry) hides(r *readingEntry) bool {
	return s != nil && (r.Broad || slices.Contains(s.Instead, r.Reading))
}

// settle lets the situation say what the alert means and what decides.
func (d *draft) settle() {
	s := d.situation
	if s == nil {
		return
	}
	if !d.told || d.Verdict.Confidence <= s.Confidence {
		d.told, d.contain, d.follow = false, nil, nil // its outcomes say what ends it
		if t := d.first(s.Means); t != nil {
			d.Verdict.Suggests, d.Verdict.Confidence = t, s.Confidence
			d.told = true
		}
	}
	if t := d.first(s.Settle); t != nil {
		d.Verdict.Settle = t
	}
}
