package mitigate

import (
	"slices"
	"strings"

	"github.com/falconer-go/falconer/event"
	"github.com/falconer-go/falconer/rules/cond"
)

// guarded is an entry with its condition, which is compiled when an alert comes that
// may fulfil it: of most entries none ever does. Until then a look at the text tells
// that it does not hold, or else a look at the tree.
type guarded struct {
	*entry
	guard *condition
	needs []need // without which the condition does not hold
}

func newGuarded(e *entry) guarded {
	g := guarded{entry: e, guard: &condition{text: e.scalar("if")}}
	g.needs = needsOf(oneLine(g.guard.text))
	return g
}

// mayHold reports false if the text of the condition tells that it does not hold for
// the alert.
func (g *guarded) mayHold(e *event.Event) bool {
	for i := range g.needs {
		if !g.needs[i].met(e) {
			return false
		}
	}
	return true
}

// holds reports whether the condition holds but for its checks of computed values.
func (g *guarded) holds(e *event.Event) bool {
	c := g.guard
	return !c.refutedBy(e) && c.compile() == nil && c.program.Match(e)
}

// manyLooks is how often a look at the tree of a condition has been enough when it is
// compiled all the same: for so many alerts that is cheaper.
const manyLooks = 16

// refutedBy reports whether a look at the tree tells that the condition does not hold
// for the alert; it is false once the condition is compiled.
func (c *condition) refutedBy(e *event.Event) bool {
	if c.compiled.Load() || c.looks.Load() >= manyLooks {
		return false
	}
	c.looks.Add(1)
	x, err := c.tree()
	return err == nil && look(x, e) == cond.False
}

// look evaluates a condition by the checks that take no compiling.
func look(x cond.Expr, e *event.Event) cond.Tri {
	switch x := x.(type) {
	case *cond.And:
		return lookAll(x.Children, e, cond.False)
	case *cond.Or:
		return lookAll(x.Children, e, cond.True)
	case *cond.Not:
		return -look(x.Child, e)
	case *cond.Check:
		return lookAt(x, e)
	}
	return cond.Unknown
}

// lookAll is what children that one of them may decide come to.
func lookAll(children []cond.Expr, e *event.Event, decides cond.Tri) cond.Tri {
	all := -decides
	for _, c := range children {
		switch is := look(c, e); is {
		case decides:
			return is
		case cond.Unknown:
			all = is
		}
	}
	return all
}

func lookAt(x *cond.Check, e *event.Event) cond.Tri {
	f, ok := x.Left.(*cond.Field)
	if !ok || x.Mod != cond.NoMod || !isItself(f.FullName()) {
		return cond.Unknown
	}
	v := e.Field(f.FullName())
	switch {
	case v.Kind() <= event.Null:
		return cond.False
	case x.Op == cond.OpExists:
		return cond.True
	case v.Kind() != event.String:
		return cond.Unknown
	}
	text, holds := v.Text(), false
	switch right := x.Right.(type) {
	case *cond.Value:
		switch x.Op {
		case cond.OpEq:
			if !isWord(text) {
				return cond.Unknown
			}
			holds = text == right.Text
		case cond.OpContains:
			holds = strings.Contains(text, right.Text)
		case cond.OpStartsWith:
			holds = strings.HasPrefix(text, right.Text)
		case cond.OpEndsWith:
			holds = strings.HasSuffix(text, right.Text)
		default:
			return cond.Unknown
		}
	case *cond.List:
		if x.Op != cond.OpIn || !isWord(text) {
			return cond.Unknown
		}
		holds = slices.ContainsFunc(right.Items, func(v cond.Value) bool { return v.Text == text })
	default:
		return cond.Unknown
	}
	if holds {
		return cond.True
	}
	return cond.False
}

// isItself reports whether a check of the field is about what the alert has under its
// name: some are derived from other fields, or are lists.
func isItself(field string) bool {
	family, name, ok := strings.Cut(field, ".")
	switch family {
	case "fd":
		return name == "name"
	case "evt":
		return name == "type"
	}
	return ok && field != "proc.aname" && field != "proc.aexepath" && field != "alert.time" && field != "alert.tags"
}

// isWord reports whether a value can be written in one way only: it is no number, no
// address and no list.
func isWord(s string) bool {
	return s != "" && (s[0] == '/' || 'a' <= s[0]|0x20 && s[0]|0x20 <= 'z') && !strings.ContainsAny(s, ":,")
}

// need is what a condition asks of a field, besides other things: to be there and,
// where its value is a word, to stand in a part of the condition.
type need struct{ field, within string }

func (n *need) met(e *event.Event) bool {
	v := e.Field(n.field)
	if v.Kind() != event.String || n.within == "" {
		return v.Kind() > event.Null
	}
	text := v.Text()
	return !isWord(text) || strings.Contains(text, "  ") || strings.Contains(n.within, text)
}

// needsOf reads off the text of a condition what it cannot hold without. It parses
// nothing, and what it is not sure of it leaves out.
func needsOf(text string) (needs []need) {
	if strings.Contains(text, `\'`) || strings.Contains(text, `\"`) {
		return nil
	}
	depth, quote, clause := 0, byte(0), 0
	end := func(to int) {
		if n := needOf(strings.TrimSpace(text[clause:to])); n.field != "" {
			needs = append(needs, n)
		}
	}
	is := func(word string, i int) bool {
		to := i + len(word)
		return strings.HasPrefix(text[i:], word) && (i == 0 || !alphanumeric[text[i-1]]) && (to == len(text) || !alphanumeric[text[to]])
	}
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '(' || c == '[':
			depth++
		case c == ')' || c == ']':
			depth--
		case depth > 0:
		case c == 'o' && is("or", i):
			return nil
		case c == 'a' && is("and", i):
			end(i)
			clause = i + len("and")
		case c == 'w' && is("where", i):
			end(i)
			return append(needs, computedFrom(text[i+len("where"):])...)
		}
	}
	end(len(text))
	return needs
}

// needOf returns what a clause asks of the field that it begins with; the zero need
// if it begins otherwise.
func needOf(clause string) need {
	f, rest, ok := strings.Cut(clause, " ")
	if !ok || strings.ContainsAny(f, "=<>!()[],\"'") || !isItself(f) {
		return need{}
	}
	n := need{field: f}
	if op, value, _ := strings.Cut(rest, " "); (op == "=" || op == "in") && !strings.Contains(value, `\`) {
		n.within = value
	}
	return n
}

// computedFrom returns the field that the first check of computed values reads, none
// if the check may hold without.
func computedFrom(where string) []need {
	function, rest, ok := strings.Cut(strings.TrimSpace(where), "(")
	if !ok || function == "printed" || strings.Contains(function, " ") {
		return nil
	}
	if i := strings.IndexAny(rest, ",) "); i > 0 && rest[i] != ' ' && !strings.Contains(rest[:i], "[") {
		return []need{{field: rest[:i]}}
	}
	return nil
}
