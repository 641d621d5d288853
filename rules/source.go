package rules

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/falconer-go/falconer/rules/internal/yaml"
)

// File is a rule file: its bytes, and the name under which it is spoken of.
type File struct {
	Name string
	Data []byte
}

// source is a file with what is needed to find places in it.
type source struct {
	name  string
	data  []byte
	lines []int  // where each begins; built on first use
	str   string // data, on first use

	origin scalarOrigin // of the scalar asked for last

	mu sync.Mutex // for what is built on first use: a Set is shared
}

// text is the file as a string.
func (s *source) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.str == "" {
		s.str = string(s.data)
	}
	return s.str
}

// at returns the place of an offset.
func (s *source) at(offset int) Pos {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.atLocked(offset)
}

func (s *source) atLocked(offset int) Pos {
	if s.lines == nil {
		s.lines = make([]int, 1, bytes.Count(s.data, []byte("\n"))+1)
		for i, c := range s.data {
			if c == '\n' || c == '\r' && (i+1 == len(s.data) || s.data[i+1] != '\n') {
				s.lines = append(s.lines, i+1)
			}
		}
	}
	n, found := slices.BinarySearch(s.lines, offset)
	if found {
		n++
	}
	return Pos{Line: n, Column: offset - s.lines[n-1] + 1, Offset: offset}
}

// scalarOrigin is where the bytes of a scalar's value come from.
type scalarOrigin struct {
	node *yaml.Node
	at   []int
}

// inScalar returns the place of a byte of a scalar's value, the place of the
// scalar if it cannot be told. text is the value, or the value with blanks
// trimmed off its ends.
func (s *source) inScalar(n *yaml.Node, text string, offset int) Pos {
	if n == nil {
		return Pos{}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	begin := s.atLocked(n.Offset)
	if n.Value != text {
		i := strings.Index(n.Value, text)
		if i < 0 {
			return begin
		}
		offset += i
	}
	if s.origin.node != n {
		s.origin = scalarOrigin{n, n.Origin(s.data)}
	}
	at := s.origin.at
	switch {
	case len(at) == 0 || offset < 0:
		return begin
	case offset < len(at):
		return s.atLocked(at[offset])
	}
	return s.atLocked(at[len(at)-1] + 1)
}

// item returns the item of n in a chain, its position included.
func (s *source) item(typ, name string, n *yaml.Node) Item {
	it := Item{Type: typ, Name: name}
	if n != nil {
		it.Pos, it.mark = s.at(n.Offset), mark(n.Mark)
	}
	return it
}

// documents reads the YAML of a file, within the limits. A fault is one of
// the file as a whole.
func (s *source) documents(l *Limits) ([]*yaml.Node, error) {
	root := s.root()
	if len(s.data) > l.FileBytes {
		return nil, root.fail(ErrTooLarge, fmt.Sprintf("%d bytes of rules, more than %d", len(s.data), l.FileBytes))
	}
	// The reader builds a node of some 200 bytes for as little as two bytes of
	// text, so what could become a node is counted before it reads.
	nodes := 0
	for _, c := range s.data {
		switch c {
		case '\n', ',', '[', '{', ':':
			nodes++
		}
	}
	if nodes > l.Nodes {
		return nil, root.fail(ErrTooLarge, fmt.Sprintf("more than %d values", l.Nodes))
	}
	docs, err := yaml.Read(s.data, l.Nesting)
	var bad *yaml.Error
	switch {
	case err == nil:
		return docs, nil
	case !errors.As(err, &bad):
		return nil, root.fail(ErrYAMLParse, err.Error())
	}
	code := ErrYAMLParse
	if bad.Limit {
		code = ErrTooLarge
	}
	it := Item{Type: TypeValueFor, Pos: s.at(bad.Offset), mark: mark(bad.Mark)}
	return nil, root.with(it).fail(code, bad.Error())
}

// root is the chain that every other begins with.
func (s *source) root() chain {
	return chain{s, []Item{{Type: TypeRulesContent}}}
}
