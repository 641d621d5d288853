package enrich

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
	"strings"
)

// Tactic is a column of the ATT&CK matrix: why an adversary does something.
type Tactic struct {
	ID    string `json:"id"`    // TA0005
	Name  string `json:"name"`  // Stealth
	Short string `json:"short"` // stealth: the name that STIX, Navigator and tags use
	STIX  string `json:"-"`     // the id of its STIX object; "" if not known
}

// Technique is a technique or sub-technique of ATT&CK: how an adversary does
// something. Its slices are shared and must not be changed.
type Technique struct {
	ID          string   `json:"id"`                   // T1059 or T1059.004
	Name        string   `json:"name"`                 // of a sub-technique without its parent's
	Tactics     []string `json:"tactics"`              // ids, in matrix order; only history if the technique is revoked or deprecated
	Platforms   []string `json:"platforms,omitempty"`  // Linux, Containers, IaaS, ...
	RevokedBy   string   `json:"revoked_by,omitempty"` // the id that replaced it, itself perhaps revoked; "" if not revoked
	Deprecated  bool     `json:"deprecated,omitempty"` // given up without a successor
	Mitigations []string `json:"-"`                    // ids of the mitigations that serve it
	STIX        string   `json:"-"`                    // the id of its STIX object; "" if not known
}

// Active reports whether the release still has the technique.
func (t Technique) Active() bool { return t.ID != "" && t.RevokedBy == "" && !t.Deprecated }

// Parent returns the id of the technique that a sub-technique belongs to, and
// "" for a technique. Revoked sub-techniques have no edge to their parent in
// the published data, so the id itself is the source.
func (t Technique) Parent() string {
	parent, _, sub := strings.Cut(t.ID, ".")
	if !sub {
		return ""
	}
	return parent
}

// In reports whether the technique lies in the tactic with that id.
func (t Technique) In(tactic string) bool { return slices.Contains(t.Tactics, tactic) }

// On reports whether the technique is listed for one of the platforms.
func (t Technique) On(platforms ...string) bool {
	return slices.ContainsFunc(t.Platforms, func(p string) bool { return slices.Contains(platforms, p) })
}

// Mitigation is what ATT&CK advises against a technique.
type Mitigation struct {
	ID   string `json:"id"` // M1042
	Name string `json:"name"`
	STIX string `json:"-"` // the id of its STIX object; "" if not known
}

// noMitigation is "Do Not Mitigate": the absence of advice, under a
// mitigation's id.
const noMitigation = "M1055"

// Matrix is one release of ATT&CK for enterprise: its tactics, techniques and
// mitigations. It is immutable and safe to share. Embedded releases come from
// [Version.Matrix], others from [ReadSTIX] and [NewMatrix].
type Matrix struct {
	release     string
	tactics     []Tactic // in matrix order
	techniques  []Technique
	mitigations []Mitigation

	tacticAt     map[string]int // by id
	tacticShort  map[string]int // by short name
	techniqueAt  map[string]int
	mitigationAt map[string]int
	names        func() map[string]string // see named
}

// NewMatrix returns a matrix of the given parts, tactics in matrix order. It
// fails if an id occurs twice or a relation points nowhere. The matrix owns the
// slices from then on.
func NewMatrix(release string, tactics []Tactic, techniques []Technique, mitigations []Mitigation) (*Matrix, error) {
	slices.SortFunc(techniques, func(a, b Technique) int { return cmp.Compare(a.ID, b.ID) })
	slices.SortFunc(mitigations, func(a, b Mitigation) int { return cmp.Compare(a.ID, b.ID) })
	m := &Matrix{
		release: release, tactics: tactics, techniques: techniques, mitigations: mitigations,
		tacticAt:     make(map[string]int, len(tactics)),
		tacticShort:  make(map[string]int, len(tactics)),
		techniqueAt:  make(map[string]int, len(techniques)),
		mitigationAt: make(map[string]int, len(mitigations)),
	}
	for i, t := range tactics {
		if _, twice := m.tacticAt[t.ID]; twice {
			return nil, &DataError{Object: t.ID, Msg: "tactic occurs twice"}
		}
		m.tacticAt[t.ID], m.tacticShort[t.Short] = i, i
	}
	for i, x := range mitigations {
		if _, twice := m.mitigationAt[x.ID]; twice {
			return nil, &DataError{Object: x.ID, Msg: "mitigation occurs twice"}
		}
		m.mitigationAt[x.ID] = i
	}
	for i, t := range techniques {
		if _, twice := m.techniqueAt[t.ID]; twice {
			return nil, &DataError{Object: t.ID, Msg: "technique occurs twice"}
		}
		m.techniqueAt[t.ID] = i
	}
	for _, t := range techniques {
		if err := m.checkRelations(t); err != nil {
			return nil, err
		}
	}
	m.names = onceNames(m)
	return m, nil
}

