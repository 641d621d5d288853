//go:build cgo

package falcoalerts

import (
	"cmp"
	"context"
	_ "embed"
	"fmt"
	"io"
	"iter"
	"os"
	"time"

	"github.com/falcosecurity/plugin-sdk-go/pkg/sdk"
	"github.com/falcosecurity/plugin-sdk-go/pkg/sdk/plugins"

	"github.com/falconer-go/falconer/enrich"
	"github.com/falconer-go/falconer/event"
	"github.com/falconer-go/falconer/event/plugin"
)

// ConfigSchema is the JSON schema of init_config.
//
//go:embed config.schema.json
var ConfigSchema string

// ParamsSchema is the JSON schema of open_params.
//
//go:embed params.schema.json
var ParamsSchema string

// Source is the name of the plugin and of its event source.
const Source = "falco_alerts"

// maxEvent is how large an event may be: an alert of the largest size, and what
// the source adds.
const maxEvent = event.MaxRecordBytes + extraBytes

// Options change what [New] makes. The zero Options, and nil, are the defaults.
type Options struct {
	// ID is the plugin's number in Falco's registry of plugins. 0 means 999,
	// which the registry keeps for plugins that are not in it.
	ID uint32

	// OnError, if it is not nil, is told of what went wrong and ended nothing.
	// It is called by several goroutines.
	OnError func(error)

	// Stdin is standard input; nil means the process's own.
	Stdin io.Reader
}

// config is init_config.
type config struct {
	Window   string `json:"window"`
	Remember int    `json:"remember"`
	Attack   int    `json:"attack"`
}

// New returns a plugin, to be registered by package source.
func New(o *Options) *plugin.Plugin[Alert] {
	if o == nil {
		o = new(Options)
	}
	var enricher *enrich.Enricher
	var length time.Duration
	var remember int
	init := func(text string) error {
		c := config{Window: "5m", Remember: 4096, Attack: 19}
		err := plugin.ParseConfig(text, &c)
		if err == nil {
			length, err = time.ParseDuration(c.Window)
		}
		if err == nil && length > 24*time.Hour {
			err = fmt.Errorf("window: it is %s, and at most 24 hours", c.Window)
		}
		if err != nil {
			return fmt.Errorf("init_config: %w", err)
		}
		version := enrich.V19
		if c.Attack == 18 {
			version = enrich.V18
		}
		enricher, remember = enrich.New(&enrich.Options{Version: version}), c.Remember
		return nil
	}
	return &plugin.Plugin[Alert]{
		Info: plugins.Info{
			ID: cmp.Or(o.ID, 999), Name: Source, EventSource: Source, Version: "0.1.0",
			Description: "The alerts of many Falcos as events of one",
			Contact:     "https://github.com/falconer-go/falconer",
		},
		Schema:       ConfigSchema,
		Init:         init,
		Fields:       fields(func() *enrich.Enricher { return enricher }),
		Reuse:        true,
		Decode:       func(a *Alert, data []byte) error { return a.parse(data) },
		String:       func(a *Alert) string { return a.Output },
		ParamsSchema: ParamsSchema,
		OpenParams:   openParams,
		Open: func(ctx context.Context, text string) (iter.Seq2[plugin.Record, error], error) {
			var p params
			if err := plugin.ParseConfig(text, &p); err != nil {
				return nil, fmt.Errorf("open_params: %w", err)
			}
			stdin := o.Stdin
			if stdin == nil {
				stdin = os.Stdin
			}
			f := &feed{window: newWindow(length, remember, enricher), offers: make(chan offer), closed: make(chan struct{})}
			return f.open(ctx, p.inputs(stdin))
		},
		Stream:  plugin.StreamOptions{EventBytes: maxEvent, BatchEvents: 16}, // 16 MiB of C's memory
		OnError: o.OnError,
	}
}

func openParams() ([]sdk.OpenParam, error) {
	return []sdk.OpenParam{
		{Value: `{"file": {"path": "/var/log/falco/events.log", "state": "/var/lib/falco/falco_alerts.state"}}`, Desc: "follow what file_output writes"},
		{Value: `{"http": {"address": "127.0.0.1:2802"}}`, Desc: "receive what http_output sends"},
		{Value: `{"unix": {"path": "/run/falco/alerts.sock"}}`, Desc: "listen on a unix socket"},
		{Value: `{"tcp": {"address": "127.0.0.1:7070"}}`, Desc: "listen on a TCP port"},
		{Value: `{"stdin": {}}`, Desc: "read standard input"},
	}, nil
}
