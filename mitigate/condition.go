package mitigate

import (
	"slices"

	"github.com/falconer-go/falconer/event"
	"github.com/falconer-go/falconer/rules/cond"
)

// condition is a condition of the knowledge. The nil condition always holds.
type condition struct {
	text    string
	fields  []string // that it reads, sorted
	program *tmpProgram
}

func parseCondition(text string) (*condition, error) {
	p, err := compileCondition(text)
	if err != nil {
		return nil, err
	}
	return &condition{text, cond.Fields(p.x), p}, nil
}

func (c *condition) holds(e *event.Event) bool { return c == nil || c.program.Match(e) }

// mentions reports whether the condition reads the field.
func (c *condition) mentions(field string) bool {
	return c != nil && slices.Contains(c.fields, field)
}
