package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/falconer-go/falconer/event"
	"github.com/falconer-go/falconer/event/eventtest"
)

// dial opens a connection and begins a request with that header.
func dial(t *testing.T, url, header string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	fmt.Fprintf(conn, "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n%s\r\n\r\n", header)
	return conn
}

func status(conn net.Conn) (int, error) {
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return 0, err
	}
	return res.StatusCode, nil
}

// Whatever a client does, the server goes on.
func TestHostileClients(t *testing.T) {
	r := start(t, nil, "-read-timeout", "500ms", "-report-if", "alert.priority = Emergency")
	for name, f := range map[string]func(t *testing.T){
		"a byte now and then": func(t *testing.T) {
			conn := dial(t, r.url, "Content-Length: 1000")
			go func() {
				for {
					if _, err := conn.Write([]byte{' '}); err != nil {
						return
					}
					time.Sleep(100 * time.Millisecond)
				}
			}()
			if code, err := status(conn); code != 408 {
				t.Errorf("%d, %v", code, err)
			}
		},
		"nothing after the header": func(t *testing.T) {
			if code, err := status(dial(t, r.url, "Content-Length: 1000")); code != 408 {
				t.Errorf("%d, %v", code, err)
			}
		},
		"1 GiB said": func(t *testing.T) {
			if code, err := status(dial(t, r.url, fmt.Sprint("Content-Length: ", 1<<30))); code != 413 {
				t.Errorf("%d, %v", code, err)
			}
		},
		"1 GiB sent": func(t *testing.T) {
			conn := dial(t, r.url, "Transfer-Encoding: chunked")
			chunk := append(append([]byte("10000\r\n"), bytes.Repeat([]byte{' '}, 1<<16)...), "\r\n"...)
			sent := 0
			for sent < 1<<30 {
				n, err := conn.Write(chunk)
				sent += n
				if err != nil {
					break
				}
			}
			if sent >= 1<<30 {
				t.Error("the server read all of it")
			}
			// The answer may be lost with the connection.
			if code, err := status(conn); err == nil && code != 413 {
				t.Errorf("%d", code)
			}
		},
		"10,000 nested arrays": func(t *testing.T) {
			body := strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000)
			for _, body := range []string{body, `{"rule":"A","priority":"Notice","time":"2026-03-02T09:15:27Z","output_fields":{"a":` + body + `}}`} {
				res, err := http.Post(r.url, "application/json", strings.NewReader(body))
				if err != nil {
					t.Fatal(err)
				}
				res.Body.Close()
				if res.StatusCode != 400 && res.StatusCode != 413 {
					t.Errorf("status %d", res.StatusCode)
				}
			}
		},
		"garbage in chunks": func(t *testing.T) {
			for _, chunks := range []string{"zz\r\n", "ffffffffffffffff\r\n{}", "1\r\n{\r\n1\r\n\x00\r\n0\r\n\r\n", "5\r\n{\"a\""} {
				conn := dial(t, r.url, "Transfer-Encoding: chunked")
				io.WriteString(conn, chunks)
				conn.(*net.TCPConn).CloseWrite()
				if code, err := status(conn); err == nil && code < 400 {
					t.Errorf("%q: %d", chunks, code)
				}
			}
		},
		"goes away": func(t *testing.T) {
			conn := dial(t, r.url, "Content-Length: 1000")
			io.WriteString(conn, "{")
			conn.Close()
		},
	} {
		t.Run(name, func(t *testing.T) {
			f(t)
			if code := send(t, r.url, eventtest.SampleNamed("okta")); code != 202 {
				t.Errorf("the next alert: status %d", code)
			}
		})
	}
	if err := r.end(); err != nil {
		t.Error(err)
	}
}

// A handler that hangs, even one that ignores its ctx, meets its Timeout, and
// neither the others nor the end wait for it.
func TestHangingHandler(t *testing.T) {
	var good eventtest.Recorder
	never := make(chan struct{})
	r := start(t, func(a *app) {
		hangs := event.HandlerFunc(func(context.Context, *event.Event) error { <-never; return nil })
		a.mux.HandleNamed("hangs", event.Everything(), event.Timeout(50*time.Millisecond, &event.TimeoutOptions{Abandon: 2})(hangs))
		a.mux.HandleNamed("good", event.Everything(), &good)
	}, "-report-if", "alert.priority = Emergency")
	const n = 20
	for range n {
		if code := send(t, r.url, eventtest.SampleNamed("okta")); code != 202 {
			t.Errorf("status %d", code)
		}
	}
	if err := r.end(); err != nil {
		t.Error(err)
	}
	if len(good.Events()) != n {
		t.Errorf("the good handler saw %d of %d", len(good.Events()), n)
	}
	s := r.ingest.Stats()
	if s.Handled != n || s.Failed != n {
		t.Errorf("%+v", s)
	}
	for _, want := range []string{"no answer within 50ms", "too many calls still hang"} {
		if !strings.Contains(r.log.String(), want) {
			t.Errorf("log without %q", want)
		}
	}
}

// A drain that takes too long is said, with what is left, and ends all the same.
func TestDrainTooLong(t *testing.T) {
	r := start(t, func(a *app) {
		a.mux.HandleFunc(event.Everything(), func(ctx context.Context, _ *event.Event) error {
			<-ctx.Done()
			return ctx.Err()
		})
	}, "-drain", "100ms", "-workers", "1", "-report-if", "alert.priority = Emergency")
	for range 3 {
		send(t, r.url, eventtest.SampleNamed("okta"))
	}
	err := r.end()
	if !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, event.ErrQueueClosed) || !strings.Contains(err.Error(), "2 alerts dropped") {
		t.Errorf("got %v", err)
	}
}

// SIGTERM in the midst of alerts: each one that was answered with 202 has its
// report, and the process ends with 0.
func TestSIGTERMDrains(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there is no SIGTERM on Windows")
	}
	dir := t.TempDir()
	program := filepath.Join(dir, "webhook")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	reports := filepath.Join(dir, "reports")
	cmd := exec.Command(program, "-listen", "127.0.0.1:0", "-reports", reports, "-reports-per-minute", "0")
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(stderr)
	first, err := lines.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(`address=(\S+)`).FindStringSubmatch(first)
	if m == nil {
		t.Fatalf("no address in %q", first)
	}
	rest := make(chan string)
	go func() {
		text, _ := io.ReadAll(lines)
		rest <- string(text)
	}()

	var accepted, sent atomic.Int64
	var wg sync.WaitGroup
	for range clients {
		wg.Go(func() {
			for {
				n := int(sent.Add(1))
				res, err := http.Post("http://"+m[1], "application/json", strings.NewReader(numbered(n)))
				if err != nil {
					return // it has ended
				}
				res.Body.Close()
				if res.StatusCode == 202 && accepted.Add(1) == 500 {
					cmd.Process.Signal(syscall.SIGTERM)
				}
			}
		})
	}
	wg.Wait()
	text := <-rest
	if err := cmd.Wait(); err != nil {
		t.Errorf("%v\n%s", err, text)
	}
	if !strings.Contains(text, "msg=drained") {
		t.Errorf("stderr %q", text)
	}
	files, err := os.ReadDir(reports)
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != int(accepted.Load()) || len(files) < 500 {
		t.Errorf("%d reports for %d accepted alerts", len(files), accepted.Load())
	}
}
