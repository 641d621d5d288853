package mitigate

import (
	"fmt"
	"net/netip"
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
	fn   function
	args []string // fields
	path jsonPath // of part and count
}

type function uint8

const (
	between      function = iota // time from one instant to another
	percent                      // one number as a share of another
	count                        // how many elements or parts
	part                         // parts of a JSON value
	network                      // the network of an address: /24, or /64 of IPv6
	program                      // the program that a command line begins with
	last                         // the last word of a command line: mostly what it works on
	weekday                      // of an instant, in UTC
	hour                         // of an instant, in UTC
	minute                       // of an instant: 0 to 59
	client                       // the address that a connection came from, in its name
	server                       // the address it goes to
	serverport                   // and the port there
	terminal                     // the name of a terminal, by its number
	workload                     // the controller of a pod, by the name of the pod
	workloadkind                 // and its kind
	printed                      // whether the alert has the field, if only as null or <NA>
	does                         // what the programs of a command line do
	class                        // what they are for
	owner                        // whose network an address belongs to
	ownersort                    // and what that is for
	outside                      // the public addresses that a command line names
	decoded                      // what base64 in a command line says
	urlhost                      // the names of hosts in its URLs
)

var functions = map[string]struct {
	fn     function
	fields int
	path   bool
}{
	"between":      {between, 2, false},
	"percent":      {percent, 2, false},
	"count":        {count, 1, true},
	"part":         {part, 1, true},
	"network":      {network, 1, false},
	"program":      {program, 1, false},
	"last":         {last, 1, false},
	"weekday":      {weekday, 1, false},
	"hour":         {hour, 1, false},
	"minute":       {minute, 1, false},
	"client":       {client, 1, false},
	"server":       {server, 1, false},
	"serverport":   {serverport, 1, false},
	"terminal":     {terminal, 1, false},
	"workload":     {workload, 1, false},
	"workloadkind": {workloadkind, 1, false},
	"printed":      {printed, 1, false},
	"does":         {does, 1, false},
	"class":        {class, 1, false},
	"owner":        {owner, 1, false},
	"ownersort":    {ownersort, 1, false},
	"outside":      {outside, 1, false},
	"decoded":      {decoded, 1, false},
	"urlhost":      {urlhost, 1, false},
}

