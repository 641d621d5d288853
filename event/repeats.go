package event

import (
	"context"
	"time"
)

// Repeats tells of alerts that were held back before the one that is passed on.
type Repeats struct {
	Count       int       // how many alerts
	First, Last time.Time // when the first and the last of them came in; zero if there were none
}

func (r *Repeats) add(now time.Time) {
	if r.Count == 0 {
		r.First = now
	}
	r.Count++
	r.Last = now
}

// and returns both as one.
func (r Repeats) and(o Repeats) Repeats {
	if r.Count == 0 {
		return o
	}
	if o.Count == 0 {
		return r
	}
	r.Count += o.Count
	if o.First.Before(r.First) {
		r.First = o.First
	}
	if o.Last.After(r.Last) {
		r.Last = o.Last
	}
	return r
}

type repeatsKey struct{}

// RepeatsFrom returns what [Throttle] and an [Aggregator] tell the handler that
// they wrap about an alert: how many others of its kind they held back since
// they last passed one on. It is not ok where they held back none. Where one is
// around the other, both counts are added.
func RepeatsFrom(ctx context.Context) (r Repeats, ok bool) {
	r, ok = ctx.Value(repeatsKey{}).(Repeats)
	return r, ok
}

func withRepeats(ctx context.Context, r Repeats) context.Context {
	if r.Count == 0 {
		return ctx
	}
	if outer, ok := RepeatsFrom(ctx); ok {
		r = r.and(outer)
	}
	return context.WithValue(ctx, repeatsKey{}, r)
}
