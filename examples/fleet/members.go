package main

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// members knows which workers live, by a bucket in which each of them keeps an
// entry fresh, and says which partitions are whose: the first worker has the
// first, the second the second, and round again.
//
// Workers may differ about that for a moment. It does no harm: that alerts of
// one partition are handled one after the other is the broker's doing, who
// sends none before the one before it is settled. Partitions only keep the
// workers from standing in each other's way: one that hangs holds up its own
// share, not all.
type members struct {
	kv   jetstream.KeyValue
	name string
	log  *slog.Logger
}

const (
	beat     = time.Second // how often a worker says that it lives
	lifetime = 4 * beat    // after which a silent one is not counted
)

// run calls change with the worker's partitions whenever they are others, until
// ctx ends, and then takes the worker out.
func (m *members) run(ctx context.Context, partitions int, change func([]int)) {
	var last []int
	for {
		if names, err := m.beat(ctx); err == nil {
			if own := share(names, m.name, partitions); !slices.Equal(own, last) {
				m.log.Info("partitions", "own", len(own), "of", partitions, "workers", len(names))
				change(own)
				last = own
			}
		} else if ctx.Err() == nil {
			m.log.Warn("the other workers are not known", "error", err)
		}
		if !sleep(ctx, beat) {
			break
		}
	}
	leave, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	if err := m.kv.Purge(leave, m.name); err != nil {
		m.log.Warn("the others find out only later that this worker has gone", "error", err)
	}
}

func (m *members) beat(ctx context.Context) (names []string, err error) {
	ctx, cancel := context.WithTimeout(ctx, lifetime/2)
	defer cancel()
	if _, err := m.kv.Put(ctx, m.name, nil); err != nil {
		return nil, err
	}
	names, err = m.kv.Keys(ctx)
	if errors.Is(err, jetstream.ErrNoKeysFound) {
		err = nil
	}
	if !slices.Contains(names, m.name) {
		names = append(names, m.name)
	}
	slices.Sort(names)
	return names, err
}

// share returns the partitions of the worker with that name.
func share(names []string, name string, partitions int) (own []int) {
	at := slices.Index(names, name)
	for p := at; at >= 0 && p < partitions; p += len(names) {
		own = append(own, p)
	}
	return own
}
