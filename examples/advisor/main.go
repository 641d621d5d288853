// Command advisor writes Falco Alert Reports with further steps from a language
// model, asked through an OpenAI-compatible endpoint.
package main

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"time"

	"github.com/falconer-go/falconer/enrich"
	"github.com/falconer-go/falconer/event"
	"github.com/falconer-go/falconer/mitigate"
	"github.com/falconer-go/falconer/mitigate/report"
)

//go:embed testdata/alert.json
var sample []byte

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// run is main without the process: it returns the exit status.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("advisor", flag.ContinueOnError)
	flags.SetOutput(stderr)
	url := flags.String("url", "", "base `URL` of the endpoint, such as http://127.0.0.1:8080/v1")
	model := flags.String("model", "", "`name` of the model")
	timeout := flags.Duration("timeout", 20*time.Second, "how long to wait for the model, for each alert")
	flags.Usage = func() {
		fmt.Fprint(stderr, "usage: advisor -url URL -model NAME [flags] [FILE]\n\nWrites a report on each alert in the file, with steps that a language model adds;\n"+
			"- is standard input. Without a file it reports on a sample alert.\n\n")
		flags.PrintDefaults()
	}
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return 0
		}
		return 2
	}
	if *url == "" || *model == "" || flags.NArg() > 1 {
		flags.Usage()
		return 2
	}
	in, err := open(flags.Arg(0), stdin)
	if err != nil {
		fmt.Fprintln(stderr, "advisor:", err)
		return 1
	}
	defer in.Close()

	advisor := mitigate.Compose(mitigate.Default(), validate,
		mitigate.Named{Name: *model, Advisor: &chat{
			client: http.DefaultClient, url: *url, model: *model, key: os.Getenv("ADVISOR_API_KEY"), timeout: *timeout,
		}})
	status := 0
	for e, err := range event.NewDecoder(in, nil).All() {
		var plan *mitigate.Plan
		if err == nil {
			plan, err = advisor.Advise(ctx, e, enrich.For(e))
		}
		if err == nil {
			_, err = stdout.Write(report.New(plan).AppendMarkdown(nil))
		}
		if err != nil {
			fmt.Fprintln(stderr, "advisor:", err)
			status = 1
		}
	}
	return status
}

func open(name string, stdin io.Reader) (io.ReadCloser, error) {
	switch name {
	case "":
		return io.NopCloser(bytes.NewReader(sample)), nil
	case "-":
		return io.NopCloser(stdin), nil
	}
	return os.Open(name)
}
