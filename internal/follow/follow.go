// Package follow reads a file that a program such as Falco appends to, through
// rotation and truncation, and from one run to the next.
package follow

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"time"
)

// Options are how a file is followed.
type Options struct {
	State   string        // the file that keeps what was done with; "" for none
	FromEnd bool          // begin at the end where nothing is known of an earlier run
	Poll    time.Duration // how often to look for more; 0 means 100 milliseconds

	// Warn is told where something may have been missed.
	Warn func(error)

	// Idle, if it is not nil, is called before each wait for more.
	Idle func()
}

// File is a file that is followed. It is for one goroutine.
type File struct {
	path  string
	o     Options
	state *state // nil for none
	ready bool   // where to begin is known
	last  place  // what was done with
	done  ended

	logs func(path string) ([]log, error) // logsOf, but for tests
}

// New returns a file to follow, which need not be there yet. An error concerns
// the state file: it cannot be opened, or holds something else.
func New(path string, o Options) (*File, error) {
	f := &File{path: path, o: o, logs: logsOf}
	f.o.Poll = cmp.Or(o.Poll, 100*time.Millisecond)
	if o.State == "" {
		return f, nil
	}
	beside, err := besideLog(o.State, path)
	if err == nil && beside {
		err = fmt.Errorf("%q would be taken for a log that was rotated: its name begins with that of %q", o.State, path)
	}
	if err == nil {
		f.state, err = openState(o.State)
	}
	if err != nil {
		return nil, err
	}
	if f.last, f.ready, err = f.state.load(); err != nil {
		f.state.Close()
		return nil, fmt.Errorf("%s: %w", o.State, err)
	}
	return f, nil
}

// Close closes what is open. No Run may be under way.
func (f *File) Close() error {
	f.done.forget(nil)
	if f.state == nil {
		return nil
	}
	return f.state.Close()
}

// begin finds out where to begin.
func (f *File) begin() (err error) {
	switch {
	case f.ready:
		return nil
	case !f.o.FromEnd:
		f.ready = true
		return nil
	}
	if f.last, err = endOf(f.path); err != nil {
		return err
	}
	f.ready = true // also where that cannot be kept: the end moves on
	return f.save()
}

func (f *File) save() error {
	if f.state == nil {
		return nil
	}
	return f.state.save(f.last)
}

// Run calls read with a Reader of one log after the other, until ctx ends or
// read returns an error. An error of reading the file is returned, too; Run may
// then be called again and goes on behind what was passed.
func (f *File) Run(ctx context.Context, read func(r *Reader) error) error {
	if err := f.begin(); err != nil {
		return err
	}
	for ctx.Err() == nil {
		l, at, known, err := f.next()
		if err != nil {
			return err
		}
		if !known {
			f.o.Warn(fmt.Errorf("where it stopped is neither in %q nor in a file beside it any more: alerts may have been missed", f.path))
			f.last = place{Saved: f.last.Saved}
		}
		if l == nil { // Falco makes the file with its first alert
			if err := f.wait(ctx); err != nil {
				return err
			}
			continue
		}
		r, err := f.open(ctx, l, at)
		if errors.Is(err, fs.ErrNotExist) || err == io.EOF {
			continue // renamed or truncated meanwhile
		}
		if err != nil {
			return err
		}
		err = read(r)
		switch {
		case errors.Is(err, errNotFirst):
			r.f.Close()
		case err == nil:
			f.done.add(r.f)
		case errors.Is(err, errTruncated):
			f.o.Warn(fmt.Errorf("%q: %w: alerts may have been missed", f.path, err))
			r.f.Close()
			f.last = place{Saved: time.Now()}
			if err := f.save(); err != nil {
				return err
			}
		default:
			r.f.Close()
			return err
		}
	}
	return context.Cause(ctx)
}

// next finds the log to read next. A rotation while the logs are opened, by the names that
// they had, hides the one that is sought: only where these are the same afterwards it is
// in none of them.
func (f *File) next() (l *log, at place, known bool, err error) {
	logs, err := f.logs(f.path)
	for err == nil {
		f.done.forget(logs)
		l, at, known = next(logs, f.last, &f.done)
		if known {
			return l, at, true, nil
		}
		before := logs
		if logs, err = f.logs(f.path); slices.EqualFunc(before, logs, log.same) {
			break
		}
	}
	return l, at, false, err
}

func (f *File) wait(ctx context.Context) error {
	if f.o.Idle != nil {
		f.o.Idle()
	}
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(f.o.Poll):
		return nil
	}
}
