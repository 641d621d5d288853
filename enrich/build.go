package enrich

import (
	"cmp"
	"slices"
	"strings"
)

// tables is what a mapping is made from.
type tables struct {
	lexicon
	crosswalk *Crosswalk
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
}

// build returns the mapping of a rule with these tags, of whose alerts these
// behaviours were seen.
func (t *tables) build(rule, source string, tags []string, seen seenSet) *Mapping {
	b := builder{tables: t, m: &Mapping{Version: t.matrix.release, set: t}}
	entry, known := lookupRule(rule, source)
	if known {
		b.doubts = entry.allDoubts()
	}
	var named []tagged // tactic tags wait until all techniques are known
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

func (b *builder) unknownTag(tag string) {
	b.m.Unknown = append(b.m.Unknown, tag)
	b.note(NoteUnknown, tag, tag, "the tag has the form of a mapping, and names nothing in the tables")
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

func (b *builder) techniqueTag(tag string, r reading) {
	res, ok := b.matrix.Resolve(r.id)
	if !ok {
		b.unknownTag(tag)
		return
	}
	e := b.attackEvidence(StageTag, HighConfidence)
	e.Tag = tag
	id := res.Technique.ID
	if r.form != byID {
		e.Confidence, e.Reason = MediumConfidence, "the tag is the name of "+id
	}
	switch {
	case res.Newer:
		e.Reason = res.Chain[0] + " came with a later release; until then it was " + id
		b.note(NoteNewer, id, tag, e.Reason)
	case len(res.Chain) > 1:
		e.Reason = strings.Join(res.Chain[:len(res.Chain)-1], " and then ") + " was revoked by " + id
		b.note(NoteRevoked, id, tag, e.Reason)
	case res.Technique.Deprecated:
		e.Confidence, e.Doubt = LowConfidence, id+" is deprecated and has no successor"
	}
	b.addTechnique(res.Technique, b.doubted(e, id))
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
	b.m.Techniques = append(b.m.Techniques, MappedTechnique{Technique: t, Evidence: []Evidence{e}})
}

// tacticTag adds the tactic of a tag. Defense Evasion became Stealth and Defense
// Impairment with 19, so a tag with that name means those of the two in which
// the rule's techniques lie, and Stealth, which kept the id, if none does.
func (b *builder) tacticTag(tag string, r reading) {
	e := b.attackEvidence(StageTag, HighConfidence)
	e.Tag = tag
	if r.form == bare {
		e.Confidence, e.Reason = MediumConfidence, "the tag is the bare name of a tactic"
	}
	if ids := b.split(r); len(ids) > 0 {
		e.Reason = "Defense Evasion until ATT&CK 18; the rule's technique lies here since 19"
		for _, id := range ids {
			b.addTactic(id, b.doubted(e, id))
		}
		return
	}
	t, ok := b.matrix.Tactic(b.tacticID(r.id))
	if !ok {
		b.unknownTag(tag)
		return
	}
	e = b.doubted(e, t.ID)
	b.addTactic(t.ID, e)
	if e.Doubt == "" && len(b.m.Techniques) > 0 && !slices.ContainsFunc(b.m.Techniques, func(x MappedTechnique) bool { return x.In(t.ID) }) {
		b.note(NoteOffTactic, t.ID, tag, "no technique of the rule lies in "+t.Name)
	}
}

// split returns the tactics that a tag for Defense Evasion means in a release
// that has split it, and nothing for any other tag or release.
func (b *builder) split(r reading) (ids []string) {
	if r.id != "defense-evasion" && r.slug != "defense-evasion" {
		return nil
	}
	for _, short := range [...]string{"stealth", "defense-impairment"} {
		t, ok := b.matrix.Tactic(short)
		if !ok {
			return nil
		}
		for _, x := range b.m.Techniques {
			if x.In(t.ID) && fromTag(x.Evidence) {
				ids = append(ids, t.ID)
				break
			}
		}
	}
	return ids
}

// tacticID returns the id of a tactic whose short name may be of another
// release.
func (b *builder) tacticID(name string) string {
	if _, ok := b.matrix.Tactic(name); ok {
		return name
	}
	switch name {
	case "defense-evasion", "stealth", "defense-impairment", "TA0112":
		return "TA0005"
	}
	return name
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
	b.m.Tactics = append(b.m.Tactics, MappedTactic{t, []Evidence{e}})
	if t.Short == "stealth" {
		b.note(NoteRenamed, t.ID, e.Tag, "Stealth (TA0005) was named Defense Evasion until ATT&CK 18")
	}
}

func (b *builder) controlTag(tag string, r reading) {
	c, ok := b.catalog.Control(r.id)
	if !ok {
		b.unknownTag(tag)
		return
	}
	e := Evidence{Stage: StageTag, Tag: tag, Dataset: "NIST SP 800-53", Version: b.catalog.release, Confidence: HighConfidence}
	if !c.Withdrawn {
		b.addControl(c, b.doubted(e, c.ID))
		return
	}
	text := c.ID + " was withdrawn"
	if len(c.Into) > 0 {
		text += "; its place is " + strings.Join(c.Into, ", ")
	}
	found := false
	for _, id := range c.Into {
		if to, ok := b.catalog.Control(id); ok {
			e.Reason = text
			b.addControl(to, b.doubted(e, to.ID))
			found = true
		}
	}
	if !found {
		b.m.Unknown = append(b.m.Unknown, tag)
	}
	b.note(NoteWithdrawn, c.ID, tag, text)
}

func (b *builder) addControl(c Control, e Evidence) {
	for i := range b.m.Controls {
		if x := &b.m.Controls[i]; x.ID == c.ID {
			x.Evidence = append(x.Evidence, e)
			return
		}
	}
	b.m.Controls = append(b.m.Controls, MappedControl{c, []Evidence{e}})
}

func (b *builder) requirementTag(tag string, r reading) {
	e := Evidence{Stage: StageTag, Tag: tag, Dataset: r.std, Version: r.version, Confidence: HighConfidence}
	if r.std != pciName {
		if r.id == "" {
			b.unknownTag(tag)
			return
		}
		if r.version == "" {
			b.note(NoteAmbiguous, r.id, tag, "ids of CIS benchmarks change from version to version, and the tag gives none")
		}
		b.addRequirement(Requirement{r.std, r.version, r.id}, e)
		return
	}
	became := pci().was[r.id]
	old := strings.HasPrefix(r.version, "3")
	if pci().now[r.id] && !old {
		e.Version = pciRelease
		if len(became) > 0 && r.version == "" {
			e.Confidence = MediumConfidence
			b.note(NoteAmbiguous, r.id, tag, "PCI DSS "+pciRetired+" has another requirement under this id, now "+strings.Join(became, ", ")+"; the tag is read as of "+pciRelease)
		}
		b.addRequirement(Requirement{pciName, pciRelease, r.id}, b.doubted(e, r.id))
		return
	}
	if len(became) == 0 {
		b.unknownTag(tag)
		return
	}
	e.Version, e.Confidence = pciRelease, MediumConfidence
	e.Reason = "was " + r.id + " in PCI DSS " + pciRetired + ", retired on 2024-03-31"
	for _, id := range became {
		b.addRequirement(Requirement{pciName, pciRelease, id}, b.doubted(e, id))
	}
	b.note(NoteRetired, r.id, tag, r.id+" is of PCI DSS "+pciRetired+", retired on 2024-03-31; in "+pciRelease+" it is "+strings.Join(became, ", "))
}

func (b *builder) addRequirement(r Requirement, e Evidence) {
	for i := range b.m.Requirements {
		if x := &b.m.Requirements[i]; x.Requirement == r {
			x.Evidence = append(x.Evidence, e)
			return
		}
	}
	b.m.Requirements = append(b.m.Requirements, MappedRequirement{r, []Evidence{e}})
}

// ruleEntry adds what the table of rules says.
func (b *builder) ruleEntry(entry ruleEntry) {
	e := Evidence{
		Stage: StageRule, Rule: entry.rule, Dataset: rulesDataset, Version: rulesVersion,
		Confidence: HighConfidence, Reason: entry.reason,
	}
	claims := entry.claims()
	for _, c := range claims {
		b.claim(c, e)
	}
	if len(claims) == 0 && len(b.m.Techniques) == 0 {
		b.note(NoteNone, entry.rule, "", entry.reason)
	}
	for id := range strings.FieldsSeq(entry.controls) {
		if prefix, id, ok := strings.Cut(id, ":"); ok {
			r := benchmarks[prefix]
			r.ID = id
			e := e
			e.Confidence = MediumConfidence // the alert bears on it, and does not show that it is unmet
			b.addRequirement(r, e)
			continue
		}
		if c, ok := b.catalog.Control(id); ok && !c.Withdrawn {
			b.addControl(c, e)
		}
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
		b.m.Techniques = append(b.m.Techniques, MappedTechnique{parent, t.Serves, []Evidence{e}})
	}
}

// strength orders evidence: stated before curated before suggested before
// derived, what is doubted behind what is not.
func strength(a, b Evidence) int {
	weak := func(e Evidence) int {
		switch {
		case e.Derived:
			return 2
		case e.Doubt != "" && e.Confidence == LowConfidence:
			return 1
		}
		return 0
	}
	return cmp.Or(weak(a)-weak(b), stageOrder(a.Stage)-stageOrder(b.Stage))
}

func stageOrder(s Stage) int {
	switch s {
	case StageTag:
		return 0
	case StageRule:
		return 1
	case StageBehaviour:
		return 3
	case StageDerived:
		return 4
	}
	return 2 // a host's
}

func (b *builder) sort() {
	m := b.m
	for _, x := range m.Techniques {
		slices.SortStableFunc(x.Evidence, strength)
	}
	for _, x := range m.Tactics {
		slices.SortStableFunc(x.Evidence, strength)
	}
	for _, x := range m.Controls {
		slices.SortStableFunc(x.Evidence, strength)
	}
	slices.SortStableFunc(m.Techniques, func(x, y MappedTechnique) int { return strength(x.Evidence[0], y.Evidence[0]) })
	slices.SortStableFunc(m.Tactics, func(x, y MappedTactic) int {
		return cmp.Or(strength(x.Evidence[0], y.Evidence[0]), b.matrix.Order(x.ID)-b.matrix.Order(y.ID))
	})
	slices.SortStableFunc(m.Controls, func(x, y MappedControl) int {
		return cmp.Or(strength(x.Evidence[0], y.Evidence[0]), compareControls(x.ID, y.ID))
	})
}
