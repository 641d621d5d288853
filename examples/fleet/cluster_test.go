package main

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"

	"github.com/falconer-go/falconer/event"
	"github.com/nats-io/nats-server/v2/server"
)

// TestCluster stores on three brokers, as the README says, and loses one of
// them on the way.
func TestCluster(t *testing.T) {
	t.Parallel()
	var clients, routes []string
	for range 3 {
		for _, list := range []*[]string{&clients, &routes} {
			address, err := freeAddress()
			if err != nil {
				t.Fatal(err)
			}
			*list = append(*list, address)
		}
	}
	log := slog.New(slog.DiscardHandler)
	var brokers []*server.Server
	for i := range clients {
		dir := t.TempDir()
		file := filepath.Join(dir, "nats.conf")
		write(t, file, fmt.Sprintf(`
server_name: n%d
listen: %q
max_payload: 2MB
jetstream { store_dir: %q, sync_interval: 1s }
cluster { name: fleet, listen: %q, routes: [nats://%s] }
`, i+1, clients[i], dir, routes[i], strings.Join(routes, ", nats://")))
		s, err := startBroker(&brokerConfig{file: file}, log)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
		brokers = append(brokers, s)
	}
	f := &fleet{t: t, log: log, server: brokers[0], layout: layout{
		settings: settings{Partitions: 4, Key: "host", AckWait: 3e9}, Replicas: 3, MaxBytes: 64 << 20, Sidekick: "falco.>"}}
	f.broker.listen = strings.Join(clients, ",nats://")
	f.conn = f.connection()
	if err := f.conn.open(t.Context(), "test", log); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.conn.close)
	if n := f.stream(alertsStream).Config.Replicas; n != 3 {
		t.Fatalf("%d replicas", n)
	}
	var got calls
	f.worker("w", func(m *event.Mux) {
		m.HandleNamed("test", event.Everything(), event.HandlerFunc(func(_ context.Context, e *event.Event) error {
			got.add(e)
			return nil
		}))
	})
	const alerts = 60
	for n := range alerts {
		if n == alerts/3 {
			brokers[leader(t, f, brokers)].Shutdown()
		}
		f.publish(alert("Rule", fmt.Sprintf("host-%d", n%5), n))
	}
	f.settled()
	got.mu.Lock()
	defer got.mu.Unlock()
	if len(got.n) != alerts {
		t.Errorf("%d of %d alerts were handled", len(got.n), alerts)
	}
}

// leader is the broker that has the say on the alerts.
func leader(t *testing.T, f *fleet, brokers []*server.Server) int {
	t.Helper()
	cluster := f.stream(alertsStream).Cluster
	for i, b := range brokers {
		if b.Name() == cluster.Leader {
			return i
		}
	}
	t.Fatalf("no leader: %+v", cluster)
	return 0
}
