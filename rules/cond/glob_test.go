package cond

import (
	"math/rand/v2"
	"strings"
	"testing"
)

func TestGlob(t *testing.T) {
	tests := []struct {
		pattern, text string
		match, fold   bool // fold: also without case
	}{
		{"", "", true, true},
		{"", "a", false, false},
		{"*", "", true, true},
		{"*", "/a/.b\n", true, true},
		{"a?c", "abc", true, true},
		{"a?c", "a/c", true, true},
		{"??", "é", true, true},
		{"?", "é", false, false},
		{"A*", "abc", false, true},
		{"*B*", "abc", false, true},
		{"*C", "abc", false, true},
		{"*b?", "abc", true, true},
		{"*b?", "abcd", false, false},
		{"a*b*c", "aXbXbc", true, true},
		{"a*b*c", "acb", false, false},
		{"a*a", "a", false, false},
		{"[a-c]x", "bx", true, true},
		{"[a-c]x", "Bx", false, true},
		{"[!a-c]x", "dx", true, true},
		{"[^a-c]x", "bx", false, false},
		{"[]]x", "]x", true, true},
		{"[!]]x", "]x", false, false},
		{"[a-]x", "-x", true, true},
		{"[[:digit:][:upper:]]", "7", true, true},
		{"[[:digit:][:upper:]]", "q", false, false},
		{"[[:nope:]a]", "a", false, false},
		{"[a[:nope:]]", "a", true, true},
		{"[![:nope:]]", "b", false, false},
		{"[[=a=]]", "a", true, true},
		{"[[.a.]-c]", "b", true, true},
		{"[ab", "[ab", true, true},
		{"[ab", "a", false, false},
		{"[[", "[[", true, true},
		{"[a[", "a[", false, false},
		{"[[:", "[[:", true, true},
		{"[a-", "[a-", false, false},
		{`[a\`, `[a\`, false, false},
		{"[[.a", "[[.a", false, false},
		{"[[.ab.]c]", "c", false, false},
		{"[c[.ab.]]", "c", true, true},
		{"[[.a.]-]", "a", false, false},
		{"[[=b=]]", "B", false, false},
		{"[[=a=]-c]", "b", false, false},
		{"[a-[.c.]]", "b", true, true},
		{"[!][]x", "]x", false, false},
		{"[z-a]", "m", false, false},
		{`\*a`, "*a", true, true},
		{`\*a`, "ba", false, false},
		{`a\`, "a", false, false},
		{`[\]]`, "]", true, true},
		{"{a,b}", "{a,b}", true, true},
		{"{a,b}", "a", false, false},
		{"/home/*/.ssh/*", "/home/u/x/.ssh/id", true, true},
	}
	for _, tt := range tests {
		for _, fold := range []bool{false, true} {
			want := tt.match
			if fold {
				want = tt.fold
			}
			g := newGlob(tt.pattern, fold)
			if got := g.match(tt.text); got != want {
				t.Errorf("glob %q of %q, fold %v: %v, want %v", tt.pattern, tt.text, fold, got, want)
			}
			if got := globMatch(tt.pattern, tt.text, fold); got != want {
				t.Errorf("globMatch %q of %q, fold %v: %v, want %v", tt.pattern, tt.text, fold, got, want)
			}
		}
	}
}

// TestGlobLaws compares the two matchers, of which one knows the pattern
// beforehand.
func TestGlobLaws(t *testing.T) {
	r := random{rand.New(rand.NewPCG(7, 8))}
	some := func(n int, from ...string) string {
		var b strings.Builder
		for range r.IntN(n) {
			b.WriteString(pick(r, from...))
		}
		return b.String()
	}
	for range 200_000 {
		pattern := some(8, "*", "?", "a", "b", "A", "[ab]", "[!a]", "[", `\`, "]")
		text := some(10, "a", "b", "A", "c", "[", "]", `\`)
		fold := r.IntN(2) == 0
		g := newGlob(pattern, fold)
		if got, want := g.match(text), globMatch(pattern, text, fold); got != want {
			t.Fatalf("%q of %q, fold %v: %v beforehand, %v now", pattern, text, fold, got, want)
		}
	}
}

func TestContainsFold(t *testing.T) {
	r := random{rand.New(rand.NewPCG(9, 10))}
	for range 100_000 {
		var s, u strings.Builder
		for range r.IntN(12) {
			s.WriteString(pick(r, "a", "A", "b", "B", "1", "-", "é"))
		}
		for range r.IntN(4) {
			u.WriteString(pick(r, "a", "A", "b", "1", "-", "é"))
		}
		want := strings.Contains(strings.ToLower(s.String()), strings.ToLower(u.String()))
		if got := containsFold(s.String(), u.String()); got != want {
			t.Fatalf("containsFold(%q, %q) = %v", s.String(), u.String(), got)
		}
	}
}
