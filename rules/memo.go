package rules

import (
	"slices"
	"strings"

	"github.com/falconer-go/falconer/rules/cond"
)

// Falco compiles everything anew after each file, and says again what there is
// to warn of. Most of it has not changed since the file before: what a macro
// and a rule came to is remembered with what it depends on, and taken again
// where that is the same.

// basis is what the text of a condition depends on.
type basis struct {
	edit  int    // the definition's last change
	lists int    // how many lists there were, in
	gen   int    // this generation of them
	raw   string // the condition without lists
	text  string // and with them
	used  []int  // those it names
}

// macroMemo is what a macro came to.
type macroMemo struct {
	basis
	parsed cond.Expr
}

// ruleMemo is what a rule came to, with what there was to warn of.
type ruleMemo struct {
	basis
	rule     *Rule
	warnings []*Diagnostic
}

// listKey is what a condition sees of a list.
type listKey struct{ name, sub string }

// maxNewLists is how many lists a file may add for memos to stay worth their
// while: each is looked for in each condition.
const maxNewLists = 64

// renew notes the lists of this time. A new generation begins where lists are
// not what they were; lists that are only added leave memos in force, unless
// a condition names one of them.
func (e *engine) renew(ls *lists) {
	same := len(ls.all) >= len(e.lists) && len(ls.all)-len(e.lists) <= maxNewLists && len(ls.odd) == 0
	for i, old := range e.lists {
		if !same {
			break
		}
		same = ls.all[i].info.name == old.name && ls.all[i].sub == old.sub
	}
	if !same {
		e.gen++
	}
	e.lists = e.lists[:0]
	for _, l := range ls.all {
		e.lists = append(e.lists, listKey{l.info.name, l.sub})
	}
}

// holds reports whether a condition would come to the same text again.
func (b *basis) holds(edit int, e *engine, ls *lists) bool {
	if b.edit != edit || b.gen != e.gen || e.frozen || e.options.forget {
		return false
	}
	for _, l := range ls.all[b.lists:] {
		if strings.Contains(b.raw, l.info.name) || len(b.used) > 0 && strings.Contains(b.text, l.info.name) {
			return false
		}
	}
	b.lists = len(ls.all)
	return true
}

func (c *compilation) basis(edit int, raw, text string, used []int) basis {
	return basis{edit: edit, lists: len(c.lists.all), gen: c.engine.gen, raw: raw, text: text, used: used}
}

func (c *compilation) markLists(used []int) {
	if c.mark {
		for _, i := range used {
			c.lists.all[i].used = true
		}
	}
}

// recall returns the rule that an earlier file left, if it is still what the
// rule comes to, and says its warnings again.
func (c *compilation) recall(info *ruleInfo) *Rule {
	m := info.memo
	if m == nil || m.rule.info != info || !m.holds(info.edit, c.engine, c.lists) {
		return nil
	}
	e := expansion{macros: c.macros, visibility: maxNodes, mark: c.mark}
	if p := e.run(m.rule.parsed, c.engine); p.x != m.rule.Condition || p.size > c.nodes || len(m.text)+len(m.raw) > c.bytes {
		return nil
	} else {
		c.nodes -= p.size
		c.bytes -= len(m.text)
	}
	c.markLists(m.used)
	for _, d := range m.warnings {
		again := *d
		again.Beyond = c.out.beyond
		c.out.add(&again)
	}
	return m.rule
}

// remember keeps what a rule came to.
func (c *compilation) remember(r *Rule, raw string, used []int, from int) {
	if c.engine.frozen {
		return
	}
	r.info.memo = &ruleMemo{c.basis(r.info.edit, raw, r.condText, used), r, slices.Clone(c.out.res.Warnings[from:])}
}
