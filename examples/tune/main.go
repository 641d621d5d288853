// Command tune proposes exceptions for the noisiest alerts of Falco.
//
//	tune -rules FILE [-rules FILE...] [flags] ALERTS...
//
// It loads the rule files, reads the alerts, groups those that one exception
// would silence, and shows for the largest groups the exception, how many
// alerts it silences, and what of the alerts to keep it would silence too.
// Whether a group is benign only its reader can know: tune decides nothing.
package main

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/falconer-go/falconer/event"
	"github.com/falconer-go/falconer/rules"
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// settings are the arguments.
type settings struct {
	rules, keep, fields []string
	top                 int
	only                string
	write               string
}

// run is main without the process: it returns the exit status, 1 if something
// could not be read or written and 2 if the arguments are wrong.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	var s settings
	flags := flag.NewFlagSet("tune", flag.ContinueOnError)
	flags.SetOutput(stderr)
	list := func(to *[]string) func(string) error {
		return func(v string) error { *to = append(*to, v); return nil }
	}
	flags.Func("rules", "rule `FILE`, in the order in which Falco loads them; may be repeated", list(&s.rules))
	flags.Func("keep", "`FILE` of alerts that must not be silenced; may be repeated", list(&s.keep))
	flags.Func("field", "`FIELD` that an exception goes by, in place of a choice; may be repeated", list(&s.fields))
	flags.IntVar(&s.top, "top", 5, "how many groups to show")
	flags.StringVar(&s.only, "rule", "", "look at alerts of this rule only")
	flags.StringVar(&s.write, "write", "", "write the last rule file with the exceptions to this `FILE`")
	flags.Usage = func() {
		fmt.Fprint(stderr, "usage: tune -rules FILE [flags] ALERTS...\n\nProposes exceptions for the noisiest alerts; - is standard input.\n\n")
		flags.PrintDefaults()
	}
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return 0
		}
		return 2
	}
	if len(s.rules) == 0 || flags.NArg() == 0 || s.top < 1 {
		flags.Usage()
		return 2
	}
	if err := tune(&s, flags.Args(), stdin, stdout, stderr); err != nil {
		for line := range strings.SplitSeq(err.Error(), "\n") { // a fault of the rules each
			fmt.Fprintln(stderr, "tune:", printable(line))
		}
		return 1
	}
	return 0
}

func tune(s *settings, names []string, stdin io.Reader, stdout, stderr io.Writer) error {
	var files []rules.File
	for _, name := range s.rules {
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		files = append(files, rules.File{Name: name, Data: data})
	}
	set, err := rules.Load(nil, files...)
	if err != nil {
		return err
	}
	show := newProgress(stderr)
	alerts, noise, err := readAll(names, stdin, show)
	if err != nil {
		return err
	}
	keep, _, err := readAll(s.keep, stdin, show)
	if err != nil {
		return err
	}
	groups, without := group(set, s, alerts, show)
	show.done()
	fmt.Fprintf(stdout, "%d alerts, %d groups that an exception could silence\n", len(alerts), len(groups))
	if noise > 0 {
		fmt.Fprintf(stdout, "%d records left out: they are no alerts\n", noise)
	}
	for why, n := range sorted(without) {
		fmt.Fprintf(stdout, "%d alerts left out: %s\n", n, printable(why))
	}
	last := &files[len(files)-1]
	written := 0
	for i, g := range groups[:min(s.top, len(groups))] {
		// Each exception is proposed on top of those before it, so that two
		// with the same fields become one.
		x, err := set.Exception(g.alerts[0], s.fields...)
		if err != nil {
			return err
		}
		if ok := present(stdout, i+1, g, x, keep); !ok {
			continue
		}
		if set, err = set.With(x); err != nil {
			return err
		}
		if last.Data, err = x.Patch(last.Data); err != nil {
			return err
		}
		written++
	}
	if s.write == "" {
		return nil
	}
	if _, err := rules.Load(nil, files...); err != nil {
		return fmt.Errorf("the rules do not load with the exceptions: %w", err)
	}
	if err := os.WriteFile(s.write, last.Data, 0o644); err != nil {
		return err
	}
	_, err = fmt.Fprintf(stdout, "\nwrote %s: %s with %d exceptions\n", s.write, last.Name, written)
	return err
}

