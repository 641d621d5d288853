package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"
)

// sweeper handles the alerts that the broker has and will not deliver.
//
// A broker that is killed may come back knowing that an alert was acknowledged,
// but with the alert still in the stream; and a machine that loses what its
// disk had not written may give a sequence a second time, for an alert that
// then counts as acknowledged and never was. Nobody can tell one from the
// other. So either is handled, once more or for the first time, and then taken
// out of the stream.
type sweeper struct {
	w    *worker
	last map[uint64]bool // sequences that looked left behind in the last round
}

// run sweeps until ctx ends.
func (s *sweeper) run(ctx context.Context) {
	for sleep(ctx, s.w.conn.settings.AckWait) {
		if err := s.sweep(ctx); err != nil && ctx.Err() == nil {
			s.w.log.Warn("what the broker left behind is not known", "error", err)
		}
	}
}

// sweep looks at the partitions that are this worker's. An alert that is just
// being removed also looks left behind, but not for two rounds.
func (s *sweeper) sweep(ctx context.Context) error {
	js := s.w.conn.js
	info, cancel := briefly(ctx)
	defer cancel()
	stream, err := js.Stream(info, alertsStream)
	if err != nil {
		return err
	}
	now, err := stream.Info(info, jetstream.WithSubjectFilter(subjects))
	if err != nil {
		return err
	}
	waiting := now.State.Subjects
	left := make(map[uint64]bool)
	var errs []error
	for _, p := range *s.w.own.Load() {
		if waiting[subject(p)] > 0 {
			errs = append(errs, s.partition(ctx, stream, p, left))
		}
	}
	s.last = left
	return errors.Join(errs...)
}

func (s *sweeper) partition(ctx context.Context, stream jetstream.Stream, p int, left map[uint64]bool) error {
	ask, cancel := briefly(ctx)
	defer cancel()
	consumer, err := stream.Consumer(ask, s.w.consumer(p).Durable)
	if err != nil {
		return err
	}
	floor := consumer.CachedInfo().AckFloor.Stream
	for seq := uint64(1); ; seq++ {
		ask, cancel := briefly(ctx)
		m, err := stream.GetMsg(ask, seq, jetstream.WithGetMsgSubject(subject(p)))
		cancel()
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		if m.Sequence > floor {
			return nil // it and those behind it are still to be delivered
		}
		seq = m.Sequence
		if !s.last[seq] {
			left[seq] = true
			continue
		}
		if err := s.handle(ctx, stream, p, m); err != nil {
			return fmt.Errorf("sequence %d: %w", seq, err)
		}
	}
}

func (s *sweeper) handle(ctx context.Context, stream jetstream.Stream, p int, m *jetstream.RawStreamMsg) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.w.c.timeout)
	defer cancel()
	s.w.log.Warn("the broker left an alert behind, it is handled", "sequence", m.Sequence)
	l := letter{m.Subject, m.Header, m.Data, alertsStream, m.Sequence, 1}
	if err := s.w.handle(ctx, p, l); err != nil {
		if !permanent(err) {
			return err // the next round tries again
		}
		if err := s.w.giveUp(ctx, l, err); err != nil {
			return err
		}
	}
	return stream.DeleteMsg(ctx, m.Sequence)
}
