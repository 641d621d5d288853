//go:build cgo

package falcoalerts

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/falconer-go/falconer/event"
	"github.com/falconer-go/falconer/event/plugin"
	"github.com/falconer-go/falconer/event/plugin/plugintest"
)

// jsonf is Sprintf; %q of a path is JSON.
func jsonf(format string, args ...any) string { return fmt.Sprintf(format, args...) }

// bench is a plugin under test, with what it reports.
type bench struct {
	*plugintest.Driver
	mu       sync.Mutex
	reported []string
}

func newBench(t testing.TB, stdin io.Reader) *bench {
	b := new(bench)
	t.Cleanup(func() { // after it was closed
		if b.reports("left behind") > 0 {
			t.Errorf("a source was left behind: %q", b.reported)
		}
	})
	p := New(&Options{Stdin: stdin, OnError: func(err error) {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.reported = append(b.reported, err.Error())
	}})
	b.Driver = plugintest.New(t, p.New(), `{"window":"1h"}`)
	return b
}

func (b *bench) reports(part string) (n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, text := range b.reported {
		if strings.Contains(text, part) {
			n++
		}
	}
	return n
}

// until waits for something to be so, while Falco asks for events.
func (b *bench) until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for !ok() {
		if t.Context().Err() != nil {
			t.Fatalf("never: %s", what)
		}
		if events, err := b.NextBatch(); len(events) > 0 {
			t.Fatalf("an event while waiting for %s: %s, %v", what, events[0].Data, err)
		}
	}
}

// line is an alert as a line.
func line(n int) string {
	return string(tagged("Terminal shell in container", "execution", "node-1", time.Duration(n)*time.Second).Field("n", n).JSON()) + "\n"
}

func lines(from, to int) string {
	var b strings.Builder
	for n := from; n < to; n++ {
		b.WriteString(line(n))
	}
	return b.String()
}

// numbers returns the numbers of the next alerts.
func (b *bench) numbers(t *testing.T, n int) (list []int) {
	t.Helper()
	for _, e := range b.Next(n) {
		v, err := b.Extract(e, "alert.field.uint[n]")
		if err != nil || v == nil {
			t.Errorf("%s: %v, %v", e.Data, v, err)
			continue
		}
		list = append(list, int(v.(uint64)))
	}
	return list
}

func upTo(from, to int) (list []int) {
	for n := from; n < to; n++ {
		list = append(list, n)
	}
	return list
}

func (b *bench) want(t *testing.T, from, to int) {
	t.Helper()
	if got := b.numbers(t, to-from); !slices.Equal(got, upTo(from, to)) {
		t.Errorf("got the alerts %v, want %d to %d", got, from, to-1)
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err == nil {
		_, err = f.WriteString(text)
		f.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
}

// A file is read once, compressed too, and what is no alert is counted and known
// to the rules.
func TestWholeFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "events.log.gz")
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	io.WriteString(z, line(0)+"not an alert\n{\"rule\":\n"+line(1)+strings.Repeat("x", event.MaxRecordBytes+2)+"\n"+line(2)+line(3))
	z.Close()
	write(t, path, packed.String())
	b := newBench(t, nil)
	b.Open(jsonf(`{"file":{"path":%q,"follow":false}}`, path))
	events := b.Next(10)
	var lost []any
	for _, e := range events {
		v, err := b.Extract(e, "alert.feed.lost")
		if err != nil {
			t.Error(err)
		}
		lost = append(lost, v)
	}
	if len(lost) != 4 || lost[0] != uint64(0) || lost[1] != uint64(2) || lost[2] != uint64(1) || lost[3] != uint64(0) {
		t.Errorf("lost before each event: %v; reports %q", lost, b.reported)
	}
	if !strings.Contains(b.Progress(), "4 events, 3 errors") {
		t.Errorf("progress %q", b.Progress())
	}
}

