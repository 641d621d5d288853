//go:build cgo

package plugintest

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/falcosecurity/plugin-sdk-go/pkg/loader"
	"github.com/falcosecurity/plugin-sdk-go/pkg/sdk"
	"github.com/google/go-cmp/cmp"
)

// Build builds a package, such as ".", as a shared object and returns the file,
// which is removed when the test ends. Without a go command the test is skipped.
func Build(t testing.TB, pkg string) string {
	t.Helper()
	goTool, err := exec.LookPath("go")
	if err != nil {
		t.Skip("plugintest: there is no go command to build a plugin with")
	}
	file := filepath.Join(t.TempDir(), "libplugin.so")
	cmd := exec.Command(goTool, "build", "-buildmode=c-shared", "-o", file, pkg)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=1")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("plugintest: go build: %v\n%s", err, out)
	}
	return file
}

// Shared is what a shared object should be like.
type Shared struct {
	// Plugin is the plugin that is in it, as the Go code makes it: what the
	// object says of itself should be what this does.
	Plugin Plugin

	Config string            // a configuration that is accepted
	Bad    map[string]string // configurations that are not, with a part of the error

	// Params are suggestions for open_params that should be among those listed.
	Params []string
}

// Test loads a shared object with the SDK's loader and checks what the plugin
// says of itself, its fields, its schema, and what it does with configurations.
func (s *Shared) Test(t *testing.T, file string) {
	t.Helper()
	p, err := loader.NewValidPlugin(file)
	if err != nil {
		t.Fatalf("plugintest: %s: %v", file, err)
	}
	if p.HasCapBroken() {
		t.Errorf("plugintest: a capability is broken: %v", p.CapBrokenError())
	}
	want := *s.Plugin.Info()
	if want.RequiredAPIVersion == "" {
		want.RequiredAPIVersion = p.Info().RequiredAPIVersion // the SDK's own
	}
	if want.ExtractEventSources == nil {
		want.ExtractEventSources = []string{}
	}
	if diff := cmp.Diff(want, *p.Info()); diff != "" {
		t.Errorf("plugintest: info (-want +got)\n%s", diff)
	}
	if isSource := want.EventSource != ""; p.HasCapSourcing() != isSource || !p.HasCapExtraction() {
		t.Errorf("plugintest: it is a source: %t, it has fields: %t", p.HasCapSourcing(), p.HasCapExtraction())
	}
	if diff := cmp.Diff(s.Plugin.Fields(), p.Fields()); diff != "" {
		t.Errorf("plugintest: fields (-want +got)\n%s", diff)
	}
	if got, want := schemaOf(p), schemaOf(s.Plugin); got != want {
		t.Errorf("plugintest: the schema is %s, want %s", got, want)
	}
	// The bad ones come first: the SDK panics where a plugin that could not be
	// initialised is destroyed after one of the same object that could.
	for config, want := range s.Bad {
		p, err := loader.NewValidPlugin(file)
		if err != nil {
			t.Fatalf("plugintest: %s: %v", file, err)
		}
		if err := p.Init(config); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("plugintest: with the configuration %s: want %q, got %v", config, want, err)
		}
		p.Unload()
	}
	if err := p.Init(s.Config); err != nil {
		t.Errorf("plugintest: init: %v", err)
	} else if p.HasCapSourcing() {
		s.testParams(t, p)
	}
	p.Unload()
}

func (s *Shared) testParams(t *testing.T, p *loader.Plugin) {
	t.Helper()
	list, err := p.OpenParams()
	if err != nil {
		t.Errorf("plugintest: open params: %v", err)
	}
	var values []string
	for _, o := range list {
		values = append(values, o.Value)
	}
	for _, want := range s.Params {
		if !slices.Contains(values, want) {
			t.Errorf("plugintest: %s is not among the suggested params %q", want, values)
		}
	}
}

func schemaOf(p any) string {
	if p, ok := p.(interface{ InitSchema() *sdk.SchemaInfo }); ok {
		if s := p.InitSchema(); s != nil {
			return s.Schema
		}
	}
	return ""
}
