package enrich

import (
	"cmp"
	"slices"
)

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
