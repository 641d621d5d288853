package cond

import (
	_ "embed"
	"math"
	"net/netip"
	"strconv"
	"strings"
	"sync"
)

// maxConstant is how many bytes a constant may have: Falco keeps 256, of which
// a string needs one for its end.
const maxConstant = 256

// constant is the value of a constant as its type reads it.
type constant struct {
	str string       // a string; the text of any other
	num uint64       // an integer, as two's complement; a bool
	ip  netip.Addr   // an address
	net netip.Prefix // a network
	dbl float64
}

// parseConstant reads a constant for a field of type t. msg is Falco's message
// if it is none.
func parseConstant(text string, t Type) (c constant, msg string) {
	c.str = text
	cls := t.class()
	if cls == bufClass {
		if len(text) >= maxConstant {
			return c, "filter parameter too long (byte buf)"
		}
		return c, ""
	}
	if strings.IndexByte(text, 0) >= 0 {
		return c, `filter error: filter value cannot contain a NUL byte (\x00)`
	}
	ok := true
	switch cls {
	case strClass:
		if len(text)+1 > maxConstant {
			return c, "filter parameter too long (used=" + strconv.Itoa(len(text)+1) + ", available=256):" + text
		}
	case intClass:
		var n int64
		n, ok = scanInt(text)
		c.num = uint64(signed(n, t.bits()))
	case uintClass:
		if t == Port {
			c.num, msg = parsePort(text)
			return c, msg
		}
		c.num, ok = scanUint(text)
		c.num = unsigned(c.num, t.bits())
	case doubleClass: // Falco reads an integer
		var n int64
		n, ok = scanInt(text)
		c.dbl = float64(int32(n))
	case boolClass:
		if text != "true" && text != "false" {
			return c, "filter error: unrecognized boolean value " + text
		}
		c.num = b2u(text == "true")
	case ipClass:
		c.ip, msg = parseAddr(text)
		return c, msg
	case netClass:
		c.net, msg = parseNet(text)
		return c, msg
	}
	if !ok {
		return c, text + " is not a valid number"
	}
	return c, ""
}

func b2u(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}

// signed and unsigned cut a number to its type's width, as C does.
func signed(n int64, bits int) int64     { return n << (64 - bits) >> (64 - bits) }
func unsigned(n uint64, bits int) uint64 { return n << (64 - bits) >> (64 - bits) }

// scanInt and scanUint read a number as scanf does, and nothing behind it:
// white space and a sign before it are fine; what is too large is the largest;
// a negative number wraps where it has to be unsigned.
func scanInt(s string) (n int64, ok bool) {
	u, neg, _, ok := scan(s)
	switch {
	case !ok:
		return 0, false
	case neg && u > 1<<63:
		return math.MinInt64, true
	case neg:
		return -int64(u), true
	case u > math.MaxInt64:
		return math.MaxInt64, true
	}
	return int64(u), true
}

func scanUint(s string) (n uint64, ok bool) {
	u, neg, over, ok := scan(s)
	if neg && !over {
		u = -u
	}
	return u, ok
}

// scan returns the number without its sign; over says that it was too large.
func scan(s string) (u uint64, neg, over, ok bool) {
	for s != "" && isSpace(s[0]) {
		s = s[1:]
	}
	if s != "" && (s[0] == '+' || s[0] == '-') {
		neg = s[0] == '-'
		s = s[1:]
	}
	if s == "" {
		return 0, false, false, false
	}
	for i := range len(s) {
		if !isDigit(s[i]) {
			return 0, false, false, false
		}
		d := uint64(s[i] - '0')
		if over = over || u > (math.MaxUint64-d)/10; over {
			u = math.MaxUint64
			continue
		}
		u = u*10 + d
	}
	return u, neg, over, true
}

// parsePort reads a port: digits, of which 16 bits count, or the name of a
// service.
func parsePort(text string) (port uint64, msg string) {
	if strings.Trim(text, "0123456789") == "" {
		if text == "" {
			return 0, ""
		}
		n, err := strconv.ParseInt(text, 10, 32)
		if err != nil {
			return 0, "port " + text + " is out of range" // Falco itself exits
		}
		return uint64(uint16(n)), ""
	}
	n, ok := services()[text]
	if !ok {
		return 0, "unrecognized protocol " + text
	}
	return uint64(n), ""
}

//go:embed data/services.tsv
var serviceData string

var services = sync.OnceValue(func() map[string]uint16 {
	m := map[string]uint16{}
	for line := range tsv(serviceData) {
		port, _ := strconv.ParseUint(line[1], 10, 16)
		m[line[0]] = uint16(port)
	}
	return m
})

// parseAddr reads an address. One with a dot is IPv4: 10.0.0.1 in IPv6 has to
// be written ::ffff:a00:1.
func parseAddr(text string) (a netip.Addr, msg string) {
	v4 := strings.Contains(text, ".")
	a, err := netip.ParseAddr(text)
	if err != nil || a.Is4() != v4 || a.Zone() != "" {
		if v4 {
			return a, "unrecognized IPv4 address " + text
		}
		return a, "unrecognized IPv6 address " + text
	}
	return a, ""
}

// parseNet reads a network in CIDR form. That of length 0 is one in IPv4 only.
func parseNet(text string) (p netip.Prefix, msg string) {
	v4 := strings.Contains(text, ".")
	ip, mask, ok := strings.Cut(text, "/")
	if !ok {
		if v4 {
			return p, "unrecognized IP network " + text
		}
		return p, "invalid v6 netmask: " + text
	}
	mask, _, _ = strings.Cut(mask, "\n")
	a, err := netip.ParseAddr(ip)
	if err != nil || a.Is4() != v4 || a.Zone() != "" {
		if v4 {
			return p, "unrecognized IP address " + text
		}
		return p, "unrecognized IPv6 address " + text
	}
	n, ok := scanUint(mask)
	if !ok {
		return p, mask + " is not a valid number"
	}
	bits := int(uint8(n))
	if bits > a.BitLen() || !v4 && bits == 0 {
		if v4 {
			return p, "invalid netmask " + mask
		}
		return p, "invalid v6 netmask " + mask
	}
	return netip.PrefixFrom(a, bits).Masked(), ""
}
