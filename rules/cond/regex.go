package cond

import (
	"errors"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

// A regex of Falco is one of RE2 in POSIX mode, and has to match the whole
// text. Go's package accepts and rejects the same if it parses with the flag
// below alone; what it parsed is then written back for the ordinary compiler,
// with anchors around it.

const posixFlags = syntax.ClassNL

// regex is a compiled regex.
type regex struct {
	re    func() *regexp.Regexp // nil if only text itself matches
	text  string
	parts []string // every match holds one of them; nil if that is not known
}

// heaviestLate is the weight of the heaviest pattern that is compiled when it is
// first matched: far from what the compiler finds too large.
const heaviestLate = 2000

// newRegex compiles a pattern. msg is RE2's message if it is not valid.
func newRegex(pattern string) (r regex, msg string) {
	tree, err := syntax.Parse(pattern, posixFlags)
	if err != nil {
		return r, "invalid regex pattern: " + re2Message(err)
	}
	if tree.Op == syntax.OpEmptyMatch || isLiteral(tree) {
		return regex{text: string(tree.Rune)}, ""
	}
	anchored := func() (*regexp.Regexp, error) { return regexp.Compile(`\A(?:` + tree.String() + `)\z`) }
	if weight(tree) <= heaviestLate {
		// Most patterns of a large set are never matched: others in the same
		// condition decide first.
		late := sync.OnceValue(func() *regexp.Regexp {
			re, _ := anchored() // heaviestLate sees to it
			return re
		})
		return regex{re: late, parts: required(tree)}, ""
	}
	re, err := anchored()
	if err != nil { // too large, once it is anchored
		return r, "invalid regex pattern: " + re2Message(err)
	}
	return regex{re: func() *regexp.Regexp { return re }, parts: required(tree)}, ""
}

// checkRegex returns RE2's message if the pattern is not valid.
func checkRegex(pattern string) (msg string) {
	if _, err := syntax.Parse(pattern, posixFlags); err != nil {
		return "invalid regex pattern: " + re2Message(err)
	}
	return ""
}

// weight returns how many nodes and characters t has, with its repetitions
// written out.
func weight(t *syntax.Regexp) int {
	n := 1 + len(t.Rune)
	for _, sub := range t.Sub {
		n += weight(sub)
	}
	if t.Op == syntax.OpRepeat {
		n *= max(t.Min, t.Max, 1)
	}
	return n
}

// isLiteral reports whether t matches one text alone. That of U+FFFD matches
// any byte that is no character, too.
func isLiteral(t *syntax.Regexp) bool {
	return t.Op == syntax.OpLiteral && t.Flags&syntax.FoldCase == 0 && !slices.Contains(t.Rune, utf8.RuneError)
}

// maxParts is how many literals may be looked for before the automaton runs.
const maxParts = 32

// required returns literals of which one is known to be in each match, nil if there
// are none: looking for them is far cheaper than the automaton. Of several such lists
// it is the one with the longest shortest literal.
func required(t *syntax.Regexp) []string {
	switch t.Op {
	case syntax.OpLiteral:
		if isLiteral(t) {
			return []string{string(t.Rune)}
		}
	case syntax.OpCapture, syntax.OpPlus:
		return required(t.Sub[0])
	case syntax.OpRepeat:
		if t.Min > 0 {
			return required(t.Sub[0])
		}
	case syntax.OpConcat:
		var best []string
		for _, sub := range t.Sub {
			if parts := required(sub); shortest(parts) > shortest(best) {
				best = parts
			}
		}
		return best
	case syntax.OpAlternate:
		var all []string
		for _, sub := range t.Sub {
			parts := required(sub)
			if parts == nil || len(all)+len(parts) > maxParts {
				return nil
			}
			all = append(all, parts...)
		}
		return all
	}
	return nil
}

// shortest returns the length of the shortest of the texts, 0 if there is none.
func shortest(texts []string) int {
	if len(texts) == 0 {
		return 0
	}
	n := len(texts[0])
	for _, t := range texts[1:] {
		n = min(n, len(t))
	}
	return n
}

func (r *regex) match(s string) bool {
	if r.re == nil {
		return s == r.text
	}
	if r.parts != nil && !slices.ContainsFunc(r.parts, func(part string) bool { return strings.Contains(s, part) }) {
		return false
	}
	re := r.re()
	return re != nil && re.MatchString(s)
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
	if isBadText(e) {
		return "invalid UTF-8"
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

// isBadText reports whether RE2 blames the encoding of the pattern, which it
// does too where a number in braces or a range ends with the pattern: it then
// wants a character of what is empty.
func isBadText(e *syntax.Error) bool {
	switch e.Code {
	case syntax.ErrInvalidUTF8:
		return true
	case syntax.ErrInvalidEscape:
		return e.Expr == `\x{`
	case syntax.ErrInvalidCharRange:
		return e.Expr == "-"
	}
	return false
}