// An alert is an event of any size that an alert may have, and one that is
// larger when printed is lost, and counted.
func TestSizes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "events.log")
	alert := func(n, size int, fill string) string {
		head := fmt.Sprintf(`{"hostname":"h","output":"","output_fields":{"n":%d,"x":"`, n)
		tail := `"},"priority":"Notice","rule":"A","source":"syscall","tags":[],"time":"2026-03-02T09:15:27.000000001Z"}`
		return head + strings.Repeat(fill, (size-len(head)-len(tail))/len(fill)) + tail + "\n"
	}
	write(t, path, alert(0, event.MaxRecordBytes, "x")+alert(1, event.MaxRecordBytes, "\xff")+line(2))
	b := newBench(t, nil)
	b.Open(jsonf(`{"file":{"path":%q,"follow":false}}`, path))
	events := b.Next(10)
	if len(events) != 2 || len(events[0].Data) < event.MaxRecordBytes-1 || b.reports("passed over") != 1 {
		t.Fatalf("%d events, reports %.300q", len(events), b.reported)
	}
	if v, _ := b.Extract(events[1], "alert.feed.lost"); v != uint64(1) {
		t.Errorf("%v records are said to be lost", v)
	}
}

// Followed through rotation, from one run to the next, with Falco taking its
// time: nothing is lost.
func TestFollow(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("an open file cannot be renamed on Windows")
	}
	dir := t.TempDir()
	path, state := filepath.Join(dir, "events.log"), filepath.Join(dir, "state")
	params := jsonf(`{"file":{"path":%q,"from":"start","state":%q}}`, path, state)
	b := newBench(t, nil)
	b.Open(params) // before there is a file
	write(t, path, lines(0, 10))
	b.want(t, 0, 10)
	write(t, path, "noise\n"+lines(10, 1000))
	b.want(t, 10, 500)
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	write(t, path+".1", lines(1000, 1010)) // Falco writes on until it is told
	write(t, path, lines(1010, 1020))
	b.want(t, 500, 1020)
	// Falco was done with all but the last batch when it ended.
	b.until(t, "the state is kept", func() bool {
		text, err := os.ReadFile(state)
		return err == nil && bytes.Contains(text, fmt.Appendf(nil, `"offset":%d,`, len(lines(1010, 1020))-1))
	})
	b.Close()
	write(t, path, lines(1020, 1030))
	if err := os.Rename(path, path+".2"); err != nil {
		t.Fatal(err)
	}
	write(t, path, lines(1030, 1040))
	b = newBench(t, nil)
	b.Open(params)
	b.want(t, 1020, 1040)
	if n := b.reports("noise"); n != 0 || len(b.reported) != 0 {
		t.Errorf("reported %q", b.reported)
	}
}

// Ended in the midst, it begins again with what Falco was not done with.
func TestFollowAtLeastOnce(t *testing.T) {
	dir := t.TempDir()
	path, state := filepath.Join(dir, "events.log"), filepath.Join(dir, "state")
	params := jsonf(`{"file":{"path":%q,"from":"start","state":%q}}`, path, state)
	write(t, path, lines(0, 700))
	seen := make(map[int]bool)
	for first := true; len(seen) < 700; first = false {
		b := newBench(t, nil)
		b.Open(params)
		for got := 0; got < 100 && len(seen) < 700; {
			events, _ := b.NextBatch()
			for i, e := range events {
				v, err := b.Extract(e, "alert.field.uint[n]")
				if err != nil {
					t.Fatal(err)
				}
				n := int(v.(uint64))
				if got == 0 && i == 0 && !first && n > 0 && !seen[n-1] {
					t.Fatalf("begins with %d, and %d was never seen", n, n-1)
				}
				seen[n] = true
			}
			got += len(events)
		}
		b.Close()
		if t.Context().Err() != nil {
			t.Fatal("no end")
		}
	}
	for n := range 700 {
		if !seen[n] {
			t.Errorf("%d was lost", n)
		}
	}
}

// By default what is there is not read again at each start.
func TestFollowFromEnd(t *testing.T) {
	path := filepath.Join(t.TempDir(), "events.log")
	write(t, path, lines(0, 10))
	b := newBench(t, nil)
	b.Open(jsonf(`{"file":{"path":%q}}`, path))
	for range 5 { // it is at the end once Falco had to wait
		if events, _ := b.NextBatch(); len(events) > 0 {
			t.Fatalf("an old alert: %s", events[0].Data)
		}
	}
	write(t, path, lines(10, 20))
	b.want(t, 10, 20)
	// It vanishes, and comes back.
	if err := os.Remove(path); err != nil {
		t.Skip("an open file cannot be removed here")
	}
	for range 10 {
		b.NextBatch()
	}
	write(t, path, lines(20, 30))
	b.want(t, 20, 30)
}

