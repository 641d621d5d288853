package mitigate

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// template is a parsed text of the knowledge; knowledge/README.md has the form.
type template struct {
	nodes  []node
	static Text // of a template without fields: the same for every alert
}

// node is one part of a template: words of ours, a field, a computed value, a
// phrase, or an optional part, whichever is set.
type node struct {
	words    Text
	field    string
	calc     *calc
	absent   Text // for a field without a value
	fallback bool // absent is given
	phrase   string
	optional []node
}

func parseTemplate(s string) (*template, error) {
	p := templateParser{src: strings.Join(strings.Fields(s), " ")}
	// Fields trims: a text may begin with a space that matters, as phrases do.
	if strings.HasPrefix(s, " ") {
		p.src = " " + p.src
	}
	nodes, err := p.nodes(false)
	if err != nil {
		return nil, err
	}
	return newTemplate(nodes), nil
}

func newTemplate(nodes []node) *template {
	tm := &template{nodes: nodes}
	var words Text
	for i := range nodes {
		if nodes[i].words == nil {
			return tm
		}
		words = append(words, nodes[i].words...)
	}
	tm.static = slices.Clip(words)
	return tm
}

// between returns the template with words of ours before and behind it.
func (tm *template) between(before, behind Text) *template {
	return newTemplate(slices.Concat([]node{{words: before}}, tm.nodes, []node{{words: behind}}))
}

type templateParser struct {
	src string
	at  int
}

func (p *templateParser) nodes(inner bool) ([]node, error) {
	var list []node
	from := p.at
	flush := func() {
		if words := plain(p.src[from:p.at]); len(words) > 0 {
			list = append(list, node{words: words})
		}
	}
	code := false
	for p.at < len(p.src) {
		rest := p.src[p.at:]
		switch {
		case rest[0] == '`':
			code = !code
			p.at++
		case code:
			p.at++
		case strings.HasPrefix(rest, "%{"):
			flush()
			n, err := p.field()
			if err != nil {
				return nil, err
			}
			list = append(list, n)
			from = p.at
		case strings.HasPrefix(rest, "[["):
			flush()
			p.at += 2
			opt, err := p.nodes(true)
			if err != nil {
				return nil, err
			}
			list = append(list, node{optional: opt})
			from = p.at
		case inner && strings.HasPrefix(rest, "]]"):
			flush()
			p.at += 2
			return list, nil
		default:
			p.at++
		}
	}
	if inner {
		return nil, errors.New("[[ without ]]")
	}
	if code {
		return nil, errors.New("` without `")
	}
	flush()
	return list, nil
}

// field reads %{name}, %{name|words}, %{function(name)} or %{$phrase}.
func (p *templateParser) field() (node, error) {
	end := strings.IndexByte(p.src[p.at:], '}')
	if end < 0 {
		return node{}, errors.New("%{ without }")
	}
	inner := p.src[p.at+2 : p.at+end]
	p.at += end + 1
	if name, ok := strings.CutPrefix(inner, "$"); ok {
		return node{phrase: name}, nil
	}
	name, absent, fallback := strings.Cut(inner, "|")
	if isCalc(name) {
		c, err := parseCalc(name)
		return node{calc: c, absent: plain(absent), fallback: fallback}, err
	}
	if name == "" || strings.ContainsAny(name, " %{`") {
		return node{}, fmt.Errorf("%q is not a field", name)
	}
	return node{field: name, absent: plain(absent), fallback: fallback}, nil
}

// walkNodes calls f for each node, optional parts included, with whether it stands
// in an optional part.
func walkNodes(nodes []node, optional bool, f func(n node, optional bool)) {
	for _, n := range nodes {
		f(n, optional)
		walkNodes(n.optional, true, f)
	}
}
