// Package seen gathers from an alert, in one pass over its fields, what the
// formats have places for. Asking for each field by its name would go through
// the alert thirty times.
package seen

import (
	"cmp"
	"strings"

	"github.com/falconer-go/falconer/event"
)

// Alert holds what an alert says under the names that formats know. A text that
// the alert does not have, or that Falco could not get, is "".
type Alert struct {
	PID, PPID, TTY, UID    event.Opt[int64]
	ClientPort, ServerPort event.Opt[int64]

	Process, Exe, Cmdline, Dir, Parent, ParentCmdline, ParentExe string // of the process and its parent
	User                                                         string
	Repository, Tag, Digest, ImageID                             string // of the container's image
	ContainerID, Container, Runtime, Pod, Namespace              string // "" where the process is in none
	Path, FDType                                                 string // of the file
	Client, Server, Transport                                    string // of the connection
	Type, Write, Result                                          string // of the system call

	Verb, Requester, Code, Cluster, TargetName, TargetKind, Subresource, TargetNamespace string // of a request to the Kubernetes API

	// Of a call to an API of Kubernetes, a cloud or a service.
	Call, Service, Caller, From, Agent, Fault, Region, Account, Project string
	NoFault                                                             bool // Falco looked for a fault, and there was none

	name, path, userAccount string // what Path and Account are made of
}

// Local reports whether the alerts of a source are about the host that Falco
// runs on: system calls and Falco itself. What a plugin reads may have happened
// anywhere.
func Local(source string) bool { return source == "" || source == "syscall" || source == "internal" }

// Provider returns whose cloud the alerts of a source are about, as ECS and
// OpenTelemetry call it; "" if it is none.
func Provider(source string) string {
	switch source {
	case "aws_cloudtrail":
		return "aws"
	case "gcp_auditlog":
		return "gcp"
	}
	return ""
}

// Of gathers from e.
func Of(e *event.Event) (a Alert) {
	for name, v := range e.Fields.All() {
		if !v.Available() {
			a.NoFault = a.NoFault || name == "ct.error"
			continue
		}
		name = strings.TrimRight(name, " ") // rules in the field have printed such names
		if n := a.number(name); n != nil {
			n.V, n.OK = v.Int()
		} else if s := a.text(name); s != nil {
			*s = v.Text()
		} else if name == "ka.sourceips" { // the client, and the proxies between
			if list, _ := v.Strings(); len(list) > 0 {
				a.From = list[0]
			}
		}
	}
	a.finish(e)
	return a
}

// finish settles what hangs on several fields.
func (a *Alert) finish(e *event.Event) {
	a.Account = cmp.Or(a.Account, a.userAccount)
	switch {
	case strings.HasPrefix(a.name, "/"):
		a.Path = a.name
	case strings.HasPrefix(a.path, "/"):
		a.Path = a.path
	}
	if (a.Client == "" || a.Server == "") && strings.Contains(a.name, "->") {
		n := e.Network() // which reads the ends of a connection from its name
		a.Client, a.ClientPort, a.Server, a.ServerPort = n.ClientIP, n.ClientPort, n.ServerIP, n.ServerPort
	}
	if a.ContainerID == "host" || a.ContainerID == "" && a.Container == "host" { // so Falco calls having none
		a.ContainerID, a.Container, a.Runtime = "", "", ""
		a.Repository, a.Tag, a.Digest, a.ImageID = "", "", "", ""
	}
}

// IsAddr reports whether a text is an IP address.
func IsAddr(text string) bool {
	_, ok := event.StringValue(text).Addr()
	return ok
}

// Port returns a number that may be a port.
func Port(n event.Opt[int64]) event.Opt[int64] {
	n.OK = n.OK && 0 <= n.V && n.V <= 65535
	return n
}

// Base returns the last part of a path.
func Base(path string) string {
	if i := strings.LastIndexByte(path, '/'); i >= 0 && i+1 < len(path) {
		return path[i+1:]
	}
	return path
}

// number returns where the number of that name is kept, or nil.
func (a *Alert) number(name string) *event.Opt[int64] {
	switch name {
	case "proc.pid":
		return &a.PID
	case "proc.ppid":
		return &a.PPID
	case "proc.tty":
		return &a.TTY
	case "user.uid":
		return &a.UID
	case "fd.cport":
		return &a.ClientPort
	case "fd.sport":
		return &a.ServerPort
	}
	return nil
}

// text returns where the text of that name is kept, or nil. An alert has one
// source, so fields of different sources may share a place.
func (a *Alert) text(name string) *string {
	switch name {
	case "proc.name":
		return &a.Process
	case "proc.exepath":
		return &a.Exe
	case "proc.cmdline":
		return &a.Cmdline
	case "proc.cwd":
		return &a.Dir
	case "proc.pname":
		return &a.Parent
	case "proc.pcmdline":
		return &a.ParentCmdline
	case "proc.pexepath":
		return &a.ParentExe
	case "user.name":
		return &a.User
	case "container.id":
		return &a.ContainerID
	case "container.type":
		return &a.Runtime
	case "container.name":
		return &a.Container
	case "k8s.pod.name":
		return &a.Pod
	case "k8s.ns.name":
		return &a.Namespace
	case "container.image.repository":
		return &a.Repository
	case "container.image.tag":
		return &a.Tag
	case "container.image.digest":
		return &a.Digest
	case "container.image.id":
		return &a.ImageID
	case "fd.name":
		return &a.name
	case "fs.path.name":
		return &a.path
	case "fd.type":
		return &a.FDType
	case "fd.cip":
		return &a.Client
	case "fd.sip":
		return &a.Server
	case "fd.l4proto":
		return &a.Transport
	case "evt.type":
		return &a.Type
	case "evt.is_open_write":
		return &a.Write
	case "evt.res", "okta.result":
		return &a.Result
	case "ka.verb":
		return &a.Verb
	case "ka.user.name":
		return &a.Requester
	case "ka.response.code":
		return &a.Code
	case "ka.cluster.name":
		return &a.Cluster
	case "ka.target.name":
		return &a.TargetName
	case "ka.target.resource":
		return &a.TargetKind
	case "ka.target.subresource":
		return &a.Subresource
	case "ka.target.namespace":
		return &a.TargetNamespace
	case "ct.name", "gcp.methodName", "okta.evt.type", "github.action":
		return &a.Call
	case "ct.src", "gcp.serviceName":
		return &a.Service
	case "ct.user", "gcp.user", "okta.actor.alternateid", "github.user":
		return &a.Caller
	case "ct.srcip", "gcp.callerIP", "okta.client.ip":
		return &a.From
	case "ct.error":
		return &a.Fault
	case "ct.region", "gcp.location":
		return &a.Region
	case "ct.user.accountid":
		return &a.userAccount
	case "ct.recipientaccountid":
		return &a.Account
	case "gcp.projectId":
		return &a.Project
	case "ct.useragent", "gcp.userAgent", "ka.useragent", "okta.useragent.raw":
		return &a.Agent
	}
	return nil
}
