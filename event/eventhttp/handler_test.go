package eventhttp_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/falconer-go/falconer/event"
	"github.com/falconer-go/falconer/event/eventhttp"
	"github.com/falconer-go/falconer/event/eventtest"
)

func sample(name string) string { return string(eventtest.SampleNamed(name).AppendJSON(nil)) }

func zipped(s string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	io.WriteString(z, s)
	z.Close()
	return b.String()
}

// post sends a body and returns the answer, its body read.
func post(t *testing.T, url, body string, header ...string) (*http.Response, eventhttp.Answer) {
	t.Helper()
	r, err := http.NewRequest("POST", url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	return do(t, r, header...)
}

func do(t *testing.T, r *http.Request, header ...string) (*http.Response, eventhttp.Answer) {
	t.Helper()
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	var a eventhttp.Answer
	if len(text) > 0 {
		if err := json.Unmarshal(text, &a); err != nil {
			t.Errorf("%s: %q", err, text)
		}
	}
	return res, a
}

func serve(t *testing.T, h event.Handler, o *eventhttp.Options) (string, *eventhttp.Handler) {
	t.Helper()
	handler := eventhttp.NewHandler(h, o)
	s := httptest.NewServer(handler)
	t.Cleanup(s.Close)
	return s.URL, handler
}

func TestHandlerAnswers(t *testing.T) {
	shell, okta := sample("syscall-shell"), sample("okta")
	for name, tt := range map[string]struct {
		body   string
		header []string
		status int
		rules  int // alerts handled
		answer string
	}{
		"falco":           {body: shell, status: 200, rules: 1},
		"relayed":         {body: sample("relayed"), header: []string{"Content-Type", "application/json; charset=utf-8"}, status: 200, rules: 1},
		"no content type": {body: shell, header: []string{"Content-Type", ""}, status: 200, rules: 1},
		"ndjson":          {body: shell + "\n" + okta + "\n\n" + shell, header: []string{"Content-Type", "application/x-ndjson"}, status: 200, rules: 3},
		"gzip":            {body: zipped(shell + "\n" + okta), header: []string{"Content-Encoding", "gzip"}, status: 200, rules: 2},
		"empty":           {body: "", status: 400, answer: `{"error":"no alert in the body","accepted":0}`},
		"not an alert":    {body: `{"rule":"A","priority":"Loud","time":"2024-07-24T14:32:07Z"}`, status: 400, answer: `"field":"priority"`},
		"one of three":    {body: shell + "\n{\"rule\":7}\n" + okta, status: 400, rules: 2, answer: `"accepted":2,"records":[{"line":2,`},
		"prose":           {body: "hello", status: 400, answer: `"records":[{"line":1,"offset":0,"error":"not an alert"}]`},
		"prose after one": {body: okta + " hello", status: 400, rules: 1, answer: `"accepted":1,"records":[{"line":1,"offset":410,"error":"not an alert"}]`},
		"array":           {body: "[" + shell + ",\n" + okta + "]", status: 200, rules: 2},
		"empty array":     {body: "[]", status: 400, answer: "no alert in the body"},
		"joined":          {body: shell + okta, status: 200, rules: 2},
		"text":            {body: "09:15:27.104587331: Notice A shell was spawned (user=root)\n", header: []string{"Content-Type", "text/plain"}, status: 200, rules: 1},
		"gzip unsaid":     {body: zipped(shell), status: 400},
		"xml":             {body: "<alert/>", header: []string{"Content-Type", "application/xml"}, status: 415, answer: `content type \"application/xml\"`},
		"form":            {body: shell, header: []string{"Content-Type", "application/x-www-form-urlencoded"}, status: 415},
		"latin1":          {body: shell, header: []string{"Content-Type", "application/json; charset=iso-8859-1"}, status: 415, answer: "charset"},
		"brotli":          {body: shell, header: []string{"Content-Encoding", "br"}, status: 415, answer: "gzip"},
		"twice gzip":      {body: zipped(zipped(shell)), header: []string{"Content-Encoding", "gzip, gzip"}, status: 415},
		"no gzip":         {body: shell, header: []string{"Content-Encoding", "gzip"}, status: 400, answer: "gzip: invalid header"},
		"cut gzip":        {body: zipped(shell)[:80], header: []string{"Content-Encoding", "gzip"}, status: 400},
		"too large":       {body: strings.Repeat(" ", 100_001), status: 413, answer: "the body is too large"},
		"gzip bomb":       {body: zipped(strings.Repeat(" ", 10_000_000)), header: []string{"Content-Encoding", "gzip"}, status: 413},
		"nested":          {body: strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000), status: 400},
	} {
		t.Run(name, func(t *testing.T) {
			var got eventtest.Recorder
			url, h := serve(t, &got, &eventhttp.Options{MaxBody: 100_000})
			res, a := post(t, url, tt.body, tt.header...)
			text, _ := json.Marshal(a)
			if res.StatusCode != tt.status && !(name == "nested" && res.StatusCode == 413) {
				t.Errorf("status %d, want %d: %s", res.StatusCode, tt.status, text)
			}
			if len(got.Events()) != tt.rules {
				t.Errorf("%d alerts were handled, want %d", len(got.Events()), tt.rules)
			}
			if tt.answer != "" && !strings.Contains(string(text), tt.answer) {
				t.Errorf("answer %s, want %s in it", text, tt.answer)
			}
			s := h.Stats()
			if s.Requests != 1 || s.Alerts != uint64(tt.rules) || s.Accepted != uint64(tt.rules) {
				t.Errorf("%+v", s)
			}
		})
	}
}

