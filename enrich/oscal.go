package enrich

import (
	"io"
	"slices"
	"strings"
)

// oscalControl is what ReadOSCAL needs of a control; enhancements lie inside
// it, and nest no further.
type oscalControl struct {
	ID    string `json:"id"`
	Title string `json:"title"`
	Props []struct {
		Name  string `json:"name"`
		Value string `json:"value"`
		Class string `json:"class"`
	} `json:"props"`
	Links []struct {
		Rel  string `json:"rel"`
		Href string `json:"href"`
	} `json:"links"`
	Controls []oscalControl `json:"controls"`
}

// oscalGroup is a family of controls.
type oscalGroup struct {
	ID       string         `json:"id"`
	Title    string         `json:"title"`
	Controls []oscalControl `json:"controls"`
	Groups   []oscalGroup   `json:"groups"`
}

// ReadOSCAL reads a catalog of NIST SP 800-53 in OSCAL's JSON form: the whole
// catalog, or one resolved from a profile. Baselines are not part of a catalog;
// [Catalog.Select] adds them. An error about a control is a [*DataError] that
// names it; a file of more than 512 MB or a family of more than 16 MB is an
// error too.
func ReadOSCAL(r io.Reader) (*Catalog, error) {
	s := newStream(r)
	var x oscalReader
	x.families = map[string]string{}
	found := false
	err := s.members(func(name string) error {
		if name != "catalog" {
			return s.skip()
		}
		found = true
		return s.members(func(name string) error {
			switch name {
			case "metadata":
				var meta struct {
					Version string `json:"version"`
				}
				err := s.value(&meta)
				x.release = meta.Version
				return err
			case "groups":
				return s.elements(func() error {
					var g oscalGroup
					if err := s.Decode(&g); err != nil {
						return s.fail(clip(g.ID), "malformed group", unexpected(err))
					}
					if err := x.group(&g); err != nil {
						err.Offset = s.InputOffset()
						return err
					}
					return nil
				})
			}
			return s.skip()
		})
	})
	if err == nil {
		err = s.end()
	}
	if err != nil {
		return nil, err
	}
	if !found || len(x.controls) == 0 {
		return nil, &DataError{Msg: "not an OSCAL catalog with controls"}
	}
	return NewCatalog(x.release, x.families, x.controls)
}

type oscalReader struct {
	release  string
	families map[string]string
	controls []Control
}

func (x *oscalReader) group(g *oscalGroup) *DataError {
	if len(g.Controls) > 0 {
		if g.ID == "" {
			return &DataError{Object: clip(g.Title), Msg: "family without an id"}
		}
		x.families[strings.ToUpper(g.ID)] = g.Title
	}
	for i := range g.Controls {
		if err := x.control(&g.Controls[i]); err != nil {
			return err
		}
	}
	for i := range g.Groups {
		if err := x.group(&g.Groups[i]); err != nil {
			return err
		}
	}
	return nil
}

func (x *oscalReader) control(o *oscalControl) *DataError {
	id, ok := ParseControl(o.label())
	if !ok {
		return &DataError{Object: clip(o.ID), Msg: "control without an id of NIST SP 800-53"}
	}
	c := Control{ID: id, Name: o.Title}
	for _, p := range o.Props {
		c.Withdrawn = c.Withdrawn || p.Name == "status" && strings.EqualFold(p.Value, "withdrawn")
	}
	for _, l := range o.Links {
		if !c.Withdrawn || l.Rel != "incorporated-into" && l.Rel != "moved-to" {
			continue
		}
		target, ok := linkTarget(l.Href)
		if !ok {
			return &DataError{Object: o.ID, Msg: "control went into " + clip(l.Href) + ", which is no control"}
		}
		c.Moved = l.Rel == "moved-to"
		if !slices.Contains(c.Into, target) {
			c.Into = append(c.Into, target)
		}
	}
	x.controls = append(x.controls, c)
	for i := range o.Controls {
		if err := x.control(&o.Controls[i]); err != nil {
			return err
		}
	}
	return nil
}

// label returns the id that people use. Since 5.1.1 there are three labels: one
// without a class, and two that are padded with zeros for other documents.
// Without a label, the id of the object does.
func (o *oscalControl) label() string {
	label := ""
	for _, p := range o.Props {
		if p.Name != "label" {
			continue
		}
		if p.Class == "" {
			return p.Value
		}
		if label == "" {
			label = p.Value
		}
	}
	if label == "" {
		return o.ID
	}
	return label
}

// linkTarget returns the control that a link points at, which may be one of
// its parts (#ac-2_smt.k), or a family (#sr).
func linkTarget(href string) (string, bool) {
	href = strings.TrimPrefix(href, "#")
	if len(href) == 2 && isLetter(href[0]) && isLetter(href[1]) {
		return strings.ToUpper(href), true
	}
	return ParseControl(href)
}

// ReadOSCALProfile returns the controls that an OSCAL profile in JSON, such as
// a baseline of NIST SP 800-53B, selects by their ids.
func ReadOSCALProfile(r io.Reader) ([]string, error) {
	s := newStream(r)
	var ids []string
	found := false
	err := s.members(func(name string) error {
		if name != "profile" {
			return s.skip()
		}
		found = true
		var p struct {
			Imports []struct {
				Include []struct {
					IDs []string `json:"with-ids"`
				} `json:"include-controls"`
			} `json:"imports"`
		}
		if err := s.value(&p); err != nil {
			return err
		}
		for _, i := range p.Imports {
			for _, include := range i.Include {
				for _, id := range include.IDs {
					canonical, ok := ParseControl(id)
					if !ok {
						return s.fail(clip(id), "no id of a control", nil)
					}
					ids = append(ids, canonical)
				}
			}
		}
		return nil
	})
	if err == nil {
		err = s.end()
	}
	if err == nil && !found {
		err = &DataError{Msg: "not an OSCAL profile"}
	}
	return ids, err
}
