// Command networkgen writes the entries of kind network: whose addresses are
// whose.
//
//	networkgen -named DIR -vpn FILE -hosting FILE -as-of DATE >mitigate/knowledge/en/networks.yaml
//
// DIR holds NAME.csv for the providers of the table below, with lines of a family
// and a prefix, as the providers publish them. The files hold prefixes of VPN
// services and of rented machines; of these only large blocks are kept, less what
// has a name.
package main

import (
	"bufio"
	"encoding/binary"
	"flag"
	"fmt"
	"io"
	"log"
	"math/bits"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// providers are the named files, and what is said of them.
var providers = []struct{ file, name, sort, is string }{
	{"aws", "AWS", "cloud", "Amazon Web Services"},
	{"google-cloud", "Google Cloud", "cloud", "Google Cloud"},
	{"microsoft-azure", "Azure", "cloud", "Microsoft Azure"},
	{"oracle-cloud", "Oracle Cloud", "cloud", "Oracle Cloud"},
	{"alibaba", "Alibaba Cloud", "cloud", "Alibaba Cloud"},
	{"tencent", "Tencent Cloud", "cloud", "Tencent Cloud"},
	{"huawei-cloud", "Huawei Cloud", "cloud", "Huawei Cloud"},
	{"softlayer-ibm", "IBM Cloud", "cloud", "IBM Cloud"},
	{"digitalocean", "DigitalOcean", "hosting", "DigitalOcean"},
	{"hetzner", "Hetzner", "hosting", "Hetzner"},
	{"linode", "Linode", "hosting", "Linode (Akamai)"},
	{"vultr", "Vultr", "hosting", "Vultr"},
	{"onlinesas", "Scaleway", "hosting", "Scaleway"},
	{"cloudflare", "Cloudflare", "cdn", "Cloudflare"},
	{"fastly", "Fastly", "cdn", "Fastly"},
	{"akamai", "Akamai", "cdn", "Akamai"},
	{"github", "GitHub", "service", "GitHub"},
	{"telegram", "Telegram", "service", "Telegram"},
	{"zscaler", "Zscaler", "proxy", "Zscaler, through which companies send their people's traffic"},
}

// Sizes from which blocks are kept: of those without a name the large ones, which
// hold most such addresses.
const (
	leastNamed   = 1 << 8
	leastVPN     = 1 << 10
	leastHosting = 1 << 15
)

func main() {
	log.SetFlags(0)
	named := flag.String("named", "", "`folder` of the providers' prefixes")
	vpn := flag.String("vpn", "", "`file` of prefixes of VPN services")
	hosting := flag.String("hosting", "", "`file` of prefixes of rented machines")
	asOf := flag.String("as-of", "", "`date` of the lists, for the head of the file")
	flag.Parse()
	if err := write(os.Stdout, *named, *vpn, *hosting, *asOf); err != nil {
		log.Fatal("networkgen: ", err)
	}
}

func write(w io.Writer, named, vpn, hosting, asOf string) error {
	fmt.Fprintf(w, `# Whose addresses are whose, as of %s: what the providers publish of themselves,
# and large blocks of VPN services and of rented machines after the lists of X4BNet.
# Made by ../../internal/networkgen; NOTICE has the sources.
`, asOf)
	var all set
	for _, p := range providers {
		s, err := readPrefixes(filepath.Join(named, p.file+".csv"))
		if err != nil {
			return err
		}
		all = kind(w, p.name, p.sort, p.is, s, all, leastNamed)
	}
	for _, p := range []struct {
		file, name, sort, is string
		least                uint32
	}{
		{vpn, "VPN services", "vpn", "a VPN service", leastVPN},
		{hosting, "other hosting", "hosting", "a provider of servers for rent", leastHosting},
	} {
		s, err := readPrefixes(p.file)
		if err != nil {
			return err
		}
		all = kind(w, p.name, p.sort, p.is, s, all, p.least)
	}
	return nil
}

// kind writes an entry of what is in s, in blocks of that size at least, and not
// in all, and returns both together.
func kind(w io.Writer, name, sort, is string, s, all set, least uint32) set {
	mine := slices.DeleteFunc(s.without(all), func(b block) bool { return b.last-b.first < least-1 })
	entry(w, name, sort, is, mine)
	return append(all, mine...).merged()
}

func entry(w io.Writer, name, sort, is string, s set) {
	fmt.Fprintf(w, "\n- network: %s\n  sort: %s\n  is: %s\n  ranges: >-\n", name, sort, is)
	line := "   "
	for _, b := range s {
		for _, p := range b.prefixes() {
			if len(line)+len(p)+1 > 118 {
				fmt.Fprintln(w, line)
				line = "   "
			}
			line += " " + p
		}
	}
	fmt.Fprintln(w, line)
}

// block is a run of IPv4 addresses, set sorted blocks that do not touch.
type block struct{ first, last uint32 }

type set []block

// readPrefixes reads the IPv4 prefixes of a file, the last of the comma-separated
// values on each line.
func readPrefixes(name string) (set, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var s set
	for in := bufio.NewScanner(f); in.Scan(); {
		text := in.Text()
		text = strings.TrimSpace(text[strings.LastIndexByte(text, ',')+1:])
		p, err := netip.ParsePrefix(text)
		if err != nil || !p.Addr().Is4() {
			continue // a head line, or IPv6
		}
		a := p.Masked().Addr().As4()
		first := binary.BigEndian.Uint32(a[:])
		s = append(s, block{first, first | (1<<(32-p.Bits()) - 1)})
	}
	if len(s) == 0 {
		return nil, fmt.Errorf("%s holds no prefix", name)
	}
	return s.merged(), nil
}

// merged returns s in order, with what touches joined.
func (s set) merged() set {
	s = slices.Clone(s)
	slices.SortFunc(s, func(a, b block) int { return int(int64(a.first) - int64(b.first)) })
	var out set
	for _, b := range s {
		if n := len(out); n > 0 && uint64(b.first) <= uint64(out[n-1].last)+1 {
			out[n-1].last = max(out[n-1].last, b.last)
			continue
		}
		out = append(out, b)
	}
	return out
}

// without returns what is in s and not in other; both are merged.
func (s set) without(other set) set {
	var out set
	for _, b := range s {
		from, whole := uint64(b.first), true
		for _, o := range other {
			if o.last < b.first || o.first > b.last {
				continue
			}
			if uint64(o.first) > from {
				out = append(out, block{uint32(from), o.first - 1})
			}
			from = uint64(o.last) + 1
			whole = false
		}
		if whole || from <= uint64(b.last) {
			out = append(out, block{uint32(from), b.last})
		}
	}
	return out
}

// prefixes returns the block as the fewest prefixes.
func (b block) prefixes() []string {
	var list []string
	for from, end := uint64(b.first), uint64(b.last)+1; from < end; {
		free := 32
		if from > 0 {
			free = bits.TrailingZeros64(from)
		}
		for uint64(1)<<free > end-from {
			free--
		}
		var a [4]byte
		binary.BigEndian.PutUint32(a[:], uint32(from))
		list = append(list, netip.PrefixFrom(netip.AddrFrom4(a), 32-free).String())
		from += 1 << free
	}
	return list
}
