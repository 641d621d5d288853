package enrich

import (
	"maps"
	"math"
	"slices"
)

// Crosswalk says which controls of NIST SP 800-53 bear on which techniques of
// ATT&CK. The embedded one is that of the Center for Threat-Informed Defense
// ([CTID]); others come from [ReadCTID] and [NewCrosswalk]. It is immutable and
// safe to share.
type Crosswalk struct {
	source string
	of     map[string][]string // technique -> controls, in the order of the catalog
	none   map[string]bool     // techniques that the source says no control bears on
	weight map[string]float32  // control -> how much it says about a technique, see rank
}

// NewCrosswalk returns a crosswalk that names its source in evidence, from
// pairs of technique and controls. An empty list says that no control bears on
// the technique, which is another thing than not being listed. It owns pairs
// from then on.
func NewCrosswalk(source string, pairs map[string][]string) *Crosswalk {
	c := &Crosswalk{source: source, of: pairs, none: map[string]bool{}, weight: map[string]float32{}}
	uses := map[string]int{}
	for technique, controls := range pairs {
		if len(controls) == 0 {
			c.none[technique] = true
			delete(pairs, technique)
			continue
		}
		slices.SortFunc(controls, compareControls)
		pairs[technique] = slices.Compact(controls)
		for _, id := range pairs[technique] {
			uses[id]++
		}
	}
	for id, n := range uses {
		c.weight[id] = float32(math.Log2(1 + float64(len(pairs))/float64(n)))
	}
	return c
}

// Source names where the pairs come from, with the release.
func (c *Crosswalk) Source() string { return c.source }

// Controls returns the ids of the controls that bear on exactly that technique,
// in the order of the catalog. The slice is shared and must not be changed.
func (c *Crosswalk) Controls(technique string) []string { return c.of[technique] }

// Techniques returns the ids of the techniques that the source looked at,
// sorted, those included that no control bears on.
func (c *Crosswalk) Techniques() []string {
	ids := slices.AppendSeq(slices.Collect(maps.Keys(c.of)), maps.Keys(c.none))
	slices.Sort(ids)
	return ids
}

// NoControl reports whether the source looked at the technique and says that no
// control bears on it.
func (c *Crosswalk) NoControl(technique string) bool { return c.none[technique] }

// to returns the crosswalk in the ids of a release: pairs of a revoked
// technique go to its successor.
func (c *Crosswalk) to(m *Matrix) *Crosswalk {
	pairs := make(map[string][]string, len(c.of)+len(c.none))
	move := func(id string, controls []string) {
		r, ok := m.Resolve(id)
		if !ok {
			return
		}
		to := r.Technique.ID
		if len(controls) == 0 && pairs[to] == nil {
			pairs[to] = []string{}
		}
		pairs[to] = append(pairs[to], controls...)
	}
	for id, controls := range c.of {
		move(id, controls)
	}
	for id := range c.none {
		move(id, nil)
	}
	return NewCrosswalk(c.source, pairs)
}
