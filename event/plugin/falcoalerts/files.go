//go:build cgo

package falcoalerts

import (
	"context"
	"fmt"
	"io"
	"os"
	"sync/atomic"
	"time"

	"github.com/falconer-go/falconer/internal/follow"
)

// whole reads a file once, from its start to its end.
type whole struct {
	path string
	f    *os.File
}

func (w *whole) open() (err error) {
	if w.f, err = os.Open(w.path); err != nil {
		return fmt.Errorf("file: %w", err)
	}
	return nil
}

func (w *whole) close() { w.f.Close() }

func (w *whole) run(ctx context.Context, f *feed) {
	stop := context.AfterFunc(ctx, func() { w.f.Close() }) // which a read of a pipe waits for
	defer stop()
	if err := f.read(ctx, w.f, false, w.path, nil, nil); err != nil && ctx.Err() == nil {
		f.report(ctx, fmt.Errorf("file: %w", err))
	}
}

// standard is standard input. A read of it cannot be interrupted, so it is done
// by a goroutine that may outlive the source.
type standard struct{ r io.Reader }

func (s *standard) open() error { return nil }
func (s *standard) close()      {}

func (s *standard) run(ctx context.Context, f *feed) {
	r, w := io.Pipe()
	go func() {
		_, err := io.Copy(w, s.r)
		w.CloseWithError(err)
	}()
	stop := context.AfterFunc(ctx, func() { r.CloseWithError(context.Cause(ctx)) })
	defer stop()
	if err := f.read(ctx, r, false, "stdin", nil, nil); err != nil && ctx.Err() == nil {
		f.report(ctx, fmt.Errorf("stdin: %w", err))
	}
}

// followed is a file that is followed through rotation. How far it was read is
// kept as Falco is done with the alerts, so that none is lost.
type followed struct {
	params fileParams
	file   *follow.File

	// Of the log that is read now.
	reader  *follow.Reader
	behind  []int64        // the offsets behind the alerts that Falco is not done with
	handled *atomic.Uint64 // how many of them it is done with meanwhile
	due     int64          // the offset to keep; 0 for none
	kept    time.Time      // when one was kept

	failed   string // the last failure to keep one
	failedAt time.Time
	ctx      context.Context // of run
	feed     *feed
}

func (in *followed) open() error {
	file, err := follow.New(in.params.Path, follow.Options{
		State: in.params.State, FromEnd: in.params.From != "start", Idle: in.settle,
		Warn: func(err error) { in.feed.report(in.ctx, fmt.Errorf("file: %w", err)) },
	})
	if err != nil {
		return fmt.Errorf("file: state: %w", err)
	}
	in.file = file
	return nil
}

func (in *followed) close() { in.file.Close() }

func (in *followed) run(ctx context.Context, f *feed) {
	in.ctx, in.feed = ctx, f
	var b backoff
	for ctx.Err() == nil {
		err := in.file.Run(ctx, func(r *follow.Reader) error {
			b.reset()
			return in.read(r)
		})
		if ctx.Err() != nil {
			break
		}
		f.report(ctx, fmt.Errorf("file: %w", err))
		b.wait(ctx)
	}
	in.keep()
}

// read reads one log to its end, and waits until Falco is done with it.
func (in *followed) read(r *follow.Reader) error {
	in.reader, in.behind, in.due = r, in.behind[:0], 0
	handled := new(atomic.Uint64) // of this log: what is left of another one is not counted
	in.handled = handled
	end := int64(0)
	err := in.feed.read(in.ctx, r, true, in.params.Path, func() { handled.Add(1) }, func(offset int64, isEvent bool) {
		end = offset
		if isEvent {
			in.behind = append(in.behind, offset)
		}
		if in.handled.Load() > 0 {
			in.settle()
		}
	})
	if err != nil {
		in.keep()
		return err
	}
	for len(in.behind) > 0 && in.ctx.Err() == nil {
		select {
		case <-time.After(10 * time.Millisecond):
		case <-in.ctx.Done():
		}
		in.settle()
	}
	if len(in.behind) == 0 {
		in.due = end // which is behind what was no alert, too
	}
	in.keep()
	return nil
}

// settle takes note of what Falco is done with, and keeps it from time to time.
func (in *followed) settle() {
	if in.reader == nil {
		return // there is no log yet
	}
	if n := in.handled.Swap(0); n > 0 {
		n := min(int(n), len(in.behind))
		in.due = in.behind[n-1]
		in.behind = in.behind[:copy(in.behind, in.behind[n:])]
	}
	if in.due > 0 && time.Since(in.kept) > 100*time.Millisecond {
		in.keep()
	}
}

// keep keeps what is due. Where that fails, as it does on a full disk, the file
// is read on, and the failure is said once a minute.
func (in *followed) keep() {
	if in.due == 0 {
		return
	}
	err := in.reader.Passed(in.due)
	in.due, in.kept = 0, time.Now()
	if err == nil {
		in.failed = ""
	} else if err.Error() != in.failed || time.Since(in.failedAt) > time.Minute {
		in.failed, in.failedAt = err.Error(), time.Now()
		in.feed.report(in.ctx, fmt.Errorf("file: state: %w", err))
	}
}
