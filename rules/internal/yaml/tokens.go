package yaml

// This file scans each kind of token.

func (s *scanner) directive() {
	s.popAll()
	s.keys = nil
	s.keyAllowed, s.afterJSON = false, false
	t := token{typ: directive, mark: s.mark(), offset: s.pos}
	s.eat(1)
	t.value = s.word()
	for {
		for isBlank(s.peek()) {
			s.eat(1)
		}
		if !s.more() || isBreak(s.peek()) || s.peek() == '#' {
			break
		}
		t.params = append(t.params, s.word())
	}
	s.pushAt(t)
}

// word eats what is up to the next blank or line break.
func (s *scanner) word() string {
	from := s.pos
	for s.more() && !isBlankOrBreak(s.peek()) {
		s.eat(1)
	}
	return string(s.data[from:s.pos])
}

func (s *scanner) document(typ tokenType) {
	s.popAll()
	s.keys = nil
	s.keyAllowed, s.afterJSON = false, false
	s.push(typ)
	s.eat(3)
}

func (s *scanner) flowStart(c byte) {
	s.offerKey()
	s.keyAllowed, s.afterJSON = true, false
	typ := flowSeqStart
	if c == '{' {
		typ = flowMapStart
	}
	if s.tooDeep() {
		return
	}
	s.push(typ)
	s.flows = append(s.flows, c)
	s.eat(1)
}

// soloKey ends an entry that is a key without a value.
func (s *scanner) soloKey() {
	switch {
	case !s.inFlow():
	case s.flows[len(s.flows)-1] == '[':
		s.dropKey()
	case s.confirmKey():
		s.push(valueToken)
	}
}

func (s *scanner) flowEnd(c byte) {
	if !s.inFlow() {
		s.fail("illegal flow end")
		return
	}
	s.soloKey()
	s.keyAllowed, s.afterJSON = false, true
	typ, opened := flowSeqEnd, byte('[')
	if c == '}' {
		typ, opened = flowMapEnd, '{'
	}
	if s.flows[len(s.flows)-1] != opened {
		s.fail("illegal flow end")
		return
	}
	s.flows = s.flows[:len(s.flows)-1]
	s.push(typ)
	s.eat(1)
}

func (s *scanner) flowEntry() {
	switch {
	case s.column() == 0:
		s.fail("plain value cannot start with flow indicator character")
		return
	case !s.scalarAllowed:
		s.fail("unexpected scalar")
		return
	}
	s.soloKey()
	s.keyAllowed, s.afterJSON = true, false
	s.push(flowEntry)
	s.eat(1)
}

func (s *scanner) blockEntry() {
	if s.inFlow() || !s.keyAllowed {
		s.fail("illegal block entry")
		return
	}
	s.pushIndent('s')
	s.keyAllowed, s.afterJSON = true, false
	s.push(blockEntry)
	s.eat(1)
}

func (s *scanner) key() {
	if !s.inFlow() {
		if !s.keyAllowed {
			s.fail("illegal map key")
			return
		}
		s.pushIndent('m')
	}
	s.keyAllowed = !s.inFlow()
	s.push(keyToken)
	s.eat(1)
}

func (s *scanner) value() {
	isKey := s.confirmKey()
	s.afterJSON = false
	if isKey {
		s.keyAllowed = false
	} else {
		if !s.inFlow() {
			if !s.keyAllowed {
				s.fail("illegal map value")
				return
			}
			s.pushIndent('m')
		}
		s.keyAllowed = !s.inFlow()
	}
	s.scalarAllowed = true
	s.push(valueToken)
	s.eat(1)
}

func (s *scanner) anchor(c byte) {
	s.offerKey()
	s.keyAllowed, s.afterJSON = false, false
	t := token{typ: anchorToken, mark: s.mark(), offset: s.pos}
	what := "anchor"
	if c == '*' {
		t.typ, what = aliasToken, "alias"
	}
	s.eat(1)
	from := s.pos
	for s.more() && !isBlankOrBreak(s.peek()) && !isFlowMark(s.peek()) {
		s.eat(1)
	}
	t.value = string(s.data[from:s.pos])
	switch end := s.peek(); {
	case t.value == "":
		s.fail(what + " not found after " + string(c))
		return
	case s.more() && !isBlankOrBreak(end) && end != ',' && end != ']' && end != '}':
		s.fail("illegal character found while scanning " + what)
		return
	}
	s.pushAt(t)
}

func isFlowMark(c byte) bool { return c == ',' || c == '[' || c == ']' || c == '{' || c == '}' }

func isWord(c byte) bool {
	return 'a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9' || c == '-'
}

func isHex(c byte) bool { return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'f' }

