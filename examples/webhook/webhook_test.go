package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/falconer-go/falconer/event"
	"github.com/falconer-go/falconer/event/eventtest"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

// running is an app that listens.
type running struct {
	*app
	url  string
	stop context.CancelFunc
	done chan error
	log  *bytes.Buffer // read after the end

	logLevel *slog.LevelVar
}

// start puts an app together from flags, lets prepare add to it, and runs it.
// It is stopped at the end of the test if it was not before.
func start(t *testing.T, prepare func(*app), flags ...string) *running {
	t.Helper()
	var log bytes.Buffer
	var level slog.LevelVar
	flags = append([]string{"-listen", "127.0.0.1:0", "-reports", filepath.Join(t.TempDir(), "reports")}, flags...)
	c, err := parse(flags, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	address := make(chan net.Addr, 1)
	c.configured = func(a net.Addr) { address <- a }
	a, err := newApp(c, slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: &level})))
	if err != nil {
		t.Fatal(err)
	}
	if prepare != nil {
		prepare(a)
	}
	ctx, cancel := context.WithCancel(context.Background())
	r := &running{app: a, stop: cancel, done: make(chan error, 1), log: &log, logLevel: &level}
	ended := make(chan struct{})
	go func() {
		r.done <- a.serve(ctx)
		close(ended)
	}()
	r.url = "http://" + (<-address).String()
	t.Cleanup(func() {
		cancel()
		<-ended // until then it may write reports
	})
	return r
}

// end stops the app and returns what serve did.
func (r *running) end() error {
	r.stop()
	return <-r.done
}

func get(t *testing.T, url string) (int, string) {
	t.Helper()
	res, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(text)
}

func send(t *testing.T, url string, e *event.Event) int {
	t.Helper()
	res, err := http.Post(url, "application/json", bytes.NewReader(e.AppendJSON(nil)))
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	return res.StatusCode
}

func TestWebhook(t *testing.T) {
	r := start(t, nil, "-report-if", `alert.source = syscall and k8s.ns.name = shop and not alert.rule startswith "Read"`, "-log-at", "Critical")
	for _, s := range eventtest.Samples() {
		if status := send(t, r.url, s.Event()); status != 202 {
			t.Errorf("%s: status %d", s.Name, status)
		}
	}
	send(t, r.url, eventtest.SampleNamed("syscall-shell")) // again: a duplicate
	if status, text := get(t, r.url+"/healthz"); status != 200 || text != "ok\n" {
		t.Errorf("health: %d %q", status, text)
	}
	if status, text := get(t, r.url+"/readyz"); status != 200 {
		t.Errorf("ready: %d %q", status, text)
	}
	if status, _ := get(t, r.url+"/"); status != 405 {
		t.Errorf("GET /: %d", status)
	}
	if err := r.end(); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(r.config.reports, "*"))
	if err != nil {
		t.Fatal(err)
	}
	var wanted int
	for _, s := range eventtest.Samples() {
		e := s.Event()
		if e.Source == "syscall" && e.Fields.Get("k8s.ns.name").Text() == "shop" && !strings.HasPrefix(e.Rule, "Read") {
			wanted++
			text, err := os.ReadFile(filepath.Join(r.config.reports, fileName(e)+".md"))
			if err != nil || !bytes.Contains(text, []byte("# Falco Alert Report")) {
				t.Errorf("%s: %v, %.60q", s.Name, err, text)
			}
		}
	}
	if len(files) != wanted || wanted < 3 {
		t.Errorf("%d files, want %d: %q", len(files), wanted, files)
	}
	for _, want := range []string{`msg=alert rule="Console Root Login Without MFA"`, `msg=drained accepted=` + fmt.Sprint(len(eventtest.Samples())+1)} {
		if !strings.Contains(r.log.String(), want) {
			t.Errorf("log without %s:\n%s", want, r.log)
		}
	}
}

