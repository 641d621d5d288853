package main

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/falconer-go/falconer/event"
	"github.com/nats-io/nats.go/jetstream"
)

func bucket(t *testing.T, f *fleet, name string) jetstream.KeyValue {
	t.Helper()
	kv, err := f.conn.js.KeyValue(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return kv
}

// in is the ctx of an alert that came as that message.
func in(t *testing.T, sequence uint64, partition int) context.Context {
	return withDelivery(t.Context(), delivery{sequence, partition, 1})
}

func TestSeen(t *testing.T) {
	s := &seen{bucket(t, newFleet(t), seenBucket), "report"}
	claim := func(sequence uint64, want bool, why string) {
		t.Helper()
		if fresh, err := s.Claim(in(t, sequence, 0), "\x00key", time.Minute); err != nil || fresh != want {
			t.Errorf("%s: %v, %v", why, fresh, err)
		}
	}
	claim(1, true, "a new key")
	claim(1, true, "the same message again, whose worker may have died")
	claim(2, false, "the same alert in another message")
	if err := s.Release(in(t, 2, 0), "\x00key"); err != nil {
		t.Fatal(err)
	}
	claim(3, false, "released by one who did not have it")
	if err := s.Release(in(t, 1, 0), "\x00key"); err != nil {
		t.Fatal(err)
	}
	claim(3, true, "released by one who had it")
	if err := s.Release(in(t, 4, 0), "no such key"); err != nil {
		t.Errorf("release of a key that nobody has: %v", err)
	}
	if fresh, err := s.Claim(t.Context(), "other", time.Second); err != nil || !fresh {
		t.Fatal(fresh, err)
	}
	for { // the broker forgets it
		fresh, err := s.Claim(t.Context(), "other", time.Second)
		if err != nil {
			t.Fatal(err)
		}
		if fresh {
			break
		}
		sleep(t.Context(), 20*time.Millisecond)
	}
}

func TestSeenRace(t *testing.T) {
	s := &seen{bucket(t, newFleet(t), seenBucket), "report"}
	fresh := make([]bool, 16)
	var running sync.WaitGroup
	for i := range fresh {
		running.Go(func() {
			var err error
			if fresh[i], err = s.Claim(in(t, uint64(i+1), 0), "key", time.Minute); err != nil {
				t.Error(err)
			}
		})
	}
	running.Wait()
	n := 0
	for _, f := range fresh {
		if f {
			n++
		}
	}
	if n != 1 {
		t.Errorf("%d were told that the key is new", n)
	}
}

func everything() []int { return []int{0, 1, 2, 3} }

func TestWindows(t *testing.T) {
	kv := bucket(t, newFleet(t), windowsBucket)
	// Two workers; the second one tells.
	one := &windows{kv: kv, shards: 4, lease: time.Hour, own: func() []int { return nil }}
	two := &windows{kv: kv, shards: 4, lease: time.Hour, own: everything}
	add := func(s *windows, sequence uint64, want bool, why string) {
		t.Helper()
		if first, err := s.Add(in(t, sequence, 1), "key", alert("Rule", "a", int(sequence)), time.Second); err != nil || first != want {
			t.Errorf("%s: %v, %v", why, first, err)
		}
	}
	add(one, 10, true, "the first")
	add(one, 10, true, "the first again: it may not have been handled")
	if err := one.Undo(in(t, 10, 1), "key", nil); err != nil {
		t.Fatal(err)
	}
	add(two, 11, true, "the one after a first that was not handled")
	add(two, 12, false, "the next")
	add(one, 13, false, "the next, elsewhere")
	add(two, 13, false, "the same again")
	add(two, 12, false, "an older one again")
	if list, err := one.Due(t.Context(), time.Second, 10); err != nil || len(list) != 0 {
		t.Errorf("a worker without a share of the windows tells of %v, %v", list, err)
	}
	if list, err := two.Due(in(t, 14, 1), time.Second, 10); err != nil || len(list) != 0 {
		t.Errorf("with an alert there are summaries: %v, %v", list, err)
	}
	due := func(s *windows) []event.Summary {
		t.Helper()
		for {
			list, err := s.Due(t.Context(), time.Second, 10)
			if err != nil {
				t.Fatal(err)
			}
			if len(list) > 0 {
				return list
			}
			sleep(t.Context(), 20*time.Millisecond)
		}
	}
	list := due(two)
	if len(list) != 1 || list[0].Count != 2 || list[0].Latest.Field("evt.num").Text() != "13" || list[0].First.After(list[0].Last) {
		t.Fatalf("%+v", list)
	}
	add(one, 15, false, "one while the summary is told")

	// The worker dies before it has told; another has a lease that is over.
	three := &windows{kv: kv, shards: 4, lease: 0, own: everything}
	if list, err := three.Due(t.Context(), time.Second, 10); err != nil || len(list) != 0 {
		t.Errorf("a summary with a lease was taken: %v, %v", list, err)
	}
	err := three.change(t.Context(), three.key("key"), func(w *windowState) verdict { w.Leased = time.Now(); return put })
	if err != nil {
		t.Fatal(err)
	}
	if list := due(three); list[0].Count != 2 {
		t.Errorf("%+v", list)
	}
	if err := three.told(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	if list := due(three); list[0].Count != 1 || list[0].Latest.Field("evt.num").Text() != "15" {
		t.Errorf("%+v", list)
	}
	if err := three.told(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	for { // a window without any ends the kind
		if list, err := three.Due(t.Context(), time.Second, 10); err != nil || len(list) != 0 {
			t.Fatalf("%v, %v", list, err)
		}
		if first, err := one.Add(in(t, 15, 1), "key", alert("Rule", "a", 15), time.Second); err != nil {
			t.Fatal(err)
		} else if first {
			break
		}
		sleep(t.Context(), 20*time.Millisecond)
	}
}

func TestWindowsRace(t *testing.T) {
	kv := bucket(t, newFleet(t), windowsBucket)
	s := &windows{kv: kv, shards: 4, lease: time.Minute, own: everything}
	var running sync.WaitGroup
	firsts := make([]int, 4)
	for p := range firsts {
		running.Go(func() {
			for i := range 10 {
				sequence := uint64(i*4 + p + 1)
				first, err := s.Add(in(t, sequence, p), "key", alert("Rule", "a", int(sequence)), time.Hour)
				if err != nil {
					t.Error(err)
				}
				if first {
					firsts[p]++
				}
			}
		})
	}
	running.Wait()
	var got windowState
	if err := s.change(t.Context(), s.key("key"), func(w *windowState) verdict { got = *w; return keep }); err != nil {
		t.Fatal(err)
	}
	if n := firsts[0] + firsts[1] + firsts[2] + firsts[3]; n != 1 || got.Open == nil || got.Open.Count != 39 {
		t.Errorf("%d firsts, window %+v", n, got.Open)
	}
}

func TestShare(t *testing.T) {
	names := []string{"a", "b", "c"}
	had := make(map[int]int)
	for _, name := range names {
		own := share(names, name, 64)
		if len(own) < 21 || len(own) > 22 {
			t.Errorf("%s has %d of 64", name, len(own))
		}
		for _, p := range own {
			had[p]++
		}
	}
	for p := range 64 {
		if had[p] != 1 {
			t.Errorf("partition %d is %d workers'", p, had[p])
		}
	}
	if own := share(names, "d", 64); own != nil {
		t.Errorf("a worker that is not there has %v", own)
	}
}