// tagLen is how many bytes of a tag are here; uri says that it is in angle
// brackets, where more may stand.
func (s *scanner) tagLen(uri bool) int {
	c := s.peek()
	switch {
	case !s.more():
		return 0
	case isWord(c):
		return 1
	case c == '%' && isHex(s.byteAt(s.pos+1)) && isHex(s.byteAt(s.pos+2)):
		return 3
	}
	for _, x := range []byte("#;/?:@&=+$_.~*'()") {
		if c == x {
			return 1
		}
	}
	if uri && (c == ',' || c == '!' || c == '[' || c == ']') {
		return 1
	}
	return 0
}

// tag scans a tag, of which nothing but its being there matters.
func (s *scanner) tag() {
	s.offerKey()
	s.keyAllowed, s.afterJSON = false, false
	t := token{typ: tagToken, mark: s.mark(), offset: s.pos, value: "!"}
	s.eat(1)
	if s.peek() == '<' {
		s.eat(1)
		from := s.pos
		for s.peek() != '>' || !s.more() {
			n := s.tagLen(true)
			if n == 0 {
				s.fail("end of verbatim tag not found")
				return
			}
			s.eat(n)
		}
		t.value = string(s.data[from:s.pos])
		s.eat(1)
		s.pushAt(t)
		return
	}
	isHandle := true
	var notWord Mark
	var notWordAt int
	for s.more() {
		if s.peek() == '!' {
			if !isHandle {
				s.failAt(notWord, notWordAt, "illegal character found while scanning tag handle")
				return
			}
			break
		}
		n := 0
		if isHandle {
			if isWord(s.peek()) {
				n = 1
			} else {
				isHandle, notWord, notWordAt = false, s.mark(), s.pos
			}
		}
		if !isHandle {
			n = s.tagLen(false)
		}
		if n == 0 {
			break
		}
		s.eat(n)
	}
	if isHandle && s.peek() == '!' {
		s.eat(1)
		from := s.pos
		for n := s.tagLen(false); n > 0; n = s.tagLen(false) {
			s.eat(n)
		}
		if s.pos == from {
			s.fail("tag handle with no suffix")
			return
		}
	}
	s.pushAt(t)
}

func (s *scanner) plain() {
	p := params{plain: true, flow: s.inFlow(), fold: foldFlow, skipBlanks: true, trim: true, chomp: strip, onMarker: stopThere, noTabs: true}
	if !p.flow {
		p.indent = s.top().column + 1
	}
	s.offerKey()
	t := token{typ: scalarToken, mark: s.mark(), offset: s.pos, style: Plain}
	t.value, t.scan = s.scalarValue(p)
	s.keyAllowed = s.newLine
	s.afterJSON = false
	s.pushAt(t)
}

func (s *scanner) quoted(c byte) {
	p := params{quote: c, fold: foldFlow, skipBlanks: true, chomp: clip, onMarker: failThere}
	s.offerKey()
	t := token{typ: scalarToken, mark: s.mark(), offset: s.pos, style: SingleQuoted}
	if c == '"' {
		t.style = DoubleQuoted
	}
	s.eat(1)
	t.value, t.scan = s.scalarValue(p)
	s.keyAllowed = false
	s.scalarAllowed = s.inFlow()
	s.afterJSON = true
	s.pushAt(t)
}

func (s *scanner) blockScalar(c byte) {
	t := token{typ: scalarToken, mark: s.mark(), offset: s.pos, style: Literal}
	p := params{indent: 1, detect: true, chomp: clip, noTabs: true}
	if c == '>' {
		p.fold, t.style = foldBlock, Folded
	}
	s.eat(1)
	isDigit := func(c byte) bool { return '0' <= c && c <= '9' }
	isChomp := func(c byte) bool { return c == '+' || c == '-' }
	n := 0
	switch first, second := s.peek(), s.byteAt(s.pos+1); {
	case isChomp(first) && isDigit(second), isDigit(first) && isChomp(second):
		n = 2
	case isChomp(first), isDigit(first):
		n = 1
	}
	for ; n > 0; n-- {
		switch c := s.peek(); c {
		case '+':
			p.chomp = keep
		case '-':
			p.chomp = strip
		case '0':
			s.eat(1)
			s.fail("cannot set zero indentation for a block scalar")
			return
		default:
			p.indent, p.detect = int(c-'0'), false
		}
		s.eat(1)
	}
	for isBlank(s.peek()) {
		s.eat(1)
	}
	if s.peek() == '#' {
		for s.more() && !isBreak(s.peek()) {
			s.eat(1)
		}
	}
	if s.more() && !isBreak(s.peek()) {
		s.fail("unexpected character in block scalar")
		return
	}
	if in := s.top().column; in >= 0 {
		p.indent += in
	}
	t.value, t.scan = s.scalarValue(p)
	s.keyAllowed, s.afterJSON = true, false
	s.pushAt(t)
}
