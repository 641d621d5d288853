package mitigate

import "github.com/falconer-go/falconer/event"

// byPriority is the urgency that a rule's priority alone asks for.
var byPriority = [...]Urgency{
	event.Emergency:     AtOnce,
	event.Alert:         AtOnce,
	event.Critical:      AtOnce,
	event.Error:         Soon,
	event.Warning:       Today,
	event.Notice:        Routine,
	event.Informational: Note,
	event.Debug:         Note,
}

// rate sets the verdict's urgency: that of the priority, moved by what the
// alert's context says, and no less than a verdict that is sure of itself asks
// for.
func (d *draft) rate(urgency []*urgencyEntry) {
	u := Routine
	if int(d.e.Priority) < len(byPriority) {
		u = byPriority[d.e.Priority]
	}
	from := d.begin()
	d.say("the rule's priority is " + d.e.Priority.String())
	n, before, lowered := int(u), 0, false
	for _, r := range urgency {
		d.apply("urgency", r.Urgency, r.If)
		n += r.Step
		joint := ", raised because "
		switch {
		case r.Step < 0 && before < 0, r.Step > 0 && before > 0:
			joint = " and because "
		case r.Step < 0:
			joint = ", lowered because "
		case n-r.Step >= int(AtOnce):
			joint = ", and " // nothing is above it
		}
		before, lowered = r.Step, lowered || r.Step < 0
		d.say(joint)
		d.putFirst(r.Because)
	}
	if least := d.least(); n < int(least) && !lowered {
		n = int(least)
		joint := ", raised because "
		if before > 0 {
			joint = " and because "
		}
		d.say(joint)
		d.putPhrase("sure")
	}
	d.Verdict.Urgency = Urgency(min(max(n, int(Note)), int(AtOnce)))
	d.Verdict.Because = d.end(from)
}

// least is the urgency of what hardly has a harmless reading, whatever the
// priority of its rule.
func (d *draft) least() Urgency {
	v := &d.Verdict
	switch {
	case d.Level != ByRule || v.Confidence < High || v.Likely != nil:
		return Note
	case d.told:
		return Soon
	}
	return Today
}
