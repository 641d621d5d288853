//go:build cgo

package falcoalerts

import (
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/falconer-go/falconer/enrich"
	"github.com/falconer-go/falconer/event"
)

// In the year 1600 nanoseconds overflow into the future, where an alert would
// push what is now out of the window.
func TestWindowOverflow(t *testing.T) {
	w := newWindow(5*time.Minute, 100, new(enrich.Enricher))
	for _, host := range []string{"h1", "h2"} {
		e := tagged("A", "execution", host, 0).Event().Draft()
		e.Time = time.Date(1600, 1, 1, 0, 0, 0, 0, time.UTC)
		old, err := e.Build()
		if err != nil {
			t.Fatal(err)
		}
		w.add(old)
	}
	e := tagged("A", "execution", "h3", time.Since(start)).Event()
	if got := w.add(e).rule; got.count != 3 || got.members != 3 {
		t.Errorf("count %d on %d hosts, want 3 on 3", got.count, got.members)
	}
}

// Falco writes the number as text.
func TestWindowDropsAsText(t *testing.T) {
	w := newWindow(5*time.Minute, 100, new(enrich.Enricher))
	e := tagged("Falco internal: syscall event drop", "", "h1", 0).Source("internal").Field("n_drops", "815508").Event()
	if got := w.add(e).host.drops; got != 815508 {
		t.Errorf("drops %d, want 815508", got)
	}
}

type panicking struct{}

func (panicking) Read([]byte) (int, error) { panic("reader") }

var _ io.Reader = panicking{}

// A panic in the goroutine of an input would end Falco.
func TestReadPanic(t *testing.T) {
	f := &feed{offers: make(chan offer), closed: make(chan struct{})}
	err := f.read(context.Background(), panicking{}, false, "test", nil, nil)
	if p := (*event.PanicError)(nil); !errors.As(err, &p) || p.Value != "reader" {
		t.Errorf("got %v, want the panic as an error", err)
	}
}
