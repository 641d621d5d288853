package mitigate

import (
	"path/filepath"
	"slices"
	"testing"

	"github.com/falconer-go/falconer/event"
	"golang.org/x/tools/txtar"
)

// TestHolding: what is found by sets, and rule by rule, is what each condition
// says for itself.
func TestHolding(t *testing.T) {
	files, err := filepath.Glob("report/testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no alerts: %v", err)
	}
	for _, name := range files {
		ar, err := txtar.ParseFile(name)
		if err != nil {
			t.Fatal(err)
		}
		e, err := event.Parse(ar.Files[0].Data)
		if err != nil {
			t.Fatal(err)
		}
		for _, rule := range []string{e.Rule, "Terminal shell in container", "Create Privileged Pod", "Run Instances", "No rule that is known"} {
			e := *e
			e.Rule = rule
			s := on(&e)
			var got, want []string
			h := s.l.generalFor(s.source).holding(s)
			for _, r := range h.readings {
				got = append(got, "reading "+r.Reading)
			}
			for _, p := range h.patterns {
				got = append(got, "pattern "+p.Pattern)
			}
			for _, u := range h.urgency {
				got = append(got, "urgency "+u.Urgency)
			}
			for _, kind := range []string{"reading", "pattern", "urgency"} {
				for _, x := range s.l.sorted(kind) {
					v, err := x.parse()
					if err != nil {
						t.Fatal(err)
					}
					holds := false
					switch v := v.(type) {
					case *readingEntry:
						holds = slices.Contains(v.Sources, s.source) && v.If.holds(s)
					case *patternEntry:
						holds = v.If.holds(s)
					case *urgencyEntry:
						holds = v.If.holds(s)
					}
					if holds {
						want = append(want, kind+" "+x.name)
					}
				}
			}
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("%s as %s:\n got %q\nwant %q", name, rule, got, want)
			}
		}
	}
}
