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

// manyLooks is how often a look is taken at the tree of a condition before it is
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
	case v.Kind() != event.String:
		return cond.Unknown // a list may be empty, a number written in another way
	case x.Op == cond.OpExists:
		return cond.True
	}
	text, holds := v.Text(), false
	switch right := x.Right.(type) {
	case *cond.Value:
		switch x.Op {
		case cond.OpEq, cond.OpEqEq:
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
// name: some are derived from other fields, or are lists of ancestors.
func isItself(field string) bool {
	family, name, ok := strings.Cut(field, ".")
	switch family {
	case "fd":
		return name == "name"
	case "evt":
		return name == "type"
	case "proc":
		return !strings.HasPrefix(name, "a") || name == "args"
	}
	return ok && field != "alert.time" && field != "alert.tags"
}

// isWord reports whether a value can be written in one way only: it is no number, no
// address and no list, and has nothing in it but what can be seen.
func isWord(s string) bool {
	return s != "" && (s[0] == '/' || 'a' <= s[0]|0x20 && s[0]|0x20 <= 'z') && !strings.ContainsAny(s, ":,") && printable(s)
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

// needsOf reads off the text of a condition, with single blanks between its words, what
// it cannot hold without. It parses nothing, and gives up where it is not sure.
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
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '(':
			depth++
		case c == ')':
			depth--
		case c == '[' || c == ']':
			// of a field it encloses the argument, else it is part of a word
			to := strings.IndexByte(text[i:], ']')
			if c == ']' || to < 0 || i == 0 || !alphanumeric[text[i-1]] {
				return nil
			}
			i += to
		case depth > 0:
		case strings.HasPrefix(text[i:], "or"):
			return nil // if only in a word: "or" needs no blank before it
		case strings.HasPrefix(text[i:], " and "):
			end(i)
			clause = i + len(" and")
			i = clause - 1
		case strings.HasPrefix(text[i:], " where "), i == 0 && strings.HasPrefix(text, "where "):
			end(i)
			_, rest, _ := strings.Cut(text[i:], "where ")
			return append(needs, computedFrom(rest)...)
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
	op, value, _ := strings.Cut(rest, " ")
	list := strings.TrimPrefix(value, "(")
	if (op == "=" || op == "in") && !strings.ContainsAny(list, `(\`) { // no function makes the value
		n.within = value
	}
	return n
}

// computedFrom returns the field that the first check of computed values reads, none
// if the check may hold without.
func computedFrom(where string) []need {
	function, rest, ok := strings.Cut(where, "(")
	if !ok || function == "printed" || strings.Contains(function, " ") {
		return nil
	}
	if i := strings.IndexAny(rest, ",) "); i > 0 && rest[i] != ' ' && !strings.Contains(rest[:i], "[") {
		return []need{{field: rest[:i]}}
	}
	return nil
}
