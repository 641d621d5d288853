package mitigate

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/falconer-go/falconer/event"
)

// networkEntry is what is known of addresses: whose they are, and what for.
type networkEntry struct {
	Network string `yaml:"network"`
	Sort    string `yaml:"sort"`   // one of networkSorts
	Is      string `yaml:"is"`     // what follows "belongs to"
	Ranges  string `yaml:"ranges"` // prefixes with blanks between them
}

// networkSorts are what networks are for.
var networkSorts = []string{
	"own",     // the reader's: an office, a VPN, runners
	"cloud",   // machines and services of a large cloud
	"hosting", // machines that anybody rents
	"cdn",     // what stands before other people's sites
	"service", // a service of its own
	"proxy",   // through which companies send their people's traffic
	"vpn",     // a service that hides its users
	"tor",     // exits of the Tor network
}

// prefixes returns the ranges of the entry.
func (n *networkEntry) prefixes() ([]netip.Prefix, error) {
	var list []netip.Prefix
	for s := range strings.FieldsSeq(n.Ranges) {
		p, err := netip.ParsePrefix(s)
		if err != nil {
			return nil, err
		}
		if p != p.Masked() {
			return nil, fmt.Errorf("%s has bits behind its length", s)
		}
		list = append(list, p)
	}
	return list, nil
}

// networks finds the owner of an address: the network with the longest prefix
// that contains it.
type networks struct {
	owners  map[netip.Prefix]*networkEntry
	lengths [2][]int // of the prefixes of IPv4 and of IPv6, the longest first
}

// networks are built when an address first asks for them: most alerts have none
// from outside.
func newNetworks(l *Library) *networks {
	n := &networks{owners: make(map[netip.Prefix]*networkEntry)}
	var seen [2][129]bool
	for _, e := range l.sorted("network") {
		x := find[networkEntry](l, "network", e.name)
		if x == nil {
			continue
		}
		list, _ := x.prefixes() // check reports what is wrong
		for _, p := range list {
			if other := n.owners[p]; other == nil || other.Sort != "own" {
				n.owners[p] = x
			}
			seen[b2i(p.Addr().Is6())][p.Bits()] = true
		}
	}
	for i := range seen {
		for bits, ok := range seen[i] {
			if ok {
				n.lengths[i] = append(n.lengths[i], bits)
			}
		}
		slices.SortFunc(n.lengths[i], func(a, b int) int { return cmp.Compare(b, a) })
	}
	return n
}

func (n *networks) owner(a netip.Addr) *networkEntry {
	a = a.Unmap().WithZone("")
	for _, bits := range n.lengths[b2i(a.Is6())] {
		p, err := a.Prefix(bits)
		if err != nil {
			continue
		}
		if x := n.owners[p]; x != nil {
			return x
		}
	}
	return nil
}

// hostAddress returns the address that the name of a machine in AWS says:
// ip-10-0-3-17, with or without a domain. It is "" for other names.
func hostAddress(name string) string {
	host, _, _ := strings.Cut(name, ".")
	digits, ok := strings.CutPrefix(host, "ip-")
	a, err := netip.ParseAddr(strings.ReplaceAll(digits, "-", "."))
	if !ok || err != nil || !a.Is4() {
		return ""
	}
	return a.String()
}

// owned is the network that the address in a field belongs to; nil if there is none.
type owned struct {
	field string
	by    *networkEntry
}

// ownerOf returns the network that the address in a field belongs to, or the one
// address from outside that a command line names. It is nil if there is none, or
// nobody known has it.
func (s *subject) ownerOf(field string, v event.Value) *networkEntry {
	for i := range s.owned {
		if s.owned[i].field == field {
			return s.owned[i].by
		}
	}
	by := s.findOwner(field, v)
	s.owned = append(s.owned, owned{field, by})
	return by
}

func (s *subject) findOwner(field string, v event.Value) *networkEntry {
	if text := v.Text(); field == "fd.name" && strings.HasPrefix(text, "/") {
		return nil // a file, not a connection
	}
	a, ok := v.Addr()
	if !ok {
		list := outsideOf(v.Text())
		if len(list) != 1 {
			return nil
		}
		a, _ = netip.ParseAddr(list[0])
	}
	if !a.IsValid() || a.IsLoopback() || a.IsLinkLocalUnicast() {
		return nil
	}
	return s.l.networks().owner(a)
}
