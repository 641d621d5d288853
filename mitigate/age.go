package mitigate

import (
	"strconv"
	"time"
)

// kept is how long what the source of an alert was made from is kept where nobody
// made it last longer: the event history of CloudTrail, Cloud Logging's bucket for
// admin activity, Okta's System Log and GitHub's audit log. Sources: the services'
// own documentation.
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
	if p.madeFrom == nil || p.Event.Time.Unix() <= 0 {
		return nil // not made by a library, or without a date
	}
	age := now.Sub(p.Event.Time)
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
	if limit := kept[d.source]; limit > 0 && age > limit {
		name = "past-logs"
	}
	from := d.begin()
	d.say("The alert is " + words + " old, and ")
	d.putPhrase(name)
	d.say(".")
	return d.end(from)
}

// At returns the plan for somebody who reads it at now: where the logs of the
// alert's time are no longer in the usual place, the command that looks in the
// other one comes first. It is p itself where nothing changes.
func (p *Plan) At(now time.Time) *Plan {
	if p.madeFrom == nil {
		return p // not made by a library
	}
	source := sourceOf(p.Event)
	limit := kept[source]
	if limit == 0 || p.Event.Time.Unix() <= 0 || now.Sub(p.Event.Time) <= limit {
		return p
	}
	for i := range p.First.Then {
		for _, s := range p.First.Then[i].Snippets {
			if s.Name == "absent-"+source {
				at := *p
				at.First.Actions = append([]Action{{Do: s.Title, Snippets: []Snippet{s}}}, p.First.Actions...)
				return &at
			}
		}
	}
	return p
}
