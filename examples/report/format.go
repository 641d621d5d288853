package main

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"github.com/falconer-go/falconer/mitigate/report"
)

// format is a way to write a report.
type format struct {
	ext       string // of a file
	separator string // between reports in one stream
	render    func(*report.Report) ([]byte, error)
}

// brief returns the format for reports in brief.
func (f format) brief() format {
	whole := f.render
	f.render = func(r *report.Report) ([]byte, error) { return whole(r.BriefAt(time.Now())) }
	return f
}

var explanation = format{"txt", "\n", func(r *report.Report) ([]byte, error) { return r.AppendExplanation(nil), nil }}

// formatNamed returns a format by its name. Text follows the terminal that
// stdout may be.
func formatNamed(name string, stdout io.Writer) (format, error) {
	switch name {
	case "markdown":
		return format{"md", "\n---\n\n", func(r *report.Report) ([]byte, error) { return r.AppendMarkdown(nil), nil }}, nil
	case "html":
		return format{"html", "", func(r *report.Report) ([]byte, error) { return r.AppendHTML(nil), nil }}, nil
	case "text":
		o := textOptions(stdout)
		return format{"txt", "\n\n", func(r *report.Report) ([]byte, error) { return r.AppendText(nil, o), nil }}, nil
	case "json":
		return format{"json", "", func(r *report.Report) ([]byte, error) {
			b, err := r.MarshalJSON()
			return append(b, '\n'), err
		}}, nil
	case "slack":
		return format{"txt", "\n", func(r *report.Report) ([]byte, error) { return r.AppendSlack(nil), nil }}, nil
	}
	return format{}, fmt.Errorf("unknown format %q: there are markdown, html, text, json and slack", name)
}

// textOptions takes the width from COLUMNS, and colour where stdout is a
// terminal and NO_COLOR is not set (see no-color.org).
func textOptions(stdout io.Writer) *report.TextOptions {
	o := new(report.TextOptions)
	if !isTerminal(stdout) {
		return o
	}
	o.Color = os.Getenv("NO_COLOR") == ""
	if n, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil {
		o.Width = n
	}
	return o
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
