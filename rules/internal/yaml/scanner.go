package yaml

import "bytes"

// scanner cuts a text into tokens. What may turn out to be a key, because a
// colon follows it, has a token for that before it, which waits in the queue
// until the colon or the end of the line is there.
type scanner struct {
	data []byte
	base int // length of the byte order mark

	pos, line, lineStart int
	breaks               byte // what ends a line: \n, or \r if the first is one alone

	nesting int // how many blocks and brackets may be open

	queue []token
	head  int // what is before has been taken
	gone  int // what has been dropped from the queue

	started, ended bool
	keyAllowed     bool
	scalarAllowed  bool
	afterJSON      bool // behind something in quotes or brackets, a colon needs no blank
	keys           []simpleKey
	indents        []*indent
	flows          []byte // the brackets that are open
	err            *Error
	newLine        bool  // the last scalar ended with its line
	at             []int // of the scalar, if wanted
	buf            []byte
}

type token struct {
	typ    tokenType
	status status
	style  Style
	mark   Mark
	offset int
	value  string
	params []string
	scan   params
}

type tokenType uint8

const (
	directive tokenType = iota
	docStart
	docEnd
	seqStart
	mapStart
	seqEnd
	mapEnd
	blockEntry
	flowSeqStart
	flowMapStart
	flowSeqEnd
	flowMapEnd
	flowEntry
	keyToken
	valueToken
	anchorToken
	aliasToken
	tagToken
	scalarToken
)

type status uint8

const (
	valid status = iota
	invalid
	unverified
)

// simpleKey is what may be a key.
type simpleKey struct {
	mark     Mark
	flow     int
	indent   *indent // that it would begin, nil for none
	mapStart int     // the token, -1 for none
	key      int
}

// indent is a block that lines of that column belong to.
type indent struct {
	column int
	typ    byte // 's' sequence, 'm' mapping, 0 for what all is in
	status status
	start  int
}

// eof stands for the end of the text, as for yaml-cpp: it takes the byte
// itself for the end in places.
const eof = 0x04

func newScanner(data []byte, nesting int) *scanner {
	s := &scanner{data: data, nesting: nesting}
	if bytes.HasPrefix(data, []byte("\xef\xbb\xbf")) {
		s.base = 3
	}
	s.pos, s.lineStart = s.base, s.base
	return s
}

func (s *scanner) byteAt(i int) byte {
	if i < len(s.data) {
		return s.data[i]
	}
	return eof
}

func (s *scanner) peek() byte  { return s.byteAt(s.pos) }
func (s *scanner) more() bool  { return s.pos < len(s.data) }
func (s *scanner) column() int { return s.pos - s.lineStart }
func (s *scanner) mark() Mark  { return Mark{s.line, s.column(), s.pos - s.base} }

// eat goes on by n bytes.
func (s *scanner) eat(n int) {
	for ; n > 0 && s.pos < len(s.data); n-- {
		c := s.data[s.pos]
		s.pos++
		if c != '\n' && c != '\r' && c != 0 {
			continue
		}
		if s.breaks == 0 && c != 0 { // until then a NUL byte counts as one
			s.breaks = '\n'
			if c == '\r' && s.peek() != '\n' {
				s.breaks = '\r'
			}
		}
		if c == s.breaks {
			s.line++
			s.lineStart = s.pos
		}
	}
}

func (s *scanner) fail(msg string) { s.failAt(s.mark(), s.pos, msg) }

func (s *scanner) failAt(m Mark, offset int, msg string) {
	if s.err == nil {
		s.err = &Error{Mark: m, Offset: offset, Msg: msg}
		s.ended = true
		s.queue, s.head = nil, 0
	}
}

// tooDeep reports whether there is no room for one more block or bracket, and
// makes that an error.
func (s *scanner) tooDeep() bool {
	if len(s.flows)+len(s.indents) <= s.nesting {
		return false
	}
	s.fail("nested deeper than the limit")
	s.err.Limit = true
	return true
}

func isBlank(c byte) bool        { return c == ' ' || c == '\t' }
func isBreak(c byte) bool        { return c == '\n' || c == '\r' }
func isBlankOrBreak(c byte) bool { return isBlank(c) || isBreak(c) }

// ends reports whether at i is a blank, a line break or the end.
func (s *scanner) ends(i int) bool {
	c := s.byteAt(i)
	return isBlankOrBreak(c) || c == eof
}

