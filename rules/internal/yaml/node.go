package yaml

import "fmt"

// Kind is what a node is.
type Kind uint8

// The kinds of nodes.
const (
	Null Kind = iota
	Scalar
	Sequence
	Mapping
	Alias
)

// Style is how a node is written.
type Style uint8

// The styles: of scalars, and of sequences and mappings in brackets.
const (
	Plain Style = iota
	SingleQuoted
	DoubleQuoted
	Literal
	Folded
	Flow
)

// Node is a value of a document.
type Node struct {
	Kind    Kind
	Style   Style
	Tagged  bool    // it has a tag, and so is never null
	Value   string  // of a scalar; of an alias, the name of the anchor
	Anchor  string  // its own name, "" if none
	Alias   *Node   // what an alias stands for: perhaps what holds the alias
	Content []*Node // of a sequence; of a mapping, key and value in turn

	Mark   Mark // where it begins, its anchor and tag included
	Offset int  // the same as an offset into the text

	scan params // how the scalar was read
}

// Mark is a place as yaml-cpp counts it: from 0, in bytes, without a byte
// order mark.
type Mark struct{ Line, Column, Offset int }

// Error is why a text is no YAML.
type Error struct {
	Mark   Mark
	Offset int
	Msg    string

	// Limit says that the text is over a bound of the reader, which yaml-cpp
	// does not have.
	Limit bool
}

func (e *Error) Error() string {
	if e.Limit {
		return e.Msg
	}
	return fmt.Sprintf("yaml-cpp: error at line %d, column %d: %s", e.Mark.Line+1, e.Mark.Column+1, e.Msg)
}

// Origin returns for each byte of a scalar's value the offset in the text that
// it comes from; for the line breaks that folding makes, that of the break.
func (n *Node) Origin(data []byte) []int {
	if n.Kind != Scalar || n.Value == "" {
		return nil
	}
	s := scanner{data: data, pos: n.scan.begin, lineStart: n.scan.lineStart, breaks: n.scan.breaks}
	s.at = make([]int, 0, len(n.Value))
	value := s.scalar(n.scan)
	if s.err != nil || string(value) != n.Value {
		return nil
	}
	return s.at
}
