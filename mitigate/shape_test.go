package mitigate

import (
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
)

// TestMadeShapes: the shapes that are made of sets of bytes say what these patterns
// say, of texts at the border of both.
func TestMadeShapes(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for _, c := range []struct {
		name, pattern string
		is            shape
		most          int
	}{
		{"digits", `^[0-9]{1,19}$`, digits, 19},
		{"hexID", `^[0-9a-f]{12,64}$`, hexID, 64},
		{"dnsLabel", `^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$`, dnsLabel, 63},
		{"dnsName", `^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$`, dnsName, 253},
		{"word", `^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$`, word, 128},
		{"account", `^[A-Za-z0-9_][A-Za-z0-9_.@-]{0,127}$`, account, 128},
		{"kubeUser", `^[A-Za-z0-9_][A-Za-z0-9_.@:-]{0,252}$`, kubeUser, 253},
		{"filePath", `^/(?:[A-Za-z0-9_.+@-]+/?)*$`, filePath, 512},
	} {
		pattern := regexp.MustCompile(c.pattern)
		yes := 0
		for range 20_000 {
			var b strings.Builder
			pieces := []string{"a", "f", "0", "9", "b1", "x", "A", "Z", "_", ".", "-", "/", "@", ":", "+", "\n", " ", "é", "$", "//", "..", "", "-rf"}
			few := pieces[:1+r.IntN(len(pieces))]
			for range r.IntN(16) {
				b.WriteString(few[r.IntN(len(few))])
			}
			s := b.String()
			if r.IntN(8) == 0 {
				s = strings.Repeat(s, 1+r.IntN(40))
			}
			want := pattern.MatchString(s) && len(s) <= c.most
			if got := c.is(s); got != want {
				t.Fatalf("%s(%q) = %v, want %v", c.name, s, got, want)
			}
			if want {
				yes++
			}
		}
		for _, n := range []int{c.most - 1, c.most, c.most + 1} {
			s := strings.Repeat("1", n)
			if c.name == "filePath" {
				s = "/" + s[1:]
			}
			if got := c.is(s); got != (n <= c.most) {
				t.Errorf("%s of %d bytes: %v", c.name, n, got)
			}
		}
		if yes < 20 {
			t.Errorf("%s: only %d texts fit", c.name, yes)
		}
	}
}
