package cond

import (
	"strings"
	"testing"
)

// TestKeys: what a program of a set cannot do without is its key.
func TestKeys(t *testing.T) {
	for condition, want := range map[string]string{
		"proc.name = a":                                           "proc.name = a",
		"proc.name exists and proc.tty > 0":                       "proc.tty > 0",
		"proc.tty > 0 and proc.name in (a, b)":                    "proc.name in (a, b)",
		"not proc.tty > 0 and (proc.name = a or fd.name = b)":     "fd.name = b or proc.name = a",
		"not (proc.tty > 0 or proc.pname = c) and proc.name = a":  "proc.name = a",
		"not (proc.tty > 0 and proc.pname = c) and proc.name = a": "proc.name = a",
		"not proc.name = a":                                       "",
		"proc.name = a or not fd.name = b":                        "",
		"proc.name = a or (fd.name = b and proc.tty > 0)":         "fd.name = b or proc.name = a",
		"proc.name = a or (fd.name = b and not proc.tty > 0)":     "fd.name = b or proc.name = a",
		"proc.name = a or (not fd.name = b and not proc.tty > 0)": "",
	} {
		s := NewSet(MustCompile(condition))
		var got []string
		for _, leaf := range s.keysOf(s.entries[0]) {
			got = append(got, s.leaves[leaf].in.check.text())
		}
		if got := strings.Join(got, " or "); got != want {
			t.Errorf("%s: the key is %q, want %q", condition, got, want)
		}
	}
}
