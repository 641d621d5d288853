package event

import (
	"net/netip"
	"strconv"
	"strings"
)

// Connection returns the two ends of a string that names a connection, as
// Falco prints fd.name of an IPv4 or IPv6 socket:
// 10.0.0.1:4711->192.0.2.1:443, the client first.
func (v Value) Connection() (client, server netip.AddrPort, ok bool) {
	if v.kind != String {
		return client, server, false
	}
	t, ok := parseTuple(v.text)
	if !ok {
		return client, server, false
	}
	return t.client, t.server, true
}

// tuple is a connection as fd.name prints it: client->server, each an address,
// a colon and a port, without brackets around an IPv6 address.
type tuple struct {
	client, server     netip.AddrPort
	clientIP, serverIP string
}

func parseTuple(s string) (t tuple, ok bool) {
	client, server, ok := strings.Cut(s, "->")
	if !ok || len(s) > 2*maxAddr {
		return tuple{}, false
	}
	if t.client, t.clientIP, ok = parseEnd(client); !ok {
		return tuple{}, false
	}
	t.server, t.serverIP, ok = parseEnd(server)
	return t, ok
}

func parseEnd(s string) (end netip.AddrPort, ip string, ok bool) {
	colon := strings.LastIndexByte(s, ':')
	if colon < 0 {
		return netip.AddrPort{}, "", false
	}
	addr, err := netip.ParseAddr(s[:colon])
	if err != nil {
		return netip.AddrPort{}, "", false
	}
	port, err := strconv.ParseUint(s[colon+1:], 10, 16)
	return netip.AddrPortFrom(addr, uint16(port)), s[:colon], err == nil
}
