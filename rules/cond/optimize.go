package cond

import "slices"

// A check has no effect and cannot fail, so its place among its siblings
// decides nothing but the cost: the verdict is the same in any order.

// optimize returns a tree with the same verdict on every alert: chains within
// chains of the same kind become one, checks of one field for equality become
// one check of a set, and what is cheap comes first. n itself stays as it is.
func optimize(n *node) *node {
	switch n.kind {
	case checkNode:
		return n
	case notNode:
		child := optimize(n.children[0])
		if child.kind == notNode {
			return child.children[0]
		}
		return &node{kind: notNode, children: []*node{child}}
	}
	var children []*node
	for _, c := range n.children {
		c = optimize(c)
		if c.kind == n.kind {
			children = append(children, c.children...)
		} else {
			children = append(children, c)
		}
	}
	if n.kind == orNode {
		children = mergeEqual(children)
	}
	if len(children) == 1 {
		return children[0]
	}
	slices.SortStableFunc(children, func(a, b *node) int { return a.price() - b.price() })
	return &node{kind: n.kind, children: children}
}

// price is the cost of the cheapest way through n.
func (n *node) price() int {
	if n.kind == checkNode {
		return n.check.cost
	}
	sum := 0
	for i, c := range n.children {
		if p := c.price(); i == 0 {
			sum = p
		} else {
			sum += p / 4 // often it is not reached
		}
	}
	return sum
}

// mergeEqual puts checks of the same string field for equality, among children
// of an or, into one.
func mergeEqual(children []*node) []*node {
	first := map[string]int{} // index in merged of the field's first check
	same := map[int][]*check{}
	var merged []*node
	for _, c := range children {
		if c.kind != checkNode || !c.check.isEquality() {
			merged = append(merged, c)
			continue
		}
		name := c.check.left.field.name
		i, ok := first[name]
		if !ok {
			i = len(merged)
			first[name] = i
			merged = append(merged, c)
		}
		same[i] = append(same[i], c.check)
	}
	for i, checks := range same {
		if len(checks) == 1 {
			continue
		}
		one := *checks[0]
		one.op, one.mod = OpIn, NoMod
		one.expr, one.either = nil, checks
		var all []constant
		for _, c := range checks {
			all = append(all, c.test.all...)
		}
		one.test, _ = newTest(one.cls, OpIn, NoMod, all)
		merged[i] = &node{check: &one}
	}
	return merged
}

// isEquality reports whether the check asks if a string field is one of some
// constants.
func (c *check) isEquality() bool {
	if c.how != byField || c.cls != strClass {
		return false
	}
	return c.op == OpIn || c.op == OpIntersects || c.op == OpEq && (c.mod == NoMod || c.mod == AnyOf)
}
