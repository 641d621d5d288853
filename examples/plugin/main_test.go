//go:build cgo && linux

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/falconer-go/falconer/event"
	"github.com/falconer-go/falconer/event/eventtest"
	"github.com/falconer-go/falconer/event/plugin"
	"github.com/falconer-go/falconer/event/plugin/falcoalerts"
	"github.com/falconer-go/falconer/event/plugin/plugintest"
	"github.com/falconer-go/falconer/rules"
	"github.com/falconer-go/falconer/rules/cond"
)

// loadRules reads the rules as a Falco with this plugin and no other does.
func loadRules(t *testing.T) *rules.Set {
	t.Helper()
	const name = "falco_alerts_rules.yaml"
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	p := newPlugin()
	table, err := cond.ParseTable(p.FieldList())
	if err != nil {
		t.Fatal(err)
	}
	fields := slices.Collect(table.All())
	set, err := rules.Load(&rules.Options{Plugins: []rules.Plugin{{Name: p.Info.Name, Version: p.Info.Version, Source: p.Info.EventSource, Fields: fields}}},
		rules.File{Name: name, Data: text})
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func TestRulesLoad(t *testing.T) {
	set := loadRules(t)
	for _, r := range set.Results() {
		if len(r.Warnings) > 0 || len(r.UnknownKeys) > 0 {
			t.Errorf("warnings %v, unknown keys %v", r.Warnings, r.UnknownKeys)
		}
	}
	if len(set.Rules()) != 8 {
		t.Errorf("%d rules", len(set.Rules()))
	}
	for _, f := range set.Lint() {
		t.Errorf("lint: %v", f)
	}
}

var start = time.Date(2026, 3, 2, 9, 15, 0, 0, time.UTC)

// seen is an alert of a rule with a tactic, some seconds from the start.
func seen(seconds int, rule, host, tactic string) eventtest.Builder {
	b := eventtest.New(rule).Host(host).Priority(event.Warning).Time(start.Add(time.Duration(seconds)*time.Second)).Field("container.id", "host")
	if tactic != "" {
		b = b.Tags("mitre_" + tactic)
	}
	return b
}

func drops(seconds int, host string) eventtest.Builder {
	return eventtest.New("Falco internal: syscall event drop").Host(host).Source("internal").Priority(event.Debug).
		Time(start.Add(time.Duration(seconds)*time.Second)).Field("n_evts", 1000).Field("n_drops", 25)
}

// Each rule fires for what it is for, and not for what is near it.
func TestRules(t *testing.T) {
	in := func(b eventtest.Builder, container string) eventtest.Builder {
		return b.Field("container.id", container)
	}
	repeat := func(n int, line func(i int) string) (list []string) {
		for i := range n {
			list = append(list, line(i))
		}
		return list
	}
	for name, tt := range map[string]struct {
		rule  string
		lines []string
		want  string // a letter for each alert: x where the rule fires
	}{
		"hosts": {"Same Alert on Many Hosts", []string{
			line(seen(0, "A", "h1", "")), line(seen(1, "A", "h2", "")), line(seen(2, "A", "h2", "")), line(seen(3, "A", "h3", "")), line(seen(4, "A", "h3", "")), line(seen(5, "A", "h4", "")),
		}, "...x.x"},
		"hosts, another rule":    {"Same Alert on Many Hosts", []string{line(seen(0, "A", "h1", "")), line(seen(1, "A", "h2", "")), line(seen(2, "B", "h3", ""))}, "..."},
		"hosts, not serious":     {"Same Alert on Many Hosts", repeat(5, func(i int) string { return line(seen(i, "A", fmt.Sprint(i), "").Priority(event.Notice)) }), "....."},
		"hosts, not at a time":   {"Same Alert on Many Hosts", repeat(5, func(i int) string { return line(seen(200*i, "A", fmt.Sprint(i), "")) }), "....."},
		"hosts, Falco's own":     {"Same Alert on Many Hosts", repeat(5, func(i int) string { return line(drops(i, fmt.Sprint(i)).Priority(event.Critical)) }), "....."},
		"burst":                  {"Burst of an Alert", repeat(52, func(i int) string { return line(seen(i, "A", "h1", "")) }), strings.Repeat(".", 49) + "x.."},
		"burst, of two":          {"Burst of an Alert", repeat(60, func(i int) string { return line(seen(i, fmt.Sprint(i%2), "h1", "")) }), strings.Repeat(".", 60)},
		"container":              {"Container Seen by Several Rules", []string{line(in(seen(0, "A", "h", ""), "c1")), line(in(seen(1, "B", "h", ""), "c1")), line(in(seen(2, "C", "h", ""), "c1")), line(in(seen(3, "C", "h", ""), "c1"))}, "..x."},
		"container, others":      {"Container Seen by Several Rules", []string{line(in(seen(0, "A", "h", ""), "c1")), line(in(seen(1, "B", "h", ""), "c2")), line(in(seen(2, "C", "h", ""), "c3"))}, "..."},
		"container, none":        {"Container Seen by Several Rules", []string{line(seen(0, "A", "h", "")), line(seen(1, "B", "h", "")), line(seen(2, "C", "h", ""))}, "..."},
		"chain":                  {"Kill Chain in a Container", []string{line(in(seen(0, "A", "h", "execution"), "c1")), line(in(seen(1, "B", "h", "persistence"), "c1")), line(in(seen(2, "C", "h", "credential_access"), "c1")), line(in(seen(3, "D", "h", "persistence"), "c1"))}, "..x."},
		"chain, one tactic":      {"Kill Chain in a Container", repeat(5, func(i int) string { return line(in(seen(i, fmt.Sprint(i), "h", "execution"), "c1")) }), "....."},
		"chain, too slow":        {"Kill Chain in a Container", []string{line(in(seen(0, "A", "h", "execution"), "c1")), line(in(seen(1, "B", "h", "persistence"), "c1")), line(in(seen(400, "C", "h", "credential_access"), "c1"))}, "..."},
		"host chain":             {"Kill Chain on a Host", []string{line(in(seen(0, "A", "h", "execution"), "c1")), line(in(seen(1, "B", "h", "persistence"), "c2")), line(seen(2, "C", "h", "credential_access"))}, "..x"},
		"host chain, container":  {"Kill Chain on a Host", []string{line(in(seen(0, "A", "h", "execution"), "c1")), line(in(seen(1, "B", "h", "persistence"), "c1")), line(in(seen(2, "C", "h", "credential_access"), "c1"))}, "..."},
		"host chain, two hosts":  {"Kill Chain on a Host", []string{line(seen(0, "A", "h1", "execution")), line(seen(1, "B", "h1", "persistence")), line(seen(2, "C", "h2", "credential_access"))}, "..."},
		"drops":                  {"Drops Hide Activity", []string{line(seen(0, "A", "h", "")), line(drops(1, "h")), line(seen(2, "A", "h", ""))}, ".x."},
		"drops, nothing there":   {"Drops Hide Activity", []string{line(seen(0, "A", "h1", "")), line(drops(1, "h2")), line(drops(2, "h2")), line(drops(400, "h1"))}, "...."},
		"after drops":            {"Alert After Drops", []string{line(drops(0, "h")), line(seen(1, "A", "h", "")), line(seen(2, "A", "h", "")), line(seen(3, "B", "h", ""))}, ".x.x"},
		"after drops, elsewhere": {"Alert After Drops", []string{line(drops(0, "h1")), line(seen(1, "A", "h2", "")), line(seen(2, "B", "h1", "").Priority(event.Notice)), line(seen(400, "C", "h1", ""))}, "...."},
		"lost":                   {"Alerts Were Lost on Their Way", []string{line(seen(0, "A", "h", "")), "garbage\n" + line(seen(1, "A", "h", "")), line(seen(2, "A", "h", ""))}, ".x."},
	} {
		set := loadRules(t)
		r := set.Rule(tt.rule)
		if r == nil {
			t.Fatalf("there is no rule %s", tt.rule)
		}
		d := plugintest.New(t, falcoalerts.New(&falcoalerts.Options{Stdin: strings.NewReader(strings.Join(tt.lines, ""))}).New(), "")
		d.Open(`{"stdin":{}}`)
		got := ""
		for _, e := range d.Next(len(tt.lines) + 1) {
			if r.Program.MatchFields(d.Fields(e)) {
				got += "x"
			} else {
				got += "."
			}
			for _, f := range r.OutputFields { // what the output prints is there to be printed
				if _, err := d.Extract(e, f); err != nil {
					t.Errorf("%s: %s: %v", name, f, err)
				}
			}
		}
		if got != tt.want {
			t.Errorf("%s: %q fires for %s, want %s", name, tt.rule, got, tt.want)
		}
	}
}

func line(b eventtest.Builder) string { return string(b.JSON()) + "\n" }

// falco.yaml names what is there, and its settings are those of the plugin.
func TestFalcoYAML(t *testing.T) {
	text, err := os.ReadFile("falco.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var c struct {
		Plugins []struct {
			Name        string         `yaml:"name"`
			LibraryPath string         `yaml:"library_path"`
			InitConfig  map[string]any `yaml:"init_config"`
			OpenParams  string         `yaml:"open_params"`
		} `yaml:"plugins"`
		LoadPlugins []string `yaml:"load_plugins"`
		RulesFiles  []string `yaml:"rules_files"`
	}
	if err := yaml.Unmarshal(text, &c); err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	p := c.Plugins[0]
	if p.Name != falcoalerts.Source || !slices.Equal(c.LoadPlugins, []string{p.Name}) {
		t.Errorf("plugin %q, loaded %q", p.Name, c.LoadPlugins)
	}
	for _, file := range append([]string{p.LibraryPath}, c.RulesFiles...) {
		if !strings.Contains(string(readme), filepath.Base(file)+" "+filepath.Dir(file)+"/\n") {
			t.Errorf("the README does not say how %s comes to be", file)
		}
	}
	config, err := json.Marshal(p.InitConfig)
	if err != nil {
		t.Fatal(err)
	}
	if err := newPlugin().New().Init(string(config)); err != nil {
		t.Error(err)
	}
	for params := range strings.SplitSeq(string(text), "open_params: '") {
		if params, _, ok := strings.Cut(params, "'"); ok && strings.HasPrefix(params, "{") {
			if err := plugin.CheckConfig(falcoalerts.ParamsSchema, params); err != nil {
				t.Errorf("%s: %v", params, err)
			}
		}
	}
}

// The README has the fields as they are.
func TestREADME(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	if status := run([]string{"-fields"}, &stdout, &stderr); status != 0 || !strings.HasSuffix(string(readme), stdout.String()) {
		t.Errorf("status %d; the README should end with\n%s", status, stdout.String())
	}
	stdout.Reset()
	if status := run([]string{"-list"}, &stdout, &stderr); status != 0 || !json.Valid(stdout.Bytes()) {
		t.Errorf("status %d, %s", status, stdout.String())
	}
	for args, want := range map[string]int{"": 2, "-help": 0, "-x": 2} {
		stderr.Reset()
		if status := run(strings.Fields(args), &stdout, &stderr); status != want || !strings.Contains(stderr.String(), "go build -buildmode=c-shared") {
			t.Errorf("%q: status %d, %s", args, status, stderr.String())
		}
	}
}

func TestErrorLog(t *testing.T) {
	var out bytes.Buffer
	l := &errorLog{w: &out}
	for range 1000 {
		l.print(errors.New("broken \x1b[31m\nsecond line"))
	}
	if n := strings.Count(out.String(), "\n"); n < 10 || n > 100 || strings.Contains(out.String(), "\x1b") || strings.Contains(out.String(), "second") {
		t.Errorf("%d lines: %.300s", n, out.String())
	}
}

// The shared object, as Falco loads and runs it.
func TestShared(t *testing.T) {
	file := plugintest.Build(t, ".")
	shared := plugintest.Shared{
		Plugin: newPlugin().New(), Config: `{"window":"1m"}`,
		Bad: map[string]string{
			`{"window":60}`:      "nvalid type", // the SDK's loader checks before the plugin does
			`{"windows":"1m"}`:   "windows",
			`{"window":"9999h"}`: "at most 24 hours",
		},
		Params: []string{`{"stdin": {}}`},
	}
	shared.Test(t, file)

	log := filepath.Join(t.TempDir(), "events.log")
	if err := os.WriteFile(log, []byte(line(seen(0, "A", "h1", "execution"))+"garbage\n"+line(seen(1, "A", "h2", "execution"))), 0o600); err != nil {
		t.Fatal(err)
	}
	h := plugintest.NewHost(t, file)
	if err := h.Init(`{}`); err != nil {
		t.Fatal(err)
	}
	if err := h.Open(`{"file":{}}`); err == nil || !strings.Contains(err.Error(), `file: the setting "path" is missing`) {
		t.Errorf("open: %v", err)
	}
	if err := h.Open(fmt.Sprintf(`{"file":{"path":%q,"follow":false}}`, log)); err != nil {
		t.Fatal(err)
	}
	events := h.Next(3)
	if len(events) != 2 {
		t.Fatalf("%d events", len(events))
	}
	got, err := h.Extract(events[1], "alert.rule", "alert.hostname", "alert.rule.hosts", "alert.rule.newhost", "alert.time", "alert.window",
		"alert.field[container.id]", "alert.attack.tactic", "alert.feed.lost", "alert.container.rules")
	want := map[string]any{
		"alert.rule": "A", "alert.hostname": "h2", "alert.rule.hosts": uint64(2), "alert.rule.newhost": true, "alert.time": start.Add(time.Second),
		"alert.window": 5 * time.Minute, "alert.field[container.id]": "host", "alert.attack.tactic": []string{"TA0002", "execution"}, "alert.feed.lost": uint64(1),
	}
	if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %v, %v\nwant %v", got, err, want)
	}
	if !strings.Contains(h.LastError(), "garbage") && !strings.Contains(h.LastError(), log) {
		t.Errorf("last error %q", h.LastError())
	}
	if !strings.Contains(h.Progress(), "2 events, 1 errors") {
		t.Errorf("progress %q", h.Progress())
	}
}
