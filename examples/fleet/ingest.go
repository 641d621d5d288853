package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/falconer-go/falconer/event/eventhttp"
)

// ingestConfig is what takes alerts in.
type ingestConfig struct {
	listen    string
	cert, key string
	tokens    string
	wait      time.Duration
	inFlight  int
	name      string
	listening func(net.Addr) // in tests, told of the address
}

func (c *ingestConfig) flags(f *flag.FlagSet) {
	f.StringVar(&c.listen, "listen", "127.0.0.1:2801", "`address` to take alerts at")
	f.StringVar(&c.cert, "tls-cert", "", "certificate `file`, PEM; with -tls-key it serves HTTPS")
	f.StringVar(&c.key, "tls-key", "", "key `file`, PEM")
	f.StringVar(&c.tokens, "token-file", "", "`file` with the bearer tokens that are let in, one a line; without it no token is asked for")
	f.DurationVar(&c.wait, "wait", time.Minute, "how long a sender is kept waiting while the broker is away; after that the answer is 503, and Falco does not send again")
	f.IntVar(&c.inFlight, "in-flight", 4096, "how many requests may wait at once; each Falco has one")
	f.StringVar(&c.name, "ingest-name", "", "`name` of this ingest; by default of host and process")
}

func runIngest(ctx context.Context, args []string, e env) error {
	var c connection
	var in ingestConfig
	var t telemetryConfig
	if err := e.parse("ingest", args, c.flags, in.flags, t.flags); err != nil {
		return err
	}
	return ingest(ctx, &c, &in, &t, e.log)
}

// ingest takes alerts until ctx ends, and then answers those that wait.
func ingest(ctx context.Context, c *connection, in *ingestConfig, tc *telemetryConfig, log *slog.Logger) error {
	name := cmp.Or(in.name, ownName("ingest"))
	log = log.With("ingest", name)
	t, err := tc.open(ctx, "ingest")
	if err != nil {
		return err
	}
	defer func() { _ = t.stop(context.WithoutCancel(ctx)) }()
	poison := &poisoned{c: c, by: name, log: log}
	o := &eventhttp.Options{
		Queued: true, // that it is stored is all that the sender is told
		Wait:   in.wait, InFlight: in.inFlight,
		OnError: func(r *http.Request, status int, err error) {
			log.Warn("request not accepted", "from", r.RemoteAddr, "status", status, "error", err)
			poison.bury(r, err)
		},
	}
	if in.tokens != "" {
		text, err := os.ReadFile(in.tokens)
		if err != nil {
			return err
		}
		if o.Tokens = strings.Fields(string(text)); len(o.Tokens) == 0 {
			return fmt.Errorf("%s holds no token", in.tokens)
		}
	}
	if err := c.open(ctx, name, log); err != nil {
		return err
	}
	defer c.close()
	p := newPublisher(c, t)
	handler := eventhttp.NewHandler(p, o)
	if err := watchIngest(t, handler); err != nil {
		return err
	}
	routes := http.NewServeMux()
	routes.Handle("/{$}", poison.keepBody(handler))
	routes.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	routes.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if !c.nc.IsConnected() {
			http.Error(w, "no broker", http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ok")
	})
	server := &http.Server{
		Handler: routes, ReadHeaderTimeout: 5 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 16 << 10,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	l, err := net.Listen("tcp", in.listen)
	if err != nil {
		return err
	}
	log.Info("takes alerts", "address", l.Addr().String(), "tls", in.cert != "")
	if in.listening != nil {
		in.listening(l.Addr())
	}
	relayed := make(chan struct{})
	relayCtx, stopRelay := context.WithCancel(ctx)
	go func() {
		defer close(relayed)
		(&relay{c, p, t, log}).run(relayCtx)
	}()
	failed := make(chan error, 1)
	go func() {
		if in.cert != "" || in.key != "" {
			failed <- server.ServeTLS(l, in.cert, in.key)
		} else {
			failed <- server.Serve(l)
		}
	}()
	select {
	case err = <-failed:
	case <-ctx.Done():
	}
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), 25*time.Second)
	defer cancel()
	err = errors.Join(err, server.Shutdown(drain))
	stopRelay()
	<-relayed
	s := handler.Stats()
	log.Info("drained", "accepted", s.Accepted, "refused", s.Refused, "malformed", s.Malformed)
	return err
}

// ownName is a name that no other process has.
func ownName(role string) string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	host = strings.Map(func(r rune) rune {
		if 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '-' {
			return r
		}
		return '-'
	}, host)
	return fmt.Sprintf("%s-%s-%d", role, host, os.Getpid())
}
