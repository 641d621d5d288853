package proof

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/falconer-go/falconer/mitigate/report"
)

// TestBrowser opens pages in a real browser, at three widths, light, dark and
// for print: no script but ours runs, nothing is fetched, nothing overflows,
// and axe finds no fault. It needs chromium on the PATH; axe-core is read from
// the file that AXE_CORE names.
func TestBrowser(t *testing.T) {
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("there is no chromium")
	}
	axe := ""
	if name := os.Getenv("AXE_CORE"); name != "" {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		axe = string(data)
	} else {
		t.Log("AXE_CORE is not set: accessibility is not checked")
	}
	b := openBrowser(t, chromium)
	b.check(t, "coverage", coveragePage(t), axe)
	all := samples(t)[:10]
	pages := map[string][]byte{"incident": report.Incident(all...).AppendHTML(nil)}
	for _, e := range all {
		pages[strings.ReplaceAll(e.Rule, "/", " ")] = report.For(e).AppendHTML(nil)
	}
	for i, v := range []string{
		"<script>alert(1)</script><img src=//example.com/x onerror=alert(2)>", "</title></style></code></pre><svg onload=alert(3)>",
		strings.Repeat("W", 2000), strings.Repeat("long word ", 200), "\u202e\u2066x",
	} {
		pages["hostile "+string(rune('a'+i))] = report.Incident(with(t, all[0], v, true)).AppendHTML(nil)
	}
	pages["index"] = indexPage(t)
	for name, html := range pages {
		b.check(t, name, html, axe)
	}
}

// indexPage lists reports on alerts with hostile names.
func indexPage(t *testing.T) []byte {
	var entries []report.IndexEntry
	for i, v := range []string{"x", "<script>alert(1)</script>", strings.Repeat("W", 300), "\u202ex"} {
		e := with(t, samples(t)[i], v, true)
		entries = append(entries, report.For(e).IndexEntry("a.html"), report.Incident(e, e).IndexEntry("b.html"))
	}
	return report.AppendIndex(nil, entries)
}

// coveragePage is the page of examples/coverage for rules and alerts some of
// which have hostile names.
func coveragePage(t *testing.T) []byte {
	dir := t.TempDir()
	file := func(name, text string) string {
		name = filepath.Join(dir, name)
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	var rules strings.Builder
	for i, v := range []string{"<script>alert(1)</script>", "</style><img src=x onerror=alert(2)>", strings.Repeat("W", 300), "\u202ex"} {
		name, _ := json.Marshal(v)
		fmt.Fprintf(&rules, "- rule: %s\n  desc: d\n  condition: evt.type = openat and fd.name = /%d\n  output: o\n  priority: WARNING\n  tags: [T1070.003, T1611, T1059]\n", name, i)
	}
	page := filepath.Join(dir, "page.html")
	alert := `{"rule":"x","priority":"Notice","time":"2026-01-02T03:04:05Z","source":"syscall","tags":["T1496"]}`
	out, err := exec.Command("go", "run", "github.com/falconer-go/falconer/examples/coverage", "-html", page, "-alerts", file("a.jsonl", alert), file("r.yaml", rules.String())).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	html, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	return html
}

// browser is a running chromium and what its page did.
type browser struct {
	ctx context.Context
	dir string

	mu  sync.Mutex
	did []string // requests beyond the page itself, and dialogs
}

func openBrowser(t *testing.T, path string) *browser {
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true))
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), opts...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	b := &browser{ctx: ctx, dir: t.TempDir()}
	chromedp.ListenTarget(ctx, func(ev any) {
		b.mu.Lock()
		defer b.mu.Unlock()
		switch ev := ev.(type) {
		case *network.EventRequestWillBeSent:
			if !strings.HasPrefix(ev.Request.URL, "file://"+b.dir) {
				b.did = append(b.did, "request of "+ev.Request.URL)
			}
		case *page.EventJavascriptDialogOpening:
			b.did = append(b.did, "dialog "+ev.Message)
			go chromedp.Run(ctx, page.HandleJavaScriptDialog(true))
		}
	})
	if err := chromedp.Run(ctx, network.Enable()); err != nil {
		t.Fatalf("chromium does not start: %v", err)
	}
	return b
}

func (b *browser) check(t *testing.T, name string, html []byte, axe string) {
	t.Helper()
	file := filepath.Join(b.dir, strings.ReplaceAll(name, " ", "-")+".html")
	if err := os.WriteFile(file, html, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, width := range []int64{360, 768, 1280} {
		for _, scheme := range []string{"light", "dark"} {
			var overflow int
			var result string
			actions := []chromedp.Action{
				emulation.SetDeviceMetricsOverride(width, 900, 1, width < 500),
				emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}),
				chromedp.Navigate("file://" + file),
				chromedp.Evaluate(`document.documentElement.scrollWidth - document.documentElement.clientWidth`, &overflow),
			}
			if axe != "" {
				actions = append(actions, chromedp.Evaluate(axe+"\n;0", nil),
					chromedp.Evaluate(runAxe, &result, func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }))
			}
			if err := chromedp.Run(b.ctx, actions...); err != nil {
				t.Fatalf("%s at %d, %s: %v", name, width, scheme, err)
			}
			if overflow > 0 {
				t.Errorf("%s at %d, %s: %d pixels too wide", name, width, scheme, overflow)
			}
			var faults []string
			if result != "" {
				if err := json.Unmarshal([]byte(result), &faults); err != nil {
					t.Fatal(err)
				}
			}
			for _, f := range faults {
				t.Errorf("%s at %d, %s: %s", name, width, scheme, f)
			}
		}
	}
	var pdf []byte
	err := chromedp.Run(b.ctx, chromedp.ActionFunc(func(ctx context.Context) (err error) {
		pdf, _, err = page.PrintToPDF().Do(ctx)
		return err
	}))
	if err != nil || len(pdf) < 1000 {
		t.Errorf("%s: print: %d bytes, %v", name, len(pdf), err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, what := range b.did {
		t.Errorf("%s: %s", name, what)
	}
	b.did = nil
}

const runAxe = `axe.run(document, {resultTypes: ["violations"]}).then(r => JSON.stringify(
	r.violations.map(v => v.id + ": " + v.help + ": " + v.nodes.slice(0, 3).map(n => n.html + " " + (n.any[0] ? n.any[0].message : "")).join(" | "))))`
