package mitigate

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/falconer-go/falconer/enrich"
)

// checker looks for what is wrong with an entry that parses: what the form
// requires and the types of its parts cannot say.
type checker struct {
	l    *Library
	e    *entry
	errs []error
}

// check returns what is wrong with the entry, each fault with file and line.
func (l *Library) check(e *entry) []error {
	v, err := e.parse()
	if err != nil {
		return []error{err}
	}
	c := checker{l: l, e: e}
	c.conditions(reflect.ValueOf(v))
	switch v := v.(type) {
	case *ruleEntry:
		c.rule(v)
	case *generalEntry:
		c.need("means", v.Means, 1, nil)
		c.need("triage", v.Triage, 1, nil)
		c.phases(v.Now, v.Next, v.Later)
		c.first(v.First)
		c.outcomes(v.Outcomes)
		c.texts("settle", v.Settle, nil)
		c.texts("impact", v.Impact, nil)
	case *mitigationEntry:
		c.need("do", v.Do, 1, nil)
		c.need("why", v.Why, 1, nil)
		c.controls("nist", v.NIST)
	case *readingEntry:
		c.reading(v)
	case *situationEntry:
		c.situation(v)
	case *patternEntry:
		if v.If == nil {
			c.fault("if", "a pattern needs a condition")
		}
		c.benign("pattern", &v.benignEntry, v.If)
		c.texts("then", v.Then, v.If)
	case *snippetEntry:
		c.snippet(v)
	case *phraseEntry:
		c.need("say", v.Say, 1, nil)
	case *fieldEntry:
		if len(v.Says) == 0 {
			c.fault("says", "missing")
		}
		for i := range v.Says {
			c.need(fmt.Sprintf("says[%d]", i), v.Says[i].Say, 1, v.Says[i].If)
		}
	case *commandEntry:
		c.command(v)
	case *softwareEntry:
		c.software(v)
	case *behaviourEntry:
		c.behaviour(v)
	case *networkEntry:
		c.network(v)
	case *urgencyEntry:
		c.need("because", v.Because, 1, v.If)
		if v.If == nil || v.Step == 0 {
			c.fault("if", "urgency needs a condition and a step")
		}
	}
	return c.errs
}

func (c *checker) fault(at, format string, args ...any) {
	c.errs = append(c.errs, fmt.Errorf("%s:%d: %s %q: %s: %w", c.e.file, c.e.line, c.e.kind, c.e.name, at,
		fmt.Errorf(format, args...)))
}

// conditions reports the conditions below v that do not compile.
func (c *checker) conditions(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return
		}
		if when, ok := reflect.TypeAssert[*condition](v); ok {
			if err := when.compile(); err != nil {
				c.errs = append(c.errs, fmt.Errorf("%s: %s %q: line %d: condition: %w", c.e.file, c.e.kind, c.e.name, c.e.line+when.line-1, err))
			}
			return
		}
		c.conditions(v.Elem())
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() || f.Anonymous {
				c.conditions(v.Field(i))
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			c.conditions(v.Index(i))
		}
	}
}

func (c *checker) rule(r *ruleEntry) {
	if r.Family == "" {
		c.fault("family", "missing")
	}
	if r.Confidence == Unknown {
		c.fault("confidence", "missing")
	}
	c.need("seen", r.Seen, 1, nil)
	c.need("suggests", r.Suggests, 1, nil)
	c.need("settle", r.Settle, 1, nil)
	c.need("looks_for", r.LooksFor, 1, nil)
	c.need("blind", r.Blind, 1, nil)
	c.need("impact", r.Impact, 2, nil)
	c.need("triage", r.Triage, 3, nil)
	c.need("conclude", r.Conclude, 1, nil)
	if len(r.Benign) == 0 {
		c.fault("benign", "missing")
	}
	for i := range r.Benign {
		c.benign(fmt.Sprintf("benign[%d]", i), &r.Benign[i], r.Benign[i].If)
	}
	c.first(r.First)
	c.outcomes(r.Outcomes)
	c.phases(r.Now, r.Next, r.Later)
	c.need("tune.advice", r.Tune.Advice, 1, nil)
	if len(r.Tune.Exception) == 0 {
		c.fault("tune.exception", "missing")
	}
	for i, d := range r.Tune.Dangerous {
		c.need(fmt.Sprintf("tune.dangerous[%d].why", i), d.Why, 1, nil)
	}
	if r.Tune.Override != "" {
		c.run("tune.override", names{r.Tune.Override})
	}
	for i, rel := range r.Related {
		c.need(fmt.Sprintf("related[%d].why", i), rel.Why, 1, nil)
	}
}

func (c *checker) outcomes(list []outcomeEntry) {
	for i := range list {
		o := &list[i]
		at := fmt.Sprintf("outcomes[%d]", i)
		c.need(at+".find", o.Find, 1, o.If)
		c.need(at+".do", o.Do, 1, o.If)
		c.run(at+".run", o.Run)
	}
}

