package mitigate

import (
	"github.com/falconer-go/falconer/enrich"
)

// maxMitigations is how many of a technique's ATT&CK mitigations a plan turns
// into steps.
const maxMitigations = 4

// fromGeneral fills the plan for a rule that is not known, from the most
// specific knowledge there is.
func (l *Library) fromGeneral(p *Plan) {
	e := p.Event
	p.Verdict.Seen = l.phrase("seen-general", e)
	p.Verdict.Confidence = Low
	entry, mitigations := l.fallback(p)
	if entry != nil {
		p.apply(entry.kindAndName())
		p.LooksFor = entry.Means.all(l, e)
		p.Impact = entry.Impact.all(l, e)
		p.Triage = entry.Triage.all(l, e)
		l.steps(p, entry.Now, entry.Next, entry.Later)
	}
	for _, id := range mitigations {
		if m := find[mitigationEntry](l, "mitigation", id); m != nil {
			p.apply("mitigation", id, nil)
			p.Steps = append(p.Steps, Step{
				Phase: Later, Do: m.Do.first(l, e), Why: m.Why.first(l, e),
				Mitigations: mitigationRefs(p.Mapping, []string{id}), Controls: controlRefs(p.Mapping, m.NIST),
			})
		}
	}
	p.Verdict.Suggests = l.phrase("suggests-"+p.Level.String(), e)
	p.Verdict.Settle = l.phrase("settle-general", e)
	if c := l.phrase("conclude-general", e); c != nil {
		p.Conclude = []Text{c}
	}
}

// kindAndName returns what the entry is about, for the plan's notes.
func (g *generalEntry) kindAndName() (kind, name string, c *condition) {
	switch {
	case g.Technique != "":
		return "technique", g.Technique, nil
	case g.Tactic != "":
		return "tactic", g.Tactic, nil
	case g.Source != "":
		return "source", g.Source, nil
	}
	return "internal", g.Internal, nil
}

// fallback returns the entry to use, setting the plan's level, and the ATT&CK
// mitigations that serve against the technique, most specific first.
func (l *Library) fallback(p *Plan) (*generalEntry, []string) {
	if entry := find[generalEntry](l, "internal", p.Event.Rule); entry != nil && p.Event.Source == "internal" {
		p.Level = ByInternal
		return entry, nil
	}
	for _, t := range p.Mapping.Techniques {
		for _, id := range []string{t.ID, t.Parent()} {
			if entry := find[generalEntry](l, "technique", id); entry != nil {
				p.Level = ByTechnique
				return entry, l.known(p.Mapping.Matrix().MitigationsOf(t.ID))
			}
		}
	}
	for _, t := range p.Mapping.Tactics {
		if entry := find[generalEntry](l, "tactic", t.ID); entry != nil {
			p.Level = ByTactic
			return entry, nil
		}
	}
	if entry := find[generalEntry](l, "source", sourceOf(p.Event)); entry != nil {
		p.Level = BySource
		return entry, nil
	}
	p.Level = ByNothing
	return find[generalEntry](l, "source", "unknown"), nil
}

// known returns the first of the mitigations that there is an entry for.
func (l *Library) known(serving []enrich.Mitigation) []string {
	var list []string
	for _, m := range serving {
		if find[mitigationEntry](l, "mitigation", m.ID) != nil && len(list) < maxMitigations {
			list = append(list, m.ID)
		}
	}
	return list
}

// mitigationRefs gives the ATT&CK mitigations their names, in the version of m.
func mitigationRefs(m *enrich.Mapping, ids []string) []Reference {
	var list []Reference
	for _, id := range ids {
		r := Reference{ID: id}
		if known, ok := m.Matrix().Mitigation(id); ok {
			r.Name = known.Name
		}
		list = append(list, r)
	}
	return list
}

// controlRefs gives the controls their titles.
func controlRefs(m *enrich.Mapping, ids []string) []Reference {
	var list []Reference
	for _, id := range ids {
		r := Reference{ID: id}
		if known, ok := m.Catalog().Control(id); ok {
			r.Name = known.Name
		}
		list = append(list, r)
	}
	return list
}
