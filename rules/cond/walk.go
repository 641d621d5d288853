package cond

import (
	"iter"
	"slices"
)

// Walk yields n and every node below it, a node before its children and those
// from left to right.
func Walk(n Node) iter.Seq[Node] {
	return func(yield func(Node) bool) { walk(n, yield) }
}

func walk(n Node, yield func(Node) bool) bool {
	if !yield(n) {
		return false
	}
	switch n := n.(type) {
	case *And:
		return walkAll(n.Children, yield)
	case *Or:
		return walkAll(n.Children, yield)
	case *Not:
		return walk(n.Child, yield)
	case *Check:
		return walk(n.Left, yield) && (n.Right == nil || walk(n.Right, yield))
	case *Transform:
		return walkAll(n.Args, yield)
	case *ArgList:
		return walkAll(n.Items, yield)
	}
	return true
}

func walkAll[N Node](nodes []N, yield func(Node) bool) bool {
	for _, n := range nodes {
		if !walk(n, yield) {
			return false
		}
	}
	return true
}

// Fields returns the fields that n reads, by full name, sorted, each once.
func Fields(n Node) []string {
	var names []string
	for n := range Walk(n) {
		if f, ok := n.(*Field); ok {
			names = append(names, f.FullName())
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Rewrite returns x with each expression replaced by what f returns for it,
// children before parents; f returns its argument to leave it. x itself stays
// as it is, and the new tree shares what did not change. To put macros in
// their place, f returns the tree of the macro for a [*Macro]: no parentheses
// are needed, and what f returns is not itself rewritten.
func Rewrite(x Expr, f func(Expr) Expr) Expr {
	switch n := x.(type) {
	case *And:
		if children, changed := rewriteAll(n.Children, f); changed {
			x = &And{n.At, children}
		}
	case *Or:
		if children, changed := rewriteAll(n.Children, f); changed {
			x = &Or{n.At, children}
		}
	case *Not:
		if child := Rewrite(n.Child, f); child != n.Child {
			x = &Not{n.At, child}
		}
	}
	return f(x)
}

func rewriteAll(xs []Expr, f func(Expr) Expr) (list []Expr, changed bool) {
	for i, x := range xs {
		y := Rewrite(x, f)
		if y != x && !changed {
			changed = true
			list = slices.Clone(xs)
		}
		if changed {
			list[i] = y
		}
	}
	return list, changed
}

// Equal reports whether two trees say the same in the same words; where they
// stood does not matter.
func Equal(a, b Node) bool {
	switch a := a.(type) {
	case *And:
		b, ok := b.(*And)
		return ok && equalAll(a.Children, b.Children)
	case *Or:
		b, ok := b.(*Or)
		return ok && equalAll(a.Children, b.Children)
	case *Not:
		b, ok := b.(*Not)
		return ok && Equal(a.Child, b.Child)
	case *Macro:
		b, ok := b.(*Macro)
		return ok && a.Name == b.Name
	case *Check:
		b, ok := b.(*Check)
		return ok && a.Op == b.Op && a.Mod == b.Mod && Equal(a.Left, b.Left) &&
			(a.Right == nil) == (b.Right == nil) && (a.Right == nil || Equal(a.Right, b.Right))
	case *Field:
		b, ok := b.(*Field)
		return ok && a.Name == b.Name && a.HasArg == b.HasArg && a.Arg == b.Arg
	case *Transform:
		b, ok := b.(*Transform)
		return ok && a.Name == b.Name && a.HasArg == b.HasArg && a.Arg == b.Arg && equalAll(a.Args, b.Args)
	case *Value:
		b, ok := b.(*Value)
		return ok && a.Text == b.Text
	case *List:
		b, ok := b.(*List)
		return ok && slices.EqualFunc(a.Items, b.Items, func(v, w Value) bool { return v.Text == w.Text })
	case *ArgList:
		b, ok := b.(*ArgList)
		return ok && equalAll(a.Items, b.Items)
	}
	return false
}

func equalAll[N Node](a, b []N) bool {
	return slices.EqualFunc(a, b, func(x, y N) bool { return Equal(x, y) })
}
