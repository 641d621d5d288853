// Command check says what is wrong with Falco rule files.
//
//	check [flags] FILE...
//
// The files are loaded in order, each on top of those before it, as Falco does
// with its rules_files. check prints what Falco would say of them, and what
// lint finds besides, each with its place in the file: also in the rules' tags,
// which are checked against ATT&CK, NIST SP 800-53 and PCI DSS.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"

	"github.com/falconer-go/falconer/enrich"
	"github.com/falconer-go/falconer/rules"
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

// run is main without the process: it returns the exit status, 1 if a file
// does not load or has findings that fail it and 2 if the arguments are wrong.
func run(args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("check", flag.ContinueOnError)
	flags.SetOutput(stderr)
	format := flags.String("format", "text", "text, json (as falco -V), findings (one JSON object a line) or sarif")
	lint := flags.Bool("lint", true, "look for what Falco accepts but is hardly meant")
	attack := flags.String("attack", "19", "release of ATT&CK to check tags against, 19 or 18; none leaves tags alone")
	strict := flags.Bool("strict", false, "fail on warnings too")
	engine := flags.String("engine", rules.DefaultEngineVersion, "version of Falco's rules engine")
	noPlugins := flags.Bool("no-plugins", false, "check for a Falco without plugins")
	flags.Usage = func() {
		fmt.Fprint(stderr, "usage: check [flags] FILE...\n\nSays what is wrong with Falco rule files, loaded in this order.\n\n")
		flags.PrintDefaults()
	}
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return 0
		}
		return 2
	}
	if flags.NArg() == 0 {
		flags.Usage()
		return 2
	}
	if !slices.Contains([]string{"text", "json", "findings", "sarif"}, *format) {
		fmt.Fprintf(stderr, "check: unknown format %q: there are text, json, findings and sarif\n", *format)
		return 2
	}
	var checks []rules.Check
	var tags tagChecker
	if *attack != "none" {
		version, err := enrich.ParseVersion(*attack)
		if err != nil {
			fmt.Fprintln(stderr, "check:", err)
			return 2
		}
		tags.enricher = enrich.New(&enrich.Options{Version: version})
		checks = append(checks, tags.check)
	}
	var files []rules.File
	for _, name := range flags.Args() {
		data, err := os.ReadFile(name)
		if err != nil {
			fmt.Fprintln(stderr, "check:", err)
			return 2
		}
		files = append(files, rules.File{Name: name, Data: data})
	}
	tags.files = files
	options := &rules.Options{EngineVersion: *engine}
	if *noPlugins {
		options.Plugins = []rules.Plugin{}
	}
	set, err := rules.Load(options, files...)
	var faults rules.ErrorList
	if err != nil && !errors.As(err, &faults) {
		fmt.Fprintln(stderr, "check:", err)
		return 2
	}
	status := 0
	if err != nil {
		status = 1
	}
	findings := set.Findings(checks...)
	if len(faults) > 0 && faults[0].File == "" { // a plugin that is not there
		findings = append([]rules.Finding{{Diagnostic: faults[0].Diagnostic, Severity: rules.Fault}}, findings...)
	}
	kept := findings[:0]
	for _, f := range findings {
		if !*lint && f.Code.Text() == "" {
			continue
		}
		if *strict && f.Severity == rules.Warning {
			status = 1
		}
		kept = append(kept, f)
	}
	if err := write(stdout, *format, set, kept); err != nil {
		fmt.Fprintln(stderr, "check:", err)
		return 1
	}
	return status
}

func write(w io.Writer, format string, set *rules.Set, findings []rules.Finding) error {
	switch format {
	case "json":
		data, err := set.ValidateJSON()
		if err != nil {
			return err
		}
		_, err = w.Write(append(data, '\n'))
		return err
	case "findings":
		return writeFindings(w, findings)
	case "sarif":
		return set.WriteSARIF(w, "0.1.0", findings)
	}
	counts := map[rules.Severity]int{}
	for _, f := range findings {
		counts[f.Severity]++
		// The text is of the file, so nothing of it may reach the terminal raw.
		line := f.Severity.String() + ": " + f.String()
		if f.Fix != "" {
			line += ": " + f.Fix
		}
		if _, err := fmt.Fprintln(w, printable(line)); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(w, "%d rules, %d errors, %d warnings, %d notes\n", len(set.Rules()), counts[rules.Fault],
		counts[rules.Warning], counts[rules.Note])
	return err
}

// printable escapes what a terminal would act on.
func printable(s string) string {
	var out []rune
	for _, r := range s {
		if strconv.IsPrint(r) {
			out = append(out, r)
		} else {
			quoted := strconv.QuoteRune(r)
			out = append(out, []rune(quoted[1:len(quoted)-1])...)
		}
	}
	return string(out)
}
