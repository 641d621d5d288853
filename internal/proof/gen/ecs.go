package main

import (
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// fieldSets are those that an alert has something for.
var fieldSets = []string{
	"@timestamp", "message", "tags", "labels", "cloud", "container", "destination", "ecs", "event", "file", "host",
	"log", "network", "observer", "orchestrator", "process", "related", "rule", "source", "threat", "user", "user_agent",
}

// ecs writes a line a field: its name, its type, array where it holds several
// values, and the values it may have, each with the types of events that are
// expected beside it.
func ecs(w io.Writer, dir string) error {
	text, err := os.ReadFile(filepath.Join(dir, "generated", "ecs", "ecs_flat.yml"))
	if err != nil {
		return err
	}
	var fields map[string]struct {
		Type      string
		Normalize []string
		Allowed   []struct {
			Name  string
			Types []string `yaml:"expected_event_types"`
		} `yaml:"allowed_values"`
	}
	if err := yaml.Unmarshal(text, &fields); err != nil {
		return err
	}
	fmt.Fprintln(w, "# Elastic Common Schema 9.4.0, Apache-2.0: field, type, array, allowed values=expected event types")
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		set, _, _ := strings.Cut(name, ".")
		if !slices.Contains(fieldSets, set) || strings.HasPrefix(name, "threat.enrichments") || strings.HasPrefix(name, "threat.indicator") {
			continue
		}
		f := fields[name]
		var allowed []string
		for _, v := range f.Allowed {
			if len(v.Types) > 0 {
				v.Name += "=" + strings.Join(v.Types, ",")
			}
			allowed = append(allowed, v.Name)
		}
		array := ""
		if slices.Contains(f.Normalize, "array") {
			array = "array"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", name, f.Type, array, strings.Join(allowed, " "))
	}
	return nil
}
