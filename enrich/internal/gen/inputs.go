package main

import (
	"errors"
	"io"
	"maps"
	"os"
	"slices"

	"github.com/falconer-go/falconer/enrich"
)

// inputs are the files to read; a field that is empty is not read.
type inputs struct {
	facts          string // directory of tables
	stix19, stix18 string
	oscal, ctid    string
	profiles       map[enrich.Baseline]string
}

// sources is what was read.
type sources struct {
	now, old *enrich.Matrix
	catalog  *enrich.Catalog
	source   string              // of the pairs
	pairs    map[string][]string // in the ids of old
	pci      []string            // nil where there is no source for it
}

// read reads the facts, if there are any, and then the originals in their
// place.
func (in inputs) read() (sources, error) {
	var s sources
	var errs []error
	note := func(err error) { errs = append(errs, err) }
	if in.facts != "" {
		f, err := facts(in.facts), error(nil)
		s.now, err = f.matrix("19.1", "_v19")
		note(err)
		s.old, err = f.matrix("18.1", "")
		note(err)
		s.catalog, err = f.catalog()
		note(err)
		s.source = "CTID 800-53 r5 for ATT&CK 16.1"
		s.pairs, err = f.crosswalk()
		note(err)
		s.pci, err = f.requirements()
		note(err)
	}
	note(file(in.stix19, func(r io.Reader) (err error) { s.now, err = enrich.ReadSTIX(r, "19.1"); return err }))
	note(file(in.stix18, func(r io.Reader) (err error) { s.old, err = enrich.ReadSTIX(r, "18.1"); return err }))
	note(file(in.oscal, func(r io.Reader) (err error) { s.catalog, err = enrich.ReadOSCAL(r); return err }))
	if err := errors.Join(errs...); err != nil {
		return s, err
	}
	if s.now == nil || s.old == nil || s.catalog == nil || s.pairs == nil && in.ctid == "" {
		return s, errors.New("without -facts, all of -stix19, -stix18, -oscal and -ctid must be given")
	}
	if in.oscal != "" {
		note(s.complete(in.profiles))
	}
	note(file(in.ctid, func(r io.Reader) error {
		c, err := enrich.ReadCTID(r)
		if err == nil {
			s.source, s.pairs = c.Source(), pairsIn(c, s.old)
		}
		return err
	}))
	return s, errors.Join(errs...)
}

// complete adds to a catalog what OSCAL does not have: baselines from their
// profiles, and the release that each control came with, from the tables as
// they are. A control that these do not have came with this release.
func (s *sources) complete(profiles map[enrich.Baseline]string) error {
	families, controls := map[string]string{}, slices.Collect(s.catalog.Controls())
	for i, c := range controls {
		families[c.Family()], _ = s.catalog.Family(c.Family())
		was, known := enrich.NIST().Control(c.ID)
		controls[i].Since = s.catalog.Release()
		if known {
			controls[i].Since = was.Since
			controls[i].Baselines = was.Baselines
		}
	}
	catalog, err := enrich.NewCatalog(s.catalog.Release(), families, controls)
	if err != nil {
		return err
	}
	for _, b := range slices.Sorted(maps.Keys(profiles)) {
		err := file(profiles[b], func(r io.Reader) error {
			ids, err := enrich.ReadOSCALProfile(r)
			if err == nil {
				catalog, err = catalog.Select(b, ids)
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	s.catalog = catalog
	return nil
}

// pairsIn returns the pairs of a crosswalk in the ids of a release, without
// those of techniques that the release does not have.
func pairsIn(c *enrich.Crosswalk, m *enrich.Matrix) map[string][]string {
	pairs := map[string][]string{}
	for _, id := range c.Techniques() {
		r, ok := m.Resolve(id)
		if !ok {
			continue
		}
		to := r.Technique.ID
		pairs[to] = append(append([]string{}, pairs[to]...), c.Controls(id)...)
	}
	return pairs
}

// file reads a file if it has a name.
func file(name string, read func(io.Reader) error) error {
	if name == "" {
		return nil
	}
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	return read(f)
}

// tables returns the embedded files by name.
func (s sources) tables() map[string]string {
	tables := map[string]string{
		"attack19.tsv": attackText(s.now, "2026"),
		"attack18.tsv": attackDifference(s.now, s.old, "2025"),
		"nist.tsv":     nistText(s.catalog),
		"ctid.tsv":     ctidText(s.source, s.pairs),
	}
	if s.pci != nil {
		tables["pci.tsv"] = pciText(s.pci)
	}
	return tables
}
