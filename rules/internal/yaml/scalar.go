package yaml

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"
)

// params say how a scalar is put together from its lines.
type params struct {
	begin, lineStart int // where its text begins, and its line
	breaks           byte

	plain, flow bool // ends as plain text does, in brackets or not
	quote       byte // ends with this quote

	indent     int // of its lines
	detect     bool
	skipBlanks bool // blanks at the beginning of a line do not count
	trim       bool // nor those at the very end
	noTabs     bool // a tab cannot stand for indentation
	fold       fold
	chomp      chomp
	onMarker   onMarker
}

type fold uint8

const (
	noFold fold = iota
	foldBlock
	foldFlow
)

type chomp uint8

const (
	clip chomp = iota
	strip
	keep
)

// onMarker is what a line of three dashes or dots does.
type onMarker uint8

const (
	ignore onMarker = iota
	stopThere
	failThere
)

func (s *scanner) scalarValue(p params) (string, params) {
	p.begin, p.lineStart, p.breaks = s.pos, s.lineStart, s.breaks
	return string(s.scalar(p)), p
}

// endsScalar reports whether the scalar ends at this byte.
func (s *scanner) endsScalar(p *params) bool {
	c := s.peek()
	switch {
	case p.quote == '"':
		return c == '"'
	case p.quote == '\'':
		return c == '\'' && s.byteAt(s.pos+1) != '\''
	case !p.plain:
		return c == eof
	case c == ':':
		return s.ends(s.pos+1) || p.flow && isFlowEnd(s.byteAt(s.pos+1))
	case isBlank(c):
		return s.byteAt(s.pos+1) == '#'
	case isBreak(c):
		return s.byteAt(s.pos+s.breakLen(s.pos)) == '#'
	}
	return p.flow && (c == '?' || isFlowMark(c))
}

// ordinary is how many bytes here mean but themselves in every scalar.
func (s *scanner) ordinary() int {
	if c := s.peek(); s.at != nil || s.column() == 0 && (c == '-' || c == '.') {
		return 0 // each byte is asked for, or perhaps a marker
	}
	n := 0
	for s.pos+n < len(s.data) && isOrdinary[s.data[s.pos+n]] {
		n++
	}
	return n
}

