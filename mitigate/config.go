package mitigate

import (
	"slices"
	"strings"

	"github.com/falconer-go/falconer/event"
	"github.com/falconer-go/falconer/rules"
)

// configure adds the configuration that serves this case: an exception that
// silences exactly the benign case that fits, an override that widens the rule
// where the knowledge has one, one that raises its priority where the alert was
// more urgent than that says, and the response as a rule of falco-talon where
// the plan isolates a pod that the alert names.
func (d *draft) configure(patterns []*patternEntry) {
	if d.e.Source == "internal" || !isRuleName(d.e.Rule) {
		return
	}
	d.Config = make([]Snippet, 0, 3)
	if s, ok := d.exception(patterns); ok {
		d.Config = append(d.Config, s)
	}
	if r := find[ruleEntry](d.l, "rule", d.e.Rule); r != nil && r.Tune.Override != "" {
		if s, ok := d.snippet(r.Tune.Override); ok {
			d.Config = append(d.Config, s)
		}
	}
	if d.Verdict.Likely != nil {
		return
	}
	if d.Verdict.Urgency > byPriority[min(int(d.e.Priority), len(byPriority)-1)] {
		if s, ok := raise(d.e); ok {
			d.Config = append(d.Config, s)
		}
	}
	if d.isolates() {
		if s, ok := d.snippet("talon-quarantine"); ok {
			d.Config = append(d.Config, s)
		}
	}
}

// isolates reports whether a step isolates a pod.
func (d *draft) isolates() bool {
	return slices.ContainsFunc(d.Steps, func(s Step) bool {
		return s.Phase == Now && slices.ContainsFunc(s.Snippets, func(sn Snippet) bool { return sn.Name == "isolate-pod" })
	})
}

// isRuleName reports whether s may stand in a snippet as the name of a rule.
func isRuleName(s string) bool {
	return s != "" && len(s) <= 255 && alphanumeric[s[0]] && ruleBytes.all(s)
}

// isExceptable reports whether a value may: it is what every shell, YAML and
// condition reads as itself inside quotes.
func isExceptable(s string) bool {
	return s != "" && len(s) <= 255 && valueStart[s[0]] && valueBytes.all(s)
}

var (
	ruleBytes  = bytesOf(alnum + " _/.,()+-")
	valueStart = bytesOf(alnum + "_./")
	valueBytes = bytesOf(alnum + "_ ./:=@%+,-")
)

// What stands over configuration that is not about one benign case.
var (
	silenceThis = Text{{Text: "Silence exactly this combination, once it is known to be benign"}}
	raiseRule   = Text{{Text: "Raise the rule's priority: this alert was more urgent than it says"}}
)

