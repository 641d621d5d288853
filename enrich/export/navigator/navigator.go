// Package navigator writes layers of the ATT&CK Navigator, format 4.5: which
// techniques a set of rules covers, and how often a stream of alerts shows them.
//
// A layer counts a technique under each tactic that the rule uses it for. The
// names of tactics are the short ones of the release of ATT&CK that the mapping
// speaks in, since a layer with another release's names matches nothing.
package navigator

import (
	"cmp"
	"slices"
	"strings"

	"github.com/falconer-go/falconer/enrich"
	"github.com/falconer-go/falconer/enrich/export/internal/jsonw"
)

const (
	layerVersion     = "4.5"
	navigatorVersion = "5.1.0"
)

// Layer gathers mappings and writes them as a layer. The zero Layer is empty
// and ready to use. It is for one goroutine.
type Layer struct {
	Name        string   // "Falco" if it is ""
	Description string   // shown with the name
	Platforms   []string // the filter of platforms; nil for Linux, Containers, IaaS, SaaS, Identity Provider

	release string
	cells   map[cell]*tally
}

// cell is a technique under a tactic.
type cell struct{ technique, tactic string }

type tally struct {
	order int // of the tactic
	count int
	rules []string
}

// maxRules is how many names of rules stand in the comment of a technique.
const maxRules = 20

// Add counts the techniques of a mapping once, for a rule of that name: the rule
// itself for a layer of coverage, an alert of it for a layer of heat. All
// mappings of a layer have to be of one release of ATT&CK; Add reports whether
// this one was, and counts it only then; a nil mapping is of none.
func (l *Layer) Add(rule string, m *enrich.Mapping) bool {
	if m == nil {
		return false
	}
	if l.release == "" {
		l.release = m.Version
		l.cells = make(map[cell]*tally)
	}
	if m.Version != l.release {
		return false
	}
	matrix := m.Matrix()
	for _, p := range m.Pairs() {
		if p.Technique.Derived() || !p.Technique.Active() {
			continue // the Navigator has no row for what is deprecated
		}
		l.cell(cell{p.Technique.ID, p.Tactic.Short}, matrix.Order(p.Tactic.ID)).add(rule)
		// The row of a sub-technique is seen only if its parent's is open.
		if parent := p.Technique.Parent(); parent != "" {
			l.cell(cell{parent, p.Tactic.Short}, matrix.Order(p.Tactic.ID))
		}
	}
	return true
}

func (l *Layer) cell(c cell, order int) *tally {
	t := l.cells[c]
	if t == nil {
		t = &tally{order: order}
		l.cells[c] = t
	}
	return t
}

func (t *tally) add(rule string) {
	t.count++
	if !slices.Contains(t.rules, rule) && len(t.rules) <= maxRules {
		t.rules = append(t.rules, rule)
	}
}

// Count returns how often a technique was counted under a tactic, by the
// tactic's short name.
func (l *Layer) Count(technique, tactic string) int {
	if t := l.cells[cell{technique, tactic}]; t != nil {
		return t.count
	}
	return 0
}

// Append appends the layer as JSON to dst.
func (l *Layer) Append(dst []byte) []byte {
	w := jsonw.Writer{B: append(dst, '\n')}
	at := len(dst)
	all := w.Begin("")
	w.Str("name", cmp.Or(l.Name, "Falco"))
	versions := w.Begin("versions")
	if l.release != "" {
		major, _, _ := strings.Cut(l.release, ".")
		w.Str("attack", major)
	}
	w.Str("navigator", navigatorVersion)
	w.Str("layer", layerVersion)
	w.End(versions)
	w.Str("domain", "enterprise-attack")
	w.Str("description", l.Description)
	filters := w.Begin("filters")
	platforms := l.Platforms
	if platforms == nil {
		platforms = []string{"Linux", "Containers", "IaaS", "SaaS", "Identity Provider"}
	}
	w.Strs("platforms", platforms)
	w.End(filters)
	w.Int("sorting", sortByScore)
	layout := w.Begin("layout")
	w.Str("layout", "side")
	w.Bool("showID", true)
	w.Bool("showName", true)
	w.Bool("showAggregateScores", true)
	w.Bool("countUnscored", false)
	w.Str("aggregateFunction", "sum")
	w.Str("expandedSubtechniques", "annotated")
	w.End(layout)
	most := l.techniques(&w)
	gradient := w.Begin("gradient")
	colors := w.BeginList("colors")
	w.Str("", "#ffffff")
	w.Str("", "#d9480f")
	w.EndList(colors)
	w.Int("minValue", 0)
	w.Int("maxValue", int64(max(most, 1))) // more than minValue, as the format asks
	w.End(gradient)
	w.Bool("selectTechniquesAcrossTactics", true)
	w.End(all)
	// The line feed kept the writer from looking at what stood before.
	return append(w.B[:at], w.B[at+1:]...)
}

// sortByScore shows the technique with the highest score first.
const sortByScore = 3

// techniques writes the cells, in the order of the matrix, and returns the
// highest count.
func (l *Layer) techniques(w *jsonw.Writer) (most int) {
	cells := make([]cell, 0, len(l.cells))
	for c := range l.cells {
		cells = append(cells, c)
	}
	slices.SortFunc(cells, func(a, b cell) int {
		return cmp.Or(cmp.Compare(l.cells[a].order, l.cells[b].order), strings.Compare(a.technique, b.technique))
	})
	list := w.BeginList("techniques")
	for _, c := range cells {
		t := l.cells[c]
		most = max(most, t.count)
		o := w.Begin("")
		w.Str("techniqueID", c.technique)
		w.Str("tactic", c.tactic)
		if t.count > 0 {
			w.Int("score", int64(t.count))
			w.Str("comment", comment(t.rules))
		}
		w.Bool("enabled", true)
		w.Bool("showSubtechniques", t.count == 0 || l.hasSub(c))
		w.End(o)
	}
	if len(cells) == 0 {
		w.B = append(w.B, ']')
		return 0
	}
	w.EndList(list)
	return most
}

// hasSub reports whether a sub-technique of the cell is counted, too.
func (l *Layer) hasSub(c cell) bool {
	for other := range l.cells {
		if other.tactic == c.tactic && strings.HasPrefix(other.technique, c.technique+".") {
			return true
		}
	}
	return false
}

func comment(rules []string) string {
	if len(rules) > maxRules {
		return strings.Join(rules[:maxRules], ", ") + ", and others"
	}
	return strings.Join(rules, ", ")
}
