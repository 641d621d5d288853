//go:build cgo

package source

import (
	"github.com/falcosecurity/plugin-sdk-go/pkg/sdk/plugins"
	"github.com/falcosecurity/plugin-sdk-go/pkg/sdk/plugins/extractor"
	sdksource "github.com/falcosecurity/plugin-sdk-go/pkg/sdk/plugins/source"

	"github.com/falconer-go/falconer/event/plugin"
)

// Register makes the program a plugin that is a source and has fields. It is
// called once, by the init of package main. newPlugin is called at once, and
// again for each plugin that Falco makes. A plugin that does not pass
// [plugin.Plugin.Check], or has no Open, panics.
func Register[E any](newPlugin func() *plugin.Plugin[E]) {
	plugins.SetFactory(func() plugins.Plugin {
		p := newPlugin()
		if p.Open == nil {
			panic("source: Open is nil: use the Register of package plugin")
		}
		s := &state[E]{p.New()}
		extractor.Register(s)
		sdksource.Register(s)
		return s
	})
}

// state has Open with the type that the SDK's source package asks for.
type state[E any] struct{ *plugin.State[E] }

func (s *state[E]) Open(params string) (sdksource.Instance, error) {
	stream, err := s.Begin(params)
	if err != nil {
		return nil, err
	}
	return stream, nil
}
