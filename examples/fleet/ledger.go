package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"time"

	"github.com/falconer-go/falconer/event"
)

// ledger is a file in which a worker writes down what it handled, once all
// handlers are done and before it acknowledges. Every entry is one write, which
// a kill of the process does not take back.
type ledger struct{ file *os.File }

// entry is a line of a ledger. All of them have one length.
type entry struct {
	id         event.ID
	sequence   uint64 // of the message
	tries      uint64
	start, end int64 // when the handlers ran, in nanoseconds since 1970
}

const entryLength = 32 + 1 + 12 + 1 + 4 + 1 + 19 + 1 + 19 + 1

func (e entry) String() string {
	return fmt.Sprintf("%s %012d %04d %019d %019d\n", e.id, e.sequence, e.tries, e.start, e.end)
}

func openLedger(name string) (*ledger, error) {
	f, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o640)
	return &ledger{f}, err
}

func (l *ledger) close() { _ = l.file.Close() } // every write was answered

// around writes down what h handled.
func (l *ledger) around(h event.Handler) event.Handler {
	return event.HandlerFunc(func(ctx context.Context, e *event.Event) error {
		start := time.Now()
		if err := h.HandleEvent(ctx, e); err != nil {
			return err
		}
		d, _ := deliveryFrom(ctx)
		_, err := l.file.WriteString(entry{e.ID(), d.sequence, d.tries, start.UnixNano(), time.Now().UnixNano()}.String())
		return err
	})
}

// readLedger calls f for each entry of a file.
func readLedger(name string, f func(entry)) error {
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	for n := 1; len(text) > 0; n++ {
		line, rest, _ := bytes.Cut(text, []byte("\n"))
		var e entry
		var id string
		_, err := fmt.Sscanf(string(line), "%32s %d %d %d %d", &id, &e.sequence, &e.tries, &e.start, &e.end)
		if err == nil {
			err = e.id.UnmarshalText([]byte(id))
		}
		if err != nil || len(line)+1 != entryLength {
			return fmt.Errorf("%s:%d: not an entry of a ledger: %.100q", name, n, line)
		}
		f(e)
		text = rest
	}
	return nil
}
