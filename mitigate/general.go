package mitigate

import (
	"github.com/falconer-go/falconer/enrich"
)

// maxMitigations is how many of a technique's ATT&CK mitigations a plan turns
// into steps.
const maxMitigations = 4

// fromGeneral fills the plan for a rule that is not known, from the most
// specific knowledge there is.
func (d *draft) fromGeneral() {
	d.Verdict.Seen = d.phrase("seen-general")
	d.Verdict.Confidence = Low
	entry, mitigations := d.fallback()
	d.general = entry
	if entry != nil {
		d.apply(entry.kindAndName())
		d.LooksFor = d.all(entry.Means)
		d.Impact = d.all(entry.Impact)
		d.Triage = d.all(entry.Triage)
		d.steps(entry.Now, entry.Next, entry.Later)
	}
	for _, m := range mitigations {
		d.apply("mitigation", m.Mitigation, nil)
		serves := m.serves.in(d.Mapping, []string{m.Mitigation}, m.NIST)
		d.Steps = append(d.Steps, Step{
			Phase: Later, Do: d.first(m.Do), Why: d.first(m.Why), Mitigations: serves.mitigations, Controls: serves.controls,
		})
	}
	d.Verdict.Suggests = d.phrase("suggests-" + d.Level.String())
	if d.Level == ByTechnique && len(d.LooksFor) > 0 {
		from := d.begin()
		d.put(d.LooksFor[0]...)
		d.say(" ")
		d.put(d.Verdict.Suggests...)
		d.Verdict.Suggests = d.end(from)
	}
	if entry != nil {
		d.Verdict.Settle = d.first(entry.Settle)
	}
	if d.Verdict.Settle == nil {
		d.Verdict.Settle = d.phrase("settle-general")
	}
	if c := d.phrase("conclude-general"); c != nil {
		d.Conclude = []Text{c}
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
func (d *draft) fallback() (*generalEntry, []*mitigationEntry) {
	if entry := find[generalEntry](d.l, "internal", d.e.Rule); entry != nil && d.e.Source == "internal" {
		d.Level = ByInternal
		return entry, nil
	}
	for _, t := range d.Mapping.Techniques {
		for _, id := range [...]string{t.ID, t.Parent()} {
			if entry := find[generalEntry](d.l, "technique", id); entry != nil {
				d.Level = ByTechnique
				return entry, d.l.known(d.Mapping.Matrix().MitigationsOf(t.ID))
			}
		}
	}
	for _, t := range d.Mapping.Tactics {
		if entry := find[generalEntry](d.l, "tactic", t.ID); entry != nil {
			d.Level = ByTactic
			return entry, nil
		}
	}
	if entry := find[generalEntry](d.l, "source", d.source); entry != nil {
		d.Level = BySource
		return entry, nil
	}
	d.Level = ByNothing
	return find[generalEntry](d.l, "source", "unknown"), nil
}

// known returns the first of the mitigations that there is an entry for.
func (l *Library) known(serving []enrich.Mitigation) []*mitigationEntry {
	var list []*mitigationEntry
	for _, m := range serving {
		if entry := find[mitigationEntry](l, "mitigation", m.ID); entry != nil && len(list) < maxMitigations {
			list = append(list, entry)
		}
	}
	return list
}
