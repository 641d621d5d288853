package rules

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"
)

// This file writes values into rule files so that a real Falco reads exactly
// them. A value goes through three readers on its way: YAML; the text of the
// condition, into which Falco folds exceptions and puts lists by name, quotes
// or no quotes; and the condition's own strings.

// ErrInexpressible is why a value cannot be written into a rule.
var ErrInexpressible = errors.New("no rule can hold this value")

// MaxValueBytes is the length of the longest constant that Falco compares
// with in full.
const MaxValueBytes = 255

// valueFault is why a value cannot be written, "" if it can.
func valueFault(s string) string {
	switch {
	case s == "":
		return "it is empty"
	case len(s) > MaxValueBytes:
		return "it is longer than 255 bytes"
	case strings.IndexByte(s, 0) >= 0:
		return "it holds a NUL byte"
	case !utf8.ValidString(s) || strings.ContainsRune(s, utf8.RuneError):
		return "it is not what the event had: bytes that are no UTF-8 were replaced"
	}
	return ""
}

// condLiteral returns s as a condition writes it: bare where nothing can be
// mistaken, else in quotes. Text that could be the name of a list is spelled
// so that Falco does not put the list in its place.
func condLiteral(s string, isList func(string) bool) string {
	if isPlainWord(s) && !isList(s) {
		return s
	}
	return quoteLiteral(s, isList)
}

// isPlainWord reports whether s may stand in a condition without quotes, and
// is sure to mean itself there.
func isPlainWord(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if !plainBytes[c] {
			return false
		}
	}
	switch s {
	case "", "and", "or", "not", "oneof", "anyof", "allof", "exists", "in", "intersects", "pmatch":
		return false
	}
	return true
}

// The bytes of words that need no quotes, in a condition and in YAML.
var plainBytes, yamlBytes = bytesOf("/._-:@+"), bytesOf("/._-@+%")

// bytesOf returns the set of letters, digits and the bytes of more.
func bytesOf(more string) (set [256]bool) {
	for c := range len(set) {
		set[c] = isLetter(byte(c)) || '0' <= c && c <= '9' || strings.IndexByte(more, byte(c)) >= 0
	}
	return set
}

const hexDigits = "0123456789abcdef"

// quoteLiteral returns s in double quotes. A word in it that may be the name
// of a list gets its first byte as an escape.
func quoteLiteral(s string, isList func(string) bool) string {
	b := make([]byte, 0, len(s)+8)
	b = append(b, '"')
	hex := func(c byte) { b = append(b, '\\', 'x', hexDigits[c>>4], hexDigits[c&15]) }
	wordStart := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			switch {
			case i == wordStart && interior(s, i) && isList(word(s, i)):
				hex(c)
			case c == '"':
				b = append(b, '\\', '"')
			case c == '\\' && i+1 < len(s):
				b = append(b, '\\', '\\')
			case c == '\\', c < ' ', c == 0x7f: // a string cannot end in a backslash
				hex(c)
			default:
				b = append(b, c)
			}
			i++
			if isDelimiter(c) {
				wordStart = i
			}
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if !unicode.IsLetter(r) && !unicode.IsNumber(r) && !unicode.IsPunct(r) && !unicode.IsSymbol(r) ||
			i == wordStart && interior(s, i) && isList(word(s, i)) {
			for k := range size {
				hex(s[i+k])
			}
		} else {
			b = append(b, s[i:i+size]...)
		}
		i += size
	}
	return string(append(b, '"'))
}

// word is the word of s that begins at i.
func word(s string, i int) string {
	end := i
	for end < len(s) && !isDelimiter(s[end]) {
		end++
	}
	return s[i:end]
}

// interior reports whether the word that begins at i has delimiters on both
// sides: quotes are none.
func interior(s string, i int) bool {
	return i > 0 && i+len(word(s, i)) < len(s) && !isDelimiter(s[i])
}

// yamlScalar returns s as a scalar of YAML on one line, for block and flow
// alike: plain where every reader takes it for text, else in quotes.
func yamlScalar(s string) string {
	if isYAMLWord(s) {
		return s
	}
	for _, r := range s {
		if r < ' ' || r == 0x7f || !unicode.IsPrint(r) {
			return yamlQuote(s)
		}
	}
	return "'" + strings.ReplaceAll(s, "'", "''") + "'"
}

// isYAMLWord reports whether s is text to every reader of YAML, whatever its
// version, without quotes: a word, or several with a blank between.
func isYAMLWord(s string) bool {
	if s == "" || !isLetter(s[0]) && s[0] != '/' || s[len(s)-1] == ' ' {
		return false
	}
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == ' ' && s[i-1] != ' ' {
			continue
		}
		if !yamlBytes[c] {
			return false
		}
	}
	if len(s) > len("false") {
		return true
	}
	if _, ok := parseBool(s); ok {
		return false
	}
	return !strings.EqualFold(s, "null") && !strings.EqualFold(s, "nan") && !strings.EqualFold(s, "inf")
}

// yamlQuote returns s in double quotes, as only they hold control characters.
func yamlQuote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case r == '\r':
			b.WriteString(`\r`)
		case r < 0x100 && (r < ' ' || r >= 0x7f && !unicode.IsPrint(r)):
			b.WriteString(`\x`)
			b.WriteByte(hexDigits[r>>4])
			b.WriteByte(hexDigits[r&15])
		case !unicode.IsPrint(r):
			digits := 4
			if r > 0xffff {
				digits = 8
				b.WriteString(`\U`)
			} else {
				b.WriteString(`\u`)
			}
			for shift := 4 * (digits - 1); shift >= 0; shift -= 4 {
				b.WriteByte(hexDigits[r>>shift&15])
			}
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
