package enrich

import (
	_ "embed" // the tables
	"iter"
	"maps"
	"strings"
	"sync"
)

// The tables are text, one object a line, written by internal/gen but for two. A table is
// parsed when it is first asked for and costs nothing before. The strings of
// the parsed objects point into the embedded text, so parsing copies no names.
//
//	#release  19.1  ...                                      the first line: release, source, licence
//	#...                                                     a comment: the columns
//	TA0005  short  name  stix                                a tactic, in matrix order
//	M1042   name  stix                                       a mitigation
//	T1070   name  tactics  platforms  state  mitigations  stix
//	AU      name                                             a family of controls
//	AU-9    title  baselines  state  since
//
// state is empty for what is active, ! for what is gone without a successor,
// >id for what was revoked or incorporated, >>id for what was moved.
var (
	//go:embed data/attack19.tsv
	attack19Text string
	//go:embed data/attack18.tsv
	attack18Text string // the lines that differ from attack19; -id for what it does not have
	//go:embed data/nist.tsv
	nistText string
	//go:embed data/ctid.tsv
	ctidText string // in the ids of 18.1
	//go:embed data/pci.tsv
	pciText string
	//go:embed data/pci_moved.tsv
	pciMovedText string // written by hand: id of 3.2.1, ids of 4.0.1
	//go:embed data/rules.tsv
	rulesText string // written by hand, see rules.go
)

//go:generate go run ./internal/gen -facts $FALCONER_FACTS

// Matrix returns the embedded tables of the release. Versions that do not exist
// give those of the default.
func (v Version) Matrix() *Matrix {
	if v == V18 {
		return matrix18()
	}
	return matrix19()
}

// CTID returns the embedded crosswalk of the Center for Threat-Informed
// Defense, in the technique ids of the release.
func (v Version) CTID() *Crosswalk {
	if v == V18 {
		return ctid18()
	}
	return ctid19()
}

// NIST returns the embedded catalog, NIST SP 800-53 revision 5, release 5.2.0.
func NIST() *Catalog { return nist() }

var (
	matrix19 = sync.OnceValue(func() *Matrix { return embeddedMatrix(V19, attackRows(attack19Text)) })
	matrix18 = sync.OnceValue(func() *Matrix {
		rows, stix := attackRows(attack19Text), map[string]string{}
		for id, row := range rows.techniques {
			stix[id] = row[6]
		}
		was := attackRows(attack18Text)
		for id, row := range was.techniques {
			if id, gone := strings.CutPrefix(id, "-"); gone {
				delete(rows.techniques, id)
				continue
			}
			row[6] = stix[id]
			rows.techniques[id] = row
		}
		for i, now := range rows.tactics {
			stix[now[0]] = rows.tactics[i][3]
		}
		for i, row := range was.tactics {
			was.tactics[i][3] = stix[row[0]]
		}
		rows.tactics = was.tactics
		return embeddedMatrix(V18, rows)
	})
	ctid18 = sync.OnceValue(readCTID)
	ctid19 = sync.OnceValue(func() *Crosswalk { return ctid18().to(matrix19()) })
	nist   = sync.OnceValue(readNIST80053)
)

// readCTID parses the embedded crosswalk.
func readCTID() *Crosswalk {
	pairs := make(map[string][]string, 600)
	for row := range rows(ctidText) {
		list := []string{}
		if row[1] != "" {
			list = strings.Split(row[1], ",")
		}
		pairs[row[0]] = list
	}
	return NewCrosswalk(release(ctidText), pairs)
}

// readNIST80053 parses the embedded catalog.
func readNIST80053() *Catalog {
	families, controls := make(map[string]string, 20), make([]Control, 0, 1200)
	for row := range rows(nistText) {
		if !strings.Contains(row[0], "-") {
			families[row[0]] = row[1]
			continue
		}
		c := Control{ID: row[0], Name: row[1], Since: row[4]}
		for i, letter := range "LMHP" {
			if strings.ContainsRune(row[2], letter) {
				c.Baselines |= 1 << i
			}
		}
		if state := row[3]; state != "" {
			c.Withdrawn = true
			c.Moved = strings.HasPrefix(state, ">>")
			if into := strings.TrimLeft(state, ">!"); into != "" {
				c.Into = strings.Split(into, ",")
			}
		}
		controls = append(controls, c)
	}
	return must(NewCatalog(release(nistText), families, controls))
}

