package mitigate

import (
	"encoding/base64"
	"net/netip"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// outsideOf returns the public addresses that a command line names, each once: as
// a word of its own, in a URL, behind @, in an option's value, as bash and socat
// write them, as an end of a connection, or in base64. What only looks like one,
// such as a version, is none.
func outsideOf(line string) []string {
	return addressesIn(addressesIn(nil, line), decodedOf(line))
}

func addressesIn(list []string, line string) []string {
	line = line[:min(len(line), maxCommandLine)]
	for i := 0; i < len(line); i++ {
		c := line[i]
		if c != '[' && (c < '0' || c > '9') || !leadsToAddress(line[:i]) {
			continue
		}
		end := i + strings.IndexFunc(line[i:], notOfAddress)
		if end < i {
			end = len(line)
		}
		text := line[i:end]
		if c == '[' {
			text, _, _ = strings.Cut(line[i+1:min(len(line), i+50)], "]")
		} else if end < len(line) && strings.IndexByte(" \t:/,;'\"|&<>)`\\", line[end]) < 0 {
			continue
		}
		a, err := netip.ParseAddr(text)
		if a = a.Unmap(); err == nil && a.Zone() == "" && isOutside(a) && !slices.Contains(list, a.String()) {
			list = append(list, a.String())
		}
		i = end - 1
		if c == '[' {
			i = end
		}
	}
	return list
}

// leadsToAddress reports whether an address may begin behind what stands before.
func leadsToAddress(before string) bool {
	if before == "" || strings.IndexByte(" \t'\"@:(,", before[len(before)-1]) >= 0 {
		return true
	}
	return strings.HasSuffix(before, "//") || strings.HasSuffix(before, "->") || strings.HasSuffix(before, "/dev/tcp/") || strings.HasSuffix(before, "/dev/udp/") ||
		strings.HasSuffix(before, "=") && !strings.HasSuffix(before, "==")
}

func notOfAddress(r rune) bool { return r != '.' && (r < '0' || r > '9') }

// local are ranges that are not on the Internet, beside those that netip knows.
var local = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("240.0.0.0/4"),
}

func isOutside(a netip.Addr) bool {
	return a.IsGlobalUnicast() && !a.IsPrivate() && !slices.ContainsFunc(local, func(p netip.Prefix) bool { return p.Contains(a) })
}

// shortest is the least length of encoded text that is worth a look: shorter words
// are names.
const shortest = 16

// decodedOf returns what the longest word in base64 of a command line says, in one
// line. It returns "" where there is none, or what comes out is no text: a word or a
// path that only looks encoded decodes to something else.
func decodedOf(line string) string {
	line = line[:min(len(line), maxCommandLine)]
	best, longest := "", 0
	for i := 0; i < len(line); i++ {
		from := i
		for i < len(line) && base64Bytes[line[i]] {
			i++
		}
		if word := line[from:i]; len(word) >= shortest && len(word) > longest {
			if text := plainText(word); text != "" {
				best, longest = text, len(word)
			}
		}
	}
	return best
}

func plainText(word string) string {
	b, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(word, "="))
	if err != nil || !utf8.Valid(b) {
		return ""
	}
	text := strings.Join(strings.Fields(string(b)), " ")
	if strings.ContainsFunc(text, func(r rune) bool { return r >= utf8.RuneSelf || !unicode.IsPrint(r) }) {
		return ""
	}
	return text
}

// urlHostsOf returns the names of hosts in the URLs of a command line, each once, in
// base64 too: those that public DNS may have, and no addresses.
func urlHostsOf(line string) []string {
	return hostsIn(hostsIn(nil, line), decodedOf(line))
}

func hostsIn(list []string, line string) []string {
	line = line[:min(len(line), maxCommandLine)]
	for {
		_, after, ok := strings.Cut(line, "://")
		if !ok {
			return list
		}
		line = after
		authority := line
		if end := strings.IndexAny(line, "/?# \t'\"\\;|&<>(),`"); end >= 0 {
			authority = line[:end]
		}
		authority = authority[strings.LastIndexByte(authority, '@')+1:]
		name, _, _ := strings.Cut(strings.ToLower(authority), ":")
		if publicName(name) && !slices.Contains(list, name) {
			list = append(list, name)
		}
	}
}

// publicName reports whether a name has the form of one in public DNS.
func publicName(name string) bool {
	i := strings.LastIndexByte(name, '.')
	if i <= 0 || !dnsName(name) {
		return false
	}
	switch top := name[i+1:]; top {
	case "local", "internal", "svc", "lan", "localdomain", "localhost", "test", "invalid", "home", "corp":
		return false
	default:
		return len(top) > 1 && !strings.ContainsFunc(top, func(r rune) bool { return r < 'a' || r > 'z' })
	}
}
