package mitigate

import (
	"regexp"
	"strings"

	"github.com/falconer-go/falconer/event"
)

// configure adds the Falco configuration for the alert: an exception that
// silences exactly this benign case, and an override of the rule.
func (l *Library) configure(p *Plan) {
	e := p.Event
	if e.Source == "internal" || !ruleName(e.Rule) {
		return
	}
	if s, ok := l.exception(p); ok {
		p.Config = append(p.Config, s)
	}
	if r := find[ruleEntry](l, "rule", e.Rule); r != nil && r.Tune.Override != "" {
		if s, ok := l.snippet(e, r.Tune.Override); ok {
			p.Config = append(p.Config, s)
		}
	}
	p.Config = append(p.Config, raise(e))
}

// exception returns the narrowest exception that the knowledge allows: on the
// fields of the benign pattern that fits most strongly, else on those of the
// rule. It is not ok where the alert does not have values for at least two.
func (l *Library) exception(p *Plan) (Snippet, bool) {
	e := p.Event
	name, title, on := l.exceptionFields(e)
	var fields, comps, values []string
	for _, x := range on {
		comp, value := "=", x.Value
		if x.Comp != "" {
			comp = x.Comp
		}
		if value == "" {
			v := e.Field(x.Field)
			s, ok := v.Str()
			if !ok || !v.Available() || s == "" {
				continue
			}
			value = s
		} else if !e.Field(x.Field).Available() {
			continue
		}
		quoted, ok := quoteFalco(value)
		if !ok {
			continue
		}
		fields, comps, values = append(fields, x.Field), append(comps, comp), append(values, quoted)
	}
	if len(fields) < 2 {
		return Snippet{}, false
	}
	var b strings.Builder
	b.WriteString("- rule: " + quoteYAML(e.Rule) + "\n  exceptions:\n    - name: " + name + "\n")
	b.WriteString("      fields: [" + strings.Join(fields, ", ") + "]\n")
	b.WriteString("      comps: [" + strings.Join(comps, ", ") + "]\n")
	b.WriteString("      values:\n        - [" + strings.Join(values, ", ") + "]\n")
	b.WriteString("  override:\n    exceptions: append\n")
	return Snippet{Name: "exception", Title: title, Kind: "falco", Body: b.String()}, true
}

func (l *Library) exceptionFields(e *event.Event) (name string, title Text, on []exceptOn) {
	for _, pt := range l.general().patterns {
		if len(pt.Exception) > 0 && pt.If.holds(e) {
			return strings.ReplaceAll(pt.Pattern, "-", "_"),
				append(plain("Silence this benign case and nothing wider: "), pt.Case.first(l, e)...), pt.Exception
		}
	}
	title = plain("Silence exactly this combination, once it is known to be benign")
	if r := find[ruleEntry](l, "rule", e.Rule); r != nil {
		return "known_benign", title, r.Tune.Exception
	}
	for _, f := range []string{"proc.exepath", "proc.cmdline", "container.image.repository", "fd.name", "ka.user.name", "ka.verb", "ka.target.name", "ct.user", "ct.name", "ct.srcip"} {
		on = append(on, exceptOn{Field: f})
	}
	return "known_benign", title, on
}

// raise returns an override that makes the rule one step more severe.
func raise(e *event.Event) Snippet {
	p := e.Priority
	if p > event.Emergency {
		p--
	}
	return Snippet{
		Name:  "override",
		Title: plain("Raise the rule's priority, where the asset deserves it"),
		Kind:  "falco",
		Body: "- rule: " + quoteYAML(e.Rule) + "\n  priority: " + strings.ToUpper(p.String()) +
			"\n  override:\n    priority: replace\n",
	}
}

var (
	// bare are the values that need no quotes, neither in YAML nor in a
	// condition.
	bare = regexp.MustCompile(`^[A-Za-z_/][A-Za-z0-9_./@+-]*$`)
	// quotable are those that Falco reads back from double quotes unchanged, and
	// that mean nothing anywhere else.
	quotable = regexp.MustCompile(`^[A-Za-z0-9_./][A-Za-z0-9 _./:=@%+,-]{0,254}$`)
	named    = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9 _/.,()+-]{0,254}$`)
)

// ruleName reports whether a rule's name can stand in a snippet.
func ruleName(s string) bool { return named.MatchString(s) && !strings.Contains(s, "  ") }

// quoteFalco writes a value so that Falco reads back exactly that text: first
// YAML takes off its quotes, then Falco's condition language takes off others.
func quoteFalco(s string) (string, bool) {
	if bare.MatchString(s) && !reservedYAML(s) {
		return s, true
	}
	if !quotable.MatchString(s) {
		return "", false
	}
	return `'"` + s + `"'`, true
}

func quoteYAML(s string) string {
	if strings.ContainsAny(s, ",()+") || strings.HasSuffix(s, " ") || reservedYAML(s) || s[0] >= '0' && s[0] <= '9' {
		return `"` + s + `"`
	}
	return s
}

func reservedYAML(s string) bool {
	switch strings.ToLower(s) {
	case "true", "false", "null", "yes", "no", "on", "off", "y", "n":
		return true
	}
	return false
}
