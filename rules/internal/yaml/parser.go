package yaml

import (
	"errors"
	"strconv"
)

// ErrWide is why a text is not read that yaml-cpp would take for UTF-16 or
// UTF-32.
var ErrWide = errors.New("text in UTF-16 or UTF-32")

// Read returns the documents of a text, each as its one node. Like yaml-cpp it
// reads no further than to a document that says nothing. Collections may be
// nested so deep.
func Read(data []byte, nesting int) ([]*Node, error) {
	if wide(data) {
		return nil, ErrWide
	}
	p := parser{s: newScanner(data, nesting), nesting: nesting}
	var docs []*Node
	for {
		n, err := p.document()
		if err != nil {
			return nil, err
		}
		if n == nil || n.Kind == Null {
			return docs, nil
		}
		docs = append(docs, n)
	}
}

// wide reports whether a text is one of those for which yaml-cpp assumes that
// characters have two or four bytes.
func wide(data []byte) bool {
	if len(data) < 2 {
		return false
	}
	a, b := data[0], data[1]
	return a == 0xfe && b == 0xff || a == 0xff && b == 0xfe || a == 0 && b < 0x80 || a < 0x80 && a > 0 && b == 0
}

type parser struct {
	s       *scanner
	nesting int
	depth   int
	anchors map[string]*Node

	version bool // a %YAML directive was there
	tags    map[string]bool
}

// document returns the next document, nil if there is none.
func (p *parser) document() (*Node, error) {
	if err := p.directives(); err != nil {
		return nil, err
	}
	t := p.s.next()
	if t == nil {
		return nil, p.fault()
	}
	p.anchors = nil
	if t.typ == docStart {
		p.s.take()
	}
	n, err := p.node(0)
	if err != nil {
		return nil, err
	}
	for t := p.s.next(); t != nil && t.typ == docEnd; t = p.s.next() {
		p.s.take()
	}
	return n, p.fault()
}

// fault is the error of the scanner as an error.
func (p *parser) fault() error {
	if p.s.err != nil {
		return p.s.err
	}
	return nil
}

func (p *parser) failAt(t *token, msg string) error {
	if p.s.err != nil {
		return p.s.err
	}
	if t == nil {
		return &Error{Mark: p.s.mark(), Offset: p.s.pos, Msg: msg}
	}
	return &Error{Mark: t.mark, Offset: t.offset, Msg: msg}
}

func (p *parser) directives() error {
	first := true
	for t := p.s.next(); t != nil && t.typ == directive; t = p.s.next() {
		if first {
			p.version, p.tags, first = false, nil, false
		}
		switch t.value {
		case "YAML":
			if err := p.versionDirective(t); err != nil {
				return err
			}
		case "TAG":
			if len(t.params) != 2 {
				return p.failAt(t, "TAG directives must have exactly two arguments")
			}
			if p.tags[t.params[0]] {
				return p.failAt(t, "repeated TAG directive")
			}
			if p.tags == nil {
				p.tags = make(map[string]bool)
			}
			p.tags[t.params[0]] = true
		}
		p.s.take()
	}
	return p.fault()
}

func (p *parser) versionDirective(t *token) error {
	if len(t.params) != 1 {
		return p.failAt(t, "YAML directives must have exactly one argument")
	}
	if p.version {
		return p.failAt(t, "repeated YAML directive")
	}
	major, rest, ok := leadingInt(t.params[0])
	if ok = ok && rest != ""; ok {
		_, rest, ok = leadingInt(rest[1:]) // behind whatever stands there for a dot
	}
	if !ok || rest != "" {
		return p.failAt(t, "bad YAML version: "+t.params[0])
	}
	if major > 1 {
		return p.failAt(t, "YAML major version too large")
	}
	p.version = true
	return nil
}

// leadingInt reads the number that s begins with, as C++ does.
func leadingInt(s string) (n int64, rest string, ok bool) {
	end := 0
	if end < len(s) && (s[end] == '-' || s[end] == '+') {
		end++
	}
	for end < len(s) && '0' <= s[end] && s[end] <= '9' {
		end++
	}
	n, err := strconv.ParseInt(s[:end], 10, 32)
	return n, s[end:], err == nil
}

func null(t *token) *Node { return &Node{Mark: t.mark, Offset: t.offset} }

