package mitigate

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/falconer-go/falconer/event"
)

// calc is a value computed from fields of an alert, such as
// between(container.start_ts, alert.time); knowledge/README.md has the list.
type calc struct {
	text string // as written
	name string // of the function
	*function
	args []string // fields
	path jsonPath // of part and count
}

// isCalc reports whether s is the call of a function rather than a field.
func isCalc(s string) bool {
	name, _, ok := strings.Cut(s, "(")
	return ok && functions[name] != nil
}

func parseCalc(s string) (*calc, error) {
	name, rest, ok := strings.Cut(s, "(")
	f, known := functions[name]
	if !ok || !known {
		return nil, fmt.Errorf("%q is not a function of values", name)
	}
	rest, ok = strings.CutSuffix(rest, ")")
	if !ok {
		return nil, fmt.Errorf("%s( without )", name)
	}
	c := &calc{text: s, name: name, function: f}
	args := splitOutside(rest, ",")
	for i, a := range args {
		a = strings.TrimSpace(a)
		if i < f.fields {
			if a == "" || strings.ContainsAny(a, " %{}`\"") {
				return nil, fmt.Errorf("%s: %q is not a field", name, a)
			}
			c.args = append(c.args, a)
			continue
		}
		if i > f.fields || f.path == noPath {
			return nil, fmt.Errorf("%s takes %d fields", name, f.fields)
		}
		p, err := parsePath(a)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		c.path = p
	}
	if len(c.args) < f.fields || f.path == needsPath && c.path == nil {
		return nil, fmt.Errorf("%s needs more than %q", name, rest)
	}
	return c, nil
}

// splitOutside cuts s at each sep that stands in no brackets, parentheses or
// quotes.
func splitOutside(s, sep string) []string {
	var list []string
	depth, quoted, from := 0, false, 0
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '(' || c == '[':
			depth++
		case c == ')' || c == ']':
			depth--
		case depth == 0 && strings.HasPrefix(s[i:], sep):
			list = append(list, s[from:i])
			from = i + len(sep)
			i = from - 1
		}
	}
	return append(list, s[from:])
}

// of computes c for an alert.
func (c *calc) of(s *subject) result {
	for i := range s.computed {
		if s.computed[i].text == c.text {
			return s.computed[i].result
		}
	}
	v := s.e.Field(c.args[0])
	if c.name == "printed" {
		return result{ok: v.Kind() != event.Absent}
	}
	if !v.Available() {
		return result{}
	}
	r := c.function.of(c, s, v)
	s.computed = append(s.computed, computedValue{c.text, r})
	return r
}

// computedValue is what a calc came to for the alert: several conditions ask for
// the same.
type computedValue struct {
	text string
	result
}

// span returns the result as it stands in a text: what we computed as words of
// ours, what the alert says as a value.
func (c *calc) span(s *subject) (Span, bool) {
	r := c.of(s)
	if !r.ok {
		return Span{}, false
	}
	switch c.gives {
	case elapsed:
		if r.n < 0 {
			return Span{}, false // a sentence would say it the wrong way round
		}
		return Span{Text: Elapsed(time.Duration(r.n))}, true
	case share:
		return Span{Text: r.shown + " %"}, true
	case theirs:
		return Span{Kind: Value, Text: Show(strings.Join(r.texts, ", ")), Field: c.args[0]}, true
	case ours:
		return Span{Text: cmp.Or(r.shown, r.texts[0])}, true
	case code:
		return Span{Kind: Code, Text: r.texts[0]}, true
	case number:
		return Span{Text: strconv.FormatInt(r.n, 10)}, true
	}
	return Span{}, true
}

// Elapsed writes a duration as a reader needs it: in one or two units, rounded
// to what matters. A negative one is less than 1 ms.
func Elapsed(d time.Duration) string {
	in := func(n time.Duration, unit string) string { return strconv.FormatInt(int64(n), 10) + " " + unit }
	two := func(large time.Duration, a string, small time.Duration, b string) string {
		n, rest := d/large, d%large/small
		if rest == 0 {
			return in(n, a)
		}
		return in(n, a) + " " + in(rest, b)
	}
	switch {
	case d < time.Millisecond:
		return "less than 1 ms"
	case d < time.Second:
		return in(d.Round(time.Millisecond)/time.Millisecond, "ms")
	case d < 10*time.Second:
		return strconv.FormatFloat(d.Seconds(), 'f', 1, 64) + " s"
	case d < 5*time.Minute:
		return in(d.Round(time.Second)/time.Second, "s")
	case d < 2*time.Hour:
		return in(d.Round(time.Minute)/time.Minute, "min")
	case d < 2*day:
		return two(time.Hour, "h", time.Minute, "min")
	}
	return two(day, "days", time.Hour, "h")
}

