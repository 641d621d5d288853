package follow

import (
	"path/filepath"
	"testing"
)

// A state whose last write was cut short is told from a good one.
func TestStateTorn(t *testing.T) {
	name := filepath.Join(t.TempDir(), "state")
	s, err := openState(name)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, ok, err := s.load(); ok || err != nil {
		t.Errorf("an empty one: %v, %v", ok, err)
	}
	if _, err := s.f.Write(make([]byte, 100)); err != nil {
		t.Fatal(err)
	}
	if _, ok, err := s.load(); ok || err != nil {
		t.Errorf("one of zeros: %v, %v", ok, err)
	}
	if err := s.save(place{Head: []byte("head {"), Tail: []byte("tail"), Offset: 1 << 40}); err != nil {
		t.Fatal(err)
	}
	p, ok, err := s.load()
	if err != nil || !ok || string(p.Head) != "head {" || p.Offset != 1<<40 {
		t.Errorf("%+v, %v, %v", p, ok, err)
	}
	if _, err := s.f.WriteAt([]byte("x"), 40); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.load(); err == nil {
		t.Error("a torn state is taken for a good one")
	}
}
