package main

import (
	"maps"
	"slices"
	"strings"

	"github.com/falconer-go/falconer/enrich"
)

const (
	attackNotice = "The MITRE Corporation. This work is reproduced and distributed with the permission of The MITRE Corporation.\n"
	attackHeader = "# TA..\tshort\tname\tstix\n# M..\tname\tstix\n# T..\tname\ttactics\tplatforms\tstate\tmitigations\tstix\n"
)

// attackLines returns the lines of a release, by kind and in order.
func attackLines(m *enrich.Matrix, stix bool) []string {
	var lines []string
	uuid := func(id string) string {
		if _, after, ok := strings.Cut(id, "--"); ok && stix {
			return after
		}
		return ""
	}
	for t := range m.Tactics() {
		lines = append(lines, line(t.ID, t.Short, t.Name, uuid(t.STIX)))
	}
	for x := range m.Mitigations() {
		lines = append(lines, line(x.ID, x.Name, uuid(x.STIX)))
	}
	for t := range m.Techniques() {
		var tactics []string
		for _, id := range t.Tactics {
			tactic, _ := m.Tactic(id)
			tactics = append(tactics, tactic.Short)
		}
		state := ""
		if t.Deprecated {
			state = "!"
		}
		if t.RevokedBy != "" {
			state += ">" + t.RevokedBy
		}
		lines = append(lines, line(t.ID, t.Name, join(tactics), join(t.Platforms), state, join(t.Mitigations), uuid(t.STIX)))
	}
	return lines
}

func attackText(m *enrich.Matrix, year string) string {
	return "#release\t" + m.Release() + "\tATT&CK for enterprise. © " + year + " " + attackNotice + attackHeader +
		strings.Join(attackLines(m, true), "")
}

// attackDifference returns the lines of old that are not those of now, all
// tactics (their order matters), and -id for each technique that old lacks. An
// object keeps its STIX id for life, so old needs none.
func attackDifference(now, old *enrich.Matrix, year string) string {
	same := map[string]bool{}
	for _, l := range attackLines(now, false) {
		same[l] = true
	}
	var b strings.Builder
	b.WriteString("#release\t" + old.Release() + "\tATT&CK for enterprise, what differs from " + now.Release() + ". © " + year + " " + attackNotice + attackHeader)
	for _, l := range attackLines(old, false) {
		if !same[l] || strings.HasPrefix(l, "TA") {
			b.WriteString(l)
		}
	}
	for t := range now.Techniques() {
		if _, ok := old.Technique(t.ID); !ok {
			b.WriteString(line("-" + t.ID))
		}
	}
	return b.String()
}

func nistText(c *enrich.Catalog) string {
	var b strings.Builder
	b.WriteString("#release\t" + c.Release() + "\tNIST SP 800-53 revision 5. US Government work, public domain.\n")
	b.WriteString("# family\tname\n# id\ttitle\tbaselines\tstate\tsince\n")
	seen := map[string]bool{}
	for x := range c.Controls() {
		if id := x.Family(); !seen[id] {
			seen[id] = true
			name, _ := c.Family(id)
			b.WriteString(line(id, name))
		}
		letters := ""
		for i, letter := range []string{"L", "M", "H", "P"} {
			if x.Baselines&(1<<i) != 0 {
				letters += letter
			}
		}
		state := ""
		switch {
		case x.Withdrawn && len(x.Into) == 0:
			state = "!"
		case x.Withdrawn && x.Moved:
			state = ">>" + join(x.Into)
		case x.Withdrawn:
			state = ">" + join(x.Into)
		}
		b.WriteString(line(x.ID, x.Name, letters, state, x.Since))
	}
	return b.String()
}

func ctidText(source string, pairs map[string][]string) string {
	var b strings.Builder
	b.WriteString("#release\t" + source + "\tCenter for Threat-Informed Defense, Mappings Explorer (Apache-2.0), in the ids of data/attack18.tsv.\n")
	b.WriteString("# technique\tcontrols; none: it was looked at, and no control bears on it\n")
	for _, id := range slices.Sorted(maps.Keys(pairs)) {
		controls := slices.Clone(pairs[id])
		slices.Sort(controls)
		b.WriteString(line(id, join(slices.Compact(controls))))
	}
	return b.String()
}

func pciText(ids []string) string {
	return "#release\t4.0.1\tIds of the requirements of PCI DSS, © PCI Security Standards Council, LLC. No text of theirs.\n" +
		strings.Join(ids, "\n") + "\n"
}

// line joins cells with tabs and drops the empty ones at the end.
func line(cells ...string) string {
	return strings.TrimRight(strings.Join(cells, "\t"), "\t") + "\n"
}

func join(list []string) string { return strings.Join(list, ",") }
