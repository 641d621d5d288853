package event

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Suppression is a maintenance window: while it lasts, the alerts it matches
// are not passed on.
type Suppression struct {
	Match  Matcher
	From   time.Time // zero means at once
	Until  time.Time // never zero: what is to be silent for good belongs into an exception of the rule
	Reason string    // why, for those who ask later; never empty
}

// Suppressions are the maintenance windows of a host. The zero Suppressions
// have none. It is safe for concurrent use.
//
// It is the time at which an alert is handed in that counts, not the one at
// which its event happened.
type Suppressions struct {
	// OnHold, if it is not nil, is told of every alert that is not passed on.
	// It is set before the first alert.
	OnHold func(ctx context.Context, e *Event, s Suppression)

	mu   sync.Mutex // held by who changes list
	list atomic.Pointer[[]*suppressing]
}

type suppressing struct {
	Suppression
	held atomic.Uint64
}

// Add begins to apply s and returns what ends it early. A Suppression without
// matcher, end or reason, or with an end that has passed, is an error.
func (s *Suppressions) Add(w Suppression) (remove func(), err error) {
	switch {
	case isNilMatcher(w.Match):
		return nil, errors.New("suppression without a matcher")
	case w.Reason == "":
		return nil, errors.New("suppression without a reason")
	case w.Until.IsZero():
		return nil, errors.New("suppression without an end")
	case !w.Until.After(w.From), !w.Until.After(time.Now()):
		return nil, errors.New("suppression that has ended before it begins")
	}
	added := &suppressing{Suppression: w}
	s.change(func(list []*suppressing) []*suppressing { return append(list, added) })
	return func() {
		s.change(func(list []*suppressing) []*suppressing {
			return slices.DeleteFunc(list, func(x *suppressing) bool { return x == added })
		})
	}, nil
}

// change publishes what f makes of a copy of the list without what has ended.
func (s *Suppressions) change(f func([]*suppressing) []*suppressing) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []*suppressing
	now := time.Now()
	for _, x := range s.load() {
		if now.Before(x.Until) {
			list = append(list, x)
		}
	}
	list = f(list)
	s.list.Store(&list)
}

func (s *Suppressions) load() []*suppressing {
	if p := s.list.Load(); p != nil {
		return *p
	}
	return nil
}

// SuppressionStats is a [Suppression] and how many alerts it held.
type SuppressionStats struct {
	Suppression
	Held uint64
}

// List returns the windows that have not ended, in the order in which they were
// added.
func (s *Suppressions) List() []SuppressionStats {
	var list []SuppressionStats
	now := time.Now()
	for _, x := range s.load() {
		if now.Before(x.Until) {
			list = append(list, SuppressionStats{x.Suppression, x.held.Load()})
		}
	}
	return list
}

// Suppress returns a Middleware that does not pass on the alerts that one of
// the windows of s matches while it lasts; they are counted as held by suppress
// and under the first such window. A nil s panics.
func Suppress(s *Suppressions) Middleware {
	if s == nil {
		panic("event: Suppress: nil Suppressions at " + caller(2))
	}
	return func(h Handler) Handler {
		return &suppress{holderAround(h, "suppress"), s}
	}
}

type suppress struct {
	holder
	set *Suppressions
}

func (s *suppress) HandleEvent(ctx context.Context, e *Event) error {
	if list := s.set.load(); len(list) > 0 {
		now := time.Now()
		for _, x := range list {
			if !now.Before(x.From) && now.Before(x.Until) && x.Match.Match(e) {
				x.held.Add(1)
				s.held.Add(1)
				if s.set.OnHold != nil {
					s.set.OnHold(ctx, e, x.Suppression)
				}
				return nil
			}
		}
	}
	return s.next.HandleEvent(ctx, e)
}
