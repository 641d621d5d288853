package enrich

import "io"

// ReadCTID reads a mapping of NIST SP 800-53 to ATT&CK in the JSON form of the
// Mappings Explorer of the Center for Threat-Informed Defense. The pairs keep
// the ids of the file's release of ATT&CK; an [Enricher] follows them to its
// own, and drops those that it does not know, such as the file's stray
// techniques of mobile. An error about a pair is a [*DataError] that names its
// technique; a file of more than 512 MB is an error too.
func ReadCTID(r io.Reader) (*Crosswalk, error) {
	s := newStream(r)
	var meta struct {
		Attack    string `json:"attack_version"`
		Framework string `json:"mapping_framework_version"`
	}
	pairs := map[string][]string{}
	found := false
	err := s.members(func(name string) error {
		switch name {
		case "metadata":
			return s.value(&meta)
		case "mapping_objects":
			found = true
			return s.elements(func() error {
				var o struct {
					Control   string `json:"capability_id"`
					Technique string `json:"attack_object_id"`
					Type      string `json:"mapping_type"`
					Status    string `json:"status"`
				}
				if err := s.Decode(&o); err != nil {
					return s.fail(clip(o.Technique), "malformed object", unexpected(err))
				}
				if !techniqueID(o.Technique) {
					return s.fail(clip(o.Technique), "no id of a technique", nil)
				}
				if o.Status == "non_mappable" {
					if pairs[o.Technique] == nil {
						pairs[o.Technique] = []string{}
					}
					return nil
				}
				if o.Type != "mitigates" {
					return nil
				}
				control, ok := ParseControl(o.Control)
				if !ok {
					return s.fail(o.Technique, "no id of a control: "+clip(o.Control), nil)
				}
				pairs[o.Technique] = append(pairs[o.Technique], control)
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
	if !found {
		return nil, &DataError{Msg: "not a mapping of the Center for Threat-Informed Defense"}
	}
	return NewCrosswalk("CTID 800-53 "+short(meta.Framework)+" for ATT&CK "+meta.Attack, pairs), nil
}

// short writes rev5 as r5.
func short(revision string) string {
	if len(revision) == 4 && revision[:3] == "rev" {
		return "r" + revision[3:]
	}
	return revision
}
