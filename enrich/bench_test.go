package enrich

import (
	"testing"

	"github.com/falconer-go/falconer/event"
)

// The second alert of a rule: a lookup.
func BenchmarkForCached(b *testing.B) {
	e := seed(b)
	var n Enricher
	n.For(e)
	b.ReportAllocs()
	for b.Loop() {
		n.For(e)
	}
}

// The first alert of a rule, with the tables loaded.
func BenchmarkForFirst(b *testing.B) {
	e := seed(b)
	var n Enricher
	set := n.tables()
	b.ReportAllocs()
	for b.Loop() {
		set.build(e.Rule, e.Source, e.Tags, 0)
	}
}

// A rule that nobody knows, whose alerts are looked at for behaviour.
func BenchmarkForUnknownRule(b *testing.B) {
	e := seed(b)
	x := *e
	x.Rule, x.Tags = "Something of ours", []string{"ours"}
	var n Enricher
	n.For(&x)
	b.ReportAllocs()
	for b.Loop() {
		n.For(&x)
	}
}

// What the first use of a release costs: all tables parsed.
func BenchmarkFirstUse(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		m := embeddedMatrix(V19, attackRows(attack19Text))
		readCTID().to(m)
		readNIST80053()
		readRules()
	}
}

var sinkMapping *Mapping

// A handler that reads the mapping's controls for machines.
func BenchmarkRelated(b *testing.B) {
	e := seed(b)
	set := standard.tables()
	b.ReportAllocs()
	for b.Loop() {
		sinkMapping = set.build(e.Rule, e.Source, e.Tags, 0)
		sinkMapping.Related()
	}
}

func BenchmarkField(b *testing.B) {
	f := Fielded{Event: seed(b)}
	var v event.Value
	b.ReportAllocs()
	for b.Loop() {
		v = f.Field("alert.attack.technique")
	}
	if v.Kind() != event.Array {
		b.Fatal(v.Kind())
	}
}

// All cores at once.
func BenchmarkForParallel(b *testing.B) {
	e := seed(b)
	var n Enricher
	n.For(e)
	b.ReportAllocs()
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			n.For(e)
		}
	})
}
