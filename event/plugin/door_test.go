//go:build cgo

package plugin_test

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"net/netip"
	"time"

	"github.com/falcosecurity/plugin-sdk-go/pkg/sdk/plugins"

	"github.com/falconer-go/falconer/event/plugin"
)

// door is an event of the plugin under test, with a field of each type.
type door struct {
	Name     string
	Opened   uint64
	Forced   bool
	Held     time.Duration
	At       time.Time
	Camera   netip.Addr
	Badges   []string
	Visits   []uint64
	Alarms   []bool
	Waits    []time.Duration
	Times    []time.Time
	Cameras  []netip.Addr
	Labels   map[string]string
	Explodes bool
}

func doors() *plugin.Plugin[door] {
	return &plugin.Plugin[door]{
		Info: plugins.Info{ID: 999, Name: "doors", Description: "Doors of a building", Contact: "test", Version: "0.1.0", EventSource: "doors"},
		Fields: []plugin.Field[door]{
			plugin.Value("door.name", "The door", func(d *door) (string, bool) { return d.Name, d.Name != "" }),
			plugin.Value("door.opened", "How often it was opened", func(d *door) (uint64, bool) { return d.Opened, true }),
			plugin.Value("door.forced", "Whether it was forced", func(d *door) (bool, bool) { return d.Forced, true }),
			plugin.Value("door.held", "How long it was open", func(d *door) (time.Duration, bool) { return d.Held, true }),
			plugin.Value("door.at", "When", func(d *door) (time.Time, bool) { return d.At, true }),
			plugin.Value("door.camera", "The camera's address", func(d *door) (netip.Addr, bool) { return d.Camera, true }),
			plugin.List("door.badges", "The badges | that opened it", func(d *door, dst []string) []string { return append(dst, d.Badges...) }),
			plugin.List("door.visits", "Visits", func(d *door, dst []uint64) []uint64 { return append(dst, d.Visits...) }),
			plugin.List("door.alarms", "Alarms", func(d *door, dst []bool) []bool { return append(dst, d.Alarms...) }),
			plugin.List("door.waits", "Waits", func(d *door, dst []time.Duration) []time.Duration { return append(dst, d.Waits...) }),
			plugin.List("door.times", "Times", func(d *door, dst []time.Time) []time.Time { return append(dst, d.Times...) }),
			plugin.List("door.cameras", "Cameras", func(d *door, dst []netip.Addr) []netip.Addr { return append(dst, d.Cameras...) }),
			plugin.Key("door.label", "A label", func(d *door, key string) (string, bool) { v, ok := d.Labels[key]; return v, ok }),
			plugin.Index("door.badge", "A badge", func(d *door, i uint64) (string, bool) {
				if i >= uint64(len(d.Badges)) {
					return "", false
				}
				return d.Badges[i], true
			}).Default("0"),
			plugin.KeyList("door.with", "Keys and a word", func(d *door, key string, dst []string) []string { return append(dst, key, d.Name) }).Default("none"),
			plugin.IndexList("door.from", "Badges from one on", func(d *door, i uint64, dst []string) []string {
				return append(dst, d.Badges[min(i, uint64(len(d.Badges))):]...)
			}),
			plugin.Value("door.explodes", "Panics", func(d *door) (string, bool) {
				if d.Explodes {
					panic("boom")
				}
				return "no", true
			}).Display("Explodes"),
		},
		Decode: func(d *door, data []byte) error { return json.Unmarshal(data, d) },
		Open: func(context.Context, string) (iter.Seq2[plugin.Record, error], error) {
			return nil, errors.New("closed for the day")
		},
	}
}

// of makes a source of what a function yields.
func of(records func(ctx context.Context, yield func(plugin.Record, error) bool)) func(context.Context, string) (iter.Seq2[plugin.Record, error], error) {
	return func(ctx context.Context, _ string) (iter.Seq2[plugin.Record, error], error) {
		return func(yield func(plugin.Record, error) bool) { records(ctx, yield) }, nil
	}
}
