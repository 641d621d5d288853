package cond

import "strings"

// The lexer has no token stream: whether a word is an operator, a string or a
// macro depends on what the grammar allows where it stands. Each lex method
// tries one kind of token at the cursor; if it is there, the method moves past
// it, leaves its text in tok and reports true, else it changes nothing.
//
// Falco matches tokens with RE2 in POSIX mode over UTF-8, so a byte that is
// not part of a well-formed character ends a bare string.

// lexer is the text of a condition and a cursor in it.
type lexer struct {
	text string
	pos  Pos
	tok  string // the last token: Falco's messages name it
}

func (l *lexer) rest() string { return l.text[l.pos.Offset:] }

// take consumes n bytes as a token, or nothing if n is 0.
func (l *lexer) take(n int) bool {
	if n == 0 {
		return false
	}
	l.tok = l.text[l.pos.Offset : l.pos.Offset+n]
	l.pos = l.pos.after(l.tok)
	return true
}

// blank skips blanks. It is the only method that leaves tok alone.
func (l *lexer) blank() bool {
	r := l.rest()
	n := 0
	for n < len(r) && isBlank(r[n]) {
		n++
	}
	l.pos = l.pos.after(r[:n])
	return n > 0
}

// str takes exactly s.
func (l *lexer) str(s string) bool {
	return strings.HasPrefix(l.rest(), s) && l.take(len(s))
}

func (l *lexer) ident() bool     { return l.take(identLen(l.rest())) }
func (l *lexer) fieldName() bool { return l.take(fieldNameLen(l.rest())) }
func (l *lexer) bareStr() bool   { return l.take(bareLen(l.rest(), notBare)) }
func (l *lexer) bareArg() bool   { return l.take(bareLen(l.rest(), notBareArg)) }
func (l *lexer) number() bool    { return l.take(hexLen(l.rest())) || l.take(numLen(l.rest())) }

// notSpace takes the word not and the space behind it, which is wider than
// what counts as blank elsewhere.
func (l *lexer) notSpace() bool {
	r := l.rest()
	if !strings.HasPrefix(r, "not") {
		return false
	}
	n := 3
	for n < len(r) && isSpace(r[n]) {
		n++
	}
	return n > 3 && l.take(n)
}

// op takes an operator from first to last. One that is a word needs a blank
// behind it, which is consumed too.
func (l *lexer) op(first, last Op) (op Op, ok bool) {
	for op = first; op <= last; op++ {
		if l.word(opNames[op], op.isWord()) {
			return op, true
		}
	}
	return 0, false
}

// mod takes a modifier and the blank behind it.
func (l *lexer) mod() Mod {
	for m := OneOf; m < numMods; m++ {
		if l.word(modNames[m], true) {
			return m
		}
	}
	return NoMod
}

func (l *lexer) word(s string, blank bool) bool {
	saved := *l
	if l.str(s) && (!blank || l.blank()) {
		return true
	}
	*l = saved
	return false
}

// transformers are the transformers that may stand on both sides.
var transformers = [...]string{"tolower", "toupper", "b64", "basename", "len", "join", "concat", "getopt"}

// transformer takes the name of a transformer and the parenthesis behind it;
// tok is the name alone.
func (l *lexer) transformer() bool {
	for _, t := range transformers {
		if l.call(t) {
			return true
		}
	}
	return false
}

func (l *lexer) call(name string) bool {
	r := l.rest()
	if len(r) <= len(name) || r[len(name)] != '(' || r[:len(name)] != name {
		return false
	}
	l.take(len(name) + 1)
	l.tok = name
	return true
}

// quoted takes a string in quotes; tok is the string without quotes and
// escapes. The string ends at the first quote that has no backslash before
// it, even if that backslash is itself escaped. ok is false with an empty msg
// if there is no string, with a message if it holds a bad escape.
func (l *lexer) quoted() (msg string, ok bool) {
	r := l.rest()
	if r == "" || r[0] != '"' && r[0] != '\'' {
		return "", false
	}
	for i := 1; i < len(r) && r[i] != 0; i++ {
		if r[i] == r[0] && (i == 1 || r[i-1] != '\\') {
			l.take(i + 1)
			s, msg := unescape(r[1:i], r[0])
			if msg != "" {
				return msg, false
			}
			l.tok = s
			return "", true
		}
	}
	return "", false
}

