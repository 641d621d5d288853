package event

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/bits"
	"strings"
	"unicode/utf8"
	"unsafe"
)

// scanner reads JSON (RFC 8259) in one pass that checks and indexes at once.
//
// It owns buf, a copy of the input. Strings are unescaped in place there, which
// works because no escape is shorter than what it stands for; arrays and
// objects inside the alert stay untouched as text. What it hands out are
// strings that share buf, so buf is never written again once they are out.
//
// Behind the input stand pad zero bytes. A zero byte may stand nowhere in
// JSON, so every loop stops there by itself, and eight bytes can be loaded from
// every offset of the input without a look at its length.
//
// Each method takes the offset to read from and returns the offset behind what
// it read, or -1 with the fault in err.
type scanner struct {
	buf    []byte
	end    int // length of the input
	limits Limits
	path   [2]string // the top-level key and the output field being read
	err    *SyntaxError
	broken bool // a string is not UTF-8, which err does not say
	loose  bool // the same key may stand twice in an object that is skipped
}

const pad = 8

// span is a value by where its text stands: for a string without its quotes,
// for null nowhere.
type span struct {
	kind     Kind
	from, to int
}

// text returns a part of buf as a string that shares its memory. That is sound
// as long as buf is not written there again: unescaping writes to the inside
// of the string that is being read, before it is handed out.
func (s *scanner) text(from, to int) string {
	return unsafe.String(unsafe.SliceData(s.buf[from:to]), to-from)
}

func (s *scanner) valueOf(v span) Value { return Value{text: s.text(v.from, v.to), kind: v.kind} }

// The causes of a [SyntaxError] that need no detail.
var (
	errTruncated  = io.ErrUnexpectedEOF
	errControl    = errors.New("control character in a string")
	errEscape     = errors.New("malformed escape")
	errNumber     = errors.New("malformed number")
	errKey        = errors.New("expected a key")
	errColon      = errors.New("expected ':'")
	errValue      = errors.New("expected a value")
	errDuplicate  = errors.New("duplicate key")
	errAfterItem  = errors.New("expected ',' or ']'")
	errAfterField = errors.New("expected ',' or '}'")
)

// fail records a fault, unless the input just ends there: then that is it.
func (s *scanner) fail(at int, err error) int {
	if at >= s.end {
		at, err = s.end, errTruncated
	}
	return s.failHere(at, err)
}

func (s *scanner) failHere(at int, err error) int {
	field := s.path[0]
	if s.path[1] != "" {
		field += "." + s.path[1]
	}
	// The path shares buf, which a decoder uses again.
	s.err = &SyntaxError{Offset: int64(at), Field: strings.Clone(clip(field)), Err: err}
	return -1
}

func (s *scanner) tooMany(at, most int, what string) int {
	return s.failHere(at, fmt.Errorf("more than %d %s: %w", most, what, ErrTooLarge))
}

// space skips white space.
func (s *scanner) space(at int) int {
	for s.buf[at] <= ' ' {
		switch s.buf[at] {
		case ' ', '\t', '\r', '\n':
			at++
		default:
			return at
		}
	}
	return at
}

const (
	swarEach = 0x0101010101010101 // times a byte: that byte, eight times
	swarHigh = 0x80 * swarEach
)

// special returns a mask whose lowest set bit is the high bit of the first of
// the eight bytes that a string cannot hold as it is: a quote, a backslash or
// a control character. The mask is zero if there is none. Bits above the
// lowest may be wrong: a borrow runs upward.
func special(w uint64) uint64 {
	quote := w ^ '"'*swarEach
	slash := w ^ '\\'*swarEach
	return ((quote-swarEach)&^quote | (slash-swarEach)&^slash | (w-' '*swarEach)&^w) & swarHigh
}

// plain skips to the next special byte, and returns a word with a high bit set
// if any byte on the way was not ASCII.
func (s *scanner) plain(at int) (next int, seen uint64) {
	buf := s.buf
	for {
		w := binary.LittleEndian.Uint64(buf[at : at+8])
		if m := special(w); m != 0 {
			n := bits.TrailingZeros64(m) &^ 7 // bits before the byte
			return at + n>>3, seen | w&(1<<n-1)
		}
		seen |= w
		at += 8
	}
}

