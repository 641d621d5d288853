package mitigate

import (
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/falconer-go/falconer/event"
	"golang.org/x/tools/txtar"
)

// TestHolding: what is found by a look at the texts of the conditions, and after
// many alerts by a set of them, is what each condition says for itself.
func TestHolding(t *testing.T) {
	young, err := ownLibrary()
	if err != nil {
		t.Fatal(err)
	}
	old, err := ownLibrary()
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("report/testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no alerts: %v", err)
	}
	for _, name := range files {
		ar, err := txtar.ParseFile(name)
		if err != nil {
			t.Fatal(err)
		}
		e, err := event.Parse(ar.Files[0].Data)
		if err != nil {
			t.Fatal(err)
		}
		for _, rule := range []string{e.Rule, "Terminal shell in container", "Create Privileged Pod", "Run Instances", "No rule that is known"} {
			e := *e
			e.Rule = rule
			s := on(&e)
			var want []string
			var heaviest *situationEntry
			for _, kind := range []string{"reading", "situation", "pattern", "urgency"} {
				for _, x := range s.l.sorted(kind) {
					v, err := x.parse()
					if err != nil {
						t.Fatal(err)
					}
					holds := false
					switch v := v.(type) {
					case *readingEntry:
						holds = slices.Contains(v.Sources, s.source) && v.If.holds(s)
					case *situationEntry:
						if slices.Contains(v.Sources, s.source) && v.If.holds(s) && (heaviest == nil || v.Weight > heaviest.Weight) {
							heaviest = v // they are sorted by name
						}
					case *patternEntry:
						holds = v.If.holds(s)
					case *urgencyEntry:
						holds = v.If.holds(s)
					}
					if holds {
						want = append(want, kind+" "+x.name)
					}
				}
			}
			if heaviest != nil {
				want = append(want, "situation "+heaviest.Situation)
			}
			slices.Sort(want)
			for _, l := range []*Library{young, old} {
				g := l.generalFor(s.source)
				g.alerts.Store(0)
				if l == old && g.settled.Load() == nil {
					g.alerts.Store(manyAlerts - 1)
				}
				h := g.holding(s)
				if is := g.settled.Load() != nil; is != (l == old) {
					t.Fatalf("settled: %v", is)
				}
				if got := h.names(); !slices.Equal(got, want) {
					t.Errorf("%s as %s, settled %v:\n got %q\nwant %q", name, rule, l == old, got, want)
				}
			}
		}
	}
}

// names returns what holds as kind and name, sorted.
func (h holding) names() (list []string) {
	for _, r := range h.readings {
		list = append(list, "reading "+r.Reading)
	}
	if h.situation != nil {
		list = append(list, "situation "+h.situation.Situation)
	}
	for _, p := range h.patterns {
		list = append(list, "pattern "+p.Pattern)
	}
	for _, u := range h.urgency {
		list = append(list, "urgency "+u.Urgency)
	}
	slices.Sort(list)
	return list
}

// TestConditionsWithOr: a condition that asks for another rule or for something
// else holds for that, however the word is written.
func TestConditionsWithOr(t *testing.T) {
	for _, text := range []string{
		`'alert.rule = "Terminal shell in container" or(proc.name = zzz)'`,
		`'alert.rule in ("Terminal shell in container")or proc.name = zzz'`,
		"|\n    alert.rule = \"Terminal shell in container\" or\n    proc.name = zzz",
		"|\n    alert.rule = \"Terminal shell in container\"\n    or proc.name = zzz",
	} {
		l, err := Default().With(fstest.MapFS{"own.yaml": {Data: []byte("- urgency: own\n  if: " + text + "\n  step: 1\n  because: it is so\n")}})
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		for name, want := range map[string]bool{"zzz": true, "yyy": false} {
			e := alertWith(t, "syscall", map[string]any{"alert.rule": "Run shell untrusted", "proc.name": name})
			s := about(e, l)
			got := slices.ContainsFunc(l.generalFor("syscall").holding(&s).urgency, func(u *urgencyEntry) bool { return u.Urgency == "own" })
			if got != want {
				t.Errorf("%s: holds for %s: %v, want %v", text, name, got, want)
			}
		}
	}
}

// TestHoldingTogether: alerts of many goroutines, before, while and after the set is
// built, get what one alone gets.
func TestHoldingTogether(t *testing.T) {
	l, err := ownLibrary()
	if err != nil {
		t.Fatal(err)
	}
	alone, err := ownLibrary()
	if err != nil {
		t.Fatal(err)
	}
	var alerts []*event.Event
	var want [][]string
	for _, name := range []string{"nginx", "bash", "xmrig", "java"} {
		e := alertWith(t, "syscall", map[string]any{"proc.name": name, "proc.pname": "containerd-shim", "container.id": "3ad7b26ded6d", "proc.tty": 0, "user.loginuid": -1})
		s := about(e, alone)
		alerts, want = append(alerts, e), append(want, alone.generalFor("syscall").holding(&s).names())
	}
	if len(want[2]) == 0 {
		t.Fatal("nothing holds for a miner")
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for i := range manyAlerts {
				s := about(alerts[i%len(alerts)], l)
				if got := l.generalFor("syscall").holding(&s).names(); !slices.Equal(got, want[i%len(want)]) {
					t.Errorf("got %q, want %q", got, want[i%len(want)])
					return
				}
			}
		})
	}
	wg.Wait()
	if l.generalFor("syscall").settled.Load() == nil {
		t.Error("the set was not built")
	}
}
