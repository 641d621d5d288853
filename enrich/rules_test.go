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
	claims := e.claims()
	if len(claims) != len(strings.Fields(e.techniques)) {
		t.Errorf("%s: %q", e.rule, e.techniques)
	}
	for _, c := range claims {
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
	for _, id := range strings.Fields(e.controls) {
		if prefix, id, ok := strings.Cut(id, ":"); ok {
			if benchmarks[prefix].Standard == "" || !dotted(id) || prefix == "PCI" && !HasPCI(id) {
				t.Errorf("%s: requirement %s:%s", e.rule, prefix, id)
			}
			continue
		}
		if c, ok := NIST().Control(id); !ok || c.Withdrawn || c.ID != id {
			t.Errorf("%s: control %s", e.rule, id)
		}
	}
	if e.doubts != "" && len(e.allDoubts()) != len(strings.Split(e.doubts, " | ")) {
		t.Errorf("%s: doubts %q", e.rule, e.doubts)
	}
	for _, d := range e.allDoubts() {
		if strings.HasSuffix(d.why, ".") || !strings.Contains(e.doubts, d.tag+" weak: ") && !strings.Contains(e.doubts, d.tag+" wrong: ") {
			t.Errorf("%s: doubt %+v", e.rule, d)
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
