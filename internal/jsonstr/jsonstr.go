// Package jsonstr appends JSON strings as Falco writes them.
package jsonstr

import (
	"strings"
	"unicode/utf8"
)

// Append appends s in quotes.
func Append(dst []byte, s string) []byte {
	return append(AppendText(append(dst, '"'), s), '"')
}

// AppendText appends what stands between the quotes, with the escapes of
// nlohmann's dump: short ones where JSON has them, \u00xx for the other control
// characters, and nothing else. Bytes that are not UTF-8 become U+FFFD.
func AppendText(dst []byte, s string) []byte {
	from := 0
	for i := plain(s, 0); i < len(s); i = plain(s, i) {
		c := s[i]
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && size == 1 {
				dst = append(append(dst, s[from:i]...), "\uFFFD"...)
				from = i + 1
			}
			i += size
			continue
		}
		dst = append(dst, s[from:i]...)
		if short := strings.IndexByte("\"\\\b\f\n\r\t", c); short >= 0 {
			dst = append(dst, '\\', `"\bfnrt`[short])
		} else {
			const hex = "0123456789abcdef"
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
		i++
		from = i
	}
	return append(dst, s[from:]...)
}

// plain returns the index, from i on, of the first byte that does not stand for
// itself, or len(s). It looks at eight bytes at a time: the usual trick that
// subtracting from a zero byte, and from no other below 0x80, sets its high bit.
// A borrow can only mark a byte behind one that is marked rightly, and what is
// marked is looked at again.
func plain(s string, i int) int {
	const (
		ones  = 0x0101010101010101
		highs = 0x8080808080808080
	)
	for ; i+8 <= len(s); i += 8 {
		b := s[i : i+8]
		w := uint64(b[0]) | uint64(b[1])<<8 | uint64(b[2])<<16 | uint64(b[3])<<24 |
			uint64(b[4])<<32 | uint64(b[5])<<40 | uint64(b[6])<<48 | uint64(b[7])<<56
		control := w - ones*' '
		quote := (w ^ ones*'"') - ones
		slash := (w ^ ones*'\\') - ones
		if (w|control|quote|slash)&highs != 0 {
			break
		}
	}
	for ; i < len(s); i++ {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' || c >= utf8.RuneSelf {
			break
		}
	}
	return i
}
