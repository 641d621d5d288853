package event

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

func archiveOf(t testing.TB, data []byte, o *ArchiveOptions) *Archive {
	t.Helper()
	name := filepath.Join(t.TempDir(), "alerts")
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
	a, err := OpenArchive(name, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	return a
}

// archiveLines is brief for an archive, which does not say what it skipped.
func archiveLines(a *Archive) (list []string) {
	for e, err := range a.All() {
		switch {
		case err != nil:
			list = append(list, err.Error())
		case e.FromText():
			list = append(list, "text "+e.Priority.String()+" "+e.message())
		default:
			list = append(list, e.Rule)
		}
	}
	return list
}

func withoutSkipped(list []string) []string {
	return slices.DeleteFunc(list, func(s string) bool { return strings.HasSuffix(s, " skipped") })
}

// TestArchiveIsDecoder decodes every kind of stream, alone and many times
// over, in chunks of any size, and expects what a Decoder gives.
func TestArchiveIsDecoder(t *testing.T) {
	for _, c := range streamCases() {
		for _, times := range []int{1, 7} {
			data := []byte(strings.Repeat(c.stream, times))
			want := withoutSkipped(brief(bytes.NewReader(data), nil))
			for _, chunk := range []int{1, 100, 1000, 0} {
				o := &ArchiveOptions{ChunkBytes: chunk, Workers: 3}
				got := archiveLines(archiveOf(t, data, o))
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("%s, %d times, chunks of %d: (-decoder +archive)\n%s", c.name, times, chunk, diff)
				}
			}
		}
	}
}

func TestArchive(t *testing.T) {
	var plain bytes.Buffer
	var want []string
	for i := range 5000 {
		rule := fmt.Sprint("rule ", i)
		if i%1000 == 999 {
			fmt.Fprintf(&plain, "{\"rule\":%d}\n", i)
			want = append(want, "bad")
			continue
		}
		plain.WriteString(alertNamed(rule) + "\n")
		want = append(want, rule)
	}
	var gz, zs bytes.Buffer
	w := gzip.NewWriter(&gz)
	w.Write(plain.Bytes())
	w.Close()
	z, err := zstd.NewWriter(&zs)
	if err != nil {
		t.Fatal(err)
	}
	z.Write(plain.Bytes())
	z.Close()
	array := []byte("[" + strings.Repeat(alertNamed("A")+",", 999) + alertNamed("A") + "]")
	for _, c := range []struct {
		name string
		data []byte
		want []string
	}{
		{"plain", plain.Bytes(), want}, {"gzip", gz.Bytes(), want}, {"zstd", zs.Bytes(), want}, {"array on a line", array, slicesRepeat("A", 1000)}, {"empty", nil, nil},
	} {
		for _, unordered := range []bool{false, true} {
			a := archiveOf(t, c.data, &ArchiveOptions{Unordered: unordered, ChunkBytes: 10000})
			var got []string
			last := int64(0)
			for e, err := range a.All() {
				var syntax *SyntaxError
				if errors.As(err, &syntax) {
					got = append(got, "bad")
					if line := int64(len(got)); !unordered && syntax.Line != line {
						t.Errorf("%s: the error on line %d says line %d", c.name, line, syntax.Line)
					}
					if !bytes.HasPrefix(plain.Bytes()[syntax.Offset-8:], []byte(`{"rule":`)) {
						t.Errorf("%s: offset %d", c.name, syntax.Offset)
					}
				} else if err != nil {
					t.Fatal(err)
				} else {
					got = append(got, e.Rule)
				}
				done, total := a.Progress()
				if done < last || done > total || total != int64(len(c.data)) {
					t.Fatalf("%s: progress %d of %d after %d", c.name, done, total, last)
				}
				last = done
			}
			if done, total := a.Progress(); done != total {
				t.Errorf("%s: ends at %d of %d", c.name, done, total)
			}
			want := slices.Clone(c.want)
			if unordered {
				slices.Sort(got)
				slices.Sort(want)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s: (-want +got)\n%s", c.name, diff)
			}
		}
	}
}

// Leaving the loop early ends the goroutines.
func TestArchiveLeftEarly(t *testing.T) {
	data := []byte(strings.Repeat(alertNamed("A")+"\n", 5000))
	before := runtime.NumGoroutine()
	for _, unordered := range []bool{false, true} {
		a := archiveOf(t, data, &ArchiveOptions{Unordered: unordered, ChunkBytes: 1000, Workers: 4})
		for range a.All() {
			break
		}
		if n := runtime.NumGoroutine(); n > before {
			t.Errorf("%d goroutines, %d before", n, before)
		}
		if n := len(archiveLines(a)); n != 5000 {
			t.Errorf("the next iteration yields %d alerts", n)
		}
	}
}

func TestArchiveErrors(t *testing.T) {
	if _, err := OpenArchive(filepath.Join(t.TempDir(), "none"), nil); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
	var gz bytes.Buffer
	w := gzip.NewWriter(&gz)
	io.WriteString(w, strings.Repeat(alertNamed("A")+"\n", 100))
	w.Close()
	got := archiveLines(archiveOf(t, gz.Bytes()[:gz.Len()-8], nil))
	if len(got) != 101 || got[100] != "unexpected EOF" {
		t.Errorf("%d lines, the last %s", len(got), got[len(got)-1])
	}
}

func BenchmarkArchive(b *testing.B) {
	lines, _ := benchAlerts(b)
	data := bytes.Repeat(append(bytes.Join(lines, newline), '\n'), 200)
	for _, workers := range []int{1, 2} {
		b.Run(fmt.Sprintf("workers=%d", workers), func(b *testing.B) {
			a := archiveOf(b, data, &ArchiveOptions{Workers: workers, Unordered: true})
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				for _, err := range a.All() {
					if err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}
