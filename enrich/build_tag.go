package enrich

import (
	"slices"
	"strings"
)

// What each kind of tag adds to a mapping.

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

func (b *builder) unknownTag(tag string) {
	b.m.Unknown = append(b.m.Unknown, tag)
	b.note(NoteUnknown, tag, tag, "the tag has the form of a mapping, and names nothing in the tables")
}
