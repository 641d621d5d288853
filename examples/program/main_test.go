package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/falconer-go/falconer/event"
	"github.com/falconer-go/falconer/event/eventtest"
)

// lines are the samples as Falco writes them to a program.
func lines() string {
	var b strings.Builder
	for _, s := range eventtest.Samples() {
		b.Write(s.JSON)
		b.WriteByte('\n')
	}
	return b.String()
}

func TestProgram(t *testing.T) {
	var stdout, stderr bytes.Buffer
	if status := run(t.Context(), []string{"-at-least", "critical"}, strings.NewReader(lines()), &stdout, &stderr); status != 0 {
		t.Errorf("status %d: %s", status, &stderr)
	}
	for _, s := range eventtest.Samples() {
		e := s.Event()
		if got := strings.Contains(stdout.String(), e.Rule); got != e.Priority.AtLeast(event.Critical) {
			t.Errorf("%s (%s) in the output: %v", s.Name, e.Priority, got)
		}
	}
}

func TestProgramThrottles(t *testing.T) {
	var stdout, stderr bytes.Buffer
	in := strings.Repeat(string(eventtest.SampleNamed("okta").AppendJSON(nil))+"\n", 5)
	if status := run(t.Context(), []string{"-per-minute", "2"}, strings.NewReader(in), &stdout, &stderr); status != 0 {
		t.Errorf("status %d", status)
	}
	if want := "3 alerts were not reported"; !strings.Contains(stderr.String(), want) {
		t.Errorf("stderr %q, want %q in it", stderr.String(), want)
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }

func TestProgramFaults(t *testing.T) {
	okta := string(eventtest.SampleNamed("okta").AppendJSON(nil)) + "\n"
	for name, tt := range map[string]struct {
		args   []string
		in     string
		out    io.Writer
		status int
		want   string
	}{
		"help":         {args: []string{"-help"}, want: "usage: program"},
		"argument":     {args: []string{"x"}, status: 2, want: "usage: program"},
		"priority":     {args: []string{"-at-least", "loud"}, status: 2, want: "loud"},
		"empty":        {},
		"log lines":    {in: "Mon Mar  2 09:15:27 2026: Falco version: 0.43.0\n" + okta},
		"text":         {in: "09:15:27.104587331: Error A file was opened (user=root)\n"},
		"not an alert": {in: `{"rule":"A","priority":"Loud","time":"2026-03-02T09:15:27Z"}` + "\n" + okta, status: 1, want: "line 1: offset"},
		"full disk":    {in: okta, out: broken{}, status: 1, want: "no space left on device"},
	} {
		t.Run(name, func(t *testing.T) {
			var stderr bytes.Buffer
			out := tt.out
			if out == nil {
				out = io.Discard
			}
			if status := run(t.Context(), tt.args, strings.NewReader(tt.in), out, &stderr); status != tt.status || !strings.Contains(stderr.String(), tt.want) {
				t.Errorf("status %d, want %d; stderr %q", status, tt.status, stderr.String())
			}
		})
	}
}

// A signal ends it though standard input is silent.
func TestProgramSignal(t *testing.T) {
	r, w := io.Pipe()
	defer w.Close()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan int)
	stdout := make(writes, 1)
	go func() { done <- run(ctx, nil, r, stdout, io.Discard) }()
	w.Write(append(eventtest.SampleNamed("okta").AppendJSON(nil), '\n'))
	<-stdout // it is at work
	cancel()
	if status := <-done; status != 0 {
		t.Errorf("status %d", status)
	}
}

// writes tells of each write.
type writes chan string

func (w writes) Write(p []byte) (int, error) {
	w <- string(p)
	return len(p), nil
}
