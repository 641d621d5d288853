// Package otel gives the attributes of an OpenTelemetry log record for an
// alert, by the names of the semantic conventions where there is one and under
// falco.* where there is none. It does not import OpenTelemetry: a host hands
// the pairs to the SDK it uses.
//
// Names are those of semantic conventions 1.44.0, severities those of the logs
// data model's table for syslog.
package otel

import (
	"cmp"
	"iter"
	"strconv"

	"github.com/falconer-go/falconer/enrich"
	"github.com/falconer-go/falconer/enrich/export/internal/seen"
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
		a.str("security_rule.category", e.Source)
		a.str("falco.alert.id", e.ID().String())
		a.str("falco.alert.priority", e.Priority.String())
		if seen.Local(e.Source) {
			a.str("host.name", e.Hostname)
		} else {
			a.str("falco.hostname", e.Hostname) // of the collector: the alert is about something else
		}
		a.list("falco.alert.tags", e.Tags)
		f := seen.Of(e)
		a.process(&f)
		a.str("user.name", cmp.Or(f.Requester, f.Caller, f.User))
		if f.UID.OK {
			a.str("user.id", strconv.FormatInt(f.UID.V, 10))
		}
		a.str("container.id", f.ContainerID)
		a.str("container.name", f.Container)
		a.str("container.image.name", f.Repository)
		if f.Tag != "" {
			a.list("container.image.tags", []string{f.Tag})
		}
		a.str("k8s.cluster.name", f.Cluster)
		a.str("k8s.namespace.name", cmp.Or(f.Namespace, f.TargetNamespace))
		if f.TargetKind == "pods" {
			f.Pod = f.TargetName
		}
		a.str("k8s.pod.name", f.Pod)
		a.str("file.path", f.Path)
		a.str("client.address", cmp.Or(f.From, f.Client))
		a.num("client.port", seen.Port(f.ClientPort))
		a.str("server.address", f.Server)
		a.num("server.port", seen.Port(f.ServerPort))
		a.str("network.transport", f.Transport)
		a.str("user_agent.original", f.Agent)
		if p := seen.Provider(e.Source); p != "" {
			a.str("cloud.provider", p)
			a.str("cloud.region", f.Region)
			a.str("cloud.account.id", cmp.Or(f.Account, f.Project)) // a project is Google's account
		}
		if m != nil {
			a.mapping(m)
		}
	}
}

type attributes struct {
	yield func(string, any) bool
	done  bool
}

func (a *attributes) process(f *seen.Alert) {
	a.num("process.pid", f.PID)
	a.num("process.parent_pid", f.PPID)
	a.str("process.title", f.Process)
	a.str("process.executable.name", cmp.Or(seen.Base(f.Exe), f.Process))
	a.str("process.executable.path", f.Exe)
	a.str("process.command_line", f.Cmdline)
	a.str("process.working_directory", f.Dir)
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
