//go:build cgo

// Command plugin is falco_alerts, a plugin of Falco that reads the alerts of
// many Falcos into one: see the README beside it.
//
//	go build -buildmode=c-shared -o libfalco_alerts.so .
//
// Run as a program, it says what it is, and with -fields what fields it has.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/falconer-go/falconer/event/plugin"
	"github.com/falconer-go/falconer/event/plugin/falcoalerts"
	"github.com/falconer-go/falconer/event/plugin/source"
)

// init makes a plugin of the shared object.
func init() {
	source.Register(newPlugin)
}

func newPlugin() *plugin.Plugin[falcoalerts.Alert] {
	log := &errorLog{w: os.Stderr}
	return falcoalerts.New(&falcoalerts.Options{OnError: log.print})
}

// errorLog prints errors beside Falco's own messages, ten of them and then one a
// second at most: whoever sends garbage is not to fill a disk with words on it.
type errorLog struct {
	w      io.Writer
	mu     sync.Mutex
	some   rate.Sometimes
	hidden int
}

func (l *errorLog) print(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.some.First, l.some.Interval = 10, time.Second
	l.hidden++
	l.some.Do(func() {
		text, _, _ := strings.Cut(err.Error(), "\n")
		if l.hidden > 1 {
			text += fmt.Sprintf(" (and %d errors before it)", l.hidden-1)
		}
		fmt.Fprintf(l.w, "falco_alerts: %q\n", text) // quoted: some of it is what was sent
		l.hidden = 0
	})
}

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

func run(args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("plugin", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		fmt.Fprint(stderr, "usage: plugin [-fields | -list]\n\n"+
			"This is a plugin of Falco, falco_alerts, and does nothing as a program. To use it:\n\n"+
			"  go build -buildmode=c-shared -o libfalco_alerts.so .\n"+
			"  sudo cp libfalco_alerts.so /usr/share/falco/plugins/\n"+
			"  sudo cp falco_alerts_rules.yaml /etc/falco/\n"+
			"  sudo falco -c falco.yaml --enable-source falco_alerts\n\n")
		flags.PrintDefaults()
	}
	fields := flags.Bool("fields", false, "print the fields that it has, as Markdown")
	list := flags.Bool("list", false, "print them as falco --list --format json does")
	if err := flags.Parse(args); err == flag.ErrHelp {
		return 0
	} else if err != nil {
		return 2
	}
	switch p := newPlugin(); {
	case *fields:
		fmt.Fprint(stdout, p.Markdown())
	case *list:
		stdout.Write(p.FieldList())
	default:
		flags.Usage()
		return 2
	}
	return 0
}
