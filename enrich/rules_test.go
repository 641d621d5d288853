package enrich

import (
	"strings"
	"testing"
)

// Every row of the table of rules says something that the tables hold, in both
// releases.
func TestRuleTable(t *testing.T) {
	count := 0
	for rule, entries := range ruleTable() {
		seen := map[string]bool{}
		for _, e := range entries {
			if !strings.HasPrefix(e.rule, "Falco internal: ") {
				count++
			}
			if seen[e.source] {
				t.Errorf("%s (%s): twice", rule, e.source)
			}
			seen[e.source] = true
			checkRow(t, e)
		}
	}
	if count != 242 {
		t.Errorf("%d rules, want the 242 of upstream", count)
	}
}

func checkRow(t *testing.T, e ruleEntry) {
	t.Helper()
	if e.source == "" || e.rule == "" || e.reason == "" {
		t.Errorf("%+v: source, rule and reason must be there", e)
	}
	if strings.HasSuffix(e.reason, ".") || strings.Contains(e.reason, "  ") {
		t.Errorf("%s: reason %q", e.rule, e.reason)
	}
	for _, c := range e.claims {
		if c.confidence == 0 {
			t.Errorf("%s: %s has no confidence", e.rule, c.technique)
		}
		now, ok := V19.Matrix().Technique(c.technique)
		if !ok || !now.Active() {
			t.Errorf("%s: %s is not active in 19", e.rule, c.technique)
		}
		if tactic, ok := V19.Matrix().Tactic(c.tactic); !ok || !now.In(tactic.ID) {
			t.Errorf("%s: %s does not lie in %s", e.rule, c.technique, c.tactic)
		}
		was, ok := V18.Matrix().Resolve(c.technique)
		if !ok || !was.Technique.Active() {
			t.Errorf("%s: %s is nothing in 18", e.rule, c.technique)
		}
		b := builder{tables: &tables{lexicon: lexicon{matrix: V18.Matrix()}}}
		if tactic, ok := V18.Matrix().Tactic(b.tacticID(c.tactic)); !ok || !was.Technique.In(tactic.ID) {
			t.Errorf("%s: in 18, %s does not lie in %s", e.rule, was.Technique.ID, c.tactic)
		}
	}
	for _, id := range e.controls {
		if c, ok := NIST().Control(id); !ok || c.Withdrawn || c.ID != id {
			t.Errorf("%s: control %s", e.rule, id)
		}
	}
	for _, r := range e.requirements {
		if r.Standard == "" || r.Version == "" || !dotted(r.ID) || r.Standard == pciName && !HasPCI(r.ID) {
			t.Errorf("%s: requirement %+v", e.rule, r)
		}
	}
	for _, d := range e.doubts {
		if d.tag == "" || d.why == "" || strings.HasSuffix(d.why, ".") {
			t.Errorf("%s: doubt %+v", e.rule, d)
		}
	}
}

// The text of the table says weak or wrong and nothing else of a tag.
func TestRuleTableDoubts(t *testing.T) {
	for row := range rows(rulesText) {
		for text := range strings.SplitSeq(row[5], " | ") {
			if text != "" && !strings.Contains(text, " weak: ") && !strings.Contains(text, " wrong: ") {
				t.Errorf("%s: doubt %q", row[1], text)
			}
		}
	}
}

// What took the place of a retired requirement is there.
func TestMovedRequirements(t *testing.T) {
	for old, now := range pci().was {
		for _, id := range now {
			if !HasPCI(id) || id == old {
				t.Errorf("%s became %s", old, id)
			}
		}
	}
}
