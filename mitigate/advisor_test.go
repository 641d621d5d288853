package mitigate

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/falconer-go/falconer/enrich"
	"github.com/falconer-go/falconer/event"
)

func TestCompose(t *testing.T) {
	e := sample(t)
	m := enrich.For(e)
	base := Default().Plan(e, m)
	good := &Plan{Steps: []Step{{
		Phase: Now, Do: plain("Look \x1b[31mhere"), Why: plain("because"),
		Mitigations: []Reference{{ID: "M1047"}, {ID: "M9999"}, {ID: "M1055"}},
		Controls:    []Reference{{ID: "AU-6"}, {ID: "ZZ-1"}},
		Snippets:    []Snippet{{Kind: "shell", Body: "true\n"}, {Kind: "shell", Body: "false\n"}, {Kind: "shell", Body: "echo \x1b[31m\n"}, {Kind: "dance", Body: "x"}},
	}}}
	validate := func(s Snippet) error {
		if strings.HasPrefix(s.Body, "false") {
			return errors.New("it is false")
		}
		return nil
	}
	say := func(p *Plan, err error) Advisor {
		return AdvisorFunc(func(context.Context, *event.Event, *enrich.Mapping) (*Plan, error) { return p, err })
	}
	a := Compose(Default(), validate,
		Named{"good", say(good, nil)},
		Named{"failing", say(nil, errors.New("out of order"))},
		Named{"silent", say(nil, nil)},
		Named{"panicking", AdvisorFunc(func(context.Context, *event.Event, *enrich.Mapping) (*Plan, error) { panic("oh") })},
	)
	p, err := a.Advise(t.Context(), e, m)
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Steps) != len(base.Steps)+1 {
		t.Fatalf("%d steps, want one more than %d", len(p.Steps), len(base.Steps))
	}
	var added Step
	for _, s := range p.Steps {
		if s.By == "good" {
			added = s
		}
	}
	if len(added.Do) != 1 || added.Do[0].Kind != Value || strings.Contains(added.Do[0].Text, "\x1b") {
		t.Errorf("foreign words are not marked as such: %+v", added.Do)
	}
	if len(added.Mitigations) != 1 || len(added.Controls) != 1 || added.Controls[0].Name == "" {
		t.Errorf("references: %+v %+v", added.Mitigations, added.Controls)
	}
	if len(added.Snippets) != 1 || added.Snippets[0].Body != "true\n" || !added.Snippets[0].Changes {
		t.Errorf("snippets: %+v", added.Snippets)
	}
	var remarks strings.Builder
	for _, r := range p.Remarks {
		remarks.WriteString(r.By + ": " + r.Text.String() + "\n")
	}
	for _, want := range []string{"it is false", "printable ASCII", `kind "dance"`, "failing: was not heard: out of order", "panicking: was not heard: panic: oh", "mitigation that ATT&CK", "control that NIST"} {
		if !strings.Contains(remarks.String(), want) {
			t.Errorf("remarks lack %q:\n%s", want, &remarks)
		}
	}
	if again := Default().Plan(e, m); len(again.Steps) != len(base.Steps) || len(again.Remarks) != 0 {
		t.Error("the library's own plan changed")
	}
}

// TestComposeLate holds that an advisor that runs out of time leaves the plan
// of the library standing, and that none is asked after that.
func TestComposeLate(t *testing.T) {
	e := sample(t)
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		late := AdvisorFunc(func(ctx context.Context, _ *event.Event, _ *enrich.Mapping) (*Plan, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		})
		next := AdvisorFunc(func(context.Context, *event.Event, *enrich.Mapping) (*Plan, error) {
			t.Error("asked after the deadline")
			return nil, nil
		})
		p, err := Compose(Default(), nil, Named{"late", late}, Named{"next", next}).Advise(ctx, e, enrich.For(e))
		if err != nil || len(p.Steps) == 0 || len(p.Remarks) != 2 || !strings.Contains(p.Remarks[0].Text.String(), "deadline") {
			t.Errorf("plan %+v, error %v", p.Remarks, err)
		}
	})
}

func TestComposeWithoutValidator(t *testing.T) {
	e := sample(t)
	extra := AdvisorFunc(func(context.Context, *event.Event, *enrich.Mapping) (*Plan, error) {
		return &Plan{Steps: []Step{{Do: plain("x"), Snippets: []Snippet{{Kind: "shell", Body: "true\n"}}}}}, nil
	})
	p, err := Compose(Default(), nil, Named{"extra", extra}).Advise(t.Context(), e, enrich.For(e))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range p.Steps {
		if s.By != "" && len(s.Snippets) != 0 {
			t.Errorf("a snippet that nobody checked is shown: %+v", s.Snippets)
		}
	}
}

// TestComposeBase: a base without a plan is an error, one without a mapping
// gets that of the alert.
func TestComposeBase(t *testing.T) {
	e := sample(t)
	extra := Named{"extra", AdvisorFunc(func(context.Context, *event.Event, *enrich.Mapping) (*Plan, error) {
		return &Plan{Steps: []Step{{Do: plain("x"), Controls: []Reference{{ID: "AU-6"}}}}}, nil
	})}
	for _, tc := range []struct {
		base *Plan
		ok   bool
	}{{nil, false}, {&Plan{Event: e}, true}} {
		base := AdvisorFunc(func(context.Context, *event.Event, *enrich.Mapping) (*Plan, error) { return tc.base, nil })
		p, err := Compose(base, nil, extra).Advise(t.Context(), e, nil)
		if ok := err == nil && len(p.Steps) == 1 && p.Mapping != nil; ok != tc.ok {
			t.Errorf("base %+v: plan %+v, error %v", tc.base, p, err)
		}
	}
}
