package rules

import (
	"slices"

	"github.com/falconer-go/falconer/rules/cond"
)

// macro is a macro on its way to being compiled.
type macro struct {
	info     *macroInfo
	text     string    // the condition with lists in place
	parsed   cond.Expr // nil if it does not parse
	resolved cond.Expr // with the macros it uses in place; shares their trees; nil if it cannot be
	size     int       // nodes of resolved, each use of a macro counted in full
	used     bool
}

type macros struct {
	all    []*macro
	byName map[string]*macro
}

// expansion puts macros in the place of their names. Trees are shared rather
// than copied, so that macros that use each other many times over cost no
// memory; size says what a walk would cost.
type expansion struct {
	macros     *macros
	visibility int             // macros of a smaller index are seen
	mark       bool            // macros are marked as used
	path       []*macro        // being expanded, outermost first
	done       map[*macro]part // expanded before
	unknown    *reference      // the first name that is no macro
	loop       *reference      // the first macro that contains itself
	broken     bool            // a macro is used that has an error of its own
}

// part is an expanded tree with its size.
type part struct {
	x    cond.Expr
	size int
}

// reference is a name in a condition, with the macro whose condition it is
// in, nil for the outermost.
type reference struct {
	name string
	at   cond.Pos
	in   *macro
}

// maxNodes is where the counting of nodes ends.
const maxNodes = 1 << 29

func (e *expansion) expand(x cond.Expr) part {
	switch n := x.(type) {
	case *cond.And:
		children, size := e.all(n.Children)
		if children != nil {
			x = &cond.And{At: n.At, Children: children}
		}
		return part{x, size}
	case *cond.Or:
		children, size := e.all(n.Children)
		if children != nil {
			x = &cond.Or{At: n.At, Children: children}
		}
		return part{x, size}
	case *cond.Not:
		child := e.expand(n.Child)
		if child.x != n.Child {
			x = &cond.Not{At: n.At, Child: child.x}
		}
		return part{x, min(child.size+1, maxNodes)}
	case *cond.Macro:
		return e.macro(n)
	case *cond.Check:
		size := 2
		switch r := n.Right.(type) {
		case *cond.List:
			size += len(r.Items)
		case nil:
		default:
			size++
		}
		return part{x, size}
	}
	return part{x, 1}
}

// all expands children; the list is nil if nothing changed.
func (e *expansion) all(xs []cond.Expr) (list []cond.Expr, size int) {
	size = 1
	for i, x := range xs {
		p := e.expand(x)
		size = min(size+p.size, maxNodes)
		if p.x != x && list == nil {
			list = slices.Clone(xs)
		}
		if list != nil {
			list[i] = p.x
		}
		if e.loop != nil {
			break
		}
	}
	return list, size
}

func (e *expansion) macro(n *cond.Macro) part {
	m := e.macros.byName[n.Name]
	if m == nil || m.info.index >= e.visibility {
		if e.unknown == nil {
			e.unknown = &reference{n.Name, n.At, e.owner()}
		}
		return part{n, 1}
	}
	if m.parsed == nil {
		e.broken = true
		e.use(m)
		return part{n, 1}
	}
	if slices.Contains(e.path, m) {
		if e.loop == nil {
			e.loop = &reference{n.Name, n.At, e.owner()}
		}
		return part{n, 1}
	}
	e.use(m)
	if m.resolved != nil {
		return part{m.resolved, m.size}
	}
	if p, ok := e.done[m]; ok {
		return p
	}
	e.path = append(e.path, m)
	p := e.expand(m.parsed)
	e.path = e.path[:len(e.path)-1]
	if e.loop == nil {
		if e.done == nil {
			e.done = make(map[*macro]part)
		}
		e.done[m] = p
	}
	return p
}

// expanded is what an expression came to, for as long as the macros it names
// come to the same: rules are compiled anew for each file, and mostly nothing
// has changed.
type expanded struct {
	names []string    // of the macros, as often as they are named
	to    []cond.Expr // what each of them was
	part
}

// run expands x, or takes what it came to before.
func (e *expansion) run(x cond.Expr, g *engine) part {
	old := g.expanded[x]
	if old != nil && e.unchanged(old) {
		return old.part
	}
	p := e.expand(x)
	if e.loop != nil || e.unknown != nil || e.broken || g.frozen {
		return p
	}
	now := &expanded{part: p}
	for n := range cond.Walk(x) {
		if n, ok := n.(*cond.Macro); ok {
			m := e.macros.byName[n.Name]
			if m.resolved == nil {
				return p
			}
			now.names = append(now.names, n.Name)
			now.to = append(now.to, m.resolved)
		}
	}
	g.expanded[x] = now
	return p
}

func (e *expansion) unchanged(old *expanded) bool {
	for i, name := range old.names {
		if m := e.macros.byName[name]; m == nil || m.info.index >= e.visibility || m.resolved != old.to[i] {
			return false
		}
	}
	for _, name := range old.names {
		e.use(e.macros.byName[name])
	}
	return true
}

func (e *expansion) use(m *macro) {
	if e.mark {
		m.used = true
	}
}

// owner is the macro whose condition is being expanded.
func (e *expansion) owner() *macro {
	if len(e.path) == 0 {
		return nil
	}
	return e.path[len(e.path)-1]
}
