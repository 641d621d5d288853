package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// falco writes a log as Falco's file_output does.
type falco struct {
	t    *testing.T
	path string
	f    *os.File
	n    int // alerts written
	kept int // rotated logs
}

func newFalco(t *testing.T, path string) *falco {
	w := &falco{t: t, path: path}
	w.reopen()
	return w
}

func (w *falco) reopen() {
	f, err := os.OpenFile(w.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		w.t.Error(err)
		return
	}
	if w.f != nil {
		w.f.Close()
	}
	w.f = f
}

func (w *falco) write(n int) {
	for range n {
		w.n++
		at := time.Date(2026, 3, 2, 9, 15, 27, w.n, time.UTC)
		fmt.Fprintf(w.f, `{"hostname":"node-1","output":"%s: Notice alert (n=%d)","output_fields":{"evt.time":%d,"n":%d},"priority":"Notice","rule":"Terminal shell in container","source":"syscall","tags":[],"time":"%s"}`+"\n",
			at.Format("15:04:05.000000000"), w.n, at.UnixNano(), w.n, at.Format("2006-01-02T15:04:05.000000000Z"))
	}
}

func (w *falco) shift() {
	for i := w.kept; i > 0; i-- {
		os.Rename(fmt.Sprintf("%s.%d", w.path, i), fmt.Sprintf("%s.%d", w.path, i+1))
	}
	w.kept++
}

// rename rotates as logrotate does with create: Falco goes on with the old file
// until it is told.
func (w *falco) rename() {
	w.shift()
	if err := os.Rename(w.path, w.path+".1"); err != nil {
		w.t.Error(err)
	}
	w.write(3)
	w.reopen()
}

// copytruncate rotates as logrotate does with copytruncate. What Falco writes
// between the two steps is lost by design of that, so it writes nothing.
func (w *falco) copytruncate() {
	w.shift()
	text, err := os.ReadFile(w.path)
	if err == nil {
		err = os.WriteFile(w.path+".1", text, 0o600)
	}
	if err == nil {
		err = os.Truncate(w.path, 0)
	}
	if err != nil {
		w.t.Error(err)
	}
}

// buffer is a bytes.Buffer for two goroutines.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// numbers returns how often each alert was printed, by number.
func numbers(t *testing.T, out string) map[int]int {
	t.Helper()
	seen := make(map[int]int)
	for line := range strings.Lines(out) {
		_, rest, ok := strings.Cut(line, "(n=")
		digits, _, _ := strings.Cut(rest, ")")
		n, err := strconv.Atoi(digits)
		if !ok || err != nil {
			t.Errorf("strange line %q", line)
			continue
		}
		seen[n]++
	}
	return seen
}

// complete checks that each of the alerts up to n was printed, and returns how
// many were more than once.
func complete(t *testing.T, out string, n int) (doubled int) {
	t.Helper()
	seen := numbers(t, out)
	for i := 1; i <= n; i++ {
		if seen[i] == 0 {
			t.Errorf("alert %d of %d was lost", i, n)
		}
		if seen[i] > 1 {
			doubled++
		}
	}
	if len(seen) > n {
		t.Errorf("%d different alerts of %d", len(seen), n)
	}
	return doubled
}

// started is the program on its way, in this process.
type started struct {
	out, err buffer
	stop     context.CancelFunc
	done     chan int
}

func startTail(t *testing.T, args ...string) *started {
	ctx, cancel := context.WithCancel(t.Context())
	s := &started{stop: cancel, done: make(chan int, 1)}
	go func() {
		s.done <- run(ctx, append([]string{"-poll", "5ms"}, args...), &s.out, &s.err)
	}()
	return s
}

