package main

import (
	"bufio"
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/falconer-go/falconer/enrich"
)

// facts reads the TSV form of the sources: a header row, then a row an object.
type facts string

// row is one row by the names of its columns.
type row map[string]string

func (f facts) read(name string) ([]row, error) {
	file, err := os.Open(filepath.Join(string(f), name+".tsv"))
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var header []string
	var rows []row
	in := bufio.NewScanner(file)
	in.Buffer(nil, 1<<20)
	for in.Scan() {
		cells := strings.Split(in.Text(), "\t")
		if header == nil {
			header = cells
			continue
		}
		if len(cells) > len(header) {
			return nil, fmt.Errorf("%s.tsv: %q has %d cells under %d columns", name, cells[0], len(cells), len(header))
		}
		r := row{}
		for i, cell := range cells {
			r[header[i]] = cell
		}
		rows = append(rows, r)
	}
	return rows, in.Err()
}

// all reads several tables at once.
func (f facts) all(names ...string) (map[string][]row, error) {
	tables := map[string][]row{}
	for _, name := range names {
		rows, err := f.read(name)
		if err != nil {
			return nil, err
		}
		tables[name] = rows
	}
	return tables, nil
}

// matrix reads a release of ATT&CK; suffix is _v19 or nothing for 18.1.
func (f facts) matrix(release, suffix string) (*enrich.Matrix, error) {
	t, err := f.all("attack_tactics"+suffix, "attack_techniques"+suffix, "attack_mitigations"+suffix,
		"technique_mitigations"+suffix, "attack_stix_ids")
	if err != nil {
		return nil, err
	}
	stix := map[string]string{}
	for _, r := range t["attack_stix_ids"] {
		stix[r["id"]] = r["stix_id"]
	}
	rows := t["attack_tactics"+suffix]
	slices.SortFunc(rows, func(a, b row) int { return cmp.Compare(number(a["order"]), number(b["order"])) })
	short := map[string]string{}
	var tactics []enrich.Tactic
	for _, r := range rows {
		short[r["shortname"]] = r["id"]
		tactics = append(tactics, enrich.Tactic{ID: r["id"], Short: r["shortname"], Name: r["name"], STIX: stix[r["id"]]})
	}
	var mitigations []enrich.Mitigation
	for _, r := range t["attack_mitigations"+suffix] {
		mitigations = append(mitigations, enrich.Mitigation{ID: r["id"], Name: r["name"], STIX: stix[r["id"]]})
	}
	serves := map[string][]string{}
	for _, r := range t["technique_mitigations"+suffix] {
		serves[r["technique_id"]] = append(serves[r["technique_id"]], r["mitigation_id"])
	}
	var techniques []enrich.Technique
	for _, r := range t["attack_techniques"+suffix] {
		x := enrich.Technique{
			ID: r["id"], Name: r["name"], Platforms: list(r["platforms"]),
			RevokedBy: r["revoked_by"], Deprecated: r["deprecated"] == "1",
			Mitigations: serves[r["id"]], STIX: stix[r["id"]],
		}
		for _, name := range list(r["tactics"]) {
			id, ok := short[name]
			if !ok {
				// A revoked technique may keep a tactic that is gone.
				if x.Active() {
					return nil, fmt.Errorf("%s lies in tactic %q, which is not there", x.ID, name)
				}
				continue
			}
			x.Tactics = append(x.Tactics, id)
		}
		techniques = append(techniques, x)
	}
	return enrich.NewMatrix(release, tactics, techniques, mitigations)
}

func (f facts) catalog() (*enrich.Catalog, error) {
	t, err := f.all("nist80053r5_families", "nist80053r5_controls", "nist80053r5_baselines")
	if err != nil {
		return nil, err
	}
	families := map[string]string{}
	for _, r := range t["nist80053r5_families"] {
		families[r["id"]] = r["name"]
	}
	baselines := map[string]enrich.Baseline{}
	for _, r := range t["nist80053r5_baselines"] {
		for name, b := range map[string]enrich.Baseline{"low": enrich.Low, "moderate": enrich.Moderate, "high": enrich.High, "privacy": enrich.Privacy} {
			if r[name] == "1" {
				baselines[r["control_id"]] |= b
			}
		}
	}
	var controls []enrich.Control
	for _, r := range t["nist80053r5_controls"] {
		controls = append(controls, enrich.Control{
			ID: r["id"], Name: r["title"], Baselines: baselines[r["id"]],
			Withdrawn: r["withdrawn"] == "1", Into: list(r["incorporated_into"]), Moved: r["relation"] == "moved-to",
			Since: r["since"],
		})
	}
	return enrich.NewCatalog("5.2.0", families, controls)
}

// crosswalk returns the CTID pairs in the ids of 18.1.
func (f facts) crosswalk() (map[string][]string, error) {
	t, err := f.all("technique_controls", "technique_controls_nonmappable")
	if err != nil {
		return nil, err
	}
	pairs := map[string][]string{}
	for _, r := range t["technique_controls"] {
		pairs[r["technique_id"]] = append(pairs[r["technique_id"]], r["control_id"])
	}
	for _, r := range t["technique_controls_nonmappable"] {
		if id := r["technique_id"]; pairs[id] == nil {
			pairs[id] = []string{}
		}
	}
	return pairs, nil
}

// requirements returns the ids of PCI DSS 4.0.1.
func (f facts) requirements() ([]string, error) {
	rows, err := f.read("pci_dss_4.0.1_ids")
	var ids []string
	for _, r := range rows {
		ids = append(ids, r["id"])
	}
	return ids, err
}

func list(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, ",")
}

func number(s string) int {
	n, _ := strconv.Atoi(s)
	return n
}
