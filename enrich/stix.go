package enrich

import (
	"io"
	"slices"
	"strings"
)

// stixObject is what ReadSTIX needs of an object of any type.
type stixObject struct {
	Type       string   `json:"type"`
	ID         string   `json:"id"`
	Name       string   `json:"name"`
	Revoked    bool     `json:"revoked"`            // may be missing
	Deprecated bool     `json:"x_mitre_deprecated"` // may be missing
	Domains    []string `json:"x_mitre_domains"`
	Release    string   `json:"x_mitre_version"`   // of the collection: the release; of others their own
	Short      string   `json:"x_mitre_shortname"` // of a tactic
	Platforms  []string `json:"x_mitre_platforms"`
	TacticRefs []string `json:"tactic_refs"` // of the matrix
	Relation   string   `json:"relationship_type"`
	Source     string   `json:"source_ref"`
	Target     string   `json:"target_ref"`
	References []struct {
		Source string `json:"source_name"`
		ID     string `json:"external_id"`
	} `json:"external_references"`
	Phases []struct {
		Chain string `json:"kill_chain_name"`
		Name  string `json:"phase_name"`
	} `json:"kill_chain_phases"`
}

const (
	attackName       = "mitre-attack"
	enterpriseDomain = "enterprise-attack"
)

// external returns the object's id in ATT&CK. The reference that holds it is
// known by its source, not by its place.
func (o *stixObject) external() string {
	for _, r := range o.References {
		if r.Source == attackName {
			return r.ID
		}
	}
	return ""
}

// enterprise reports whether the object is of the enterprise domain. Older
// objects do not say.
func (o *stixObject) enterprise() bool {
	return len(o.Domains) == 0 || slices.Contains(o.Domains, enterpriseDomain)
}

// stixReader gathers the objects of a bundle; relations point by STIX id and
// may come before what they point at.
type stixReader struct {
	release     string
	collection  bool
	tactics     map[string]stixObject
	order       []string // STIX ids of tactics
	techniques  map[string]stixObject
	mitigations map[string]stixObject
	mitigates   [][2]string // mitigation, technique
	revokedBy   map[string]string
}

// ReadSTIX reads a bundle of enterprise ATT&CK in STIX 2.0 or 2.1, as MITRE
// publishes it. It reads as a stream and keeps only techniques, tactics and
// mitigations. A 2.1 bundle says which release it is; release is for those that
// do not. Objects of other domains and types are skipped. An error about an
// object is a [*DataError] that names it; a file of more than 512 MB or an
// object of more than 16 MB is an error too.
func ReadSTIX(r io.Reader, release string) (*Matrix, error) {
	x := stixReader{
		release: release, tactics: map[string]stixObject{}, techniques: map[string]stixObject{},
		mitigations: map[string]stixObject{}, revokedBy: map[string]string{},
	}
	s := newStream(r)
	kind, objects := "", false
	err := s.members(func(name string) error {
		switch name {
		case "type":
			return s.value(&kind)
		case "objects":
			objects = true
			return s.elements(func() error {
				var o stixObject
				if err := s.Decode(&o); err != nil {
					return s.fail(clip(o.ID), "malformed object", unexpected(err))
				}
				if err := x.add(&o); err != nil {
					err.Offset = s.InputOffset()
					return err
				}
				return nil
			})
		}
		return s.skip()
	})
	if err == nil {
		err = s.end()
	}
	if err != nil {
		return nil, err
	}
	if kind != "bundle" || !objects {
		return nil, &DataError{Msg: "not a STIX bundle"}
	}
	return x.matrix()
}

// add keeps an object if it is needed.
func (x *stixReader) add(o *stixObject) *DataError {
	if o.Type == "" || o.ID == "" {
		return &DataError{Object: clip(o.ID), Msg: "object without type or id"}
	}
	gone := o.Revoked || o.Deprecated
	switch o.Type {
	case "x-mitre-collection":
		if o.Release != "" && !x.collection {
			x.release, x.collection = o.Release, true
		}
	case "x-mitre-matrix":
		if !gone && o.enterprise() {
			x.order = append(x.order, o.TacticRefs...)
		}
	case "x-mitre-tactic":
		if gone || !o.enterprise() {
			return nil
		}
		if o.external() == "" || o.Short == "" {
			return &DataError{Object: o.ID, Msg: "tactic without an ATT&CK id or a short name"}
		}
		return keep(x.tactics, o)
	case "attack-pattern":
		if !o.enterprise() || !o.inChain() {
			return nil
		}
		if !techniqueID(o.external()) {
			return &DataError{Object: o.ID, Msg: "technique without an ATT&CK id"}
		}
		return keep(x.techniques, o)
	case "course-of-action":
		// Deprecated mitigations carry the ids of the techniques they were for.
		if gone || !o.enterprise() {
			return nil
		}
		if id := o.external(); !strings.HasPrefix(id, "M") {
			return &DataError{Object: o.ID, Msg: "mitigation without an ATT&CK id"}
		}
		return keep(x.mitigations, o)
	case "relationship":
		if gone {
			return nil
		}
		switch o.Relation {
		case "mitigates":
			x.mitigates = append(x.mitigates, [2]string{o.Source, o.Target})
		case "revoked-by":
			x.revokedBy[o.Source] = o.Target
		}
	}
	return nil
}

