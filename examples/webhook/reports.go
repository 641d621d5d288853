package main

import (
	"cmp"
	"context"
	"os"
	"path/filepath"
	"strings"

	"github.com/falconer-go/falconer/event"
	"github.com/falconer-go/falconer/mitigate/report"
)

// formats are how a report may be written, by the end of its file's name.
var formats = map[string]func(*report.Report) []byte{
	"md":   func(r *report.Report) []byte { return r.AppendMarkdown(nil) },
	"html": func(r *report.Report) []byte { return r.AppendHTML(nil) },
	"txt":  func(r *report.Report) []byte { return r.AppendText(nil, nil) },
}

// folder is a Handler that writes a report on each alert.
type folder struct{ dir, format string }

// newFolder makes the folder, so that a wrong one is found at the start.
func newFolder(dir, format string) (folder, error) {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return folder{}, err
	}
	entries, err := os.ReadDir(dir)
	for _, left := range entries { // of a run that was killed
		if strings.HasPrefix(left.Name(), ".new") {
			err = cmp.Or(err, os.Remove(filepath.Join(dir, left.Name())))
		}
	}
	if err != nil {
		return folder{}, err
	}
	f, err := os.CreateTemp(dir, ".probe")
	if err != nil {
		return folder{}, err
	}
	f.Close()
	return folder{dir, format}, os.Remove(f.Name())
}

// HandleEvent writes the report under its name at once and as a whole: it is
// renamed into place. The same alert has the same name, so writing it again
// changes nothing.
func (f folder) HandleEvent(ctx context.Context, e *event.Event) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return f.write(fileName(e), report.For(e))
}

// incident writes the report on the alerts of an incident.
func (f folder) incident(_ context.Context, alerts []*event.Event) error {
	if len(alerts) < 2 {
		return nil // its one alert has a report
	}
	return f.write("incident-"+fileName(alerts[0]), report.Incident(alerts...))
}

func (f folder) write(name string, r *report.Report) error {
	tmp, err := os.CreateTemp(f.dir, ".new")
	if err != nil {
		return err
	}
	_, err = tmp.Write(formats[f.format](r))
	if closed := tmp.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(tmp.Name(), filepath.Join(f.dir, name+"."+f.format))
	}
	if err != nil {
		os.Remove(tmp.Name()) // what matters is why it was not written
	}
	return err
}

// fileName is the name without its end. It has of the alert's own text only letters and digits of the rule.
func fileName(e *event.Event) string {
	slug := strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z', '0' <= r && r <= '9':
			return r
		case 'A' <= r && r <= 'Z':
			return r + 'a' - 'A'
		}
		return '-'
	}, e.Rule)
	if len(slug) > 40 {
		slug = slug[:40]
	}
	return e.Time.UTC().Format("20060102T150405") + "-" + strings.Trim(slug, "-") + "-" + e.ID().String()
}

func (folder) String() string { return "report" }
