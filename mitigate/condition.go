package mitigate

import (
	"slices"
	"strings"

	"github.com/falconer-go/falconer/rules/cond"
)

// condition is a condition of the knowledge: one in Falco's language, and
// checks of computed values after the word where. The nil condition always
// holds.
type condition struct {
	text    string
	program *cond.Program // with the existence of the fields that the checks read
	checks  []where
}

// conditionEnv knows the fields of every source; a host's knowledge may read
// those of its own plugins besides.
var conditionEnv = &cond.Env{AllowUnknown: true}

func parseCondition(text string) (*condition, error) {
	c := &condition{text: text}
	falco, rest := text, ""
	if halves := splitOutside(" "+strings.Join(strings.Fields(text), " "), " where "); len(halves) == 2 {
		falco, rest = strings.TrimSpace(halves[0]), halves[1]
		checks, err := parseWhere(rest)
		if err != nil {
			return nil, err
		}
		c.checks = checks
		// A set of conditions tells what can hold at all before anything is
		// computed.
		var exist []string
		for _, w := range checks {
			if w.op == "exists" && w.not {
				continue
			}
			for _, f := range w.left.args {
				exist = append(exist, f+" exists")
			}
		}
		if falco != "" {
			exist = append([]string{"(" + falco + ")"}, exist...)
		}
		falco = strings.Join(exist, " and ")
	}
	p, err := cond.Compile(falco, conditionEnv)
	if err != nil {
		return nil, err
	}
	c.program = p
	return c, nil
}

func (c *condition) holds(s *subject) bool {
	return c == nil || c.program.Match(s.e) && c.computed(s)
}

// computed reports whether the checks of computed values hold.
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
	return c != nil && slices.ContainsFunc(c.checks, func(w where) bool { return w.left.text == x.text && !(w.op == "exists" && w.not) })
}
