package event_test

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/falconer-go/falconer/event"
)

const clearLogs = `{"hostname":"node-1","output":"14:32:07.191837261: Warning Log files were tampered (file=/var/log/auth.log)",` +
	`"output_fields":{"container.id":"dca990c78804","container.name":null,"evt.time":1721831527191837261,"fd.name":"/var/log/auth.log",` +
	`"proc.aname[2]":"containerd-shim","proc.name":"rm","proc.pid":4711,"proc.tty":0,"user.name":"root"},` +
	`"priority":"Warning","rule":"Clear Log Activities","source":"syscall","tags":["T1070","filesystem"],"time":"2024-07-24T14:32:07.191837261Z"}`

func ExampleParse() {
	e, err := event.Parse([]byte(clearLogs))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(e.Time.Format(time.RFC3339Nano), e.Priority, e.Rule)
	p, f := e.Process(), e.File()
	fmt.Printf("%s (%d) of %s touched %s\n", p.Name, p.PID.V, e.User().Name, f.Name)
	// Output:
	// 2024-07-24T14:32:07.191837261Z Warning Clear Log Activities
	// rm (4711) of root touched /var/log/auth.log
}

// A SyntaxError says where an alert is wrong.
func ExampleSyntaxError() {
	_, err := event.Parse([]byte(`{"rule":"A","priority":"Fatal"}`))
	var syntax *event.SyntaxError
	if errors.As(err, &syntax) {
		fmt.Printf("byte %d, field %s: %v\n", syntax.Offset, syntax.Field, syntax.Err)
	}
	// Output: byte 23, field priority: unknown priority "Fatal"
}

// A field that a rule did not print, one that the event does not have, and
// one that is zero are three things.
func ExampleFields_Get() {
	e, err := event.Parse([]byte(clearLogs))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, name := range []string{"proc.tty", "container.name", "proc.cwd"} {
		v := e.Fields.Get(name)
		fmt.Println(name, v.Kind(), v.Available())
	}
	n, ok := e.Fields.Get("evt.time").Int() // to the last digit
	fmt.Println(n, ok)
	// Output:
	// proc.tty number true
	// container.name null false
	// proc.cwd absent false
	// 1721831527191837261 true
}

// A stream may hold alerts in any form, other lines between them, and records
// that are broken.
func ExampleDecoder_All() {
	stream := `Wed Jul 24 14:32:00 2024: Falco version: 0.38.1
` + clearLogs + `
{"rule":"A","priority":"Warning"}
14:32:08.000000001: Notice A shell was spawned | user=root user_uid=0
Events detected: 2
`
	d := event.NewDecoder(strings.NewReader(stream), nil)
	for e, err := range d.All() {
		if err != nil {
			fmt.Println("error:", err)
			continue
		}
		fmt.Println(e.Priority, e.Rule, e.FromText(), e.User().Name)
	}
	fmt.Println(d.Skipped(), "lines skipped")
	// Output:
	// Warning Clear Log Activities false root
	// error: line 3: offset 528: time: missing or empty
	// Notice  true root
	// 2 lines skipped
}

func ExampleOpenArchive() {
	name := filepath.Join(os.TempDir(), "falconer-example.jsonl")
	if err := os.WriteFile(name, []byte(strings.Repeat(clearLogs+"\n", 1000)), 0o600); err != nil {
		fmt.Println(err)
		return
	}
	defer os.Remove(name)
	a, err := event.OpenArchive(name, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer a.Close()
	warnings := 0
	for e, err := range a.All() {
		if err == nil && e.Priority.AtLeast(event.Warning) {
			warnings++
		}
	}
	done, total := a.Progress()
	fmt.Println(warnings, done == total)
	// Output: 1000 true
}

// A host's own plugin has fields that no view knows.
func ExampleBind() {
	e, err := event.Parse([]byte(`{"rule":"Login","priority":"Notice","time":"2024-07-24T14:32:07Z",` +
		`"output_fields":{"vpn.user":"ada","vpn.from":"192.0.2.7","vpn.tries":3}}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	type login struct {
		User  string            `falco:"vpn.user,required"`
		From  netip.Addr        `falco:"vpn.from"`
		Tries event.Opt[int64]  `falco:"vpn.tries"`
		Took  event.Opt[uint64] `falco:"vpn.took"`
	}
	l, err := event.Bind[login](e)
	fmt.Println(l.User, l.From, l.Tries.V, l.Took.OK, err)

	_, err = event.Bind[struct {
		Tries bool `falco:"vpn.tries"`
	}](e)
	fmt.Println(err)
	// Output:
	// ada 192.0.2.7 3 false <nil>
	// vpn.tries: number "3" does not fit Tries bool
}

// An alert keeps its ID through relays that write it anew.
func ExampleEvent_ID() {
	e, err := event.Parse([]byte(clearLogs))
	if err != nil {
		fmt.Println(err)
		return
	}
	relayed, err := event.Parse([]byte(`{"uuid":"5b7b","source":"syscalls",` +
		strings.Replace(strings.TrimPrefix(clearLogs, "{"), `"source":"syscall",`, "", 1)))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(e.ID() == relayed.ID(), relayed.Extra().Get("uuid"))
	// Output: true 5b7b
}

// What was decoded from today's Falco encodes to the same bytes.
func ExampleEvent_AppendJSON() {
	e, err := event.Parse([]byte(clearLogs))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(string(e.AppendJSON(nil)) == clearLogs)
	// Output: true
}

func ExampleDraft() {
	d := event.Draft{
		Time: time.Date(2024, 7, 24, 14, 32, 7, 191837261, time.UTC), Rule: "Odd login", Priority: event.Notice,
		Source: "vpn", Message: "Login from a new place", Tags: []string{"vpn"},
	}
	d.Set("vpn.user", event.StringValue("ada"))
	e, err := d.Build()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(e.Output)
	fmt.Println(e.Fields.Get("vpn.user"))
	// Output:
	// 14:32:07.191837261: Notice Login from a new place
	// ada
}

// Falco reports on itself with alerts of its own.
func ExampleEvent_Internal() {
	e, err := event.Parse([]byte(`{"rule":"Falco internal: syscall event drop","priority":"Debug","time":"2024-07-24T14:32:07Z","source":"internal",` +
		`"output_fields":{"n_drops":"815508","n_drops_buffer_total":"815508","n_drops_bug":"0","n_evts":"2270350"}}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	switch i := e.Internal().(type) {
	case event.SyscallDrops:
		fmt.Println(i.Dropped, "of", i.Events, "lost:", i.Causes)
	case nil:
		fmt.Println("an alert of a rule")
	}
	// Output: 815508 of 2270350 lost: [{buffer_total 815508}]
}

func ExampleParseText() {
	e, err := event.ParseText("14:32:07.191837261: Notice A shell | evt_type=execve user=root terminal=34816",
		time.Date(2024, 7, 24, 15, 0, 0, 0, time.UTC))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(e.Time.Format(time.DateTime), e.TimeSource(), e.Process().TTY.V)
	// Output: 2024-07-24 14:32:07 time of day 34816
}
