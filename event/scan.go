package event

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// scanner reads JSON (RFC 8259) from src. Each method leaves at behind what it
// read.
type scanner struct {
	src string
	at  int
}

func (s *scanner) failAt(at int, field string, err error) error {
	return &SyntaxError{Offset: int64(at), Field: clip(field), Err: err}
}

func (s *scanner) fail(field string, err error) error { return s.failAt(s.at, field, err) }

func (s *scanner) space() {
	for s.at < len(s.src) {
		switch s.src[s.at] {
		case ' ', '\t', '\r', '\n':
			s.at++
		default:
			return
		}
	}
}

func (s *scanner) peek() byte {
	if s.at < len(s.src) {
		return s.src[s.at]
	}
	return 0
}

// object reads an object at nesting depth and gives each member to f, with the
// offset of its value.
func (s *scanner) object(path string, depth int, f func(key string, v Value, at int) error) error {
	s.at++ // {
	s.space()
	if s.peek() == '}' {
		s.at++
		return nil
	}
	for {
		s.space()
		if s.peek() != '"' {
			return s.fail(path, errors.New("expected a key"))
		}
		key, err := s.str()
		if err != nil {
			return err
		}
		s.space()
		if s.peek() != ':' {
			return s.fail(path+key, errors.New("expected ':'"))
		}
		s.at++
		s.space()
		at := s.at
		v, err := s.value(path+key, depth+1)
		if err != nil {
			return err
		}
		if err := f(key, v, at); err != nil {
			return err
		}
		s.space()
		switch s.peek() {
		case ',':
			s.at++
		case '}':
			s.at++
			return nil
		default:
			return s.fail(path+key, errors.New("expected ',' or '}'"))
		}
	}
}

func (s *scanner) value(path string, depth int) (Value, error) {
	if depth > MaxNesting {
		return Value{}, s.fail(path, fmt.Errorf("nested deeper than %d: %w", MaxNesting, ErrTooLarge))
	}
	from := s.at
	switch c := s.peek(); {
	case c == '"':
		text, err := s.str()
		return Value{text: text, kind: String}, err
	case c == '{':
		err := s.object(path+".", depth, func(string, Value, int) error { return nil })
		return Value{text: s.src[from:s.at], kind: Object}, err
	case c == '[':
		err := s.array(path, depth, func(Value) {})
		return Value{text: s.src[from:s.at], kind: Array}, err
	case c == '-' || '0' <= c && c <= '9':
		err := s.number(path)
		return Value{text: s.src[from:s.at], kind: Number}, err
	}
	for _, lit := range [...]struct {
		text string
		kind Kind
	}{{"null", Null}, {"true", Bool}, {"false", Bool}} {
		if strings.HasPrefix(s.src[s.at:], lit.text) {
			s.at += len(lit.text)
			if lit.kind == Null {
				return Value{kind: Null}, nil
			}
			return Value{text: lit.text, kind: lit.kind}, nil
		}
	}
	return Value{}, s.fail(path, errors.New("expected a value"))
}

func (s *scanner) array(path string, depth int, f func(Value)) error {
	s.at++ // [
	s.space()
	if s.peek() == ']' {
		s.at++
		return nil
	}
	for {
		s.space()
		v, err := s.value(path, depth+1)
		if err != nil {
			return err
		}
		f(v)
		s.space()
		switch s.peek() {
		case ',':
			s.at++
		case ']':
			s.at++
			return nil
		default:
			return s.fail(path, errors.New("expected ',' or ']'"))
		}
	}
}

func (s *scanner) digits() bool {
	from := s.at
	for s.at < len(s.src) && '0' <= s.src[s.at] && s.src[s.at] <= '9' {
		s.at++
	}
	return s.at > from
}

func (s *scanner) number(path string) error {
	bad := errors.New("malformed number")
	if s.peek() == '-' {
		s.at++
	}
	if s.peek() == '0' {
		s.at++
	} else if !s.digits() {
		return s.fail(path, bad)
	}
	if s.peek() == '.' {
		s.at++
		if !s.digits() {
			return s.fail(path, bad)
		}
	}
	if c := s.peek(); c == 'e' || c == 'E' {
		s.at++
		if c := s.peek(); c == '+' || c == '-' {
			s.at++
		}
		if !s.digits() {
			return s.fail(path, bad)
		}
	}
	return nil
}

func (s *scanner) str() (string, error) {
	s.at++ // "
	from := s.at
	for s.at < len(s.src) {
		switch c := s.src[s.at]; {
		case c == '"':
			text := s.src[from:s.at]
			s.at++
			return strings.ToValidUTF8(text, "\uFFFD"), nil
		case c == '\\':
			return s.escaped(from)
		case c < 0x20:
			return "", s.fail("", errors.New("control character in a string"))
		}
		s.at++
	}
	return "", s.fail("", errors.New("unterminated string"))
}

// escaped goes on with a string at its first backslash.
func (s *scanner) escaped(from int) (string, error) {
	b := []byte(s.src[from:s.at])
	for s.at < len(s.src) {
		c := s.src[s.at]
		switch {
		case c == '"':
			s.at++
			return strings.ToValidUTF8(string(b), "\uFFFD"), nil
		case c < 0x20:
			return "", s.fail("", errors.New("control character in a string"))
		case c != '\\':
			b = append(b, c)
			s.at++
			continue
		}
		s.at++
		c = s.peek()
		if c == 'u' {
			r, err := s.unicode()
			if err != nil {
				return "", err
			}
			b = utf8.AppendRune(b, r)
			continue
		}
		i := strings.IndexByte(`"\/bfnrt`, c)
		if c == 0 || i < 0 {
			return "", s.fail("", errors.New("malformed escape"))
		}
		b = append(b, "\"\\/\b\f\n\r\t"[i])
		s.at++
	}
	return "", s.fail("", errors.New("unterminated string"))
}

// unicode reads what follows the backslash of \uXXXX, or of a surrogate pair.
func (s *scanner) unicode() (rune, error) {
	r, ok := hex4([]byte(s.src[s.at+1:]))
	if !ok {
		return 0, s.fail("", errors.New("malformed escape"))
	}
	s.at += 5
	if utf16.IsSurrogate(r) {
		if strings.HasPrefix(s.src[s.at:], `\u`) {
			if low, ok := hex4([]byte(s.src[s.at+2:])); ok {
				if full := utf16.DecodeRune(r, low); full != utf8.RuneError {
					s.at += 6
					return full, nil
				}
			}
		}
		return utf8.RuneError, nil
	}
	return r, nil
}
