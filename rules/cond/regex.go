package cond

import (
	"errors"
	"regexp"
	"regexp/syntax"
)

// A regex of Falco is one of RE2 in POSIX mode, and has to match the whole
// text. Go's package accepts and rejects the same if it parses with the flag
// below alone; what it parsed is then written back for the ordinary compiler,
// with anchors around it.

const posixFlags = syntax.ClassNL

// regex is a compiled regex, or a plain comparison that does the same.
type regex struct {
	kind globKind // all but globAny compare with text
	text string
	re   *regexp.Regexp
}

// newRegex compiles a pattern. msg is RE2's message if it is not valid.
func newRegex(pattern string) (r regex, msg string) {
	tree, err := syntax.Parse(pattern, posixFlags)
	if err != nil {
		return r, "invalid regex pattern: " + re2Message(err)
	}
	if kind, text, ok := literalRegex(tree); ok {
		return regex{kind: kind, text: text}, ""
	}
	re, err := regexp.Compile(`\A(?:` + tree.String() + `)\z`)
	if err != nil { // too large, once it is anchored
		return r, "invalid regex pattern: " + re2Message(err)
	}
	return regex{kind: globAny, re: re}, ""
}

// checkRegex returns RE2's message if the pattern is not valid.
func checkRegex(pattern string) (msg string) {
	if _, err := syntax.Parse(pattern, posixFlags); err != nil {
		return "invalid regex pattern: " + re2Message(err)
	}
	return ""
}

// literalRegex reports whether the tree is a literal.
func literalRegex(t *syntax.Regexp) (kind globKind, text string, ok bool) {
	switch t.Op {
	case syntax.OpEmptyMatch:
		return globEqual, "", true
	case syntax.OpLiteral:
		if t.Flags&syntax.FoldCase == 0 {
			return globEqual, string(t.Rune), true
		}
	}
	return 0, "", false
}

func (r *regex) match(s string) bool {
	if r.kind == globEqual {
		return s == r.text
	}
	return r.re.MatchString(s)
}

// re2Messages are RE2's words for the faults that Go names otherwise.
var re2Messages = map[syntax.ErrorCode]string{
	syntax.ErrInvalidRepeatOp:       "bad repetition operator",
	syntax.ErrMissingBracket:        "missing ]",
	syntax.ErrMissingParen:          "missing )",
	syntax.ErrMissingRepeatArgument: "no argument for repetition operator",
	syntax.ErrInvalidRepeatSize:     "invalid repetition size",
	syntax.ErrTrailingBackslash:     `trailing \`,
	syntax.ErrUnexpectedParen:       "unexpected )",
	syntax.ErrInvalidPerlOp:         "invalid perl operator",
	syntax.ErrNestingDepth:          "expression nests too deeply",
	syntax.ErrLarge:                 "pattern too large - compile failed",
}

func re2Message(err error) string {
	var e *syntax.Error
	if !errors.As(err, &e) {
		return err.Error()
	}
	msg, ok := re2Messages[e.Code]
	if !ok {
		msg = e.Code.String()
	}
	if e.Expr != "" {
		msg += ": " + e.Expr
	}
	return msg
}