// node reads a node; in is the token that began the collection it is in.
func (p *parser) node(in tokenType) (*Node, error) {
	p.depth++
	defer func() { p.depth-- }()
	t := p.s.next()
	if t == nil {
		return &Node{Mark: p.s.mark(), Offset: p.s.pos}, p.fault()
	}
	if p.depth > p.nesting {
		return nil, &Error{Mark: t.mark, Offset: t.offset, Msg: "nested deeper than the limit", Limit: true}
	}
	n := &Node{Mark: t.mark, Offset: t.offset}
	switch t.typ {
	case valueToken: // a mapping whose first key is missing
		return p.compactMap(n)
	case aliasToken:
		n.Kind, n.Value = Alias, t.value
		if n.Alias = p.anchors[t.value]; n.Alias == nil {
			return nil, p.failAt(t, "the referenced anchor is not defined: "+t.value)
		}
		p.s.take()
		return n, nil
	}
	if err := p.properties(n); err != nil {
		return nil, err
	}
	t = p.s.next()
	if t == nil {
		return n, p.fault()
	}
	switch t.typ {
	case scalarToken:
		n.Kind, n.Value, n.Style, n.scan = Scalar, t.value, t.style, t.scan
		if t.style == Plain && !n.Tagged && isNullWord(t.value) {
			n.Kind = Null
		}
		p.s.take()
		return n, nil
	case flowSeqStart:
		n.Kind, n.Style = Sequence, Flow
		return n, p.flowSequence(n)
	case seqStart:
		n.Kind = Sequence
		return n, p.blockSequence(n)
	case flowMapStart:
		n.Kind, n.Style = Mapping, Flow
		return n, p.flowMap(n)
	case mapStart:
		n.Kind = Mapping
		return n, p.blockMap(n)
	case keyToken:
		if in == flowSeqStart {
			return p.compactMap(n)
		}
	}
	if n.Tagged {
		n.Kind = Scalar
	}
	return n, nil
}

func isNullWord(s string) bool {
	switch s {
	case "", "~", "null", "Null", "NULL":
		return true
	}
	return false
}

// properties reads the anchor and the tag of a node.
func (p *parser) properties(n *Node) error {
	for t := p.s.next(); t != nil; t = p.s.next() {
		switch t.typ {
		case tagToken:
			if n.Tagged {
				return p.failAt(t, "cannot assign multiple tags to the same node")
			}
			n.Tagged = t.value != ""
		case anchorToken:
			if n.Anchor != "" {
				return p.failAt(t, "cannot assign multiple anchors to the same node")
			}
			n.Anchor = t.value
			if p.anchors == nil {
				p.anchors = make(map[string]*Node)
			}
			p.anchors[t.value] = n
		default:
			return nil
		}
		p.s.take()
	}
	return p.fault()
}

func (p *parser) blockSequence(n *Node) error {
	p.s.take()
	for {
		t := p.s.next()
		if t == nil || t.typ != blockEntry && t.typ != seqEnd {
			return p.failAt(t, "end of sequence not found")
		}
		end := t.typ == seqEnd
		p.s.take()
		if end {
			return nil
		}
		if t = p.s.next(); t != nil && (t.typ == blockEntry || t.typ == seqEnd) {
			n.Content = append(n.Content, null(t))
			continue
		}
		if err := p.into(n, seqStart); err != nil {
			return err
		}
	}
}

// into adds the next node to a collection.
func (p *parser) into(n *Node, in tokenType) error {
	sub, err := p.node(in)
	if err == nil {
		n.Content = append(n.Content, sub)
	}
	return err
}

func (p *parser) flowSequence(n *Node) error {
	p.s.take()
	for {
		t := p.s.next()
		if t == nil {
			return p.failAt(t, "end of sequence flow not found")
		}
		if t.typ == flowSeqEnd {
			p.s.take()
			return nil
		}
		if err := p.into(n, flowSeqStart); err != nil {
			return err
		}
		t = p.s.next()
		if t == nil || t.typ != flowEntry && t.typ != flowSeqEnd {
			return p.failAt(t, "end of sequence flow not found")
		}
		if t.typ == flowEntry {
			p.s.take()
		}
	}
}

// pair adds a key and a value to a mapping; either may be missing.
func (p *parser) pair(n *Node, in tokenType) error {
	first := *p.s.next() // where what is missing counts as being
	if first.typ == keyToken {
		p.s.take()
		if err := p.into(n, in); err != nil {
			return err
		}
	} else {
		n.Content = append(n.Content, null(&first))
	}
	if t := p.s.next(); t != nil && t.typ == valueToken {
		p.s.take()
		return p.into(n, in)
	}
	n.Content = append(n.Content, null(&first))
	return p.fault()
}

func (p *parser) blockMap(n *Node) error {
	p.s.take()
	for {
		t := p.s.next()
		if t == nil || t.typ != keyToken && t.typ != valueToken && t.typ != mapEnd {
			return p.failAt(t, "end of map not found")
		}
		if t.typ == mapEnd {
			p.s.take()
			return nil
		}
		if err := p.pair(n, mapStart); err != nil {
			return err
		}
	}
}

func (p *parser) flowMap(n *Node) error {
	p.s.take()
	for {
		t := p.s.next()
		if t == nil {
			return p.failAt(t, "end of map flow not found")
		}
		if t.typ == flowMapEnd {
			p.s.take()
			return nil
		}
		if err := p.pair(n, flowMapStart); err != nil {
			return err
		}
		t = p.s.next()
		if t == nil || t.typ != flowEntry && t.typ != flowMapEnd {
			return p.failAt(t, "end of map flow not found")
		}
		if t.typ == flowEntry {
			p.s.take()
		}
	}
}

// compactMap reads a single pair in a sequence in brackets.
func (p *parser) compactMap(n *Node) (*Node, error) {
	n.Kind, n.Style = Mapping, Flow
	return n, p.pair(n, keyToken)
}
