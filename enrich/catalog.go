package enrich

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
	"strings"
)

// Baseline is a set of the baselines of NIST SP 800-53B.
type Baseline uint8

// The baselines.
const (
	Low Baseline = 1 << iota
	Moderate
	High
	Privacy
)

// String returns the baselines' names with commas, "" for the empty set.
func (b Baseline) String() string {
	var s []string
	for i, name := range [...]string{"low", "moderate", "high", "privacy"} {
		if b&(1<<i) != 0 {
			s = append(s, name)
		}
	}
	return strings.Join(s, ",")
}

// Control is a control or control enhancement of NIST SP 800-53.
type Control struct {
	ID        string   `json:"id"`                  // AU-9 or AU-9(4)
	Name      string   `json:"name"`                // its title
	Baselines Baseline `json:"-"`                   // where it is selected
	Withdrawn bool     `json:"withdrawn,omitempty"` // no longer in the catalog
	Into      []string `json:"into,omitempty"`      // what a withdrawn control went into: controls, or the id of a family
	Moved     bool     `json:"-"`                   // it was moved to Into whole, where others were incorporated into it
	Since     string   `json:"-"`                   // the release of the catalog that first has it
}

// Family returns the id of the control's family: AU.
func (c Control) Family() string {
	family, _, _ := strings.Cut(c.ID, "-")
	return family
}

// Base returns the id of the control that an enhancement belongs to, and the
// control's own id if it is none.
func (c Control) Base() string {
	base, _, _ := strings.Cut(c.ID, "(")
	return base
}

// Catalog is a release of NIST SP 800-53. It is immutable and safe to share.
// The embedded one comes from [NIST], others from [ReadOSCAL] and [NewCatalog].
type Catalog struct {
	release  string
	families map[string]string
	controls []Control
	at       map[string]int
}

// NewCatalog returns a catalog of families (id to name) and controls. It fails
// if an id is malformed or occurs twice. The catalog owns both from then on.
func NewCatalog(release string, families map[string]string, controls []Control) (*Catalog, error) {
	slices.SortFunc(controls, func(a, b Control) int { return compareControls(a.ID, b.ID) })
	c := &Catalog{release: release, families: families, controls: controls, at: make(map[string]int, len(controls))}
	for i, x := range controls {
		if _, twice := c.at[x.ID]; twice {
			return nil, &DataError{Object: x.ID, Msg: "control occurs twice"}
		}
		c.at[x.ID] = i
	}
	for _, x := range controls {
		if _, ok := families[x.Family()]; !ok {
			return nil, &DataError{Object: x.ID, Msg: fmt.Sprintf("belongs to family %q, which is not there", x.Family())}
		}
		for _, id := range x.Into {
			if _, ok := c.at[id]; !ok && families[id] == "" {
				return nil, &DataError{Object: x.ID, Msg: fmt.Sprintf("went into %q, which is not there", id)}
			}
		}
	}
	return c, nil
}

// Release returns the release of the catalog, such as 5.2.0.
func (c *Catalog) Release() string { return c.release }

// Controls yields all controls and enhancements in the order of the catalog,
// the withdrawn included.
func (c *Catalog) Controls() iter.Seq[Control] { return slices.Values(c.controls) }

// Family returns the name of a family: AU is Audit and Accountability.
func (c *Catalog) Family(id string) (name string, ok bool) {
	name, ok = c.families[id]
	return name, ok
}

// Control returns the control with an id, in any of the spellings in use:
// AU-10, au-10, AU-09, AU-10(1), AU-10 (01) and OSCAL's au-10.1. A statement
// part (AC-2a, AC-2.a) is read as the control that it is part of.
func (c *Catalog) Control(id string) (Control, bool) {
	i, ok := c.at[id]
	if !ok {
		var name string
		if name, ok = ParseControl(id); ok {
			i, ok = c.at[name]
		}
	}
	if !ok {
		return Control{}, false
	}
	return c.controls[i], true
}

// Select returns the catalog with the controls of these ids in a baseline, and
// no others. It fails if the catalog does not have one of them.
func (c *Catalog) Select(b Baseline, ids []string) (*Catalog, error) {
	controls := slices.Clone(c.controls)
	for i := range controls {
		controls[i].Baselines &^= b
	}
	for _, id := range ids {
		i, ok := c.at[id]
		if !ok {
			return nil, &DataError{Object: id, Msg: "is not in the catalog"}
		}
		controls[i].Baselines |= b
	}
	return &Catalog{c.release, c.families, controls, c.at}, nil
}

// ParseControl returns the canonical spelling of a NIST SP 800-53 id: AU-10 or
// AU-10(1). It is not ok if s is no such id; whether the catalog has it is
// another question.
func ParseControl(s string) (id string, ok bool) {
	s = strings.TrimSpace(s)
	if len(s) < 4 || !isLetter(s[0]) || !isLetter(s[1]) || s[2] != '-' {
		return "", false
	}
	family := strings.ToUpper(s[:2])
	n, rest := leadingNumber(s[3:])
	if n == "" {
		return "", false
	}
	id = family + "-" + n
	if rest = strings.TrimLeft(rest, " "); rest == "" {
		return id, true
	}
	switch rest[0] {
	case '(':
		n, tail := leadingNumber(strings.TrimLeft(rest[1:], " "))
		tail = strings.TrimLeft(tail, " ")
		if n != "" && strings.HasPrefix(tail, ")") && statement(tail[1:]) {
			return id + "(" + n + ")", true
		}
		return id, n == "" && statement(rest) // AC-2(a) is a part of AC-2
	case '.':
		if n, tail := leadingNumber(rest[1:]); n != "" {
			return id + "(" + n + ")", statement(tail)
		}
		return id, statement(rest)
	}
	return id, statement(rest)
}

// statement reports whether s is nothing, or names a part of a control: a, .a,
// a.1, _smt.a, (a)(1).
func statement(s string) bool {
	if s == "" {
		return true
	}
	s = strings.TrimPrefix(s, "_smt")
	s = strings.TrimLeft(s, ".(")
	if len(s) == 0 || !isLetter(s[0]) {
		return false
	}
	for i := 1; i < len(s); i++ {
		if c := s[i]; c != '.' && c != '(' && c != ')' && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}

// leadingNumber cuts a decimal number of at most four digits off s, without
// its leading zeros.
func leadingNumber(s string) (n, rest string) {
	i := 0
	for i < len(s) && s[i] >= '0' && s[i] <= '9' {
		i++
	}
	n = strings.TrimLeft(s[:i], "0")
	if len(n) > 4 {
		return "", s
	}
	return n, s[i:]
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// compareControls orders AC-2 before AC-10, and AC-2 before its enhancements.
func compareControls(a, b string) int {
	fa, na, ea := controlKey(a)
	fb, nb, eb := controlKey(b)
	return cmp.Or(cmp.Compare(fa, fb), cmp.Compare(na, nb), cmp.Compare(ea, eb))
}

func controlKey(id string) (family string, number, enhancement int) {
	family, rest, _ := strings.Cut(id, "-")
	base, enh, _ := strings.Cut(strings.TrimSuffix(rest, ")"), "(")
	return family, atoi(base), atoi(enh)
}

func atoi(s string) (n int) {
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			break
		}
		n = n*10 + int(c-'0')
	}
	return n
}
