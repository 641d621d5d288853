package rules

import (
	"math"
	"sort"

	"github.com/falconer-go/falconer/rules/cond"
)

// origin finds where in the files a byte of a condition comes from: back
// through the lists put into its text, then through the pieces it was put
// together from, then into the scalar of the file. Nothing of that is kept
// while rules compile; it is worked out when there is something to say.
type origin struct {
	c      *compilation
	pieces []piece
	text   string // with lists in place
	root   cond.Expr

	back  []int // for each byte of text, the byte of the pieces
	macro map[*macro]*origin
	own   map[*cond.Check]bool
}

// chain is where a fault of a condition is: parent, and the condition itself.
// pos is the place that Falco reports, at the place of the fault, shown the
// text whose first words Falco prints as the name.
func (o *origin) chain(pos, at cond.Pos, parent chain, shown string) chain {
	last := parent.items[len(parent.items)-1].mark
	it := Item{Type: TypeExpression, Pos: o.locate(at.Offset), text: shown}
	// Falco adds the place in the condition, counted from 1, to that of the
	// condition in the file, counted from 0.
	it.mark = mark{last.Line + pos.Line, last.Column + pos.Column, last.Offset + pos.Offset}
	return parent.with(it)
}

// chainAt is chain for a fault that may be in a macro.
func (o *origin) chainAt(pos, at cond.Pos, parent chain, shown string, in *macro) chain {
	c := o.chain(pos, at, parent, shown)
	if in != nil {
		if o.macro == nil {
			o.macro = make(map[*macro]*origin)
		}
		m := o.macro[in]
		if m == nil {
			m = &origin{c: o.c, pieces: in.info.cond.pieces(), text: in.text}
			o.macro[in] = m
		}
		c.items[len(c.items)-1].Pos = m.locate(at.Offset)
	}
	return c
}

// locate returns the place of an offset of the condition's text.
func (o *origin) locate(offset int) Pos {
	if o.back == nil {
		work := int64(listWork)
		if _, _, ok := o.c.lists.resolve(join(o.pieces), math.MaxInt, &work, &o.back); !ok {
			return Pos{}
		}
	}
	switch {
	case offset < len(o.back):
		offset = o.back[offset]
	case len(o.back) > 0:
		offset = o.back[len(o.back)-1] + 1
	}
	for i, p := range o.pieces {
		if offset < len(p.text) || i == len(o.pieces)-1 || p.from.node != nil && offset == len(p.text) {
			if p.from.node != nil {
				return p.from.file.inScalar(p.from.node, p.text, offset)
			}
			if p.at.file != nil {
				return p.at.pos()
			}
			if i+1 < len(o.pieces) { // a bracket or blank put in: what follows it
				offset = len(p.text)
			} else if i > 0 {
				return o.piecePos(o.pieces[i-1])
			}
		}
		offset -= len(p.text)
	}
	return Pos{}
}

func (o *origin) piecePos(p piece) Pos {
	if p.from.node != nil {
		return p.from.file.inScalar(p.from.node, p.text, len(p.text))
	}
	return p.at.pos()
}

// owners maps checks to the macros in whose conditions they are written.
func (c *compilation) owners() map[*cond.Check]*macro {
	if c.checkOwners == nil {
		c.checkOwners = make(map[*cond.Check]*macro)
		for _, m := range c.macros.all {
			if m.parsed == nil {
				continue
			}
			for n := range cond.Walk(m.parsed) {
				if k, ok := n.(*cond.Check); ok {
					c.checkOwners[k] = m
				}
			}
		}
	}
	return c.checkOwners
}

// owner returns the macro that holds the check which an error is about, nil
// if it is the rule's own: the first check that gives the same error alone.
func (o *origin) owner(err *cond.Error, x cond.Expr, source string) *macro {
	own := o.ownChecks()
	for n := range cond.Walk(x) {
		k, ok := n.(*cond.Check)
		if !ok {
			continue
		}
		if _, _, e := o.c.engine.compile(k, source); e != nil && e.Msg == err.Msg && e.At == err.At {
			if own[k] {
				return nil
			}
			return o.c.owners()[k]
		}
	}
	return nil
}

// ownChecks are the checks that the condition itself has: a macro with the
// same words shares them.
func (o *origin) ownChecks() map[*cond.Check]bool {
	if o.own == nil {
		o.own = make(map[*cond.Check]bool)
		for n := range cond.Walk(o.root) {
			if k, ok := n.(*cond.Check); ok {
				o.own[k] = true
			}
		}
	}
	return o.own
}

// ownerOf returns the macro that holds the first check with something at that
// place.
func (o *origin) ownerOf(x cond.Expr, at cond.Pos) *macro {
	own := o.ownChecks()
	owner := func(check *cond.Check) *macro {
		if own[check] {
			return nil
		}
		return o.c.owners()[check]
	}
	var check *cond.Check
	for n := range cond.Walk(x) {
		if k, ok := n.(*cond.Check); ok {
			check = k
		}
		if check != nil && n.Pos() == at {
			return owner(check)
		}
		if l, ok := n.(*cond.List); ok {
			i := sort.Search(len(l.Items), func(i int) bool { return l.Items[i].At.Offset >= at.Offset })
			if i < len(l.Items) && l.Items[i].At == at {
				return owner(check)
			}
		}
	}
	return nil
}