// str reads a string at its opening quote and decodes it: it then is what
// stands between the quote and to.
func (s *scanner) str(at int) (to, next int) {
	at++
	end, seen := s.plain(at)
	if s.buf[end] != '"' {
		return s.escaped(at, end, seen)
	}
	if seen&swarHigh != 0 && !utf8.Valid(s.buf[at:end]) {
		return 0, s.notUTF8()
	}
	return end, end + 1
}

// notUTF8 gives up on the input as it is. The string would have to grow.
func (s *scanner) notUTF8() int {
	s.broken = true
	return -1
}

// simpleEscapes has what a backslash makes of the byte behind it.
var simpleEscapes = [256]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// escaped goes on with a string that began at from, at the special byte at at.
func (s *scanner) escaped(from, at int, seen uint64) (to, next int) {
	buf := s.buf
	to = at // where the next decoded byte goes
	for {
		switch c := buf[at]; {
		case c == '"':
			if seen&swarHigh != 0 && !utf8.Valid(buf[from:to]) {
				return 0, s.notUTF8()
			}
			return to, at + 1
		case c != '\\':
			return 0, s.fail(at, errControl)
		}
		if c := simpleEscapes[buf[at+1]]; c != 0 {
			buf[to] = c
		} else if buf[at+1] == 'u' {
			if _, ok := hex4(buf[at+2 : min(at+6, s.end)]); !ok {
				return 0, s.badEscape(at)
			}
			r, size := unescapeRune(buf[at:s.end])
			at += size - 2
			to += utf8.EncodeRune(buf[to:to+utf8.RuneLen(r)], r) - 1
		} else {
			return 0, s.badEscape(at)
		}
		at += 2
		to++
		// Move the plain bytes up to the next special one. Where fewer than
		// eight bytes lie between, a word there would take unread ones along.
		for {
			w := binary.LittleEndian.Uint64(buf[at : at+8])
			m := special(w)
			n := 8
			if m != 0 {
				n = bits.TrailingZeros64(m) >> 3
			}
			if n == 8 || at-to >= 8 {
				binary.LittleEndian.PutUint64(buf[to:to+8], w)
			} else {
				copy(buf[to:to+n], buf[at:at+n])
			}
			at += n
			to += n
			if m != 0 {
				seen |= w & (1<<(8*n) - 1)
				break
			}
			seen |= w
		}
	}
}

// badEscape faults the escape at at, or the end of the input inside it.
func (s *scanner) badEscape(at int) int {
	last := at + 1
	if s.buf[last] == 'u' {
		for last++; last < at+6 && isHex(s.buf[last]); last++ {
		}
	}
	if last >= s.end {
		return s.fail(s.end, errTruncated)
	}
	return s.failHere(at, errEscape)
}

func isHex(c byte) bool { return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'f' }

// value reads any value. depth is how many arrays and objects it stands in.
func (s *scanner) value(at, depth int) (v span, next int) {
	v.from = at
	switch c := s.buf[at]; c {
	case '"':
		v.kind = String
		v.from++
		v.to, next = s.str(at)
		return v, next
	case '{':
		v.kind = Object
		next = s.skipObject(at, depth)
	case '[':
		v.kind = Array
		next = s.skipArray(at, depth)
	case 'n':
		v.kind = Null
		v.to = at
		return v, s.literal(at, "null")
	case 't':
		v.kind = Bool
		next = s.literal(at, "true")
	case 'f':
		v.kind = Bool
		next = s.literal(at, "false")
	default:
		v.kind = Number
		next = s.number(at)
	}
	v.to = next
	return v, next
}

func (s *scanner) literal(at int, want string) int {
	next := at + len(want)
	if next <= s.end && string(s.buf[at:next]) == want {
		return next
	}
	if strings.HasPrefix(want, string(s.buf[at:s.end])) {
		return s.fail(s.end, errTruncated)
	}
	return s.fail(at, errValue)
}

