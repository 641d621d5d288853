package event

import (
	"context"
	"encoding/binary"
)

// SampleOptions change what [Sample] does. The zero SampleOptions are the
// defaults.
type SampleOptions struct {
	Keep Matcher // what it matches always passes; nil means nothing
}

// Sample returns a Middleware that passes on one alert of every n, chosen by
// its [Event.ID]: every machine chooses the same ones. The others are counted
// as held by sample. An n below 1 panics.
func Sample(n int, o *SampleOptions) Middleware {
	if n < 1 {
		panic("event: Sample: fewer than one at " + caller(2))
	}
	var keep Matcher
	if o != nil {
		keep = o.Keep
	}
	return func(h Handler) Handler {
		return &sample{holderAround(h, "sample"), uint64(n), keep}
	}
}

type sample struct {
	holder
	n    uint64
	keep Matcher
}

func (s *sample) HandleEvent(ctx context.Context, e *Event) error {
	if s.keep == nil || !s.keep.Match(e) {
		id := e.ID()
		if binary.BigEndian.Uint64(id[:])%s.n != 0 {
			s.held.Add(1)
			return nil
		}
	}
	return s.next.HandleEvent(ctx, e)
}
