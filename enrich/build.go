package enrich

import (
	"slices"
	"strings"
)

// tables is what a mapping is made from.
type tables struct {
	lexicon
	crosswalk *Crosswalk
	noRules   bool // leave out the table of rules
}

// builder makes the mapping of one rule. The order of its steps is the order of
// the stages: what the tags say, what the table of rules adds, what the
// behaviour suggests, and what follows from all that.
type builder struct {
	*tables
	m      *Mapping
	doubts []doubt
	// claimed are the tactics that techniques serve according to the table of
	// rules, by id.
	claimed []claim
	slab    []Evidence // see first
}

// maxTags bounds what is read of a rule's tags. Upstream's rules have at most
// nine; what it costs to read many grows with their square.
const maxTags = 256

// build returns the mapping of a rule with these tags, of whose alerts these
// behaviours were seen.
func (t *tables) build(rule, source string, tags []string, seen seenSet) *Mapping {
	b := builder{tables: t, m: &Mapping{Version: t.matrix.release, set: t}}
	entry, known := t.lookupRule(rule, source)
	if known {
		b.doubts = entry.doubts
	}
	var named []tagged // tactic tags wait until all techniques are known
	if len(tags) > maxTags {
		b.m.Context = slices.Clone(tags[maxTags:])
		b.note(NoteUnread, "tags", "", "the rule has more than 256 tags, and those after these were not read")
		tags = tags[:maxTags]
	}
	for i, tag := range tags {
		if slices.Contains(tags[:i], tag) {
			continue
		}
		r := t.read(tag)
		switch r.kind {
		case kindTactic:
			named = append(named, tagged{tag, r})
		case kindTechnique:
			b.techniqueTag(tag, r)
		case kindControl:
			b.controlTag(tag, r)
		case kindRequirement:
			b.requirementTag(tag, r)
		case kindUnknown:
			b.unknownTag(tag)
		case kindFramework:
			b.m.Context = append(b.m.Context, tag)
			b.note(NoteNoID, tag, tag, "the tag names a framework and none of its items")
		case kindContext:
			if b.m.Context == nil {
				b.m.Context = make([]string, 0, len(tags))
			}
			b.m.Context = append(b.m.Context, tag)
		}
	}
	if known {
		b.ruleEntry(entry)
	}
	for i := range behaviours {
		if seen&(1<<i) != 0 {
			b.behaviour(behaviours[i])
		}
	}
	for _, n := range named {
		b.tacticTag(n.tag, n.reading)
	}
	b.serve()
	b.parents()
	b.sort()
	return b.m
}

type tagged struct {
	tag string
	reading
}

func (b *builder) note(code, about, tag, text string) {
	if b.m.Notes == nil {
		b.m.Notes = make([]Note, 0, 4)
	}
	b.m.Notes = append(b.m.Notes, Note{code, about, tag, text})
}

// attackEvidence is evidence that ATT&CK itself backs.
func (b *builder) attackEvidence(stage Stage, c Confidence) Evidence {
	return Evidence{Stage: stage, Dataset: "ATT&CK", Version: b.matrix.release, Confidence: c}
}

// doubted adds what the table of rules says of a tag to its evidence.
func (b *builder) doubted(e Evidence, about string) Evidence {
	for _, d := range b.doubts {
		if !strings.EqualFold(d.tag, e.Tag) {
			continue
		}
		e.Doubt = d.why
		e.Confidence = MediumConfidence
		if d.wrong {
			e.Confidence = LowConfidence
		}
		b.note(NoteBetter, about, e.Tag, d.why)
	}
	return e
}

// first returns a list with one piece of evidence. Most items have no more, so
// their lists share an array.
func (b *builder) first(e Evidence) []Evidence {
	if len(b.slab) == cap(b.slab) {
		b.slab = make([]Evidence, 0, 10)
	}
	n := len(b.slab)
	b.slab = append(b.slab, e)
	return b.slab[n : n+1 : n+1]
}

func (b *builder) addTechnique(t Technique, e Evidence) {
	for i := range b.m.Techniques {
		if x := &b.m.Techniques[i]; x.ID == t.ID {
			x.Evidence = append(x.Evidence, e)
			return
		}
	}
	if b.m.Techniques == nil {
		b.m.Techniques = make([]MappedTechnique, 0, 4) // what most rules need
	}
	b.m.Techniques = append(b.m.Techniques, MappedTechnique{Technique: t, Evidence: b.first(e)})
}

func (b *builder) addTactic(id string, e Evidence) {
	t, ok := b.matrix.Tactic(id)
	if !ok {
		return
	}
	for i := range b.m.Tactics {
		if x := &b.m.Tactics[i]; x.ID == t.ID {
			x.Evidence = append(x.Evidence, e)
			return
		}
	}
	b.m.Tactics = append(b.m.Tactics, MappedTactic{t, b.first(e)})
	if t.Short == "stealth" {
		b.note(NoteRenamed, t.ID, e.Tag, "Stealth (TA0005) was named Defense Evasion until ATT&CK 18")
	}
}