// breakLen is the length of the line break at i, 0 if there is none.
func (s *scanner) breakLen(i int) int {
	switch s.byteAt(i) {
	case '\n':
		return 1
	case '\r':
		if s.byteAt(i+1) == '\n' {
			return 2
		}
		return 1
	}
	return 0
}

// marker reports whether a line with three of c begins here.
func (s *scanner) marker(c byte) bool {
	return s.column() == 0 && s.peek() == c && s.byteAt(s.pos+1) == c && s.byteAt(s.pos+2) == c && s.ends(s.pos+3)
}

func (s *scanner) inFlow() bool { return len(s.flows) > 0 }

// next returns the next token, nil at the end and behind an error.
func (s *scanner) next() *token {
	for {
		if s.head < len(s.queue) {
			t := &s.queue[s.head]
			if t.status == valid {
				return t
			}
			if t.status == invalid {
				s.take()
				continue
			}
		}
		if s.ended {
			if s.head < len(s.queue) { // what may be a key counts as one
				return &s.queue[s.head]
			}
			return nil
		}
		s.scan()
	}
}

// take drops the first token.
func (s *scanner) take() {
	if s.head >= len(s.queue) {
		return
	}
	s.head++
	if s.head == len(s.queue) {
		s.gone += s.head
		s.queue, s.head = s.queue[:0], 0
	}
}

// push adds a token that begins here and returns its number.
func (s *scanner) push(t tokenType) int {
	return s.pushAt(token{typ: t, mark: s.mark(), offset: s.pos})
}

func (s *scanner) pushAt(t token) int {
	s.queue = append(s.queue, t)
	return s.gone + len(s.queue) - 1
}

func (s *scanner) setStatus(number int, to status) {
	if i := number - s.gone; number >= 0 && i >= 0 && i < len(s.queue) {
		s.queue[i].status = to
	}
}

// scan adds at least one token, unless it finds the end.
func (s *scanner) scan() {
	if !s.started {
		s.started, s.keyAllowed, s.scalarAllowed = true, true, true
		s.indents = append(s.indents, &indent{column: -1})
		return
	}
	s.skip()
	for len(s.keys) > 0 && s.pos-s.base-s.keys[0].mark.Offset > maxWait {
		s.settle(s.keys[0], invalid)
		s.keys = s.keys[1:]
	}
	s.popToHere()
	if !s.more() {
		s.lineStart = s.pos
		s.popAll()
		s.keys = nil
		s.keyAllowed, s.scalarAllowed, s.ended = false, false, true
		return
	}
	c, follows := s.peek(), s.byteAt(s.pos+1)
	switch {
	case s.column() == 0 && c == '%':
		s.directive()
	case s.marker('-'):
		s.document(docStart)
	case s.marker('.'):
		s.document(docEnd)
	case c == '[' || c == '{':
		s.flowStart(c)
	case c == ']' || c == '}':
		s.flowEnd(c)
	case c == ',':
		s.flowEntry()
	case c == '-' && s.ends(s.pos+1):
		s.blockEntry()
	case c == '?' && isBlankOrBreak(follows):
		s.key()
	case c == ':' && (s.afterJSON && s.inFlow() || s.colon(s.pos)):
		s.value()
	case c == '*' || c == '&':
		s.anchor(c)
	case c == '!':
		s.tag()
	case !s.inFlow() && (c == '|' || c == '>'):
		s.blockScalar(c)
	case !s.scalarAllowed:
		s.fail("unexpected scalar")
	case c == '\'' || c == '"':
		s.quoted(c)
	case s.beginsPlain(c, follows):
		s.plain()
	default:
		s.fail("unknown token")
	}
}

// colon reports whether the colon at i is one behind a key.
func (s *scanner) colon(i int) bool {
	c := s.byteAt(i + 1)
	if isBlankOrBreak(c) {
		return true
	}
	if s.inFlow() {
		return c == ',' || c == ']' || c == '}'
	}
	return c == eof
}

func (s *scanner) beginsPlain(c, follows byte) bool {
	if isBlankOrBreak(c) || bytes.IndexByte([]byte(",[]{}#&*!|>'\"%@`"), c) >= 0 {
		return false
	}
	if s.inFlow() {
		return c != '?' && (c != '-' && c != ':' || !isBlank(follows) && follows != eof)
	}
	return c != '-' && c != '?' && c != ':' || !isBlankOrBreak(follows) && follows != eof
}

