package main

import (
	"context"
	"encoding/hex"
	"errors"
	"strconv"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nuid"
)

// seen is an event.DedupStore in a bucket of the broker, so that all workers
// are one where duplicates are concerned.
//
// A claim is the message's, not the worker's: its value is the sequence of the
// message that the alert came in. If the worker dies with the alert claimed and
// not handled, the same message comes again, to whomever, and finds that the
// claim is its own. A claim of the worker's would make a duplicate of it, and
// the alert would be lost.
type seen struct {
	kv     jetstream.KeyValue
	prefix string // of the handler, as each has claims of its own
}

func (s *seen) key(key string) string { return s.prefix + "." + hex.EncodeToString([]byte(key)) }

func claimant(ctx context.Context) string {
	if d, ok := deliveryFrom(ctx); ok {
		return strconv.FormatUint(d.sequence, 10)
	}
	return nuid.Next()
}

// Claim implements event.DedupStore. The broker keeps windows in seconds.
func (s *seen) Claim(ctx context.Context, key string, window time.Duration) (fresh bool, err error) {
	ctx, cancel := briefly(ctx)
	defer cancel()
	mine := claimant(ctx)
	ttl := max(window.Round(time.Second), time.Second)
	for range 3 {
		_, err = s.kv.Create(ctx, s.key(key), []byte(mine), jetstream.KeyTTL(ttl))
		if !errors.Is(err, jetstream.ErrKeyExists) {
			return err == nil, err
		}
		var entry jetstream.KeyValueEntry
		entry, err = s.kv.Get(ctx, s.key(key))
		if !errors.Is(err, jetstream.ErrKeyNotFound) { // ended between the two
			return err == nil && string(entry.Value()) == mine, err
		}
	}
	return false, err
}

// Release implements event.DedupStore. It leaves a claim of another message
// alone.
func (s *seen) Release(ctx context.Context, key string) error {
	ctx, cancel := briefly(ctx)
	defer cancel()
	entry, err := s.kv.Get(ctx, s.key(key))
	if errors.Is(err, jetstream.ErrKeyNotFound) || err == nil && string(entry.Value()) != claimant(ctx) {
		return nil
	}
	if err != nil {
		return err
	}
	return s.kv.Purge(ctx, s.key(key), jetstream.LastRevision(entry.Revision()), jetstream.PurgeTTL(time.Minute))
}
