package cond

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/falconer-go/falconer/event"
)

// checkSet fails if a set says something else of e than its programs do.
func checkSet(t *testing.T, s *Set, programs []*Program, e *event.Event) (matches int) {
	t.Helper()
	var want []int
	for i, p := range programs {
		if p.Match(e) {
			want = append(want, i)
		}
	}
	if got := s.AppendMatches(nil, e); !slices.Equal(got, want) {
		for i, p := range programs {
			if slices.Contains(got, i) != slices.Contains(want, i) {
				t.Errorf("%s", p)
			}
		}
		data, _ := e.MarshalJSON()
		t.Fatalf("matches %v, want %v, on %s", got, want, data)
	}
	return len(want)
}

func TestSet(t *testing.T) {
	r := random{rand.New(rand.NewPCG(11, 12))}
	var programs []*Program
	for len(programs) < 300 {
		if p, err := Compile(r.condition(r.IntN(3)), &Env{EventTypes: words, Strict: r.IntN(8) == 0}); err == nil {
			programs = append(programs, p)
		}
	}
	s := NewSet(programs...)
	if s.Len() != len(programs) {
		t.Errorf("Len = %d", s.Len())
	}
	for range 300 {
		checkSet(t, s, programs, mustParse(t, r.alert()))
	}
}

// TestSetGroups has enough checks of two fields that each search decides some.
func TestSetGroups(t *testing.T) {
	r := random{rand.New(rand.NewPCG(23, 24))}
	word := func(n int) string {
		var b strings.Builder
		for range 1 + r.IntN(n) {
			b.WriteString(pick(r, "a", "b", "A", "/", "x/", "*", "?", "", "é"))
		}
		return b.String()
	}
	ops := []string{
		"=", "!=", "==", "contains", "icontains", "startswith", "endswith", "glob", "iglob", "pmatch", "in", "intersects",
		"= anyof", "!= allof", "contains anyof", "icontains oneof", "startswith anyof", "endswith allof", "glob anyof",
	}
	var programs []*Program
	for i := range 600 {
		op := ops[i%len(ops)]
		right := quote(word(3))
		if strings.HasSuffix(op, "of") || op == "in" || op == "intersects" || op == "pmatch" {
			right = "(" + right + ", " + quote(word(4)) + ")"
		}
		text := pick(r, "", "not ") + pick(r, "fd.name", "alert.rule") + " " + op + " " + right
		if i > 0 && r.IntN(3) == 0 {
			text = "(" + text + " or " + programs[r.IntN(len(programs))].String() + ")"
		}
		p, err := Compile(text, nil)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		programs = append(programs, p)
	}
	for _, text := range []string{"fd.name regex 'a+b/.*'", "fd.name regex '.*bA?/.*'", "fd.name regex 'ab'", "fd.name regex '[ab]+'"} {
		programs = append(programs, MustCompile(text))
	}
	s := NewSet(programs...)
	if n := len(s.groups); n < 12 {
		t.Errorf("only %d searches", n)
	}
	grouped := 0
	for _, l := range s.leaves {
		if l.group >= 0 {
			grouped++
		}
	}
	if grouped < 200 {
		t.Errorf("only %d of %d checks are decided with others", grouped, len(s.leaves))
	}
	matches := 0
	for i := range 2000 {
		name := quoteJSON(word(6))
		switch i % 50 {
		case 0:
			name = "null"
		case 1:
			name = "7"
		case 2:
			name = quoteJSON(strings.Repeat(word(6), 200)) // longer than some searches are worth
		}
		fields := `"fd.name":` + name
		if i%50 == 3 {
			fields = `"proc.name":"x"`
		}
		e := mustParse(t, fmt.Sprintf(`{"rule":%s,"priority":"Error","time":"2026-01-02T03:04:05Z","output":"o","output_fields":{%s}}`,
			quoteJSON("r"+word(5)), fields))
		matches += checkSet(t, s, programs, e)
	}
	if matches < 100_000 {
		t.Errorf("only %d matches", matches)
	}
	e := mustParse(t, openAlert)
	dst := s.AppendMatches(nil, e)
	if n := testing.AllocsPerRun(100, func() { dst = s.AppendMatches(dst[:0], e) }); n != 0 && !raceEnabled {
		t.Errorf("AppendMatches allocates %v times", n)
	}
}

func quoteJSON(s string) string {
	data, _ := json.Marshal(s)
	return string(data)
}

// FuzzSet takes each line for a condition.
func FuzzSet(f *testing.F) {
	r := random{rand.New(rand.NewPCG(27, 28))}
	for range 50 {
		var lines []string
		for range 20 {
			lines = append(lines, strings.ReplaceAll(r.condition(r.IntN(2)), "\n", " "))
		}
		f.Add(strings.Join(lines, "\n"), r.alert())
	}
	f.Fuzz(func(t *testing.T, text, alert string) {
		e, err := event.Parse([]byte(alert))
		if err != nil {
			return
		}
		var programs []*Program
		for line := range strings.SplitSeq(text, "\n") {
			if p, err := Compile(line, &Env{AllowUnknown: true, EventTypes: words}); err == nil {
				programs = append(programs, p)
			}
		}
		checkSet(t, NewSet(programs...), programs, e)
	})
}