// A body of a length that is said to be too large is not read at all.
func TestHandlerDoesNotReadHugeBody(t *testing.T) {
	url, _ := serve(t, new(eventtest.Recorder), nil)
	conn, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n", 1<<30)
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil || res.StatusCode != 413 || !res.Close {
		t.Errorf("got %v, %v", res, err)
	}
}

func TestHandlerMethod(t *testing.T) {
	url, _ := serve(t, new(eventtest.Recorder), nil)
	for _, method := range []string{"GET", "PUT", "DELETE", "OPTIONS"} {
		r, _ := http.NewRequest(method, url, nil)
		res, _ := do(t, r)
		if res.StatusCode != 405 || res.Header.Get("Allow") != "POST" {
			t.Errorf("%s: %d, Allow %q", method, res.StatusCode, res.Header.Get("Allow"))
		}
	}
}

func TestHandlerToken(t *testing.T) {
	var got eventtest.Recorder
	url, h := serve(t, &got, &eventhttp.Options{Tokens: []string{"old", "new"}})
	for header, want := range map[string]int{
		"": 401, "Bearer": 401, "Bearer ": 401, "Bearer wrong": 401, "Basic old": 401, "Bearer olds": 401, "new": 401,
		"Bearer old": 200, "Bearer new": 200, "bearer new": 200,
	} {
		res, _ := post(t, url, sample("okta"), "Authorization", header)
		if res.StatusCode != want {
			t.Errorf("Authorization %q: %d, want %d", header, res.StatusCode, want)
		}
		if want == 401 && !strings.HasPrefix(res.Header.Get("WWW-Authenticate"), "Bearer") {
			t.Error("without WWW-Authenticate")
		}
	}
	if s := h.Stats(); len(got.Events()) != 3 || s.Denied != 7 {
		t.Errorf("%d handled, %+v", len(got.Events()), s)
	}
	for _, bad := range []string{"", " ", "a ", "\nb"} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("token %q is accepted", bad)
				}
			}()
			eventhttp.NewHandler(&got, &eventhttp.Options{Tokens: []string{bad}})
		}()
	}
}

func TestHandlerErrors(t *testing.T) {
	for name, tt := range map[string]struct {
		err    error
		status int
	}{
		"handler": {errors.New("secret of the database"), 500},
		"full":    {fmt.Errorf("mux: %w", event.ErrQueueFull), 503},
		"closed":  {event.ErrQueueClosed, 503},
	} {
		t.Run(name, func(t *testing.T) {
			var told error
			url, h := serve(t, event.HandlerFunc(func(context.Context, *event.Event) error { return tt.err }), &eventhttp.Options{
				RetryAfter: 3 * time.Second,
				OnError:    func(_ *http.Request, status int, err error) { told = err },
			})
			res, a := post(t, url, sample("okta"))
			if res.StatusCode != tt.status || strings.Contains(a.Error, "secret") {
				t.Errorf("status %d, %v", res.StatusCode, a)
			}
			if retry := res.Header.Get("Retry-After"); (retry == "3") != (tt.status == 503) {
				t.Errorf("Retry-After %q", retry)
			}
			if !errors.Is(told, tt.err) {
				t.Errorf("told %v", told)
			}
			s := h.Stats()
			if s.Refused+s.Failed != 1 || s.Alerts != 1 {
				t.Errorf("%+v", s)
			}
		})
	}
}

