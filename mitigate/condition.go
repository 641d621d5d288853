package mitigate

import (
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/falconer-go/falconer/event"
	"github.com/falconer-go/falconer/rules/cond"
)

// condition is a condition of the knowledge: one in Falco's language, and
// checks of computed values after the word where. The nil condition always
// holds. It is compiled when it is first asked for: most of an entry are never.
type condition struct {
	text string
	line int // in the entry, from 1

	parseOnce sync.Once
	parsed    cond.Expr // of the part in Falco's language; nil if there is none
	checks    []where
	parseErr  error

	once     sync.Once
	compiled atomic.Bool
	looks    atomic.Int32  // at the tree; see refutedBy
	err      error         // it does not compile, and never holds
	program  *cond.Program // with the existence of the fields that the checks read
	only     string        // the source of whose alerts it can hold; "" if of several
	common   int           // 1 and the place in common; 0 if it is not there
}

// common are conditions that many entries share: each is evaluated once for an
// alert.
var common = [...]string{
	"container.id exists and container.id != host",
	"not (container.id exists and container.id != host)",
	"container.id = host",
	"k8s.pod.name exists and k8s.ns.name exists",
}

// conditionEnv knows the fields of every source; a host's knowledge may read
// those of its own plugins besides.
var conditionEnv = &cond.Env{AllowUnknown: true}

// anyAlert is a condition that holds.
const anyAlert = "alert.rule exists or not alert.rule exists"

// tree returns what c says in Falco's language, and with it the existence of what its
// checks of computed values read. It parses once.
func (c *condition) tree() (cond.Expr, error) {
	c.parseOnce.Do(func() { c.parsed, c.parseErr = c.parse() })
	return c.parsed, c.parseErr
}

func (c *condition) parse() (x cond.Expr, err error) {
	falco := c.text
	if halves := splitOutside(" "+oneLine(c.text), " where "); len(halves) == 2 {
		if c.checks, err = parseWhere(halves[1]); err != nil {
			return nil, err
		}
		var all []string
		if falco = strings.TrimSpace(halves[0]); falco != "" {
			all = append(all, "("+falco+")")
		}
		// What can hold at all shows before anything is computed.
		for _, w := range c.checks {
			if w.op == "exists" && (w.not || w.left.name == "printed") {
				continue
			}
			for _, f := range w.left.args {
				all = append(all, f+" exists")
			}
		}
		if falco = strings.Join(all, " and "); falco == "" {
			falco = anyAlert
		}
	}
	return cond.Parse(falco, conditionEnv.Parse)
}

// compile makes c ready to be evaluated.
func (c *condition) compile() error {
	if c.compiled.Load() {
		return c.err
	}
	c.once.Do(func() {
		c.err = c.translate()
		c.compiled.Store(true)
	})
	return c.err
}

func (c *condition) translate() error {
	x, err := c.tree()
	if err != nil {
		return err
	}
	if c.program, err = cond.CompileExpr(x, conditionEnv); err != nil {
		return err
	}
	c.common = slices.Index(common[:], c.text) + 1
	c.only = onlySource(c.reads())
	if c.only != "" && c.program.Match(nothing) {
		c.only = "" // it holds where its fields are missing
	}
	return nil
}

// oneLine returns text with single spaces between its words.
func oneLine(text string) string {
	if !strings.ContainsAny(text, "\t\n\r") && !strings.Contains(text, "  ") {
		return strings.TrimSpace(text)
	}
	return strings.Join(strings.Fields(text), " ")
}

// onlySource returns the source that all of the fields belong to, "" if there is
// none.
func onlySource(fields []string) string {
	only := ""
	for _, f := range fields {
		of := sourceOfField(f)
		if of == "" || only != "" && of != only {
			return ""
		}
		only = of
	}
	return only
}

// sourceOfField returns the source whose alerts alone have the field, "" if
// several have it or it is not known.
func sourceOfField(field string) string {
	switch family, _, _ := strings.Cut(field, "."); family {
	case "ka":
		return "k8s_audit"
	case "ct", "s3", "ec2":
		return "aws_cloudtrail"
	case "gcp":
		return "gcp_auditlog"
	case "okta":
		return "okta"
	case "github":
		return "github"
	}
	return ""
}

// nothing is an alert without fields.
var nothing = &event.Event{}

func (c *condition) holds(s *subject) bool {
	switch {
	case c == nil:
		return true
	case !c.compiled.Load() && (c.refutedBy(s.e) || c.compile() != nil), c.err != nil, c.only != "" && c.only != s.source:
		return false
	case c.common > 0:
		known := &s.common[c.common-1]
		if *known == cond.Unknown {
			*known = cond.False
			if c.program.Match(s.e) {
				*known = cond.True
			}
		}
		return *known == cond.True
	}
	return c.program.Match(s.e) && c.computed(s)
}

// computed reports whether the checks of computed values hold, of a condition that
// is compiled.
func (c *condition) computed(s *subject) bool {
	for i := range c.checks {
		if !c.checks[i].holds(s) {
			return false
		}
	}
	return true
}

// fields returns the fields that the condition reads.
func (c *condition) fields() []string {
	if c.compile() != nil {
		return nil
	}
	return c.reads()
}

func (c *condition) reads() []string {
	list := c.program.Fields()
	for _, w := range c.checks {
		list = append(list, w.left.args...)
		if w.right != nil {
			list = append(list, w.right.args...)
		}
	}
	return list
}

// mentions reports whether the condition reads the field.
func (c *condition) mentions(field string) bool {
	return c != nil && slices.Contains(c.fields(), field)
}

// checksOf reports whether the condition makes sure that c can be computed.
func (c *condition) checksOf(x *calc) bool {
	return c != nil && c.compile() == nil && slices.ContainsFunc(c.checks, func(w where) bool { return w.left.text == x.text && !(w.op == "exists" && w.not) })
}
