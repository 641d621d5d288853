package rules

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
)

// TestConformancePlaces compares the places that falco -V prints, as it counts
// them, and the snippets.
func TestConformancePlaces(t *testing.T) {
	type diag struct {
		Code    string
		Context struct {
			Locations []struct {
				Type     string `json:"item_type"`
				Position struct {
					Line, Column, Offset int
					Name                 string
				}
			}
			Snippet string
		}
	}
	type result struct {
		Errors, Warnings []diag
	}
	type seen struct {
		told
		Snippet string
	}
	type testCase struct {
		Case      string
		Files     []string
		LoadNames []string `json:"load_names"`
		Setup     []string `json:"setup_cpp"`
		Observed  struct {
			Loads []struct{ Errors, Warnings []seen }
		}
	}
	var n tally
	for _, c := range cases[testCase](t, conformance(t, "loader_expected.jsonl")) {
		if len(c.Setup) > 0 {
			continue
		}
		var files []File
		for i, name := range c.Files {
			// The recorded places say under which of two names it was loaded.
			load := filepath.Base(name)
			if i < len(c.LoadNames) {
				load = c.LoadNames[i]
			}
			for _, l := range c.Observed.Loads {
				for _, d := range append(l.Errors, l.Warnings...) {
					if slices.ContainsFunc(d.Locations, func(l []any) bool { return len(l) > 5 && l[5] == filepath.Base(name) }) {
						load = filepath.Base(name)
					}
				}
			}
			files = append(files, File{load, conformance(t, name)})
		}
		set, _ := Load(&Options{Plugins: []Plugin{}}, files...)
		for i, want := range c.Observed.Loads {
			if i >= len(set.Results()) {
				break
			}
			data, err := json.Marshal(set.Results()[i])
			if err != nil {
				t.Fatal(err)
			}
			var got result
			if err := json.Unmarshal(data, &got); err != nil {
				t.Fatal(err)
			}
			list := func(got []diag, want []seen) {
				for k, w := range want {
					if k >= len(got) || w.Code == string(ErrYAMLParse) {
						continue
					}
					diff := ""
					for j, l := range w.Locations {
						if j >= len(got[k].Context.Locations) || len(l) < 6 {
							diff += fmt.Sprintf(" no place for %v", l)
							break
						}
						p := got[k].Context.Locations[j].Position
						if g := fmt.Sprintln(p.Line, p.Column, p.Offset, p.Name); g != fmt.Sprintln(l[2], l[3], l[4], l[5]) {
							diff += fmt.Sprintf(" %v at %s, want %v", l[0], g, l[2:])
						}
					}
					if w.Snippet != got[k].Context.Snippet {
						diff += fmt.Sprintf(" snippet %q, want %q", got[k].Context.Snippet, w.Snippet)
					}
					if diff != "" {
						n.differ++
						t.Logf("%s: %s:%s", c.Case, w.Code, diff)
					} else {
						n.agree++
					}
				}
			}
			list(got.Errors, want.Errors)
			list(got.Warnings, want.Warnings)
		}
	}
	n.report(t, "loader_places")
}
