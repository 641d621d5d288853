package follow

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestRotatedWhileSought: a log that gets another name between the listing and its
// opening is found all the same.
func TestRotatedWhileSought(t *testing.T) {
	path := filepath.Join(t.TempDir(), "events.log")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("one\n")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var warned error
	f, err := New(path, Options{Poll: time.Millisecond, Warn: func(err error) { warned = err; cancel() }})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	enough := errors.New("enough")
	next := func() string {
		t.Helper()
		var read string
		err := f.Run(ctx, func(r *Reader) error {
			b := make([]byte, 64)
			n, err := r.Read(b)
			if err == io.EOF {
				return nil
			}
			if err != nil {
				return err
			}
			read = string(b[:n])
			if err := r.Passed(int64(n)); err != nil {
				return err
			}
			return enough
		})
		if err != enough {
			t.Fatal(err, warned)
		}
		return read
	}
	if got := next(); got != "one\n" {
		t.Fatalf("read %q", got)
	}
	f.logs = func(path string) ([]log, error) {
		stale, err := logsOf(path)
		if err != nil {
			return nil, err
		}
		if err := os.Rename(path, path+".1"); err != nil {
			t.Fatal(err)
		}
		old, err := os.OpenFile(path+".1", os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := old.WriteString("two\n"); err != nil {
			t.Fatal(err)
		}
		old.Close()
		write("three\n")
		f.logs = logsOf
		return stale, nil
	}
	if got := next(); got != "two\n" || warned != nil {
		t.Errorf("read %q; %v", got, warned)
	}
	if got := next(); got != "three\n" || warned != nil {
		t.Errorf("read %q; %v", got, warned)
	}
}