// present shows one proposal, and reports whether it is one: it is not if it
// would silence what is to be kept.
func present(w io.Writer, n int, g *noise, x *rules.Exception, keep []*event.Event) bool {
	fmt.Fprintf(w, "\n%d. %d of %d alerts of rule %q\n", n, len(g.alerts), g.ofRule, x.Rule)
	for _, f := range x.Fields {
		fmt.Fprintf(w, "   %s %s %s\n", f.Field, f.Comp(), printable(f.Value))
	}
	silenced, unsure := x.Silences(keep)
	if len(silenced) > 0 {
		fmt.Fprintf(w, "   NOT proposed: it would silence %d of the alerts to keep\n", len(silenced))
		return false
	}
	if len(unsure) > 0 {
		fmt.Fprintf(w, "   cannot be told for %d of the alerts to keep, which lack its fields\n", len(unsure))
	}
	fmt.Fprintf(w, "\n%s", indent(x.YAML()))
	return true
}

// noise is the alerts that one exception silences.
type noise struct {
	alerts []*event.Event
	ofRule int // alerts of the rule there are
}

// group sorts alerts by the exception that would silence them, the largest
// group first. without counts the alerts that have none, by reason.
func group(set *rules.Set, s *settings, alerts []*event.Event, show *progress) (list []*noise, without map[string]int) {
	without = make(map[string]int)
	byKey := make(map[string]*noise)
	faults := make(map[string]string)
	perRule := make(map[string]int)
	for i, e := range alerts {
		show.step("grouping", i, len(alerts))
		if s.only != "" && e.Rule != s.only {
			continue
		}
		perRule[e.Rule]++
		key := key(e, s.fields)
		if why, ok := faults[key]; ok {
			without[why]++
			continue
		}
		g := byKey[key]
		if g == nil {
			if _, err := set.Exception(e, s.fields...); err != nil {
				faults[key] = err.Error()
				if errors.Is(err, rules.ErrUnknownRule) {
					faults[key] = "their rules are not in the files"
				}
				without[faults[key]]++
				continue
			}
			g = new(noise)
			byKey[key] = g
			list = append(list, g)
		}
		g.alerts = append(g.alerts, e)
	}
	for _, g := range list {
		g.ofRule = perRule[g.alerts[0].Rule]
	}
	slices.SortStableFunc(list, func(a, b *noise) int { return cmp.Compare(len(b.alerts), len(a.alerts)) })
	return list, without
}

// key is what alerts have in common that the same exception would be proposed
// for: not all of a connection counts, the port that it comes from does not.
func key(e *event.Event, fields []string) string {
	x, err := rules.NewException(e, fields...)
	if err != nil {
		return e.Rule + "\x00" + err.Error()
	}
	var b strings.Builder
	b.WriteString(e.Rule)
	for _, f := range x.Fields {
		fmt.Fprintf(&b, "\x00%s\x00%s\x00%s", f.Field, f.Comp(), f.Value)
	}
	return b.String()
}

// readAll reads alerts, and counts the records between them that are none.
func readAll(names []string, stdin io.Reader, show *progress) (list []*event.Event, noise int, err error) {
	for _, name := range names {
		r := stdin
		if name != "-" {
			f, err := os.Open(name)
			if err != nil {
				return nil, 0, err
			}
			defer f.Close()
			r = f
		}
		for e, err := range event.NewDecoder(r, nil).All() {
			var syntax *event.SyntaxError
			if errors.As(err, &syntax) {
				noise++
				continue
			}
			if err != nil {
				return nil, 0, fmt.Errorf("%s: %w", name, err)
			}
			list = append(list, e)
			show.step("reading", len(list), 0)
		}
	}
	return list, noise, nil
}

// sorted yields a map in the order of its keys.
func sorted(m map[string]int) func(func(string, int) bool) {
	return func(yield func(string, int) bool) {
		keys := make([]string, 0, len(m))
		for k := range m {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		for _, k := range keys {
			if !yield(k, m[k]) {
				return
			}
		}
	}
}

func indent(s string) string {
	return "      " + strings.ReplaceAll(strings.TrimSuffix(s, "\n"), "\n", "\n      ") + "\n"
}

// printable escapes what a terminal would act on: values are attackers' text.
func printable(s string) string {
	quoted := strconv.Quote(s)
	return strings.ReplaceAll(quoted[1:len(quoted)-1], `\"`, `"`)
}