// A file that cannot be read is said, and read once it can be.
func TestFollowUnreadable(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "events.log")
	if err := os.Symlink(path, path); err != nil { // which opens for nobody, root included
		t.Skip(err)
	}
	state := filepath.Join(dir, "state")
	b := newBench(t, nil)
	b.Open(jsonf(`{"file":{"path":%q,"state":%q}}`, path, state))
	b.until(t, "it is said", func() bool { return b.reports("file: ") > 1 })
	write(t, path+".new", lines(0, 5))
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
	b.until(t, "it is at the end", func() bool {
		info, err := os.Stat(state)
		return err == nil && info.Size() > 0
	})
	write(t, path, lines(5, 10))
	b.want(t, 5, 10)
}

// A full disk under the state is said, and the alerts go on.
func TestFullDisk(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("there is no /dev/full")
	}
	path := filepath.Join(t.TempDir(), "events.log")
	write(t, path, lines(0, 10))
	b := newBench(t, nil)
	b.Open(jsonf(`{"file":{"path":%q,"from":"start","state":"/dev/full"}}`, path))
	b.want(t, 0, 10)
	b.until(t, "it is said", func() bool { return b.reports("no space left") > 0 })
	write(t, path, lines(10, 500))
	b.want(t, 10, 500)
	if n := b.reports("no space left"); n != 1 {
		t.Errorf("said %d times", n)
	}
}

func TestStdin(t *testing.T) {
	b := newBench(t, strings.NewReader(lines(0, 10)))
	b.Open(`{"stdin":{}}`)
	b.want(t, 0, 10)
	if len(b.Next(1)) != 0 {
		t.Error("no end")
	}
	// One that says nothing does not keep the source from being closed.
	r, w := io.Pipe()
	defer w.Close()
	b = newBench(t, r)
	b.Open(`{"stdin":{}}`)
	b.NextBatch()
	b.Close()
}

// A listener under garbage goes on for those that have alerts.
func TestListeners(t *testing.T) {
	address := freePort(t)
	path := filepath.Join(t.TempDir(), "s")
	for network, params := range map[string]string{
		"tcp":  jsonf(`{"tcp":{"address":%q,"connections":2}}`, address),
		"unix": jsonf(`{"unix":{"path":%q,"connections":2,"mode":"640"}}`, path),
	} {
		t.Run(network, func(t *testing.T) {
			address := address
			if network == "unix" {
				if runtime.GOOS == "windows" {
					t.Skip("sockets have no mode on Windows")
				}
				address = path
				l, err := net.Listen("unix", path) // what a process that was killed leaves
				if err != nil {
					t.Fatal(err)
				}
				l.(*net.UnixListener).SetUnlinkOnClose(false)
				l.Close()
			}
			b := newBench(t, nil)
			b.Open(params)
			if network == "unix" {
				if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o640 {
					t.Errorf("%v, %v", info.Mode(), err)
				}
				if err := newBench(t, nil).TryOpen(params); err == nil || !strings.Contains(err.Error(), "another process listens there") {
					t.Errorf("opened twice: %v", err)
				}
			}
			dial := func() net.Conn {
				c, err := net.Dial(network, address)
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { c.Close() })
				return c
			}
			good, bad := dial(), dial()
			go func() {
				io.WriteString(bad, "GET / HTTP/1.1\r\n\r\n\x00\xff{{{{\n"+strings.Repeat("{\"rule\":\"\n", 100)+strings.Repeat("[", 3<<20)+"\n")
				bad.Close()
			}()
			io.WriteString(good, lines(0, 5))
			b.want(t, 0, 5)
			b.until(t, "garbage is said", func() bool { return b.reports(network) > 0 })
			io.WriteString(good, line(5)[:20])
			io.WriteString(good, line(5)[20:]+"{\n"+line(6))
			b.want(t, 5, 7)
			// Two connections are let in at once: another one as soon as that with
			// garbage is gone, and then none.
			for came, refused := false, 0; !came; refused = b.reports("was refused") {
				io.WriteString(dial(), line(7))
				for !came && b.reports("was refused") == refused && t.Context().Err() == nil {
					events, _ := b.NextBatch()
					came = len(events) == 1
				}
			}
			refused := b.reports("was refused: there are 2")
			dial()
			b.until(t, "it is refused", func() bool { return b.reports("was refused: there are 2") > refused })
			b.Close() // with connections open
			if _, err := net.Dial(network, address); err == nil {
				t.Error("it still listens")
			}
		})
	}
}

