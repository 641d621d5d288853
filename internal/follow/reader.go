package follow

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"slices"
)

// How following works. A log file is known by what it holds, not by its name or
// inode: by its first bytes and by those before the place that was read to. An
// alert has its time to the nanosecond in it, so no two logs share them. That
// holds for a file that was renamed, for the copy that copytruncate leaves, and
// from one run of the program to the next.

// Reader reads one log from where the last run got to its end, and waits there
// for more, until the log is rotated: then it ends with io.EOF. It is for one
// goroutine.
type Reader struct {
	ctx  context.Context
	file *File

	begin  int64 // where it began
	f      *os.File
	place  place  // what was read to
	recent []byte // what was read last, from place.Offset-len(recent) on
	kept   int64  // the offset up to which recent need not be kept

	cut bool // the log was truncated, and f is what is left of it: a copy, or nothing
}

// open returns a Reader of a log from a place that is in it. If the log is not
// under its name any more, the error is fs.ErrNotExist.
func (file *File) open(ctx context.Context, l *log, p place) (*Reader, error) {
	f, err := os.Open(l.name)
	if err != nil {
		return nil, err
	}
	if info, err := f.Stat(); err != nil || !os.SameFile(info, l.info) {
		f.Close()
		return nil, cmp.Or(err, fs.ErrNotExist)
	}
	r := &Reader{ctx: ctx, file: file, begin: p.Offset, f: f, place: p, kept: p.Offset}
	r.recent = make([]byte, min(p.Offset, edge))
	if _, err := f.ReadAt(r.recent, p.Offset-int64(len(r.recent))); err != nil {
		f.Close()
		return nil, err
	}
	return r, nil
}

// Read implements [io.Reader].
func (r *Reader) Read(p []byte) (int, error) {
	final := false // there will be no more than there is now
	for {
		n, err := r.readMore(p)
		switch {
		case n > 0 || err != nil:
			return n, err
		case final:
			return 0, io.EOF
		case r.cut: // the copy is all there is
			final = true
			continue
		case r.place.Offset == 0:
			if err := r.first(); err != nil {
				return 0, err
			}
		}
		if final, err = r.succeeded(); err != nil {
			return 0, err
		} else if final {
			continue
		}
		if err := r.file.wait(r.ctx); err != nil {
			return 0, err
		}
	}
}

// readMore reads what the log has, which may be nothing.
func (r *Reader) readMore(p []byte) (int, error) {
	n, err := r.f.ReadAt(p, r.place.Offset)
	if err != nil && err != io.EOF {
		return 0, err
	}
	// Only if the log is still the one that was read to, after reading as well
	// as before, are these bytes its next ones.
	if ends, err := endsWith(r.f, r.place.Offset, r.recent); err != nil {
		return 0, err
	} else if !ends {
		return 0, r.truncated()
	}
	if n > 0 && r.place.Offset == 0 {
		if err := r.first(); err != nil {
			return 0, err
		}
	}
	r.recent = append(r.recent, p[:n]...)
	r.place.grow(p[:n])
	// What is kept is from edge bytes before the last alert on.
	if from := r.kept - edge - (r.place.Offset - int64(len(r.recent))); from > 1<<16 {
		r.recent = append(r.recent[:0], r.recent[from:]...)
	}
	return n, nil
}

// errNotFirst says that another log is to be read before this one.
var errNotFirst = errors.New("there is an older log")

// first makes sure that no log came and went unseen since this one was chosen:
// truncated before a byte of it was read, a log cannot be told from a new one,
// but its copy is there.
func (r *Reader) first() error {
	logs, err := logsOf(r.file.path)
	if err != nil {
		return err
	}
	mine, err := r.f.Stat()
	if err != nil {
		return err
	}
	if l, _, _ := next(logs, r.file.last, &r.file.done); l != nil && !os.SameFile(l.info, mine) {
		return errNotFirst
	}
	return nil
}

// endsWith reports whether the bytes before an offset are the last ones of tail.
func endsWith(f *os.File, offset int64, tail []byte) (bool, error) {
	tail = tail[max(0, len(tail)-edge):]
	got := make([]byte, len(tail))
	if _, err := f.ReadAt(got, offset-int64(len(got))); err == io.EOF {
		return false, nil
	} else if err != nil {
		return false, err
	}
	return bytes.Equal(got, tail), nil
}

// truncated goes on in the copy that was made before the log was truncated.
func (r *Reader) truncated() error {
	r.cut = true
	logs, err := logsOf(r.file.path)
	if err != nil {
		return err
	}
	here := r.at(r.place.Offset)
	for _, l := range logs {
		f, err := os.Open(l.name)
		if err != nil {
			continue // gone meanwhile
		}
		if here.in(f) {
			r.f.Close()
			r.f = f
			return nil
		}
		f.Close()
	}
	return errTruncated
}

// errTruncated says that alerts may be lost.
var errTruncated = errors.New("the file was truncated, and there is no copy of what it held")

// succeeded reports whether something is written to a newer log. Falco goes on
// with a log that was renamed until it is told to open a new one; but once it
// has written there, it writes no more here.
func (r *Reader) succeeded() (bool, error) {
	mine, err := r.f.Stat()
	if err != nil {
		return false, err
	}
	if now, err := os.Stat(r.file.path); err == nil && os.SameFile(now, mine) {
		return false, nil
	}
	logs, err := logsOf(r.file.path)
	if err != nil {
		return false, err
	}
	i := slices.IndexFunc(logs, func(l log) bool { return os.SameFile(l.info, mine) })
	// A log that is not there any more is older than those that are.
	return slices.ContainsFunc(logs[i+1:], func(l log) bool { return l.info.Size() > 0 }), nil
}

// at returns the place at an offset that was read, at most what is remembered
// before the end.
func (r *Reader) at(offset int64) place {
	p := r.place
	p.Offset = offset
	p.Head = p.Head[:min(int64(len(p.Head)), offset)]
	end := int64(len(r.recent)) - (r.place.Offset - offset)
	p.Tail = bytes.Clone(r.recent[max(0, end-edge):end])
	return p
}

// Passed says that what was read up to an offset, counted from where the Reader
// began, is done with: a later run goes on behind it. The error is that of
// keeping it in the state file. It may be called after the Reader has ended.
func (r *Reader) Passed(offset int64) error {
	r.file.last = r.at(r.begin + offset)
	r.kept = r.file.last.Offset
	return r.file.save()
}
