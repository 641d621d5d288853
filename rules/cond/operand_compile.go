package cond

import (
	"strings"
	"unique"
)

// operand compiles a side of a check, or an argument of a transformer.
func (c *compiler) operand(x Operand) *operand {
	if c.nodes--; c.nodes < 0 {
		c.fail(c.check.At, "condition is over the limit of nodes")
	}
	if c.err != nil {
		return nil
	}
	switch x := x.(type) {
	case *Field:
		return c.fieldOperand(x)
	case *Value:
		return &operand{kind: constOperand, text: x.Text, base: CharBuf, typ: CharBuf, name: "NA",
			nul: strings.IndexByte(x.Text, 0) >= 0}
	case *ArgList:
		o := &operand{kind: listOperand, base: CharBuf, typ: CharBuf, baseList: true, list: true, name: "NA"}
		o.args = c.operands(x.Items)
		o.takeNul()
		return o
	case *Transform:
		return c.transform(x)
	}
	c.fail(c.check.At, "check has an empty operand")
	return nil
}

func (c *compiler) operands(xs []Operand) []*operand {
	list := make([]*operand, 0, len(xs))
	for _, x := range xs {
		o := c.operand(x)
		if c.err != nil {
			return nil
		}
		list = append(list, o)
	}
	return list
}

// takeNul notes whether the arguments bring NUL bytes along.
func (o *operand) takeNul() {
	for _, a := range o.args {
		o.nul = o.nul || a.nul
	}
}

func (c *compiler) fieldOperand(x *Field) *operand {
	full := x.FullName()
	info, msg, unknown := c.fields.resolve(full, c.env.Source)
	if unknown && c.env.AllowUnknown {
		info, msg = &FieldInfo{Name: full, Type: CharBuf, Arg: x.HasArg}, ""
	}
	if msg != "" {
		c.fail(x.At, msg)
		return nil
	}
	full = unique.Make(full).Value() // programs that read the same field share its name
	c.reads = append(c.reads, full)
	return &operand{
		kind: fieldOperand,
		field: field{
			name:      full,
			alert:     strings.HasPrefix(full, "alert."),
			info:      info,
			ancestors: info.noRHS && isAncestors(full),
		},
		base: info.Type, typ: info.Type,
		baseList: info.List, list: info.List,
		name:    info.Name,
		noRHS:   info.noRHS,
		noSteps: info.noTransformer,
	}
}

// isAncestors reports whether a field without its index is every ancestor.
func isAncestors(full string) bool {
	switch full {
	case "proc.aname", "proc.aexe", "proc.aexepath", "proc.acmdline", "proc.apid", "proc.aenv":
		return true
	}
	return false
}

func (c *compiler) transform(x *Transform) *operand {
	if len(x.Args) == 0 {
		c.fail(x.At, "filter error: found null child node on '"+x.Name+"' transformer")
		return nil
	}
	args := c.operands(x.Args)
	if c.err != nil {
		return nil
	}
	switch {
	case x.Name == "val":
		if x.HasArg {
			c.fail(x.At, "filter error: transformer 'val' does not support field arguments")
			return nil
		}
		return args[0]
	case len(args) == 1:
		if x.HasArg {
			c.fail(x.At, "filter error: transformer '"+x.Name+"' does not support field arguments")
			return nil
		}
		return c.addStep(args[0], x)
	}
	o := &operand{args: args, base: CharBuf, typ: CharBuf, name: "NA"}
	msg := ""
	switch x.Name {
	case "join":
		o.kind, msg = joinOperand, checkJoin(args)
	case "concat":
		o.kind, msg = concatOperand, checkConcat(args)
	case "getopt":
		o.kind, msg = getoptOperand, checkGetopt(args)
		o.baseList, o.listName = !x.HasArg, "INTERNAL"
		if x.HasArg {
			o.sel, o.listName = x.Arg, ""
			if msg == "" && len(x.Arg) != 1 {
				msg = "getopt() field argument must be a single option character"
			}
		}
		o.list = o.baseList
	default:
		msg = "unknown multivalue transformer" // Falco itself exits
	}
	if msg == "" && x.HasArg && o.kind != getoptOperand {
		msg = "transformer '" + x.Name + "' does not support field arguments"
	}
	if msg != "" {
		c.fail(x.At, msg)
		return nil
	}
	o.takeNul()
	return o
}

// addStep puts a transformer of one argument on top of its argument.
func (c *compiler) addStep(o *operand, x *Transform) *operand {
	s := step(0)
	for int(s) < len(stepNames) && stepNames[s] != x.Name {
		s++
	}
	if int(s) == len(stepNames) {
		c.fail(x.At, "unknown field transfomer '"+x.Name+"'")
		return nil
	}
	if o.noSteps {
		c.fail(x.At, "field '"+o.name+"' does not support transformers")
		return nil
	}
	typ, list, ok := transformType(s, o.typ, o.list)
	if !ok {
		of := "field"
		if o.list {
			of = "list field"
		}
		c.fail(x.At, "can't add field transformer: type '"+o.typ.String()+"' is not supported by '"+x.Name+
			"' transformer applied on "+of+" '"+o.name+"'")
		return nil
	}
	o.steps = append(o.steps, s)
	o.typ, o.list = typ, list
	o.terminate = c.env.Strict
	o.nul = typ.class() != uintClass && (o.nul || o.terminate || s == b64Step)
	return o
}

func transformType(s step, t Type, list bool) (Type, bool, bool) {
	switch s {
	case lenStep:
		return Uint64, false, list || t.class() == strClass || t.class() == bufClass
	case b64Step:
		return t, list, t == CharBuf || t == ByteBuf
	}
	return t, list, t.class() == strClass
}

// Falco checks the types of the arguments as they are before transformers.

func checkJoin(args []*operand) string {
	switch {
	case len(args) != 2:
		return "join() requires exactly 2 arguments: separator and list"
	case args[0].originalList():
		return "join() first argument (separator) must be a single value, not a list"
	case !args[1].originalList():
		return "join() second argument must be a list"
	}
	return ""
}

func checkConcat(args []*operand) string {
	for _, a := range args {
		if a.base != CharBuf || a.originalList() {
			return "concat() arguments must be strings"
		}
	}
	return ""
}

func checkGetopt(args []*operand) string {
	switch {
	case len(args) != 2:
		return "getopt() requires exactly 2 arguments: args list and optstring"
	case !args[0].originalList():
		return "getopt() first argument must be a list"
	case args[1].originalList():
		return "getopt() second argument (optstring) must be a single value"
	case args[0].base != CharBuf || args[1].base != CharBuf:
		return "getopt() arguments must be strings"
	}
	return ""
}

// originalList reports whether Falco takes the operand for a list where it
// looks at it without its transformers; it does not see that getopt is one.
func (o *operand) originalList() bool {
	return o.baseList && o.kind != getoptOperand
}
