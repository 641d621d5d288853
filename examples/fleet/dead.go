package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/cenkalti/backoff/v5"
	"github.com/falconer-go/falconer/event"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// permanent reports whether another try cannot mend err: every part of it is
// marked by event.Permanent, or a panic, or a record that is no alert.
func permanent(err error) bool {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, part := range joined.Unwrap() {
			if !permanent(part) {
				return false
			}
		}
		return true
	}
	switch err.(type) {
	case *backoff.PermanentError, *event.PanicError, *event.SyntaxError:
		return true
	}
	inner := errors.Unwrap(err)
	return inner != nil && permanent(inner)
}

// letter is an alert as it stands in a stream.
type letter struct {
	subject  string
	header   nats.Header
	data     []byte
	stream   string
	sequence uint64
	tries    uint64
}

func letterOf(msg jetstream.Msg, meta *jetstream.MsgMetadata) letter {
	return letter{msg.Subject(), msg.Headers(), msg.Data(), meta.Stream, meta.Sequence.Stream, meta.NumDelivered}
}

// bury copies an alert to the stream of dead letters, as it is and with the
// reason; the caller then takes it out of the stream where it stood. If that
// fails, it comes again and is buried under the same ID.
func bury(ctx context.Context, js jetstream.JetStream, l letter, reason error, by string) error {
	dead := &nats.Msg{Subject: "dead." + l.subject, Data: l.data, Header: nats.Header{}}
	for _, name := range propagator.Fields() {
		if v := l.header.Get(name); v != "" {
			dead.Header.Set(name, v)
		}
	}
	dead.Header.Set(reasonHeader, reasonText(reason))
	dead.Header.Set(originHeader, l.subject)
	dead.Header.Set(sequenceHeader, strconv.FormatUint(l.sequence, 10))
	dead.Header.Set(triesHeader, strconv.FormatUint(l.tries, 10))
	dead.Header.Set(workerHeader, by)
	// A stream that was made anew counts from 1 again.
	sum := sha256.Sum256(l.data)
	id := fmt.Sprintf("%s-%d-%x", l.stream, l.sequence, sum[:8])
	_, err := js.PublishMsg(ctx, dead, jetstream.WithMsgID(id), jetstream.WithExpectStream(deadStream))
	return err
}

func reasonText(err error) string { return printable(err.Error(), 1000) }

// printable is text on one line, of bounded length, that no terminal or header
// takes for anything else: it may quote an alert.
func printable(text string, most int) string {
	clean := strings.Map(func(r rune) rune {
		if r == unicode.ReplacementChar || !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, text)
	if len(clean) > most {
		clean = strings.ToValidUTF8(clean[:most], "") + "..."
	}
	return clean
}

// runDead lists the dead letters, or hands them in again.
func runDead(ctx context.Context, args []string, e env) error {
	var c connection
	var again bool
	err := e.parse("dead", args, c.flags, func(f *flag.FlagSet) {
		f.BoolVar(&again, "again", false, "hand them in again, and remove them")
	})
	if err != nil {
		return err
	}
	if err := c.open(ctx, ownName("dead"), e.log); err != nil {
		return err
	}
	defer c.close()
	t, err := new(telemetryConfig).open(ctx, "dead")
	if err != nil {
		return err
	}
	p := newPublisher(&c, t)
	return eachDead(ctx, c.js, func(m *jetstream.RawStreamMsg) error {
		h := m.Header
		fmt.Fprintf(e.out, "%d %s %s seq=%s tries=%s by=%s: %s\n", m.Sequence, m.Time.UTC().Format(time.RFC3339),
			printable(h.Get(originHeader), 200), h.Get(sequenceHeader), h.Get(triesHeader), h.Get(workerHeader), h.Get(reasonHeader))
		if !again {
			return nil
		}
		a, err := event.Parse(m.Data)
		if err != nil {
			fmt.Fprintln(e.out, "  stays:", printable(err.Error(), 1000))
			return nil
		}
		// Under its own ID the broker would still know it.
		if err := p.publish(ctx, a, fmt.Sprintf("%s-%s-%d", a.ID(), deadStream, m.Sequence)); err != nil {
			return err
		}
		stream, err := c.js.Stream(ctx, deadStream)
		if err != nil {
			return err
		}
		return stream.DeleteMsg(ctx, m.Sequence)
	})
}

// eachDead calls f for each dead letter, the oldest first.
func eachDead(ctx context.Context, js jetstream.JetStream, f func(*jetstream.RawStreamMsg) error) error {
	stream, err := js.Stream(ctx, deadStream)
	if err != nil {
		return err
	}
	last := stream.CachedInfo().State.LastSeq
	for seq := stream.CachedInfo().State.FirstSeq; seq <= last; seq++ {
		m, err := stream.GetMsg(ctx, seq)
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		if err := f(m); err != nil {
			return err
		}
	}
	return nil
}
