// Command program is what Falco's program_output runs: it reads alerts from its
// standard input, and says on standard output what each means and what to do
// first.
//
//	program_output:
//	  enabled: true
//	  keep_alive: true
//	  program: program -at-least warning >> /var/log/falco/advice.log
//
// Without keep_alive Falco starts it anew for each alert, which works as well.
// It ends when Falco closes its input, and with an interrupt or SIGTERM after
// the alert at hand.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/falconer-go/falconer/event"
	"github.com/falconer-go/falconer/mitigate/report"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// run is main without the process: it returns the exit status, 1 if an alert
// could not be read or handled and 2 if the arguments are wrong.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	floor := event.Notice
	flags := flag.NewFlagSet("program", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		fmt.Fprint(stderr, "usage: program [flags] < ALERTS\n\nReads what Falco's program_output sends, and prints a report on each alert.\n\n")
		flags.PrintDefaults()
	}
	flags.TextVar(&floor, "at-least", event.Notice, "least severe `priority` to report on")
	perMinute := flags.Int("per-minute", 30, "how many reports a rule gets in a minute at most")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return 0
	} else if err != nil {
		return 2
	}
	if flags.NArg() > 0 || *perMinute < 1 {
		flags.Usage()
		return 2
	}

	mux := event.NewMux(nil)
	mux.Handle(event.AtLeast(floor), event.Throttle(*perMinute, time.Minute, nil)(
		event.HandlerFunc(func(ctx context.Context, e *event.Event) error {
			text := report.For(e).Text()
			if held, ok := event.RepeatsFrom(ctx); ok {
				text = fmt.Sprintf("%d alerts of this rule before were not reported.\n\n%s", held.Count, text)
			}
			_, err := fmt.Fprintf(stdout, "%s\n", text)
			return err
		})))

	status := 0
	done := make(chan error, 1)
	go func() {
		// Falco's text lines bear a time of day alone.
		d := event.NewDecoder(stdin, &event.DecoderOptions{Near: time.Now})
		_, err := event.Serve(ctx, d, mux, &event.ServeOptions{OnError: func(_ *event.Event, err error) {
			fmt.Fprintln(stderr, "program:", err)
			status = 1
		}})
		done <- err
	}()
	var err error
	select {
	case err = <-done:
	case <-ctx.Done():
		// A read of standard input cannot be interrupted; it ends with the
		// process. An alert at hand ends first, unless it hangs.
		select {
		case err = <-done:
		case <-time.After(time.Second):
			return 0
		}
	}
	if err != nil && ctx.Err() == nil {
		fmt.Fprintln(stderr, "program:", err)
		status = 1
	}
	for _, held := range mux.Stats().Routes[0].Held {
		if held.Alerts > 0 {
			fmt.Fprintf(stderr, "program: %d alerts were not reported: more than %d of a rule in a minute\n", held.Alerts, *perMinute)
		}
	}
	return status
}
