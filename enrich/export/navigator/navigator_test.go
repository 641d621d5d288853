package navigator_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/falconer-go/falconer/enrich"
	"github.com/falconer-go/falconer/enrich/export/navigator"
	"github.com/falconer-go/falconer/event"
)

type layer struct {
	Techniques []struct {
		TechniqueID, Tactic, Comment string
		ShowSubtechniques            bool
	}
}

func read(t *testing.T, l *navigator.Layer) (got layer) {
	t.Helper()
	if err := json.Unmarshal(l.Append(nil), &got); err != nil {
		t.Fatal(err)
	}
	return got
}

// TestEveryID tags a rule with each id there is. The Navigator skips those that
// are revoked or deprecated, or fails on them, and shows a sub-technique only
// below the open row of its technique.
func TestEveryID(t *testing.T) {
	for _, v := range []enrich.Version{enrich.V18, enrich.V19} {
		en := enrich.New(&enrich.Options{Version: v})
		for tech := range v.Matrix().Techniques() {
			var l navigator.Layer
			l.Add("r", en.For(&event.Event{Rule: "r", Source: "syscall", Tags: []string{tech.ID}}))
			open := make(map[string]bool)
			got := read(t, &l)
			for _, row := range got.Techniques {
				open[row.TechniqueID+row.Tactic] = row.ShowSubtechniques
			}
			for _, row := range got.Techniques {
				at, ok := v.Matrix().Technique(row.TechniqueID)
				if !ok || !at.Active() {
					t.Errorf("%v: %s makes a row of %s, which is not active", v, tech.ID, row.TechniqueID)
				}
				under := false
				for tactic := range v.Matrix().Tactics() {
					under = under || tactic.Short == row.Tactic && at.In(tactic.ID)
				}
				if !under {
					t.Errorf("%v: %s makes a row of %s under %s, where it is not", v, tech.ID, row.TechniqueID, row.Tactic)
				}
				if at.Parent() != "" && !open[at.Parent()+row.Tactic] {
					t.Errorf("%v: %s: the row of %s is not open", v, row.TechniqueID, at.Parent())
				}
			}
			if tech.Active() && len(got.Techniques) == 0 {
				t.Errorf("%v: %s makes no row", v, tech.ID)
			}
		}
	}
}

func TestAdd(t *testing.T) {
	e := &event.Event{Rule: "r", Source: "syscall", Tags: []string{"T1496"}}
	var l navigator.Layer
	if l.Add("none", nil) {
		t.Error("no mapping was counted")
	}
	for i := range 30 {
		l.Add(fmt.Sprint("rule ", i), enrich.For(e))
	}
	if l.Add("old", enrich.New(&enrich.Options{Version: enrich.V18}).For(e)) {
		t.Error("a mapping of another release was counted")
	}
	if n := l.Count("T1496", "impact"); n != 30 {
		t.Errorf("counted %d, want 30", n)
	}
	if got := read(t, &l).Techniques[0].Comment; !strings.HasSuffix(got, "rule 19, and others") {
		t.Errorf("comment %q", got)
	}
}
