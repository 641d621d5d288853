package mitigate

import (
	"slices"
	"strings"
)

// First is the short form of a plan: what a reader needs before anything else,
// and what fits on a screen.
type First struct {
	Facts   []Reading // what the fields add to [Verdict.Seen], the weightiest first; they stand in [Plan.Readings] too
	Actions []Action  // in order: what reads and keeps evidence, then what contains
	Caution Text      // what to think of before anything is stopped or deleted; empty as a rule
	Ask     Text      // who can tell
	Then    []Text    // what to do with each outcome: explained, nobody answers, disowned
}

// Action is one thing to do in the first minutes.
type Action struct {
	Gate     Text // what has to hold before it is done; empty for what only reads
	Do       Text
	Snippets []Snippet
}

// Bounds of the short form.
const (
	maxFacts   = 3
	maxLooking = 3 // actions that only read
	maxCode    = 2 // snippets of an action
)

// shorten makes the short form from the plan. A nil r is a rule that is not
// known.
func (d *draft) shorten(r *ruleEntry) {
	f := &d.First
	f.Facts = d.Readings[:min(len(d.Readings), maxFacts)]
	f.Caution = d.phrase("caution")
	f.Ask = d.phrase("ask")
	f.Actions = make([]Action, 0, maxLooking+1)
	if d.likelyBenign() {
		b := &d.Benign[0]
		f.Actions = append(f.Actions, Action{Do: b.Confirm, Snippets: b.Snippets})
		if len(b.Snippets) > 0 {
			f.Actions[0].Do = b.Snippets[0].Title // how to confirm it says Settle
		}
	}
	if r != nil {
		f.Actions = d.lead(f.Actions, r.First)
	} else if s := find[generalEntry](d.l, "source", sourceOf(d.e)); s != nil {
		f.Actions = d.lead(f.Actions, s.First)
	}
	// One command for what the alert lacks and one for what it says are enough:
	// the rule's own come as well.
	f.Actions = d.leadOne(f.Actions, d.Gaps)
	f.Actions = d.leadOne(f.Actions, f.Facts)
	f.Actions = d.looking(f.Actions)
	a, contains := d.containing()
	if contains {
		f.Actions = append(f.Actions, a)
	}
	for _, outcome := range [...]string{"then-explained", "then-unanswered", "then-disowned"} {
		if outcome == "then-unanswered" && len(a.Snippets) == 0 {
			continue // it speaks of the step that contains
		}
		if t := d.phrase(outcome); len(t) > 0 {
			f.Then = append(f.Then, t)
		}
	}
}

// lead adds the named commands.
func (d *draft) lead(list []Action, snippets names) []Action {
	for _, name := range snippets {
		if len(list) == maxLooking || has(list, name) {
			continue
		}
		if s, ok := d.snippet(name); ok && !s.Changes {
			list = append(list, Action{Do: s.Title, Snippets: []Snippet{s}})
		}
	}
	return list
}

// leadOne adds the command that follows the first of the readings that has one.
func (d *draft) leadOne(list []Action, readings []Reading) []Action {
	for i := range readings {
		if more := d.lead(list, readings[i].run); len(more) > len(list) {
			return more
		}
	}
	return list
}

// likelyBenign reports whether the first benign case is the likely cause.
func (d *draft) likelyBenign() bool {
	return len(d.Benign) > 0 && d.Benign[0].Fits && d.Benign[0].Strength == High
}

// looking adds the commands that only read: those that can be pasted as they
// stand before those with something to fill in, the first of each step before
// the others, and what is due now before what would confirm a benign case, and
// that before what is due next.
func (d *draft) looking(list []Action) []Action {
	for _, ready := range [...]bool{true, false} {
		if !ready && len(list) > 0 && d.Verdict.Urgency == AtOnce {
			break // nothing is worth the time to fill it in before the fire is out
		}
		list = d.lookingIn(list, Now, ready)
		for i := range d.Benign {
			list = look(list, d.Benign[i].Snippets, 0, ready)
		}
		list = d.lookingIn(list, Next, ready)
	}
	return list
}

func (d *draft) lookingIn(list []Action, phase Phase, ready bool) []Action {
	for nth := range maxCode {
		for i := range d.Steps {
			if s := &d.Steps[i]; s.Phase == phase {
				list = look(list, s.Snippets, nth, ready)
			}
		}
	}
	return list
}

// look adds one snippet, if it is a command that only reads.
func look(list []Action, of []Snippet, nth int, ready bool) []Action {
	if nth >= len(of) || len(list) >= maxLooking {
		return list
	}
	s := &of[nth]
	if s.Changes || s.ready != ready || !commands(s.Kind) || has(list, s.Name) {
		return list
	}
	return append(list, Action{Do: s.Title, Snippets: of[nth : nth+1 : nth+1]})
}

// commands reports whether snippets of the kind are commands to be typed.
func commands(kind string) bool {
	switch kind {
	case "shell", "aws", "gcloud", "github", "okta":
		return true
	}
	return false
}

func has(list []Action, name string) bool {
	return slices.ContainsFunc(list, func(a Action) bool {
		return slices.ContainsFunc(a.Snippets, func(s Snippet) bool { return s.Name == name })
	})
}

// containing returns the first step that changes something, rather one without
// anything to fill in, and what has to hold before. Where no command changes
// anything, it is the first step that has none.
func (d *draft) containing() (Action, bool) {
	for _, ready := range [...]bool{true, false} {
		for i := range d.Steps {
			s := &d.Steps[i]
			from := slices.IndexFunc(s.Snippets, func(sn Snippet) bool { return sn.Changes })
			if s.Phase == Now && from >= 0 && s.Snippets[from].ready == ready {
				return Action{d.gate(s), s.Do, s.Snippets[from:min(len(s.Snippets), from+maxCode)]}, true
			}
		}
	}
	for i := range d.Steps {
		s := &d.Steps[i]
		switch {
		case s.Phase != Now || len(s.Snippets) > 0:
		case looks(s.Do):
			return Action{Do: s.Do}, true
		default:
			return Action{Gate: d.gate(s), Do: s.Do}, true
		}
	}
	return Action{}, false
}

// looks reports whether a step begins with a word for what changes nothing.
func looks(t Text) bool {
	if len(t) == 0 || t[0].Kind != Plain {
		return false
	}
	verb, _, _ := strings.Cut(t[0].Text, " ")
	return slices.Contains(lookingVerbs, verb)
}

var lookingVerbs = []string{
	"Ask", "Check", "Collect", "Compare", "Copy", "Determine", "Fetch", "Find", "Follow", "Get", "Identify", "Keep", "List", "Look", "Note",
	"Open", "Preserve", "Read", "Record", "Review", "Save", "Search", "See", "Tell", "Verify", "Watch",
}

// gate returns what has to hold before a step, if the step does not say so
// itself.
func (d *draft) gate(s *Step) Text {
	switch {
	case conditioned(s.Do):
		return nil
	case d.Verdict.Urgency == AtOnce && !d.likelyBenign():
		return d.phrase("gate-at-once")
	}
	return d.phrase("gate")
}

// conditioned reports whether a text names its own condition.
func conditioned(t Text) bool {
	for i, s := range t {
		if s.Kind != Plain {
			continue
		}
		if i == 0 && strings.HasPrefix(s.Text, "If ") {
			return true
		}
		for _, word := range [...]string{" if ", " unless ", " once ", " where ", " now", " at once", "before you"} {
			if strings.Contains(s.Text, word) {
				return true
			}
		}
	}
	return false
}
