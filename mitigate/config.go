package mitigate

import (
	"regexp"
	"strings"

	"github.com/falconer-go/falconer/event"
	"github.com/falconer-go/falconer/rules"
)

// configure adds the Falco configuration for the alert: an exception that
// silences exactly this benign case, an override that widens the rule where
// the knowledge has one, and one that raises its priority.
func (l *Library) configure(p *Plan, patterns []*patternEntry) {
	e := p.Event
	if e.Source == "internal" || !ruleName.MatchString(e.Rule) {
		return
	}
	if s, ok := l.exception(e, patterns); ok {
		p.Config = append(p.Config, s)
	}
	if r := find[ruleEntry](l, "rule", e.Rule); r != nil && r.Tune.Override != "" {
		if s, ok := l.Snippet(e, r.Tune.Override); ok {
			p.Config = append(p.Config, s)
		}
	}
	if s, ok := raise(e); ok {
		p.Config = append(p.Config, s)
	}
}

var (
	// ruleName is the shape of a rule's name that may stand in a snippet.
	ruleName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9 _/.,()+-]{0,254}$`)
	// exceptable is the shape of a value that may: what every shell, YAML and
	// condition reads as itself inside quotes.
	exceptable = regexp.MustCompile(`^[A-Za-z0-9_./][A-Za-z0-9 _./:=@%+,-]{0,254}$`)
)

// exception returns the narrowest exception that the knowledge allows: on the
// fields of the benign pattern that fits, else on those of the rule, else on
// those that package rules chooses. It is not ok where the alert has values
// for fewer than two of them: one field is hardly ever narrow enough.
func (l *Library) exception(e *event.Event, patterns []*patternEntry) (Snippet, bool) {
	title, on := l.exceptionFields(e, patterns)
	var fields, unsafe []string
	for _, x := range on {
		s, ok := e.Fields.Get(x.Field).Str()
		switch {
		case !ok || s == "" || s == "<NA>":
		case exceptable.MatchString(s):
			fields = append(fields, x.Field)
		default:
			unsafe = append(unsafe, x.Field)
		}
	}
	if len(fields) < 2 {
		return Snippet{}, false
	}
	x, err := rules.NewException(e, fields...)
	if err != nil {
		return Snippet{}, false
	}
	for _, o := range on {
		if o.Prefix != "" && x.ByPrefix(o.Field, o.Prefix) != nil {
			continue // it goes by equality then, which is narrower
		}
	}
	if len(unsafe) > 0 {
		title = append(title, Span{Text: " (wider than it could be: the value of " + strings.Join(unsafe, " and of ") + " is not safe to copy; add it by hand)"})
	}
	return Snippet{Name: "exception", Title: title, Kind: "falco", Body: x.YAML()}, true
}

func (l *Library) exceptionFields(e *event.Event, patterns []*patternEntry) (title Text, on []exceptOn) {
	for _, pt := range patterns {
		if len(pt.Exception) > 0 {
			return append(plain("Silence this benign case and nothing wider: "), pt.Case.first(l, e)...), pt.Exception
		}
	}
	title = plain("Silence exactly this combination, once it is known to be benign")
	if r := find[ruleEntry](l, "rule", e.Rule); r != nil {
		return title, r.Tune.Exception
	}
	for _, f := range rules.ExceptionFields(e) {
		on = append(on, exceptOn{Field: f})
	}
	return title, on
}

// raise returns an override that makes the rule one step more severe.
func raise(e *event.Event) (Snippet, bool) {
	if e.Priority == event.Emergency {
		return Snippet{}, false
	}
	p := e.Priority - 1
	body, err := (&rules.Override{Rule: e.Rule, Priority: &p}).YAML()
	if err != nil {
		return Snippet{}, false
	}
	return Snippet{
		Name:  "override",
		Title: plain("Raise the rule's priority, where what it watches deserves it"),
		Kind:  "falco",
		Body:  strings.TrimSpace(body) + "\n",
	}, true
}