var isOrdinary = func() (table [256]bool) {
	for c := range table {
		table[c] = c >= 0x80 || c > ' ' && c < 0x7f && !strings.ContainsRune(`:#,?[]{}'"\`, rune(c))
	}
	return table
}()

// escape is the byte that begins an escape: outside quotes too, where
// yaml-cpp takes a NUL byte for one.
func (p *params) escape() byte {
	if p.quote == '"' {
		return '\\'
	}
	return p.quote
}

func isFlowEnd(c byte) bool { return c == ',' || c == ']' || c == '}' }

// scalar reads a scalar from here: a line, the break, the blanks that the next
// begins with, and again. The text is good until the next call.
func (s *scanner) scalar(p params) []byte {
	text := s.buf[:0]
	defer func() { s.buf = text }()
	add := func(c byte, from int) {
		text = append(text, c)
		if s.at != nil {
			s.at = append(s.at, from)
		}
	}
	cut := func(n int) {
		text = text[:n]
		if s.at != nil {
			s.at = s.at[:n]
		}
	}
	s.newLine = false
	found, opened := false, p.fold == foldFlow
	emptyLine, deeper, foldedDeeper := false, false, false
	folded := 0
	escaped := -1 // the length of the text behind the last escape
	for s.more() {
		solid := len(text) // the length without blanks at the end
		continued := false
		for s.more() && !s.endsScalar(&p) && !isBreak(s.peek()) {
			if p.onMarker != ignore && (s.marker('-') || s.marker('.')) {
				if p.onMarker == stopThere {
					break
				}
				s.fail("illegal document indicator in scalar")
				return nil
			}
			found, opened = true, true
			c := s.peek()
			if p.quote == '"' && c == '\\' && isBreak(s.byteAt(s.pos+1)) {
				s.eat(1)
				solid, escaped, continued = len(text), len(text), true
				break
			}
			if n := s.ordinary(); n > 0 {
				text = append(text, s.data[s.pos:s.pos+n]...)
				s.pos += n
				solid = len(text)
				continue
			}
			from := s.pos
			if c == p.escape() {
				for _, c := range s.escape() {
					add(c, from)
				}
				if s.err != nil {
					return nil
				}
				solid, escaped = len(text), len(text)
				continue
			}
			s.eat(1)
			add(c, from)
			if !isBlank(c) {
				solid = len(text)
			}
		}
		if !s.more() {
			if p.quote != 0 {
				s.fail("illegal EOF in scalar")
				return nil
			}
			break
		}
		if p.onMarker == stopThere && (s.marker('-') || s.marker('.')) {
			break
		}
		if s.endsScalar(&p) {
			if p.quote != 0 {
				s.eat(1)
			}
			break
		}
		if p.fold == foldFlow {
			cut(solid)
		}

		from := s.pos
		s.eat(s.breakLen(s.pos))
		for s.peek() == ' ' && (s.column() < p.indent || p.detect && !found) && !s.endsScalar(&p) {
			s.eat(1)
		}
		if p.detect && !found {
			p.indent = max(p.indent, s.column())
		}
		for isBlank(s.peek()) {
			if s.peek() == '\t' && s.column() < p.indent && p.noTabs {
				s.fail("illegal tab when looking for indentation")
				return nil
			}
			if !p.skipBlanks || s.endsScalar(&p) {
				break
			}
			s.eat(1)
		}
		nextEmpty, nextDeeper := isBreak(s.peek()), isBlank(s.peek())
		if p.fold == foldBlock && folded == 0 && nextEmpty {
			foldedDeeper = deeper
		}
		if opened {
			switch {
			case p.fold == noFold:
				add('\n', from)
			case p.fold == foldFlow && nextEmpty:
				add('\n', from)
			case p.fold == foldFlow:
				if !emptyLine && !continued {
					add(' ', from)
				}
			default:
				switch {
				case !emptyLine && !nextEmpty && !deeper && !nextDeeper && s.column() >= p.indent:
					add(' ', from)
				case nextEmpty:
					folded++
				default:
					add('\n', from)
				}
				if !nextEmpty && folded > 0 {
					for range folded - 1 {
						add('\n', from)
					}
					if foldedDeeper || nextDeeper || !found {
						add('\n', from)
					}
					folded = 0
				}
			}
		}
		emptyLine, deeper, opened = nextEmpty, nextDeeper, true
		if !emptyLine && s.column() < p.indent {
			s.newLine = true
			break
		}
	}
	if p.trim {
		cut(endOf(text, " \t", escaped))
	}
	switch p.chomp {
	case strip:
		cut(endOf(text, "\n", escaped))
	case clip:
		end := len(bytes.TrimRight(text, "\n"))
		if escaped > end-1 && escaped >= 0 {
			end = escaped + 1
		}
		if end == 0 {
			cut(0)
		} else if end < len(text) {
			cut(end + 1)
		}
	}
	return text
}

// endOf is the length of a text without what it ends in of these bytes; what
// is before an escape stays, and one byte more.
func endOf(text []byte, cutset string, escaped int) int {
	end := len(bytes.TrimRight(text, cutset))
	if escaped >= 0 && escaped > end-1 {
		end = escaped + 1
	}
	return min(end, len(text))
}

// escape reads an escape.
func (s *scanner) escape() []byte {
	first, c := s.peek(), s.byteAt(s.pos+1)
	s.eat(2)
	if first == '\'' && c == '\'' {
		return []byte{'\''}
	}
	switch c {
	case '0':
		return []byte{0}
	case 'a':
		return []byte{'\a'}
	case 'b':
		return []byte{'\b'}
	case 't', '\t':
		return []byte{'\t'}
	case 'n':
		return []byte{'\n'}
	case 'v':
		return []byte{'\v'}
	case 'f':
		return []byte{'\f'}
	case 'r':
		return []byte{'\r'}
	case 'e':
		return []byte{0x1b}
	case ' ', '"', '\'', '\\', '/':
		return []byte{c}
	case 'N':
		return []byte{0x85} // as yaml-cpp has it: a byte, no UTF-8
	case '_':
		return []byte{0xa0}
	case 'L':
		return []byte("\u2028")
	case 'P':
		return []byte("\u2029")
	case 'x':
		return s.hex(2)
	case 'u':
		return s.hex(4)
	case 'U':
		return s.hex(8)
	}
	s.fail("unknown escape character: " + string([]byte{c}))
	return nil
}

// hex reads the digits of an escape.
func (s *scanner) hex(digits int) []byte {
	value := uint32(0)
	bad := false
	for i := range digits {
		c := s.byteAt(s.pos + i)
		switch {
		case '0' <= c && c <= '9':
			value = value<<4 + uint32(c-'0')
		case isHex(c):
			value = value<<4 + uint32(c|0x20-'a'+10)
		default:
			bad = true
		}
	}
	s.eat(digits)
	if bad {
		s.fail("bad character found while scanning hex number")
		return nil
	}
	if value >= 0xd800 && value <= 0xdfff || value > utf8.MaxRune {
		s.fail(fmt.Sprintf("invalid unicode: %d", value))
		return nil
	}
	return utf8.AppendRune(nil, rune(value))
}