// attackTable is the rows of one release by kind.
type attackTable struct {
	tactics     [][7]string
	mitigations [][7]string
	techniques  map[string][7]string
}

func attackRows(text string) attackTable {
	t := attackTable{techniques: make(map[string][7]string, 900)}
	for row := range rows(text) {
		switch {
		case strings.HasPrefix(row[0], "TA"):
			t.tactics = append(t.tactics, row)
		case strings.HasPrefix(row[0], "M"):
			t.mitigations = append(t.mitigations, row)
		default:
			t.techniques[row[0]] = row
		}
	}
	return t
}

func embeddedMatrix(v Version, t attackTable) *Matrix {
	in := interned{}
	stix := func(kind, uuid string) string {
		if uuid == "" {
			return ""
		}
		return kind + uuid
	}
	tactics := make([]Tactic, 0, len(t.tactics))
	for _, row := range t.tactics {
		tactics = append(tactics, Tactic{ID: row[0], Short: row[1], Name: row[2], STIX: stix("x-mitre-tactic--", row[3])})
		in.name(row[1], row[0])
	}
	mitigations := make([]Mitigation, 0, len(t.mitigations))
	for _, row := range t.mitigations {
		mitigations = append(mitigations, Mitigation{ID: row[0], Name: row[1], STIX: stix("course-of-action--", row[2])})
	}
	techniques := make([]Technique, 0, len(t.techniques))
	for row := range maps.Values(t.techniques) {
		x := Technique{
			ID: row[0], Name: row[1],
			Tactics: in.renamed(row[2]), Platforms: in.list(row[3]), Mitigations: in.list(row[5]),
			Deprecated: row[4] == "!", STIX: stix("attack-pattern--", row[6]),
		}
		x.RevokedBy, _ = strings.CutPrefix(strings.TrimPrefix(row[4], "!"), ">")
		techniques = append(techniques, x)
	}
	return must(NewMatrix(v.String(), tactics, techniques, mitigations))
}

// release returns the release that the first line of a table names.
func release(text string) string {
	first, _, _ := strings.Cut(text, "\n")
	_, rest, _ := strings.Cut(first, "\t")
	name, _, _ := strings.Cut(rest, "\t")
	return name
}

// rows yields the lines of a table, split at tabs. Missing columns are empty.
func rows(text string) iter.Seq[[7]string] {
	return func(yield func([7]string) bool) {
		for line := range strings.Lines(text) {
			line = strings.TrimSuffix(line, "\n")
			if line == "" || line[0] == '#' {
				continue
			}
			var row [7]string
			for i := range row {
				var more bool
				row[i], line, more = strings.Cut(line, "\t")
				if !more {
					break
				}
			}
			if !yield(row) {
				return
			}
		}
	}
}

// interned shares the lists that many rows have in common: a few dozen sets of
// tactics and platforms serve all techniques.
type interned map[string][]string

func (in interned) list(s string) []string {
	if s == "" {
		return nil
	}
	list, ok := in[s]
	if !ok {
		list = strings.Split(s, ",")
		in[s] = list
	}
	return list
}

// name makes renamed write id for a short name of a tactic.
func (in interned) name(short, id string) { in["="+short] = []string{id} }

func (in interned) renamed(s string) []string {
	if s == "" {
		return nil
	}
	list, ok := in["~"+s]
	if !ok {
		for _, short := range strings.Split(s, ",") {
			list = append(list, in["="+short]...)
		}
		in["~"+s] = list
	}
	return list
}

// must is for embedded data, which the tests hold to be sound.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
