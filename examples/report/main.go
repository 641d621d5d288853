// Command report turns Falco alerts into Falco Alert Reports.
//
//	report [flags] [FILE...]
//
// Each FILE holds alerts as Falco writes them with json_output; - is standard
// input. Without a FILE it renders a sample alert that is built in.
package main

import (
	"bytes"
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
// could not be read and 2 if the arguments are wrong.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("report", flag.ContinueOnError)
	flags.SetOutput(stderr)
	format := flags.String("format", "markdown", "markdown, html, json or text")
	attack := flags.String("attack", "19", "version of ATT&CK to map to: 19 or 18")
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
	version, err := enrich.ParseVersion(*attack)
	if err != nil {
		fmt.Fprintln(stderr, "report:", err)
		return 2
	}
	render, err := renderer(*format)
	if err != nil {
		fmt.Fprintln(stderr, "report:", err)
		return 2
	}
	w := &writer{out: stdout, render: render, enricher: enrich.New(&enrich.Options{Version: version}), errs: stderr}
	if flags.NArg() == 0 {
		w.read("sample", bytes.NewReader(sample))
	}
	for _, name := range flags.Args() {
		w.open(name, stdin)
	}
	return w.status
}

// renderer returns the function that writes a report in a format.
func renderer(format string) (func(*report.Report) ([]byte, error), error) {
	switch format {
	case "markdown":
		return func(r *report.Report) ([]byte, error) { return r.AppendMarkdown(nil), nil }, nil
	case "text":
		return func(r *report.Report) ([]byte, error) { return r.AppendText(nil, nil), nil }, nil
	case "html":
		return func(r *report.Report) ([]byte, error) { return r.AppendHTML(nil), nil }, nil
	case "json":
		return func(r *report.Report) ([]byte, error) {
			b, err := r.MarshalJSON()
			return append(b, '\n'), err
		}, nil
	}
	return nil, fmt.Errorf("unknown format %q: there are markdown, html, json and text", format)
}

// writer writes a report on each alert it reads.
type writer struct {
	out, errs io.Writer
	render    func(*report.Report) ([]byte, error)
	enricher  *enrich.Enricher
	written   int
	status    int
}

func (w *writer) open(name string, stdin io.Reader) {
	if name == "-" {
		w.read("standard input", stdin)
		return
	}
	f, err := os.Open(name)
	if err != nil {
		w.fail(err)
		return
	}
	defer f.Close()
	w.read(name, f)
}

// read reports on each alert of r. What is no alert is named and left out.
func (w *writer) read(name string, r io.Reader) {
	for e, err := range event.NewDecoder(r, &event.DecoderOptions{Strict: true}).All() {
		if err == nil {
			err = w.report(e)
		}
		if err != nil {
			w.fail(fmt.Errorf("%s: %w", name, err))
		}
	}
}

func (w *writer) report(e *event.Event) error {
	plan := mitigate.Default().Plan(e, w.enricher.For(e))
	b, err := w.render(report.New(plan))
	if err != nil {
		return err
	}
	if w.written > 0 && b[0] == '#' {
		b = append([]byte("\n---\n\n"), b...)
	}
	w.written++
	_, err = w.out.Write(b)
	return err
}

func (w *writer) fail(err error) {
	fmt.Fprintln(w.errs, "report:", err)
	w.status = 1
}
