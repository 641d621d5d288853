package cond

import (
	"slices"
	"strconv"
)

// Env is what a condition may refer to, and how it is compiled. The zero Env,
// and nil, know every field of [Falco] and of [Alert], of every source.
type Env struct {
	// Fields are the fields there are; nil for those of Falco and Alert.
	Fields *Table

	// Source is the event source of the rule whose condition it is: only the
	// fields of that source are there. Where it is syscall, what Falco's
	// search for event types does not support is an error, as it is in a rule.
	// "" is every source and no rule.
	Source string

	// AllowUnknown takes a field that is not in Fields for a string, or for a
	// list of strings where an alert has an array under its name.
	AllowUnknown bool

	// EventTypes are names of events that plugins add, which evt.type may be
	// compared with besides Falco's own.
	EventTypes []string

	// Strict repeats the faults of Falco's evaluation that this package
	// otherwise mends; see the package comment.
	Strict bool

	// Parse are the bounds for the text of a condition; nil for the defaults.
	Parse *ParseOptions

	// MaxNodes bounds the nodes of a tree, which macros can make far larger
	// than any text of it; 0 for DefaultMaxNodes.
	MaxNodes int
}

// DefaultMaxNodes is the default of [Env.MaxNodes].
const DefaultMaxNodes = 100_000

// Warning is something that Falco warns of in a condition it accepts.
type Warning struct {
	Msg string // Falco's message
	Pos Pos    // where the constant or list concerned begins
}

// Compile parses a condition and compiles it for env; nil is the zero Env. An
// error is an [*Error].
func Compile(text string, env *Env) (*Program, error) {
	var o *ParseOptions
	if env != nil {
		o = env.Parse
	}
	x, err := Parse(text, o)
	if err != nil {
		return nil, err
	}
	return CompileExpr(x, env)
}

// CompileExpr is [Compile] for a tree, in which no macros are left. The
// Program keeps x, which must not be changed from then on.
func CompileExpr(x Expr, env *Env) (*Program, error) {
	if env == nil {
		env = &Env{}
	}
	c := compiler{env: env, fields: env.Fields, nodes: env.MaxNodes}
	if c.fields == nil {
		c.fields = defaultTable()
	}
	if c.nodes <= 0 {
		c.nodes = DefaultMaxNodes
	}
	root := c.expr(x)
	if c.err != nil {
		return nil, c.err
	}
	p := newProgram(root, c.warnings, c.reads)
	p.expr = x
	return p, nil
}

// MustCompile is [Compile] with the zero Env for a condition that is known to
// be right; it panics if it is not.
func MustCompile(text string) *Program {
	p, err := Compile(text, nil)
	if err != nil {
		panic("cond: " + strconv.Quote(text) + ": " + err.Error())
	}
	return p
}

// compiler checks the types of a tree and compiles it. Like Falco it stops at
// the first fault, in the order in which Falco looks.
type compiler struct {
	env      *Env
	fields   *Table
	nodes    int // how many more there may be
	check    *Check
	warnings []Warning
	reads    []string // names of the fields read
	err      *Error
}

// fail notes the first error: at is the operand concerned.
func (c *compiler) fail(at Pos, msg string) {
	if c.err == nil {
		c.err = &Error{Msg: msg, Pos: at, At: at}
		if c.check != nil {
			c.err.Pos = c.check.At
		}
	}
}

// node is an expression in a form to evaluate.
type node struct {
	kind     nodeKind
	children []*node // of and, or; the one of not
	check    *check
}

type nodeKind uint8

const (
	checkNode nodeKind = iota
	andNode
	orNode
	notNode
)