func TestMetricsPage(t *testing.T) {
	r := start(t, nil, "-report-if", "alert.source = syscall", "-otel")
	shell := eventtest.SampleNamed("syscall-shell")
	send(t, r.url, shell)
	send(t, r.url, shell)
	http.Post(r.url, "application/json", strings.NewReader("{}"))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	for r.reports.Stats().Handled < 2 {
		select {
		case <-ctx.Done():
			t.Fatal(ctx.Err())
		case <-time.After(time.Millisecond):
		}
	}
	_, text := get(t, r.url+"/metrics")
	for _, want := range []string{
		`falconer_http_alerts_total{result="accepted"} 2`,
		`falconer_http_alerts_total{result="malformed"} 1`,
		`falconer_handler_calls_total{handler="report",priority="Notice",result="handled"} 1`,
		`falconer_handler_seconds_count{handler="report"} 1`,
		`falconer_held_total{by="dedup",handler="report"} 1`,
		`falconer_queue_alerts_total{queue="ingest",result="handled"} 2`,
		`falconer_queue_waiting{queue="ingest"} 0`,
		`go_goroutines `,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("without %s", want)
		}
	}
	if strings.Contains(text, "Terminal shell") {
		t.Error("text of an alert became a label")
	}
	if err := r.end(); err != nil {
		t.Error(err)
	}
}

func TestOtelMeter(t *testing.T) {
	reader := metric.NewManualReader()
	m, err := newOtelMeter(metric.NewMeterProvider(metric.WithReader(reader)).Meter("test"))
	if err != nil {
		t.Fatal(err)
	}
	e := eventtest.SampleNamed("okta")
	m.Observe(t.Context(), event.Observation{Handler: "h", Event: e, Took: time.Second})
	m.Observe(t.Context(), event.Observation{Handler: "h", Event: e, Took: time.Second})
	m.Observe(t.Context(), event.Observation{Handler: "h", Event: e, Panicked: true})
	var got metricdata.ResourceMetrics
	if err := reader.Collect(t.Context(), &got); err != nil {
		t.Fatal(err)
	}
	counts := make(map[string]int64)
	for _, m := range got.ScopeMetrics[0].Metrics {
		if sum, ok := m.Data.(metricdata.Sum[int64]); ok {
			for _, p := range sum.DataPoints {
				v, _ := p.Attributes.Value("falconer.result")
				counts[v.AsString()] = p.Value
			}
		}
	}
	if counts["handled"] != 2 || counts["panicked"] != 1 {
		t.Errorf("got %v", counts)
	}
}

func TestFlags(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		args   []string
		status int
		want   string
	}{
		"help":        {[]string{"-help"}, 0, "usage: webhook"},
		"unknown":     {[]string{"-nope"}, 2, "flag provided but not defined: -nope"},
		"argument":    {[]string{"x"}, 2, `unexpected argument "x"`},
		"format":      {[]string{"-report-format", "docx"}, 2, `"docx"`},
		"condition":   {[]string{"-report-if", "proc.name ="}, 2, "webhook: -report-if: "},
		"field":       {[]string{"-report-if", "proc.nam = x"}, 2, "proc.nam"},
		"priority":    {[]string{"-log-at", "Loud"}, 2, `"Loud"`},
		"folder":      {[]string{"-reports", filepath.Join(file, "x")}, 2, "webhook: mkdir "},
		"key alone":   {[]string{"-tls-key", "k"}, 2, "go together"},
		"ca alone":    {[]string{"-client-ca", "c"}, 2, "needs -tls-cert"},
		"name alone":  {[]string{"-client-name", "c"}, 2, "needs -client-ca"},
		"no token":    {[]string{"-token-file", file}, 2, "holds no token"},
		"token file":  {[]string{"-token-file", filepath.Join(dir, "none")}, 2, "no such file"},
		"bad address": {[]string{"-listen", "256.0.0.1:0"}, 1, "webhook ended"},
		"bad key":     {[]string{"-listen", "127.0.0.1:0", "-tls-cert", file, "-tls-key", file}, 1, "webhook ended"},
	} {
		t.Run(name, func(t *testing.T) {
			var stderr bytes.Buffer
			args := append([]string{"-reports", filepath.Join(dir, "reports")}, tt.args...)
			if status := run(t.Context(), args, &stderr); status != tt.status {
				t.Errorf("status %d, want %d", status, tt.status)
			}
			if !strings.Contains(stderr.String(), tt.want) {
				t.Errorf("stderr %q, want %q in it", stderr.String(), tt.want)
			}
		})
	}
}

