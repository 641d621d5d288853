// Command tail follows the file that Falco's file_output writes, through
// rotation and truncation, and prints its alerts. Ended or killed and started
// again, it goes on where it stopped.
//
//	tail [flags] FILE
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/falconer-go/falconer/event"
	"github.com/falconer-go/falconer/internal/follow"
	"github.com/falconer-go/falconer/rules/cond"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// config is what the flags say.
type config struct {
	path, stateFile string
	only            string
	asJSON          bool
	fromEnd         bool
	poll            time.Duration
}

// run is main without the process: it returns the exit status, 1 if something
// failed and 2 if the arguments are wrong.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var c config
	flags := flag.NewFlagSet("tail", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		fmt.Fprint(stderr, "usage: tail [flags] FILE\n\nFollows what Falco's file_output writes, and prints the alerts.\n\n")
		flags.PrintDefaults()
	}
	flags.StringVar(&c.stateFile, "state", "", "`file` that keeps where it stopped, whose name does not begin with FILE; by default .NAME.tail in its folder")
	flags.StringVar(&c.only, "if", "", "`condition`, in the language of Falco's rules, for the alerts to print; all by default")
	flags.BoolVar(&c.asJSON, "json", false, "print alerts as JSON, as Falco does")
	flags.BoolVar(&c.fromEnd, "from-end", false, "begin at the end of FILE where nothing is known of an earlier run")
	flags.DurationVar(&c.poll, "poll", 100*time.Millisecond, "how often to look for more")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return 0
	} else if err != nil {
		return 2
	}
	if flags.NArg() != 1 || c.poll <= 0 {
		flags.Usage()
		return 2
	}
	c.path = flags.Arg(0)
	t, err := newTail(c, stdout, stderr)
	if err != nil {
		fmt.Fprintln(stderr, "tail:", err)
		return 2
	}
	defer t.file.Close()
	if err := t.follow(ctx); err != nil && ctx.Err() == nil {
		fmt.Fprintln(stderr, "tail:", err)
		return 1
	}
	return 0
}

// tail is the program, put together.
type tail struct {
	config
	mux            *event.Mux
	file           *follow.File
	stdout, stderr io.Writer
}

func newTail(c config, stdout, stderr io.Writer) (*tail, error) {
	t := &tail{config: c, mux: event.NewMux(nil), stdout: stdout, stderr: stderr}
	wanted := event.Everything()
	if c.only != "" {
		p, err := cond.Compile(c.only, nil)
		if err != nil {
			return nil, fmt.Errorf("-if: %w", err)
		}
		wanted = p
	}
	t.mux.HandleNamed("print", wanted, event.HandlerFunc(t.print))
	if c.stateFile == "" {
		t.stateFile = filepath.Join(filepath.Dir(c.path), "."+filepath.Base(c.path)+".tail")
	}
	var err error
	t.file, err = follow.New(c.path, follow.Options{
		State: t.stateFile, FromEnd: c.fromEnd, Poll: c.poll,
		Warn: func(err error) { t.warn("%v", err) },
	})
	if err != nil {
		return nil, fmt.Errorf("-state: %w", err)
	}
	return t, nil
}

func (t *tail) print(_ context.Context, e *event.Event) error {
	var line []byte
	if t.asJSON {
		line = append(e.AppendJSON(nil), '\n')
	} else {
		// Quoted: what an alert says is not for the terminal to obey.
		line = fmt.Appendf(nil, "%s %-13s %q %q\n", e.Time.Format(time.RFC3339Nano), e.Priority, e.Rule, e.Output)
	}
	_, err := t.stdout.Write(line)
	return err
}

// follow reads log after log until ctx ends.
func (t *tail) follow(ctx context.Context) error {
	return t.file.Run(ctx, func(r *follow.Reader) error { return t.read(ctx, r) })
}

// read handles the alerts of one log to its end.
func (t *tail) read(ctx context.Context, r *follow.Reader) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	d := event.NewDecoder(r, &event.DecoderOptions{Plain: true, Near: time.Now})
	handle := func(ctx context.Context, e *event.Event) error {
		err := t.mux.HandleEvent(ctx, e)
		if err == nil {
			err = r.Passed(d.Offset())
		}
		if err != nil {
			stop(err) // do not go on to the next: this one is to come again
		}
		return err
	}
	_, err := event.Serve(ctx, d, event.HandlerFunc(handle), &event.ServeOptions{OnError: func(e *event.Event, err error) {
		if e == nil {
			t.warn("%q: %v", t.path, err)
		}
	}})
	return err
}

func (t *tail) warn(format string, args ...any) {
	fmt.Fprintf(t.stderr, "tail: "+format+"\n", args...)
}
