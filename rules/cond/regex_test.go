package cond

import (
	"math/rand/v2"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"testing"
)

// TestRegexParts: looking for literals first changes no verdict.
func TestRegexParts(t *testing.T) {
	r := random{rand.New(rand.NewPCG(41, 42))}
	pieces := []string{"a", "b", "ab", "ba", "é", ".*", ".", "?", "+", "*", "|", "(", ")", "[ab]", "{1,2}", "^", "$", "\\."}
	compiled, looked, matched := 0, 0, 0
	for range 20_000 {
		var b strings.Builder
		for range 1 + r.IntN(9) {
			b.WriteString(pieces[r.IntN(len(pieces))])
		}
		pattern := b.String()
		x, msg := newRegex(pattern)
		if msg != "" {
			continue
		}
		compiled++
		if x.parts != nil {
			looked++
		}
		tree, err := syntax.Parse(pattern, posixFlags)
		if err != nil {
			t.Fatal(err)
		}
		whole := regexp.MustCompile(`\A(?:` + tree.String() + `)\z`)
		for range 12 {
			var s strings.Builder
			for range r.IntN(5) {
				s.WriteString(pick(r, "a", "b", "ab", "é", ".", "\n", "c"))
			}
			want := whole.MatchString(s.String())
			if got := x.match(s.String()); got != want {
				t.Fatalf("%q matches %q: %v, want %v (parts %q)", pattern, s.String(), got, want, x.parts)
			}
			if want {
				matched++
			}
		}
	}
	if compiled < 5000 || looked < 2000 || matched < 2000 {
		t.Errorf("%d patterns, %d with literals, %d matches", compiled, looked, matched)
	}
}

// TestRequired: of a pattern, the literals of which one is in each match.
func TestRequired(t *testing.T) {
	for pattern, want := range map[string][]string{
		".*curl.*":                  {"curl"},
		"a.*longer":                 {"longer"},
		".*(jenkins|runner|bot).*":  {"jenkins", "runner", "bot"},
		"(gitlab|github)-.*":        {"git"},
		"(csi|cni)[0-9]+|calico-.*": {"si", "ni", "calico-"}, // the parser takes out what begins alike
		"(a|.*)":                    nil,
		"x?y*":                      nil,
		"[ab]":                      nil,
	} {
		x, msg := newRegex(pattern)
		if msg != "" {
			t.Fatal(msg)
		}
		if !slices.Equal(x.parts, want) {
			t.Errorf("%s: %q, want %q", pattern, x.parts, want)
		}
	}
}
