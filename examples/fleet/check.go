package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/falconer-go/falconer/event"
	"github.com/falconer-go/falconer/rules/cond"
)

// checkConfig says where to look for what was sent and what was handled.
type checkConfig struct {
	sent     string
	ledgers  string
	reports  string
	reportIf string
	key      string
}

func (c *checkConfig) flags(f *flag.FlagSet) {
	f.StringVar(&c.sent, "sent", "sent.jsonl", "`file` of the alerts that were accepted, one a line, those of one key in their order")
	f.StringVar(&c.ledgers, "ledgers", "ledger-*", "`pattern` of the names of the workers' ledgers")
	f.StringVar(&c.reports, "reports", "", "`folder` of the reports; without it they are not looked at")
	f.StringVar(&c.reportIf, "report-if", "alert.severity <= 4", "`condition` for the alerts that have a report")
	f.StringVar(&c.key, "key", "host", "which alerts keep their order: those of one "+keyNames())
}

func runCheck(_ context.Context, args []string, e env) error {
	var c checkConfig
	if err := e.parse("check", args, c.flags); err != nil {
		return err
	}
	o, err := c.run()
	if err != nil {
		return err
	}
	o.print(e.out)
	return o.err()
}

// outcome is what a check found.
type outcome struct {
	Sent      int // alerts that were accepted
	Handled   int // of these, how many at least once
	Missing   int // of these, how many never
	Unknown   int // handled, and never sent
	Calls     int // of the handlers, in all
	Again     int // calls for a message that had been delivered before
	Disorder  int // alerts that began before the one before it of their key had been done once
	Late      int // repeats that ended after the next alert of their key had begun
	Reports   int // reports that are right
	Expected  int // reports that there should be
	Wrong     int // reports that are not what the alert makes
	Extra     int // files that are no alert's report
	Leftovers int // unfinished reports of workers that were killed
	missing   []event.ID
}

// err says what is wrong.
func (o *outcome) err() error {
	var errs []error
	bad := func(n int, what string) {
		if n != 0 {
			errs = append(errs, fmt.Errorf("%d %s", n, what))
		}
	}
	bad(o.Missing, "alerts were accepted and never handled")
	bad(o.Unknown, "alerts were handled and never sent")
	bad(o.Disorder, "alerts were handled before the one before them")
	bad(o.Expected-o.Reports, "reports are missing or wrong")
	bad(o.Extra, "reports are of no alert")
	if o.Sent == 0 {
		errs = append(errs, errors.New("nothing was sent"))
	}
	return errors.Join(errs...)
}

func (o *outcome) print(w io.Writer) {
	fmt.Fprintf(w, "accepted   %d alerts\n", o.Sent)
	fmt.Fprintf(w, "handled    %d of them, %d missing, %d unknown\n", o.Handled, o.Missing, o.Unknown)
	fmt.Fprintf(w, "calls      %d, so %d repeats; %d calls for a message that had come before\n", o.Calls, o.Calls-o.Handled-o.Unknown, o.Again)
	fmt.Fprintf(w, "order      %d out of order; %d late repeats\n", o.Disorder, o.Late)
	fmt.Fprintf(w, "reports    %d right of %d, %d wrong, %d extra, %d left unfinished\n", o.Reports, o.Expected, o.Wrong, o.Extra, o.Leftovers)
	for _, id := range o.missing {
		fmt.Fprintln(w, "missing   ", id)
	}
}

// record is what is known of an alert.
type record struct {
	calls      int
	done       int64 // when a call first ended; 0 if none did
	begun      int64 // when a call first began
	lastEnd    int64
	reportable bool
}

// run compares. What was sent is decoded anew, and all that is expected is
// worked out from that.
func (c *checkConfig) run() (*outcome, error) {
	key := keys[c.key]
	if key == nil {
		return nil, usageError{fmt.Errorf("-key %q: there are %s", c.key, keyNames())}
	}
	reportable, err := cond.Compile(c.reportIf, nil)
	if err != nil {
		return nil, usageError{fmt.Errorf("-report-if: %w", err)}
	}
	o := new(outcome)
	records := make(map[event.ID]*record)
	order := make(map[string][]event.ID)
	f, err := os.Open(c.sent)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	for e, err := range event.NewDecoder(f, &event.DecoderOptions{Strict: true}).All() {
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.sent, err)
		}
		id := e.ID()
		if records[id] != nil {
			return nil, fmt.Errorf("%s: alert %s is there twice", c.sent, id)
		}
		r := &record{reportable: reportable.Match(e)}
		records[id] = r
		order[key(e)] = append(order[key(e)], id)
		if c.reports != "" && r.reportable {
			o.Expected++
			text, err := os.ReadFile(reportName(c.reports, id))
			switch {
			case err == nil && bytes.Equal(text, reportText(e)):
				o.Reports++
			case err == nil:
				o.Wrong++
			case !errors.Is(err, fs.ErrNotExist):
				return nil, err
			}
		}
	}
	o.Sent = len(records)
	if err := o.readLedgers(c.ledgers, records); err != nil {
		return nil, err
	}
	o.compare(records, order)
	if c.reports != "" {
		if err := o.findExtra(c.reports, records); err != nil {
			return nil, err
		}
	}
	return o, nil
}

func (o *outcome) readLedgers(pattern string, records map[event.ID]*record) error {
	names, err := filepath.Glob(pattern)
	if err != nil {
		return err
	}
	for _, name := range names {
		err := readLedger(name, func(e entry) {
			o.Calls++
			if e.tries > 1 {
				o.Again++
			}
			r := records[e.id]
			if r == nil {
				o.Unknown++
				return
			}
			r.calls++
			if r.calls == 1 {
				r.done, r.begun = e.end, e.start
			}
			r.done, r.begun, r.lastEnd = min(r.done, e.end), min(r.begun, e.start), max(r.lastEnd, e.end)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (o *outcome) compare(records map[event.ID]*record, order map[string][]event.ID) {
	for _, ids := range order {
		var before *record // the last one that was handled
		for _, id := range ids {
			r := records[id]
			if r.calls == 0 {
				o.Missing++
				if len(o.missing) < 10 {
					o.missing = append(o.missing, id)
				}
				continue
			}
			o.Handled++
			if before != nil {
				if r.begun < before.done {
					o.Disorder++
				}
				if r.begun < before.lastEnd {
					o.Late++
				}
			}
			before = r
		}
	}
	slices.SortFunc(o.missing, func(a, b event.ID) int { return bytes.Compare(a[:], b[:]) })
}

// findExtra looks for files that should not be there.
func (o *outcome) findExtra(dir string, records map[event.ID]*record) error {
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if strings.HasPrefix(d.Name(), ".new") {
			o.Leftovers++
			return nil
		}
		var id event.ID
		name, isReport := strings.CutSuffix(d.Name(), ".md")
		if !isReport || id.UnmarshalText([]byte(name)) != nil || records[id] == nil || !records[id].reportable {
			o.Extra++
		}
		return nil
	})
}
