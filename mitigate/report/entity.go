package report

import (
	"github.com/falconer-go/falconer/event"
	"github.com/falconer-go/falconer/mitigate"
)

// entity is somebody or something that an alert is about: alerts that share one
// within minutes belong to the same incident.
type entity struct {
	kind string // host, container, pod, user, principal, address
	name string
}

// entitiesOf returns what links e to other alerts. A host links only what ran
// outside containers: a node runs the containers of people who have nothing to
// do with each other.
func entitiesOf(e *event.Event) []entity {
	var list []entity
	add := func(kind, name string) {
		if name != "" && name != "<NA>" {
			list = append(list, entity{kind, name})
		}
	}
	c, k := e.Container(), e.Kubernetes()
	contained := c.ID != "" && c.ID != "host"
	if contained {
		add("container", c.ID)
	}
	if k.Pod != "" {
		add("pod", k.Namespace+"/"+k.Pod)
	}
	if !contained && k.Pod == "" && (e.Source == "syscall" || e.Source == "") {
		add("host", e.Hostname)
	}
	if target := text(e, "ka.target.name"); target != "" && text(e, "ka.target.resource") == "pods" {
		add("pod", text(e, "ka.target.namespace")+"/"+target)
	}
	add("user", text(e, "ka.user.name"))
	add("principal", first(e, "ct.user.arn", "ct.user", "gcp.user", "okta.actor.alternateid", "okta.actor.name", "github.user"))
	add("address", first(e, "ct.srcip", "gcp.callerIP", "okta.client.ip"))
	return list
}

// first returns the first of the fields that has a value.
func first(e *event.Event, fields ...string) string {
	for _, f := range fields {
		if s := text(e, f); s != "" {
			return s
		}
	}
	return ""
}

func text(e *event.Event, field string) string {
	v := e.Fields.Get(field)
	if !v.Available() {
		return ""
	}
	return v.Text()
}

// touched are the kinds of things that an incident lists, with the fields that
// name them.
var touched = []struct {
	label  string
	fields []string
}{
	{"Hosts", []string{"alert.hostname"}},
	{"Containers", []string{"container.name", "container.id"}},
	{"Images", []string{"container.image.repository"}},
	{"Pods", []string{"k8s.pod.name"}},
	{"Namespaces", []string{"k8s.ns.name", "ka.target.namespace"}},
	{"Users", []string{"user.name", "ka.user.name"}},
	{"Cloud principals", []string{"ct.user", "gcp.user", "okta.actor.alternateid", "github.user"}},
	{"Programs", []string{"proc.exepath", "proc.name"}},
	{"Files", []string{"fd.name", "fs.path.name"}},
	{"Addresses", []string{"ct.srcip", "fd.rip", "fd.sip", "gcp.callerIP", "okta.client.ip"}},
}

// valueOf returns the first of the fields that has a value, as a span.
func valueOf(e *event.Event, fields []string) (mitigate.Span, bool) {
	for _, f := range fields {
		if f == "fd.name" && connection(e) {
			continue // no file
		}
		if s, ok := mitigate.ValueOf(e, f); ok && s.Text != "host" {
			return s, true
		}
	}
	return mitigate.Span{}, false
}
