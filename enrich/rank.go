package enrich

import (
	"cmp"
	"slices"
)

// workload are the controls that the owner of a host, a container, a cluster or
// a cloud account answers for in its own configuration. The crosswalk is made
// for whole enterprises, and rarity alone would put wireless access and mobile
// devices at the top.
var workload = map[string]bool{
	"AC-2": true, "AC-3": true, "AC-4": true, "AC-6": true,
	"CM-3": true, "CM-5": true, "CM-6": true, "CM-7": true, "CM-8": true, "CM-10": true, "CM-11": true,
	"CP-9": true, "IA-2": true, "IA-5": true, "IA-9": true, "RA-5": true, "SA-22": true,
	"SC-2": true, "SC-3": true, "SC-7": true, "SC-8": true, "SC-12": true, "SC-13": true, "SC-18": true, "SC-28": true, "SC-39": true,
	"SI-2": true, "SI-3": true, "SI-4": true, "SI-7": true, "SI-10": true, "SI-16": true, "SR-4": true, "SR-11": true,
}

// rank returns the controls that the crosswalk gives the techniques of m. The
// crosswalk itself does not rank, and a few controls bear on nearly everything
// (SI-4 on four techniques in five). So those of a workload come first, and
// within both groups a control scores, for each technique it bears on, the
// technique's confidence times the logarithm of how rare the control is.
func rank(m *Mapping) []MappedControl {
	type scored struct {
		MappedControl
		score float32
	}
	set := m.tables()
	var list []scored
	at := map[string]int{}
	for _, t := range m.Techniques {
		if len(t.Evidence) == 0 {
			continue
		}
		why := t.Evidence[0]
		if why.Derived || why.Doubt != "" && why.Confidence == LowConfidence {
			continue
		}
		confidence, reason := why.Confidence, ""
		ids := set.crosswalk.Controls(t.ID)
		if len(ids) == 0 && t.Parent() != "" && !set.crosswalk.NoControl(t.ID) {
			ids = set.crosswalk.Controls(t.Parent())
			confidence, reason = LowConfidence, "the crosswalk has "+t.Parent()+" and not "+t.ID
		}
		for _, id := range ids {
			c, ok := set.catalog.Control(id)
			if !ok || c.Withdrawn {
				continue
			}
			i, have := at[c.ID]
			if !have {
				i = len(list)
				at[c.ID] = i
				list = append(list, scored{MappedControl: MappedControl{Control: c}})
			}
			list[i].score += float32(confidence) * set.crosswalk.weight[id]
			list[i].Evidence = append(list[i].Evidence, Evidence{
				Stage: StageDerived, From: t.ID, Dataset: set.crosswalk.source, Derived: true,
				Confidence: confidence, Reason: reason,
			})
		}
	}
	slices.SortFunc(list, func(a, b scored) int {
		if x := workload[a.ID]; x != workload[b.ID] {
			if x {
				return -1
			}
			return 1
		}
		return cmp.Or(cmp.Compare(b.score, a.score), compareControls(a.ID, b.ID))
	})
	controls := make([]MappedControl, len(list))
	for i, x := range list {
		controls[i] = x.MappedControl
	}
	return controls
}
