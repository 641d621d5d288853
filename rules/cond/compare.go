package cond

import (
	"net/netip"
	"slices"
	"strings"
)

// test compares a value with the constants of a check. Which method to ask
// depends on the class of the values.
type test struct {
	op  Op // OpEqEq is OpEq
	mod Mod

	// One constant, and all of them.
	one  constant
	all  []constant
	each []test // one test for each constant, for a modifier that has no better way

	signed  bool // integers are compared as signed ones
	strs    *stringSet
	nums    map[uint64]struct{}
	ips     map[netip.Addr]struct{}
	needles *automaton // of a long list, for anyof with contains, startswith or endswith
	glob    glob
	regex   regex
	paths   *pathTree
}

// fewMembers is how many members a set may have for a linear search to be the
// faster one.
const fewMembers = 8

// newTest prepares the comparison of values of the class with constants. msg is
// Falco's message if a constant does not fit.
func newTest(cls class, op Op, mod Mod, list []constant) (t test, msg string) {
	if op == OpEqEq {
		op = OpEq
	}
	t = test{op: op, mod: mod, all: list, signed: cls == intClass}
	if len(list) > 0 {
		t.one = list[0]
	}
	if mod != NoMod {
		t.each = make([]test, len(list))
		for i, c := range list {
			if t.each[i], msg = newTest(cls, op, NoMod, []constant{c}); msg != "" {
				return t, msg
			}
		}
	}
	switch {
	case t.isSet():
		t.makeSet(cls)
	case mod == AnyOf && len(list) > fewMembers && cls == strClass:
		t.makeNeedles()
	case mod != NoMod:
	case op == OpGlob || op == OpIGlob:
		t.glob = newGlob(t.one.str, op == OpIGlob)
	case op == OpRegex:
		t.regex, msg = newRegex(t.one.str)
	case op == OpPMatch:
		t.paths = &pathTree{}
		for _, c := range list {
			t.paths.add(c.str, 0)
		}
	}
	return t, msg
}

// isSet reports whether the test asks if the value is one of the constants, or
// none of them.
func (t *test) isSet() bool {
	switch t.op {
	case OpIn, OpIntersects:
		return true
	case OpEq:
		return t.mod == AnyOf
	case OpNE:
		return t.mod == AllOf
	}
	return false
}

func (t *test) makeSet(cls class) {
	if cls == strClass || cls == bufClass {
		t.strs = newStringSet(t.all)
		return
	}
	if len(t.all) <= fewMembers {
		return
	}
	switch cls {
	case intClass, uintClass, boolClass:
		t.nums = map[uint64]struct{}{}
		for _, c := range t.all {
			t.nums[c.num] = struct{}{}
		}
	case ipClass:
		t.ips = map[netip.Addr]struct{}{}
		for _, c := range t.all {
			t.ips[c.ip] = struct{}{}
		}
	}
}

// makeNeedles prepares the search for one of many strings, if there is a way
// that is better than to look for one after the other.
func (t *test) makeNeedles() {
	var where place
	switch t.op {
	case OpStartsWith:
		where = atStart
	case OpEndsWith:
		where = atEnd
	case OpContains, OpIContains:
		where = anywhere
	default:
		return
	}
	needles := make([]string, len(t.all))
	for i, c := range t.all {
		needles[i] = c.str
	}
	t.needles = newAutomaton(where, t.op == OpIContains, needles)
}

// never reports whether no value passes: Falco has nothing to compare with.
func (t *test) never() bool { return len(t.all) == 0 }

// count applies a modifier: how says whether the value passes the i-th test.
func (t *test) count(how func(t *test) bool) bool {
	n := 0
	for i := range t.each {
		if how(&t.each[i]) {
			if n++; t.mod == AnyOf {
				return true
			}
		} else if t.mod == AllOf {
			return false
		}
	}
	return n > 0 && (t.mod == AllOf || n == 1)
}

