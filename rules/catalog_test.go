package rules

import (
	"slices"
	"testing"
)

func TestCatalog(t *testing.T) {
	n := 0
	last := ""
	for s := range Catalog() {
		if s.Name <= last || s.Source == "" || s.File == "" {
			t.Errorf("%+v behind %q", s, last)
		}
		last = s.Name
		n++
	}
	if n != 242 {
		t.Errorf("%d rules, want 242", n)
	}
	for name, want := range map[string]string{
		"Clear Log Activities":                       "Clear Log Activities",
		"write_binary_dir":                           "Write below binary dir",
		"Reverse shell":                              "Redirect STDOUT/STDIN to Network Connection in Container",
		"Lauch Suspicious Network Tool in Container": "Launch Suspicious Network Tool in Container",
		"no such rule":                               "",
	} {
		got := ""
		if s := LookupShipped(name); s != nil {
			got = s.Name
		}
		if got != want {
			t.Errorf("%q is %q, want %q", name, got, want)
		}
	}
}

// TestCatalogIsUpstream holds the catalog against the rule files themselves.
func TestCatalogIsUpstream(t *testing.T) {
	set, err := Load(nil, upstreamFiles(t)...)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(set.Rules()); n < 200 {
		t.Fatalf("only %d rules", n)
	}
	for _, r := range set.Rules() {
		s := LookupShipped(r.Name)
		if s == nil {
			t.Errorf("%s is not in the catalog", r.Name)
			continue
		}
		tags := slices.Clone(s.Tags)
		slices.Sort(tags)
		fields, printed := slices.Clone(s.Fields), slices.Clone(r.OutputFields)
		slices.Sort(fields)
		slices.Sort(printed)
		if s.Source != r.Source || s.Priority != r.Priority || s.Enabled != r.Enabled || !slices.Equal(slices.Compact(tags), r.Tags) ||
			!slices.Equal(slices.Compact(fields), slices.Compact(printed)) {
			t.Errorf("%s: %+v, but the file has %v %v %v %q %q", r.Name, s, r.Source, r.Priority, r.Enabled, r.Tags, printed)
		}
	}
}

// TestUpstreamLoads loads each file alone and all together.
func TestUpstreamLoads(t *testing.T) {
	files := upstreamFiles(t)
	for _, f := range files {
		if _, err := Load(nil, f); err != nil {
			t.Errorf("%s: %v", f.Name, err)
		}
	}
	if _, err := Load(nil, files...); err != nil {
		t.Error(err)
	}
}
