package mitigate

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/falconer-go/falconer/enrich"
	"github.com/falconer-go/falconer/event"
	"github.com/falconer-go/falconer/rules"
	"github.com/falconer-go/falconer/rules/cond"
)

// TestCoverage holds that each rule which Falco and its plugins ship has
// knowledge of its own.
func TestCoverage(t *testing.T) {
	missing := 0
	for r := range rules.Catalog() {
		if find[ruleEntry](Default(), "rule", r.Name) == nil {
			t.Errorf("nothing is known of %q (%s)", r.Name, r.Source)
			missing++
		}
	}
	if missing > 0 {
		t.Errorf("%d rules are missing", missing)
	}
}

// TestOutcomes holds that each of our rules says what to look at first, and what
// to do with what is found, in texts that do not break off.
func TestOutcomes(t *testing.T) {
	whole := func(e *entry, first names, outcomes []outcomeEntry) {
		if len(first) == 0 || len(outcomes) < 2 {
			t.Errorf("%s:%d: %q has %d commands to begin with and %d outcomes", e.file, e.line, e.name, len(first), len(outcomes))
		}
		for i, o := range outcomes {
			for _, f := range o.Find {
				if s := lastSpan(f); s.Kind == Plain && strings.ContainsAny(s.Text[len(s.Text)-1:], ".:;,") {
					t.Errorf("%s:%d: outcome %d of %q: what is found ends with %q", e.file, e.line, i+1, e.name, s.Text)
				}
			}
			for _, d := range o.Do {
				if s := lastSpan(d); s.Kind != Plain || !strings.HasSuffix(s.Text, ".") {
					t.Errorf("%s:%d: outcome %d of %q: what to do ends with %q", e.file, e.line, i+1, e.name, s.Text)
				}
			}
		}
	}
	for _, e := range Default().sorted("rule") {
		r := find[ruleEntry](Default(), "rule", e.name)
		whole(e, r.First, r.Outcomes)
	}
	for _, e := range Default().sorted("situation") {
		s := find[situationEntry](Default(), "situation", e.name)
		whole(e, s.First, s.Outcomes)
	}
}

// lastSpan returns the last of our words in a text, an empty code where it ends
// with a value.
func lastSpan(c conditional) Span {
	nodes := c.Say.nodes
	words := nodes[len(nodes)-1].words
	if len(words) == 0 {
		return Span{Kind: Code}
	}
	return words[len(words)-1]
}

// TestRulesExist holds that what entries call a rule is one.
func TestRulesExist(t *testing.T) {
	shipped := make(map[string]bool)
	for r := range rules.Catalog() {
		shipped[r.Name] = true
	}
	for _, e := range Default().sorted("rule") {
		r := find[ruleEntry](Default(), "rule", e.name)
		if !shipped[r.Rule] {
			t.Errorf("%s:%d: no rule is called %q", e.file, e.line, r.Rule)
		}
		for _, rel := range r.Related {
			if !shipped[rel.Rule] {
				t.Errorf("%s:%d: %q names the rule %q, which there is not", e.file, e.line, r.Rule, rel.Rule)
			}
		}
	}
}

// TestTechniquesCovered holds that every technique which the mapping of an
// upstream rule gives has an entry to fall back to, in both versions of ATT&CK.
func TestTechniquesCovered(t *testing.T) {
	for _, v := range []enrich.Version{enrich.V19, enrich.V18} {
		en := enrich.New(&enrich.Options{Version: v})
		n := 0
		for r := range rules.Catalog() {
			m := en.For(&event.Event{Rule: r.Name, Source: r.Source, Tags: r.Tags})
			for _, tech := range m.Techniques {
				n++
				if find[generalEntry](Default(), "technique", tech.ID) == nil && find[generalEntry](Default(), "technique", tech.Parent()) == nil {
					t.Errorf("ATT&CK %v: nothing is known of %s %s (rule %q)", v, tech.ID, tech.Name, r.Name)
				}
			}
		}
		if n == 0 {
			t.Errorf("ATT&CK %v: no rule has a technique", v)
		}
		for tactic := range v.Matrix().Tactics() {
			if find[generalEntry](Default(), "tactic", tactic.ID) == nil {
				t.Errorf("ATT&CK %v: nothing is known of the tactic %s %s", v, tactic.ID, tactic.Name)
			}
		}
	}
}

// TestSourcesCovered holds that every source, and every kind of Falco's own
// events, has an entry.
func TestSourcesCovered(t *testing.T) {
	sources := map[string]bool{"unknown": true}
	for r := range rules.Catalog() {
		sources[r.Source] = true
	}
	for s := range sources {
		if find[generalEntry](Default(), "source", s) == nil {
			t.Errorf("nothing is known of the source %q", s)
		}
	}
	for _, kind := range []string{
		"syscall event drop", "metrics snapshot", "timeouts notification", "capture size limit reached", "hot restart failure",
	} {
		if find[generalEntry](Default(), "internal", "Falco internal: "+kind) == nil {
			t.Errorf("nothing is known of Falco's own event %q", kind)
		}
	}
}