// isCalc reports whether s is the call of a function rather than a field.
func isCalc(s string) bool {
	name, _, ok := strings.Cut(s, "(")
	return ok && functions[name].fields > 0
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
	c := &calc{text: s, fn: f.fn}
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
		if i > f.fields || !f.path {
			return nil, fmt.Errorf("%s takes %d fields", name, f.fields)
		}
		p, err := parsePath(a)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		c.path = p
	}
	if len(c.args) < f.fields || c.fn == part && c.path == nil {
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

// result is what a calc gives: a number, whose meaning the function says, or
// texts of the alert, or words of ours. None of them if ok is false.
type result struct {
	ok    bool
	n     int64
	list  []string // foreign
	words string   // ours
}

// of computes c for an alert.
func (c *calc) of(s *subject) result {
	e := s.e
	v := e.Field(c.args[0])
	if c.fn == printed {
		return result{ok: v.Kind() != event.Absent}
	}
	if !v.Available() {
		return result{}
	}
	switch c.fn {
	case between:
		from, ok1 := instant(v)
		to, ok2 := instant(e.Field(c.args[1]))
		return result{ok: ok1 && ok2, n: int64(to.Sub(from))}
	case percent:
		some, ok1 := v.Float()
		all, ok2 := e.Field(c.args[1]).Float()
		if !ok1 || !ok2 || some < 0 || all <= 0 || some > all {
			return result{}
		}
		share, digits := some*100/all, 0
		if share < 10 {
			digits = 1
		}
		return result{ok: true, n: int64(share + 0.5), words: strconv.FormatFloat(share, 'f', digits, 64)}
	case count:
		if c.path != nil {
			n := len(s.parts(c.args[0], c.path))
			return result{ok: n > 0, n: int64(n)}
		}
		if v.Kind() != event.Array {
			return result{}
		}
		n := int64(0)
		for range v.Elements() {
			n++
		}
		return result{ok: true, n: n}
	case part:
		list := s.parts(c.args[0], c.path)
		return result{ok: len(list) > 0, list: list}
	case network:
		a, ok := v.Addr()
		if !ok {
			return result{}
		}
		return result{ok: true, list: []string{networkOf(a).String()}}
	case program:
		w, _, _ := strings.Cut(strings.TrimSpace(v.Text()), " ")
		w = w[strings.LastIndexByte(w, '/')+1:]
		return result{ok: w != "", list: []string{w}}
	case last:
		words := strings.Fields(v.Text())
		if len(words) < 2 {
			return result{}
		}
		return result{ok: true, list: words[len(words)-1:]}
	case client, server, serverport:
		text := endOf(v, c.fn)
		return result{ok: text != "", list: []string{text}}
	case terminal:
		n, ok := v.Int()
		name := terminalOf(n)
		return result{ok: ok && name != "", words: name}
	case workload, workloadkind:
		kind, name := workloadOf(v.Text())
		return result{ok: kind != "", words: kind, list: []string{name}}
	case class:
		list := s.line(c.args[0]).classes
		return result{ok: len(list) > 0, list: list}
	case owner, ownersort:
		n := s.ownerOf(v)
		switch {
		case n == nil:
			return result{}
		case c.fn == owner:
			return result{ok: true, words: n.Is}
		}
		return result{ok: true, words: n.Sort}
	case outside:
		list := outsideOf(v.Text())
		return result{ok: len(list) > 0, list: list}
	case urlhost:
		list := urlHostsOf(v.Text())
		return result{ok: len(list) > 0, list: list}
	case decoded:
		text := decodedOf(v.Text())
		return result{ok: text != "", list: []string{text}}
	case does:
		known := slices.ContainsFunc(s.line(c.args[0]).uses, func(u use) bool { return u.does != nil })
		return result{ok: known}
	}
	t, ok := instant(v)
	switch c.fn {
	case hour:
		return result{ok: ok, n: int64(t.Hour())}
	case minute:
		return result{ok: ok, n: int64(t.Minute())}
	}
	return result{ok: ok, n: int64(t.Weekday()), words: t.Weekday().String()}
}

// endOf returns a part of the name of a connection; "" if v is none.
func endOf(v event.Value, end function) string {
	from, to, ok := v.Connection()
	switch {
	case !ok:
		return ""
	case end == client:
		return from.Addr().String()
	case end == server:
		return to.Addr().String()
	}
	return strconv.FormatUint(uint64(to.Port()), 10)
}

func networkOf(a netip.Addr) netip.Prefix {
	bits := 24
	if a = a.Unmap(); a.Is6() {
		bits = 64
	}
	p, _ := a.Prefix(bits) // fails for bits out of range only
	return p
}

// instant reads a point in time. A number that is no plausible one is none:
// Falco prints 0 where it does not know.
func instant(v event.Value) (time.Time, bool) {
	const years = 20 * 365 * 24 * time.Hour
	t, ok := v.Time()
	return t, ok && t.After(time.Unix(0, int64(years)))
}

// span returns the result as it stands in a text: what we computed as words of
// ours, what the alert says as a value.
func (c *calc) span(s *subject) (Span, bool) {
	r := c.of(s)
	if !r.ok {
		return Span{}, false
	}
	switch c.fn {
	case between:
		if r.n < 0 {
			return Span{}, false // a sentence would say it the wrong way round
		}
		return Span{Text: Elapsed(time.Duration(r.n))}, true
	case percent:
		return Span{Text: r.words + " %"}, true
	case part, network, program, client, server, serverport, workload, outside, decoded, urlhost, last:
		return Span{Kind: Value, Text: Show(strings.Join(r.list, ", ")), Field: c.args[0]}, true
	case weekday, workloadkind, owner, ownersort:
		return Span{Text: r.words}, true
	case terminal:
		return Span{Kind: Code, Text: r.words}, true
	}
	return Span{Text: strconv.FormatInt(r.n, 10)}, true
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
	const day = 24 * time.Hour
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
	switch w.left.fn {
	case part, network, program, weekday, class, client, server, serverport, terminal, workload, workloadkind, owner, ownersort, outside, decoded, urlhost, last:
		if strings.ContainsAny(w.op, "<>") {
			return w, fmt.Errorf("%s cannot be compared by %s", w.left.text, w.op)
		}
		w.words = []string{unquoted(rest)}
		return w, nil
	case between:
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
		same := r.n == other.n && slices.Equal(r.list, other.list)
		return same == (w.op == "=")
	}
	texts := r.list
	switch w.left.fn {
	case weekday, terminal, workloadkind, owner, ownersort:
		texts = []string{r.words}
	}
	if texts != nil {
		return slices.ContainsFunc(texts, w.matches)
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
