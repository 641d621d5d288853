package rules

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/falconer-go/falconer/event"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
)

var update = flag.Bool("update", false, "write the golden files anew")

// goldens runs f over the archives of a folder; f returns the contents of the
// file named want.
func goldens(t *testing.T, dir string, f func(t *testing.T, a *txtar.Archive) string) {
	names, err := filepath.Glob(filepath.Join("testdata", dir, "*.txtar"))
	if err != nil || len(names) == 0 {
		t.Fatalf("no archives: %v", err)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			got := f(t, a)
			for i := range a.Files {
				if a.Files[i].Name != "want" {
					continue
				}
				if *update {
					a.Files[i].Data = []byte(got)
					if err := os.WriteFile(name, txtar.Format(a), 0o644); err != nil {
						t.Fatal(err)
					}
				} else if diff := cmp.Diff(string(a.Files[i].Data), got); diff != "" {
					t.Errorf("(-want +got)\n%s", diff)
				}
				return
			}
			t.Fatal("the archive has no file want")
		})
	}
}

// TestGoldenLoad shows what is said of rule files: each finding, and under it
// the line of the file with a caret at the place.
func TestGoldenLoad(t *testing.T) {
	goldens(t, "load", func(t *testing.T, a *txtar.Archive) string {
		var files []File
		data := make(map[string][]byte)
		for _, f := range a.Files {
			if strings.HasSuffix(f.Name, ".yaml") {
				files = append(files, File{f.Name, f.Data})
				data[f.Name] = f.Data
			}
		}
		set, _ := Load(nil, files...)
		var b strings.Builder
		for _, f := range set.Findings() {
			b.WriteString(f.Severity.String() + ": " + f.String())
			if f.Beyond {
				b.WriteString(" [beyond]")
			}
			b.WriteString("\n")
			if f.Pos.IsValid() {
				line := data[f.File][f.Pos.Offset-f.Pos.Column+1:]
				line, _, _ = bytes.Cut(line, []byte("\n"))
				b.WriteString("\t" + string(line) + "\n\t" + strings.Repeat(" ", f.Pos.Column-1) + "^\n")
			}
		}
		return b.String()
	})
}

// TestGoldenPatch shows files with exceptions put in.
func TestGoldenPatch(t *testing.T) {
	goldens(t, "patch", func(t *testing.T, a *txtar.Archive) string {
		var file File
		var alerts []*event.Event
		for _, f := range a.Files {
			switch {
			case strings.HasSuffix(f.Name, ".yaml"):
				file = File{f.Name, f.Data}
			case strings.HasSuffix(f.Name, ".jsonl"):
				for e, err := range event.NewDecoder(bytes.NewReader(f.Data), nil).All() {
					if err != nil {
						t.Fatal(err)
					}
					alerts = append(alerts, e)
				}
			}
		}
		for _, e := range alerts {
			set, err := Load(nil, file)
			if err != nil {
				t.Fatal(err)
			}
			x, err := set.Exception(e)
			if err != nil {
				return "error: " + err.Error() + "\n"
			}
			if file.Data, err = x.Patch(file.Data); err != nil {
				t.Fatal(err)
			}
			after, err := Load(nil, file)
			if err != nil {
				t.Fatalf("%v in\n%s", err, file.Data)
			}
			if after.Rule(e.Rule).Program.Eval(e) >= 0 {
				t.Errorf("the alert is not silent with\n%s", file.Data)
			}
		}
		return string(file.Data)
	})
}
