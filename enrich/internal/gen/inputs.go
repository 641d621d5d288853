package main

import "errors"

// inputs are the files to read.
type inputs struct {
	facts          string // directory of tables
	stix19, stix18 string
	oscal, ctid    string
}

// tables returns the embedded files by name.
func (in inputs) tables() (map[string]string, error) {
	if in.facts == "" {
		return nil, errors.New("-facts is missing")
	}
	f := facts(in.facts)
	now, err := f.matrix("19.1", "_v19")
	if err != nil {
		return nil, err
	}
	old, err := f.matrix("18.1", "")
	if err != nil {
		return nil, err
	}
	catalog, err := f.catalog()
	if err != nil {
		return nil, err
	}
	pairs, err := f.crosswalk()
	if err != nil {
		return nil, err
	}
	pci, err := f.requirements()
	if err != nil {
		return nil, err
	}
	return map[string]string{
		"attack19.tsv": attackText(now, "2026"),
		"attack18.tsv": attackDifference(now, old, "2025"),
		"nist.tsv":     nistText(catalog),
		"ctid.tsv":     ctidText(pairs),
		"pci.tsv":      pciText(pci),
	}, nil
}