func (c *compiler) expr(x Expr) *node {
	if c.nodes--; c.nodes < 0 {
		c.fail(x.Pos(), "condition is over the limit of nodes")
	}
	if c.err != nil {
		return nil
	}
	switch x := x.(type) {
	case *And:
		return &node{kind: andNode, children: c.exprs(x.Children)}
	case *Or:
		return &node{kind: orNode, children: c.exprs(x.Children)}
	case *Not:
		return &node{kind: notNode, children: c.exprs([]Expr{x.Child})}
	case *Macro:
		c.fail(x.At, "filter error: unexpected identifier '"+x.Name+"'")
	case *Check:
		c.check = x
		chk := c.compileCheck(x)
		c.check = nil
		return &node{check: chk}
	default:
		c.fail(Pos{}, "condition has an empty node")
	}
	return nil
}

func (c *compiler) exprs(xs []Expr) []*node {
	list := make([]*node, 0, len(xs))
	for _, x := range xs {
		list = append(list, c.expr(x))
		if c.err != nil {
			return nil
		}
	}
	return list
}

func (c *compiler) compileCheck(x *Check) *check {
	left := c.operand(x.Left)
	if c.err != nil {
		return nil
	}
	chk := &check{expr: x, op: x.Op, mod: x.Mod, left: left, cls: left.typ.class()}
	chk.in = scope{c.fields, c.env.Source, c.env.AllowUnknown, c.env.Strict}
	if chk.op == OpEqEq {
		chk.op = OpEq
	}
	if msg := comparable(x.Op, x.Mod, left); msg != "" {
		c.fail(x.OpAt, "filter error: "+msg)
		return nil
	}
	c.checkEventTypes(x)
	if x.Op == OpExists || c.err != nil {
		return chk.finish()
	}
	switch r := x.Right.(type) {
	case *Value:
		c.constants(chk, x.Right.Pos(), []Value{*r})
	case *List:
		if c.nodes -= len(r.Items); c.nodes < 0 {
			c.fail(r.At, "condition is over the limit of nodes")
			return nil
		}
		c.constants(chk, x.Right.Pos(), r.Items)
	case *Transform, *Field:
		right := c.operand(r)
		if c.err != nil {
			return nil
		}
		if msg := comparableFields(chk.op, left, right); msg != "" {
			c.fail(r.Pos(), msg)
			return nil
		}
		chk.right = right
	default:
		c.fail(x.OpAt, "check has no right-hand side")
	}
	if c.err != nil {
		return nil
	}
	return chk.finish()
}

// comparable returns Falco's message if the operator does not fit the type.
func comparable(op Op, mod Mod, left *operand) string {
	if op == OpExists {
		return ""
	}
	name := op.String()
	if op == OpEqEq {
		name = "="
	}
	cls := left.typ.class()
	if left.list {
		switch left.typ {
		case CharBuf, Uint64, RelTime, AbsTime, Bool, IPAddr, IPNet:
		default:
			return "list filters are not supported for type '" + left.typ.String() + "'"
		}
		if op == OpIn || op == OpIntersects {
			return ""
		}
		return "'" + name + "' operator not supported list filters"
	}
	fit, ok := opsOf[cls]
	if !ok {
		return "'" + name + "' operator not supported for type '" + left.typ.String() + "'"
	}
	if slices.Contains(fit.ops, op) {
		return ""
	}
	if mod != NoMod && (cls == ipClass || cls == netClass) {
		return "'" + name + "' with modifier not supported for ip address and network filters"
	}
	return "'" + name + "' operator not supported for " + fit.name + " filters"
}

// comparableFields returns Falco's message if two fields cannot be compared.
func comparableFields(op Op, left, right *operand) string {
	describe := func(o *operand) string {
		if o.list {
			return o.typ.String() + " (list)"
		}
		return o.typ.String()
	}
	switch {
	case op == OpPMatch:
		return "operator 'PMATCH' doesn't support right-hand side fields"
	case op == OpRegex:
		return "operator 'REGEX' doesn't support right-hand side fields"
	case left.typ.class() == netClass:
		return "field type 'IPNET' doesn't support right-hand side fields"
	case left.noRHS:
		return "field '" + left.shown() + "' doesn't support right-hand side fields"
	case right.noRHS:
		return "field '" + right.shown() + "' can't be used as a right-hand side field"
	case left.typ != right.typ || left.list != right.list:
		return "field '" + left.shown() + "' has type '" + describe(left) + "' while the right-hand side field '" +
			right.shown() + "' has incompatible type '" + describe(right) + "'"
	}
	return ""
}

