package event

import (
	"bytes"
	"math"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// An array or object stays JSON text inside its [Value] and is walked when it
// is read. That text was checked when the alert was decoded, so what follows
// looks for ends, not for errors; on text that breaks that promise it stops
// early.

// elements yields the elements of an array.
func (v Value) elements(yield func(Value) bool) {
	if v.kind != Array {
		return
	}
	s := v.text
	for at := rawSpace(s, 1); at < len(s) && s[at] != ']'; {
		e, end := rawValue(s, at)
		if !yield(e) {
			return
		}
		at = rawNext(s, end)
	}
}

// Members returns the members of an object as Fields, in the order of its
// text, and no Fields for any other kind.
func (v Value) Members() Fields {
	if v.kind != Object {
		return Fields{}
	}
	var r room
	d := alertReader{room: &r}
	all := Limits{Nesting: math.MaxInt, Fields: math.MaxInt}
	data := []byte(validUTF8(v.text))
	d.index, d.buf = r.lay(data, bytes.Count(data, comma)+1)
	d.end, d.limits = len(data), all
	if d.object(d.space(0)) < 0 {
		return Fields{}
	}
	return Fields{d.text(0, d.end), d.index[:d.fields.n], d.fields.sorted}
}

// rawSpace returns the offset of the first character from at on that is not
// white space.
func rawSpace(s string, at int) int {
	for at < len(s) && (s[at] == ' ' || s[at] == '\t' || s[at] == '\r' || s[at] == '\n') {
		at++
	}
	return at
}

// rawNext goes from the end of one element to the start of the next, or to the
// closing bracket.
func rawNext(s string, at int) int {
	at = rawSpace(s, at)
	if at < len(s) && s[at] == ',' {
		at = rawSpace(s, at+1)
	}
	return at
}

// rawValue returns the value that begins at at, and its end.
func rawValue(s string, at int) (v Value, end int) {
	if at >= len(s) {
		return Value{}, len(s)
	}
	switch s[at] {
	case '"':
		end = rawString(s, at)
		text := s[at+1 : max(end-1, at+1)]
		if strings.IndexByte(text, '\\') >= 0 {
			text = string(unescape([]byte(text)))
		}
		return Value{text: validUTF8(text), kind: String}, end
	case '[':
		end = rawNested(s, at)
		return Value{text: s[at:end], kind: Array}, end
	case '{':
		end = rawNested(s, at)
		return Value{text: s[at:end], kind: Object}, end
	}
	end = at
	for end < len(s) && strings.IndexByte(",]} \t\r\n", s[end]) < 0 {
		end++
	}
	switch text := s[at:end]; text {
	case "null":
		return Value{kind: Null}, end
	case "true", "false":
		return Value{text: text, kind: Bool}, end
	default:
		return Value{text: text, kind: Number}, max(end, at+1)
	}
}

// rawString returns the end of the string whose opening quote is at at.
func rawString(s string, at int) int {
	for at++; at < len(s); at++ {
		switch s[at] {
		case '"':
			return at + 1
		case '\\':
			at++
		}
	}
	return len(s)
}

// rawNested returns the end of the array or object that opens at at.
func rawNested(s string, at int) int {
	depth := 0
	for at < len(s) {
		switch s[at] {
		case '"':
			at = rawString(s, at)
			continue
		case '[', '{':
			depth++
		case ']', '}':
			depth--
			if depth == 0 {
				return at + 1
			}
		}
		at++
	}
	return len(s)
}

// unescape replaces the escapes of b, the inside of a JSON string, in place,
// and returns the part of b that is left: no escape is shorter than what it
// stands for. Half of a surrogate pair becomes U+FFFD.
func unescape(b []byte) []byte {
	to := slices.Index(b, '\\')
	if to < 0 {
		return b
	}
	for from := to; from < len(b); {
		c := b[from]
		if c != '\\' || from+1 >= len(b) {
			b[to] = c
			to++
			from++
			continue
		}
		c = b[from+1]
		if c != 'u' {
			if i := strings.IndexByte("bfnrt", c); i >= 0 {
				c = "\b\f\n\r\t"[i]
			}
			b[to] = c
			to++
			from += 2
			continue
		}
		r, size := unescapeRune(b[from:])
		to += utf8.EncodeRune(b[to:to+utf8.RuneLen(r)], r)
		from += size
	}
	return b[:to]
}

// unescapeRune reads \uXXXX, or two of them that are a surrogate pair.
func unescapeRune(b []byte) (r rune, size int) {
	r, ok := hex4(b[2:])
	if !ok {
		return utf8.RuneError, min(6, len(b))
	}
	if !utf16.IsSurrogate(r) {
		return r, 6
	}
	if len(b) >= 12 && b[6] == '\\' && b[7] == 'u' {
		low, _ := hex4(b[8:])
		if full := utf16.DecodeRune(r, low); full != utf8.RuneError {
			return full, 12
		}
	}
	return utf8.RuneError, 6
}

func hex4(b []byte) (r rune, ok bool) {
	if len(b) < 4 {
		return 0, false
	}
	for _, c := range b[:4] {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		case 'A' <= c && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

// validUTF8 returns s with U+FFFD for each byte that is not UTF-8.
func validUTF8(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		b.WriteRune(r) // range gives U+FFFD for each such byte
	}
	return b.String()
}

// validNumber reports whether s is a number as JSON writes it.
func validNumber(s string) bool {
	const longest = 64
	if len(s) > longest {
		return false
	}
	var room [longest + pad]byte
	n := scanner{buf: room[:len(s)+pad], end: copy(room[:], s)}
	return n.number(0) == len(s)
}
