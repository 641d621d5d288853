package mitigate

import (
	"net/netip"
	"strconv"
	"strings"

	"github.com/falconer-go/falconer/event"
)

// tunnel is what the command line of an SSH client asks to be forwarded: the first
// -R, or else the first -L or -D. Its zero value is none.
type tunnel struct {
	remote bool   // the port is opened on the server
	opens  string // the port
	host   string // where it leads; "" where the client of the port chooses, as by SOCKS
	port   string
	server string // the SSH server, without the user
}

// withValue are the options behind which a value stands, by the client; autossh has the
// port by which it watches besides.
var withValue = map[string]string{
	"ssh":      "BbcDEeFIiJLlmOopQRSWwP",
	"autossh":  "BbcDEeFIiJLlmOopQRSWwPM",
	"dbclient": "BbcDFIiJKLlmopRW",
}

// sshForwards are those that forward.
const sshForwards = "RLD"

// tunnelOf reads the command line of ssh, of dropbear's client, or of autossh, which hands
// its words on. One that is cut, or has a command to connect by whose quotes are lost, says
// nothing surely.
func tunnelOf(line string) (t tunnel) {
	if len(line) > maxCommandLine || strings.Contains(line, "ProxyCommand") {
		return t
	}
	words := strings.Fields(line)
	if len(words) == 0 {
		return t
	}
	options, ok := withValue[base(words[0])]
	if !ok {
		return t
	}
	found := false
	for i := 1; i < len(words); i++ {
		w := words[i]
		if len(w) < 2 || w[0] != '-' {
			if t.server != "" {
				break // the command to run there
			}
			t.server = w[strings.LastIndexByte(w, '@')+1:]
			continue
		}
		at := strings.IndexAny(w[1:], options)
		if at < 0 {
			continue
		}
		option, value := w[1+at], w[2+at:]
		if value == "" && i+1 < len(words) {
			i++
			value = words[i]
		}
		if strings.IndexByte(sshForwards, option) < 0 || found && (t.remote || option != 'R') {
			continue
		}
		if f, ok := forwardOf(value); ok {
			f.remote, f.server = option == 'R', t.server
			t, found = f, true
		}
	}
	if !found || !isHostName(t.server) {
		return tunnel{}
	}
	return t
}

// forwardOf reads [address:]port[:host:port], where the host may be an IPv6 address in
// brackets.
func forwardOf(s string) (t tunnel, ok bool) {
	var parts []string
	for s != "" {
		part, rest, _ := strings.Cut(s, ":")
		if strings.HasPrefix(s, "[") {
			part, rest, ok = strings.Cut(s[1:], "]")
			if rest = strings.TrimPrefix(rest, ":"); !ok {
				return t, false
			}
		}
		parts, s = append(parts, part), rest
	}
	switch len(parts) {
	case 1, 2:
		t.opens = parts[len(parts)-1]
	case 3, 4:
		parts = parts[len(parts)-3:]
		t.opens, t.host, t.port = parts[0], parts[1], parts[2]
		if !isPort(t.port) || !isHostName(t.host) {
			return t, false
		}
	}
	return t, isPort(t.opens)
}

func isPort(s string) bool {
	n, err := strconv.ParseUint(s, 10, 16)
	return err == nil && (n > 0 || s == "0")
}

// isHostName reports whether s may be the name or the address of a machine.
func isHostName(s string) bool {
	if a, err := netip.ParseAddr(s); err == nil {
		return a.Zone() == ""
	}
	return dnsName(strings.ToLower(s))
}

// ofTunnel is f of what a command line forwards.
func ofTunnel(f func(*tunnel) string) func(*calc, *subject, event.Value) result {
	return ofText(func(line string) result {
		t := tunnelOf(line)
		return asText(f(&t))
	})
}
