// Command report turns Falco alerts into Falco Alert Reports.
//
//	report [flags] [FILE...]
//
// Each FILE holds alerts in any form that Falco and its relays write; - is
// standard input. Without a FILE it renders a sample alert that is built in.
package main

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/falconer-go/falconer/enrich"
	"github.com/falconer-go/falconer/event"
	"github.com/falconer-go/falconer/mitigate"
	"github.com/falconer-go/falconer/mitigate/report"
)

// The sample was made by hand in the form of Falco 0.41: the event-generator
// truncates a file of its own that is named like a log.
//
//go:embed testdata/alert.json
var sample []byte

func main() {
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// run is main without the process: it returns the exit status, 1 if a record
// could not be read or a report not be written, and 2 if the arguments are
// wrong.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("report", flag.ContinueOnError)
	flags.SetOutput(stderr)
	format := flags.String("format", "markdown", "markdown, html, text, json or slack")
	attack := flags.String("attack", "19", "version of ATT&CK to map to: 19 or 18")
	incident := flags.Bool("incident", false, "gather the alerts of an incident into one report")
	folder := flags.String("o", "", "write each report to a file in this `folder`, with an index page")
	brief := flags.Bool("brief", false, "leave out what can wait")
	explain := flags.Bool("explain", false, "say why each report says what it says, in place of the report")
	flags.Usage = func() {
		fmt.Fprint(stderr, "usage: report [flags] [FILE...]\n\nWrites a report on each alert in the files; - is standard input.\n"+
			"Without a file it reports on a sample alert.\n\n")
		flags.PrintDefaults()
	}
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return 0
		}
		return 2
	}
	usage := func(err error) int {
		fmt.Fprintln(stderr, "report:", err)
		return 2
	}
	version, err := enrich.ParseVersion(*attack)
	if err != nil {
		return usage(err)
	}
	f, err := formatNamed(*format, stdout)
	if err != nil {
		return usage(err)
	}
	if *brief {
		f = f.brief()
	}
	if *explain {
		f = explanation
	}
	var out sink = &stream{w: stdout, format: f}
	if *folder != "" {
		if out, err = newFolder(*folder, f); err != nil {
			return usage(err)
		}
	}
	r := &reporter{out: out, errs: stderr, mapping: enrich.New(&enrich.Options{Version: version})}
	if *incident {
		r.incidents = report.NewGrouper(report.GroupOptions{}, r.story)
	}
	if flags.NArg() == 0 {
		r.read("sample", bytes.NewReader(sample))
	}
	for _, name := range flags.Args() {
		r.open(name, stdin)
	}
	r.finish()
	return r.status
}

// reporter makes reports of the alerts it reads. It keeps no more of them than
// a Grouper does: those of incidents that are not over.
type reporter struct {
	out       sink
	errs      io.Writer
	mapping   *enrich.Enricher
	incidents *report.Grouper // nil for a report on each alert
	progress  progress
	status    int
}

func (r *reporter) open(name string, stdin io.Reader) {
	if name == "-" {
		r.read("standard input", stdin)
		return
	}
	f, err := os.Open(name)
	if err != nil {
		r.fail(err)
		return
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil {
		r.progress.start(r.errs, name, info.Size())
	}
	r.read(name, f)
	r.progress.stop()
}

// read reports on each alert of in. What is no alert is named and left out.
func (r *reporter) read(name string, in io.Reader) {
	d := event.NewDecoder(in, &event.DecoderOptions{Strict: true})
	records := 0
	for e, err := range d.All() {
		records++
		if err == nil {
			err = r.take(e)
		}
		if err != nil {
			r.fail(fmt.Errorf("%s: %w", name, err))
		}
		r.progress.at(d.Offset())
	}
	if records == 0 {
		fmt.Fprintf(r.errs, "report: %s: holds no alerts\n", name)
	}
}

func (r *reporter) take(e *event.Event) error {
	if r.incidents != nil {
		return r.incidents.HandleEvent(context.Background(), e)
	}
	return r.out.add(report.New(mitigate.Default().Plan(e, r.mapping.For(e))))
}

// story reports on an incident that is over.
func (r *reporter) story(_ context.Context, alerts []*event.Event) error {
	return r.out.add(report.StoryOf(mitigate.Default(), r.mapping.For, alerts))
}

// finish reports on the incidents that the end of the input ends, and writes
// what stands behind all reports.
func (r *reporter) finish() {
	if r.incidents != nil {
		if err := r.incidents.Flush(context.Background()); err != nil {
			r.fail(err)
		}
	}
	if err := r.out.close(); err != nil {
		r.fail(err)
	}
}

func (r *reporter) fail(err error) {
	r.progress.clear()
	fmt.Fprintln(r.errs, "report:", err)
	r.status = 1
}
