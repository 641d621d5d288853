//go:build cgo

// Command plugin-minimal is a plugin of Falco in forty lines, for events of
// one's own: see the README beside it.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"iter"
	"net/netip"
	"os"

	"github.com/falcosecurity/plugin-sdk-go/pkg/sdk/plugins"

	"github.com/falconer-go/falconer/event/plugin"
	"github.com/falconer-go/falconer/event/plugin/source"
)

type login struct {
	User   string            `json:"user"`
	From   netip.Addr        `json:"from"`
	Tries  uint64            `json:"tries"`
	Groups []string          `json:"groups"`
	Extra  map[string]string `json:"extra"`
}

func newPlugin() *plugin.Plugin[login] {
	return &plugin.Plugin[login]{
		Info: plugins.Info{ID: 999, Name: "logins", EventSource: "logins", Version: "0.1.0", Description: "Logins", Contact: "you@example.com"},
		Fields: []plugin.Field[login]{
			plugin.Value("login.user", "Who", func(l *login) (string, bool) { return l.User, l.User != "" }),
			plugin.Value("login.from", "From where", func(l *login) (netip.Addr, bool) { return l.From, true }),
			plugin.Value("login.tries", "Tries it took", func(l *login) (uint64, bool) { return l.Tries, true }),
			plugin.List("login.groups", "Groups of the user", func(l *login, dst []string) []string { return append(dst, l.Groups...) }),
			plugin.Key("login.extra", "Other keys", func(l *login, key string) (string, bool) { v, ok := l.Extra[key]; return v, ok }),
		},
		Decode: func(l *login, data []byte) error { return json.Unmarshal(data, l) },
		Open: func(ctx context.Context, path string) (iter.Seq2[plugin.Record, error], error) {
			f, err := os.Open(path)
			return func(yield func(plugin.Record, error) bool) {
				defer f.Close()
				lines := bufio.NewScanner(f)
				for lines.Scan() && yield(plugin.Record{Data: lines.Bytes()}, nil) {
				}
				if err := lines.Err(); err != nil {
					yield(plugin.Record{}, err)
				}
			}, err
		},
	}
}

func init() { source.Register(newPlugin) }

func main() {}