// str tests a string without NUL bytes.
func (t *test) str(s string) bool {
	if t.strs != nil {
		return t.strs.has(s) != (t.op == OpNE)
	}
	if t.mod != NoMod {
		if t.needles != nil {
			return t.needles.match(s)
		}
		return t.count(func(t *test) bool { return t.str(s) })
	}
	switch t.op {
	case OpGlob, OpIGlob:
		return t.glob.match(s)
	case OpRegex:
		return t.regex.match(s)
	case OpPMatch:
		return t.paths.match(s)
	}
	return compareStr(t.op, s, t.one.str)
}

// compareStr compares two strings without NUL bytes.
func compareStr(op Op, s, c string) bool {
	switch op {
	case OpEq, OpIn, OpIntersects:
		return s == c
	case OpNE:
		return s != c
	case OpLT:
		return s < c
	case OpLE:
		return s <= c
	case OpGT:
		return s > c
	case OpGE:
		return s >= c
	case OpContains, OpBContains:
		return strings.Contains(s, c)
	case OpIContains:
		return containsFold(s, c)
	case OpStartsWith, OpBStartsWith:
		return strings.HasPrefix(s, c)
	case OpEndsWith:
		return strings.HasSuffix(s, c)
	case OpGlob:
		return globMatch(c, s, false)
	case OpIGlob:
		return globMatch(c, s, true)
	}
	return false
}

// num tests an integer, as two's complement, or a bool.
func (t *test) num(n uint64) bool {
	if t.isSet() {
		in := false
		if t.nums != nil {
			_, in = t.nums[n]
		} else {
			for i := range t.all {
				if t.all[i].num == n {
					in = true
					break
				}
			}
		}
		return in != (t.op == OpNE)
	}
	if t.mod != NoMod {
		return t.count(func(t *test) bool { return t.num(n) })
	}
	return compareNum(t.op, n, t.one.num, t.signed)
}

// compareNum compares two integers.
func compareNum(op Op, n, c uint64, signed bool) bool {
	if signed { // shift the order of signed numbers to that of unsigned ones
		n ^= 1 << 63
		c ^= 1 << 63
	}
	switch op {
	case OpEq, OpIn, OpIntersects:
		return n == c
	case OpNE:
		return n != c
	case OpLT:
		return n < c
	case OpLE:
		return n <= c
	case OpGT:
		return n > c
	case OpGE:
		return n >= c
	}
	return false
}

// dbl tests a floating-point number.
func (t *test) dbl(f float64) bool {
	if t.isSet() {
		return slices.ContainsFunc(t.all, func(c constant) bool { return c.dbl == f }) != (t.op == OpNE)
	}
	if t.mod != NoMod {
		return t.count(func(t *test) bool { return t.dbl(f) })
	}
	return compareDbl(t.op, f, t.one.dbl)
}

func compareDbl(op Op, f, c float64) bool {
	switch op {
	case OpEq, OpIn, OpIntersects:
		return f == c
	case OpNE:
		return f != c
	case OpLT:
		return f < c
	case OpLE:
		return f <= c
	case OpGT:
		return f > c
	case OpGE:
		return f >= c
	}
	return false
}

// addr tests an address.
func (t *test) addr(a netip.Addr) bool {
	if t.isSet() {
		in := false
		if t.ips != nil {
			_, in = t.ips[a]
		} else {
			for i := range t.all {
				if t.all[i].ip == a {
					in = true
					break
				}
			}
		}
		return in != (t.op == OpNE)
	}
	if t.mod != NoMod {
		return t.count(func(t *test) bool { return t.addr(a) })
	}
	return (t.one.ip == a) != (t.op == OpNE)
}

// inNet tests whether an address is in networks. One of the other family is
// not.
func (t *test) inNet(a netip.Addr) bool {
	if t.isSet() {
		return t.anyNet(a) != (t.op == OpNE)
	}
	if t.mod != NoMod {
		return t.count(func(t *test) bool { return t.inNet(a) })
	}
	return t.one.net.Contains(a) != (t.op == OpNE)
}

func (t *test) anyNet(a netip.Addr) bool {
	for i := range t.all {
		if t.all[i].net.Contains(a) {
			return true
		}
	}
	return false
}
