package main

import (
	"context"
	"slices"
	"strings"

	"github.com/nats-io/nats.go/jetstream"
)

// backlog is how far the partitions are.
type backlog struct {
	waiting uint64 // alerts that are not settled
	done    uint64 // up to this sequence all alerts are
}

// readBacklog asks the broker. A partition that no worker has asked for has no
// consumer yet, and may hold anything.
func readBacklog(ctx context.Context, js jetstream.JetStream, partitions int) (b backlog, err error) {
	ctx, cancel := briefly(ctx)
	defer cancel()
	stream, err := js.Stream(ctx, alertsStream)
	if err != nil {
		return b, err
	}
	// What is stored from here on has a higher sequence.
	state := stream.CachedInfo().State
	b.done = state.LastSeq
	known := 0
	list := stream.ListConsumers(ctx)
	for c := range list.Info() {
		if !strings.HasPrefix(c.Name, consumerPrefix) {
			continue
		}
		known++
		if n := c.NumPending + uint64(c.NumAckPending); n > 0 {
			b.waiting += n
			b.done = min(b.done, c.AckFloor.Stream)
		}
	}
	if known < partitions {
		b = backlog{waiting: max(state.Msgs, b.waiting)}
	}
	return b, list.Err()
}

// trimmer removes from the stream what all partitions are done with. It is left
// to no limit of the stream: one would also remove what is not done.
type trimmer struct{ w *worker }

// run trims until ctx ends, as long as the first partition is this worker's, so
// that not all of them do it.
func (t trimmer) run(ctx context.Context) {
	for sleep(ctx, t.w.conn.settings.AckWait/2) {
		if !slices.Contains(*t.w.own.Load(), 0) {
			continue
		}
		if err := t.trim(ctx); err != nil && ctx.Err() == nil {
			t.w.log.Warn("handled alerts not removed yet", "error", err)
		}
	}
}

func (t trimmer) trim(ctx context.Context) error {
	js := t.w.conn.js
	b, err := readBacklog(ctx, js, t.w.conn.settings.Partitions)
	if err != nil || b.done == 0 {
		return err
	}
	ctx, cancel := briefly(ctx)
	defer cancel()
	stream, err := js.Stream(ctx, alertsStream)
	if err != nil || stream.CachedInfo().State.FirstSeq > b.done {
		return err
	}
	return stream.Purge(ctx, jetstream.WithPurgeSequence(b.done+1))
}
