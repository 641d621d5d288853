package cond

import "strconv"

// The parser is recursive descent, one method a production, and makes the
// choices of libsinsp's in the same order: which alternative is tried first,
// where blanks are skipped and where depth is counted all show in what is
// accepted and in the message and place of an error.

// Default bounds of [ParseOptions].
const (
	DefaultMaxDepth = 1000    // Falco's, for a rule; libsinsp's own is 100
	DefaultMaxBytes = 1 << 20 // Falco has no such bound
)

// ParseOptions are the bounds of [Parse]. The zero ParseOptions has the
// default ones.
type ParseOptions struct {
	MaxDepth int // of nested productions, as libsinsp counts them; 0 for DefaultMaxDepth
	MaxBytes int // of text; 0 for DefaultMaxBytes
}

// Parse reads a condition. It accepts what Falco accepts: whether fields
// exist and operators fit them is for [Compile] to say. An error is an
// [*Error]. A nil o means the default bounds.
func Parse(text string, o *ParseOptions) (Expr, error) {
	x, _, err := parse(text, o)
	return x, err
}

// parse also returns where reading ended.
func parse(text string, o *ParseOptions) (Expr, Pos, error) {
	p := parser{lexer: lexer{text: text, pos: start}, maxDepth: DefaultMaxDepth}
	maxBytes := DefaultMaxBytes
	if o != nil && o.MaxDepth > 0 {
		p.maxDepth = o.MaxDepth
	}
	if o != nil && o.MaxBytes > 0 {
		maxBytes = o.MaxBytes
	}
	if len(text) > maxBytes {
		p.fail("condition of "+strconv.Itoa(len(text))+" bytes is over the limit of "+strconv.Itoa(maxBytes), "<shorter text>")
		return nil, p.pos, p.err
	}
	if text == "" {
		p.fail("filter input string is empty", "<condition>")
		return nil, p.pos, p.err
	}
	x := p.or()
	if p.err == nil && p.depth > 0 {
		p.fail("parser fatal error: recursion is unbalanced", "<less nesting>")
	}
	if p.err == nil && p.pos.Offset != len(text) {
		p.fail("unexpected token after '"+p.tok+"', expecting 'or', 'and'", "or", "and")
	}
	if p.err != nil {
		return nil, p.pos, p.err
	}
	return x, p.pos, nil
}

// parser is the state of one Parse. A method that fails sets err and returns
// nil; its callers return at once.
type parser struct {
	lexer
	depth, maxDepth int
	err             *Error
}

func (p *parser) fail(msg string, expected ...string) {
	p.err = &Error{Msg: msg, Pos: p.pos, At: p.pos, Expected: expected}
}

// enter counts a production. Where it fails the count stays up, as in
// libsinsp: a list that swallows the error cannot hide it.
func (p *parser) enter() bool {
	p.depth++
	if p.depth >= p.maxDepth {
		p.fail("exceeded max depth limit of "+strconv.Itoa(p.maxDepth), "<less nesting>")
		return false
	}
	return true
}

func (p *parser) leave() { p.depth-- }

func (p *parser) or() Expr {
	if !p.enter() {
		return nil
	}
	defer p.leave()
	at := p.pos
	p.blank()
	return p.chain("or", p.and, func(xs []Expr) Expr { return &Or{at, xs} })
}

func (p *parser) and() Expr {
	if !p.enter() {
		return nil
	}
	defer p.leave()
	at := p.pos
	p.blank()
	return p.chain("and", p.not, func(xs []Expr) Expr { return &And{at, xs} })
}

// chain reads one or more of next with word between them.
func (p *parser) chain(word string, next func() Expr, join func([]Expr) Expr) Expr {
	first := next()
	if p.err != nil {
		return nil
	}
	var xs []Expr
	for p.blank(); p.str(word); p.blank() {
		var x Expr
		switch {
		case p.blank():
			x = next()
		case p.str("("):
			x = p.embedded()
		default:
			p.fail("expected blank or '(' after '"+word+"'", "<blank>", "(")
		}
		if p.err != nil {
			return nil
		}
		if xs == nil {
			xs = append(xs, first)
		}
		xs = append(xs, x)
	}
	if xs == nil {
		return first
	}
	return join(xs)
}

func (p *parser) not() Expr {
	if !p.enter() {
		return nil
	}
	defer p.leave()
	at := p.pos
	p.blank()
	not := false
	for p.notSpace() {
		not = !not
	}
	var x Expr
	if p.str("not(") {
		not = !not
		x = p.embedded()
	} else {
		x = p.check()
	}
	if p.err != nil {
		return nil
	}
	if not {
		return &Not{at, x}
	}
	return x
}

// embedded reads what is behind an opening parenthesis, and the closing one.
func (p *parser) embedded() Expr {
	if !p.enter() {
		return nil
	}
	defer p.leave()
	p.blank()
	x := p.or()
	if p.err != nil {
		return nil
	}
	p.blank()
	if !p.str(")") {
		p.fail("expected a ')' token", ")", "or", "and")
		return nil
	}
	return x
}

func (p *parser) check() Expr {
	if !p.enter() {
		return nil
	}
	defer p.leave()
	at := p.pos
	p.blank()
	var left Operand
	switch {
	case p.str("("):
		return p.embedded()
	case p.fieldName():
		left = p.field(at)
	case p.transformer():
		name := p.tok
		p.blank()
		left = p.transform(name, at)
	case p.ident():
		return &Macro{at, p.tok}
	default:
		p.fail("expected a '(' token, a field check, or an identifier", "(", "not", "<field>", "<transformer>", "<macro>")
	}
	if p.err != nil {
		return nil
	}
	return p.condition(left, at)
}

// condition reads an operator and what is to its right.
func (p *parser) condition(left Operand, at Pos) Expr {
	if !p.enter() {
		return nil
	}
	defer p.leave()
	p.blank()
	c := &Check{At: at, Left: left, OpAt: p.pos}
	var ok bool
	if c.Op, ok = p.op(OpExists, OpExists); ok {
		return c
	}
	if c.Op, ok = p.op(OpLE, OpGT); ok {
		c.Right = p.numValue()
	} else if c.Op, ok = p.op(OpEqEq, OpRegex); ok {
		// A modifier has to have a blank before it. That of an operator that
		// is a word is consumed already.
		blank := c.Op.isWord() || p.blank()
		saved := p.lexer
		if blank {
			c.Mod = p.mod()
		}
		if c.Mod != NoMod && p.listFollows() {
			c.Right = p.list(false)
		} else {
			c.Mod = NoMod
			p.lexer = saved
			c.Right = p.strValue()
		}
	} else if c.Op, ok = p.op(OpIntersects, OpPMatch); ok {
		c.Right = p.list(true)
	} else {
		p.fail("expected a valid check operator: one of "+quoteAll(opNames[:]), opNames[:]...)
	}
	if p.err != nil {
		return nil
	}
	return c
}
