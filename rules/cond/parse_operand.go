package cond

import "strings"

// field reads what is behind a field's name.
func (p *parser) field(at Pos) Operand {
	f := &Field{At: at, Name: p.tok}
	if !p.enter() {
		return nil
	}
	defer p.leave()
	f.Arg, f.HasArg = p.fieldArg()
	if p.err != nil {
		return nil
	}
	return f
}

// fieldArg reads an argument in brackets, if one is there.
func (p *parser) fieldArg() (arg string, ok bool) {
	if !p.str("[") {
		return "", false
	}
	if !p.quotedStr() && (p.err != nil || !p.bareArg()) {
		if p.err == nil {
			p.fail("expected a valid field argument: a quoted string or a bare string", "<quoted string>", "<bare string>")
		}
		return "", false
	}
	arg = p.tok
	if !p.str("]") {
		p.fail("expected a ']' token", "]")
		return "", false
	}
	return arg, true
}

// quotedStr is quoted with a bad escape as an error.
func (p *parser) quotedStr() bool {
	msg, ok := p.quoted()
	if msg != "" {
		p.fail(msg, "<valid escape>")
	}
	return ok
}

// transform reads the arguments of a transformer and what is behind them.
func (p *parser) transform(name string, at Pos) Operand {
	if !p.enter() {
		return nil
	}
	defer p.leave()
	t := &Transform{At: at, Name: name}
	p.blank()
	for {
		arg := p.transformArg()
		if p.err != nil {
			return nil
		}
		t.Args = append(t.Args, arg)
		p.blank()
		if !p.str(",") {
			break
		}
	}
	return p.closeTransform(t)
}

func (p *parser) closeTransform(t *Transform) Operand {
	if !p.str(")") {
		expected := []string{")", ","}
		if t.Name == "val" {
			expected = expected[:1]
		}
		p.fail("expected a ')' token closing the transformer", expected...)
		return nil
	}
	t.Arg, t.HasArg = p.fieldArg()
	if p.err != nil {
		return nil
	}
	return t
}

func (p *parser) transformArg() Operand {
	at := p.pos
	if !p.enter() {
		return nil
	}
	defer p.leave()
	p.blank()
	switch {
	case p.number(), p.quotedStr():
		return &Value{at, p.tok}
	case p.err != nil:
		return nil
	case p.str("("):
		return p.argList(at)
	case p.transformer():
		return p.transform(p.tok, at)
	case p.fieldName():
		return p.field(at)
	}
	p.fail("expected field transformer argument: field, transformer, quoted string, number, or transformer list",
		"<field>", "<transformer>", "<quoted string>", "<number>", "(")
	return nil
}

// argList reads what is behind the parenthesis of a list in a transformer.
func (p *parser) argList(at Pos) Operand {
	l := &ArgList{At: at}
	p.blank()
	if p.str(")") {
		return l
	}
	for {
		item := p.argListItem(at)
		if p.err != nil {
			return nil
		}
		l.Items = append(l.Items, item)
		p.blank()
		if !p.str(",") {
			break
		}
		p.blank()
	}
	if !p.str(")") {
		p.fail("expected ')'", ")", ",")
		return nil
	}
	return l
}

func (p *parser) argListItem(at Pos) Operand {
	switch {
	case p.fieldName():
		return p.field(at)
	case p.transformer():
		name := p.tok
		p.blank()
		return p.transform(name, at)
	case p.quotedStr():
		return &Value{at, p.tok}
	case p.err != nil:
		return nil
	case p.number():
		return &Value{at, p.tok}
	}
	p.fail("expected transformer list argument: field, transformer, quoted string, or number",
		"<field>", "<transformer>", "<quoted string>", "<number>")
	return nil
}

func quoteAll(list []string) string { return "'" + strings.Join(list, "', '") + "'" }

var (
	rightTransformers = append([]string{"val"}, transformers[:]...)
	orTransformer     = "or a field with a valid transformer: " + quoteAll(rightTransformers)
)

func (p *parser) numValue() Operand {
	if !p.enter() {
		return nil
	}
	defer p.leave()
	p.blank()
	at := p.pos
	if x := p.rightTransform(); x != nil || p.err != nil {
		return x
	}
	if p.number() {
		return &Value{at, p.tok}
	}
	p.fail("expected a number value "+orTransformer, "<number>", "<transformer>")
	return nil
}

func (p *parser) strValue() Operand {
	if !p.enter() {
		return nil
	}
	defer p.leave()
	p.blank()
	at := p.pos
	if x := p.rightTransform(); x != nil || p.err != nil {
		return x
	}
	if p.quotedStr() || p.err == nil && p.bareStr() {
		return &Value{at, p.tok}
	}
	if p.err == nil {
		p.fail("expected a string value "+orTransformer, "<quoted string>", "<bare string>", "<transformer>")
	}
	return nil
}

// list reads a list or an identifier, or a transformer if it may be one.
func (p *parser) list(transformer bool) Operand {
	if !p.enter() {
		return nil
	}
	defer p.leave()
	p.blank()
	at := p.pos
	if p.str("(") {
		return p.listRest(at)
	}
	if transformer {
		if x := p.rightTransform(); x != nil || p.err != nil {
			return x
		}
	}
	if p.ident() {
		return &Value{at, p.tok}
	}
	if transformer {
		p.fail("expected a list, an identifier, "+orTransformer, "(", "<list name>", "<transformer>")
	} else {
		p.fail("expected a list or an identifier", "(", "<list name>")
	}
	return nil
}

// listRest reads what is behind the parenthesis of a list. Whatever is wrong
// with the first item makes the list an empty one that is not closed; only
// what was consumed of it is gone.
func (p *parser) listRest(at Pos) Operand {
	l := &List{At: at}
	p.blank()
	item := p.listItem()
	if p.err != nil {
		p.err = nil
	} else {
		l.Items = append(l.Items, item)
		for p.blank(); p.str(","); p.blank() {
			item := p.listItem()
			if p.err != nil {
				return nil
			}
			l.Items = append(l.Items, item)
		}
	}
	if !p.str(")") {
		if len(l.Items) == 0 {
			p.fail("expected a ')' token", ")", "<quoted string>", "<bare string>")
		} else {
			p.fail("expected a ')' token", ")", ",")
		}
		return nil
	}
	return l
}

func (p *parser) listItem() Value {
	if !p.enter() {
		return Value{}
	}
	defer p.leave()
	p.blank()
	at := p.pos
	if p.quotedStr() || p.err == nil && p.bareStr() {
		return Value{at, p.tok}
	}
	if p.err == nil {
		p.fail("expected a string value", "<quoted string>", "<bare string>")
	}
	return Value{}
}

// rightTransform reads a transformer on the right, where val is one too. It
// returns nil without an error if there is none.
func (p *parser) rightTransform() Operand {
	if !p.enter() {
		return nil
	}
	defer p.leave()
	p.blank()
	at := p.pos
	if p.call("val") {
		p.blank()
		fieldAt := p.pos
		if !p.fieldName() {
			p.fail("expected a field within 'val' transformer", "<field>")
			return nil
		}
		f := p.field(fieldAt)
		if p.err != nil {
			return nil
		}
		p.blank()
		return p.closeTransform(&Transform{At: at, Name: "val", Args: []Operand{f}})
	}
	if p.transformer() {
		name := p.tok
		p.blank()
		return p.transform(name, at)
	}
	return nil
}
