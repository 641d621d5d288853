package event

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// stream returns n alerts of three hosts as lines, with one line between them
// that is no alert.
func stream(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `{"rule":"A","hostname":"h%d","priority":"Notice","time":"2024-07-24T14:32:07Z","output_fields":{"n":%d}}`+"\n", i%3, i)
		if i == n/2 {
			b.WriteString(`{"rule":"A","priority":"Loud","time":"2024-07-24T14:32:07Z"}` + "\n")
		}
	}
	return b.String()
}

// Serve runs in bubbles, which fail the test if a goroutine is left.
func TestServe(t *testing.T) {
	for _, workers := range []int{0, 1, 3} {
		synctest.Test(t, func(t *testing.T) {
			s := new(sink)
			var mu sync.Mutex
			var told []string
			h := HandlerFunc(func(ctx context.Context, e *Event) error {
				s.HandleEvent(ctx, e)
				switch number(e) {
				case 10:
					return errBuggy
				case 11:
					panic("p")
				}
				return nil
			})
			totals, err := Serve(t.Context(), NewDecoder(strings.NewReader(stream(100)), nil), h, &ServeOptions{Workers: workers, OnError: func(e *Event, err error) {
				mu.Lock()
				defer mu.Unlock()
				if e == nil {
					told = append(told, "record")
				} else {
					told = append(told, fmt.Sprint(number(e), " ", err))
				}
			}})
			if want := (ServeTotals{Alerts: 100, Failed: 2, Malformed: 1}); err != nil || totals != want {
				t.Errorf("%d workers: %+v, %v", workers, totals, err)
			}
			slices.Sort(told)
			if want := []string{"10 buggy", "11 panic: p", "record"}; !slices.Equal(told, want) {
				t.Errorf("told %q", told)
			}
			last := make(map[string]int)
			for i, e := range s.events {
				if workers < 2 && number(e) != i {
					t.Errorf("call %d is about alert %d", i, number(e))
				}
				if n, ok := last[e.Hostname]; ok && number(e) <= n {
					t.Errorf("%s: %d after %d", e.Hostname, number(e), n)
				}
				last[e.Hostname] = number(e)
			}
		})
	}
}

func TestServeEndsWithContext(t *testing.T) {
	for _, workers := range []int{1, 3} {
		synctest.Test(t, func(t *testing.T) {
			r, w := io.Pipe()
			ctx, cancel := context.WithCancelCause(t.Context())
			s := new(sink)
			slow := HandlerFunc(func(ctx context.Context, e *Event) error {
				select {
				case <-time.After(time.Second):
				case <-ctx.Done():
				}
				return s.HandleEvent(ctx, e)
			})
			go func() {
				io.WriteString(w, stream(10)) // and then silence
				<-ctx.Done()
			}()
			why := errors.New("shutdown")
			go func() { time.Sleep(2500 * time.Millisecond); cancel(why) }()
			totals, err := Serve(ctx, NewDecoder(r, nil), slow, &ServeOptions{Workers: workers, Interrupt: func() { r.CloseWithError(errors.New("interrupted")) }})
			if !errors.Is(err, why) || int(totals.Alerts) != len(s.events) || totals.Alerts == 0 {
				t.Errorf("%d workers: %+v, %d handled, %v", workers, totals, len(s.events), err)
			}
		})
	}
}

func TestServeReadError(t *testing.T) {
	broken := errors.New("connection reset")
	r, w := io.Pipe()
	go func() {
		io.WriteString(w, stream(5))
		w.CloseWithError(broken)
	}()
	totals, err := Serve(t.Context(), NewDecoder(r, nil), nop, &ServeOptions{Workers: 2})
	if !errors.Is(err, broken) || totals.Alerts != 5 || totals.Malformed != 1 {
		t.Errorf("%+v, %v", totals, err)
	}
}

// A slow handler makes the sender wait; memory does not fill up with alerts.
func TestServeBackPressure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, w := io.Pipe()
		sent := 0
		go func() {
			for line := range strings.Lines(stream(100_000)) {
				if _, err := io.WriteString(w, line); err != nil {
					return
				}
				sent++
			}
			w.Close()
		}()
		release := make(chan struct{})
		done := make(chan struct{})
		go func() {
			defer close(done)
			totals, err := Serve(t.Context(), NewDecoder(r, nil), HandlerFunc(func(context.Context, *Event) error { <-release; return nil }), &ServeOptions{Workers: 4})
			if err != nil || totals.Alerts != 100_000 {
				t.Errorf("%+v, %v", totals, err)
			}
		}()
		synctest.Wait()
		// The decoder may read ahead by its buffer.
		if sent > 20_000 {
			t.Errorf("%d alerts were taken from the sender while none was handled", sent)
		}
		close(release)
		<-done
	})
}

func TestServePanics(t *testing.T) {
	d := NewDecoder(strings.NewReader(""), nil)
	for name, f := range map[string]func(){
		"nil Handler":          func() { Serve(t.Context(), d, nil, nil) },
		"a Decoder with Reuse": func() { Serve(t.Context(), NewDecoder(strings.NewReader(""), &DecoderOptions{Reuse: true}), nop, nil) },
	} {
		func() {
			defer func() {
				if got := fmt.Sprint(recover()); !strings.Contains(got, name+" at serve_test.go:") {
					t.Errorf("%s: %s", name, got)
				}
			}()
			f()
		}()
	}
}

func ExampleServe() {
	stream := strings.NewReader(`{"rule":"Terminal shell in container","priority":"Notice","time":"2024-07-24T14:32:07Z"}
Tue Jul 24 14:32:08 2024: Falco's own log lines may stand between the alerts.
{"rule":"Clear Log Activities","priority":"Warning","time":"2024-07-24T14:32:09Z"}
`)
	print := HandlerFunc(func(_ context.Context, e *Event) error {
		fmt.Println(e.Priority, e.Rule)
		return nil
	})
	totals, err := Serve(context.Background(), NewDecoder(stream, nil), print, nil)
	fmt.Println(totals.Alerts, err)
	// Output:
	// Notice Terminal shell in container
	// Warning Clear Log Activities
	// 2 <nil>
}
