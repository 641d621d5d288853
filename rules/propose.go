package rules

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/falconer-go/falconer/event"
	"github.com/falconer-go/falconer/rules/cond"
)

// ErrUnknownRule is why no exception can be written for an alert: its rule is
// not in the set.
var ErrUnknownRule = errors.New("the rule of the alert is not among the rules")

// Exception proposes the exception that silences alerts like e, and checks it:
// with the exception, the rules load without a new warning, and the rule no
// longer holds for e. Fields are those that alerts have to share with e; none
// means those of [ExceptionFields] that the rule's source has, which makes the
// exception as narrow as can be without depending on what changes from one
// event to the next.
//
// If the rule has an exception with the same fields, the proposal adds to that
// one; else it has a name that is new to the rule. [Exception.YAML] writes it,
// [Exception.Patch] puts it into a file, and [Exception.Silences] tells which of
// other alerts it would silence as well.
//
// An error is a [*FieldError] for a field that was asked for and cannot be part
// of it, [ErrNoFields], or wraps [ErrUnknownRule].
func (s *Set) Exception(e *event.Event, fields ...string) (*Exception, error) {
	r := s.byName[e.Rule]
	if r == nil {
		return nil, fmt.Errorf("rule %q: %w", e.Rule, ErrUnknownRule)
	}
	chosen := fields
	if len(fields) == 0 {
		for _, name := range ExceptionFields(e) {
			if text, err := exceptionValue(e.Fields.Get(name)); err == nil && s.comparable(r, fieldValue(name, text, false), e) == nil {
				chosen = append(chosen, name)
			}
		}
		if len(chosen) == 0 {
			return nil, ErrNoFields
		}
	}
	x, err := newException(e, chosen, len(fields) > 0, s.isList)
	if err != nil {
		return nil, err
	}
	for _, f := range x.Fields {
		if err := s.comparable(r, f, e); err != nil {
			return nil, &FieldError{f.Field, err}
		}
	}
	x.adopt(r)
	if err := s.verify(r, x, e); err != nil {
		return nil, err
	}
	return x, nil
}

// isList reports whether a word is, or may become, the name of a list.
func (s *Set) isList(word string) bool {
	if s.comp == nil {
		return true
	}
	_, ok := s.comp.lists.byName[word]
	return ok
}

// comparable is why an exception of a rule cannot ask for a value that an
// alert has, nil if it can.
func (s *Set) comparable(r *Rule, f FieldValue, e *event.Event) error {
	if ok, _ := s.engine.isField(f.Field, r.Source); !ok || !isFieldName(f.Field) {
		return fmt.Errorf("the source %s has no such field", r.Source)
	}
	x := operand(f.Field)
	if x == nil {
		return errors.New("this is no field that a rule can name")
	}
	check := &cond.Check{Left: x, Op: cond.OpEq, Right: &cond.Value{Text: f.Value}}
	if op, _, ok := comparison(f.Comp()); ok {
		check.Op = op
	}
	p, warnings, cerr := s.engine.compile(check, r.Source)
	if cerr != nil {
		return errors.New(cerr.Msg)
	}
	if len(warnings) > 0 {
		return fmt.Errorf("%w without a warning: %s", ErrInexpressible, warnings[0].Msg)
	}
	if !p.Match(e) {
		return errors.New("its text in the alert is not what a rule would compare with")
	}
	return nil
}

// adopt makes x part of an exception that the rule has with the same fields,
// or gives it a name that none has.
func (x *Exception) adopt(r *Rule) {
	for _, ex := range r.info.exceptions {
		if !ex.fields.list || len(ex.fields.entries) != len(x.Fields) || len(ex.comps.entries) != len(x.Fields) {
			continue
		}
		// The values have to come in the order of the fields that are there.
		var ordered []FieldValue
		for i, f := range ex.fields.entries {
			op, mod, ok := comparison(ex.comps.entries[i].text)
			k := slices.IndexFunc(x.Fields, func(v FieldValue) bool { return v.Field == f.text })
			if k >= 0 && ok && mod == cond.NoMod && x.Fields[k].compares(op.String()) {
				ordered = append(ordered, x.Fields[k])
			}
		}
		distinct := make(map[string]bool)
		for _, v := range ordered {
			distinct[v.Field] = true
		}
		if len(distinct) == len(x.Fields) && len(ordered) == len(x.Fields) && !ambiguous(r, ex.name) {
			x.Name, x.Merges, x.Fields = ex.name, true, ordered
			return
		}
	}
	taken := func(name string) bool {
		return slices.ContainsFunc(r.info.exceptions, func(ex exceptionInfo) bool { return ex.name == name })
	}
	base := x.Name
	for n := 2; taken(x.Name); n++ {
		x.Name = fmt.Sprintf("%s_%d", base, n)
	}
}