// A panic is the failure of one alert: it is answered and counted, and the
// alerts behind it are handled.
func TestHandlerPanics(t *testing.T) {
	var rules []string
	var told error
	url, h := serve(t, event.HandlerFunc(func(_ context.Context, e *event.Event) error {
		rules = append(rules, e.Rule)
		if e.Rule == "a" {
			panic("secret of the database")
		}
		return nil
	}), &eventhttp.Options{OnError: func(_ *http.Request, _ int, err error) { told = err }})
	res, a := post(t, url, string(eventtest.New("a").JSON())+"\n"+string(eventtest.New("b").JSON()))
	if res.StatusCode != 500 || a.Accepted != 1 || strings.Contains(a.Error, "secret") {
		t.Errorf("status %d, %v", res.StatusCode, a)
	}
	var p *event.PanicError
	if !errors.As(told, &p) || !slices.Equal(rules, []string{"a", "b"}) {
		t.Errorf("told %v, handled %q", told, rules)
	}
	if s := h.Stats(); s.Alerts != 2 || s.Accepted != 1 || s.Failed != 1 {
		t.Errorf("%+v", s)
	}
}

// What is sent is what is accepted and what is refused, and the queue hands on
// all that was accepted.
func TestHandlerQueue(t *testing.T) {
	var handled atomic.Int64
	q := event.NewQueue(event.HandlerFunc(func(context.Context, *event.Event) error {
		time.Sleep(100 * time.Microsecond)
		handled.Add(1)
		return nil
	}), &event.QueueOptions{Workers: 1, Alerts: 4, Full: event.Reject})
	url, h := serve(t, event.Recover()(q), nil)
	const clients, each = 4, 100
	var accepted, refused atomic.Int64
	var wg sync.WaitGroup
	for range clients {
		wg.Go(func() {
			for range each {
				res, _ := post(t, url, sample("okta"))
				switch res.StatusCode {
				case 202:
					accepted.Add(1)
				case 503:
					refused.Add(1)
					if res.Header.Get("Retry-After") != "1" || res.Close {
						t.Errorf("Retry-After %q, closed %v", res.Header.Get("Retry-After"), res.Close)
					}
				default:
					t.Errorf("status %d", res.StatusCode)
				}
			}
		})
	}
	wg.Wait()
	if err := q.Drain(t.Context()); err != nil {
		t.Error(err)
	}
	s := h.Stats()
	if accepted.Load()+refused.Load() != clients*each || handled.Load() != accepted.Load() ||
		s.Accepted != uint64(accepted.Load()) || s.Refused != uint64(refused.Load()) || s.Alerts != clients*each {
		t.Errorf("%d accepted, %d refused, %d handled, %+v", accepted.Load(), refused.Load(), handled.Load(), s)
	}
	if res, _ := post(t, url, sample("okta")); res.StatusCode != 503 {
		t.Errorf("after Drain: %d", res.StatusCode)
	}
}

// A batch stops at the alert that is refused, and the answer says how many went
// before it.
func TestHandlerBatchRefused(t *testing.T) {
	n := 0
	url, _ := serve(t, event.HandlerFunc(func(context.Context, *event.Event) error {
		if n++; n > 3 {
			return event.ErrQueueFull
		}
		return nil
	}), nil)
	res, a := post(t, url, strings.Repeat(sample("okta")+"\n", 10))
	if res.StatusCode != 503 || a.Accepted != 3 || n != 4 {
		t.Errorf("status %d, %d accepted, %d calls", res.StatusCode, a.Accepted, n)
	}
}

