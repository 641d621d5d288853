package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o640); err != nil {
		t.Fatal(err)
	}
}

// TestCheck gives the check a run without fault, and then one with each fault
// that it is there to find.
func TestCheck(t *testing.T) {
	type world struct {
		dir     string
		sent    []string
		entries []string
	}
	name := func(w *world, n int) string { // of the report on the n-th alert
		e, err := sampleAlert(n%2, n/2)
		if err != nil {
			t.Fatal(err)
		}
		return reportName(filepath.Join(w.dir, "reports"), e.ID())
	}
	const reported = 6 // of host 0 the number 3, which is severe enough
	for _, c := range []struct {
		what  string
		fault func(w *world)
		want  string // "" for none
	}{
		{"no fault", func(*world) {}, ""},
		{"a repeat", func(w *world) { w.entries = append(w.entries, w.entries[2]) }, ""},
		{"a missing alert", func(w *world) { w.entries = append(w.entries[:5], w.entries[6:]...) }, "1 alerts were accepted and never handled"},
		{"an unknown alert", func(w *world) { w.sent = append(w.sent[:5], w.sent[6:]...) }, "1 alerts were handled and never sent"},
		{"another order", func(w *world) {
			// The alert after the next is of the same host.
			a, b := strings.Fields(w.entries[4]), strings.Fields(w.entries[6])
			w.entries[4] = strings.Join([]string{a[0], a[1], a[2], b[3], b[4]}, " ") + "\n"
			w.entries[6] = strings.Join([]string{b[0], b[1], b[2], a[3], a[4]}, " ") + "\n"
		}, "were handled before the one before them"},
		{"a missing report", func(w *world) { os.Remove(name(w, reported)) }, "1 reports are missing or wrong"},
		{"another report", func(w *world) { write(t, name(w, reported), "other") }, "1 reports are missing or wrong"},
		{"a report too many", func(w *world) { write(t, name(w, 0), "report") }, "1 reports are of no alert"},
		{"an alert sent twice", func(w *world) { w.sent = append(w.sent, w.sent[0]) }, "is there twice"},
		{"half an entry", func(w *world) { w.entries[3] = w.entries[3][:20] + "\n" }, "not an entry"},
		{"nothing", func(w *world) {
			w.sent, w.entries = nil, nil
			os.RemoveAll(filepath.Join(w.dir, "reports"))
			os.Mkdir(filepath.Join(w.dir, "reports"), 0o750)
		}, "nothing was sent"},
	} {
		t.Run(c.what, func(t *testing.T) {
			w := &world{dir: t.TempDir()}
			for n := range 16 {
				e, err := sampleAlert(n%2, n/2)
				if err != nil {
					t.Fatal(err)
				}
				w.sent = append(w.sent, string(e.AppendJSON(nil))+"\n")
				w.entries = append(w.entries, entry{e.ID(), uint64(n + 1), 1, int64(1e18 + n*1000), int64(1e18 + n*1000 + 500)}.String())
				if e.Priority <= 4 {
					write(t, reportName(filepath.Join(w.dir, "reports"), e.ID()), string(reportText(e)))
				}
			}
			c.fault(w)
			write(t, filepath.Join(w.dir, "sent.jsonl"), strings.Join(w.sent, ""))
			write(t, filepath.Join(w.dir, "ledger-1"), strings.Join(w.entries, ""))
			var out strings.Builder
			err := runCheck(t.Context(), []string{
				"-sent", filepath.Join(w.dir, "sent.jsonl"), "-ledgers", filepath.Join(w.dir, "ledger-*"), "-reports", filepath.Join(w.dir, "reports"),
			}, env{out: &out, err: &out})
			if c.want == "" && err != nil || c.want != "" && !strings.Contains(fmt.Sprint(err), c.want) {
				t.Errorf("%v\n%s", err, out.String())
			}
		})
	}
}