// until waits for text to be printed.
func until(t *testing.T, b fmt.Stringer, text string) {
	for !strings.Contains(b.String(), text) {
		select {
		case <-t.Context().Done():
			t.Fatalf("never printed %q", text)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

func (s *started) end(t *testing.T) {
	t.Helper()
	s.stop()
	if status := <-s.done; status != 0 {
		t.Errorf("status %d: %s", status, s.err.String())
	}
}

func TestRotationUnderLoad(t *testing.T) {
	for name, rotate := range map[string]func(*falco){"rename": (*falco).rename, "copytruncate": (*falco).copytruncate} {
		t.Run(name, func(t *testing.T) {
			if runtime.GOOS == "windows" {
				t.Skip("an open file cannot be renamed on Windows")
			}
			path := filepath.Join(t.TempDir(), "events.log")
			s := startTail(t, path) // before there is a file
			w := newFalco(t, path)
			for range 8 {
				for range 20 {
					w.write(rand.IntN(100))
					time.Sleep(time.Duration(rand.IntN(2000)) * time.Microsecond)
				}
				rotate(w)
			}
			rotate(w) // twice at once
			w.write(50)
			until(t, &s.out, fmt.Sprintf("(n=%d)", w.n))
			s.end(t)
			if doubled := complete(t, s.out.String(), w.n); doubled > 0 || s.err.String() != "" {
				t.Errorf("%d alerts came twice; stderr %q", doubled, s.err.String())
			}
		})
	}
}

// Ended and started again, with rotations between, it goes on where it stopped.
func TestResume(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("an open file cannot be renamed on Windows")
	}
	path := filepath.Join(t.TempDir(), "events.log")
	w := newFalco(t, path)
	var all strings.Builder
	session := func() {
		t.Helper()
		s := startTail(t, path)
		until(t, &s.out, fmt.Sprintf("(n=%d)", w.n))
		s.end(t)
		all.WriteString(s.out.String())
		if s.err.String() != "" {
			t.Errorf("stderr %q", s.err.String())
		}
	}
	w.write(10)
	session()
	w.write(10)
	session()
	w.write(5) // unread when the log is rotated
	w.rename()
	w.write(5)
	session()
	w.write(5)
	w.rename()
	w.write(5)
	w.rename() // a whole log came and went
	w.write(5)
	session()
	w.write(5)
	w.copytruncate()
	w.write(5)
	session()
	if doubled := complete(t, all.String(), w.n); doubled > 0 {
		t.Errorf("%d alerts came twice", doubled)
	}
}

// While copytruncate makes its copy, log and copy hold the same; it is read once.
func TestUnfinishedCopy(t *testing.T) {
	path := filepath.Join(t.TempDir(), "events.log")
	w := newFalco(t, path)
	w.write(5)
	s := startTail(t, path)
	until(t, &s.out, "(n=5)")
	w.copytruncate()
	w.write(20)
	w.shift()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{0, 10, len(text) / 2, len(text)} {
		if err := os.WriteFile(path+".1", text[:n], 0o600); err != nil {
			t.Fatal(err)
		}
		s.end(t) // ended and started while the copy is that long
		all := s.out.String()
		s = startTail(t, path)
		s.out.Write([]byte(all))
	}
	until(t, &s.out, "(n=25)")
	if err := os.Truncate(path, 0); err != nil {
		t.Fatal(err)
	}
	w.write(5)
	until(t, &s.out, "(n=30)")
	s.end(t)
	if doubled := complete(t, s.out.String(), w.n); doubled > 0 || s.err.String() != "" {
		t.Errorf("%d alerts came twice; stderr %q", doubled, s.err.String())
	}
}

// What is gone is said.
func TestResumeGone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "events.log")
	w := newFalco(t, path)
	w.write(10)
	s := startTail(t, path)
	until(t, &s.out, "(n=10)")
	s.end(t)
	w.f.Close()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	w.f = nil
	w.reopen()
	w.write(5)
	s = startTail(t, path)
	until(t, &s.out, "(n=15)")
	s.end(t)
	if !strings.Contains(s.err.String(), "alerts may have been missed") || len(numbers(t, s.out.String())) != 5 {
		t.Errorf("printed %q, stderr %q", s.out.String(), s.err.String())
	}
	// Truncated in the midst, without a copy.
	s = startTail(t, path)
	w.write(5)
	until(t, &s.out, "(n=20)")
	if err := os.Truncate(path, 0); err != nil {
		t.Fatal(err)
	}
	w.write(5)
	until(t, &s.out, "(n=25)")
	s.end(t)
	if !strings.Contains(s.err.String(), "truncated") || len(numbers(t, s.out.String())) != 10 {
		t.Errorf("printed %q, stderr %q", s.out.String(), s.err.String())
	}
}