func freePort(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func TestHTTP(t *testing.T) {
	address := freePort(t)
	token := filepath.Join(t.TempDir(), "token")
	write(t, token, "first\n second \n\n")
	b := newBench(t, nil)
	b.Open(jsonf(`{"http":{"address":%q,"path":"/alerts","token_file":%q}}`, address, token))
	post := func(path, token, body string) int {
		r, err := http.NewRequest("POST", "http://"+address+path, strings.NewReader(body))
		if err != nil {
			t.Error(err)
			return 0
		}
		if token != "" {
			r.Header.Set("Authorization", "Bearer "+token)
		}
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Error(err)
			return 0
		}
		answer.Body.Close()
		return answer.StatusCode
	}
	defer http.DefaultClient.CloseIdleConnections()
	for _, tt := range []struct {
		path, token, body string
		want              int
	}{
		{"/alerts", "first", line(0), 202},
		{"/alerts", "second", lines(1, 4), 202},
		{"/alerts", "", line(4), 401},
		{"/alerts", "third", line(4), 401},
		{"/", "first", line(4), 404},
		{"/alerts/x", "first", line(4), 404},
		{"/alerts", "first", line(4) + "{garbage\n" + line(5), 400},
	} {
		if got := post(tt.path, tt.token, tt.body); got != tt.want {
			t.Errorf("POST %s with %q: %d, want %d", tt.path, tt.token, got, tt.want)
		}
	}
	b.want(t, 0, 6)
	if b.reports("http from 127.0.0.1") != 3 {
		t.Errorf("reported %q", b.reported)
	}
	// Something that is no HTTP, and a client that is slow, while it is closed.
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	io.WriteString(c, "POST /alerts HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer first\r\nContent-Length: 100\r\n\r\n{")
	b.Close()
}

// All inputs at once, and each alert once.
func TestTogether(t *testing.T) {
	dir := t.TempDir()
	file, sock, web := filepath.Join(dir, "events.log"), filepath.Join(dir, "s"), freePort(t)
	write(t, file, lines(0, 300))
	b := newBench(t, strings.NewReader(lines(300, 600)))
	b.Open(jsonf(`{"file":{"path":%q,"from":"start"},"unix":{"path":%q},"http":{"address":%q},"stdin":{}}`, file, sock, web))
	var senders sync.WaitGroup
	senders.Go(func() {
		c, err := net.Dial("unix", sock)
		if err != nil {
			t.Error(err)
			return
		}
		io.WriteString(c, lines(600, 900))
		c.Close()
	})
	senders.Go(func() {
		for n := 900; n < 1200; n += 50 {
			answer, err := http.Post("http://"+web+"/", "application/json", strings.NewReader(lines(n, n+50)))
			if err != nil || answer.StatusCode != 202 {
				t.Error(answer, err)
				return
			}
			answer.Body.Close()
		}
	})
	got := b.numbers(t, 1200)
	slices.Sort(got)
	if !slices.Equal(got, upTo(0, 1200)) {
		t.Errorf("%d alerts", len(got))
	}
	senders.Wait()
	http.DefaultClient.CloseIdleConnections()
	b.Close()
	if len(b.reported) != 0 {
		t.Errorf("reported %q", b.reported)
	}
}

// The keys that the source adds are its own.
func TestForged(t *testing.T) {
	alert := strings.TrimSuffix(line(0), "}\n") + `,"alert.rule.count":1000,"alert.feed.lost":7,"uuid":"kept"}` + "\n"
	b := newBench(t, strings.NewReader(alert+line(1)))
	b.Open(`{"stdin":{}}`)
	for i, e := range b.Next(2) {
		a, err := event.Parse(e.Data)
		if err != nil {
			t.Fatal(err)
		}
		if n, _ := a.Extra().Get("alert.rule.count").Uint(); n != uint64(i+1) || i == 0 && a.Extra().Get("uuid").Text() != "kept" {
			t.Errorf("%s", e.Data)
		}
	}
}

