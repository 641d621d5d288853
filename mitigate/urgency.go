package mitigate

import (
	"cmp"
	"slices"

	"github.com/falconer-go/falconer/event"
	"github.com/falconer-go/falconer/rules"
)

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
	n, moved := int(u), 0
	if d.Verdict.Likely != nil {
		// What makes the alert graver makes it so only if the likely cause is not
		// the one.
		urgency = slices.DeleteFunc(urgency, func(x *urgencyEntry) bool { return x.Step > 0 })
	}
	for _, x := range urgency {
		d.apply("urgency", x.Urgency, x.If)
		moved += x.Step
	}
	n += moved
	from := d.begin()
	d.say("the rule's priority is " + d.e.Priority.String())
	if s := rules.LookupShipped(d.e.Rule); s != nil && s.Name == d.e.Rule && s.Source == d.source && s.Priority != d.e.Priority {
		d.say(", where upstream's is " + s.Priority.String()) // somebody here thinks otherwise of it
	}
	up := "raised"
	if u == AtOnce {
		up = "" // nothing is above it
	}
	// What moved it the other way, or what cancels out, is no reason for what it is.
	raised := moved > 0 && d.reasons(urgency, up, func(x *urgencyEntry) bool { return x.Step > 0 })
	if moved < 0 {
		d.reasons(urgency, "lowered", func(x *urgencyEntry) bool { return x.Step < 0 })
	}
	lowered := slices.ContainsFunc(urgency, func(x *urgencyEntry) bool { return x.Step < 0 })
	if d.Verdict.Likely != nil && d.Benign[0].trial() && !lowered && u > Routine {
		n--
		d.say(", lowered because ")
		d.putPhrase("trial")
	}
	if least := d.least(); n < int(least) && !lowered {
		n = int(least)
		joint := ", raised because "
		if raised {
			joint = " and because "
		}
		d.say(joint)
		d.putPhrase("sure")
	}
	d.Verdict.Urgency = Urgency(min(max(n, int(Note)), int(AtOnce)))
	d.Verdict.Because = d.end(from)
}

// maxReasons is how many reasons for the same move of the urgency are given: those
// that move it most.
const maxReasons = 2

// reasons says why the urgency was moved, and reports whether it was.
func (d *draft) reasons(urgency []*urgencyEntry, moved string, counts func(*urgencyEntry) bool) bool {
	var room [8]*urgencyEntry
	list := room[:0]
	for _, r := range urgency {
		if counts(r) {
			list = append(list, r)
		}
	}
	slices.SortStableFunc(list, func(a, b *urgencyEntry) int { return cmp.Compare(b.Step*b.Step, a.Step*a.Step) })
	for i, r := range list[:min(len(list), maxReasons)] {
		switch {
		case moved == "":
			d.say(", and ")
		case i > 0:
			d.say(" and because ")
		default:
			d.say(", " + moved + " because ")
		}
		d.putFirst(r.Because)
	}
	return len(list) > 0
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
