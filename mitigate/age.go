package mitigate

import (
	"slices"
	"strconv"
	"time"

	"github.com/falconer-go/falconer/event"
)

// kept is how long what the source of an alert was made from is kept where nobody
// made it last longer: the event history of CloudTrail, Cloud Logging's bucket for
// admin activity, Okta's System Log and GitHub's audit log. The 90 days of Okta stand
// in its help centre; the others are figures of AWS, Google and GitHub, not looked up.
var kept = map[string]time.Duration{
	"aws_cloudtrail": 90 * day,
	"gcp_auditlog":   400 * day,
	"okta":           90 * day,
	"github":         180 * day,
}

const (
	day = 24 * time.Hour
	old = 30 * day // when most processes, pods and sessions of then are gone
)

// Aged returns what it means that the alert is read at now: that it is old, and
// what is gone since. It is nil for an alert of the last month.
func (p *Plan) Aged(now time.Time) Text {
	age, pastLogs := p.age(now)
	if age < old {
		return nil
	}
	d := draft{Plan: p, subject: about(p.Event, p.madeFrom), notebook: new(notebook)}
	days := int(age / day)
	words := strconv.Itoa(days) + " days"
	if years := days / 365; years > 1 {
		words = strconv.Itoa(years) + " years"
	}
	name := "old"
	if pastLogs {
		name = "past-logs"
	}
	from := d.begin()
	d.say("The alert is " + words + " old, and ")
	d.putPhrase(name)
	d.say(".")
	return d.end(from)
}

// At returns the plan for somebody who reads it at now. What the knowledge says of old
// alerts is then in it, unless advisors added to the plan. Where the logs of the alert's
// time are no longer in the usual place, the command that looks in the other one comes
// first, or second behind one that shows the present state; where they are, it is left out. What
// is gone by then is no first step: weeks after the alert, commands that show processes
// and connections, and commands that read those logs. It is p itself where nothing changes.
func (p *Plan) At(now time.Time) *Plan {
	age, pastLogs := p.age(now)
	if age <= 0 {
		return p
	}
	at := *p
	changed := false
	if age >= old && p.isOwn() {
		at, changed = *p.madeFrom.planAt(p.Event, p.Mapping, now), true
	}
	elsewhere := at.looksElsewhere(pastLogs)
	if pastLogs || age >= old && kept[sourceOf(p.Event)] == 0 {
		changed = at.skipsPassing() || changed
	}
	if list := at.First.Actions; elsewhere && pastLogs && len(list) > 1 && !list[1].passing() {
		at.First.Actions = slices.Clone(list)
		at.First.Actions[0], at.First.Actions[1] = list[1], list[0]
	}
	changed = elsewhere || changed
	if !changed {
		return p
	}
	return &at
}

// isOwn reports whether the plan is as the library made it.
func (p *Plan) isOwn() bool {
	return len(p.Remarks) == 0 && !slices.ContainsFunc(p.Steps, func(s Step) bool { return s.By != "" })
}

// looksElsewhere moves the command that looks in the other place to the front, or
// leaves it out, and reports whether it did.
func (p *Plan) looksElsewhere(pastLogs bool) bool {
	if kept[sourceOf(p.Event)] == 0 {
		return false
	}
	name := absentSnippet(sourceOf(p.Event))
	for i := range p.First.Then {
		for _, s := range p.First.Then[i].Snippets {
			if s.Name != name {
				continue
			}
			if pastLogs {
				p.First.Actions = append([]Action{{Do: s.Title, Snippets: []Snippet{s}}}, p.First.Actions...)
				return true
			}
			p.First.Then = slices.Clone(p.First.Then)
			p.First.Then[i].Snippets = nil
			return true
		}
	}
	return false
}

// leastActions is how many first actions stay in any case.
const leastActions = 2

// skipsPassing leaves out the actions that show what is gone after weeks, as long as
// others are left, and reports whether there were any.
func (p *Plan) skipsPassing() bool {
	list := make([]Action, 0, len(p.First.Actions))
	left := len(p.First.Actions)
	for _, a := range p.First.Actions {
		if left > leastActions && a.passing() {
			left--
			continue
		}
		list = append(list, a)
	}
	skipped := len(list) < len(p.First.Actions)
	p.First.Actions = list
	return skipped
}

// passing reports whether an action shows what is gone by then.
func (a *Action) passing() bool {
	return slices.ContainsFunc(a.Snippets, func(s Snippet) bool { return s.passing })
}

// age returns how old the alert is at now, and whether the logs of its time are gone
// from where they usually are; 0 for an alert without a date, and a plan that no
// library made.
func (p *Plan) age(now time.Time) (age time.Duration, pastLogs bool) {
	if p.madeFrom == nil || !dated(p.Event) {
		return 0, false
	}
	age = now.Sub(p.Event.Time)
	limit := kept[sourceOf(p.Event)]
	return age, limit > 0 && age > limit
}

// dated reports whether the alert says when it was: a line of text may have the
// hour alone, or nothing.
func dated(e *event.Event) bool { return e.Time.Unix() > 0 }