func (b *builder) addControl(c Control, e Evidence) {
	for i := range b.m.Controls {
		if x := &b.m.Controls[i]; x.ID == c.ID {
			x.Evidence = append(x.Evidence, e)
			return
		}
	}
	b.m.Controls = append(b.m.Controls, MappedControl{c, b.first(e)})
}

func (b *builder) addRequirement(r Requirement, e Evidence) {
	for i := range b.m.Requirements {
		if x := &b.m.Requirements[i]; x.Requirement == r {
			x.Evidence = append(x.Evidence, e)
			return
		}
	}
	b.m.Requirements = append(b.m.Requirements, MappedRequirement{r, b.first(e)})
}

// ruleEntry adds what the table of rules says.
func (b *builder) ruleEntry(entry ruleEntry) {
	e := Evidence{
		Stage: StageRule, Rule: entry.rule, Dataset: rulesDataset, Version: rulesVersion,
		Confidence: HighConfidence, Reason: entry.reason,
	}
	for _, c := range entry.claims {
		b.claim(c, e)
	}
	if len(entry.claims) == 0 && len(b.m.Techniques) == 0 {
		b.note(NoteNone, entry.rule, "", entry.reason)
	}
	for _, id := range entry.controls {
		if c, ok := b.catalog.Control(id); ok && !c.Withdrawn {
			b.addControl(c, e)
		}
	}
	e.Confidence = MediumConfidence // the alert bears on it, and does not show that it is unmet
	for _, r := range entry.requirements {
		b.addRequirement(r, e)
	}
}

// claim adds a technique with its tactic, both in the ids of 19.
func (b *builder) claim(c claim, e Evidence) {
	res, ok := b.matrix.Resolve(c.technique)
	if !ok || !res.Technique.Active() {
		return
	}
	e.Confidence = c.confidence
	b.addTechnique(res.Technique, e)
	id := b.tacticID(c.tactic)
	if t, ok := b.matrix.Tactic(id); ok && res.Technique.In(t.ID) {
		b.claimed = append(b.claimed, claim{technique: res.Technique.ID, tactic: t.ID})
		e.From, e.Reason = res.Technique.ID, ""
		b.addTactic(t.ID, e)
	}
}

// behaviour adds what a field suggests.
func (b *builder) behaviour(x behaviour) {
	for _, c := range x.claims {
		b.claim(c, Evidence{Stage: StageBehaviour, Field: x.field, Dataset: "falconer behaviours", Reason: x.reason})
	}
}

// serve settles which tactics each technique serves: those that the table of
// rules gives it, and those that the source of the technique names beside it;
// else all of its own, which then are in the mapping as derived.
func (b *builder) serve() {
	for i := range b.m.Techniques {
		t := &b.m.Techniques[i]
		if t.Serves != nil {
			continue // settled before a host's source added to the mapping
		}
		for _, c := range b.claimed {
			if c.technique == t.ID {
				t.Serves = append(t.Serves, c.tactic)
			}
		}
		for _, x := range b.m.Tactics {
			if t.In(x.ID) && together(t.Evidence, x.Evidence) {
				t.Serves = append(t.Serves, x.ID)
			}
		}
		if len(t.Serves) > 0 {
			t.Serves = b.matrix.byOrder(t.Serves)
			continue
		}
		t.Serves = t.Tactics
		e := b.attackEvidence(StageDerived, t.Evidence[0].Confidence)
		e.From, e.Derived, e.Doubt = t.ID, true, t.Evidence[0].Doubt
		for _, id := range t.Tactics {
			b.addTactic(id, e)
		}
	}
}

// together reports whether a technique and a tactic are from the same stage.
// The table of rules says itself which technique goes with which tactic.
func together(technique, tactic []Evidence) bool {
	for _, x := range technique {
		if x.Stage == StageRule || x.Derived {
			continue
		}
		if slices.ContainsFunc(tactic, func(y Evidence) bool { return y.Stage == x.Stage && !y.Derived }) {
			return true
		}
	}
	return false
}

// fromTag reports whether some of the evidence is a tag.
func fromTag(list []Evidence) bool {
	return slices.ContainsFunc(list, func(e Evidence) bool { return e.Stage == StageTag })
}

// parents adds the technique of each sub-technique that is there without it.
func (b *builder) parents() {
	for _, t := range b.m.Techniques { // those that are appended have no parent
		parent, ok := b.matrix.Technique(t.Parent())
		if !ok || !parent.Active() {
			continue
		}
		if _, have := b.m.Technique(parent.ID); have {
			continue
		}
		e := b.attackEvidence(StageDerived, t.Evidence[0].Confidence)
		e.From, e.Derived, e.Reason, e.Doubt = t.ID, true, "the technique that "+t.ID+" belongs to", t.Evidence[0].Doubt
		b.m.Techniques = append(b.m.Techniques, MappedTechnique{parent, t.Serves, b.first(e)})
	}
}
