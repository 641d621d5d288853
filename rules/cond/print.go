package cond

import "strings"

// String returns the condition, with no more parentheses than it needs.
func (n *And) String() string { return text(n) }

// String returns the condition, with no more parentheses than it needs.
func (n *Or) String() string { return text(n) }

// String returns the condition, with no more parentheses than it needs.
func (n *Not) String() string { return text(n) }

// String returns the name.
func (n *Macro) String() string { return n.Name }

// String returns the check with single blanks around its operator.
func (n *Check) String() string { return text(n) }

// String returns the name, with the argument in quotes if it needs them.
func (n *Field) String() string { return text(n) }

// String returns the transformer as it is called.
func (n *Transform) String() string { return text(n) }

// String returns the constant, in quotes if it needs them.
func (n *Value) String() string { return text(n) }

// String returns the list in parentheses.
func (n *List) String() string { return text(n) }

// String returns the list in parentheses.
func (n *ArgList) String() string { return text(n) }

func text(n Node) string {
	var p printer
	p.node(n, true)
	return p.b.String()
}

// FalcoString returns n exactly as libsinsp prints it, which is how falco -L
// shows a condition. Falco cannot read all of it back: it prints an empty
// string, or one with a comma or a parenthesis, without quotes, and not (not
// a) without the parentheses.
func FalcoString(n Node) string {
	p := printer{falco: true}
	p.node(n, true)
	return p.b.String()
}

type printer struct {
	b     strings.Builder
	falco bool // print as libsinsp does
}

// node prints n. last says that no blank follows it: the word not, as a
// macro, is taken for the operator where one does.
func (p *printer) node(n Node, last bool) {
	switch n := n.(type) {
	case *And:
		p.chain(" and ", n.Children, last)
	case *Or:
		p.chain(" or ", n.Children, last)
	case *Not:
		p.b.WriteString("not ")
		switch n.Child.(type) {
		case *Not, *And, *Or:
			p.group(n.Child)
		default:
			p.node(n.Child, last)
		}
	case *Macro:
		if n.Name == "not" && !last {
			p.group(n)
			return
		}
		p.b.WriteString(n.Name)
	case *Check:
		p.node(n.Left, false)
		p.b.WriteByte(' ')
		p.b.WriteString(opText(n.Op, n.Mod))
		if n.Op == OpExists {
			return
		}
		p.b.WriteByte(' ')
		p.right(n)
	case *Field:
		p.b.WriteString(n.Name)
		p.arg(n.Arg, n.HasArg)
	case *Transform:
		p.b.WriteString(n.Name)
		p.args(n.Args)
		p.arg(n.Arg, n.HasArg)
	case *Value:
		p.value(n.Text)
	case *List:
		p.b.WriteByte('(')
		for i := range n.Items {
			if i > 0 {
				p.b.WriteString(", ")
			}
			p.value(n.Items[i].Text)
		}
		p.b.WriteByte(')')
	case *ArgList:
		p.args(n.Items)
	}
}

// group prints n in parentheses; libsinsp has none but those of and and or.
func (p *printer) group(n Node) {
	if p.falco {
		p.node(n, true)
		return
	}
	p.b.WriteByte('(')
	p.node(n, true)
	p.b.WriteByte(')')
}

// chain prints the children of an And or Or.
func (p *printer) chain(op string, children []Expr, last bool) {
	if p.falco {
		p.b.WriteByte('(')
	}
	for i, c := range children {
		if i > 0 {
			p.b.WriteString(op)
		}
		last := last && i == len(children)-1
		_, and := c.(*And)
		_, or := c.(*Or)
		if !p.falco && (or || and && op == " and ") {
			p.group(c)
		} else {
			p.node(c, last)
		}
	}
	if p.falco {
		p.b.WriteByte(')')
	}
}

func (p *printer) right(c *Check) {
	v, ok := c.Right.(*Value)
	if ok && !p.falco && (c.Op.isNum() || c.Op.IsList() || c.Mod != NoMod) {
		p.b.WriteString(v.Text) // a number or an identifier: quotes are not allowed
		return
	}
	p.node(c.Right, true)
}

func (p *printer) value(s string) {
	switch {
	case p.falco:
		p.b.WriteString(quoteFalco(s))
	case s != "" && bareLen(s, notBare) == len(s) && printable(s):
		p.b.WriteString(s)
	default:
		p.b.WriteString(quote(s))
	}
}

// arg prints the argument of a field.
func (p *printer) arg(s string, ok bool) {
	if !ok {
		return
	}
	p.b.WriteByte('[')
	switch {
	case s == "":
		p.b.WriteString(`""`)
	case p.falco:
		p.b.WriteString(quoteFalco(s))
	case bareLen(s, notBareArg) == len(s) && printable(s):
		p.b.WriteString(s)
	default:
		p.b.WriteString(quote(s))
	}
	p.b.WriteByte(']')
}

// args prints the arguments of a transformer, or of a list in one: there a
// string has quotes, and only a number has none.
func (p *printer) args(args []Operand) {
	p.b.WriteByte('(')
	for i, a := range args {
		if i > 0 {
			p.b.WriteByte(',')
		}
		v, ok := a.(*Value)
		switch {
		case !ok || p.falco:
			p.node(a, false)
		case v.Text != "" && (hexLen(v.Text) == len(v.Text) || numLen(v.Text) == len(v.Text)):
			p.b.WriteString(v.Text)
		default:
			p.b.WriteString(quote(v.Text))
		}
	}
	p.b.WriteByte(')')
}

// printable reports whether s has no control bytes.
func printable(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < ' ' || s[i] == 0x7f {
			return false
		}
	}
	return true
}
