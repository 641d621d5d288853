package mitigate

import (
	"strconv"
	"strings"

	"github.com/falconer-go/falconer/event"
	"github.com/falconer-go/falconer/rules/cond"
)

type tmpProgram struct{ x cond.Expr }

func compileCondition(text string) (*tmpProgram, error) {
	x, err := cond.Parse(text, nil)
	return &tmpProgram{x}, err
}

func (p *tmpProgram) Match(e *event.Event) bool { return tmpEval(p.x, e) }

func tmpEval(x cond.Expr, e *event.Event) bool {
	switch x := x.(type) {
	case *cond.And:
		for _, c := range x.Children {
			if !tmpEval(c, e) {
				return false
			}
		}
		return true
	case *cond.Or:
		for _, c := range x.Children {
			if tmpEval(c, e) {
				return true
			}
		}
		return false
	case *cond.Not:
		return !tmpEval(x.Child, e)
	case *cond.Check:
		f, ok := x.Left.(*cond.Field)
		if !ok {
			return false
		}
		v := e.Field(f.FullName())
		if v.Kind() <= event.Null {
			return false
		}
		list, _ := v.Strings()
		var rhs []string
		switch r := x.Right.(type) {
		case *cond.Value:
			rhs = []string{r.Text}
		case *cond.List:
			rhs = r.Texts()
		}
		for _, s := range list {
			for _, r := range rhs {
				n, err1 := strconv.ParseFloat(s, 64)
				m, err2 := strconv.ParseFloat(r, 64)
				num := err1 == nil && err2 == nil
				ok := false
				switch x.Op {
				case cond.OpEq, cond.OpEqEq, cond.OpIn, cond.OpIntersects:
					ok = s == r
				case cond.OpNE:
					ok = s != r
				case cond.OpStartsWith:
					ok = strings.HasPrefix(s, r)
				case cond.OpEndsWith:
					ok = strings.HasSuffix(s, r)
				case cond.OpContains:
					ok = strings.Contains(s, r)
				case cond.OpIContains:
					ok = strings.Contains(strings.ToLower(s), strings.ToLower(r))
				case cond.OpLT:
					ok = num && n < m
				case cond.OpLE:
					ok = num && n <= m
				case cond.OpGT:
					ok = num && n > m
				case cond.OpGE:
					ok = num && n >= m
				}
				if ok {
					return true
				}
			}
		}
		return x.Op == cond.OpExists
	}
	return false
}