// skip goes on to what is no blank and no comment.
func (s *scanner) skip() {
	for {
		for isBlank(s.peek()) {
			if s.peek() == '\t' && !s.inFlow() {
				s.keyAllowed = false
			}
			s.eat(1)
		}
		if s.peek() == '#' {
			for s.more() && !isBreak(s.peek()) {
				s.eat(1)
			}
		}
		n := s.breakLen(s.pos)
		if n == 0 {
			return
		}
		s.eat(n)
		s.dropKey()
		s.scalarAllowed = true
		if !s.inFlow() {
			s.keyAllowed = true
		}
	}
}

func (s *scanner) top() *indent { return s.indents[len(s.indents)-1] }

// pushIndent begins a block if this column does.
func (s *scanner) pushIndent(typ byte) *indent {
	if s.inFlow() {
		return nil
	}
	column, last := s.column(), s.top()
	if column < last.column || column == last.column && (typ != 's' || last.typ != 'm') {
		return nil
	}
	if s.tooDeep() {
		return nil
	}
	in := &indent{column: column, typ: typ}
	if typ == 's' {
		in.start = s.push(seqStart)
	} else {
		in.start = s.push(mapStart)
	}
	s.indents = append(s.indents, in)
	return in
}

// popToHere ends the blocks that this column is no part of.
func (s *scanner) popToHere() {
	if s.inFlow() {
		return
	}
	column := s.column()
	for len(s.indents) > 0 {
		in := s.top()
		isEntry := s.peek() == '-' && s.ends(s.pos+1)
		if in.column < column || in.column == column && (in.typ != 's' || isEntry) {
			break
		}
		s.popIndent()
	}
	for len(s.indents) > 0 && s.top().status == invalid {
		s.popIndent()
	}
}

func (s *scanner) popAll() {
	if s.inFlow() {
		return
	}
	for len(s.indents) > 0 && s.top().typ != 0 {
		s.popIndent()
	}
}

func (s *scanner) popIndent() {
	in := s.top()
	s.indents = s.indents[:len(s.indents)-1]
	switch {
	case in.status != valid:
		s.dropKey()
	case in.typ == 's':
		s.push(seqEnd)
	case in.typ == 'm':
		s.push(mapEnd)
	}
}

// offerKey notes that what begins here may be a key.
func (s *scanner) offerKey() {
	if !s.keyAllowed || len(s.keys) > 0 && s.keys[len(s.keys)-1].flow == len(s.flows) {
		return
	}
	k := simpleKey{mark: s.mark(), flow: len(s.flows), mapStart: -1}
	if k.indent = s.pushIndent('m'); k.indent != nil {
		k.indent.status = unverified
		k.mapStart = k.indent.start
		s.setStatus(k.mapStart, unverified)
	}
	k.key = s.push(keyToken)
	s.setStatus(k.key, unverified)
	s.keys = append(s.keys, k)
}

// ownKey takes what may be a key at this level.
func (s *scanner) ownKey() (simpleKey, bool) {
	n := len(s.keys)
	if n == 0 || s.keys[n-1].flow != len(s.flows) {
		return simpleKey{}, false
	}
	k := s.keys[n-1]
	s.keys = s.keys[:n-1]
	return k, true
}

func (s *scanner) settle(k simpleKey, to status) {
	if k.indent != nil {
		k.indent.status = to
	}
	s.setStatus(k.mapStart, to)
	s.setStatus(k.key, to)
}

func (s *scanner) dropKey() {
	if k, ok := s.ownKey(); ok {
		s.settle(k, invalid)
	}
}

// maxKey is how long a key may be in front of its colon.
const maxKey = 1024

// maxWait is how far behind what may be a key tokens are kept waiting for its
// colon. yaml-cpp, which keeps all of them, reads otherwise a text that ends
// within such a line.
const maxWait = 1 << 16

// confirmKey reports whether a colon here makes a key of what is before it.
func (s *scanner) confirmKey() bool {
	k, ok := s.ownKey()
	if !ok {
		return false
	}
	if s.line != k.mark.Line || s.pos-s.base-k.mark.Offset > maxKey {
		s.settle(k, invalid)
		return false
	}
	s.settle(k, valid)
	return true
}
