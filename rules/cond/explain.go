package cond

import (
	"strconv"
	"strings"

	"github.com/falconer-go/falconer/event"
)

// Explain says in a few words which checks decide that e matches or does not,
// and what e has under the names that they read.
func (p *Program) Explain(e *event.Event) string {
	m := newMachine(e, e)
	defer m.put()
	_, checks := p.root.decisive(m)
	const most = 4
	var b strings.Builder
	for i, c := range checks {
		if i == most {
			b.WriteString(" and " + strconv.Itoa(len(checks)-most) + " more")
			break
		}
		if i > 0 {
			b.WriteString("; ")
		}
		if c.eval(m) != True {
			b.WriteString("not ")
		}
		b.WriteString(c.text())
		b.WriteString(c.left.explain(m))
		if c.right != nil {
			b.WriteString(c.right.explain(m))
		}
	}
	return b.String()
}

// decisive returns whether n holds, and checks that are enough to tell.
func (n *node) decisive(m *machine) (bool, []*check) {
	switch n.kind {
	case checkNode:
		return n.check.eval(m) == True, []*check{n.check}
	case notNode:
		holds, checks := n.children[0].decisive(m)
		return !holds, checks
	}
	var all []*check
	for _, c := range n.children {
		holds, checks := c.decisive(m)
		if holds == (n.kind == orNode) {
			return holds, checks
		}
		all = append(all, checks...)
	}
	return n.kind == andNode, all
}

// explain lists the values of the fields that the operand reads.
func (o *operand) explain(m *machine) string {
	if o.kind != fieldOperand {
		var b strings.Builder
		for _, a := range o.args {
			b.WriteString(a.explain(m))
		}
		return b.String()
	}
	const most = 60
	v := o.field.lookup(m)
	is := v.Text()
	switch v.Kind() {
	case event.Absent:
		return " (the alert has no " + o.field.name + ")"
	case event.Null:
		return " (Falco had no " + o.field.name + ")"
	case event.String:
		if len(is) > most {
			is = strings.ToValidUTF8(is[:most], "") + "..."
		}
		is = strconv.Quote(is)
	default:
		if len(is) > most {
			is = strings.ToValidUTF8(is[:most], "") + "..."
		}
	}
	return " (" + o.field.name + " is " + is + ")"
}
