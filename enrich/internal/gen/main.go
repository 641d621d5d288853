// Command gen writes the embedded tables of package enrich.
//
//	gen -facts DIR [-out DIR]
//	gen -stix19 FILE -stix18 FILE -oscal FILE -baselines DIR -ctid FILE -pci FILE [-out DIR]
//
// The first form reads tables of facts in TSV. The second reads what the
// sources publish: STIX bundles of enterprise ATT&CK, the OSCAL catalog of NIST
// SP 800-53 and the mapping of the Center for Threat-Informed Defense. Single
// originals may also be given beside -facts, and then replace that part of it,
// so that a new release is one flag and a diff to read. The output depends on
// the input alone.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	var in inputs
	out := flag.String("out", "data", "`directory` to write to")
	flag.StringVar(&in.facts, "facts", "", "`directory` with tables of facts")
	flag.StringVar(&in.stix19, "stix19", "", "STIX bundle `file` of the newest ATT&CK release")
	flag.StringVar(&in.stix18, "stix18", "", "STIX bundle `file` of the release before")
	flag.StringVar(&in.oscal, "oscal", "", "OSCAL catalog `file` of NIST SP 800-53")
	flag.StringVar(&in.ctid, "ctid", "", "CTID mapping `file`, 800-53 to ATT&CK")
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
	tables, err := in.tables()
	if err != nil {
		return err
	}
	for name, text := range tables {
		if err := os.WriteFile(filepath.Join(out, name), []byte(text), 0o666); err != nil {
			return err
		}
	}
	return nil
}