func TestToken(t *testing.T) {
	file := filepath.Join(t.TempDir(), "tokens")
	if err := os.WriteFile(file, []byte("one\ntwo\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := start(t, nil, "-token-file", file)
	if status := send(t, r.url, eventtest.SampleNamed("okta")); status != 401 {
		t.Errorf("status %d", status)
	}
	req, _ := http.NewRequest("POST", r.url, bytes.NewReader(eventtest.SampleNamed("okta").AppendJSON(nil)))
	req.Header.Set("Authorization", "Bearer two")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != 202 {
		t.Errorf("status %d", res.StatusCode)
	}
}

// Each format has the report in a file of its own kind.
func TestReportFormats(t *testing.T) {
	e := eventtest.SampleNamed("okta")
	for format, want := range map[string]string{"md": "# Falco Alert Report", "html": "<!DOCTYPE html>", "txt": "FALCO ALERT REPORT"} {
		dir := t.TempDir()
		f, err := newFolder(dir, format)
		if err == nil {
			err = f.HandleEvent(t.Context(), e)
		}
		if err != nil {
			t.Fatal(err)
		}
		if text, err := os.ReadFile(filepath.Join(dir, fileName(e)+"."+format)); err != nil || !strings.HasPrefix(string(text), want) {
			t.Errorf("%s: %v, %.60q", format, err, text)
		}
	}
}

// Whatever a rule is called, its report is a plain file in the folder.
func TestFileName(t *testing.T) {
	plain := regexp.MustCompile(`^\d{8}T\d{6}-[a-z0-9-]*-[0-9a-f]{32}$`)
	for _, rule := range []string{"../../etc/passwd", "a\x00b", "-rf", "..", "\u202eevil", strings.Repeat("long ", 1000), "Terminal shell in container"} {
		e := *eventtest.SampleNamed("okta")
		e.Rule = rule
		if name := fileName(&e); !plain.MatchString(name) || len(name) > 120 {
			t.Errorf("rule %q: %q", rule, name)
		}
	}
}

// TestIncidents posts alerts of one container and of another, and finds one
// report on the former together after the end.
func TestIncidents(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	r := start(t, nil, "-incidents", "-reports", dir)
	for i, container := range []string{"4b2a3d90c1f7", "4b2a3d90c1f7", "9f00aa11bb22"} {
		e, err := event.Parse(fmt.Appendf(nil, `{"rule":"Rule %d","priority":"Warning","source":"syscall","time":"2026-09-17T09:12:4%d.5Z","hostname":"node-7","output_fields":{"container.id":%q}}`, i, i, container))
		if err != nil {
			t.Fatal(err)
		}
		if status := send(t, r.url, e); status != http.StatusAccepted {
			t.Fatalf("status %d", status)
		}
	}
	if err := r.end(); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "incident-*.md"))
	if err != nil || len(files) != 1 {
		t.Fatalf("reports on incidents: %v, %v", files, err)
	}
	text, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"# Falco Incident Report", "2 alerts in", "`Rule 0`", "`Rule 1`"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the report lacks %q", want)
		}
	}
	if strings.Contains(string(text), "Rule 2") {
		t.Error("the report holds the alert of another container")
	}
}
