package cond

import (
	"slices"
	"strings"
)

// warn notes what Falco's compiler warns of in a constant.
func (c *compiler) warn(op Op, at Pos, text string) {
	add := func(msg string) { c.warnings = append(c.warnings, Warning{msg, at}) }
	if op == OpRegex && isPlainRegex(text) {
		add("regex check with '" + text + "' may be optimized with simpler operators such as " +
			"'=', 'contains', 'startswith', 'endswith'")
	}
	if end := strings.IndexAny(text, ".("); end < 0 || strings.ContainsAny(text[:end], "/:-=,%&?\"") {
		return // neither a field nor a transformer
	}
	packed := strings.Map(func(r rune) rune {
		if r < 0x80 && isSpace(byte(r)) {
			return -1
		}
		return r
	}, text)
	_, msg, unknown := c.fields.resolve(packed, c.env.Source)
	if msg == "" {
		add("'" + text + "' may be a valid field misused as a const string value")
	} else if !unknown {
		return // a field used wrongly: Falco gives up on the constant
	}
	for _, t := range rightTransformers {
		if len(packed) >= len(t)+2 && strings.HasPrefix(packed, t+"(") && strings.HasSuffix(packed, ")") {
			add("'" + text + "' may be a valid field transformer misused as a const string value")
		}
	}
}

// isPlainRegex reports whether a regex has nothing special but an anchor at
// its ends and any character, any number of times.
func isPlainRegex(v string) bool {
	for i := 0; i < len(v); i++ {
		if i == 0 && v[i] == '^' || i == len(v)-1 && v[i] == '$' {
			continue
		}
		if (i == 0 && len(v) > 1 || i == len(v)-2) && v[i] == '.' && strings.IndexByte("+*?", v[i+1]) >= 0 {
			i++
			continue
		}
		if strings.IndexByte(".+*?^$()[]{}|\\\x00", v[i]) >= 0 {
			return false
		}
	}
	return true
}

// UnsafeNA returns the checks of x that compare a field of the k8s_audit or
// json source with <NA>, as rules for an old Falco do: today such a field has
// no value instead, and no check of it holds.
func UnsafeNA(x Expr) []*Check {
	var list []*Check
	for n := range Walk(x) {
		c, ok := n.(*Check)
		if !ok || c.Mod != NoMod {
			continue
		}
		switch c.Op {
		case OpEqEq, OpEq, OpNE, OpIn, OpIntersects, OpPMatch:
		default:
			continue
		}
		// Falco looks at the last field of the left side.
		var last *Field
		for n := range Walk(c.Left) {
			if f, ok := n.(*Field); ok {
				last = f
			}
		}
		if last == nil || !strings.HasPrefix(last.Name, "ka.") && !strings.HasPrefix(last.Name, "jevt.") {
			continue
		}
		switch r := c.Right.(type) {
		case *Value:
			ok = r.Text == "<NA>"
		case *List:
			ok = slices.ContainsFunc(r.Items, func(v Value) bool { return v.Text == "<NA>" })
		default:
			ok = false
		}
		if ok {
			list = append(list, c)
		}
	}
	return list
}

// DeprecatedFields returns the fields of x that Falco is about to drop, such
// as evt.dir, sorted, each once.
func DeprecatedFields(x Expr) []string {
	var names []string
	for n := range Walk(x) {
		if f, ok := n.(*Field); ok && deprecated[f.Name] {
			names = append(names, f.Name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// deprecated are the fields that Falco warns of in a rule.
var deprecated = map[string]bool{
	"evt.dir": true, "evt.latency": true, "evt.latency.s": true, "evt.latency.ns": true,
	"evt.latency.human": true, "evt.wait_latency": true,
}
