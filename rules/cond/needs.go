package cond

import "github.com/falconer-go/falconer/event"

// Needs says which alerts the condition can possibly match, so that a Mux need
// not ask it about the others.
func (p *Program) Needs() event.Needs { return p.needs }

// maxKeys is how many keys a need may have: an index over more is no gain.
const maxKeys = 256

// needsOf returns what holds for every alert that passes n.
func needsOf(n *node) event.Needs {
	switch n.kind {
	case checkNode:
		return n.check.needs()
	case andNode:
		return event.AllNeeds(eachNeeds(n.children)...)
	case orNode:
		return event.AnyNeeds(eachNeeds(n.children)...)
	}
	return nil // that something is not so says nothing: the field may be absent
}

func eachNeeds(nodes []*node) []event.Needs {
	list := make([]event.Needs, len(nodes))
	for i, n := range nodes {
		list[i] = needsOf(n)
	}
	return list
}

// needs claims what [event.Key] can say: that a string is one of the constants
// or begins with one.
func (c *check) needs() event.Needs {
	if c.how == byNothing {
		return event.Needs{{}}
	}
	o := c.left
	if c.right != nil || o.kind != fieldOperand || len(o.steps) > 0 || c.op == OpExists || len(c.test.all) > maxKeys {
		return nil
	}
	if o.field.name == "alert.severity" {
		return c.severityNeeds()
	}
	if c.cls != strClass || c.how != byField && o.field.name != "alert.tags" {
		return nil
	}
	key := event.Key{Field: o.field.name}
	switch {
	case c.op == OpStartsWith:
		key.Prefix = true
	case c.op == OpEq, c.op == OpIn, c.op == OpIntersects:
	default:
		return nil
	}
	need := make(event.Need, 0, len(c.test.all))
	for _, k := range c.test.all {
		key.Text = k.str
		need = append(need, key)
	}
	return event.Needs{need}
}

// severityNeeds turns a comparison of the severity into the priorities that
// pass it.
func (c *check) severityNeeds() event.Needs {
	need := event.Need{}
	for p := event.Emergency; p <= event.Debug; p++ {
		if c.test.num(uint64(p)) {
			need = append(need, event.Key{Field: "alert.priority", Text: p.String()})
		}
	}
	return event.Needs{need}
}
