package mitigate

import (
	"sync/atomic"

	"github.com/falconer-go/falconer/enrich"
)

// serving is what a step serves, by name. It keeps the names in the version of
// ATT&CK that was asked for last, which is the same for nearly all plans of a
// process.
type serving struct{ last atomic.Pointer[served] }

type served struct {
	matrix      *enrich.Matrix
	catalog     *enrich.Catalog
	mitigations []Reference
	controls    []Reference
}

// in returns the mitigations and controls with their names in the version of m.
func (s *serving) in(m *enrich.Mapping, mitigations, controls []string) *served {
	matrix, catalog := m.Matrix(), m.Catalog()
	if last := s.last.Load(); last != nil && last.matrix == matrix && last.catalog == catalog {
		return last
	}
	next := &served{matrix, catalog, make([]Reference, 0, len(mitigations)), make([]Reference, 0, len(controls))}
	for _, id := range mitigations {
		known, _ := matrix.Mitigation(id)
		next.mitigations = append(next.mitigations, Reference{id, known.Name})
	}
	for _, id := range controls {
		known, _ := catalog.Control(id)
		next.controls = append(next.controls, Reference{id, known.Name})
	}
	s.last.Store(next)
	return next
}
