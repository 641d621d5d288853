package mitigate

import (
	"regexp"
	"slices"
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
	if s, ok := l.exception(p, patterns); ok {
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
// fields of the benign pattern that fits, else on those of the rule if a benign
// case of it fits. Nothing is proposed where no field points to a benign cause,
// nor where the exception would not name the workload or the caller: it would
// silence the same attack elsewhere.
func (l *Library) exception(p *Plan, patterns []*patternEntry) (Snippet, bool) {
	e := p.Event
	title, on, known := l.exceptionFields(e, patterns)
	if !known && !slices.ContainsFunc(p.Benign, func(b Benign) bool { return b.Fits && b.Strength >= Medium }) {
		p.Tuning = append(p.Tuning, withoutException(on))
		return Snippet{}, false
	}
	if !known && sourceOf(e) == "k8s_audit" {
		// Without the object's name it would silence the caller for all of them.
		on = append(slices.Clip(on), exceptOn{Field: "ka.target.name"})
	}
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
	if len(fields) < 2 || !known && !namesWorkload(e, fields) {
		p.Tuning = append(p.Tuning, withoutException(on))
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

// namesWorkload reports whether an exception by these fields is bound to a
// workload or a caller.
func namesWorkload(e *event.Event, fields []string) bool {
	if e.Container().ID == "host" {
		return true // the host's own programs; its fields name those
	}
	return slices.ContainsFunc(fields, func(f string) bool {
		return strings.HasPrefix(f, "container.image.") || strings.HasPrefix(f, "k8s.") || strings.HasSuffix(f, ".user.name") && f != "user.name" ||
			strings.HasPrefix(f, "ct.") || strings.HasPrefix(f, "gcp.") || strings.HasPrefix(f, "okta.") || strings.HasPrefix(f, "github.")
	})
}

// withoutException says why there is no exception, and what one would go by.
func withoutException(on []exceptOn) Text {
	t := plain("No exception is proposed: nothing in this alert points to a benign cause that an exception could be bound to.")
	var fields []string
	for _, x := range on {
		fields = append(fields, x.Field)
	}
	if len(fields) > 1 {
		t = append(t, Span{Text: " If one is confirmed, go by all of "}, Span{Kind: Code, Text: strings.Join(fields, ", ")}, Span{Text: " together, and by the image or the caller."})
	}
	return t
}

// exceptionFields returns what an exception would go by, and whether a known
// benign pattern says so.
func (l *Library) exceptionFields(e *event.Event, patterns []*patternEntry) (title Text, on []exceptOn, known bool) {
	for _, pt := range patterns {
		if len(pt.Exception) > 0 {
			return append(plain("Silence this benign case and nothing wider: "), pt.Case.first(l, e)...), pt.Exception, true
		}
	}
	title = plain("Silence exactly this combination, once it is known to be benign")
	if r := find[ruleEntry](l, "rule", e.Rule); r != nil {
		return title, r.Tune.Exception, false
	}
	for _, f := range rules.ExceptionFields(e) {
		on = append(on, exceptOn{Field: f})
	}
	return title, on, false
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
