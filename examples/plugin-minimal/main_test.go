//go:build cgo && linux

package main

import (
	"net"
	"os"
	"path/filepath"
	"testing"

	"github.com/falconer-go/falconer/event/plugin/plugintest"
	"github.com/falconer-go/falconer/rules"
	"github.com/falconer-go/falconer/rules/cond"
)

const logins = `{"user":"root","from":"203.0.113.9","tries":9,"groups":["users","wheel"],"extra":{"tty":"1"}}
{"user":"root","from":"2001:db8::1","tries":5,"groups":["wheel"]}
not a login
{"user":"eve","tries":9,"groups":["users"]}
`

// The plugin and its rules, without Falco.
func TestRules(t *testing.T) {
	path := filepath.Join(t.TempDir(), "logins")
	if err := os.WriteFile(path, []byte(logins), 0o600); err != nil {
		t.Fatal(err)
	}
	set := load(t)
	d := plugintest.New(t, newPlugin().New(), "")
	d.Open(path)
	events := d.Next(10)
	if len(events) != 4 {
		t.Fatalf("%d events", len(events))
	}
	for i, want := range []bool{true, false, false, false} {
		if i == 2 {
			if _, err := d.Extract(events[i], "login.user"); err == nil {
				t.Error("what is no login has fields")
			}
			continue
		}
		if got := set.Rules()[0].Program.MatchFields(d.Fields(events[i])); got != want {
			t.Errorf("login %d: %t", i, got)
		}
	}
	if v, err := d.Extract(events[0], "login.extra[tty]"); v != "1" || err != nil {
		t.Errorf("got %v, %v", v, err)
	}
	if err := d.TryOpen(filepath.Join(filepath.Dir(path), "none")); err == nil {
		t.Error("a file that is not there is opened")
	}
}

// load reads the rules as a Falco with the plugin does.
func load(t *testing.T) *rules.Set {
	text, err := os.ReadFile("logins_rules.yaml")
	if err != nil {
		t.Fatal(err)
	}
	p := newPlugin()
	table, err := cond.ParseTable(p.FieldList())
	if err != nil {
		t.Fatal(err)
	}
	var fields []cond.FieldInfo
	for f := range table.All() {
		fields = append(fields, f)
	}
	set, err := rules.Load(&rules.Options{Plugins: []rules.Plugin{{Name: p.Info.Name, Version: p.Info.Version, Source: p.Info.EventSource, Fields: fields}}},
		rules.File{Name: "logins_rules.yaml", Data: text})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range set.Results() {
		if len(r.Warnings) > 0 {
			t.Errorf("warnings: %v", r.Warnings)
		}
	}
	return set
}

// The shared object, as Falco loads it.
func TestShared(t *testing.T) {
	file := plugintest.Build(t, ".")
	(&plugintest.Shared{Plugin: newPlugin().New()}).Test(t, file)
	path := filepath.Join(t.TempDir(), "logins")
	if err := os.WriteFile(path, []byte(logins), 0o600); err != nil {
		t.Fatal(err)
	}
	h := plugintest.NewHost(t, file)
	if err := h.Init(""); err != nil {
		t.Fatal(err)
	}
	if err := h.Open(path); err != nil {
		t.Fatal(err)
	}
	events := h.Next(4)
	got, err := h.Extract(events[0], "login.user", "login.from", "login.tries", "login.groups")
	if err != nil || got["login.user"] != "root" || !got["login.from"].(net.IP).Equal(net.IPv4(203, 0, 113, 9)) || got["login.tries"] != uint64(9) || len(got["login.groups"].([]string)) != 2 {
		t.Errorf("got %v, %v", got, err)
	}
}
