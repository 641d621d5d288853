package mitigate

import (
	"net/netip"
	"testing"

	"github.com/falconer-go/falconer/enrich"
)

func BenchmarkPlan(b *testing.B) {
	e := sample(b)
	m := enrich.For(e)
	for range 2 * manyAlerts { // until the conditions are one set
		Default().Plan(e, m)
	}
	b.ReportAllocs()
	for b.Loop() {
		Default().Plan(e, m)
	}
}

// BenchmarkPlanRecorded is [BenchmarkPlan] on the average of the alerts that real Falcos
// printed.
func BenchmarkPlanRecorded(b *testing.B) {
	alerts := alertsIn(b, "alerts/*.jsonl")
	if len(alerts) == 0 {
		b.Skip("FALCONER_CONFORMANCE is not set: there are no recorded alerts")
	}
	mappings := make([]*enrich.Mapping, len(alerts))
	for range 2 * manyAlerts { // so that each source has its set
		for i, e := range alerts {
			mappings[i] = enrich.For(e)
			Default().Plan(e, mappings[i])
		}
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		n := i % len(alerts)
		Default().Plan(alerts[n], mappings[n])
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
