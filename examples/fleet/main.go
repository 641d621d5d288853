// Command fleet handles Falco alerts on many machines, over NATS JetStream.
//
//	fleet [flags]            a broker, an ingest and two workers, in this process
//	fleet broker [flags]     a NATS server with JetStream
//	fleet ingest [flags]     takes alerts over HTTP, and those that falcosidekick publishes
//	fleet worker [flags]     handles alerts
//	fleet dead [flags]       lists the dead letters, or hands them in again
//	fleet check [flags]      compares what was sent with what was handled
//	fleet fault [flags]      runs all of it, kills and pauses parts of it, and checks
//	fleet measure [flags]    says how many alerts a second 1 to 4 workers handle
//
// With -help each says which flags it has. SIGTERM or an interrupt ends it,
// once what is in work is done.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"
)

func main() {
	os.Exit(runMain())
}

func runMain() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if os.Getenv(parentVariable) != "" {
		go endWithParent()
	}
	return run(ctx, os.Args[1:], os.Stdout, os.Stderr)
}

// parentVariable says that standard input is a pipe to a parent without which
// this process shall not live.
const parentVariable = "FLEET_PARENT"

func endWithParent() {
	_, _ = io.Copy(io.Discard, os.Stdin)
	os.Exit(3)
}

// env is what a role gets from its process.
type env struct {
	out io.Writer // for results
	err io.Writer // for usage
	log *slog.Logger
}

// parse reads flags, and allows nothing but flags.
func (e env) parse(role string, args []string, sets ...func(*flag.FlagSet)) error {
	f := flag.NewFlagSet(strings.TrimSpace("fleet "+role), flag.ContinueOnError)
	f.SetOutput(e.err)
	for _, set := range sets {
		set(f)
	}
	if err := f.Parse(args); err != nil {
		return usageError{err}
	}
	if f.NArg() > 0 {
		return usageError{fmt.Errorf("unexpected argument %q: everything is a flag, see -help", f.Arg(0))}
	}
	return nil
}

// usageError is an error of whoever wrote the command line.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

var roles = map[string]func(context.Context, []string, env) error{
	"":        runAll,
	"broker":  runBroker,
	"ingest":  runIngest,
	"worker":  runWorker,
	"dead":    runDead,
	"check":   runCheck,
	"fault":   runFault,
	"measure": runMeasure,
}

// run is main without the process: it returns the exit status, 1 if something
// failed and 2 if the arguments are wrong.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	role := ""
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		role, args = args[0], args[1:]
	}
	f, ok := roles[role]
	if !ok {
		fmt.Fprintf(stderr, "fleet: there is no %q; there are broker, ingest, worker, dead, check, fault and measure\n", role)
		return 2
	}
	err := f(ctx, args, env{stdout, stderr, slog.New(slog.NewTextHandler(stderr, nil))})
	var usage usageError
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return 0
	case errors.As(err, &usage):
		fmt.Fprintln(stderr, "fleet:", err)
		return 2
	}
	fmt.Fprintln(stderr, "fleet:", err)
	return 1
}
