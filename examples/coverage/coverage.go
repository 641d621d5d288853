package main

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/falconer-go/falconer/enrich"
)

// coverage is the matrix of ATT&CK with what rules look for and alerts showed.
type coverage struct {
	matrix    *enrich.Matrix
	platforms []string
	columns   []*column
	cells     map[string][]*technique // by id: a technique stands under each of its tactics
	rules     int
	alerts    int
}

// column is a tactic and its techniques, by id.
type column struct {
	tactic     enrich.Tactic
	techniques []*technique
}

// technique is a cell of the matrix. A sub-technique is part of its parent's
// cell.
type technique struct {
	enrich.Technique
	tactic string
	rules  []string // that look for it
	seen   int      // alerts that showed it
	sub    []*technique
}

// state says how far a technique is covered.
type state int

const (
	none state = iota
	partly
	covered
)

var stateNames = [...]string{"not covered", "partly covered", "covered"}

func (s state) String() string { return stateNames[s] }

// state of a technique: covered by a rule of its own or by rules for all of its
// sub-techniques, partly by rules for some of them.
func (t *technique) state() state {
	if len(t.rules) > 0 {
		return covered
	}
	n := 0
	for _, s := range t.sub {
		if len(s.rules) > 0 {
			n++
		}
	}
	switch {
	case n == 0:
		return none
	case n == len(t.sub):
		return covered
	}
	return partly
}

// shown is how many alerts showed the technique or one of its sub-techniques.
func (t *technique) shown() int {
	n := t.seen
	for _, s := range t.sub {
		n += s.seen
	}
	return n
}

func newCoverage(m *enrich.Matrix, platforms []string) *coverage {
	c := &coverage{matrix: m, platforms: platforms, cells: make(map[string][]*technique)}
	for tactic := range m.Tactics() {
		col := &column{tactic: tactic}
		parents := make(map[string]*technique)
		for t := range m.Techniques() {
			if !t.Active() || !t.In(tactic.ID) || !t.On(platforms...) {
				continue
			}
			cell := &technique{Technique: t, tactic: tactic.ID}
			c.cells[t.ID] = append(c.cells[t.ID], cell)
			// A parent stands before its sub-techniques in the table.
			if p := parents[t.Parent()]; p != nil {
				p.sub = append(p.sub, cell)
				continue
			}
			parents[t.ID] = cell
			col.techniques = append(col.techniques, cell)
		}
		if len(col.techniques) > 0 {
			c.columns = append(c.columns, col)
		}
	}
	return c
}

// addRule counts a rule for each technique it is mapped to, under the tactics
// that it serves.
func (c *coverage) addRule(name string, m *enrich.Mapping) {
	c.rules++
	c.each(m, func(t *technique) {
		if !slices.Contains(t.rules, name) {
			t.rules = append(t.rules, name)
		}
	})
}

func (c *coverage) addAlert(m *enrich.Mapping) {
	c.alerts++
	c.each(m, func(t *technique) { t.seen++ })
}

func (c *coverage) each(m *enrich.Mapping, f func(*technique)) {
	for _, t := range m.Techniques {
		if t.Derived() {
			continue // the parent of a sub-technique: it is covered through that
		}
		for _, cell := range c.cells[t.ID] {
			if slices.Contains(t.Serves, cell.tactic) {
				f(cell)
			}
		}
	}
}

// count returns how many techniques of the column are in each state.
func (col *column) count() (n [3]int) {
	for _, t := range col.techniques {
		n[t.state()]++
	}
	return n
}

// count is a number of things.
func count(n int, thing string) string {
	if n != 1 {
		thing += "s"
	}
	return strconv.Itoa(n) + " " + thing
}

// writeTable writes the gaps by tactic.
func (c *coverage) writeTable(w io.Writer) error {
	fmt.Fprintf(w, "ATT&CK %s, %s: %s", c.matrix.Release(), strings.Join(c.platforms, " and "), count(c.rules, "rule"))
	if c.alerts > 0 {
		fmt.Fprintf(w, ", %s", count(c.alerts, "alert"))
	}
	fmt.Fprint(w, "\n\n")
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(tw, "\tcovered\tpartly\tnot\tseen\t  tactic")
	var total [3]int
	for _, col := range c.columns {
		n, seen := col.count(), 0
		for _, t := range col.techniques {
			if t.shown() > 0 {
				seen++
			}
		}
		fmt.Fprintf(tw, "\t%d\t%d\t%d\t%d\t  %s %s\n", n[covered], n[partly], n[none], seen, col.tactic.ID, col.tactic.Name)
		for i := range total {
			total[i] += n[i]
		}
	}
	fmt.Fprintf(tw, "\t%d\t%d\t%d\t\t  in all\n", total[covered], total[partly], total[none])
	return tw.Flush()
}

// writeGaps names the gaps: by tactic, the techniques that no rule looks for,
// and of those that are partly covered the sub-techniques that none does.
func (c *coverage) writeGaps(w io.Writer) error {
	out := bufio.NewWriter(w)
	for _, col := range c.columns {
		n := col.count()
		if n[none]+n[partly] == 0 {
			continue
		}
		fmt.Fprintf(out, "\n%s %s\n", col.tactic.ID, col.tactic.Name)
		for _, t := range col.techniques {
			switch t.state() {
			case none:
				fmt.Fprintf(out, "  %-9s  %s\n", t.ID, t.Name)
			case partly:
				for _, s := range t.sub {
					if len(s.rules) == 0 {
						fmt.Fprintf(out, "  %-9s  %s: %s\n", s.ID, t.Name, s.Name)
					}
				}
			}
		}
	}
	return out.Flush()
}
