package mitigate

import (
	"slices"

	"github.com/falconer-go/falconer/event"
	"github.com/falconer-go/falconer/rules/cond"
)

// condition is a condition of the knowledge, in Falco's language. The nil
// condition always holds.
type condition struct {
	text    string
	program *cond.Program
}

// conditionEnv knows the fields of every source; a host's knowledge may read
// those of its own plugins besides.
var conditionEnv = &cond.Env{AllowUnknown: true}

func parseCondition(text string) (*condition, error) {
	p, err := cond.Compile(text, conditionEnv)
	if err != nil {
		return nil, err
	}
	return &condition{text, p}, nil
}

func (c *condition) holds(e *event.Event) bool { return c == nil || c.program.Match(e) }

// mentions reports whether the condition reads the field.
func (c *condition) mentions(field string) bool {
	return c != nil && slices.Contains(c.program.Fields(), field)
}
