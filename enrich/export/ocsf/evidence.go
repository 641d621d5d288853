package ocsf

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/falconer-go/falconer/event"
)

// What an alert is evidence of: the device, the process with its user and
// container, the file, the ends of a connection, the call of an API.

func (f *finding) device() {
	if f.e.Hostname == "" {
		return
	}
	d := f.Begin("device")
	f.Int("type_id", deviceUnknown)
	f.Str("type", "Unknown")
	f.Str("hostname", f.e.Hostname)
	f.End(d)
}

func (f *finding) contained() bool { return f.ContainerID != "" && f.ContainerID != "host" }

func (f *finding) evidences() {
	list := f.BeginList("evidences")
	ev := f.Begin("")
	f.process()
	f.fileObject()
	f.endpoints()
	f.cloudAPI()
	f.End(ev)
	f.EndList(list)
}

// process writes the process, if the alert has the pid that the schema wants;
// what else is known of it stays in unmapped otherwise.
func (f *finding) process() {
	if !f.PID.OK {
		if f.o.Version != V1_1 { // where evidence has no user of its own
			f.user()
		}
		return
	}
	o := f.Begin("process")
	f.Int("pid", f.PID.V)
	f.StrIf("name", f.Process)
	f.StrIf("cmd_line", f.Cmdline)
	if f.Exe != "" {
		file := f.Begin("file")
		f.Str("name", base(f.Exe))
		f.Str("path", f.Exe)
		f.Int("type_id", fileRegular)
		f.End(file)
	}
	f.user()
	if f.PPID.OK {
		parent := f.Begin("parent_process")
		f.Int("pid", f.PPID.V)
		f.StrIf("name", f.Parent)
		f.StrIf("cmd_line", f.ParentCmdline)
		f.End(parent)
	}
	if f.contained() {
		f.container()
	}
	f.End(o)
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
	o := f.Begin("container")
	f.Str("uid", f.ContainerID)
	f.StrIf("name", f.Container)
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
	name := f.FDName
	if !strings.HasPrefix(name, "/") {
		return // a connection, a pipe, a device without a path
	}
	o := f.Begin("file")
	f.Str("name", base(name))
	f.Str("path", name)
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
	f.endpoint("src_endpoint", f.Client, f.ClientPort)
	f.endpoint("dst_endpoint", f.Server, f.ServerPort)
}

func (f *finding) endpoint(name, ip string, port event.Opt[int64]) {
	if ip == "" {
		return
	}
	o := f.Begin(name)
	f.Str("ip", ip)
	if port.OK && 0 <= port.V && port.V <= 65535 {
		f.Int("port", port.V)
	}
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
		if code, err := strconv.Atoi(f.Code); err == nil {
			r := f.Begin("response")
			f.Int("code", int64(code))
			f.End(r)
		} else if f.Fault != "" {
			r := f.Begin("response")
			f.Str("error", f.Fault)
			f.End(r)
		}
		f.End(o)
	}
	if who := cmp.Or(f.Requester, f.Caller); who != "" {
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
	if f.Client == "" && isAddr(f.From) {
		f.endpoint("src_endpoint", f.From, event.Opt[int64]{})
	}
	if f.o.Version != V1_1 {
		f.resources()
	}
}

// resources writes the object that a Kubernetes request is about: in the
// evidence, and in the finding itself where evidence has no place for it yet.
func (f *finding) resources() {
	if f.TargetName == "" {
		return
	}
	list := f.BeginList("resources")
	r := f.Begin("")
	f.Str("name", f.TargetName)
	f.StrIf("type", f.TargetKind)
	f.StrIf("namespace", f.TargetNamespace)
	f.End(r)
	f.EndList(list)
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
	add(observableHostname, "Hostname", "device.hostname", f.e.Hostname)
	if f.PID.OK {
		add(observableProcess, "Process Name", "evidences.process.name", f.Process)
		add(observableCommand, "Command Line", "evidences.process.cmd_line", f.Cmdline)
		add(observableUser, "User Name", "evidences.process.user.name", f.User)
		if f.contained() {
			add(observableUID, "Resource UID", "evidences.process.container.uid", f.ContainerID)
		}
	}
	if strings.HasPrefix(f.FDName, "/") {
		add(observablePath, "File Path", "evidences.file.path", f.FDName)
	}
	add(observableIP, "IP Address", "evidences.src_endpoint.ip", f.Client)
	add(observableIP, "IP Address", "evidences.dst_endpoint.ip", f.Server)
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

func base(path string) string {
	if i := strings.LastIndexByte(path, '/'); i >= 0 && i+1 < len(path) {
		return path[i+1:]
	}
	return path
}

func isAddr(ip string) bool {
	_, ok := event.StringValue(ip).Addr()
	return ok
}