// ambiguous reports whether a rule has two exceptions of a name: what is
// appended goes to the first.
func ambiguous(r *Rule, name string) bool {
	n := 0
	for _, ex := range r.info.exceptions {
		if ex.name == name {
			n++
		}
	}
	return n > 1
}

// verify loads the exception on top of the rules and checks what it does to
// the alert.
func (s *Set) verify(r *Rule, x *Exception, e *event.Event) error {
	with, err := s.with(x)
	if err != nil {
		return err
	}
	after := with.byName[r.Name]
	if after == nil {
		return errors.New("rules: the rule is lost with the exception")
	}
	if after.Program.Eval(e) != cond.False {
		return errors.New("rules: the exception does not silence the alert")
	}
	return nil
}

// with returns the rules with exceptions on top of them: nothing but the rules
// that they are for is compiled again.
func (s *Set) with(list ...*Exception) (*Set, error) {
	if len(list) == 0 {
		return s, nil
	}
	var text strings.Builder
	for _, x := range list {
		if s.byName[x.Rule] == nil {
			return nil, fmt.Errorf("rule %q: %w", x.Rule, ErrUnknownRule)
		}
		text.WriteString(x.YAML())
	}
	src := &source{name: "exception", data: []byte(text.String())}
	res := &Result{Name: src.name, file: src}
	out := &sink{res: res, limit: 1}
	docs, err := src.documents(s.engine.limits)
	if err != nil {
		return nil, err
	}
	t := *s
	t.col = s.col.clone()
	rd := &reader{file: src, to: t.col, out: out, left: 4 * s.engine.limits.Nodes}
	rd.read(docs)
	c := *s.comp
	c.col, c.out, c.mark, c.checkOwners = t.col, out, false, nil
	c.work = listWork
	c.bytes, c.nodes = totalFactor*s.engine.limits.ConditionBytes, totalFactor*s.engine.limits.ConditionNodes
	t.comp = &c
	t.rules = slices.Clone(s.rules)
	t.byName = make(map[string]*Rule, len(s.rules))
	changed := make(map[string]bool)
	for _, x := range list {
		changed[x.Rule] = true
	}
	for i, r := range t.rules {
		if changed[r.Name] && len(res.Errors) == 0 {
			before := len(res.Warnings)
			n, err := c.rule(t.col.rules.get(r.Name))
			if err != nil {
				return nil, err
			}
			if n == nil {
				return nil, fmt.Errorf("rules: Falco skips rule %q with the exception", r.Name)
			}
			if w := newWarning(s, r, res.Warnings[before:]); w != nil {
				return nil, fmt.Errorf("rules: the exception brings a warning: %s", w)
			}
			t.rules[i] = n
		}
		t.byName[r.Name] = t.rules[i]
	}
	if len(res.Errors) > 0 {
		return nil, res.Errors[0]
	}
	return &t, nil
}

// newWarning is a warning about a rule that it did not have before.
func newWarning(s *Set, r *Rule, list []*Diagnostic) *Diagnostic {
	had := make(map[string]bool)
	for _, res := range s.results {
		for _, w := range res.Warnings {
			if w.Item().Name == r.Name {
				had[string(w.Code)+w.Message] = true
			}
		}
	}
	for _, w := range list {
		if !had[string(w.Code)+w.Message] {
			return w
		}
	}
	return nil
}

// With returns the set with exceptions in place, as if a last file had them; s
// itself stays as it is. It is an error if a rule is not in the set, or does not
// load with its exceptions.
func (s *Set) With(list ...*Exception) (*Set, error) { return s.with(list...) }

// Silences returns which of the alerts the exception would silence: those of
// its rule for which the rule would no longer hold. unsure are those of which
// that cannot be told, since they do not have a field that the exception goes
// by.
func (x *Exception) Silences(alerts []*event.Event) (silenced, unsure []*event.Event) {
	for _, e := range alerts {
		if e.Rule != x.Rule {
			continue
		}
		switch x.eval(e) {
		case cond.True:
			silenced = append(silenced, e)
		case cond.Unknown:
			unsure = append(unsure, e)
		}
	}
	return silenced, unsure
}

// eval is whether the exception holds for an alert of its rule.
func (x *Exception) eval(e *event.Event) cond.Tri {
	held := cond.True
	for _, f := range x.Fields {
		switch v := e.Fields.Get(f.Field); {
		case v.Kind() == event.Absent:
			held = min(held, cond.Unknown)
		case !v.Available() || !f.holds(v.Text()):
			return cond.False
		}
	}
	return held
}
