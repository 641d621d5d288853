package mitigate

import (
	"slices"
	"strings"
)

// First is the short form of a plan: what a reader needs before anything else,
// and what fits on a screen.
type First struct {
	Facts   []Reading // what the fields add to [Verdict.Seen], the weightiest first; they stand in [Plan.Readings] too
	Actions []Action  // in order: what reads, what keeps evidence, and where minutes count what stops it
	Caution Text      // what to think of before anything is stopped or deleted; empty as a rule
	Ask     Text      // who can tell; empty where it is known well enough
	Node    Text      // how to come to the node, where a command runs there and the alert names the pod
	Then    []Outcome // what to do with each outcome of the checks
}

// Outcome is something that the checks may find, and what to do then.
type Outcome struct {
	Find     Text // what follows the word if
	Do       Text
	Snippets []Snippet
}

// Action is one thing to do in the first minutes.
type Action struct {
	Do       Text
	Snippets []Snippet
}

// Bounds of the short form.
const (
	maxFacts   = 5
	maxLooking = 4 // actions that only read
	maxCode    = 2 // snippets of an action

	enoughLooking = 2 // of a situation's own

	likelyLooking = 3 // where the cause is most likely harmless, and the check of that comes first
)

// shorten makes the short form from the plan. A nil r is a rule that is not
// known.
func (d *draft) shorten(r *ruleEntry) {
	f := &d.First
	d.mostLooking = maxLooking
	if d.Verdict.Likely != nil {
		d.mostLooking = likelyLooking
	}
	facts := maxFacts
	if d.situation != nil {
		facts-- // its own say more
	}
	f.Facts = d.Readings[:min(len(d.Readings), facts)]
	f.Caution = d.phrase("caution")
	if d.situation == nil || !d.told || d.Verdict.Confidence < High {
		f.Ask = d.phrase("ask")
	}
	f.Actions = make([]Action, 0, maxLooking+1)
	if b := d.Benign; d.Verdict.Likely != nil && len(b[0].Snippets) > 0 && d.situation == nil {
		f.Actions = append(f.Actions, Action{Do: b[0].Snippets[0].Title, Snippets: b[0].Snippets}) // how it shows says its Confirm
	}
	var outcomes []outcomeEntry
	if s := d.situation; s != nil {
		f.Actions = d.lead(f.Actions, s.First)
		outcomes = s.Outcomes
	} else if r != nil {
		f.Actions = d.lead(f.Actions, r.First)
		outcomes = r.Outcomes
	} else {
		f.Actions = d.lead(f.Actions, d.follow) // what tells knows more of the alert than what follows
		if d.general != nil && (d.Level != ByTechnique || d.source == "syscall") {
			f.Actions = d.lead(f.Actions, d.general.First)
			outcomes = d.general.Outcomes
		}
		if s := find[generalEntry](d.l, "source", d.source); s != nil {
			f.Actions = d.lead(f.Actions, s.First)
			if outcomes == nil {
				outcomes = s.Outcomes
			}
		}
	}
	// One command for what the alert lacks and one for what it says are enough:
	// the rule's own come as well.
	if d.situation == nil || len(f.Actions) < enoughLooking {
		f.Actions = d.leadOne(f.Actions, d.Gaps)
		f.Actions = d.leadOne(f.Actions, f.Facts)
	}
	if d.situation == nil || len(f.Actions) == 0 {
		f.Actions = d.looking(f.Actions)
	}
	if len(f.Actions) < d.mostLooking {
		f.Actions = d.words(f.Actions)
	}
	d.outcomes(outcomes)
	d.keepFirst()
	if d.runsOnNode() {
		f.Node = d.phrase("on-node")
	}
}

// keepFirst puts what saves evidence among the first actions, where an outcome has a
// command that would destroy it: behind the first check where minutes count, else last.
func (d *draft) keepFirst() {
	f := &d.First
	for i := range f.Then {
		of := f.Then[i].Snippets
		if !slices.ContainsFunc(of, func(s Snippet) bool { return s.Changes }) {
			continue
		}
		for k := range of {
			s := of[k]
			if !s.keeps || !s.ready {
				continue
			}
			stands := slices.IndexFunc(f.Actions, func(a Action) bool { return has([]Action{a}, s.Name) })
			switch now := d.Verdict.Urgency == AtOnce && d.Verdict.Likely == nil; {
			case now && stands > 1:
				keep := f.Actions[stands]
				f.Actions = slices.Insert(slices.Delete(f.Actions, stands, stands+1), 1, keep)
			case now && stands < 0:
				f.Actions = slices.Insert(f.Actions, min(1, len(f.Actions)), Action{Do: s.Title, Snippets: []Snippet{s}})
			case stands < 0:
				f.Actions = append(f.Actions, Action{Do: s.Title, Snippets: []Snippet{s}})
			}
			return
		}
	}
}

// runsOnNode reports whether a command of the short form is for the node.
func (d *draft) runsOnNode() bool {
	there := func(s Snippet) bool { return strings.Contains(s.Body, "on the node") }
	return slices.ContainsFunc(d.First.Actions, func(a Action) bool { return slices.ContainsFunc(a.Snippets, there) }) ||
		slices.ContainsFunc(d.First.Then, func(o Outcome) bool { return slices.ContainsFunc(o.Snippets, there) })
}

// lead adds the named commands; those that change something only where minutes
// count, nothing harmless is likely, and there is nothing to fill in.
func (d *draft) lead(list []Action, snippets names) []Action {
	now := d.Verdict.Urgency == AtOnce && d.Verdict.Likely == nil
	for _, name := range snippets {
		if len(list) >= d.mostLooking || has(list, name) {
			continue
		}
		if s, ok := d.snippet(name); ok && (!s.Changes || now && s.ready) && !titled(list, s.Title) {
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
			list = d.look(list, d.Benign[i].Snippets, 0, ready)
		}
		list = d.lookingIn(list, Next, ready)
	}
	return list
}

func (d *draft) lookingIn(list []Action, phase Phase, ready bool) []Action {
	for nth := range maxCode {
		for i := range d.Steps {
			if s := &d.Steps[i]; s.Phase == phase {
				list = d.look(list, s.Snippets, nth, ready)
			}
		}
	}
	return list
}

// look adds one snippet, if it is a command that only reads.
func (d *draft) look(list []Action, of []Snippet, nth int, ready bool) []Action {
	if nth >= len(of) || len(list) >= d.mostLooking {
		return list
	}
	s := &of[nth]
	if s.Changes || s.ready != ready || !commands(s.Kind) || has(list, s.Name) || titled(list, s.Title) {
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

// titled reports whether an action is called so: two snippets may give the same
// command for an alert.
func titled(list []Action, title Text) bool {
	return slices.ContainsFunc(list, func(a Action) bool { return slices.Equal(a.Do, title) })
}

// words adds the first step that only looks, where no command was found for it.
func (d *draft) words(list []Action) []Action {
	for i := range d.Steps {
		if s := &d.Steps[i]; s.Phase == Now && len(s.Snippets) == 0 && looks(s.Do) {
			return append(list, Action{Do: s.Do})
		}
	}
	return list
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
	"Ask", "Check", "Collect", "Compare", "Confirm", "Copy", "Determine", "Establish", "Examine", "Fetch", "Find", "Follow", "Get", "Identify",
	"Inspect", "Keep", "List", "Look", "Note", "Open", "Preserve", "Pull", "Query", "Read", "Record", "Review", "Save", "Search", "See", "Tell",
	"Trace", "Verify", "Watch",
}