func (m *Matrix) checkRelations(t Technique) error {
	for _, id := range t.Tactics {
		if _, ok := m.tacticAt[id]; !ok {
			return &DataError{Object: t.ID, Msg: fmt.Sprintf("lies in tactic %q, which is not there", id)}
		}
	}
	for _, id := range t.Mitigations {
		if _, ok := m.mitigationAt[id]; !ok {
			return &DataError{Object: t.ID, Msg: fmt.Sprintf("is served by mitigation %q, which is not there", id)}
		}
	}
	if t.RevokedBy != "" {
		if _, ok := m.techniqueAt[t.RevokedBy]; !ok {
			return &DataError{Object: t.ID, Msg: fmt.Sprintf("is revoked by %q, which is not there", t.RevokedBy)}
		}
	}
	return nil
}

// Release returns the release that the matrix holds, such as 19.1.
func (m *Matrix) Release() string { return m.release }

// Tactics yields the tactics in the order of the matrix, which is not that of
// their ids.
func (m *Matrix) Tactics() iter.Seq[Tactic] { return slices.Values(m.tactics) }

// Techniques yields all techniques by id, the revoked and deprecated included.
func (m *Matrix) Techniques() iter.Seq[Technique] { return slices.Values(m.techniques) }

// Mitigations yields all mitigations by id.
func (m *Matrix) Mitigations() iter.Seq[Mitigation] { return slices.Values(m.mitigations) }

// Tactic returns the tactic with an id (TA0005) or a short name (stealth).
func (m *Matrix) Tactic(id string) (Tactic, bool) {
	i, ok := m.tacticAt[id]
	if !ok {
		i, ok = m.tacticShort[id]
	}
	if !ok {
		return Tactic{}, false
	}
	return m.tactics[i], true
}

// Order returns the place of a tactic in the matrix, from 0, and -1 if it is
// not there.
func (m *Matrix) Order(tactic string) int {
	if i, ok := m.tacticAt[tactic]; ok {
		return i
	}
	return -1
}

// Technique returns the technique with exactly that id, which may be revoked
// or deprecated; [Matrix.Resolve] goes on to its successor.
func (m *Matrix) Technique(id string) (Technique, bool) {
	i, ok := m.techniqueAt[id]
	if !ok {
		return Technique{}, false
	}
	return m.techniques[i], true
}

// Mitigation returns the mitigation with that id.
func (m *Matrix) Mitigation(id string) (Mitigation, bool) {
	i, ok := m.mitigationAt[id]
	if !ok {
		return Mitigation{}, false
	}
	return m.mitigations[i], true
}

// MitigationsOf returns what serves a technique, by id. It leaves out M1055
// ("Do Not Mitigate"), which is no advice. About one technique in six has none.
func (m *Matrix) MitigationsOf(technique string) []Mitigation {
	t, _ := m.Technique(technique)
	list := make([]Mitigation, 0, len(t.Mitigations))
	for _, id := range t.Mitigations {
		if x, ok := m.Mitigation(id); ok && id != noMitigation {
			list = append(list, x)
		}
	}
	return list
}

// FullName returns the name of a technique as people expect to see it: for a
// sub-technique after its parent's, with a colon.
func (m *Matrix) FullName(technique string) string {
	t, ok := m.Technique(technique)
	if !ok {
		return ""
	}
	if p, ok := m.Technique(t.Parent()); ok {
		return p.Name + ": " + t.Name
	}
	return t.Name
}
