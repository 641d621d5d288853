package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/falconer-go/falconer/event"
)

func TestIngest(t *testing.T) {
	f := newFleet(t)
	url := f.ingest(ingestConfig{name: "in"}, telemetryConfig{})
	e := alert("Rule", "a", 1)
	raw := string(e.AppendJSON(nil))
	for range 2 {
		if status := send(t, url, raw); status != http.StatusAccepted {
			t.Errorf("status %d", status)
		}
	}
	list := f.all(alertsStream)
	if len(list) != 1 || string(list[0].Data) != raw || list[0].Header.Get("Nats-Msg-Id") != e.ID().String() {
		t.Errorf("%d alerts stored", len(list))
	}
	if want := subject(f.layout.partition("a")); len(list) > 0 && list[0].Subject != want {
		t.Errorf("stored under %s, not %s", list[0].Subject, want)
	}

	// What is no alert is kept as it came, once.
	for range 2 {
		if status := send(t, url, `{"rule":"\u001b[31m", "priority": 7}`); status != http.StatusBadRequest {
			t.Errorf("status %d", status)
		}
	}
	dead := f.all(deadStream)
	if len(dead) != 1 || dead[0].Subject != "dead.http" || string(dead[0].Data) != `{"rule":"\u001b[31m", "priority": 7}` || dead[0].Header.Get(reasonHeader) == "" {
		t.Errorf("dead letters: %d", len(dead))
	}
	if status := send(t, url, `{"rule":"`+strings.Repeat("x", event.MaxRecordBytes)+`"}`); status != http.StatusRequestEntityTooLarge {
		t.Errorf("status %d", status)
	}
	if dead := f.all(deadStream); len(dead) != 2 || len(dead[1].Data) != maxPoison {
		t.Errorf("%d dead letters", len(dead))
	}
}

// TestIngestAway has the broker go away: a sender waits for it, for a while.
func TestIngestAway(t *testing.T) {
	f := newFleet(t)
	patient := f.ingest(ingestConfig{name: "patient"}, telemetryConfig{})
	hasty := f.ingest(ingestConfig{name: "hasty", wait: 100 * time.Millisecond}, telemetryConfig{})
	f.stop()
	if status := send(t, hasty, string(alert("Rule", "a", 1).AppendJSON(nil))); status != http.StatusServiceUnavailable {
		t.Errorf("status %d", status)
	}
	answered := make(chan int)
	go func() { answered <- send(t, patient, string(alert("Rule", "a", 2).AppendJSON(nil))) }()
	f.start()
	if status := <-answered; status != http.StatusAccepted {
		t.Errorf("status %d", status)
	}
	f.holds(alertsStream, 1)
}

// TestFull fills the stream: what is new is refused, and nothing that waits is
// dropped for it.
func TestFull(t *testing.T) {
	f := newBroker(t)
	f.layout.MaxBytes = 4 << 10
	f.conn = f.connection()
	if err := f.conn.open(t.Context(), "test", f.log); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.conn.close)
	url := f.ingest(ingestConfig{wait: 100 * time.Millisecond}, telemetryConfig{})
	accepted := uint64(0)
	for n := 0; ; n++ {
		status := send(t, url, string(alert("Rule", "a", n).AppendJSON(nil)))
		if status == http.StatusServiceUnavailable {
			break
		}
		if status != http.StatusAccepted {
			t.Fatalf("status %d", status)
		}
		accepted++
	}
	if accepted == 0 {
		t.Error("none was accepted")
	}
	f.holds(alertsStream, accepted)
	if first := f.all(alertsStream)[0]; first.Sequence != 1 {
		t.Errorf("the first that waits is %d", first.Sequence)
	}
}

// TestSidekick publishes as falcosidekick does: JSON of its own, under
// falco.<priority>.<rule>, without a name or a header, on a connection for each.
func TestSidekick(t *testing.T) {
	f := newFleet(t)
	url := f.ingest(ingestConfig{}, telemetryConfig{})
	const direct = `{"hostname":"node-1","output":"09:15:27.104587331: Critical Shell (user=root)","priority":"Critical","rule":"Terminal shell","source":"syscall",` +
		`"tags":["shell"],"time":"2026-03-02T09:15:27.104587331Z","output_fields":{"evt.time":1772442927104587331,"user.name":"root"}}`
	const relayed = `{"uuid":"5f0a4ac2-7d0c-4a52-bd3a-1c1f6f6a8a10","output":"09:15:27.104587331: Critical Shell (user=root)","priority":"Critical","rule":"Terminal shell",` +
		`"time":"2026-03-02T09:15:27.104587331Z","output_fields":{"evt.time":1772442927104587331,"user.name":"root"},"source":"syscall","tags":["extra","shell"],"hostname":"node-1"}`
	if status := send(t, url, direct); status != http.StatusAccepted {
		t.Fatalf("status %d", status)
	}
	other := strings.ReplaceAll(relayed, "root", "mallory")
	for _, body := range []string{relayed, other, `{"rule": nothing}`} {
		if err := f.conn.nc.Publish("falco.critical.terminal_shell", []byte(body)); err != nil {
			t.Fatal(err)
		}
	}
	f.holds(deadStream, 1)
	f.empty(sidekickStream)
	list := f.all(alertsStream)
	if len(list) != 2 {
		t.Fatalf("%d alerts stored: the first came twice, the other once", len(list))
	}
	for i, want := range []string{direct, other} {
		e, err := event.Parse([]byte(want))
		if err != nil {
			t.Fatal(err)
		}
		if got := list[i].Header.Get("Nats-Msg-Id"); got != e.ID().String() {
			t.Errorf("%d: stored as %s", i, got)
		}
	}
	if m := f.all(deadStream)[0]; m.Subject != "dead.falco.critical.terminal_shell" || string(m.Data) != `{"rule": nothing}` {
		t.Errorf("%s %s", m.Subject, m.Data)
	}
}

func TestReadyz(t *testing.T) {
	f := newFleet(t)
	url := f.ingest(ingestConfig{}, telemetryConfig{})
	for path, want := range map[string]int{"healthz": 200, "readyz": 200} {
		if got := get(t, url+path); got != want {
			t.Errorf("%s: %d", path, got)
		}
	}
	f.stop()
	for get(t, url+"readyz") != http.StatusServiceUnavailable {
		sleep(t.Context(), 10*time.Millisecond)
	}
	if got := get(t, url+"healthz"); got != 200 {
		t.Errorf("healthz: %d", got)
	}
	f.start()
}

func get(t *testing.T, url string) int {
	t.Helper()
	r, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
	return r.StatusCode
}

// TestTokens lets nobody in without a token, where one is asked for.
func TestTokens(t *testing.T) {
	f := newFleet(t)
	name := t.TempDir() + "/tokens"
	write(t, name, "secret\n")
	url := f.ingest(ingestConfig{tokens: name}, telemetryConfig{})
	if status := send(t, url, string(alert("Rule", "a", 1).AppendJSON(nil))); status != http.StatusUnauthorized {
		t.Errorf("status %d", status)
	}
	write(t, name, "")
	c := f.connection()
	in := ingestConfig{tokens: name, listen: "127.0.0.1:0", wait: time.Second}
	if err := ingest(t.Context(), &c, &in, &telemetryConfig{}, f.log); err == nil || !strings.Contains(fmt.Sprint(err), "no token") {
		t.Errorf("%v", err)
	}
}
