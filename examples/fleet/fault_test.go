package main

import (
	"bytes"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestMain lets the test binary be the program, so that tests have processes
// to kill.
func TestMain(m *testing.M) {
	if os.Getenv(parentVariable) != "" {
		os.Exit(runMain())
	}
	os.Exit(m.Run())
}

// lines passes what a run says to the test's log.
type lines struct {
	t  *testing.T
	mu sync.Mutex
}

func (l *lines) Write(text []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.t.Log(string(bytes.TrimSpace(text)))
	return len(text), nil
}

func faultTest(t *testing.T) faultConfig {
	if testing.Short() {
		t.Skip("a run with processes takes a while")
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	out := &lines{t: t}
	return faultConfig{
		dir: t.TempDir(), exe: exe, hosts: 48, ingests: 3, workers: 4, partitions: 24, ackWait: 2 * time.Second,
		deadline: 9 * time.Minute, // a run that hangs ends before the test binary does
		out:      out, log: slog.New(slog.NewTextHandler(out, nil)),
	}
}

// TestFault kills a worker and the broker and pauses a worker while 20,000
// alerts go through, and none may be missing.
func TestFault(t *testing.T) {
	c := faultTest(t)
	c.alerts, c.workerKills, c.brokerKills, c.pauses = 20_000, 1, 1, 1
	o, err := c.run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	o.print(c.out)
	if err := o.err(); err != nil {
		t.Error(err)
	}
	if o.Sent != 20_000 || o.Handled != 20_000 || o.Reports == 0 {
		t.Errorf("%d alerts sent, %d handled, %d reports", o.Sent, o.Handled, o.Reports)
	}
}

// TestFaultAckFirst is the same with the acknowledgement in the wrong place. It
// loses alerts, and the check says so: it can fail.
func TestFaultAckFirst(t *testing.T) {
	c := faultTest(t)
	c.alerts, c.workerKills, c.ackFirst, c.work = 3_000, 3, true, 10*time.Millisecond
	o, err := c.run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	o.print(c.out)
	if o.Missing == 0 || o.err() == nil {
		t.Errorf("no alert is missing: %v", o.err())
	}
	if o.Handled+o.Missing != o.Sent || o.Unknown != 0 {
		t.Errorf("%d sent, %d handled and %d missing; %d unknown", o.Sent, o.Handled, o.Missing, o.Unknown)
	}
}

// TestMeasure has a row for each number of workers.
func TestMeasure(t *testing.T) {
	var out, log bytes.Buffer
	if status := run(t.Context(), []string{"measure", "-alerts", "200", "-workers", "2", "-work", "1ms"}, &out, &log); status != 0 {
		t.Fatalf("status %d: %s", status, log.String())
	}
	rows := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(rows) != 3 || !strings.HasPrefix(rows[2], "2 ") {
		t.Fatalf("%q", rows)
	}
	for _, row := range rows[1:] {
		for _, column := range strings.Fields(row)[1:3] {
			if n, err := strconv.ParseFloat(column, 64); err != nil || n <= 0 {
				t.Errorf("%s: %v", row, err)
			}
		}
	}
}
