package cond

import (
	"net/netip"
	"strconv"
	"strings"

	"github.com/falconer-go/falconer/event"
)

// operand is a compiled side of a check: what to read, and how to transform
// what was read.
type operand struct {
	kind operandKind

	field field      // fieldOperand
	text  string     // constOperand
	args  []*operand // the others
	sel   string     // getoptOperand: the option whose value is wanted; "" for all

	steps []step // transformers of one argument, the innermost first

	base      Type // before steps, and whether it is a list
	baseList  bool
	typ       Type // after them
	list      bool
	name      string // in messages
	listName  string // in messages where there is another for a list
	noRHS     bool
	noSteps   bool
	terminate bool // Strict: a transformed string keeps its terminating NUL
	nul       bool // its strings may have NUL bytes
}

type operandKind uint8

const (
	fieldOperand operandKind = iota
	constOperand
	listOperand
	joinOperand
	concatOperand
	getoptOperand
)

type step uint8

const (
	tolowerStep step = iota
	toupperStep
	b64Step
	basenameStep
	lenStep
)

var stepNames = [...]string{"tolower", "toupper", "b64", "basename", "len"}

// field is where a field's value is in an alert.
type field struct {
	name      string
	alert     bool // the name begins with alert.
	info      *FieldInfo
	ancestors bool // every ancestor of the process counts: proc.aname without an index
}

// datum is one value as its class compares it.
type datum struct {
	str string
	num uint64
	dbl float64
	ip  netip.Addr
}

// presence is what is known of a value. That of something made of several
// values is the least of theirs.
type presence uint8

const (
	missing presence = iota // there is none
	unknown                 // the alert does not say
	opaque                  // there is one, but the alert does not carry it
	present
)

// lookup returns the value of the field in the alert.
func (f *field) lookup(m *machine) event.Value {
	if m.event != nil && !f.alert {
		return m.event.Fields.Get(f.name)
	}
	return m.lookup.Field(f.name)
}

// read makes a datum of the class of typ of a value that is not a list.
func (f *field) read(v event.Value, typ Type) (d datum, p presence) {
	switch v.Kind() {
	case event.Absent:
		return d, unknown
	case event.Null:
		return d, missing
	}
	ok := true
	switch typ.class() {
	case strClass, bufClass:
		d.str = v.Text()
	case intClass:
		d.num, ok = readInt(v, f.info)
		d.num = uint64(signed(int64(d.num), typ.bits()))
	case uintClass:
		d.num, ok = readUint(v, f.info)
		d.num = unsigned(d.num, typ.bits())
	case boolClass:
		var b bool
		b, ok = v.Bool()
		d.num = b2u(b)
	case doubleClass:
		d.dbl, ok = v.Float()
	case ipClass, netClass:
		d.ip, ok = v.Addr()
		ok = ok && d.ip.Zone() == ""
	}
	if !ok {
		return d, opaque
	}
	return d, present
}

func readInt(v event.Value, info *FieldInfo) (uint64, bool) {
	if s, ok := v.Str(); ok && (info.hex || info.oct) {
		return readBase(s, info)
	}
	if n, ok := v.Int(); ok {
		return uint64(n), true
	}
	return v.Uint()
}

func readUint(v event.Value, info *FieldInfo) (uint64, bool) {
	if s, ok := v.Str(); ok && (info.hex || info.oct) {
		return readBase(s, info)
	}
	if n, ok := v.Uint(); ok {
		return n, true
	}
	n, ok := v.Int()
	return uint64(n), ok
}

// readBase reads what Falco printed in base 16 or 8, without a prefix.
func readBase(s string, info *FieldInfo) (n uint64, ok bool) {
	if s == "" || len(s) > 22 {
		return 0, false
	}
	bits, digits := 4, "0123456789abcdef"
	if info.oct {
		bits, digits = 3, "01234567"
	}
	for i := range len(s) {
		d := strings.IndexByte(digits, lower(s[i]))
		if d < 0 || n>>(64-bits) != 0 {
			return 0, false
		}
		n = n<<bits | uint64(d)
	}
	return n, true
}

// values returns what the operand is, one value or, if it is a list, any
// number, which stay valid until the machine is put back.
func (o *operand) values(m *machine) ([]datum, presence) {
	from := len(m.data)
	p := o.extract(m)
	if p != present {
		return nil, p
	}
	list, listTyp := o.baseList, o.base
	for _, s := range o.steps {
		if s == lenStep {
			n := uint64(len(m.data) - from)
			if !list {
				n = uint64(len(cut(m.data[from].str)))
				if listTyp.class() == bufClass {
					n = uint64(len(m.data[from].str))
				}
			}
			m.data = append(m.data[:from], datum{num: n})
			list, listTyp = false, Uint64
			continue
		}
		for i := from; i < len(m.data); i++ {
			text, ok := m.transform(s, strings.TrimRight(m.data[i].str, "\x00"))
			if !ok {
				return nil, missing
			}
			if o.terminate {
				text = m.terminated(text)
			}
			m.data[i].str = text
		}
	}
	return m.data[from:], present
}