func TestConfigErrors(t *testing.T) {
	for text, want := range map[string]string{
		`{"window":"5"}`:        `window: does not match pattern`,
		`{"window":"99999h"}`:   "window: it is 99999h, and at most 24 hours",
		`{"window":300}`:        "window: it is of type integer, and should be string",
		`{"windows":"5m"}`:      `there is no setting "windows"`,
		`{"remember":0}`:        "remember: must be greater than or equal to 1",
		`{"attack":17}`:         "attack: it is 17, and should be one of 18, 19",
		`{"window":"5m"`:        "it is not JSON",
		`{"window":"1h"} extra`: "",
	} {
		err := New(nil).New().Init(text)
		if err == nil || !strings.HasPrefix(err.Error(), "init_config: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: want %q, got %v", text, want, err)
		}
	}
	dir := t.TempDir()
	other := filepath.Join(dir, "other")
	write(t, other, "something else")
	b := newBench(t, nil)
	for text, want := range map[string]string{
		``:                                    "must have at least 1 properties",
		`/var/log/falco/events.log`:           "it is not JSON",
		`{"file":{}}`:                         `file: the setting "path" is missing`,
		`{"file":{"path":"x","form":"end"}}`:  `file: there is no setting "form"`,
		`{"file":{"path":"x","from":"now"}}`:  `file.from: it is now, and should be one of "start", "end"`,
		`{"file":"x"}`:                        "file: it is of type string, and should be object",
		`{"kafka":{}}`:                        `there is no setting "kafka"`,
		`{"unix":{"path":"x","mode":"rw"}}`:   "unix.mode: does not match pattern",
		`{"tcp":{"address":"nowhere"}}`:       "tcp: listen tcp: address nowhere: missing port",
		`{"http":{"address":":0","key":"k"}}`: "certificate",
		jsonf(`{"http":{"address":"127.0.0.1:0","token_file":%q}}`, filepath.Join(dir, "none")):                  "http: token_file: open",
		jsonf(`{"http":{"address":"127.0.0.1:0","certificate":%q,"key":%q}}`, other, other):                      "http: certificate: ",
		jsonf(`{"file":{"path":"x","state":%q}}`, other):                                                         "does not hold what this program writes",
		jsonf(`{"file":{"path":%q,"state":%q}}`, filepath.Join(dir, "a"), filepath.Join(dir, "a.state")):         "taken for a log that was rotated",
		jsonf(`{"file":{"path":%q,"follow":false}}`, filepath.Join(dir, "none")):                                 "file: open",
		jsonf(`{"tcp":{"address":"127.0.0.1:0"},"file":{"path":%q,"follow":false}}`, filepath.Join(dir, "none")): "file: open",
	} {
		err := b.TryOpen(text)
		if err == nil || !strings.HasPrefix(err.Error(), "open_params: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: want %q, got %v", text, want, err)
		}
	}
	// What falco lists as suggestions is what it accepts.
	list, err := openParams()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range list {
		if err := plugin.CheckConfig(ParamsSchema, p.Value); err != nil {
			t.Errorf("%s: %v", p.Value, err)
		}
	}
	if err := plugin.CheckConfig(ParamsSchema, ""); err == nil || errors.Is(err, io.EOF) {
		t.Error(err)
	}
}

// One operation is one alert of some 600 bytes, from a file into an event.
func BenchmarkSource(b *testing.B) {
	var log strings.Builder
	for n := range 1000 {
		log.WriteString(line(n))
	}
	one := []byte(log.String())
	d := newBench(b, &endless{text: one})
	d.Open(`{"stdin":{}}`)
	next := d.Batches()
	for range 50 {
		next()
	}
	b.SetBytes(int64(len(one)) / 1000)
	b.ReportAllocs()
	b.ResetTimer()
	for n := 0; n < b.N; {
		m, _ := next()
		n += m
	}
}

type endless struct {
	text []byte
	at   int
}

func (e *endless) Read(p []byte) (int, error) {
	n := copy(p, e.text[e.at:])
	e.at = (e.at + n) % len(e.text)
	return n, nil
}
