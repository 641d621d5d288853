package rules

import (
	"slices"
	"strconv"
	"strings"

	"github.com/falconer-go/falconer/rules/cond"
)

// This file turns the exceptions of a rule into the part of its condition
// that they are for Falco: text, put together before lists are in place, so
// that values may name lists.

// comparison reads an operator of an exception as strictly as Falco: one
// blank, no more, before a modifier.
func comparison(s string) (cond.Op, cond.Mod, bool) {
	op, mod, ok := cond.ParseOp(s)
	if !ok || mod == cond.NoMod && s != op.String() || mod != cond.NoMod && s != op.String()+" "+mod.String() {
		return 0, 0, false
	}
	return op, mod, true
}

// piece is a part of a condition with the place it comes from.
type piece struct {
	text string
	from scalar // text is from.text if this is what a definition says
	at   chain  // for what an exception adds
}

// fold returns the condition of a rule with its exceptions, in pieces, and
// the fields that the exceptions look at.
// It is an error if one is of more than most bytes.
func (r *ruleInfo) fold(most int) (pieces []piece, fields []string, err error) {
	for i, s := range r.cond {
		if i > 0 {
			pieces = append(pieces, piece{text: " "})
		}
		pieces = append(pieces, piece{text: s.text, from: s})
	}
	if len(r.exceptions) == 0 {
		return pieces, nil, nil
	}
	pieces = slices.Insert(pieces, 0, piece{text: "("})
	pieces = append(pieces, piece{text: ")"})
	for i := range r.exceptions {
		ex := &r.exceptions[i]
		text, err := ex.fold(&fields, most)
		if err != nil {
			return nil, nil, err
		}
		if text != "" {
			pieces = append(pieces, piece{text: " and not " + text, at: ex.at})
		}
	}
	slices.Sort(fields)
	return pieces, slices.Compact(fields), nil
}

// fold is the exception as a condition, "" if it has no values.
func (ex *exceptionInfo) fold(fields *[]string, most int) (string, error) {
	var b strings.Builder
	tooLarge := func() error {
		return ex.at.fail(ErrTooLarge, "condition of more than "+strconv.Itoa(most)+" bytes")
	}
	if !ex.fields.list {
		for i, v := range ex.values {
			if v.list {
				return "", ex.at.fail(ErrValidate, "Expected values array to contain a list of strings")
			}
			if i == 0 {
				b.WriteString("(" + ex.fields.text + " " + ex.comps.text + " (")
				*fields = append(*fields, ex.fields.text)
			} else {
				b.WriteString(", ")
			}
			b.WriteString(quoteItem(v.text))
			if b.Len() > most {
				return "", tooLarge()
			}
		}
		if b.Len() > 0 {
			b.WriteString("))")
		}
		return b.String(), nil
	}
	if len(ex.values) == 0 {
		return "", nil
	}
	b.WriteByte('(')
	for i, values := range ex.values {
		if len(ex.fields.entries) != len(values.entries) {
			return "", ex.at.fail(ErrValidate, "Fields and values lists must have equal length")
		}
		if i > 0 {
			b.WriteString(" or ")
		}
		b.WriteByte('(')
		for k, field := range ex.fields.entries {
			if k > 0 {
				b.WriteString(" and ")
			}
			comp := "="
			if k < len(ex.comps.entries) { // an override that replaces goes unchecked
				comp = ex.comps.entries[k].text
			}
			b.WriteString(" " + field.text + " " + comp + " ")
			if !ex.foldValue(&b, comp, &values.entries[k], most) {
				return "", tooLarge()
			}
			if i == 0 {
				*fields = append(*fields, field.text)
			}
		}
		b.WriteByte(')')
	}
	b.WriteByte(')')
	if b.String() == "()" {
		return "", nil
	}
	return b.String(), nil
}

// foldValue reports whether there is room for the value.
func (ex *exceptionInfo) foldValue(b *strings.Builder, comp string, v *entry, most int) bool {
	if v.list {
		b.WriteByte('(')
		for i, item := range v.entries {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(quoteItem(item.text))
			if b.Len() > most {
				return false
			}
		}
		b.WriteByte(')')
		return true
	}
	if op, mod, ok := comparison(comp); ok && (op.IsList() || mod != cond.NoMod) {
		if strings.HasPrefix(v.text, "(") {
			b.WriteString(v.text)
		} else {
			b.WriteString("(" + v.text + ")")
		}
	} else {
		b.WriteString(quoteItem(v.text))
	}
	return b.Len() <= most
}
