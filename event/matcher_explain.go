package event

import (
	"strconv"
	"strings"
)

// Explainer is a [Matcher] that can say what of an alert makes it match, or not
// match, in a few words for people: rule is "X", not "Y".
type Explainer interface {
	Matcher
	Explain(e *Event) string
}

func explain(m Matcher, e *Event) string {
	if x, ok := m.(Explainer); ok {
		return x.Explain(e)
	}
	if m.Match(e) {
		return describe(m)
	}
	return "not " + operand(m)
}

func (m textMatcher) Explain(e *Event) string {
	text := ""
	switch m.key.Field {
	case "alert.rule":
		text = strconv.Quote(e.Rule)
	case "alert.source":
		text = strconv.Quote(e.Source)
	case "alert.hostname":
		text = strconv.Quote(e.Hostname)
	case "alert.tags":
		return m.explainTags(e)
	}
	if m.Match(e) {
		return m.what + " is " + text
	}
	return m.what + " is " + text + ", not " + strings.TrimPrefix(m.String(), m.what+" ")
}

func (m textMatcher) explainTags(e *Event) string {
	for _, tag := range e.Tags {
		if m.key.meets(tag) {
			return "has tag " + strconv.Quote(tag)
		}
	}
	return "has no " + m.String()
}

func (m fieldMatcher) Explain(e *Event) string {
	v := e.Field(m.key.Field)
	switch {
	case v.Kind() == Absent:
		return "has no " + m.key.Field
	case !v.Available():
		return m.key.Field + " is not available"
	case v.Text() == m.key.Text:
		return m.String()
	}
	return m.key.Field + " is " + strconv.Quote(clip(v.Text())) + ", not " + strconv.Quote(m.key.Text)
}

func (m floorMatcher) Explain(e *Event) string {
	s := "priority is " + e.Priority.String()
	if !m.Match(e) {
		s += ", less than " + Priority(m).String()
	}
	return s
}

func (ms allMatcher) Explain(e *Event) string {
	if len(ms) == 0 {
		return ms.String()
	}
	var parts []string
	for _, m := range ms {
		if !m.Match(e) {
			return explain(m, e)
		}
		parts = append(parts, explain(m, e))
	}
	return strings.Join(parts, " and ")
}

func (ms anyMatcher) Explain(e *Event) string {
	if len(ms) == 0 {
		return ms.String()
	}
	var parts []string
	for _, m := range ms {
		if m.Match(e) {
			return explain(m, e)
		}
		parts = append(parts, explain(m, e))
	}
	return strings.Join(parts, " and ")
}

func (m notMatcher) Explain(e *Event) string { return explain(m.m, e) }

// String returns the key as a condition writes it.
func (k Key) String() string {
	if k.Prefix {
		return k.Field + " startswith " + strconv.Quote(k.Text)
	}
	return k.Field + " = " + strconv.Quote(k.Text)
}

// String returns the keys as a condition writes them.
func (n Need) String() string {
	if len(n) == 0 {
		return "never"
	}
	parts := make([]string, len(n))
	for i, k := range n {
		parts[i] = k.String()
	}
	return strings.Join(parts, " or ")
}
