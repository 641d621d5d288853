package cond

import (
	"strings"

	"github.com/falconer-go/falconer/event"
)

// check is a compiled check.
type check struct {
	expr   *Check   // as written
	either []*check // or, in place of it, what it was put together from
	in     scope
	op     Op // OpEqEq is OpEq
	mod    Mod
	cls    class // of the left side
	left   *operand
	test   test     // against constants
	right  *operand // or against a field

	how  how
	cost int // of the check, where the order of checks is free
}

// text is the check as it prints.
func (c *check) text() string {
	if c.expr != nil {
		return c.expr.String()
	}
	texts := make([]string, len(c.either))
	for i, sub := range c.either {
		texts[i] = sub.text()
	}
	return strings.Join(texts, " or ")
}

// scope is what decides the meaning of a check besides its text.
type scope struct {
	fields  *Table
	source  string
	unknown bool // fields that are not in the table are strings
	strict  bool
}

// how is the way in which a check is evaluated.
type how uint8

const (
	byOperands how = iota // the general way
	byField               // a field as it is, against constants
	byNothing             // nothing passes, whatever the alert says
	byEnds                // fd.ip and its kin: both ends of the connection
	byAround              // evt.around
	byAncestor            // each ancestor in turn
)

// finish decides how to evaluate the check.
func (c *check) finish() *check {
	o := c.left
	plain := o.kind == fieldOperand && len(o.steps) == 0
	if plain && c.in.strict && c.right == nil && c.op != OpExists && (o.field.ancestors || o.field.info.Name == "evt.rawarg") {
		c.keepFirst()
	}
	switch {
	case plain && o.field.info.FilterOnly && isEnds(o.field.name):
		c.how = byEnds
	case plain && o.field.info.FilterOnly && o.field.info.Name == "evt.around":
		c.how = byAround
	case plain && o.field.ancestors && c.op != OpExists:
		c.how = byAncestor
	case c.op != OpExists && c.right == nil && c.test.never():
		c.how = byNothing
	case plain && c.right == nil && !o.list && o.field.direct() && !c.wrongSet():
		c.how = byField
	}
	c.cost = c.price()
	return c
}

// keepFirst repeats what Falco makes of a list where it has lost the length of
// the value: in never finds a number, and a modifier sees the first entry as if
// it were alone.
func (c *check) keepFirst() {
	switch {
	case c.op == OpIn || c.op == OpIntersects:
		if c.cls != strClass {
			c.test, _ = newTest(c.cls, c.op, NoMod, nil)
		}
	case c.mod != NoMod && len(c.test.all) > 0:
		c.mod = NoMod
		c.test, _ = newTest(c.cls, c.op, NoMod, c.test.all[:1])
	}
}

// direct reports whether all there is to know of the field is under its name.
func (f *field) direct() bool {
	switch f.name {
	case "evt.dir", "alert.time":
		return false
	}
	_, isTime := timeLayouts[f.name]
	return !isTime && derivedFrom[f.name] == "" && f.info.known
}

// price guesses what the check costs, in steps of a comparison.
func (c *check) price() int {
	switch {
	case c.how == byNothing:
		return 0
	case c.how != byField:
		return 40 + 10*len(c.left.args)
	case c.op == OpExists:
		return 2
	case c.cls == ipClass || c.cls == netClass:
		return 10
	}
	per := 2
	switch c.op {
	case OpContains, OpGlob:
		per = 5
	case OpIContains, OpIGlob, OpPMatch:
		per = 8
	case OpRegex:
		per = 100
	}
	if c.mod != NoMod && !c.test.isSet() {
		per *= max(1, len(c.test.all))
	}
	return per
}

// wrongSet reports whether Falco asks in the wrong way whether an address is
// in one of several networks: it looks the address itself up among them.
func (c *check) wrongSet() bool {
	return c.in.strict && c.cls == netClass && c.mod != NoMod && c.test.isSet()
}

// matchField evaluates a check byField on a value that is there.
func (c *check) matchField(v event.Value) bool {
	switch c.cls {
	case strClass:
		return c.test.str(v.Text())
	case boolClass:
		b, ok := v.Bool()
		return ok && c.test.num(b2u(b))
	case intClass, uintClass:
		if n, ok := smallInt(v, c.left.typ.bits()); ok {
			return c.test.num(n)
		}
	}
	d, p := c.left.field.read(v, c.left.typ)
	return p == present && c.test.datum(c.cls, &d)
}

// smallInt reads a number that has so few digits that it surely fits a type of
// that width; most numbers do.
func smallInt(v event.Value, bits int) (n uint64, ok bool) {
	s := v.Text()
	if v.Kind() != event.Number || len(s) >= bits*3/10 {
		return 0, false
	}
	for i := range len(s) {
		d := s[i] - '0'
		if d > 9 {
			return 0, false
		}
		n = n*10 + uint64(d)
	}
	return n, true
}

