package mitigate

import (
	"slices"
	"strings"
	"sync"

	"github.com/falconer-go/falconer/rules/cond"
)

// ruled is an entry whose condition asks for the rule of the alert. Most of these
// hold for a rule or two: they are compiled when an alert of such a rule comes.
type ruled struct {
	text  string
	tree  func() cond.Expr // of the condition without its checks; nil if it does not parse
	guard func() *guarded  // nil if it cannot hold
}

func newRuled(e *entry, text, source string) ruled {
	return ruled{
		text: text,
		tree: sync.OnceValue(func() cond.Expr {
			x, err := cond.Parse(splitOutside(" "+text, " where ")[0], nil)
			if err != nil {
				return nil
			}
			return x
		}),
		guard: sync.OnceValue(func() *guarded {
			c := guardOf(text, source)
			if c == nil {
				return nil
			}
			return &guarded{entry: e, guard: c}
		}),
	}
}

// ofRule returns the entries of g.ruled that may hold for alerts of the subject's
// rule.
func (g *generalKnowledge) ofRule(s *subject) []*guarded {
	rule := s.e.Rule
	if find[ruleEntry](s.l, "rule", rule) == nil {
		rule = "" // an alert can name any rule
	}
	if list, ok := g.byRule.Load(rule); ok {
		return list.([]*guarded)
	}
	list := make([]*guarded, len(g.ruled))
	inParallel(len(list), func(i int) {
		r := &g.ruled[i]
		if rule == "" || !isForOthers(r.text, rule) && (r.tree() == nil || ofRule(r.tree(), rule) != cond.False) {
			list[i] = r.guard()
		}
	})
	list = slices.DeleteFunc(list, func(g *guarded) bool { return g == nil })
	shared, _ := g.byRule.LoadOrStore(rule, list)
	return shared.([]*guarded)
}

// isForOthers reports whether a condition asks for other rules: most begin with
// that, which takes no parsing to see.
func isForOthers(text, rule string) bool {
	text, rule = oneLine(text), oneLine(rule)
	if hasWord(text, "or") {
		return false
	}
	for _, clause := range splitOutside(text, " and ") {
		if strings.HasPrefix(clause, "alert.rule = ") || strings.HasPrefix(clause, "alert.rule in (") {
			return !strings.Contains(clause, rule)
		}
	}
	return false
}

// hasWord reports whether text has the word, be it in quotes.
func hasWord(text, word string) bool {
	for i := 0; ; i++ {
		n := strings.Index(text[i:], word)
		if n < 0 {
			return false
		}
		i += n
		end := i + len(word)
		if (i == 0 || !alphanumeric[text[i-1]]) && (end == len(text) || !alphanumeric[text[end]]) {
			return true
		}
	}
}

// ofRule evaluates x for an alert of which nothing is known but its rule.
func ofRule(x cond.Expr, rule string) cond.Tri {
	switch x := x.(type) {
	case *cond.And:
		return decided(x.Children, rule, cond.False)
	case *cond.Or:
		return decided(x.Children, rule, cond.True)
	case *cond.Not:
		switch ofRule(x.Child, rule) {
		case cond.True:
			return cond.False
		case cond.False:
			return cond.True
		}
	case *cond.Check:
		return checkOfRule(x, rule)
	}
	return cond.Unknown
}

// decided is what children that one of them may decide come to.
func decided(children []cond.Expr, rule string, by cond.Tri) cond.Tri {
	all := cond.True
	if by == cond.True {
		all = cond.False
	}
	for _, c := range children {
		switch ofRule(c, rule) {
		case by:
			return by
		case cond.Unknown:
			all = cond.Unknown
		}
	}
	return all
}

func checkOfRule(x *cond.Check, rule string) cond.Tri {
	field, ok := x.Left.(*cond.Field)
	if !ok || field.FullName() != "alert.rule" || x.Mod != cond.NoMod {
		return cond.Unknown
	}
	var holds bool
	switch right := x.Right.(type) {
	case *cond.Value:
		switch x.Op {
		case cond.OpEq, cond.OpEqEq:
			holds = right.Text == rule
		case cond.OpNE:
			holds = right.Text != rule
		case cond.OpStartsWith:
			holds = strings.HasPrefix(rule, right.Text)
		case cond.OpEndsWith:
			holds = strings.HasSuffix(rule, right.Text)
		case cond.OpContains:
			holds = strings.Contains(rule, right.Text)
		default:
			return cond.Unknown
		}
	case *cond.List:
		if x.Op != cond.OpIn {
			return cond.Unknown
		}
		holds = slices.ContainsFunc(right.Items, func(v cond.Value) bool { return v.Text == rule })
	default:
		return cond.Unknown
	}
	if holds {
		return cond.True
	}
	return cond.False
}
