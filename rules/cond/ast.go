package cond

// Node is a node of the syntax tree of a condition. Nodes hold nothing but
// what was written and where; nothing in this package changes one after
// [Parse] returned it, so trees may share nodes and goroutines may share
// trees. A program may build nodes of its own: see [Rewrite].
type Node interface {
	// Pos returns where the node begins, by Falco's count: an operand inside
	// a transformer begins behind the comma or parenthesis before it, and the
	// entries of a list inside a transformer where that list does.
	Pos() Pos
	// String returns a text that parses again to an equal tree.
	String() string
	node()
}

// Expr is a node that is true or false: [*And], [*Or], [*Not], [*Check] or
// [*Macro].
type Expr interface {
	Node
	expr()
}

// Operand is a side of a check, or a part of one: [*Field], [*Transform],
// [*Value], [*List] or [*ArgList].
type Operand interface {
	Node
	operand()
}

// And holds if all of its two or more children do.
type And struct {
	At       Pos
	Children []Expr
}

// Or holds if one of its two or more children does.
type Or struct {
	At       Pos
	Children []Expr
}

// Not holds if its child does not.
type Not struct {
	At    Pos
	Child Expr
}

// Macro is a bare word: the name of a macro of a rule file.
type Macro struct {
	At   Pos
	Name string
}

// Check compares the value of a field with something.
type Check struct {
	At    Pos
	Left  Operand // a Field or a Transform
	OpAt  Pos     // where Op begins
	Op    Op
	Mod   Mod
	Right Operand // nil for OpExists, else a Value, a List or a Transform
}

// Field reads a field of the event: Name, or Name[Arg].
type Field struct {
	At     Pos
	Name   string
	Arg    string // unescaped
	HasArg bool
}

// FullName returns the name with its argument, the key under which an alert
// carries the field.
func (f *Field) FullName() string {
	if !f.HasArg {
		return f.Name
	}
	return f.Name + "[" + f.Arg + "]"
}

// Transform applies a transformer, such as tolower, to its arguments; val
// takes a field as it is.
type Transform struct {
	At     Pos
	Name   string
	Args   []Operand // at least one Field, Transform, Value or ArgList
	Arg    string    // the selector: getopt(proc.args, "f:")[f]
	HasArg bool
}

// Value is a constant: a string, a number, or the name of a list that is not
// defined.
type Value struct {
	At   Pos
	Text string // unescaped
}

// List is a list of constants.
type List struct {
	At    Pos
	Items []Value
}

// Texts returns the items' texts.
func (l *List) Texts() []string {
	texts := make([]string, len(l.Items))
	for i := range l.Items {
		texts[i] = l.Items[i].Text
	}
	return texts
}

// ArgList is a list inside a transformer: each entry a Field, a Transform or a
// Value.
type ArgList struct {
	At    Pos
	Items []Operand
}

// Pos returns where the node begins.
func (n *And) Pos() Pos { return n.At }

// Pos returns where the node begins.
func (n *Or) Pos() Pos { return n.At }

// Pos returns where the node begins.
func (n *Not) Pos() Pos { return n.At }

// Pos returns where the node begins.
func (n *Macro) Pos() Pos { return n.At }

// Pos returns where the node begins.
func (n *Check) Pos() Pos { return n.At }

// Pos returns where the node begins.
func (n *Field) Pos() Pos { return n.At }

// Pos returns where the node begins.
func (n *Transform) Pos() Pos { return n.At }

// Pos returns where the node begins.
func (n *Value) Pos() Pos { return n.At }

// Pos returns where the node begins.
func (n *List) Pos() Pos { return n.At }

// Pos returns where the node begins.
func (n *ArgList) Pos() Pos { return n.At }

func (*And) node()       {}
func (*Or) node()        {}
func (*Not) node()       {}
func (*Macro) node()     {}
func (*Check) node()     {}
func (*Field) node()     {}
func (*Transform) node() {}
func (*Value) node()     {}
func (*List) node()      {}
func (*ArgList) node()   {}

func (*And) expr()   {}
func (*Or) expr()    {}
func (*Not) expr()   {}
func (*Macro) expr() {}
func (*Check) expr() {}

func (*Field) operand()     {}
func (*Transform) operand() {}
func (*Value) operand()     {}
func (*List) operand()      {}
func (*ArgList) operand()   {}
