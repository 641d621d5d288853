package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// brokerConfig is a NATS server with JetStream inside this process.
type brokerConfig struct {
	file   string // a configuration of nats-server, which then is all that counts
	listen string
	store  string
	sync   time.Duration
}

func (c *brokerConfig) flags(f *flag.FlagSet) {
	f.StringVar(&c.file, "config", "", "configuration `file` of nats-server; it takes the place of the other flags")
	f.StringVar(&c.listen, "broker-listen", "127.0.0.1:4222", "`address` of the broker")
	f.StringVar(&c.store, "store", "fleet-data", "`folder` for what the broker keeps")
	f.DurationVar(&c.sync, "sync", time.Second, "how often the broker makes the disk write; 0 is before each answer. An end of the process costs nothing, one of the machine what came since")
}

// maxPayload has room for the largest alert and what goes with it.
const maxPayload = 2 << 20

func (c *brokerConfig) options() (*server.Options, error) {
	if c.file != "" {
		return server.ProcessConfigFile(c.file)
	}
	host, port, err := net.SplitHostPort(c.listen)
	if err != nil {
		return nil, fmt.Errorf("-broker-listen: %w", err)
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return nil, fmt.Errorf("-broker-listen: port %q: %w", port, err)
	}
	o := &server.Options{
		ServerName: "fleet", Host: host, Port: int(n),
		JetStream: true, StoreDir: c.store, MaxPayload: maxPayload,
		SyncInterval: c.sync, SyncAlways: c.sync == 0,
		NoSigs: true, DisableJetStreamBanner: true,
	}
	if n == 0 {
		o.Port = server.RANDOM_PORT
	}
	return o, nil
}

// startBroker returns a running broker.
func startBroker(c *brokerConfig, log *slog.Logger) (*server.Server, error) {
	o, err := c.options()
	if err != nil {
		return nil, err
	}
	s, err := server.NewServer(o)
	if err != nil {
		return nil, err
	}
	s.SetLoggerV2(brokerLog{log}, false, false, false)
	s.Start()
	if !s.ReadyForConnections(time.Minute) {
		s.Shutdown()
		return nil, errors.New("the broker does not come up")
	}
	log.Info("broker listens", "url", s.ClientURL(), "store", o.StoreDir)
	return s, nil
}

// runBroker is the role: a broker until ctx ends.
func runBroker(ctx context.Context, args []string, e env) error {
	var c brokerConfig
	if err := e.parse("broker", args, c.flags); err != nil {
		return err
	}
	s, err := startBroker(&c, e.log)
	if err != nil {
		return err
	}
	<-ctx.Done()
	s.Shutdown()
	s.WaitForShutdown()
	return nil
}

// brokerLog gives what the broker has to say to slog.
type brokerLog struct{ log *slog.Logger }

func (l brokerLog) Noticef(format string, v ...any) { l.log.Debug(fmt.Sprintf(format, v...)) }
func (l brokerLog) Warnf(format string, v ...any)   { l.log.Warn(fmt.Sprintf(format, v...)) }
func (l brokerLog) Fatalf(format string, v ...any)  { l.log.Error(fmt.Sprintf(format, v...)) }
func (l brokerLog) Errorf(format string, v ...any)  { l.log.Error(fmt.Sprintf(format, v...)) }
func (l brokerLog) Debugf(format string, v ...any)  { l.log.Debug(fmt.Sprintf(format, v...)) }
func (l brokerLog) Tracef(format string, v ...any)  { l.log.Debug(fmt.Sprintf(format, v...)) }
