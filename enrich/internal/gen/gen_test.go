package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/falconer-go/falconer/enrich"
)

// The tables that are embedded are what they themselves generate: nothing is
// lost in reading or writing, and the output depends on the input alone.
func TestRoundTrip(t *testing.T) {
	s := sources{now: enrich.V19.Matrix(), old: enrich.V18.Matrix(), catalog: enrich.NIST(), source: enrich.V18.CTID().Source(), pairs: pairsIn(enrich.V18.CTID(), enrich.V18.Matrix())}
	same(t, s.tables())
}

// The facts generate the tables that are embedded.
func TestConformanceGenerated(t *testing.T) {
	dir := os.Getenv("FALCONER_CONFORMANCE")
	if dir == "" {
		t.Skip("FALCONER_CONFORMANCE is not set")
	}
	dir = filepath.Join(dir, "..", "facts")
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("there are no facts beside the conformance cases: %v", err)
	}
	s, err := inputs{facts: dir}.read()
	if err != nil {
		t.Fatal(err)
	}
	n := same(t, s.tables())
	t.Logf("suite enrich/generated: %d agree, 0 listed, %d differ", n, len(s.tables())-n)
}

// same compares tables with the embedded files, and returns how many agree.
func same(t *testing.T, tables map[string]string) (n int) {
	t.Helper()
	if len(tables) < 4 {
		t.Errorf("%d tables", len(tables))
	}
	for name, got := range tables {
		want, err := os.ReadFile(filepath.Join("..", "..", "data", name))
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s would change: run go generate", name)
			continue
		}
		n++
	}
	return n
}

// Originals may stand in for part of the facts, and must be complete without.
func TestOriginals(t *testing.T) {
	if _, err := (inputs{oscal: filepath.Join("..", "..", "testdata", "readers", "catalog.json")}).read(); err == nil {
		t.Error("a catalog alone was enough")
	}
	in := inputs{
		stix19:   filepath.Join("..", "..", "testdata", "readers", "attack21.json"),
		stix18:   filepath.Join("..", "..", "testdata", "readers", "attack20.json"),
		oscal:    filepath.Join("..", "..", "testdata", "readers", "catalog.json"),
		ctid:     filepath.Join("..", "..", "testdata", "readers", "ctid.json"),
		profiles: map[enrich.Baseline]string{enrich.High: filepath.Join("..", "..", "testdata", "readers", "profile.json")},
	}
	s, err := in.read()
	if err != nil {
		t.Fatal(err)
	}
	out := t.TempDir()
	if err := run(in, out); err != nil {
		t.Fatal(err)
	}
	for name, want := range s.tables() {
		got, err := os.ReadFile(filepath.Join(out, name))
		if err != nil || string(got) != want || want == "" {
			t.Errorf("%s: %v, %d bytes, want %d", name, err, len(got), len(want))
		}
	}
	if c, ok := s.catalog.Control("AC-2"); !ok || c.Baselines&enrich.High == 0 || c.Since != "5.0.1" {
		t.Errorf("AC-2: %+v", c)
	}
}