// datum tests a value of a class, the NUL bytes of strings aside.
func (t *test) datum(cls class, d *datum) bool {
	switch cls {
	case strClass, bufClass:
		return t.str(d.str)
	case intClass, uintClass, boolClass:
		return t.num(d.num)
	case doubleClass:
		return t.dbl(d.dbl)
	case ipClass:
		return t.addr(d.ip)
	case netClass:
		return t.inNet(d.ip)
	}
	return false
}

// eval evaluates the check in three-valued logic.
func (c *check) eval(m *machine) Tri {
	m.reset()
	switch c.how {
	case byNothing:
		return False // whatever the alert does not say
	case byEnds:
		return c.evalEnds(m)
	case byAround:
		return c.evalAround(m)
	case byAncestor:
		return c.evalAncestor(m)
	}
	list, p := c.leftValues(m)
	switch {
	case p == missing:
		return False
	case p == unknown:
		return Unknown
	case c.op == OpExists:
		return True
	case p == opaque:
		return Unknown
	case c.right != nil:
		return c.evalFields(m, list)
	case c.wrongSet():
		return triOf(c.op == OpNE)
	}
	if c.left.list || len(list) > 1 {
		return triOf(c.all(list, func(d *datum) bool { return c.test.datum(c.cls, d) }))
	}
	d := list[0]
	if c.left.nul && c.cls == strClass {
		d.str = c.test.view(d.str)
	}
	holds := c.test.datum(c.cls, &d)
	if !holds && c.cls == bufClass && c.op != OpNE && strings.IndexByte(d.str, '.') >= 0 {
		return Unknown // Falco prints a dot for each byte that does not print
	}
	return triOf(holds)
}

// leftValues returns the values of the left side, or those that an alert
// without it implies.
func (c *check) leftValues(m *machine) ([]datum, presence) {
	list, p := c.left.values(m)
	if c.left.kind != fieldOperand || len(c.left.steps) > 0 {
		return list, p
	}
	f := &c.left.field
	if p == opaque || p == unknown {
		if from := derivedFrom[f.name]; from != "" {
			if d, q := (&field{name: from, info: f.info}).datum(m, IPAddr); q != unknown {
				m.data = append(m.data, d)
				return m.data[len(m.data)-1:], q
			}
		}
	}
	if p == unknown && f.name == "evt.dir" { // there are no enter events any more
		m.data = append(m.data, datum{str: "<"})
		return m.data[len(m.data)-1:], present
	}
	if !f.info.known && p == present && c.op.IsList() { // a field we do not know may be a list
		if v := f.lookup(m); v.Kind() == event.Array {
			return c.unknownList(m, v)
		}
	}
	return list, p
}

func (f *field) datum(m *machine, typ Type) (datum, presence) { return f.read(f.lookup(m), typ) }

// all applies a test to the values of a list as in and intersects do.
func (c *check) all(list []datum, how func(d *datum) bool) bool {
	for i := range list {
		if how(&list[i]) != (c.op == OpIn) {
			return c.op == OpIntersects
		}
	}
	return c.op == OpIn
}

// view is what a test sees of a string that may have NUL bytes: a set and a
// regex all of it but NUL bytes at its end, the others what is before the
// first.
func (t *test) view(s string) string {
	if t.isSet() || t.op == OpRegex || t.op == OpPMatch {
		return strings.TrimRight(s, "\x00")
	}
	return cut(s)
}

// evalFields compares the values with those of the field on the right.
func (c *check) evalFields(m *machine, list []datum) Tri {
	others, p := c.right.values(m)
	switch p {
	case missing:
		return False
	case unknown, opaque:
		return Unknown
	}
	if c.left.list || len(list) > 1 {
		return triOf(c.all(list, func(d *datum) bool {
			for i := range others {
				if c.equal(d, &others[i]) {
					return true
				}
			}
			return false
		}))
	}
	d, o := list[0], others[0]
	switch c.cls {
	case strClass:
		if c.op == OpIn || c.op == OpIntersects {
			d.str = strings.TrimRight(d.str, "\x00")
			return triOf(d.str == o.str) // as it is: Strict may have left a NUL byte there
		}
		return triOf(compareStr(c.op, cut(d.str), cut(o.str)))
	case bufClass:
		return triOf(compareStr(c.op, d.str, o.str))
	case intClass, uintClass, boolClass:
		return triOf(compareNum(c.op, d.num, o.num, c.cls == intClass))
	case doubleClass:
		return triOf(compareDbl(c.op, d.dbl, o.dbl))
	case ipClass:
		return triOf((d.ip == o.ip) != (c.op == OpNE))
	}
	return False
}

// equal compares two entries of lists.
func (c *check) equal(d, o *datum) bool {
	switch c.cls {
	case strClass, bufClass:
		return d.str == o.str
	case ipClass, netClass:
		return d.ip == o.ip
	case doubleClass:
		return d.dbl == o.dbl
	}
	return d.num == o.num
}

// unknownList reads an array under the name of a field we do not know. The
// check then works as it does on a list.
func (c *check) unknownList(m *machine, v event.Value) ([]datum, presence) {
	from := len(m.data)
	for e := range v.Elements() {
		m.data = append(m.data, datum{str: e.Text()})
	}
	if len(m.data) == from {
		return nil, missing
	}
	return m.data[from:], present
}
