package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/falconer-go/falconer/mitigate/report"
)

// sink is where reports go.
type sink interface {
	add(*report.Report) error
	close() error
}

// stream writes reports one behind the other.
type stream struct {
	w       io.Writer
	format  format
	written int
}

func (s *stream) add(r *report.Report) error {
	b, err := s.format.render(r)
	if err != nil {
		return err
	}
	if s.written > 0 {
		b = append([]byte(s.format.separator), b...)
	}
	s.written++
	_, err = s.w.Write(b)
	return err
}

func (s *stream) close() error { return nil }

// folder writes each report to a file of its own, and an index page.
type folder struct {
	dir     string
	format  format
	entries []report.IndexEntry
}

func newFolder(dir string, f format) (*folder, error) {
	return &folder{dir: dir, format: f}, os.MkdirAll(dir, 0o755)
}

func (d *folder) add(r *report.Report) error {
	b, err := d.format.render(r)
	if err != nil {
		return err
	}
	name := fmt.Sprintf("%05d-%s.%s", len(d.entries)+1, slug(r.Plan().Event.Rule), d.format.ext)
	d.entries = append(d.entries, r.IndexEntry(name))
	return os.WriteFile(filepath.Join(d.dir, name), b, 0o644)
}

func (d *folder) close() error {
	return os.WriteFile(filepath.Join(d.dir, "index.html"), report.AppendIndex(nil, d.entries), 0o644)
}

// slug makes the part of a file's name from text of an alert: letters, digits
// and hyphens, and not many.
func slug(s string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(s) {
		switch {
		case 'a' <= r && r <= 'z' || '0' <= r && r <= '9':
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
		if b.Len() >= 48 {
			break
		}
	}
	return strings.Trim(b.String(), "-")
}
