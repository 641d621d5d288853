package mitigate

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"

	"github.com/falconer-go/falconer/enrich"
	"github.com/falconer-go/falconer/event"
)

// Advisor says what to do about an alert. A [Library] is one; a host may have
// others: a service of its own, or a language model behind one.
//
// Advise may be called by several goroutines at once, must change neither e nor
// m, and returns soon after ctx is done. A Plan that it returns is read-only
// from then on.
type Advisor interface {
	Advise(ctx context.Context, e *event.Event, m *enrich.Mapping) (*Plan, error)
}

// AdvisorFunc is a function as an [Advisor].
type AdvisorFunc func(ctx context.Context, e *event.Event, m *enrich.Mapping) (*Plan, error)

// Advise calls f.
func (f AdvisorFunc) Advise(ctx context.Context, e *event.Event, m *enrich.Mapping) (*Plan, error) {
	return f(ctx, e, m)
}

// Advise is [Library.Plan]. It never fails and does not wait.
func (l *Library) Advise(_ context.Context, e *event.Event, m *enrich.Mapping) (*Plan, error) {
	return l.Plan(e, m), nil
}

// Validator checks a snippet with the reader of its kind: a shell parser, a
// decoder of manifests. It returns why the snippet must not be shown.
type Validator func(s Snippet) error

// ErrNotValidated is why a snippet of a second advisor is dropped where there
// is no [Validator] to check it.
var ErrNotValidated = errors.New("there is no validator for snippets")

// Compose returns an advisor that asks base for the plan, and more for steps to
// add to it. What base says always stands. What another says is foreign text,
// and is treated as such: it becomes [Value] spans, ids of controls and
// mitigations that do not exist are dropped, and so are snippets that validate
// does not pass; a nil validate passes none. What was dropped, and an advisor
// that failed or panicked, is said in [Plan.Remarks].
//
// Only an error of base, or its giving no plan, is an error of the composed
// advisor. A nil mapping is that of [enrich.For].
func Compose(base Advisor, validate Validator, more ...Named) Advisor {
	if base == nil {
		panic("mitigate: Compose with a nil Advisor")
	}
	for _, a := range more {
		if a.Advisor == nil {
			panic("mitigate: Compose with a nil Advisor named " + a.Name)
		}
	}
	if validate == nil {
		validate = func(Snippet) error { return ErrNotValidated }
	}
	return composed{base, validate, slices.Clone(more)}
}

// Named is an advisor with the name under which a plan speaks of it.
type Named struct {
	Name    string
	Advisor Advisor
}

type composed struct {
	base     Advisor
	validate Validator
	more     []Named
}

func (c composed) Advise(ctx context.Context, e *event.Event, m *enrich.Mapping) (*Plan, error) {
	if m == nil {
		m = enrich.For(e)
	}
	plan, err := c.base.Advise(ctx, e, m)
	if err != nil {
		return nil, err
	}
	if plan == nil {
		return nil, errors.New("mitigate: the base advisor gave no plan")
	}
	joint := *plan
	if joint.Mapping == nil {
		joint.Mapping = m
	}
	joint.Steps = slices.Clone(plan.Steps)
	joint.Remarks = slices.Clone(plan.Remarks)
	for _, a := range c.more {
		extra, err := ask(ctx, a.Advisor, e, m)
		switch {
		case err != nil:
			joint.remark(a.Name, "was not heard: "+err.Error())
		case extra != nil:
			c.add(&joint, a.Name, extra)
		}
	}
	return &joint, nil
}

// ask asks an advisor and turns its panic into an error.
func ask(ctx context.Context, a Advisor, e *event.Event, m *enrich.Mapping) (p *Plan, err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	defer func() {
		if r := recover(); r != nil {
			p, err = nil, fmt.Errorf("panic: %v", r)
		}
	}()
	return a.Advise(ctx, e, m)
}

// Bounds of what another advisor may add.
const (
	maxForeignSteps = 12
	maxForeignText  = 600
	maxForeignBody  = 4 << 10
)

func (c composed) add(p *Plan, by string, extra *Plan) {
	for i, s := range extra.Steps {
		if i == maxForeignSteps {
			p.remark(by, fmt.Sprintf("gave %d steps, of which %d are shown", len(extra.Steps), maxForeignSteps))
			break
		}
		if len(s.Do) == 0 || s.Phase > Later {
			p.remark(by, "gave a step without words, which is not shown")
			continue
		}
		step := Step{By: by, Phase: s.Phase, Do: foreign(s.Do), Why: foreign(s.Why)}
		for _, r := range s.Mitigations {
			if known, ok := p.Mapping.Matrix().Mitigation(r.ID); ok && r.ID != doNotMitigate {
				step.Mitigations = append(step.Mitigations, Reference{known.ID, known.Name})
			} else {
				p.remark(by, "names a mitigation that ATT&CK does not have")
			}
		}
		for _, r := range s.Controls {
			if known, ok := p.Mapping.Catalog().Control(r.ID); ok && !known.Withdrawn {
				step.Controls = append(step.Controls, Reference{known.ID, known.Name})
			} else {
				p.remark(by, "names a control that NIST SP 800-53 does not have")
			}
		}
		for _, sn := range s.Snippets {
			if err := c.check(sn); err != nil {
				p.remark(by, "gave a snippet that is not shown: "+err.Error())
				continue
			}
			step.Snippets = append(step.Snippets, Snippet{
				Name: by + ": " + sn.Name, Title: foreign(sn.Title), Kind: sn.Kind, Body: sn.Body, Changes: true,
				Undo: plain("Not known: ask the advisor, or think it through, before you run this."),
			})
		}
		p.Steps = append(p.Steps, step)
	}
	slices.SortStableFunc(p.Steps, func(a, b Step) int { return int(a.Phase) - int(b.Phase) })
}

// doNotMitigate is ATT&CK's entry for techniques that one should leave alone.
const doNotMitigate = "M1055"

// steers is text that would do something to a terminal or a pasted line.
var steers = regexp.MustCompile(`[^\n\t\x20-\x7e]`)

func (c composed) check(s Snippet) error {
	switch {
	case !slices.Contains(kinds, s.Kind):
		return fmt.Errorf("kind %q is not known", show(s.Kind, 32))
	case s.Body == "" || len(s.Body) > maxForeignBody:
		return fmt.Errorf("its length is %d bytes", len(s.Body))
	case steers.MatchString(s.Body):
		return errors.New("it holds characters other than printable ASCII")
	}
	return c.validate(s)
}

// foreign makes text of another advisor fit to be shown: one span, not ours.
func foreign(t Text) Text {
	if len(t) == 0 {
		return nil
	}
	return Text{{Kind: Value, Text: show(t.String(), maxForeignText)}}
}

// Remark is something to know about how a plan came about.
type Remark struct {
	By   string // the advisor it is about
	Text Text
}

func (p *Plan) remark(by, text string) {
	p.Remarks = append(p.Remarks, Remark{by, Text{{Kind: Value, Text: show(text, maxForeignText)}}})
}