// where is a check of a computed value: between(a, b) < 10s.
type where struct {
	not   bool
	left  *calc
	op    string
	n     int64
	words []string
	right *calc
}

// parseWhere reads checks joined by and.
func parseWhere(s string) ([]where, error) {
	var list []where
	for _, clause := range splitOutside(strings.Join(strings.Fields(s), " "), " and ") {
		w, err := parseCheck(strings.TrimSpace(clause))
		if err != nil {
			return nil, fmt.Errorf("where %s: %w", clause, err)
		}
		list = append(list, w)
	}
	return list, nil
}

var checkOps = []string{"exists", "in", "contains", "startswith", "endswith", "<=", ">=", "!=", "=", "<", ">"}

func parseCheck(s string) (w where, err error) {
	s, w.not = strings.CutPrefix(s, "not ")
	end := 0
	for depth := 0; end < len(s); end++ {
		if s[end] == '(' {
			depth++
		} else if s[end] == ')' {
			if depth--; depth == 0 {
				end++
				break
			}
		}
	}
	if w.left, err = parseCalc(s[:end]); err != nil {
		return w, err
	}
	rest := strings.TrimSpace(s[end:])
	i := slices.IndexFunc(checkOps, func(op string) bool { return strings.HasPrefix(rest, op) })
	if i < 0 {
		return w, fmt.Errorf("%q does not begin with an operator", rest)
	}
	w.op = checkOps[i]
	rest = strings.TrimSpace(rest[len(w.op):])
	switch {
	case w.op == "exists":
		if rest != "" {
			return w, fmt.Errorf("%q after exists", rest)
		}
		return w, nil
	case isCalc(rest) && (w.op == "=" || w.op == "!="):
		w.right, err = parseCalc(rest)
		return w, err
	case w.op == "in":
		inner, ok := strings.CutPrefix(rest, "(")
		inner, closed := strings.CutSuffix(inner, ")")
		if !ok || !closed {
			return w, fmt.Errorf("in needs a list in parentheses")
		}
		for _, word := range splitOutside(inner, ",") {
			w.words = append(w.words, unquoted(word))
		}
		return w, nil
	}
	switch {
	case w.left.gives.isText():
		if strings.ContainsAny(w.op, "<>") {
			return w, fmt.Errorf("%s cannot be compared by %s", w.left.text, w.op)
		}
		w.words = []string{unquoted(rest)}
		return w, nil
	case w.left.gives == elapsed:
		if days, ok := strings.CutSuffix(rest, "d"); ok {
			n, err := strconv.Atoi(days)
			w.n = int64(n) * int64(24*time.Hour)
			return w, err
		}
		d, err := time.ParseDuration(rest)
		w.n = int64(d)
		return w, err
	}
	w.n, err = strconv.ParseInt(rest, 10, 64)
	return w, err
}

func unquoted(s string) string { return strings.Trim(strings.TrimSpace(s), `"`) }

// holds reports whether the check holds: of several parts, for any. What
// cannot be computed makes it false, negated or not.
func (w *where) holds(s *subject) bool {
	r := w.left.of(s)
	if w.op == "exists" {
		return r.ok != w.not
	}
	if !r.ok {
		return false
	}
	return w.compare(r, s) != w.not
}

func (w *where) compare(r result, s *subject) bool {
	if w.right != nil {
		other := w.right.of(s)
		if !other.ok {
			return false
		}
		same := r.n == other.n && slices.Equal(r.texts, other.texts)
		return same == (w.op == "=")
	}
	if w.left.gives.isText() {
		return slices.ContainsFunc(r.texts, w.matches)
	}
	switch w.op {
	case "=":
		return r.n == w.n
	case "!=":
		return r.n != w.n
	case "<":
		return r.n < w.n
	case "<=":
		return r.n <= w.n
	case ">":
		return r.n > w.n
	case ">=":
		return r.n >= w.n
	}
	return false
}

func (w *where) matches(text string) bool {
	switch w.op {
	case "!=":
		return text != w.words[0]
	case "contains":
		return strings.Contains(text, w.words[0])
	case "startswith":
		return strings.HasPrefix(text, w.words[0])
	case "endswith":
		return strings.HasSuffix(text, w.words[0])
	}
	return slices.Contains(w.words, text)
}
