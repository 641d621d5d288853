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
// alert's context says.
func (d *draft) rate(urgency []*urgencyEntry) {
	u := Routine
	if int(d.e.Priority) < len(byPriority) {
		u = byPriority[d.e.Priority]
	}
	from := d.begin()
	d.say("the rule's priority is " + d.e.Priority.String())
	n, before := int(u), 0
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
		before = r.Step
		d.say(joint)
		d.putFirst(r.Because)
	}
	d.Verdict.Urgency = Urgency(min(max(n, int(Note)), int(AtOnce)))
	d.Verdict.Because = d.end(from)
}
