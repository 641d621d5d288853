// Command gen writes the embedded tables of package enrich.
//
//	gen -facts DIR
//	gen -stix19 FILE -stix18 FILE -oscal FILE -ctid FILE [-low FILE -moderate FILE -high FILE -privacy FILE]
//
// The first form reads tables of facts in TSV. The second reads what the
// sources publish: STIX bundles of enterprise ATT&CK, the OSCAL catalog of NIST
// SP 800-53 and the profiles of its baselines, and the mapping of the Center
// for Threat-Informed Defense. Originals may also be given beside -facts, and
// then stand in its place, so that a new release is one flag and a diff to
// read. The output depends on the input alone. Nothing publishes the ids of PCI
// DSS in a form to read: without -facts, data/pci.tsv stays as it is.
package main

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/falconer-go/falconer/enrich"
)

func main() {
	in := inputs{profiles: map[enrich.Baseline]string{}}
	out := flag.String("out", "data", "`directory` to write to")
	flag.StringVar(&in.facts, "facts", "", "`directory` with tables of facts")
	flag.StringVar(&in.stix19, "stix19", "", "STIX bundle `file` of the newest ATT&CK release")
	flag.StringVar(&in.stix18, "stix18", "", "STIX bundle `file` of the release before")
	flag.StringVar(&in.oscal, "oscal", "", "OSCAL catalog `file` of NIST SP 800-53")
	flag.StringVar(&in.ctid, "ctid", "", "CTID mapping `file`, 800-53 to ATT&CK")
	for _, b := range []enrich.Baseline{enrich.Low, enrich.Moderate, enrich.High, enrich.Privacy} {
		flag.Func(b.String(), "OSCAL profile `file` of the "+b.String()+" baseline", func(s string) error {
			in.profiles[b] = s
			return nil
		})
	}
	flag.Parse()
	if flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	if err := run(in, *out); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func run(in inputs, out string) error {
	s, err := in.read()
	if err != nil {
		return err
	}
	tables := s.tables()
	for _, name := range slices.Sorted(maps.Keys(tables)) {
		if err := os.WriteFile(filepath.Join(out, name), []byte(tables[name]), 0o666); err != nil {
			return err
		}
	}
	return nil
}
