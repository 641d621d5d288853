package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// senders stands for the Falcos of many hosts. Each sends its alerts one after
// the other, as Falco does; unlike Falco it sends one again, and to the next
// ingest, until it is accepted. So what was accepted is known.
type senders struct {
	hosts, alerts int
	urls          []string
	accepted      atomic.Int64
	repeated      atomic.Int64
}

// run sends all alerts and writes each that was accepted to the file, those of
// one host in their order.
func (s *senders) run(ctx context.Context, name string) (err error) {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	defer func() {
		if closed := f.Close(); err == nil {
			err = closed
		}
	}()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: s.hosts}}
	defer client.CloseIdleConnections()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var write sync.Mutex
	var running sync.WaitGroup
	for host := range s.hosts {
		running.Go(func() {
			for n := range s.share(host) {
				e, err := sampleAlert(host, n)
				if err != nil {
					cancel(err)
					return
				}
				raw := append(e.AppendJSON(nil), '\n')
				if err := s.send(ctx, client, host, raw); err != nil {
					cancel(err)
					return
				}
				write.Lock()
				_, err = f.Write(raw)
				write.Unlock()
				if err != nil {
					cancel(err)
					return
				}
				s.accepted.Add(1)
			}
		})
	}
	running.Wait()
	return context.Cause(ctx)
}

// share is how many of the alerts are that host's.
func (s *senders) share(host int) int { return (s.alerts + s.hosts - 1 - host) / s.hosts }

// send sends until an ingest accepts.
func (s *senders) send(ctx context.Context, client *http.Client, host int, raw []byte) error {
	for try := 0; ; try++ {
		if try > 0 {
			s.repeated.Add(1)
		}
		accepted, err := post(ctx, client, s.urls[(host+try)%len(s.urls)], raw)
		if accepted {
			return nil
		}
		if ctx.Err() != nil {
			return fmt.Errorf("alert not accepted: %w", err)
		}
		if !sleep(ctx, 100*time.Millisecond) {
			return context.Cause(ctx)
		}
	}
}

func post(ctx context.Context, client *http.Client, url string, raw []byte) (accepted bool, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(raw))
	if err != nil {
		return false, err
	}
	r.Header.Set("Content-Type", "application/json")
	answer, err := client.Do(r)
	if err != nil {
		return false, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, 1<<10))
	if answer.StatusCode == http.StatusAccepted {
		return true, nil
	}
	return false, fmt.Errorf("%s: %.200q %w", answer.Status, text, err)
}
