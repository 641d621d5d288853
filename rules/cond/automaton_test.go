package cond

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// naiveFind is find as its comment says it.
func naiveFind(where place, fold bool, needles []string, text string) []int32 {
	if fold {
		text = strings.ToLower(text)
	}
	var found []int32
	for i, needle := range needles {
		if fold {
			needle = strings.ToLower(needle)
		}
		holds := false
		switch where {
		case atStart:
			holds = strings.HasPrefix(text, needle)
		case atEnd:
			holds = strings.HasSuffix(text, needle)
		case anywhere:
			holds = strings.Contains(text, needle)
		}
		if holds {
			found = append(found, int32(i))
		}
	}
	return found
}

func TestAutomaton(t *testing.T) {
	r := random{rand.New(rand.NewPCG(21, 22))}
	word := func(n int) string {
		var b strings.Builder
		for range r.IntN(n) {
			b.WriteString(pick(r, "a", "b", "A", "c", "\xff", "1"))
		}
		return b.String()
	}
	some := 0
	for range 20_000 {
		where, fold := pick(r, atStart, atEnd, anywhere), r.IntN(2) == 0
		var needles []string
		for range r.IntN(6) {
			needles = append(needles, word(5))
		}
		a := newAutomaton(where, fold, needles)
		for range 5 {
			text := word(12)
			want := naiveFind(where, fold, needles, text)
			var got []int32
			a.find(text, func(n int32) bool {
				got = append(got, n)
				return false
			})
			slices.Sort(got)
			if got = slices.Compact(got); !slices.Equal(got, want) {
				t.Fatalf("%q at %d, fold %v, in %q: %v, want %v", needles, where, fold, text, got, want)
			}
			if got := a.match(text); got != (len(want) > 0) {
				t.Fatalf("%q at %d, fold %v, in %q: match = %v", needles, where, fold, text, got)
			}
			some += len(want)
		}
	}
	if some < 20_000 {
		t.Errorf("only %d needles were found", some)
	}
}

func TestAutomatonBounds(t *testing.T) {
	var long []string // a table for these would be large
	for i := range 300 {
		b := make([]byte, 250)
		for k := range b {
			b[k] = byte(i*7 + k)
		}
		long = append(long, string(b))
	}
	if newAutomaton(anywhere, false, long) != nil {
		t.Error("there is a table for 75 kB of needles")
	}
	nested := func(n int) (list []string) {
		for i := range n {
			list = append(list, strings.Repeat("a", i+1))
		}
		return list
	}
	if newAutomaton(anywhere, false, nested(maxNested)) == nil || newAutomaton(anywhere, false, nested(maxNested+1)) != nil {
		t.Errorf("the bound of %d for needles that end at one place", maxNested)
	}
	// Where there is no automaton a check looks for one after the other.
	for _, list := range [][]string{long, nested(40)} {
		var all []constant
		for _, text := range list {
			all = append(all, constant{str: text})
		}
		m, _ := newTest(strClass, OpContains, AnyOf, all)
		if m.needles != nil || !m.str("x"+list[17]) || m.str("x") {
			t.Error("a list without an automaton")
		}
	}
}

// TestAutomatonFold: only letters of ASCII are folded, so that needles of other
// alphabets, and bytes that are no characters, have room.
func TestAutomatonFold(t *testing.T) {
	for _, needles := range [][]string{
		{"É", "é"}, {"Ж", "ж", "a", "A"}, {"İ", "i̇", "K", "k"}, {"\xf1", "\xf2", "\xf3", "\xf4"},
	} {
		a := newAutomaton(anywhere, true, needles)
		for i, needle := range needles {
			if found := a.find("x"+needle+"y", func(n int32) bool { return n == int32(i) }); !found {
				t.Errorf("%q is not found among %q", needle, needles)
			}
		}
	}
	var programs []*Program
	for _, text := range []string{`proc.cmdline icontains "Éa"`, `proc.cmdline icontains "éb"`, `proc.cmdline icontains "Ñc"`, `proc.cmdline icontains "ñd"`} {
		p, err := Compile(text, nil)
		if err != nil {
			t.Fatal(err)
		}
		programs = append(programs, p)
	}
	if n := NewSet(programs...).Len(); n != len(programs) {
		t.Errorf("%d programs", n)
	}
}
