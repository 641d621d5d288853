package mitigate

import (
	"fmt"

	"github.com/falconer-go/falconer/enrich"
	"github.com/falconer-go/falconer/event"
)

// Plan is what one alert means and what to do about it. It is made by [For] or
// [Library.Plan] and not to be changed afterwards.
type Plan struct {
	Event   *event.Event
	Mapping *enrich.Mapping

	Level     Level  // how specific the knowledge behind the plan is
	Situation string // the name of what the alert was recognised as by its values, whatever its rule; "" if nothing is known of it

	Verdict Verdict // the first thing to read
	First   First   // what to do first

	LooksFor []Text // what the rule looks for; what the technique or source is where the rule is not known
	Blind    Text   // what the rule cannot see; empty where the rule is not known
	Readings []Reading
	Gaps     []Reading // what the alert does not say, and where it stands
	Impact   []Text
	Benign   []Benign // fitting ones first, the strongest first
	Triage   []Text   // questions in the order to ask them
	Steps    []Step   // by phase, in order
	Config   []Snippet
	Tuning   []Text // how to tune the rule, and how not to
	Related  []Related
	Conclude []Text

	Applied []Applied // the entries of the knowledge that the plan is made of
	Remarks []Remark  // on advisors that were asked besides; see Compose

	madeFrom *Library
}

// Applied is an entry of the knowledge that a plan draws on, and why.
type Applied struct {
	Kind string // rule, technique, reading, pattern, urgency, ...
	Name string
	If   string // the condition that held; "" if the entry has none
}

// Level says how specific the knowledge behind a [Plan] is.
type Level uint8

// The levels, most specific first.
const (
	ByRule      Level = iota // knowledge of the rule itself
	ByInternal               // knowledge of this kind of internal event of Falco
	ByTechnique              // of the ATT&CK technique the rule is mapped to
	ByTactic                 // of its tactic alone
	BySource                 // of the source of the alert alone
	ByNothing                // not even the source is known
)

var levelNames = [...]string{"rule", "internal", "technique", "tactic", "source", "none"}

func (l Level) String() string {
	if int(l) < len(levelNames) {
		return levelNames[l]
	}
	return fmt.Sprintf("Level(%d)", uint8(l))
}

// MarshalText implements [encoding.TextMarshaler] with the name of l.
func (l Level) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// Rather reports whether the first benign case explains the alert better than what
// it suggests, though not so well that it is the likely cause.
func (p *Plan) Rather() bool {
	return p.Level == ByRule && p.Verdict.Likely == nil && p.Verdict.Confidence <= Low && len(p.Benign) > 0 && p.Benign[0].Fits &&
		p.Benign[0].Strength == Medium
}

// Verdict is the short form of a plan.
type Verdict struct {
	Seen       Text       // what was seen: certain
	Likely     Text       // the benign cause that fits best, where one fits so well that it is the likely one; else empty
	Suggests   Text       // what it suggests where no benign cause explains it
	Confidence Confidence // how strongly the alert alone suggests that
	Settle     Text       // the one check that would settle it; how to confirm Likely says its benign case, the first
	Urgency    Urgency
	Because    Text // why this urgency
}

// Urgency says when somebody has to act.
type Urgency uint8

// The urgencies, least first.
const (
	Note    Urgency = iota // no one has to act; it is worth keeping
	Routine                // within days
	Today                  // within the working day
	Soon                   // within the hour
	AtOnce                 // wake somebody
)

var urgencyNames = [...]string{"note", "routine", "today", "within the hour", "at once"}

func (u Urgency) String() string {
	if int(u) < len(urgencyNames) {
		return urgencyNames[u]
	}
	return fmt.Sprintf("Urgency(%d)", uint8(u))
}

// MarshalText implements [encoding.TextMarshaler] with the words for u.
func (u Urgency) MarshalText() ([]byte, error) { return []byte(u.String()), nil }

// Reading is an inference from the alert's fields.
type Reading struct {
	Name       string
	Topic      string // actor, origin, target, network, image, identity, outcome, timing, gap
	Says       Text
	Confidence Confidence
	Limits     Text // when the inference fails

	run     names // commands that follow it up
	against bool  // it speaks against harmless causes
}

// Benign is a cause that would make the alert harmless.
type Benign struct {
	Case     Text
	Fits     bool       // the alert's fields point to it; false if they cannot tell
	Strength Confidence // how strongly, where Fits
	Why      Text
	Confirm  Text
	AndIfNot Text // what follows if it is not confirmed
	Snippets []Snippet

	pattern *patternEntry // what it comes from; nil if from the rule
	then    Text          // what to do if it is confirmed, where that is not to close the alert
}

// plain reports whether b is a pattern that names no exception: one is not wanted.
func (b *Benign) plain() bool { return b.pattern != nil && len(b.pattern.Exception) == 0 }

// trial reports whether b is that something was tried.
func (b *Benign) trial() bool { return b.pattern != nil && b.pattern.Trial }

// Phase is when a step is due.
type Phase uint8

// The phases of a response, in order.
const (
	Now   Phase = iota // contain, and keep the evidence
	Next               // eradicate and recover
	Later              // harden
)

var phaseNames = [...]string{"now", "next", "later"}

func (p Phase) String() string {
	if int(p) < len(phaseNames) {
		return phaseNames[p]
	}
	return fmt.Sprintf("Phase(%d)", uint8(p))
}

// MarshalText implements [encoding.TextMarshaler] with the name of p.
func (p Phase) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// Step is one thing to do.
type Step struct {
	By          string // the advisor it comes from; "" for the library
	Phase       Phase
	Do          Text
	Why         Text
	Mitigations []Reference // ATT&CK mitigations it serves
	Controls    []Reference // NIST SP 800-53 controls it serves
	Snippets    []Snippet
}

// Reference is an id with its name, such as M1029, Remote Data Storage.
type Reference struct {
	ID   string `json:"id"`
	Name string `json:"name,omitempty"`
}

// Snippet is a command, a manifest or a piece of configuration, ready to be
// copied. Its body holds no value of the alert whose shape is not known to be
// safe there.
type Snippet struct {
	Name         string
	Title        Text
	Kind         string // shell, kubernetes, falco, talon, aws, gcloud, github, okta, json
	Body         string
	Changes      bool // it changes or destroys something
	Expect       Text // what its output looks like in the harmless and in the bad case; may be empty
	Undo         Text // how to take it back, where it changes something
	Placeholders []Placeholder

	ready   bool // nothing has to be filled in
	passing bool // what it shows is gone after weeks
	keeps   bool // it saves evidence
}

// Placeholder is a word in capitals that stands in a snippet for a value that
// the reader has to fill in.
type Placeholder struct {
	Word  string
	Field string // the alert's field that it stands for
	How   Text   // how to find it elsewhere; empty where nothing is known
}

// Related is another rule worth looking for in the same minutes.
type Related struct {
	Rule string
	Why  Text
}
