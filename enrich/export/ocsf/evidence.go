package ocsf

import (
	"cmp"
	"strconv"

	"github.com/falconer-go/falconer/enrich/export/internal/seen"
	"github.com/falconer-go/falconer/event"
)

// What an alert is evidence of: the device, the process with its user and
// container, the file, the ends of a connection, the call of an API.

// local reports whether the host that Falco ran on is what the alert is about.
func (f *finding) local() bool { return seen.Local(f.e.Source) }

func (f *finding) device() {
	if f.local() {
		f.host()
	}
}

func (f *finding) host() {
	if f.e.Hostname == "" {
		return
	}
	d := f.Begin("device")
	f.Int("type_id", deviceUnknown)
	f.Str("type", "Unknown")
	f.Str("hostname", f.e.Hostname)
	f.End(d)
}

// reporter writes the host of a Falco that read of what happened elsewhere.
// Before 1.6 it stood among the loggers.
func (f *finding) reporter() {
	switch {
	case f.local() || f.e.Hostname == "":
	case f.o.Version == V1_1:
		list := f.BeginList("loggers")
		l := f.Begin("")
		f.Str("name", "Falco")
		f.host()
		f.End(l)
		f.EndList(list)
	default:
		r := f.Begin("reporter")
		f.Str("name", "Falco")
		f.Str("hostname", f.e.Hostname)
		f.End(r)
	}
}

// cloud writes whose cloud a call was made to. The schema gives the providers'
// names as examples.
func (f *finding) cloud() {
	provider := ""
	switch seen.Provider(f.e.Source) {
	case "aws":
		provider = "AWS"
	case "gcp":
		provider = "GCP"
	default:
		return
	}
	o := f.Begin("cloud")
	f.Str("provider", provider)
	f.StrIf("region", f.Region)
	f.StrIf("project_uid", f.Project)
	a := f.Begin("account")
	f.StrIf("uid", f.Account)
	f.End(a)
	f.End(o)
}

func (f *finding) evidences() {
	list := f.BeginList("evidences")
	ev := f.Begin("")
	if f.PID.OK {
		f.process()
	} else {
		f.processData()
	}
	f.fileObject()
	f.endpoints()
	f.cloudAPI()
	if f.evident = true; f.o.Version != V1_1 {
		f.resources()
		if f.evident = f.B[len(f.B)-1] != '{'; f.evident && !f.PID.OK { // a container alone is no evidence
			f.container()
		}
	}
	f.End(ev)
	f.EndList(list)
}

func (f *finding) process() {
	o := f.Begin("process")
	f.Int("pid", f.PID.V)
	f.image()
	if f.o.Version != V1_1 {
		f.StrIf("working_directory", f.Dir)
	}
	f.user()
	if f.PPID.OK {
		parent := f.Begin("parent_process")
		f.Int("pid", f.PPID.V)
		f.StrIf("name", f.Parent)
		f.StrIf("cmd_line", f.ParentCmdline)
		f.End(parent)
	}
	f.container()
	f.End(o)
}

// processData writes a process whose pid the alert does not have, which the
// schema wants of a process: what is known of it stands in the evidence's data,
// under the same names, and its user and container beside it where evidence has
// a place for them.
func (f *finding) processData() {
	data := f.Begin("data")
	o := f.Begin("process")
	f.image()
	parent := f.Begin("parent_process")
	f.IntIf("pid", f.PPID)
	f.StrIf("name", f.Parent)
	f.StrIf("cmd_line", f.ParentCmdline)
	f.End(parent)
	if f.o.Version == V1_1 {
		f.container()
	}
	f.End(o)
	f.End(data)
	if f.o.Version != V1_1 {
		f.user()
	}
}

// image writes what a process runs.
func (f *finding) image() {
	f.StrIf("name", f.Process)
	f.StrIf("cmd_line", f.Cmdline)
	if f.Exe != "" {
		file := f.Begin("file")
		f.Str("name", seen.Base(f.Exe))
		f.Str("path", f.Exe)
		f.Int("type_id", fileRegular)
		f.End(file)
	}
}

func (f *finding) user() {
	o := f.Begin("user")
	f.StrIf("name", f.User)
	if f.UID.OK {
		f.Str("uid", strconv.FormatInt(f.UID.V, 10))
	}
	f.End(o)
}

func (f *finding) container() {
	if f.ContainerID == "" {
		return
	}
	o := f.Begin("container")
	f.Str("uid", f.ContainerID)
	f.StrIf("name", f.Container)
	f.StrIf("runtime", f.Runtime)
	if f.Repository != "" {
		i := f.Begin("image")
		f.Str("uid", cmp.Or(f.Digest, f.ImageID, f.Repository))
		f.Str("name", f.Repository)
		f.StrIf("tag", f.Tag)
		f.End(i)
	}
	if f.Pod != "" {
		f.Str("orchestrator", "kubernetes")
	}
	f.End(o)
}

