package mitigate

import (
	"cmp"
	"os"
	"path/filepath"
	"testing"

	yaml "go.yaml.in/yaml/v4"
)

// TestCases runs the cases of entries of kind urgency and pattern: alerts to which
// each must apply and near-misses to which it must not.
func TestCases(t *testing.T) {
	files, err := filepath.Glob("testdata/cases*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var cases []struct {
			Urgency, Pattern string
			Source           string // of the alerts; syscall where it is left out
			Fires, Not       []map[string]any
		}
		if err := yaml.Unmarshal(data, &cases); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		for _, c := range cases {
			var when *condition
			if u := find[urgencyEntry](Default(), "urgency", c.Urgency); u != nil {
				when = u.If
			} else if p := find[patternEntry](Default(), "pattern", c.Pattern); p != nil {
				when = p.If
			} else {
				t.Errorf("%s: there is no urgency %q or pattern %q", file, c.Urgency, c.Pattern)
				continue
			}
			if len(c.Fires) == 0 || len(c.Not) == 0 {
				t.Errorf("%s: %s%s: needs cases that fire and cases that do not", file, c.Urgency, c.Pattern)
			}
			for _, fields := range c.Fires {
				if !when.holds(on(alertWith(t, cmp.Or(c.Source, "syscall"), fields))) {
					t.Errorf("%s%s: does not fire on %v", c.Urgency, c.Pattern, fields)
				}
			}
			for _, fields := range c.Not {
				if when.holds(on(alertWith(t, cmp.Or(c.Source, "syscall"), fields))) {
					t.Errorf("%s%s: fires on %v", c.Urgency, c.Pattern, fields)
				}
			}
		}
	}
}
