package rules

import (
	"slices"

	"github.com/falconer-go/falconer/rules/cond"
)

// Plugin is a plugin that Falco has loaded. It may add an event source,
// fields, and types of events.
type Plugin struct {
	Name    string // as in required_plugin_versions
	Version string // x.y.z
	Source  string // the event source that it provides; "" if none

	// Fields are the fields that it adds. Nil stands for those that package
	// cond knows of a plugin of that name.
	Fields []cond.FieldInfo

	// Events are the names of the events that it adds to the syscall source.
	Events []string
}

// DefaultPlugins returns the plugins whose fields package cond knows, in
// versions that were current with the Falco of [DefaultEngineVersion].
func DefaultPlugins() []Plugin {
	return []Plugin{
		{Name: "container", Version: "0.7.4", Events: []string{"container"}},
		{Name: "k8saudit", Version: "0.18.0", Source: "k8s_audit"},
		{Name: "cloudtrail", Version: "0.18.0", Source: "aws_cloudtrail"},
		{Name: "json", Version: "0.7.4"},
		{Name: "okta", Version: "0.14.0", Source: "okta"},
		{Name: "github", Version: "0.12.0", Source: "github"},
		{Name: "gcpaudit", Version: "0.8.0", Source: "gcp_auditlog"},
	}
}

// fields returns the fields that the plugin adds.
func (p *Plugin) fields() []cond.FieldInfo {
	if p.Fields != nil {
		return p.Fields
	}
	var list []cond.FieldInfo
	for f := range cond.Falco().All() {
		if f.Class == p.Name {
			list = append(list, f)
		}
	}
	return list
}

// provider says for the fields of one plugin in which sources it adds them.
type provider map[string][]string

// adds reports whether the plugin adds a field to a source.
func (p provider) adds(name, source string) bool {
	sources, ok := p[name]
	return ok && (sources == nil || slices.Contains(sources, source))
}

func (p *Plugin) provider() provider {
	m := make(provider)
	for _, f := range p.fields() {
		m[f.Name] = f.Sources
	}
	return m
}
