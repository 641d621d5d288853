package main

import (
	"cmp"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/falconer-go/falconer/event"
	"github.com/falconer-go/falconer/mitigate/report"
	"github.com/falconer-go/falconer/rules/cond"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// handlerConfig says what is done about which alerts.
type handlerConfig struct {
	reports  string
	reportIf string
	noticeIf string
	window   time.Duration
	dedup    time.Duration
	work     time.Duration
	more     func(*event.Mux) // in tests, registers more handlers
}

func (c *handlerConfig) flags(f *flag.FlagSet) {
	f.StringVar(&c.reports, "reports", "reports", "`folder` for the reports; workers on several machines have one each, or share one")
	f.StringVar(&c.reportIf, "report-if", "alert.severity <= 4", "`condition`, in the language of Falco's rules, for the alerts that get a report")
	f.StringVar(&c.noticeIf, "notice-if", "alert.severity <= 3", "`condition` for the alerts that give a notice")
	f.DurationVar(&c.window, "window", time.Minute, "of alerts of a kind, the first gives a notice, and those that follow in this time one together")
	f.DurationVar(&c.dedup, "dedup", 10*time.Minute, "for how long an alert that came before is not reported again")
	f.DurationVar(&c.work, "work", 0, "how much longer each alert takes, as it would with a handler that asks another service; for measurements")
}

// handlers is the Mux of a worker, with what runs beside it.
type handlers struct {
	mux     *event.Mux
	notices *event.Aggregator
	windows *windows
	every   time.Duration
	w       *worker
}

// newHandlers says what happens to which alerts. Whatever a handler does may
// happen twice with the same alert, so it goes by the alert's ID: a report has
// the ID as its name, a notice as its message ID.
func newHandlers(ctx context.Context, w *worker, c *handlerConfig) (*handlers, error) {
	reportable, err := cond.Compile(c.reportIf, nil)
	if err != nil {
		return nil, usageError{fmt.Errorf("-report-if: %w", err)}
	}
	notable, err := cond.Compile(c.noticeIf, nil)
	if err != nil {
		return nil, usageError{fmt.Errorf("-notice-if: %w", err)}
	}
	if c.window < time.Second || c.dedup < time.Second {
		return nil, usageError{fmt.Errorf("-window and -dedup are at least 1s")}
	}
	if err := os.MkdirAll(c.reports, 0o750); err != nil {
		return nil, err
	}
	js := w.conn.js
	claims, err := js.KeyValue(ctx, seenBucket)
	if err != nil {
		return nil, err
	}
	counts, err := js.KeyValue(ctx, windowsBucket)
	if err != nil {
		return nil, err
	}
	h := &handlers{mux: event.NewMux(nil), every: max(c.window/8, time.Second), w: w}
	h.windows = &windows{kv: counts, shards: w.conn.settings.Partitions, lease: lease, own: func() []int { return *w.own.Load() }}
	around := func(name string, h event.Handler) event.Handler {
		return event.Chain(w.t.traced(name), event.Metrics(name, w.t))(h)
	}
	storeFailed := func(err error) { w.log.Warn("state not shared, an alert may be told of twice", "error", err) }

	once := event.Dedup(c.dedup, &event.DedupOptions{Store: &seen{claims, "report"}, OnError: storeFailed})
	h.mux.HandleNamed("report", reportable, once(around("report", folder{c.reports})))

	h.notices = event.NewAggregator(around("notice", noticer{js, w.c.name}), c.window,
		&event.AggregateOptions{Store: h.windows, OnError: storeFailed})
	h.mux.HandleNamed("notice", notable, h.notices)

	if c.work > 0 {
		h.mux.HandleNamed("work", event.Everything(), event.HandlerFunc(func(ctx context.Context, _ *event.Event) error {
			if !sleep(ctx, c.work) {
				return context.Cause(ctx)
			}
			return nil
		}))
	}
	if c.more != nil {
		c.more(h.mux)
	}
	return h, nil
}

// run tells the summaries of notices until ctx ends.
func (h *handlers) run(ctx context.Context) {
	h.windows.run(ctx, h.notices, h.every, func(err error) { h.w.log.Warn("summaries of notices", "error", err) })
}

// folder is a Handler that writes a report on each alert, under its ID and at
// once: writing it again changes nothing.
type folder struct{ dir string }

func (f folder) HandleEvent(ctx context.Context, e *event.Event) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	name := reportName(f.dir, e.ID())
	if err := os.MkdirAll(filepath.Dir(name), 0o750); err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(name), ".new")
	if err != nil {
		return err
	}
	_, err = tmp.Write(reportText(e))
	err = cmp.Or(err, tmp.Close())
	if err == nil {
		err = os.Rename(tmp.Name(), name)
	}
	if err != nil {
		os.Remove(tmp.Name()) // what matters is why it was not written
	}
	return err
}

// reportName has 256 folders, so that none gets too many files.
func reportName(dir string, id event.ID) string {
	return filepath.Join(dir, id.String()[:2], id.String()+".md")
}

func reportText(e *event.Event) []byte { return report.For(e).AppendMarkdown(nil) }

// noticer is a Handler that publishes a notice, for whoever tells people. The
// broker knows a notice that it has, for ten minutes.
type noticer struct {
	js     jetstream.JetStream
	worker string
}

// notice is a message in the stream NOTICES.
type notice struct {
	ID       string     `json:"id"`
	Time     time.Time  `json:"time"`
	Rule     string     `json:"rule"`
	Priority string     `json:"priority"`
	Hostname string     `json:"hostname"`
	Output   string     `json:"output"`
	Repeats  int        `json:"repeats,omitempty"` // alerts of the kind that this notice is about, itself the last
	Since    *time.Time `json:"since,omitempty"`   // when the first of them came
}

func (n noticer) HandleEvent(ctx context.Context, e *event.Event) error {
	what := notice{
		ID: e.ID().String(), Time: e.Time, Rule: e.Rule, Priority: e.Priority.String(), Hostname: e.Hostname, Output: e.Output,
	}
	name := what.ID
	if r, ok := event.RepeatsFrom(ctx); ok {
		what.Repeats, what.Since = r.Count, &r.First
		name += fmt.Sprintf("-%d-%d", r.Count, r.First.UnixNano())
	}
	text, err := json.Marshal(what)
	if err != nil {
		return err
	}
	m := &nats.Msg{Subject: "notices." + strings.ToLower(what.Priority), Data: text, Header: nats.Header{}}
	inject(ctx, m.Header)
	ctx, cancel := briefly(ctx)
	defer cancel()
	_, err = n.js.PublishMsg(ctx, m, jetstream.WithMsgID(name), jetstream.WithExpectStream(noticesStream))
	return err
}