// TestFieldsExist holds that every field which texts and conditions of a rule
// name is one that its source has.
func TestFieldsExist(t *testing.T) {
	known := make(map[string][]string) // by field, the sources that have it; nil for all
	for _, table := range []*cond.Table{cond.Falco(), cond.Alert()} {
		for f := range table.All() {
			known[f.Name] = f.Sources
		}
	}
	for _, e := range Default().entries {
		var sources []string
		switch e.kind {
		case "rule":
			for r := range rules.Catalog() {
				if r.Name == e.name {
					sources = []string{r.Source}
				}
			}
		case "reading":
			sources = find[readingEntry](Default(), "reading", e.name).Sources
		case "situation":
			sources = find[situationEntry](Default(), "situation", e.name).Sources
		}
		if e.kind == "internal" {
			continue // Falco's own events carry counters that are no fields
		}
		for name := range fieldsOf(e) {
			base, _, _ := strings.Cut(name, "[")
			switch {
			case strings.HasPrefix(name, "evt.arg."):
				base = "evt.arg"
			case e.kind == "phrase" && strings.HasPrefix(name, "text."):
				continue // of the comparison of text and fields
			case strings.HasPrefix(name, "falco."), strings.HasPrefix(name, "scap."), strings.HasPrefix(name, "n_"):
				continue // of Falco's own events
			}
			of, ok := known[base]
			if !ok {
				t.Errorf("%s:%d: %s %q: there is no field %s", e.file, e.line, e.kind, e.name, name)
				continue
			}
			for _, s := range sources {
				if of != nil && !slices.Contains(of, s) {
					t.Errorf("%s:%d: %s %q: %s alerts have no field %s", e.file, e.line, e.kind, e.name, s, name)
				}
			}
		}
	}
}

// fieldsOf returns the fields that an entry's texts and conditions name.
func fieldsOf(e *entry) map[string]bool {
	fields := make(map[string]bool)
	v, err := e.parse()
	if err != nil {
		return fields
	}
	eachTexts(v, func(ts texts) {
		for _, t := range ts {
			addCondition(fields, t.If)
			walkNodes(t.Say.nodes, false, func(n node, _ bool) {
				if n.field != "" {
					fields[n.field] = true
				}
				if n.calc != nil {
					for _, f := range n.calc.args {
						fields[f] = true
					}
				}
			})
		}
	}, func(c *condition) { addCondition(fields, c) })
	return fields
}

func addCondition(fields map[string]bool, c *condition) {
	if c != nil {
		for _, f := range c.fields() {
			fields[f] = true
		}
	}
}

// eachTexts calls the functions for every text and condition of an entry.
func eachTexts(v any, text func(texts), when func(*condition)) {
	steps := func(lists ...[]stepEntry) {
		for _, list := range lists {
			for i := range list {
				text(list[i].Do)
				text(list[i].Why)
				when(list[i].If)
			}
		}
	}
	benign := func(b benignEntry) {
		for _, t := range []texts{b.Case, b.Why, b.Confirm, b.AndIfNot} {
			text(t)
		}
		when(b.If)
	}
	switch v := v.(type) {
	case *ruleEntry:
		when(v.HighIf)
		for _, t := range []texts{v.Seen, v.Suggests, v.Settle, v.LooksFor, v.Blind, v.Impact, v.Triage, v.Tune.Advice, v.Conclude} {
			text(t)
		}
		for _, b := range v.Benign {
			benign(b)
		}
		for _, r := range v.Related {
			text(r.Why)
		}
		steps(v.Now, v.Next, v.Later)
	case *generalEntry:
		for _, t := range []texts{v.Means, v.Impact, v.Triage} {
			text(t)
		}
		steps(v.Now, v.Next, v.Later)
	case *readingEntry:
		text(v.Say)
		text(v.Limits)
		when(v.If)
	case *situationEntry:
		when(v.If)
		for _, t := range []texts{v.Means, v.Settle, v.Facts} {
			text(t)
		}
		for _, o := range v.Outcomes {
			text(o.Find)
			text(o.Do)
			when(o.If)
		}
		steps(v.Next)
		if v.Benign != nil {
			benign(v.Benign.benignEntry)
		}
		if v.Urgency != nil {
			text(v.Urgency.Because)
		}
	case *patternEntry:
		benign(v.benignEntry)
	case *snippetEntry:
		text(v.Title)
		text(v.Expect)
		text(v.Undo)
		for _, variant := range v.Variants {
			text(variant.Title)
			text(variant.Expect)
			when(variant.If)
		}
	case *phraseEntry:
		text(v.Say)
	case *urgencyEntry:
		text(v.Because)
		when(v.If)
	}
}

// TestSize states what is embedded.
func TestSize(t *testing.T) {
	size := 0
	for k, e := range Default().entries {
		if k.kind == e.kind && k.name == e.name {
			size += len(e.text)
		}
	}
	const most = 60 << 20 / 10 // 6 MiB
	if size > most {
		t.Errorf("the knowledge has %d bytes, more than %d", size, most)
	}
	t.Logf("%d bytes of knowledge", size)
}

// TestNoNull: a report that says null reads as if a value had been printed raw.
// Conditions may ask for the word, texts and snippets do without it.
func TestNoNull(t *testing.T) {
	files, err := filepath.Glob("knowledge/*/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no knowledge: %v", err)
	}
	null := regexp.MustCompile(`\bnull\b`)
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for line := range strings.Lines(string(data)) {
			n++
			if null.MatchString(line) && !strings.Contains(line, "proc.cmdline contains") {
				t.Errorf("%s:%d: %s", name, n, strings.TrimSpace(line))
			}
		}
	}
}
