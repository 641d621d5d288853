package rules

import (
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// The YAML reader says where a scalar begins and what it says, not which byte
// of the file each byte of it comes from: folding joins lines, blocks lose
// their indentation, quotes their escapes. So file and value are walked side
// by side. In all but double-quoted scalars what is not a blank appears in the
// value as it stands in the file, in the same order.

// aligned is the way from the bytes of one scalar's value to the file.
type aligned struct {
	node *yaml.Node
	at   []int // nil if the two do not match
}

// inScalar returns the place of a byte of a scalar's value, the place of the
// scalar if it cannot be told. text is the value, or the value with blanks
// trimmed off its ends.
func (s *source) inScalar(n *yaml.Node, text string, offset int) Pos {
	if n == nil || n.Line == 0 {
		return Pos{}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	begin := s.posLocked(n.Line, n.Column)
	if n.Value != text {
		i := strings.Index(n.Value, text)
		if i < 0 {
			return begin
		}
		offset += i
	}
	if s.aligned.node != n {
		s.aligned = aligned{node: n, at: align(s.data, begin.Offset, n)}
	}
	at := s.aligned.at
	switch {
	case len(at) == 0 || offset < 0:
		return begin
	case offset < len(at):
		return s.at(at[offset])
	}
	return s.at(at[len(at)-1] + 1)
}

// align returns for each byte of the value of n, which begins at offset begin
// of the file, where it is.
func align(data []byte, begin int, n *yaml.Node) []int {
	i := skipProperties(data, begin)
	switch {
	case n.Style&yaml.DoubleQuotedStyle != 0:
		return alignDouble(data, i, n.Value)
	case n.Style&yaml.SingleQuotedStyle != 0:
		return alignText(data, i+1, n.Value, true)
	case n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		for i < len(data) && data[i] != '\n' { // the header: >- # comment
			i++
		}
	}
	return alignText(data, i, n.Value, false)
}

// skipProperties steps over an anchor and a tag.
func skipProperties(data []byte, i int) int {
	for i < len(data) && (data[i] == '&' || data[i] == '!') {
		for i < len(data) && !blankByte(data[i]) {
			i++
		}
		for i < len(data) && blankByte(data[i]) {
			i++
		}
	}
	return i
}

func blankByte(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

func alignText(data []byte, i int, value string, quoted bool) []int {
	at := make([]int, len(value))
	last := i
	for k := 0; k < len(value); k++ {
		c := value[k]
		if blankByte(c) {
			// A blank of the value is a blank of the file or, where lines were
			// folded, a line break: the one behind what came before.
			at[k] = last
			if last < len(data) && blankByte(data[last]) {
				last++
			}
			continue
		}
		i = max(i, last)
		for i < len(data) && blankByte(data[i]) {
			i++
		}
		if i >= len(data) || data[i] != c {
			return nil
		}
		at[k] = i
		i++
		if quoted && c == '\'' {
			i++ // '' stands for one
		}
		last = i
	}
	return at
}

// alignDouble reads the escapes of a double-quoted scalar once more.
func alignDouble(data []byte, i int, value string) []int {
	if i >= len(data) || data[i] != '"' {
		return nil
	}
	i++
	at := make([]int, 0, len(value))
	for len(at) < len(value) {
		if i >= len(data) || data[i] == '"' {
			return nil
		}
		k := len(at)
		switch c := data[i]; {
		case c == '\\':
			if i+1 >= len(data) {
				return nil
			}
			switch e := data[i+1]; e {
			case '\n', '\r': // a line goes on: nothing, and the indentation goes too
				i += 2
				for i < len(data) && blankByte(data[i]) {
					i++
				}
				continue
			case 'x', 'u', 'U':
				digits := map[byte]int{'x': 2, 'u': 4, 'U': 8}[e]
				_, size := utf8.DecodeRuneInString(value[k:])
				for range size {
					at = append(at, i)
				}
				i += 2 + digits
				continue
			}
			_, size := utf8.DecodeRuneInString(value[k:]) // \N, \_, \L and \P are wide
			for range size {
				at = append(at, i)
			}
			i += 2
		case blankByte(c):
			// Blanks within a line stay; around a line break they fold.
			end, breaks := i, 0
			for end < len(data) && blankByte(data[end]) {
				if data[end] == '\n' {
					breaks++
				}
				end++
			}
			for n := 0; len(at) < len(value) && blankByte(value[len(at)]) && (breaks > 0 || n < end-i); n++ {
				at = append(at, min(i+n, end-1))
			}
			i = end
		default:
			if value[k] != c {
				return nil
			}
			at = append(at, i)
			i++
		}
	}
	return at
}
