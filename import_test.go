package falconer_test

import (
	"os/exec"
	"strings"
	"testing"
)

// TestImports holds the direction of imports: event, then rules/cond, then
// rules; event, then enrich; mitigate on top of all.
func TestImports(t *testing.T) {
	const (
		module = "github.com/falconer-go/falconer/"
		sdk    = "github.com/falcosecurity/"
	)
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("there is no go command to ask")
	}
	out, err := exec.Command("go", "list", "-deps", "-f", "{{.ImportPath}} {{join .Deps \" \"}}",
		"./event/...", "./rules/...", "./enrich/...", "./mitigate/...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	deps := make(map[string][]string)
	for line := range strings.Lines(string(out)) {
		f := strings.Fields(line)
		if p, ok := strings.CutPrefix(f[0], module); ok {
			deps[p] = f[1:]
		}
	}
	for _, rule := range []struct {
		pkg  string // and what is below it
		not  []string
		only []string // packages of the module it may use beside its own tree
	}{
		{"event", []string{"go.yaml.in/", "net/http", sdk}, nil}, // nor the tables, which are in packages of the module
		{"rules/cond", []string{"go.yaml.in/", "net/http", sdk}, []string{"event"}},
		{"rules", []string{"net/http", sdk}, []string{"event"}},
		{"enrich", []string{"net/http", "go.yaml.in/", sdk}, []string{"event"}},
		{"mitigate", []string{"net/http", sdk}, []string{"event", "rules", "enrich"}},
	} {
		seen := false
		for pkg, list := range deps {
			if pkg != rule.pkg && !strings.HasPrefix(pkg, rule.pkg+"/") {
				continue
			}
			if strings.HasPrefix(pkg, "event/event") || strings.HasPrefix(pkg, "event/plugin") {
				continue // adapters, apart so that event need not link what they do
			}
			seen = true
			for _, d := range list {
				for _, not := range rule.not {
					if d == not || strings.HasSuffix(not, "/") && strings.HasPrefix(d, not) {
						t.Errorf("%s links %s", pkg, d)
					}
				}
				if own, ok := strings.CutPrefix(d, module); ok && !allowed(own, rule.pkg, rule.only) {
					t.Errorf("%s imports %s", pkg, own)
				}
			}
		}
		if !seen {
			t.Errorf("package %s was not looked at", rule.pkg)
		}
	}
}

func allowed(dep, pkg string, only []string) bool {
	for _, p := range append(only, pkg, "internal") {
		if dep == p || strings.HasPrefix(dep, p+"/") {
			return true
		}
	}
	return false
}