// Killed at any moment while the log is written and rotated, it loses nothing;
// what comes twice is at most the one alert that was printed and not yet noted
// when it was killed.
func TestKilled(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("an open file cannot be renamed on Windows")
	}
	dir := t.TempDir()
	program := filepath.Join(dir, "tail")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	path := filepath.Join(dir, "log", "events.log")
	if err := os.Mkdir(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	out, err := os.Create(filepath.Join(dir, "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	var stderr buffer
	begin := func() *exec.Cmd {
		cmd := exec.Command(program, "-poll", "5ms", path)
		cmd.Stdout, cmd.Stderr = out, &stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		return cmd
	}
	w := newFalco(t, path)
	stop, written := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(written)
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			w.write(rand.IntN(30))
			time.Sleep(time.Duration(rand.IntN(2000)) * time.Microsecond)
			if i%150 == 149 {
				if rand.IntN(2) == 0 {
					w.rename()
				} else {
					w.copytruncate()
				}
			}
		}
	}()
	const kills = 15
	for range kills {
		cmd := begin()
		time.Sleep(time.Duration(20+rand.IntN(200)) * time.Millisecond)
		cmd.Process.Kill()
		cmd.Wait()
	}
	close(stop)
	<-written
	cmd := begin()
	last := fmt.Sprintf("(n=%d)", w.n)
	text := func() string {
		b, err := os.ReadFile(out.Name())
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	for !strings.Contains(text(), last) {
		select {
		case <-t.Context().Done():
			t.Fatal("never came to the end")
		case <-time.After(50 * time.Millisecond):
		}
	}
	cmd.Process.Signal(syscall.SIGTERM)
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	doubled := complete(t, text(), w.n)
	if doubled > kills {
		t.Errorf("%d alerts came twice in %d kills", doubled, kills)
	}
	if stderr.String() != "" {
		t.Errorf("stderr %q", stderr.String())
	}
	t.Logf("%d alerts, %d rotations, %d kills, %d alerts twice", w.n, w.kept, kills, doubled)
}

func TestOutput(t *testing.T) {
	path := filepath.Join(t.TempDir(), "events.log")
	text := `{"hostname":"h","output":"a \u001b[31m\nforged line","priority":"Warning","rule":"A","source":"syscall","tags":[],"time":"2026-03-02T09:15:27.000000001Z"}
not an alert
{"hostname":"h","output":"b","priority":"Debug","rule":"B","source":"syscall","tags":[],"time":"2026-03-02T09:15:27.000000002Z"}
{"hostname":"h","output":"c","priority":"Loud","rule":"C","source":"syscall","tags":[],"time":"2026-03-02T09:15:27.000000003Z"}
{"hostname":"h","output":"d","priority":"Error","rule":"D","source":"syscall","tags":[],"time":"2026-03-02T09:15:27.000000004Z"}
`
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s := startTail(t, "-if", "alert.severity <= 4", path)
	until(t, &s.out, `"D"`)
	s.end(t)
	want := `2026-03-02T09:15:27.000000001Z Warning       "A" "a \x1b[31m\nforged line"` + "\n" + `2026-03-02T09:15:27.000000004Z Error         "D" "d"` + "\n"
	if s.out.String() != want {
		t.Errorf("got %s\nwant %s", s.out.String(), want)
	}
	if !strings.Contains(s.err.String(), `unknown priority "Loud"`) {
		t.Errorf("stderr %q", s.err.String())
	}
	s = startTail(t, "-json", "-state", filepath.Join(filepath.Dir(path), "state"), path)
	until(t, &s.out, `"rule":"D"`)
	s.end(t)
	if first, _ := bufio.NewReader(strings.NewReader(s.out.String())).ReadString('\n'); first != text[:len(first)] {
		t.Errorf("got %s", first)
	}
	s = startTail(t, "-from-end", "-state", filepath.Join(filepath.Dir(path), "state2"), path)
	for { // it has found the end once it has noted it
		if info, err := os.Stat(filepath.Join(filepath.Dir(path), "state2")); err == nil && info.Size() > 0 {
			break
		}
		time.Sleep(time.Millisecond)
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(f, strings.ReplaceAll(text[:strings.Index(text, "\n")+1], `"A"`, `"E"`))
	f.Close()
	until(t, &s.out, `"E"`)
	s.end(t)
	if strings.Contains(s.out.String(), `"D"`) {
		t.Errorf("printed what was there before: %s", s.out.String())
	}
}

func TestArguments(t *testing.T) {
	dir := t.TempDir()
	state := filepath.Join(dir, "state")
	if err := os.WriteFile(state, []byte("something else"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		args   []string
		status int
		want   string
	}{
		"help":      {[]string{"-help"}, 0, "usage: tail"},
		"none":      {nil, 2, "usage: tail"},
		"two":       {[]string{"a", "b"}, 2, "usage: tail"},
		"condition": {[]string{"-if", "proc.name =", "x"}, 2, "tail: -if: "},
		"state":     {[]string{"-state", filepath.Join(dir, "no", "such"), "x"}, 2, "no such file"},
		"not ours":  {[]string{"-state", state, "x"}, 2, "does not hold what this program writes"},
		// Its own state file, written to all the time, would be the newer log
		// for which it leaves one that Falco still writes to.
		"like a log": {[]string{"-state", filepath.Join(dir, "events.log.state"), filepath.Join(dir, ".", "events.log")}, 2, "taken for a log that was rotated"},
		"no folder":  {[]string{filepath.Join(dir, "no", "events.log")}, 2, "no such file"},
	} {
		var stderr bytes.Buffer
		if status := run(t.Context(), tt.args, io.Discard, &stderr); status != tt.status || !strings.Contains(stderr.String(), tt.want) {
			t.Errorf("%s: status %d, stderr %q", name, status, stderr.String())
		}
	}
}