// Alerts that were read are handled though the client has gone.
func TestHandlerClientGone(t *testing.T) {
	begun, ended := make(chan struct{}), make(chan error, 1)
	url, _ := serve(t, event.HandlerFunc(func(ctx context.Context, e *event.Event) error {
		close(begun)
		select {
		case <-ctx.Done():
		case <-time.After(200 * time.Millisecond):
		}
		ended <- ctx.Err()
		return nil
	}), nil)
	conn, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	body := sample("okta")
	fmt.Fprintf(conn, "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
	<-begun
	conn.Close()
	if err := <-ended; err != nil {
		t.Errorf("the handler's ctx ended: %v", err)
	}
}

func TestHandlerWait(t *testing.T) {
	url, _ := serve(t, event.HandlerFunc(func(ctx context.Context, _ *event.Event) error {
		<-ctx.Done()
		return ctx.Err()
	}), &eventhttp.Options{Wait: 20 * time.Millisecond})
	if res, _ := post(t, url, sample("okta")); res.StatusCode != 500 {
		t.Errorf("status %d", res.StatusCode)
	}
}

// A client that sends a byte now and then is cut off, whatever the server
// allows, and does not hold up others.
func TestHandlerSlowClient(t *testing.T) {
	var got eventtest.Recorder
	url, _ := serve(t, &got, &eventhttp.Options{ReadTimeout: 300 * time.Millisecond})
	conn, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	body := sample("okta")
	fmt.Fprintf(conn, "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n", len(body))
	stop := make(chan struct{})
	go func() {
		for i := range body {
			select {
			case <-stop:
				return
			case <-time.After(50 * time.Millisecond):
				conn.Write([]byte{body[i]})
			}
		}
	}()
	if res, _ := post(t, url, body); res.StatusCode != 200 {
		t.Errorf("another client got %d", res.StatusCode)
	}
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	close(stop)
	if err != nil || res.StatusCode != 408 || !res.Close {
		t.Errorf("got %v, %v", res, err)
	}
	if len(got.Events()) != 1 {
		t.Errorf("%d handled", len(got.Events()))
	}
}

// Handling does not count as reading: an alert that takes longer than the read
// timeout does not end a batch.
func TestHandlerSlowHandler(t *testing.T) {
	url, _ := serve(t, event.HandlerFunc(func(ctx context.Context, _ *event.Event) error {
		time.Sleep(150 * time.Millisecond)
		return ctx.Err()
	}), &eventhttp.Options{ReadTimeout: 200 * time.Millisecond})
	r, _ := http.NewRequest("POST", url, io.MultiReader(strings.NewReader(strings.Repeat(sample("okta")+"\n", 4)))) // chunked
	r.Header.Set("Content-Type", "application/x-ndjson")
	if res, a := do(t, r); res.StatusCode != 200 {
		t.Errorf("status %d, %v", res.StatusCode, a)
	}
}

func TestHandlerInFlight(t *testing.T) {
	release, begun := make(chan struct{}), make(chan struct{})
	url, _ := serve(t, event.HandlerFunc(func(context.Context, *event.Event) error {
		begun <- struct{}{}
		<-release
		return nil
	}), &eventhttp.Options{InFlight: 1})
	done := make(chan int)
	go func() {
		res, _ := post(t, url, sample("okta"))
		done <- res.StatusCode
	}()
	<-begun
	if res, _ := post(t, url, sample("okta")); res.StatusCode != 503 || res.Header.Get("Retry-After") == "" {
		t.Errorf("status %d", res.StatusCode)
	}
	close(release)
	if status := <-done; status != 200 {
		t.Errorf("the first got %d", status)
	}
}

// Whatever bytes are sent as chunks, the server goes on.
func TestHandlerChunkedGarbage(t *testing.T) {
	var got eventtest.Recorder
	url, _ := serve(t, &got, nil)
	for _, chunks := range []string{"zz\r\n", "5\r\n{\"a\"", "ffffffffffffffff\r\n{}", "1\r\n{\r\n1\r\n\x00\r\n0\r\n\r\n", "-1\r\n\r\n"} {
		conn, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(conn, "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n%s", chunks)
		conn.(*net.TCPConn).CloseWrite()
		if res, err := http.ReadResponse(bufio.NewReader(conn), nil); err == nil && res.StatusCode < 400 {
			t.Errorf("%q: %d", chunks, res.StatusCode)
		}
		conn.Close()
	}
	if res, _ := post(t, url, sample("okta")); res.StatusCode != 200 || len(got.Events()) != 1 {
		t.Errorf("status %d, %d handled", res.StatusCode, len(got.Events()))
	}
}
