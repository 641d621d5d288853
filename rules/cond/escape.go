package cond

import (
	"strings"
	"unicode/utf8"
)

// unescape resolves the escapes of a string that stood in quotes of the given
// kind. msg is Falco's message if it cannot.
func unescape(s string, quote byte) (text, msg string) {
	if strings.IndexByte(s, '\\') < 0 {
		return s, ""
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' {
			b = append(b, s[i])
			continue
		}
		i++
		if i == len(s) {
			break // cannot be: the quote behind it would not have ended the string
		}
		switch c := s[i]; c {
		case 'b':
			b = append(b, '\b')
		case 'f':
			b = append(b, '\f')
		case 'n':
			b = append(b, '\n')
		case 'r':
			b = append(b, '\r')
		case 't':
			b = append(b, '\t')
		case ' ', '\\': // Falco drops the blank, for the sake of an old rule
			b = append(b, '\\')
		case '/':
			b = append(b, '/')
		case '"', '\'':
			if c != quote {
				return "", "invalid \\" + string(c) + " escape in " + string(quote) + "-quoted string"
			}
			b = append(b, c)
		case 'x':
			if i+2 >= len(s) {
				return "", "truncated hex char escape sequence"
			}
			if !isHex(s[i+1]) || !isHex(s[i+2]) {
				return "", "invalid hex char escape sequence: " + s[i+1:i+3]
			}
			b = append(b, unhex(s[i+1])<<4|unhex(s[i+2]))
			i += 2
		default:
			return "", "unsupported string escape sequence: \\" + s[i:i+1]
		}
	}
	return string(b), ""
}

func unhex(c byte) byte {
	if isDigit(c) {
		return c - '0'
	}
	return c | 0x20 - 'a' + 10
}

// quote returns s as a quoted string that reads back as s.
func quote(s string) string {
	const hex = "0123456789abcdef"
	b := make([]byte, 0, len(s)+2)
	b = append(b, '"')
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '"':
			b = append(b, '\\', '"')
		case c == '\\' && i+1 < len(s):
			b = append(b, '\\', '\\')
		case c == '\n':
			b = append(b, '\\', 'n')
		case c == '\t':
			b = append(b, '\\', 't')
		case c == '\r':
			b = append(b, '\\', 'r')
		case c < ' ' || c == 0x7f || c == '\\': // a string cannot end in a backslash, however escaped
			b = append(b, '\\', 'x', hex[c>>4], hex[c&15])
		case c < utf8.RuneSelf:
			b = append(b, c)
		default:
			_, n := utf8.DecodeRuneInString(s[i:])
			if n == 1 {
				b = append(b, '\\', 'x', hex[c>>4], hex[c&15])
				continue
			}
			b = append(b, s[i:i+n]...)
			i += n - 1
		}
	}
	return string(append(b, '"'))
}

// quoteFalco returns s as libsinsp prints it: in quotes only if it holds one
// of a few bytes, so that what is printed does not always read back.
func quoteFalco(s string) string {
	if !strings.ContainsAny(s, "\b\f\n\r\t =\\\"'\x00") {
		return s
	}
	b := make([]byte, 0, len(s)+8)
	b = append(b, '"')
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case '\b':
			b = append(b, '\\', 'b')
		case '\f':
			b = append(b, '\\', 'f')
		case '\n':
			b = append(b, '\\', 'n')
		case '\r':
			b = append(b, '\\', 'r')
		case '\t':
			b = append(b, '\\', 't')
		case '\\', '"':
			b = append(b, '\\', c)
		default:
			b = append(b, c)
		}
	}
	return string(append(b, '"'))
}