// exception returns the narrowest exception that the knowledge allows: on the
// fields of the benign pattern that fits, else on those of the rule if a benign
// case of it fits. Nothing is proposed where no field points to a benign cause,
// nor where the exception would not name the workload or the caller: it would
// silence the same attack elsewhere.
func (d *draft) exception(patterns []*patternEntry) (Snippet, bool) {
	e := d.e
	if d.Verdict.Likely != nil && d.Benign[0].plain() {
		return Snippet{}, false // a trial is closed, not excepted
	}
	title, on, known := d.exceptionFields(patterns)
	if r := find[ruleEntry](d.l, "rule", e.Rule); !known && r != nil && !r.Tune.If.holds(&d.subject) {
		return Snippet{}, false // the advice says of whom there is none
	}
	if !known && !slices.ContainsFunc(d.Benign, func(b Benign) bool { return b.Fits && b.Strength >= Medium }) {
		d.Tuning = append(d.Tuning, withoutException(on))
		return Snippet{}, false
	}
	if !known && d.source == "k8s_audit" {
		// Without the object's name it would silence the caller for all of them.
		on = append(slices.Clip(on), exceptOn{Field: "ka.target.name"})
	}
	on, anything := d.boundToCommand(d.boundToWorkload(on))
	fields, unsafe := make([]string, 0, len(on)), []string(nil)
	for _, x := range on {
		v := e.Fields.Get(x.Field)
		s := v.Text()
		switch {
		case !v.Available() || s == "" || v.Kind() == event.Array || v.Kind() == event.Object:
		case isExceptable(s) || v.Kind() == event.Number:
			fields = append(fields, x.Field)
		default:
			unsafe = append(unsafe, x.Field)
		}
	}
	if len(fields) < 2 || !known && !namesWorkload(e, fields) || anything && !(slices.Contains(fields, "proc.cmdline") && runsOneThing(e.Field("proc.cmdline").Text())) {
		d.Tuning = append(d.Tuning, withoutException(on))
		return Snippet{}, false
	}
	if slices.Contains(unsafe, "proc.cmdline") && !slices.ContainsFunc(fields, func(f string) bool { return f == "proc.exepath" || f == "proc.name" }) {
		d.Tuning = append(d.Tuning, plain("No exception is proposed: it would go by the command line, whose value is not safe to copy, and without that nothing would name the program."))
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

// boundToWorkload adds the pod's name, or the part of it that its controller gives to
// all of its pods, where the fields name no workload but the image.
func (d *draft) boundToWorkload(on []exceptOn) []exceptOn {
	pod := d.e.Field("k8s.pod.name")
	if !pod.Available() || pod.Text() == "" || slices.ContainsFunc(on, func(x exceptOn) bool { return x.Field == "k8s.pod.name" }) {
		return on
	}
	x := exceptOn{Field: "k8s.pod.name"}
	if _, name := workloadOf(pod.Text()); name != "" {
		x.Prefix = name + "-"
	}
	return append(slices.Clip(on), x)
}

// boundToCommand adds the command line where the program that the fields name runs
// anything that it is given, and reports whether it does; and where the alert has
// none of the program's fields but that.
func (d *draft) boundToCommand(on []exceptOn) (bound []exceptOn, anything bool) {
	named := func(field string) bool {
		return slices.ContainsFunc(on, func(x exceptOn) bool { return x.Field == field })
	}
	if named("proc.exepath") && !named("proc.cmdline") && !named("proc.name") && !d.e.Field("proc.exepath").Available() && d.e.Field("proc.cmdline").Available() {
		return append(slices.Clip(on), exceptOn{Field: "proc.cmdline"}), false
	}
	for _, field := range [...]string{"proc.exepath", "proc.name"} {
		if named(field) && isInterpreter(base(d.e.Field(field).Text())) {
			if !named("proc.cmdline") {
				on = append(slices.Clip(on), exceptOn{Field: "proc.cmdline"})
			}
			return on, true
		}
	}
	return on, false
}

// runsOneThing reports whether a command line says what it runs: an interpreter
// without a script takes what comes.
func runsOneThing(line string) bool {
	first, _, _ := strings.Cut(strings.TrimSpace(line), " ")
	return !isInterpreter(base(first)) || scriptOf(line) != ""
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
		t = append(t, Span{Text: " If one is confirmed, go by all of "}, Span{Kind: Code, Text: strings.Join(fields, ", ")}, Span{Text: " together."})
	}
	return t
}

// exceptionFields returns what an exception would go by, and whether a known
// benign pattern says so.
func (d *draft) exceptionFields(patterns []*patternEntry) (title Text, on []exceptOn, known bool) {
	for _, pt := range patterns {
		if len(pt.Exception) > 0 {
			from := d.begin()
			d.say("Silence this benign case and nothing wider: ")
			d.putFirst(pt.Case)
			return d.end(from), pt.Exception, true
		}
	}
	title = silenceThis
	if r := find[ruleEntry](d.l, "rule", d.e.Rule); r != nil {
		return title, r.Tune.Exception, false
	}
	for _, f := range rules.ExceptionFields(d.e) {
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
		Title: raiseRule,
		Kind:  "falco",
		Body:  strings.TrimSpace(body) + "\n",
	}, true
}