// number reads a number, or faults what is no value at all.
func (s *scanner) number(at int) int {
	buf := s.buf
	from := at
	if buf[at] == '-' {
		at++
	}
	switch c := buf[at]; {
	case c == '0':
		at++
	case '1' <= c && c <= '9':
		at = digits(buf, at+1)
	case at > from:
		return s.fail(at, errNumber)
	default:
		return s.fail(at, errValue)
	}
	if buf[at] == '.' {
		at++
		if to := digits(buf, at); to > at {
			at = to
		} else {
			return s.fail(at, errNumber)
		}
	}
	if buf[at]|0x20 == 'e' {
		at++
		if c := buf[at]; c == '+' || c == '-' {
			at++
		}
		if to := digits(buf, at); to > at {
			at = to
		} else {
			return s.fail(at, errNumber)
		}
	}
	return at
}

// digits skips decimal digits.
func digits(buf []byte, at int) int {
	for {
		// A byte is a digit if its high half is 3, and still is with 6 added.
		w := binary.LittleEndian.Uint64(buf[at : at+8])
		odd := (w ^ '0'*swarEach | ((w + 6*swarEach) ^ '0'*swarEach)) & (0xF0 * swarEach)
		if odd != 0 {
			return at + bits.TrailingZeros64(odd)>>3
		}
		at += 8
	}
}

// skipString checks a string at its opening quote and leaves it as it is.
func (s *scanner) skipString(at int) int {
	at++
	for {
		at, _ = s.plain(at)
		switch s.buf[at] {
		case '"':
			return at + 1
		case '\\':
		default:
			return s.fail(at, errControl)
		}
		switch s.buf[at+1] {
		case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
			at += 2
		case 'u':
			if _, ok := hex4(s.buf[at+2 : min(at+6, s.end)]); !ok {
				return s.badEscape(at)
			}
			at += 6
		default:
			return s.badEscape(at)
		}
	}
}

// skip checks a value inside another and leaves it as it is.
func (s *scanner) skip(at, depth int) int {
	switch s.buf[at] {
	case '"':
		return s.skipString(at)
	case '{':
		return s.skipObject(at, depth)
	case '[':
		return s.skipArray(at, depth)
	case 'n':
		return s.literal(at, "null")
	case 't':
		return s.literal(at, "true")
	case 'f':
		return s.literal(at, "false")
	}
	return s.number(at)
}

func (s *scanner) skipArray(at, depth int) int {
	if depth >= s.limits.Nesting {
		return s.tooMany(at, s.limits.Nesting, "levels of nesting")
	}
	at = s.space(at + 1)
	if s.buf[at] == ']' {
		return at + 1
	}
	for {
		at = s.skip(at, depth+1)
		if at < 0 {
			return at
		}
		at = s.space(at)
		switch s.buf[at] {
		case ',':
			at = s.space(at + 1)
		case ']':
			return at + 1
		default:
			return s.fail(at, errAfterItem)
		}
	}
}

// skipObject also refuses a key that stands there twice: readers disagree on
// which of the two counts. Falco prints no nested objects, so this may cost.
func (s *scanner) skipObject(at, depth int) int {
	if depth >= s.limits.Nesting {
		return s.tooMany(at, s.limits.Nesting, "levels of nesting")
	}
	at = s.space(at + 1)
	if s.buf[at] == '}' {
		return at + 1
	}
	var seen map[string]bool
	if !s.loose {
		seen = make(map[string]bool)
	}
	for {
		if s.buf[at] != '"' {
			return s.fail(at, errKey)
		}
		from := at
		at = s.skipString(at)
		if at < 0 {
			return at
		}
		if !s.loose {
			key, _ := rawValue(s.text(from, at), 0)
			if seen[key.text] {
				return s.failHere(from, errDuplicate)
			}
			if len(seen) == s.limits.Fields {
				return s.tooMany(from, s.limits.Fields, "keys")
			}
			seen[key.text] = true
		}
		at = s.space(at)
		if s.buf[at] != ':' {
			return s.fail(at, errColon)
		}
		at = s.skip(s.space(at+1), depth+1)
		if at < 0 {
			return at
		}
		at = s.space(at)
		switch s.buf[at] {
		case ',':
			at = s.space(at + 1)
		case '}':
			return at + 1
		default:
			return s.fail(at, errAfterField)
		}
	}
}