func (c *checker) benign(at string, b *benignEntry, guard *condition) {
	c.need(at+".case", b.Case, 1, guard)
	c.need(at+".why", b.Why, 1, guard)
	c.need(at+".confirm", b.Confirm, 1, guard)
	c.texts(at+".and_if_not", b.AndIfNot, guard)
	if b.Strength == Unknown {
		c.fault(at+".strength", "missing")
	}
	c.run(at+".run", b.Run)
}

func (c *checker) phases(now, next, later []stepEntry) {
	for phase, steps := range [...][]stepEntry{Now: now, Next: next, Later: later} {
		at := Phase(phase).String()
		if len(steps) == 0 {
			c.fault(at, "missing")
		}
		for i := range steps {
			c.step(fmt.Sprintf("%s[%d]", at, i), &steps[i])
		}
	}
}

func (c *checker) step(at string, s *stepEntry, guards ...*condition) {
	guards = append(guards, s.If)
	c.need(at+".do", s.Do, 1, guards...)
	c.need(at+".why", s.Why, 1, guards...)
	c.controls(at+".nist", s.NIST)
	for _, id := range s.Attack {
		if _, ok := enrich.V19.Matrix().Mitigation(id); !ok || id == "M1055" {
			c.fault(at+".attack", "%q is not an ATT&CK mitigation to advise", id)
		}
	}
	c.run(at+".run", s.Run)
}

func (c *checker) controls(at string, ids []string) {
	if len(ids) == 0 {
		c.fault(at, "missing")
	}
	for _, id := range ids {
		if known, ok := enrich.NIST().Control(id); !ok || known.Withdrawn {
			c.fault(at, "%q is not an active control of NIST SP 800-53 r5", id)
		}
	}
}

// topics are the topics of readings.
var topics = []string{"actor", "origin", "target", "network", "image", "identity", "outcome", "timing", "gap"}

func (c *checker) reading(r *readingEntry) {
	if !slices.Contains(topics, r.Topic) {
		c.fault("topic", "%q is not one of %s", r.Topic, strings.Join(topics, ", "))
	}
	if len(r.Sources) == 0 {
		c.fault("sources", "missing")
	}
	if r.If == nil {
		c.fault("if", "missing")
	}
	if r.Weight < 0 || r.Weight > 100 {
		c.fault("weight", "%d is not from 0 to 100", r.Weight)
	}
	if r.Confidence == Unknown {
		c.fault("confidence", "missing")
	}
	c.need("say", r.Say, 1, r.If)
	c.texts("means", r.Means, r.If)
	c.texts("limits", r.Limits, r.If)
	c.run("run", r.Run)
	c.run("contain", r.Contain)
	for _, name := range r.Unless {
		if c.l.entries[key{"reading", name}] == nil {
			c.fault("unless", "there is no reading %q", name)
		}
	}
}

func (c *checker) situation(s *situationEntry) {
	if len(s.Sources) == 0 {
		c.fault("sources", "missing")
	}
	if s.If == nil {
		c.fault("if", "missing")
	}
	if s.Weight < 0 || s.Weight > 100 {
		c.fault("weight", "%d is not from 0 to 100", s.Weight)
	}
	if s.Means == nil && s.Benign == nil {
		c.fault("means", "neither it nor benign says what the alert is")
	}
	if (s.Means == nil) != (s.Confidence == Unknown) {
		c.fault("confidence", "means and confidence belong together")
	}
	c.texts("means", s.Means, s.If)
	c.need("settle", s.Settle, 1, s.If)
	if c.need("facts", s.Facts, 1, s.If); len(s.Facts) > maxReadings {
		c.fault("facts", "%d of them, more than a plan shows", len(s.Facts))
	}
	c.first(s.First)
	for i := range s.Outcomes {
		o := s.Outcomes[i]
		c.need(fmt.Sprintf("outcomes[%d].find", i), o.Find, 1, o.If, s.If)
		c.need(fmt.Sprintf("outcomes[%d].do", i), o.Do, 1, o.If, s.If)
		c.run(fmt.Sprintf("outcomes[%d].run", i), o.Run)
	}
	if len(s.First) == 0 || len(s.Outcomes) < 2 {
		c.fault("outcomes", "%d commands to begin with and %d outcomes", len(s.First), len(s.Outcomes))
	}
	for i := range s.Next {
		c.step(fmt.Sprintf("next[%d]", i), &s.Next[i], s.If)
	}
	if b := s.Benign; b != nil {
		c.benign("benign", &b.benignEntry, s.If)
		if b.Pattern != "" || b.If != nil || b.Then != nil || b.Trial {
			c.fault("benign", "a name, a condition, then and trial are for patterns; here the situation has them")
		}
	}
	if u := s.Urgency; u != nil {
		c.need("urgency.because", u.Because, 1, s.If)
		if u.Step == 0 {
			c.fault("urgency", "it needs a step")
		}
		if u.Urgency != "" || u.If != nil {
			c.fault("urgency", "the situation has name and condition")
		}
	}
	for _, name := range s.Instead {
		if c.l.entries[key{"reading", name}] == nil {
			c.fault("instead", "there is no reading %q", name)
		}
	}
}

