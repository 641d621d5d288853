// Package seen gathers from an alert, in one pass over its fields, what the
// formats have places for. Asking for each field by its name would go through
// the alert thirty times.
package seen

import (
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
	ContainerID, Container, Pod, Namespace                       string
	FDName, FDType, Client, Server, Transport                    string // of the file or connection
	Type, Result                                                 string // of the system call

	Verb, Requester, Code, TargetName, TargetKind, TargetNamespace string // of a request to the Kubernetes API

	// Of a call to a cloud's or service's API.
	Call, Service, Caller, From, Fault, Region string
}

// Of gathers from e.
func Of(e *event.Event) (a Alert) {
	for name, v := range e.Fields.All() {
		if !v.Available() {
			continue
		}
		name = strings.TrimRight(name, " ") // rules in the field have printed such names
		if n := a.number(name); n != nil {
			n.V, n.OK = v.Int()
		} else if s := a.text(name); s != nil {
			*s = v.Text()
		}
	}
	return a
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
		return &a.FDName
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
	case "evt.res":
		return &a.Result
	case "ka.verb":
		return &a.Verb
	case "ka.user.name":
		return &a.Requester
	case "ka.response.code":
		return &a.Code
	case "ka.target.name":
		return &a.TargetName
	case "ka.target.resource":
		return &a.TargetKind
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
	case "ct.region":
		return &a.Region
	}
	return nil
}
