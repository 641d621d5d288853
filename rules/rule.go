package rules

import (
	"github.com/falconer-go/falconer/event"
	"github.com/falconer-go/falconer/rules/cond"
)

// Rule is a rule as Falco runs it: every file's changes made, exceptions,
// lists and macros in place. It is read-only.
type Rule struct {
	Name     string
	Desc     string
	Output   string // as written, without blanks around it
	Source   string // syscall unless the rule says otherwise
	Priority event.Priority
	Tags     []string // sorted
	Enabled  bool     // as the files say; see [Set.Select]

	Capture         bool
	CaptureDuration uint32 // in milliseconds; 0 is Falco's default

	// Condition is the tree of the condition, everything in place. Trees
	// share parts and must not be changed.
	Condition cond.Expr
	Program   *cond.Program

	// OutputFields are the fields that the output prints, in its order, as
	// they are named in an alert's output_fields.
	OutputFields []string

	// ExtraFields are the keys that [Options] add to the alert's
	// output_fields, sorted.
	ExtraFields []string

	File string // where the rule was defined last
	Pos  Pos

	info            *ruleInfo
	parsed          cond.Expr // without macros
	condText        string    // with exceptions and lists
	compiledOutput  string
	extra           map[string]ExtraField // by key
	exceptionFields []string
}

// ConditionText returns the condition as it is written, without exceptions,
// and with lists and macros by name: that of the definition, and what was
// appended to it.
func (r *Rule) ConditionText() string { return r.info.cond.String() }

// Exceptions returns the names of the rule's exceptions, in order.
func (r *Rule) Exceptions() []string {
	var names []string
	for _, ex := range r.info.exceptions {
		names = append(names, ex.name)
	}
	return names
}

// UnknownKeys returns the keys that Falco ignores, of the rule and of its
// exceptions: those of its last definition, and those of the items that changed
// it since.
func (r *Rule) UnknownKeys() []UnknownKey { return r.info.unknown }
