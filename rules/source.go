package rules

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"sort"
	"strings"
	"sync"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
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
	lines []line // built on first use
	str   string // data, on first use

	// chars has, for lines that are wide and long, the offset of every
	// stride-th character.
	chars map[int][]int

	aligned aligned // of the scalar asked for last

	mu sync.Mutex // for what is built on first use: a Set is shared
}

// line is where a line begins. Its columns are bytes and characters at once
// unless it is wide. A place in a file of one long line is found fast all the
// same.
type line struct {
	start int
	wide  bool
}

const stride = 1024

// text is the file as a string.
func (s *source) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.str == "" {
		s.str = string(s.data)
	}
	return s.str
}

func (s *source) index() {
	if s.lines != nil {
		return
	}
	start := 0
	if bytes.HasPrefix(s.data, bom) {
		start = len(bom)
	}
	s.lines = make([]line, 0, bytes.Count(s.data, []byte("\n"))+1)
	l := line{start: start}
	for i := start; i < len(s.data); i++ {
		switch c := s.data[i]; {
		case c == '\n' || c == '\r' && (i+1 == len(s.data) || s.data[i+1] != '\n'):
			s.lines = append(s.lines, l)
			l = line{start: i + 1}
		case c >= utf8.RuneSelf:
			l.wide = true
		}
	}
	s.lines = append(s.lines, l)
	s.lines[0].start = 0
}

// pos returns the place given by line and column, both from 1 and the column
// in characters, as the YAML reader has them.
func (s *source) pos(lineNo, column int) Pos {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.posLocked(lineNo, column)
}

func (s *source) posLocked(lineNo, column int) Pos {
	if lineNo <= 0 {
		return Pos{}
	}
	s.index()
	if lineNo > len(s.lines) {
		return s.at(len(s.data))
	}
	l := &s.lines[lineNo-1]
	at := l.start
	if lineNo == 1 && bytes.HasPrefix(s.data, bom) {
		at += len(bom)
	}
	chars := max(column-1, 0)
	if !l.wide {
		at = min(at+chars, len(s.data))
		return Pos{Line: lineNo, Column: at - l.start + 1, Offset: at}
	}
	if chars >= stride {
		table := s.chars[lineNo]
		if table == nil {
			table = append(table, at)
			for i, n := at, 1; i < len(s.data) && s.data[i] != '\n'; n++ {
				_, size := utf8.DecodeRune(s.data[i:])
				i += size
				if n%stride == 0 {
					table = append(table, i)
				}
			}
			if s.chars == nil {
				s.chars = make(map[int][]int)
			}
			s.chars[lineNo] = table
		}
		i := min(chars/stride, len(table)-1)
		at = table[i]
		chars -= i * stride
	}
	for ; chars > 0 && at < len(s.data); chars-- {
		_, size := utf8.DecodeRune(s.data[at:])
		at += size
	}
	return Pos{Line: lineNo, Column: at - l.start + 1, Offset: at}
}

// at returns the place of an offset.
func (s *source) at(offset int) Pos {
	s.index()
	n := sort.Search(len(s.lines), func(i int) bool { return s.lines[i].start > offset })
	return Pos{Line: n, Column: offset - s.lines[n-1].start + 1, Offset: offset}
}

var bom = []byte("\xef\xbb\xbf")

// node returns the item of n in the chain, its position included.
func (s *source) item(typ, name string, n *yaml.Node) Item {
	it := Item{Type: typ, Name: name}
	if n != nil {
		it.Pos = s.pos(n.Line, n.Column)
		it.mark = s.mark(it.Pos)
	}
	return it
}

// mark is p as Falco counts: from 0, and a byte order mark not at all.
func (s *source) mark(p Pos) mark {
	if !p.IsValid() {
		return mark{}
	}
	m := mark{p.Line - 1, p.Column - 1, p.Offset}
	if bytes.HasPrefix(s.data, bom) {
		m.offset = max(m.offset-len(bom), 0)
		if m.line == 0 {
			m.column = max(m.column-len(bom), 0)
		}
	}
	return m
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
	loader, err := yaml.NewLoader(bytes.NewReader(olderVersion(s.data)), yaml.WithPlugin(depthLimit(l.Nesting)))
	if err != nil {
		return nil, root.fail(ErrYAMLParse, err.Error())
	}
	var docs []*yaml.Node
	for {
		n := new(yaml.Node)
		err := loader.Load(n)
		if err == io.EOF {
			return docs, nil
		}
		if err != nil {
			return nil, s.yamlFault(root, err)
		}
		if bad := questionInFlow(n, false); bad != nil {
			it := Item{Type: TypeValueFor, Pos: s.inScalar(bad, bad.Value, strings.IndexByte(bad.Value, '?'))}
			it.mark = s.mark(it.Pos)
			return nil, root.with(it).fail(ErrYAMLParse, "a ? within brackets or braces has to stand in quotes")
		}
		docs = append(docs, n)
	}
}

var directive = regexp.MustCompile(`(?m)^%YAML[ \t]+1\.[2-9]`)

// olderVersion is data with directives for a later YAML 1.x naming 1.1, which
// is what the reader asks for and Falco's does not. Lengths stay.
func olderVersion(data []byte) []byte {
	if !bytes.Contains(data, []byte("%YAML")) {
		return data
	}
	return directive.ReplaceAllFunc(data, func(d []byte) []byte { return append(d[:len(d)-1:len(d)-1], '1') })
}

// questionInFlow is the first text without quotes, within brackets or braces,
// that holds a question mark: Falco's reader of YAML takes that for no text.
func questionInFlow(n *yaml.Node, flow bool) *yaml.Node {
	if n.Kind == yaml.ScalarNode {
		const quoted = yaml.DoubleQuotedStyle | yaml.SingleQuotedStyle | yaml.LiteralStyle | yaml.FoldedStyle
		if flow && n.Style&quoted == 0 && strings.IndexByte(n.Value, '?') >= 0 {
			return n
		}
		return nil
	}
	flow = flow || n.Style&yaml.FlowStyle != 0
	for _, sub := range n.Content {
		if bad := questionInFlow(sub, flow); bad != nil {
			return bad
		}
	}
	return nil
}

// depthLimit bounds the nesting of what the YAML reader accepts.
type depthLimit int

var errDepth = errors.New("nested deeper than the limit")

func (d depthLimit) CheckDepth(depth int, _ *yaml.DepthContext) error {
	if depth > int(d) {
		return errDepth
	}
	return nil
}

func (depthLimit) CheckAlias(int, int) error { return nil }

func (s *source) yamlFault(root chain, err error) error {
	var at *yaml.LoadError
	if !errors.As(err, &at) || at.Mark.Line == 0 {
		return root.fail(ErrYAMLParse, err.Error())
	}
	code := ErrYAMLParse
	if at.Message == errDepth.Error() { // the reader keeps no more than the text
		code = ErrTooLarge
	}
	it := Item{Type: TypeValueFor, Pos: s.pos(at.Mark.Line, at.Mark.Column)}
	it.mark = s.mark(it.Pos)
	return root.with(it).fail(code, at.Message)
}

// root is the chain that every other begins with.
func (s *source) root() chain {
	return chain{s, []Item{{Type: TypeRulesContent}}}
}