// listFollows reports whether a list, or the name of one, is at the cursor:
// then a modifier before it is one, and not a string.
func (l *lexer) listFollows() bool {
	r := l.rest()
	if strings.HasPrefix(r, "(") {
		return true
	}
	if identLen(r) == 0 {
		return false
	}
	for _, kw := range [...]string{"and", "or", "not"} {
		if rest, ok := strings.CutPrefix(r, kw); ok && (rest == "" || !isAlnum(rest[0])) {
			return false
		}
	}
	return true
}

func isBlank(c byte) bool {
	return c == ' ' || c == '\t' || c == '\b' || c == '\r' || c == '\n'
}

func isSpace(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }

func isAlpha(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isAlnum(c byte) bool { return isAlpha(c) || isDigit(c) }

func isHex(c byte) bool { return isDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'f' }

// identLen returns the length of the identifier at the start of s, 0 if there
// is none.
func identLen(s string) int {
	if s == "" || !isAlpha(s[0]) {
		return 0
	}
	n := 1
	for n < len(s) && (isAlnum(s[n]) || s[n] == '_') {
		n++
	}
	return n
}

// fieldNameLen is identLen for identifiers joined by dots, at least two.
func fieldNameLen(s string) int {
	n := identLen(s)
	if n == 0 {
		return 0
	}
	parts := 1
	for n < len(s) && s[n] == '.' {
		part := identLen(s[n+1:])
		if part == 0 {
			break
		}
		n += 1 + part
		parts++
	}
	if parts == 1 {
		return 0
	}
	return n
}

func hexLen(s string) int {
	if len(s) < 3 || s[0] != '0' || s[1]|0x20 != 'x' || !isHex(s[2]) {
		return 0
	}
	n := 3
	for n < len(s) && isHex(s[n]) {
		n++
	}
	return n
}

// numLen is the length of a decimal number; its exponent has to have a sign.
func numLen(s string) int {
	digits := func(n int) int {
		for n < len(s) && isDigit(s[n]) {
			n++
		}
		return n
	}
	begin := 0
	if s != "" && (s[0] == '+' || s[0] == '-') {
		begin = 1
	}
	n := digits(begin)
	if n == begin {
		return 0
	}
	if n < len(s) && s[n] == '.' {
		n = digits(n + 1)
	}
	if n+2 < len(s) && s[n]|0x20 == 'e' && (s[n+1] == '+' || s[n+1] == '-') && isDigit(s[n+2]) {
		n = digits(n + 2)
	}
	return n
}

// The bytes that end a bare string, besides white space.
const (
	notBare    = "()\"'=,"
	notBareArg = "[]\"'"
)

// bareLen returns the length of the longest run at the start of s without
// white space, bytes of not, and malformed characters.
func bareLen(s, not string) int {
	n := 0
	for n < len(s) {
		c := s[n]
		if c < 0x80 {
			if isSpace(c) || strings.IndexByte(not, c) >= 0 {
				break
			}
			n++
			continue
		}
		w := charLen(s[n:])
		if w == 0 {
			break
		}
		n += w
	}
	return n
}

// charLen returns the length of the character of several bytes at the start
// of s, 0 if it is malformed. Like the automata of RE2 it looks at the form
// alone: an overlong form of three bytes is a character to it.
func charLen(s string) int {
	n := 0
	switch c := s[0]; {
	case c >= 0xc2 && c <= 0xdf:
		n = 2
	case c >= 0xe0 && c <= 0xef:
		n = 3
	case c >= 0xf0 && c <= 0xf4:
		n = 4
	}
	if n > len(s) {
		return 0
	}
	for i := 1; i < n; i++ {
		if s[i]&0xc0 != 0x80 {
			return 0
		}
	}
	return n
}