// extract appends the values before steps to the machine's data.
func (o *operand) extract(m *machine) presence {
	switch o.kind {
	case fieldOperand:
		return o.extractField(m)
	case constOperand:
		m.data = append(m.data, datum{str: o.text})
		return present
	case listOperand:
		known := present
		for _, a := range o.args {
			from := len(m.data)
			_, p := a.values(m)
			known = min(known, p)
			a.render(m, from)
		}
		return known
	case joinOperand:
		return o.join(m)
	case concatOperand:
		return o.concat(m)
	case getoptOperand:
		return o.getopt(m)
	}
	return unknown
}

func (o *operand) extractField(m *machine) presence {
	f := &o.field
	if f.alert && f.name == "alert.tags" && m.event != nil {
		for _, tag := range m.event.Tags {
			m.data = append(m.data, datum{str: tag})
		}
		if len(m.event.Tags) == 0 {
			return missing
		}
		return present
	}
	if f.name == "alert.time" && m.event != nil {
		m.data = append(m.data, datum{num: uint64(m.event.Time.UnixNano())})
		return present
	}
	v := f.lookup(m)
	if !o.baseList {
		if layout, ok := timeLayouts[f.name]; ok && v.Kind() == event.Number {
			return m.appendTime(v, layout)
		}
		d, p := f.read(v, o.base)
		if p == present {
			m.data = append(m.data, d)
		}
		return p
	}
	if v.Kind() != event.Array {
		d, p := f.read(v, o.base) // a list of one, from something that rewrote the alert
		if p == present {
			m.data = append(m.data, d)
		}
		return p
	}
	from := len(m.data)
	for e := range v.Elements() {
		d, p := f.read(e, o.base)
		if p != present {
			return opaque
		}
		m.data = append(m.data, d)
	}
	if len(m.data) == from {
		return missing // Falco has no empty lists
	}
	return present
}

// render turns the numbers that the operand left in the machine's data into
// text, for an operand that is part of a list or of a string.
func (o *operand) render(m *machine, from int) {
	if o.typ.class() == strClass || o.typ.class() == bufClass {
		return
	}
	for i := from; i < len(m.data); i++ {
		d := &m.data[i]
		at := len(m.buf)
		switch o.typ.class() {
		case intClass:
			m.buf = strconv.AppendInt(m.buf, int64(d.num), 10)
		case uintClass:
			m.buf = strconv.AppendUint(m.buf, d.num, 10)
		case boolClass:
			m.buf = strconv.AppendBool(m.buf, d.num != 0)
		case doubleClass:
			m.buf = strconv.AppendFloat(m.buf, d.dbl, 'g', -1, 64)
		case ipClass, netClass:
			m.buf = d.ip.AppendTo(m.buf)
		}
		d.str = m.text(at)
	}
}

// part is values as strings, for an argument of join, concat or getopt.
func (o *operand) part(m *machine) ([]datum, presence) {
	from := len(m.data)
	_, p := o.values(m)
	if p != present {
		return nil, p
	}
	o.render(m, from)
	return m.data[from:], present
}

func (o *operand) join(m *machine) presence {
	from := len(m.data)
	sep, p := o.args[0].part(m)
	list, q := o.args[1].part(m)
	if p = min(p, q); p != present {
		return p
	}
	sepText := ""
	if len(sep) > 0 {
		sepText = sep[0].str
	}
	at := len(m.buf)
	for i := range list {
		if i > 0 {
			m.buf = append(m.buf, sepText...)
		}
		m.buf = append(m.buf, cut(list[i].str)...)
	}
	m.data = append(m.data[:from], datum{str: m.text(at)})
	return present
}

func (o *operand) concat(m *machine) presence {
	from := len(m.data)
	known := present
	for _, a := range o.args {
		_, p := a.part(m)
		known = min(known, p)
	}
	if known != present {
		return known
	}
	// The arguments are all read before any is copied: what they put into buf
	// must not come between.
	at := len(m.buf)
	for _, d := range m.data[from:] {
		m.buf = append(m.buf, cut(d.str)...)
	}
	m.data = append(m.data[:from], datum{str: m.text(at)})
	return present
}

// cut returns s up to its first NUL byte, which is what the functions of C see
// of it.
func cut(s string) string {
	if i := strings.IndexByte(s, 0); i >= 0 {
		return s[:i]
	}
	return s
}
