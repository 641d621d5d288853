package event

import (
	"container/list"
	"context"
	"sync"
	"time"
)

// windows is an AggregateStore in memory. Windows have one length, so the order
// in which they were opened is the order in which they end. Over its bounds it
// ends the oldest windows early: their summaries are due at once. Those are
// fetched faster than new ones come, with every alert, so they are bounded too.
type windows struct {
	mostKeys, mostBytes int

	mu    sync.Mutex
	keys  map[string]*list.Element
	order list.List // of *window, the first to end first
	early []Summary // of windows that were ended early
	bytes int       // of the alerts held, without those of early
}

type window struct {
	key    string
	ends   time.Time
	owed   bool // the first alert was not handled, so the next is the first
	latest *Event
	size   int // of latest
	Repeats
}

func newWindows(keys, bytes int) *windows {
	return &windows{mostKeys: keys, mostBytes: bytes, keys: make(map[string]*list.Element)}
}

func (s *windows) Add(_ context.Context, key string, e *Event, length time.Duration) (first bool, err error) {
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	el := s.keys[key]
	if el == nil {
		for s.order.Len() >= s.mostKeys {
			s.endEarly(s.order.Front())
		}
		s.keys[key] = s.order.PushBack(&window{key: key, ends: now.Add(length)})
		return true, nil
	}
	w := el.Value.(*window)
	if w.owed {
		w.owed = false
		return true, nil
	}
	w.add(now)
	s.bytes -= w.size
	w.latest, w.size = e, e.size()
	s.bytes += w.size
	for s.bytes > s.mostBytes && s.order.Len() > 0 {
		s.endEarly(s.order.Front())
	}
	return false, nil
}

func (s *windows) Undo(_ context.Context, key string, _ *Event) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if el := s.keys[key]; el != nil {
		el.Value.(*window).owed = true
	}
	return nil
}

func (s *windows) Due(_ context.Context, length time.Duration, most int) ([]Summary, error) {
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	var due []Summary
	for len(s.early) > 0 && len(due) < most {
		due = append(due, s.early[0])
		s.early[0] = Summary{}
		s.early = s.early[1:]
	}
	for len(due) < most {
		el := s.order.Front()
		if el == nil || now.Before(el.Value.(*window).ends) {
			break
		}
		w := el.Value.(*window)
		if w.Count == 0 {
			delete(s.keys, w.key)
			s.order.Remove(el)
			continue
		}
		due = append(due, Summary{w.latest, w.Repeats})
		s.bytes -= w.size
		*w = window{key: w.key, ends: now.Add(length), owed: w.owed}
		s.order.MoveToBack(el)
	}
	return due, nil
}

// endEarly closes a window before its time.
func (s *windows) endEarly(el *list.Element) {
	w := s.order.Remove(el).(*window)
	delete(s.keys, w.key)
	s.bytes -= w.size
	if w.Count > 0 {
		s.early = append(s.early, Summary{w.latest, w.Repeats})
	}
}
