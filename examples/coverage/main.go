// Command coverage shows which techniques of ATT&CK a set of Falco rules looks
// for, and which of them alerts have shown.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/falconer-go/falconer/enrich"
	"github.com/falconer-go/falconer/enrich/export/navigator"
	"github.com/falconer-go/falconer/event"
	"github.com/falconer-go/falconer/rules"
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

// run is main without the process: it returns the exit status, 1 if something
// could not be read or written and 2 if the arguments are wrong.
func run(args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("coverage", flag.ContinueOnError)
	flags.SetOutput(stderr)
	alerts := flags.String("alerts", "", "`file` of alerts that have been seen")
	page := flags.String("html", "", "write the matrix as an HTML page to this `file`")
	layer := flags.String("navigator", "", "write a layer for the ATT&CK Navigator to this `file`")
	heat := flags.String("heat", "", "write a layer of what the alerts showed to this `file`")
	gaps := flags.Bool("gaps", false, "name the techniques that no rule looks for, by tactic")
	attack := flags.String("attack", "19", "version of ATT&CK: 19 or 18")
	platforms := flags.String("platform", "Linux,Containers", "`platforms` whose techniques count, with commas between")
	flags.Usage = func() {
		fmt.Fprint(stderr, "usage: coverage [flags] [RULES.yaml...]\n\nShows which techniques of ATT&CK the rules look for; without a file, the rules that Falco ships.\n\n")
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
		fmt.Fprintln(stderr, "coverage:", err)
		return 2
	}
	on, err := platformsOf(version.Matrix(), *platforms)
	if err != nil {
		fmt.Fprintln(stderr, "coverage:", err)
		return 2
	}
	if *heat != "" && *alerts == "" {
		fmt.Fprintln(stderr, "coverage: -heat needs -alerts")
		return 2
	}
	en := enrich.New(&enrich.Options{Version: version})
	c := newCoverage(version.Matrix(), on)
	status := 0
	fail := func(err error) {
		fmt.Fprintln(stderr, "coverage:", err)
		status = 1
	}
	l := &navigator.Layer{Name: "Falco rules", Platforms: on}
	err = eachRule(flags.Args(), func(name, source string, tags []string) {
		m := en.For(&event.Event{Rule: name, Source: source, Tags: tags})
		c.addRule(name, m)
		l.Add(name, m)
	})
	if err != nil {
		fail(err)
	}
	if c.rules == 0 { // a table of gaps would say that nothing is covered
		if err == nil {
			fail(fmt.Errorf("no rule that is enabled in %s", strings.Join(flags.Args(), ", ")))
		}
		return status
	}
	if *alerts != "" {
		seen := &navigator.Layer{Name: "Falco alerts", Platforms: on}
		err := eachAlert(*alerts, func(e *event.Event) {
			m := en.For(e)
			c.addAlert(m)
			seen.Add(e.Rule, m)
		}, fail)
		if err != nil {
			fail(err)
		}
		if *heat != "" {
			if err := os.WriteFile(*heat, append(seen.Append(nil), '\n'), 0o644); err != nil {
				fail(err)
			}
		}
	}
	if err := c.writeTable(stdout); err != nil {
		fail(err)
	}
	if *gaps {
		if err := c.writeGaps(stdout); err != nil {
			fail(err)
		}
	}
	if *page != "" {
		if err := os.WriteFile(*page, c.appendPage(nil), 0o644); err != nil {
			fail(err)
		}
	}
	if *layer != "" {
		if err := os.WriteFile(*layer, append(l.Append(nil), '\n'), 0o644); err != nil {
			fail(err)
		}
	}
	return status
}

// platformsOf returns the platforms of a list with commas between, as ATT&CK
// writes them.
func platformsOf(m *enrich.Matrix, list string) ([]string, error) {
	var known, on []string
	for t := range m.Techniques() {
		if t.Active() {
			known = append(known, t.Platforms...)
		}
	}
	slices.Sort(known)
	known = slices.Compact(known)
	for name := range strings.SplitSeq(list, ",") {
		name = strings.TrimSpace(name)
		i := slices.IndexFunc(known, func(k string) bool { return strings.EqualFold(k, name) })
		if i < 0 {
			return nil, fmt.Errorf("ATT&CK %s has no platform %q: there are %s", m.Release(), name, strings.Join(known, ", "))
		}
		if !slices.Contains(on, known[i]) {
			on = append(on, known[i])
		}
	}
	return on, nil
}

// eachRule calls f for each rule of the files, and for each rule that Falco
// ships if there is no file. Rules that are sound are used even where others
// are not.
func eachRule(names []string, f func(name, source string, tags []string)) error {
	if len(names) == 0 {
		for r := range rules.Catalog() {
			f(r.Name, r.Source, r.Tags)
		}
		return nil
	}
	var files []rules.File
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		files = append(files, rules.File{Name: name, Data: data})
	}
	set, err := rules.Load(nil, files...)
	for _, r := range set.Rules() {
		if r.Enabled {
			f(r.Name, r.Source, r.Tags)
		}
	}
	return err
}

// eachAlert calls f for each alert of a file, and bad for what is not one.
func eachAlert(name string, f func(*event.Event), bad func(error)) error {
	in, err := os.Open(name)
	if err != nil {
		return err
	}
	defer in.Close()
	for e, err := range event.NewDecoder(in, nil).All() {
		if err != nil {
			bad(fmt.Errorf("%s: %w", name, err))
			continue
		}
		f(e)
	}
	return nil
}
