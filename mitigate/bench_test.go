package mitigate

import (
	"net/netip"
	"testing"

	"github.com/falconer-go/falconer/enrich"
)

func BenchmarkPlan(b *testing.B) {
	e := sample(b)
	m := enrich.For(e)
	b.ReportAllocs()
	for b.Loop() {
		Default().Plan(e, m)
	}
}

// BenchmarkLoad measures what the first plan of a process pays: cutting the
// files, and parsing what concerns every alert and this rule.
func BenchmarkLoad(b *testing.B) {
	e := sample(b)
	m := enrich.For(e)
	b.ReportAllocs()
	for b.Loop() {
		l, err := ownLibrary()
		if err != nil {
			b.Fatal(err)
		}
		l.Plan(e, m)
	}
}

// BenchmarkNetworks measures what the first address from outside costs, on top of
// the first plan.
func BenchmarkNetworks(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		l, err := ownLibrary()
		if err != nil {
			b.Fatal(err)
		}
		if newNetworks(l).owner(netip.MustParseAddr("159.223.71.204")) == nil {
			b.Fatal("the networks are not there")
		}
	}
}