// inChain reports whether a technique has a place in the enterprise matrix, or
// had one: without domains, the kill chain alone tells it from one of mobile.
func (o *stixObject) inChain() bool {
	if len(o.Domains) > 0 || len(o.Phases) == 0 {
		return true
	}
	return slices.ContainsFunc(o.Phases, func(p struct {
		Chain string `json:"kill_chain_name"`
		Name  string `json:"phase_name"`
	}) bool {
		return p.Chain == attackName
	})
}

func keep(to map[string]stixObject, o *stixObject) *DataError {
	if _, twice := to[o.ID]; twice {
		return &DataError{Object: o.ID, Msg: "object occurs twice"}
	}
	to[o.ID] = *o
	return nil
}

// techniqueID reports whether id is T1059 or T1059.004.
func techniqueID(id string) bool {
	r, ok := readAttackID(lower(id))
	return ok && r.kind == kindTechnique && r.slug == "" && r.id == id
}

// matrix puts the objects together.
func (x *stixReader) matrix() (*Matrix, error) {
	tactics, short := make([]Tactic, 0, len(x.tactics)), map[string]string{}
	for _, id := range x.order {
		o, ok := x.tactics[id]
		if !ok {
			continue // deprecated, or of another domain
		}
		delete(x.tactics, id)
		tactics = append(tactics, Tactic{ID: o.external(), Name: o.Name, Short: o.Short, STIX: o.ID})
		short[o.Short] = o.external()
	}
	for id := range x.tactics {
		return nil, &DataError{Object: id, Msg: "tactic that no matrix has"}
	}
	if len(tactics) == 0 || len(x.techniques) == 0 {
		return nil, &DataError{Msg: "no matrix of enterprise ATT&CK in the bundle"}
	}
	var mitigations []Mitigation
	for _, o := range x.mitigations {
		mitigations = append(mitigations, Mitigation{ID: o.external(), Name: o.Name, STIX: o.ID})
	}
	serves := map[string][]string{}
	for _, pair := range x.mitigates {
		m, ok := x.mitigations[pair[0]]
		if _, active := x.techniques[pair[1]]; ok && active {
			serves[pair[1]] = append(serves[pair[1]], m.external())
		}
	}
	var techniques []Technique
	for _, o := range x.techniques {
		t, err := x.technique(&o, short)
		if err != nil {
			return nil, err
		}
		slices.Sort(serves[o.ID])
		t.Mitigations = slices.Compact(serves[o.ID])
		techniques = append(techniques, t)
	}
	m, err := NewMatrix(x.release, tactics, techniques, mitigations)
	if err != nil {
		return nil, err
	}
	for i := range m.techniques {
		m.byOrder(m.techniques[i].Tactics)
	}
	return m, nil
}

func (x *stixReader) technique(o *stixObject, short map[string]string) (Technique, error) {
	t := Technique{ID: o.external(), Name: o.Name, Platforms: slices.Sorted(slices.Values(o.Platforms)), Deprecated: o.Deprecated && !o.Revoked, STIX: o.ID}
	if o.Revoked {
		by, ok := x.techniques[x.revokedBy[o.ID]]
		if !ok {
			return Technique{}, &DataError{Object: o.ID, Msg: "technique is revoked by nothing in the bundle"}
		}
		t.RevokedBy = by.external()
	}
	for _, p := range o.Phases {
		if p.Chain != attackName {
			continue
		}
		id, ok := short[p.Name]
		if !ok && t.Active() {
			return Technique{}, &DataError{Object: o.ID, Msg: "technique lies in tactic " + clip(p.Name) + ", which is not in the bundle"}
		}
		if ok && !t.In(id) {
			t.Tactics = append(t.Tactics, id)
		}
	}
	return t, nil
}