// shown is the operand's name in messages about its result.
func (o *operand) shown() string {
	if o.listName != "" {
		return o.listName
	}
	return o.name
}

// constants compiles the constants on the right of a check.
func (c *compiler) constants(chk *check, at Pos, items []Value) {
	list := make([]constant, 0, len(items))
	for i := range items {
		text := items[i].Text
		c.warn(chk.op, at, text)
		var k constant
		var msg string
		if chk.op == OpBContains || chk.op == OpBStartsWith {
			k.str, msg = parseHex(text)
		} else {
			k, msg = parseConstant(text, chk.left.typ)
		}
		if msg == "" {
			msg = c.checkValue(chk, text)
		}
		if msg == "" && chk.op == OpRegex && len(items) > 1 { // of one newTest says it
			msg = checkRegex(text)
		}
		if msg != "" {
			pos := items[i].At
			if !pos.IsValid() {
				pos = at
			}
			c.fail(pos, msg)
			return
		}
		list = append(list, k)
	}
	var msg string
	if chk.test, msg = newTest(chk.cls, chk.op, chk.mod, list); msg != "" {
		if len(items) == 1 && items[0].At.IsValid() {
			at = items[0].At
		}
		c.fail(at, msg)
	}
}

func parseHex(text string) (bytes, msg string) {
	for i := range len(text) {
		if !isHex(text[i]) {
			return "", "filter error: bcontains and bstartswith operator support hex strings only"
		}
	}
	if len(text)%2 != 0 {
		return "", "filter error: bcontains and bstartswith operator support hex strings only"
	}
	b := make([]byte, len(text)/2)
	for i := range b {
		b[i] = unhex(text[2*i])<<4 | unhex(text[2*i+1])
	}
	if len(b) >= maxConstant {
		return "", "filter parameter too long (byte buf)"
	}
	return string(b), ""
}

// checkValue returns Falco's message if a field takes only some values.
func (c *compiler) checkValue(chk *check, text string) string {
	if chk.left.kind != fieldOperand {
		return ""
	}
	switch chk.left.field.info.Name {
	case "evt.type":
		if eventTable().kind[text] != 0 {
			return ""
		}
		for _, name := range c.env.EventTypes {
			if name == text {
				return ""
			}
		}
		return "unknown event type " + text
	case "evt.around":
		if chk.op != OpEq {
			return "evt.around supports only '=' comparison operator"
		}
	}
	return ""
}

// checkEventTypes makes an error of what Falco's search for the event types of
// a rule does not support; a Falco that loads such a rule exits.
func (c *compiler) checkEventTypes(x *Check) {
	if c.env.Source != "syscall" {
		return
	}
	switch x.Op {
	case OpExists, OpEqEq, OpEq, OpNE, OpIn:
	default:
		return
	}
	if x.Mod != NoMod || isInvariant(x) {
		return
	}
	if t, ok := x.Left.(*Transform); ok {
		for n := range Walk(t) {
			if f, ok := n.(*Field); ok && isEventType(f) {
				c.fail(f.At, "event code search does not support `evt.type` checks with transformers")
				return
			}
		}
		return
	}
	if f, ok := x.Left.(*Field); ok && isEventType(f) {
		if t, ok := x.Right.(*Transform); ok {
			c.fail(t.At, "right-hand field comparisons on `evt.type`/`syscall.type` checks are not supported by event code search")
		}
	}
}

func isEventType(f *Field) bool {
	return !f.HasArg && (f.Name == "evt.type" || f.Name == "syscall.type")
}

// isInvariant reports whether Falco decides the check without looking at its
// sides.
func isInvariant(x *Check) bool {
	f, ok := x.Left.(*Field)
	return ok && f.Name == "evt.num" && !f.HasArg
}
