package mitigate

import (
	"github.com/falconer-go/falconer/event"
)

// condition is a condition of the knowledge. The nil condition always holds.
type condition struct {
	text    string
	program *tmpProgram
}

func parseCondition(text string) (*condition, error) {
	p, err := compileCondition(text)
	if err != nil {
		return nil, err
	}
	return &condition{text, p}, nil
}

func (c *condition) holds(e *event.Event) bool { return c == nil || c.program.Match(e) }
