// Package otel gives the attributes of an OpenTelemetry log record for an
// alert, by the names of the semantic conventions where there is one and under
// falco.* where there is none. It does not import OpenTelemetry: a host hands
// the pairs to the SDK it uses.
//
// Names are those of semantic conventions 1.44.0, severities those of the logs
// data model's table for syslog.
package otel

import (
	"iter"
	"strconv"

	"github.com/falconer-go/falconer/enrich"
	"github.com/falconer-go/falconer/event"
)

// EventName is the name of the log record's event.
const EventName = "falco.alert"

// SeverityNumber is the SeverityNumber of a priority.
func SeverityNumber(p event.Priority) int {
	switch p {
	case event.Emergency:
		return 21
	case event.Alert:
		return 19
	case event.Critical:
		return 18
	case event.Error:
		return 17
	case event.Warning:
		return 13
	case event.Notice:
		return 10
	case event.Informational:
		return 9
	}
	return 5
}

// Attributes yields the attributes of e and of its mapping, which may be nil.
// A value is a string, an int64, or a []string. What the alert does not have is
// left out.
func Attributes(e *event.Event, m *enrich.Mapping) iter.Seq2[string, any] {
	return func(yield func(string, any) bool) {
		a := attributes{yield: yield}
		a.str("security_rule.name", e.Rule)
		a.str("security_rule.ruleset.name", e.Source)
		a.str("falco.alert.id", e.ID().String())
		a.str("falco.alert.priority", e.Priority.String())
		a.str("host.name", e.Hostname)
		a.list("falco.alert.tags", e.Tags)
		p, u, c, img, k := e.Process(), e.User(), e.Container(), e.Image(), e.Kubernetes()
		a.num("process.pid", p.PID)
		a.num("process.parent_pid", p.PPID)
		a.str("process.executable.name", p.Name)
		a.str("process.executable.path", p.ExePath)
		a.str("process.command_line", p.Cmdline)
		a.str("process.working_directory", p.CWD)
		a.str("user.name", u.Name)
		if u.UID.OK {
			a.str("user.id", strconv.FormatInt(u.UID.V, 10))
		}
		if c.ID != "host" {
			a.str("container.id", c.ID)
			a.str("container.name", c.Name)
			a.str("container.image.name", img.Repository)
			if img.Tag != "" {
				a.list("container.image.tags", []string{img.Tag})
			}
		}
		a.str("k8s.namespace.name", k.Namespace)
		a.str("k8s.pod.name", k.Pod)
		if name := e.File().Name; len(name) > 0 && name[0] == '/' {
			a.str("file.path", name)
		}
		n := e.Network()
		a.str("client.address", n.ClientIP)
		a.num("client.port", n.ClientPort)
		a.str("server.address", n.ServerIP)
		a.num("server.port", n.ServerPort)
		a.str("network.transport", n.Protocol)
		if m != nil {
			a.mapping(m)
		}
	}
}

type attributes struct {
	yield func(string, any) bool
	done  bool
}

func (a *attributes) put(name string, v any) {
	if !a.done {
		a.done = !a.yield(name, v)
	}
}

func (a *attributes) str(name, s string) {
	if s != "" {
		a.put(name, s)
	}
}

func (a *attributes) num(name string, n event.Opt[int64]) {
	if n.OK {
		a.put(name, n.V)
	}
}

func (a *attributes) list(name string, list []string) {
	if len(list) > 0 {
		a.put(name, list)
	}
}

// mapping writes what the conventions have no names for.
func (a *attributes) mapping(m *enrich.Mapping) {
	a.str("falco.attack.version", m.Version)
	var tactics, techniques, controls, requirements []string
	for _, t := range m.Tactics {
		tactics = append(tactics, t.ID)
	}
	for _, t := range m.Techniques {
		if !t.Derived() {
			techniques = append(techniques, t.ID)
		}
	}
	for _, c := range m.Controls {
		controls = append(controls, c.ID)
	}
	for _, r := range m.Requirements {
		requirements = append(requirements, r.String())
	}
	a.list("falco.attack.tactic.id", tactics)
	a.list("falco.attack.technique.id", techniques)
	a.list("falco.nist.control.id", controls)
	a.list("falco.compliance.requirement", requirements)
}
