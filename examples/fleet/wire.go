package main

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/falconer-go/falconer/event"
	"github.com/nats-io/nats.go/jetstream"
)

// The streams and buckets of a fleet, and the headers of its messages.
const (
	alertsStream   = "ALERTS"        // alerts.<partition>: what is to be handled
	sidekickStream = "FALCOSIDEKICK" // falco.>: what falcosidekick publishes, until it is in ALERTS
	deadStream     = "DEAD"          // dead.<where from>: what cannot be handled, with the reason
	noticesStream  = "NOTICES"       // notices.<priority>: what the notice handler says

	seenBucket    = "fleet_seen"    // which alerts Dedup has seen
	windowsBucket = "fleet_windows" // what Aggregate has counted
	workersBucket = "fleet_workers" // which workers live

	reasonHeader   = "Fleet-Reason"   // of a dead letter: why it is one
	originHeader   = "Fleet-Origin"   // its subject before
	sequenceHeader = "Fleet-Sequence" // its sequence in the stream before
	triesHeader    = "Fleet-Tries"    // how many times it was delivered
	workerHeader   = "Fleet-Worker"   // who gave it up
)

// settings are what all of a fleet have to agree on. Whoever comes first
// writes them into the stream ALERTS, and everybody else goes by what is there.
type settings struct {
	Partitions int           // how many subjects the alerts are spread over; no more alerts are in work at once
	Key        string        // which alerts keep their order, a name in keys
	AckWait    time.Duration // after which an alert whose worker gives no sign of life goes to another
}

// keys are the alerts that belong together: those of one key are handled one
// after the other, in the order in which they were stored.
var keys = map[string]event.KeyFunc{
	"host":      event.ByHost,
	"container": event.ByContainer,
	"rule":      event.ByRule,
}

func keyNames() string { return strings.Join(slices.Sorted(maps.Keys(keys)), ", ") }

func (s settings) check() error {
	switch {
	case s.Partitions < 1 || s.Partitions > 4096:
		return fmt.Errorf("%d partitions: there may be 1 to 4096", s.Partitions)
	case keys[s.Key] == nil:
		return fmt.Errorf("key %q: there are %s", s.Key, keyNames())
	case s.AckWait < time.Second:
		return fmt.Errorf("an ack wait of %v: it is at least 1s", s.AckWait)
	}
	return nil
}

// partition returns where alerts with that key go.
func (s settings) partition(key string) int {
	h := fnv.New64a()
	h.Write([]byte(key))
	return int(h.Sum64() % uint64(s.Partitions))
}

// consumerPrefix is how the names of the partitions' consumers begin.
const consumerPrefix = "partition-"

// subjects are those of all partitions.
const subjects = "alerts.*"

func subject(partition int) string { return "alerts." + strconv.Itoa(partition) }

// layout is how the streams are made where they are not there yet.
type layout struct {
	settings
	Replicas int
	MaxBytes int64  // of ALERTS; beyond it, alerts are refused
	Sidekick string // the subjects that falcosidekick publishes under
}

// Names of the settings in the stream's metadata.
const (
	partitionsMeta = "fleet.partitions"
	keyMeta        = "fleet.key"
	ackWaitMeta    = "fleet.ack-wait"
)

// ensure makes what is missing of streams and buckets, leaves what is there as
// it is, and returns the settings that hold.
func ensure(ctx context.Context, js jetstream.JetStream, l layout) (settings, error) {
	const day = 24 * time.Hour
	for _, c := range []jetstream.StreamConfig{
		{
			// Nothing limits it but its size, and when that is reached, what is
			// new is refused rather than what is old dropped. What is handled
			// is removed by the workers, from the front. A work queue would do
			// so itself, but from the middle of its files: one whose broker was
			// killed was seen to keep for good what had been acknowledged.
			Name: alertsStream, Subjects: []string{subjects},
			Retention: jetstream.LimitsPolicy, Discard: jetstream.DiscardNew, MaxBytes: l.MaxBytes,
			Duplicates: 5 * time.Minute,
			Metadata: map[string]string{
				partitionsMeta: strconv.Itoa(l.Partitions), keyMeta: l.Key, ackWaitMeta: l.AckWait.String(),
			},
		},
		{
			Name: sidekickStream, Subjects: []string{l.Sidekick},
			Retention: jetstream.WorkQueuePolicy, Discard: jetstream.DiscardNew, MaxBytes: l.MaxBytes,
		},
		{
			// Bad alerts must not stop good ones, so the oldest of them go.
			Name: deadStream, Subjects: []string{"dead.>"},
			Discard: jetstream.DiscardOld, MaxBytes: 1 << 30, Duplicates: 10 * time.Minute,
		},
		{
			Name: noticesStream, Subjects: []string{"notices.*"},
			Discard: jetstream.DiscardOld, MaxBytes: 256 << 20, MaxAge: 7 * day, Duplicates: 10 * time.Minute,
		},
	} {
		c.Storage, c.Replicas = jetstream.FileStorage, l.Replicas
		_, err := js.Stream(ctx, c.Name)
		if errors.Is(err, jetstream.ErrStreamNotFound) {
			_, err = js.CreateStream(ctx, c)
			if errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) { // another one was quicker
				err = nil
			}
		}
		if err != nil {
			return settings{}, fmt.Errorf("stream %s: %w", c.Name, err)
		}
	}
	for _, c := range []jetstream.KeyValueConfig{
		{Bucket: seenBucket, LimitMarkerTTL: time.Second},
		{Bucket: windowsBucket, TTL: 7 * day, LimitMarkerTTL: time.Second},
		{Bucket: workersBucket, TTL: lifetime},
	} {
		c.Storage, c.Replicas = jetstream.FileStorage, l.Replicas
		_, err := js.KeyValue(ctx, c.Bucket)
		if errors.Is(err, jetstream.ErrBucketNotFound) {
			_, err = js.CreateKeyValue(ctx, c)
			if errors.Is(err, jetstream.ErrBucketExists) {
				err = nil
			}
		}
		if err != nil {
			return settings{}, fmt.Errorf("bucket %s: %w", c.Bucket, err)
		}
	}
	return readSettings(ctx, js)
}

func readSettings(ctx context.Context, js jetstream.JetStream) (s settings, err error) {
	stream, err := js.Stream(ctx, alertsStream)
	if err != nil {
		return s, fmt.Errorf("stream %s: %w", alertsStream, err)
	}
	meta := stream.CachedInfo().Config.Metadata
	s.Key = meta[keyMeta]
	if s.Partitions, err = strconv.Atoi(meta[partitionsMeta]); err == nil {
		if s.AckWait, err = time.ParseDuration(meta[ackWaitMeta]); err == nil {
			err = s.check()
		}
	}
	if err != nil {
		return s, fmt.Errorf("stream %s was not made by this program: %w", alertsStream, err)
	}
	return s, nil
}
