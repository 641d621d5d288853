package rules

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/falconer-go/falconer/rules/internal/yaml"
)

// Pos is a place in a file. The zero Pos is no place.
type Pos struct {
	Line   int // from 1
	Column int // from 1, in bytes, as in the positions of Go itself
	Offset int // from 0, in bytes
}

// IsValid reports whether p is a place.
func (p Pos) IsValid() bool { return p.Line > 0 }

func (p Pos) String() string {
	if !p.IsValid() {
		return "-"
	}
	return strconv.Itoa(p.Line) + ":" + strconv.Itoa(p.Column)
}

// The types of an [Item], as Falco calls them.
const (
	TypeValueFor          = "value for"
	TypeExceptions        = "exceptions"
	TypeException         = "exception"
	TypeExceptionValues   = "exception values"
	TypeExceptionValue    = "exception value"
	TypeRulesContent      = "rules content"
	TypeRulesContentItem  = "rules content item"
	TypeEngineVersion     = "required_engine_version"
	TypePluginVersions    = "required plugin versions"
	TypePluginVersion     = "required plugin versions entry"
	TypePluginAlternative = "required plugin versions alternative"
	TypeList              = "list"
	TypeListItem          = "list item"
	TypeMacro             = "macro"
	TypeMacroCondition    = "macro condition"
	TypeRule              = "rule"
	TypeRuleCondition     = "rule condition"
	TypeExpression        = "condition expression"
	TypeRuleOutput        = "rule output"
	TypeRulePriority      = "rule priority"
	TypeOverrides         = "overrides"
)

// Item is one step of the way from a file down to what is wrong in it.
type Item struct {
	Type string // one of the Type constants
	Name string // of the rule, macro, list, exception or key; often ""
	Pos  Pos    // where it begins; for a condition expression, where the fault is

	mark mark   // the position that Falco prints
	text string // of a condition expression: the condition, as far as Falco shows it
}

// mark is a position as Falco counts: line and column from 0.
type mark yaml.Mark

// Diagnostic is one thing to say about a rule file.
type Diagnostic struct {
	File    string // the name the file was given
	Pos     Pos    // the most exact place known
	Code    Code
	Message string // as Falco words it, where Falco has the code
	Items   []Item // from the file down; never empty for what Falco reports

	deprecated string // the field that Falco names in JSON

	// Beyond says that Falco does not come to report this one: it stops at the
	// first error of a file.
	Beyond bool
}

// Item returns the innermost rule, macro or list that d is about, or the zero
// Item.
func (d *Diagnostic) Item() Item {
	for i := len(d.Items) - 1; i >= 0; i-- {
		switch d.Items[i].Type {
		case TypeRule, TypeMacro, TypeList:
			return d.Items[i]
		}
	}
	return Item{}
}

// String returns d as file:line:col: rule "name": message.
func (d *Diagnostic) String() string {
	var b strings.Builder
	if d.File != "" {
		b.WriteString(d.File)
		b.WriteByte(':')
	}
	if d.Pos.IsValid() {
		b.WriteString(d.Pos.String())
		b.WriteByte(':')
	}
	if b.Len() > 0 {
		b.WriteByte(' ')
	}
	if it := d.Item(); it.Type != "" {
		fmt.Fprintf(&b, "%s %q: ", it.Type, it.Name)
	}
	if d.Message != "" {
		b.WriteString(d.Message)
	} else {
		b.WriteString(d.Code.Text())
	}
	b.WriteString(" (")
	b.WriteString(string(d.Code))
	b.WriteByte(')')
	return b.String()
}

// Error is a [Diagnostic] that keeps a file from loading.
type Error struct{ Diagnostic }

func (e *Error) Error() string { return e.String() }

// ErrorList is the errors of one or more files, in the order in which they
// were found: of each file, the one that Falco reports comes first.
type ErrorList []*Error

// Error returns the errors, one a line.
func (l ErrorList) Error() string {
	lines := make([]string, len(l))
	for i, e := range l {
		lines[i] = e.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap returns the single errors.
func (l ErrorList) Unwrap() []error {
	errs := make([]error, len(l))
	for i, e := range l {
		errs[i] = e
	}
	return errs
}

// Err returns l as an error: nil if l is empty.
func (l ErrorList) Err() error {
	if len(l) == 0 {
		return nil
	}
	return l
}

// chain is where the loader is while it reads or compiles: the chain of
// items from the file down, innermost last.
type chain struct {
	file  *source
	items []Item
}

func (c chain) with(it Item) chain {
	items := make([]Item, len(c.items), len(c.items)+1)
	copy(items, c.items)
	return chain{c.file, append(items, it)}
}

// pos is the most exact place of the chain.
func (c chain) pos() Pos {
	for i := len(c.items) - 1; i >= 0; i-- {
		if c.items[i].Pos.IsValid() {
			return c.items[i].Pos
		}
	}
	return Pos{}
}

func (c chain) diagnostic(code Code, message string) Diagnostic {
	d := Diagnostic{Pos: c.pos(), Code: code, Message: message, Items: c.items}
	if c.file != nil {
		d.File = c.file.name
	}
	return d
}

// fault is an error on its way up to the result of the file.
type fault struct{ Diagnostic }

func (f *fault) Error() string { return f.String() }

func (c chain) fail(code Code, message string) error {
	return &fault{c.diagnostic(code, message)}
}

func (c chain) invalid(message string) error { return c.fail(ErrYAMLValidate, message) }
