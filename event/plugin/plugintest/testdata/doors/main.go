// Command doors is the plugin of the package's own tests.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/netip"
	"strings"
	"time"

	"github.com/falcosecurity/plugin-sdk-go/pkg/sdk"
	"github.com/falcosecurity/plugin-sdk-go/pkg/sdk/plugins"

	"github.com/falconer-go/falconer/event/plugin"
	"github.com/falconer-go/falconer/event/plugin/source"
)

type door struct {
	Name    string
	Opened  uint64
	Forced  bool
	Held    time.Duration
	At      time.Time
	Camera  netip.Addr
	Badges  []string
	Cameras []netip.Addr
}

func main() {}

func init() {
	source.Register(func() *plugin.Plugin[door] {
		return &plugin.Plugin[door]{
			Info:   plugins.Info{ID: 999, Name: "doors", Description: "Doors", Contact: "test", Version: "0.1.0", EventSource: "doors"},
			Schema: `{"type":"object","additionalProperties":false,"properties":{"site":{"type":"string"}}}`,
			Init: func(config string) error {
				if strings.Contains(config, "nowhere") {
					return errors.New("there is no such site")
				}
				return nil
			},
			Fields: []plugin.Field[door]{
				plugin.Value("door.name", "The door", func(d *door) (string, bool) { return d.Name, d.Name != "" }),
				plugin.Value("door.opened", "Times", func(d *door) (uint64, bool) { return d.Opened, true }),
				plugin.Value("door.forced", "Forced", func(d *door) (bool, bool) { return d.Forced, true }),
				plugin.Value("door.held", "How long", func(d *door) (time.Duration, bool) { return d.Held, true }),
				plugin.Value("door.at", "When", func(d *door) (time.Time, bool) { return d.At, true }),
				plugin.Value("door.camera", "Camera", func(d *door) (netip.Addr, bool) { return d.Camera, true }),
				plugin.List("door.badges", "Badges", func(d *door, dst []string) []string { return append(dst, d.Badges...) }),
				plugin.List("door.cameras", "Cameras", func(d *door, dst []netip.Addr) []netip.Addr { return append(dst, d.Cameras...) }),
				plugin.Key("door.echo", "The key", func(_ *door, key string) (string, bool) { return key, true }),
				plugin.Index("door.badge", "A badge", func(d *door, i uint64) (string, bool) {
					if i >= uint64(len(d.Badges)) {
						panic("no such badge")
					}
					return d.Badges[i], true
				}),
			},
			Decode: func(d *door, data []byte) error { return json.Unmarshal(data, d) },
			OpenParams: func() ([]sdk.OpenParam, error) {
				return []sdk.OpenParam{{Value: "3", Desc: "three events"}}, nil
			},
			Open: func(ctx context.Context, params string) (iter.Seq2[plugin.Record, error], error) {
				var n int
				if _, err := fmt.Sscan(params, &n); err != nil {
					return nil, fmt.Errorf("%q is not a number of events", params)
				}
				return func(yield func(plugin.Record, error) bool) {
					for i := range n {
						d := door{
							Name: fmt.Sprintf("door %d", i), Opened: uint64(i), Forced: i%2 == 1, Held: time.Duration(i), At: time.Unix(int64(i), 0),
							Camera: netip.AddrFrom4([4]byte{10, 0, 0, byte(i)}), Badges: []string{"a", strings.Repeat("b", i)},
							Cameras: []netip.Addr{netip.IPv6LinkLocalAllNodes(), netip.AddrFrom4([4]byte{10, 0, 1, byte(i)})},
						}
						data, err := json.Marshal(d)
						if i%5 == 4 {
							data = make([]byte, 1<<20)
						}
						if !yield(plugin.Record{Data: data, Time: d.At.Add(time.Hour)}, err) {
							return
						}
					}
				}, nil
			},
		}
	})
}