// kinds are the kinds of snippets.
var kinds = []string{"shell", "kubernetes", "falco", "talon", "aws", "gcloud", "github", "okta", "json"}

func (c *checker) snippet(s *snippetEntry) {
	c.need("title", s.Title, 1, nil)
	if !slices.Contains(kinds, s.Kind) {
		c.fault("kind", "%q is not one of %s", s.Kind, strings.Join(kinds, ", "))
	}
	c.texts("expect", s.Expect, nil)
	if s.Keeps && s.Changes {
		c.fault("keeps", "the snippet changes something")
	}
	if s.Changes && len(s.Undo) == 0 {
		c.fault("undo", "missing, and the snippet changes something")
	}
	if len(s.Variants) == 0 {
		c.fault("variants", "missing")
	}
	for i, v := range s.Variants {
		at := fmt.Sprintf("variants[%d]", i)
		c.texts(at+".title", v.Title, v.If)
		c.texts(at+".expect", v.Expect, v.If)
		if strings.TrimSpace(v.Text.text) == "" {
			c.fault(at, "no text")
		}
		for _, f := range v.Text.fields {
			if f.fits == nil {
				c.fault(at, "%s has no safe shape and may not stand in a snippet", f.name)
			}
		}
	}
}

func (c *checker) command(x *commandEntry) {
	c.texts("does", x.Does, nil)
	if x.Does == nil && len(x.Uses) == 0 {
		c.fault("does", "missing")
	}
	c.class("class", x.Class)
	for i := range x.Uses {
		u := &x.Uses[i]
		at := fmt.Sprintf("uses[%d]", i)
		c.need(at+".does", u.Does, 1, nil)
		if len(u.With) == 0 {
			c.fault(at+".with", "missing")
		}
		if u.Class != "" {
			c.class(at+".class", u.Class)
		}
	}
}

func (c *checker) network(n *networkEntry) {
	if !slices.Contains(networkSorts, n.Sort) {
		c.fault("sort", "%q is not one of %s", n.Sort, strings.Join(networkSorts, ", "))
	}
	if n.Is == "" {
		c.fault("is", "missing")
	}
	if _, err := n.prefixes(); err != nil {
		c.fault("ranges", "%w", err)
	}
}

func (c *checker) class(at, class string) {
	if !slices.Contains(classes, class) {
		c.fault(at, "%q is not one of %s", class, strings.Join(classes, ", "))
	}
}

func (c *checker) run(at string, list names) {
	for _, name := range list {
		if c.l.entries[key{"snippet", name}] == nil {
			c.fault(at, "there is no snippet %q", name)
		}
	}
}

// first checks the commands to begin with: nothing is changed before something was
// read.
func (c *checker) first(list names) {
	c.run("first", list)
	if len(list) > 0 {
		if s := find[snippetEntry](c.l, "snippet", list[0]); s != nil && s.Changes {
			c.fault("first", "%q changes something, and nothing was read before", list[0])
		}
	}
}

// need checks the texts at a key of which there must be at least least.
func (c *checker) need(at string, ts texts, least int, guards ...*condition) {
	if len(ts) < least {
		c.fault(at, "%d texts, needs %d", len(ts), least)
	}
	c.texts(at, ts, guards...)
}

// texts checks that phrases exist, and that a field stands without words for
// its absence only where a condition makes sure that it is there: that of the text, or
// one of the guards.
func (c *checker) texts(at string, ts texts, guards ...*condition) {
	for _, t := range ts {
		sure := func(is func(*condition) bool) bool { return is(t.If) || slices.ContainsFunc(guards, is) }
		walkNodes(t.Say.nodes, false, func(n node, optional bool) {
			switch {
			case n.phrase != "":
				if c.l.entries[key{"phrase", n.phrase}] == nil {
					c.fault(at, "there is no phrase %q", n.phrase)
				}
			case n.calc != nil && !n.fallback && !optional && !sure(func(x *condition) bool { return x.checksOf(n.calc) }):
				c.fault(at, "%%{%s} may not be known: put it in [[ ]], give words for its absence, or guard it with where", n.calc.text)
			case n.field != "" && !n.fallback && !optional && n.field != "alert.rule" &&
				!sure(func(x *condition) bool { return x.mentions(n.field) }):
				c.fault(at, "%%{%s} may be missing: put it in [[ ]], give words for its absence, or guard it with if", n.field)
			}
		})
	}
}
