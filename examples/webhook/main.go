// Command webhook receives what Falco's http_output sends, writes a report on
// each alert that a condition picks into a folder, and counts all it does.
//
//	webhook [flags]
//
// It serves
//
//	POST /         alerts, as Falco and relays send them
//	GET  /metrics  counts, for Prometheus
//	GET  /healthz  200 as long as the process serves
//	GET  /readyz   200 while alerts are accepted, 503 when the queue is nearly full or draining
//
// SIGTERM or an interrupt ends it: it stops listening, handles what it has
// accepted, and exits with 0; or with 1, if that took longer than -drain.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/falconer-go/falconer/event"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stderr))
}

// config is what the flags say.
type config struct {
	listen     string
	reports    string
	format     string
	reportIf   string
	incidents  bool
	perMinute  int
	logAt      event.Priority
	queue      int
	workers    int
	drain      time.Duration
	read       time.Duration
	tokens     []string
	cert, key  string
	clientCA   string
	clients    []string
	telemetry  bool
	configured func(net.Addr) // in tests, told of the address
}

// run is main without the process: it returns the exit status, 1 if something
// failed and 2 if the arguments are wrong.
func run(ctx context.Context, args []string, stderr io.Writer) int {
	c, err := parse(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	log := slog.New(slog.NewTextHandler(stderr, nil))
	if err == nil {
		var a *app
		if a, err = newApp(c, log); err == nil {
			if err := a.serve(ctx); err != nil {
				log.Error("webhook ended", "error", err)
				return 1
			}
			return 0
		}
	}
	fmt.Fprintln(stderr, "webhook:", err)
	return 2
}

func parse(args []string, stderr io.Writer) (config, error) {
	c := config{logAt: event.Critical}
	flags := flag.NewFlagSet("webhook", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		fmt.Fprint(stderr, "usage: webhook [flags]\n\nReceives Falco's http_output, writes reports, serves metrics and health.\n\n")
		flags.PrintDefaults()
	}
	flags.StringVar(&c.listen, "listen", "127.0.0.1:2801", "`address` to listen on")
	flags.StringVar(&c.reports, "reports", "reports", "`folder` for the reports")
	flags.StringVar(&c.format, "report-format", "md", "format of the reports: md, html or txt")
	flags.BoolVar(&c.incidents, "incidents", false, "write a report on each incident as well: on alerts that belong together, once they have fallen silent")
	flags.StringVar(&c.reportIf, "report-if", "alert.severity <= 5", "`condition`, in the language of Falco's rules, for the alerts that get a report")
	flags.IntVar(&c.perMinute, "reports-per-minute", 60, "how many reports a rule gets in a minute at most; 0 is no limit")
	flags.TextVar(&c.logAt, "log-at", event.Critical, "least severe `priority` of the alerts that are logged")
	flags.IntVar(&c.queue, "queue", 10_000, "how many alerts may wait; beyond that the answer is 503")
	flags.IntVar(&c.workers, "workers", 8, "how many alerts are handled at once")
	flags.DurationVar(&c.drain, "drain", 25*time.Second, "how long to go on with accepted alerts after SIGTERM")
	flags.DurationVar(&c.read, "read-timeout", 10*time.Second, "how long a client may take to send its request")
	tokens := flags.String("token-file", "", "`file` with the bearer tokens that are let in, one a line; without it no token is asked for")
	flags.StringVar(&c.cert, "tls-cert", "", "certificate `file`, PEM; with -tls-key it serves HTTPS")
	flags.StringVar(&c.key, "tls-key", "", "key `file`, PEM")
	flags.StringVar(&c.clientCA, "client-ca", "", "`file` with the authorities of client certificates, PEM; with it a certificate is asked for")
	flags.Func("client-name", "`name` in a client certificate that is let in; may be given more than once; without it any certificate of -client-ca", func(s string) error {
		c.clients = append(c.clients, s)
		return nil
	})
	flags.BoolVar(&c.telemetry, "otel", false, "also measure with OpenTelemetry, printed to stderr once a minute")
	if err := flags.Parse(args); err != nil {
		return c, err
	}
	switch {
	case flags.NArg() > 0:
		return c, fmt.Errorf("unexpected argument %q: everything is a flag, see -help", flags.Arg(0))
	case (c.cert == "") != (c.key == ""):
		return c, errors.New("-tls-cert and -tls-key go together")
	case c.clientCA != "" && c.cert == "":
		return c, errors.New("-client-ca needs -tls-cert and -tls-key")
	case len(c.clients) > 0 && c.clientCA == "":
		return c, errors.New("-client-name needs -client-ca")
	case formats[c.format] == nil:
		return c, fmt.Errorf("-report-format %q: there are md, html and txt", c.format)
	case c.queue < 1 || c.workers < 1 || c.perMinute < 0:
		return c, errors.New("-queue and -workers are at least 1, -reports-per-minute is at least 0")
	case c.drain <= 0 || c.read <= 0:
		return c, errors.New("-drain and -read-timeout are longer than 0")
	}
	if *tokens != "" {
		text, err := os.ReadFile(*tokens)
		if err != nil {
			return c, err
		}
		c.tokens = strings.Fields(string(text))
		if len(c.tokens) == 0 {
			return c, fmt.Errorf("%s holds no token", *tokens)
		}
	}
	return c, nil
}
