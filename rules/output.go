package rules

import (
	"strings"

	"github.com/falconer-go/falconer/rules/cond"
)

// This file reads the output of a rule as Falco's formatter does: behind a %
// stands, after a width if there is one, the longest text that is a field or
// a transformer of fields; the rest is printed as it is.

const (
	msgTrailingPercent = "invalid formatting syntax: formatting cannot end with a %"
	msgTrailingNumber  = "invalid formatting syntax: formatting cannot end with a number"
	// What Falco says last, when only one character is left to try.
	msgNoField = "unknown filter: unexpected token after '"
)

// token is a field or transformer of an output.
type token struct {
	x          cond.Operand
	begin, end int // of its text in the output, without the %
}

// scanFormat returns the tokens of an output. known says whether a token names
// what there is; what it declines is tried again shortened. If msg is not
// empty, the output cannot be printed, for what is at that offset.
func scanFormat(out string, known func(cond.Operand) bool) (tokens []token, at int, msg string) {
	if out == "" {
		return nil, 0, "empty formatting token"
	}
	for at < len(out) {
		i := strings.IndexByte(out[at:], '%')
		if i < 0 {
			break
		}
		at += i
		if at == len(out)-1 {
			return tokens, at, msgTrailingPercent
		}
		begin := at + 1
		for begin < len(out) && '0' <= out[begin] && out[begin] <= '9' {
			begin++
		}
		if begin == len(out) {
			return tokens, at, msgTrailingNumber
		}
		x, n := longestToken(out[begin:], known)
		if x == nil {
			return tokens, at, msgNoField
		}
		tokens = append(tokens, token{x, begin, begin + n})
		at = begin + n
	}
	return tokens, 0, ""
}

// maxTokenEnds bounds how many closing brackets are tried as the end of one
// transformer.
const maxTokenEnds = 64

// longestToken returns the longest field or transformer that s begins with.
func longestToken(s string, known func(cond.Operand) bool) (cond.Operand, int) {
	name := fieldLen(s)
	if name == 0 {
		return transformToken(s, known)
	}
	if name < len(s) && s[name] == '[' {
		// The argument ends at the first bracket, or behind a quoted string.
		for end, tries := name, 0; tries < maxTokenEnds; tries++ {
			i := strings.IndexByte(s[end:], ']')
			if i < 0 {
				break
			}
			end += i + 1
			if x := operand(s[:end]); x != nil {
				if known(x) {
					return x, end
				}
				break
			}
		}
	}
	for n := name; n > 0; n-- {
		if fieldLen(s[:n]) != n {
			continue
		}
		if x := operand(s[:n]); x != nil && known(x) {
			return x, n
		}
	}
	return nil, 0
}

// transformToken returns the transformer that s begins with.
func transformToken(s string, known func(cond.Operand) bool) (cond.Operand, int) {
	open := strings.IndexByte(s, '(')
	if open <= 0 || strings.Trim(s[:open], "abcdefghijklmnopqrstuvwxyz0123456789") != "" {
		return nil, 0
	}
	end := open
	for range maxTokenEnds {
		i := strings.IndexByte(s[end:], ')')
		if i < 0 {
			break
		}
		end += i + 1
		x := operand(s[:end])
		if x == nil {
			continue
		}
		if end < len(s) && s[end] == '[' {
			if j := strings.IndexByte(s[end:], ']'); j > 0 {
				if y := operand(s[:end+j+1]); y != nil && known(y) {
					return y, end + j + 1
				}
			}
		}
		if known(x) {
			return x, end
		}
		break
	}
	return nil, 0
}

// operand parses a field or transformer, nil if s is something else.
func operand(s string) cond.Operand {
	if s != "" && fieldLen(s) == len(s) {
		return &cond.Field{Name: s}
	}
	x, err := cond.Parse(s+" exists", nil)
	if err != nil {
		return nil
	}
	check, ok := x.(*cond.Check)
	if !ok || check.Op != cond.OpExists {
		return nil
	}
	return check.Left
}

// formatted is what reading an output came to.
type formatted struct {
	fields []string
	at     int
	msg    string
}

// format checks an output for rules of a source and returns the names under
// which its fields are printed, or what is wrong with it and at which offset.
func (e *engine) format(out, source string) (fields []string, at int, msg string) {
	key := source + "\x00" + out
	f, ok := e.formats[key]
	if !ok {
		var tokens []token
		tokens, f.at, f.msg = scanFormat(out, func(x cond.Operand) bool { return e.isOperand(x, source) })
		for _, t := range tokens {
			f.fields = append(f.fields, tokenNames(t.x)...)
		}
		if !e.frozen {
			e.formats[key] = f
		}
	}
	return f.fields, f.at, f.msg
}

// tokenNames are the names that Falco has for a token: that of a transformer
// comes behind those of the fields in it, and takes the place of that of a
// transformer which it wraps.
func tokenNames(x cond.Operand) []string {
	var names []string
	wrapped := false // the last name is that of a transformer
	var visit func(cond.Operand)
	visit = func(x cond.Operand) {
		switch n := x.(type) {
		case *cond.Field:
			names = append(names, cond.FalcoString(n))
			wrapped = false
		case *cond.Transform:
			for _, a := range n.Args {
				visit(a)
			}
			if wrapped {
				names = names[:len(names)-1]
			}
			names = append(names, cond.FalcoString(n))
			wrapped = true
		case *cond.ArgList:
			for _, a := range n.Items {
				visit(a)
			}
		}
	}
	visit(x)
	return names
}
