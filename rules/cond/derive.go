package cond

import (
	"strings"
	"time"

	"github.com/falconer-go/falconer/event"
)

// Some fields are in no alert, or not as what a condition reads: Falco can
// only filter by them. They are derived here from those that an alert has.

// derivedFrom names the address behind a field that is compared with networks.
var derivedFrom = map[string]string{
	"fd.cnet": "fd.cip", "fd.snet": "fd.sip", "fd.lnet": "fd.lip", "fd.rnet": "fd.rip",
}

// timeLayouts are the fields of the time that are text to a condition, and
// nanoseconds in an alert. All but iso8601 are in the time zone of Falco, which
// the alert does not say: they are taken to be in UTC.
var timeLayouts = map[string]string{
	"evt.time":         "15:04:05.000000000",
	"evt.time.s":       "15:04:05",
	"evt.time.iso8601": "2006-01-02T15:04:05.000000000-0700",
	"evt.datetime":     "2006-01-02 15:04:05.000000000",
	"evt.datetime.s":   "2006-01-02 15:04:05",
}

// appendTime appends the time v in the layout.
func (m *machine) appendTime(v event.Value, layout string) presence {
	ns, ok := v.Int()
	if !ok {
		return opaque
	}
	at := len(m.buf)
	m.buf = time.Unix(0, ns).UTC().AppendFormat(m.buf, layout)
	m.data = append(m.data, datum{str: m.text(at)})
	return present
}

// isEnds reports whether a check of the field looks at both ends of a
// connection.
func isEnds(name string) bool {
	switch name {
	case "fd.ip", "fd.net", "fd.port", "fd.proto":
		return true
	}
	return false
}

// The fields of the ends: client and server, or local and remote. Either pair
// is both ends.
var (
	addrEnds = [...]string{"fd.cip", "fd.sip", "fd.lip", "fd.rip"}
	portEnds = [...]string{"fd.cport", "fd.sport", "fd.lport", "fd.rport"}
)

// evalEnds evaluates a check of fd.ip, fd.net, fd.port or fd.proto: one end
// has to pass, but both do for !=.
func (c *check) evalEnds(m *machine) Tri {
	names, typ := addrEnds, IPAddr
	if c.cls == uintClass {
		names, typ = portEnds, Port
	}
	var ends [4]datum
	var is [4]presence
	some := false
	for i, name := range names {
		f := field{name: name, info: c.left.field.info}
		ends[i], is[i] = f.datum(m, typ)
		some = some || is[i] == present
	}
	if c.op == OpExists {
		return c.evalHasFD(m, some)
	}
	if c.test.never() {
		return False
	}
	both := is[0] != unknown && is[1] != unknown || is[2] != unknown && is[3] != unknown
	all, any := true, false
	for i := range ends {
		if is[i] == present {
			p := c.passEnd(&ends[i])
			all, any = all && p, any || p
		}
	}
	switch {
	case c.op == OpNE && !all, c.op != OpNE && any:
		return triOf(any && c.op != OpNE)
	case !both:
		return Unknown
	case !some:
		return False // not a connection
	}
	return triOf(c.op == OpNE)
}

// passEnd tests one end. Strict repeats what Falco makes of lists here: only
// the first entry counts, but that of fd.ip in is never found, that of fd.port
// in is right, and intersects ends Falco.
func (c *check) passEnd(d *datum) bool {
	first := &c.test
	if !c.in.strict {
		return first.datum(c.cls, d)
	}
	if c.mod != NoMod {
		first = &c.test.each[0]
	}
	switch c.op {
	case OpIntersects:
		return false
	case OpIn:
		switch c.cls {
		case ipClass:
			return false
		case netClass:
			return first.one.net.Contains(d.ip)
		}
	}
	return first.datum(c.cls, d)
}

// evalHasFD says whether the event has a file descriptor that Falco knows.
func (c *check) evalHasFD(m *machine, some bool) Tri {
	if some {
		return True
	}
	for _, name := range [...]string{"fd.type", "fd.typechar"} {
		switch m.lookup.Field(name).Kind() {
		case event.Absent:
		case event.Null:
			return False
		default:
			return True
		}
	}
	return Unknown
}

// evalAround evaluates evt.around[time] = milliseconds.
func (c *check) evalAround(m *machine) Tri {
	f := &c.left.field
	_, arg := bracket(f.name, len("evt.around"))
	middle, _ := scanUint(arg)
	now, ok := m.time()
	if !ok {
		return Unknown
	}
	within := func(t *test) bool {
		delta := t.one.num * 1e6 // 0 for exists
		return now-delta <= middle && middle <= now+delta
	}
	switch last := len(c.test.each) - 1; {
	case c.mod == NoMod:
		return triOf(within(&c.test))
	case c.in.strict && last >= 0: // Falco has forgotten all others
		return triOf(within(&c.test.each[last]))
	}
	return triOf(c.test.count(within))
}

// time returns when the event happened.
func (m *machine) time() (ns uint64, ok bool) {
	if v := m.lookup.Field("evt.rawtime"); v.Kind() != event.Absent {
		return v.Uint()
	}
	if m.event != nil {
		return uint64(m.event.Time.UnixNano()), true
	}
	return m.lookup.Field("alert.time").Uint()
}

// evalAncestor evaluates a check that one ancestor has to pass. An alert has
// them all in one text with blanks between them, which tells them apart only
// if they are names or paths without blanks; what cannot be told apart is
// Unknown, unless it is the same for all of the text.
func (c *check) evalAncestor(m *machine) Tri {
	f := &c.left.field
	v := f.lookup(m)
	switch {
	case v.Kind() == event.Absent:
		return Unknown
	case v.Kind() == event.Null:
		return False
	case c.test.never() && c.right == nil:
		return False
	case c.cls != strClass:
		d, p := f.read(v, c.left.typ) // one of them; the others are not there
		if p == present && c.right == nil && c.test.datum(c.cls, &d) {
			return True
		}
		return Unknown
	}
	text := v.Text()
	if !strings.Contains(text, " ") {
		return triOf(c.test.str(text))
	}
	if f.name != "proc.aname" && f.name != "proc.aexepath" {
		return Unknown
	}
	for rest, more := text, true; more; {
		var one string
		one, rest, more = strings.Cut(rest, " ")
		if c.test.str(one) {
			return True
		}
	}
	return False
}
