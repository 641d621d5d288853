package mitigate

import (
	"net/netip"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/falconer-go/falconer/event"
)

func ownerOf(t *testing.T, l *Library, address string) string {
	t.Helper()
	n := l.networks().owner(netip.MustParseAddr(address))
	if n == nil {
		return ""
	}
	return n.Sort + ": " + n.Is
}

func TestOwner(t *testing.T) {
	for address, want := range map[string]string{
		"159.223.71.204":        "hosting: DigitalOcean",
		"::ffff:159.223.71.204": "hosting: DigitalOcean",
		"65.108.1.1":            "hosting: Hetzner",
		"3.5.140.2":             "cloud: Amazon Web Services",
		"34.102.136.180":        "cloud: Google Cloud",
		"185.220.101.47":        "tor: a network whose machines are exits of Tor",
		"10.0.0.1":              "",
		"192.0.2.1":             "",
		"2001:db8::1":           "",
	} {
		if got := ownerOf(t, Default(), address); got != want {
			t.Errorf("%s: %q, want %q", address, got, want)
		}
	}
}

// TestOwnNetworks: what a host says of an address counts before what we say, and
// the longest prefix before the others.
func TestOwnNetworks(t *testing.T) {
	l, err := Default().With(fstest.MapFS{"own.yaml": {Data: []byte(`
- network: office
  sort: own
  is: our office
  ranges: 159.223.0.0/17 2001:db8::/32
- network: printers
  sort: own
  is: our printers
  ranges: 2001:db8:1::/48
`)}})
	if err != nil {
		t.Fatal(err)
	}
	for address, want := range map[string]string{
		"159.223.71.204":  "own: our office",
		"2001:db8:2::1":   "own: our office",
		"2001:db8:1::1":   "own: our printers",
		"2001:db8:1::1%x": "own: our printers",
		"65.108.1.1":      "hosting: Hetzner",
	} {
		if got := ownerOf(t, l, address); got != want {
			t.Errorf("%s: %q, want %q", address, got, want)
		}
	}
	for _, wrong := range []string{"sort: home\n  is: x\n  ranges: 10.0.0.0/8", "sort: own\n  is: x\n  ranges: 10.0.0.1/8", "sort: own\n  is: x\n  ranges: 10.0.0.0", "sort: own\n  ranges: 10.0.0.0/8"} {
		_, err := Default().With(fstest.MapFS{"own.yaml": {Data: []byte("- network: x\n  " + wrong + "\n")}})
		if err == nil || !strings.Contains(err.Error(), "own.yaml:1: network") {
			t.Errorf("%q: %v", wrong, err)
		}
	}
}

// TestOwnerInText: an address is named by its owner where that is known.
func TestOwnerInText(t *testing.T) {
	for address, want := range map[string]bool{"159.223.71.204": true, "192.0.2.1": false} {
		e, err := event.Parse([]byte(`{"rule": "Run Instances", "source": "aws_cloudtrail", "priority": "Warning", "time": "2026-01-02T03:04:05Z",
			"output": "x", "output_fields": {"ct.user": "deploy", "ct.srcip": "` + address + `", "ct.region": "eu-west-1"}}`))
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for _, r := range For(e).Readings {
			found = found || strings.Contains(r.Says.String(), "DigitalOcean")
		}
		if found != want {
			t.Errorf("%s: DigitalOcean is named: %v, want %v", address, found, want)
		}
	}
}