func (f *finding) fileObject() {
	if f.Path == "" {
		return // a connection, a pipe, a device without a path
	}
	o := f.Begin("file")
	f.Str("name", seen.Base(f.Path))
	f.Str("path", f.Path)
	kind := fileUnknown
	switch f.FDType {
	case "file":
		kind = fileRegular
	case "directory":
		kind = fileFolder
	}
	f.Int("type_id", int64(kind))
	f.End(o)
}

func (f *finding) endpoints() {
	f.endpoint("src_endpoint", f.source(), f.ClientPort)
	f.endpoint("dst_endpoint", f.Server, f.ServerPort)
}

// source is where a connection or a call came from.
func (f *finding) source() string { return cmp.Or(f.From, f.Client) }

// endpoint writes an end of a connection if it has an address: a cloud service
// calls itself by name where an address belongs.
func (f *finding) endpoint(name, ip string, port event.Opt[int64]) {
	if !seen.IsAddr(ip) {
		return
	}
	o := f.Begin(name)
	f.Str("ip", ip)
	f.IntIf("port", seen.Port(port))
	f.End(o)
}

// cloudAPI writes the call of a Kubernetes or cloud API, and who made it.
func (f *finding) cloudAPI() {
	if operation := cmp.Or(f.Verb, f.Call); operation != "" {
		o := f.Begin("api")
		f.Str("operation", operation)
		s := f.Begin("service")
		f.StrIf("name", f.Service)
		f.End(s)
		f.response()
		f.End(o)
	}
	if who := f.caller(); who != "" {
		o := f.Begin("actor")
		u := f.Begin("user")
		f.Str("name", who)
		f.End(u)
		f.End(o)
	} else if f.o.Version == V1_1 && !f.PID.OK {
		o := f.Begin("actor")
		f.user()
		f.End(o)
	}
}

func (f *finding) response() {
	r := f.Begin("response")
	if f.Code != "" {
		if code, err := strconv.ParseInt(f.Code, 10, 32); err == nil {
			f.Int("code", code)
		}
	}
	f.StrIf("error", f.Fault)
	f.End(r)
}

// caller is who called an API.
func (f *finding) caller() string { return cmp.Or(f.Requester, f.Caller) }

// resources writes the pod, and the object that a Kubernetes request is about:
// in the evidence, and in the finding itself where evidence has no place for
// them yet.
func (f *finding) resources() {
	list := f.BeginList("resources")
	f.resource(f.Pod, "pod", f.Namespace)
	f.resource(f.TargetName, f.TargetKind, f.TargetNamespace)
	f.EndList(list)
}

func (f *finding) resource(name, kind, namespace string) {
	if name == "" {
		return
	}
	r := f.Begin("")
	f.Str("name", name)
	f.StrIf("type", kind)
	f.StrIf("namespace", namespace)
	f.End(r)
}

func (f *finding) observables() {
	list := f.BeginList("observables")
	add := func(id int64, kind, path, value string) {
		if value == "" {
			return
		}
		if f.o.Version == V1_1 && id > observableUID {
			id = observableOther
		}
		o := f.Begin("")
		f.Int("type_id", id)
		f.Str("type", kind)
		f.Str("name", path)
		f.Str("value", value)
		f.End(o)
	}
	host := "device.hostname"
	if !f.local() {
		if host = "metadata.reporter.hostname"; f.o.Version == V1_1 {
			host = "metadata.loggers.device.hostname"
		}
	}
	add(observableHostname, "Hostname", host, f.e.Hostname)
	if f.PID.OK {
		add(observableProcess, "Process Name", "evidences.process.name", f.Process)
		add(observableCommand, "Command Line", "evidences.process.cmd_line", f.Cmdline)
		add(observableUser, "User Name", "evidences.process.user.name", f.User)
		add(observableUID, "Resource UID", "evidences.process.container.uid", f.ContainerID)
	} else {
		user, container := "evidences.user.name", "evidences.container.uid"
		if f.o.Version == V1_1 {
			user, container = "evidences.actor.user.name", "evidences.data.process.container.uid"
		}
		add(observableProcess, "Process Name", "evidences.data.process.name", f.Process)
		add(observableCommand, "Command Line", "evidences.data.process.cmd_line", f.Cmdline)
		if f.o.Version != V1_1 || f.caller() == "" {
			add(observableUser, "User Name", user, f.User)
		}
		if f.evident {
			add(observableUID, "Resource UID", container, f.ContainerID)
		}
	}
	add(observableUser, "User Name", "evidences.actor.user.name", f.caller())
	add(observablePath, "File Path", "evidences.file.path", f.Path)
	if ip := f.source(); seen.IsAddr(ip) {
		add(observableIP, "IP Address", "evidences.src_endpoint.ip", ip)
	}
	if seen.IsAddr(f.Server) {
		add(observableIP, "IP Address", "evidences.dst_endpoint.ip", f.Server)
	}
	f.EndList(list)
}

// unmapped keeps every field of the alert under its own name, so that nothing
// is lost, mapped or not.
func (f *finding) unmapped() {
	o := f.Begin("unmapped")
	for name, v := range f.e.Fields.All() {
		f.Member(name, v)
	}
	f.End(o)
}
