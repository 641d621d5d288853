//go:build !race

package enrich

import "testing"

// The second alert of a rule costs no allocation, nor does reading its fields
// in a condition, nor looking at an unknown rule's alert for behaviour.
func TestAllocs(t *testing.T) {
	e := seed(t)
	unknown := *e
	unknown.Rule, unknown.Tags = "a rule of ours", nil
	var n Enricher
	for name, f := range map[string]func(){
		"For":         func() { n.For(e) },
		"For unknown": func() { n.For(&unknown) },
		"Field":       func() { Fielded{e, &n}.Field("alert.attack.tactic") },
		"Related":     func() { n.For(e).Related() },
	} {
		if got := testing.AllocsPerRun(100, f); got > 0 {
			t.Errorf("%s: %v allocations, want 0", name, got)
		}
	}
}

// The embedded tables stay small, whatever the next release brings.
func TestEmbeddedSize(t *testing.T) {
	size := len(attack19Text) + len(attack18Text) + len(nistText) + len(ctidText) + len(pciText) + len(pciMovedText) + len(rulesText)
	if most := 300_000; size > most {
		t.Errorf("%d bytes are embedded, want at most %d", size, most)
	}
}
