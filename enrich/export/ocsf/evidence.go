package ocsf

import (
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

func (f *finding) contained() bool { return f.containerID != "" && f.containerID != "host" }

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
	p := f.proc
	if !p.pid.OK {
		if f.o.Version != V1_1 { // where evidence has no user of its own
			f.user()
		}
		return
	}
	o := f.Begin("process")
	f.Int("pid", p.pid.V)
	f.StrIf("name", p.name)
	f.StrIf("cmd_line", p.cmdline)
	if p.exe != "" {
		file := f.Begin("file")
		f.Str("name", base(p.exe))
		f.Str("path", p.exe)
		f.Int("type_id", fileRegular)
		f.End(file)
	}
	f.user()
	if p.ppid.OK {
		parent := f.Begin("parent_process")
		f.Int("pid", p.ppid.V)
		f.StrIf("name", p.parent)
		f.StrIf("cmd_line", p.parentCmdline)
		f.End(parent)
	}
	if f.contained() {
		f.container()
	}
	f.End(o)
}

func (f *finding) user() {
	o := f.Begin("user")
	f.StrIf("name", available(f.e, "user.name"))
	if uid := number(f.e, "user.uid"); uid.OK {
		f.Str("uid", strconv.FormatInt(uid.V, 10))
	}
	f.End(o)
}

func (f *finding) container() {
	o := f.Begin("container")
	f.Str("uid", f.containerID)
	f.StrIf("name", available(f.e, "container.name"))
	if img := f.e.Image(); img.Repository != "" {
		i := f.Begin("image")
		f.Str("uid", firstOf(img.Digest, img.ID, img.Repository))
		f.Str("name", img.Repository)
		f.StrIf("tag", img.Tag)
		f.End(i)
	}
	if available(f.e, "k8s.pod.name") != "" {
		f.Str("orchestrator", "kubernetes")
	}
	f.End(o)
}

func (f *finding) fileObject() {
	name := f.path
	if !strings.HasPrefix(name, "/") {
		return // a connection, a pipe, a device without a path
	}
	o := f.Begin("file")
	f.Str("name", base(name))
	f.Str("path", name)
	kind := fileUnknown
	switch available(f.e, "fd.type") {
	case "file":
		kind = fileRegular
	case "directory":
		kind = fileFolder
	}
	f.Int("type_id", int64(kind))
	f.End(o)
}

func (f *finding) endpoints() {
	f.endpoint("src_endpoint", f.client, number(f.e, "fd.cport"))
	f.endpoint("dst_endpoint", f.server, number(f.e, "fd.sport"))
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
	get := func(name string) string { return available(f.e, name) }
	operation := firstOf(get("ka.verb"), get("ct.name"), get("gcp.methodName"), get("okta.evt.type"), get("github.action"))
	if operation != "" {
		o := f.Begin("api")
		f.Str("operation", operation)
		if service := firstOf(get("ct.src"), get("gcp.serviceName")); service != "" {
			s := f.Begin("service")
			f.Str("name", service)
			f.End(s)
		}
		if code, err := strconv.Atoi(get("ka.response.code")); err == nil {
			r := f.Begin("response")
			f.Int("code", int64(code))
			f.End(r)
		} else if fault := get("ct.error"); fault != "" {
			r := f.Begin("response")
			f.Str("error", fault)
			f.End(r)
		}
		f.End(o)
	}
	if who := firstOf(get("ka.user.name"), get("ct.user"), get("gcp.user"), get("okta.actor.alternateid"), get("github.user")); who != "" {
		o := f.Begin("actor")
		u := f.Begin("user")
		f.Str("name", who)
		f.End(u)
		f.End(o)
	} else if f.o.Version == V1_1 && !f.proc.pid.OK {
		o := f.Begin("actor")
		f.user()
		f.End(o)
	}
	if ip := firstOf(get("ct.srcip"), get("gcp.callerIP"), get("okta.client.ip")); ip != "" && f.client == "" && isAddr(ip) {
		f.endpoint("src_endpoint", ip, event.Opt[int64]{})
	}
	if f.o.Version != V1_1 {
		f.resources()
	}
}

// resources writes the object that a Kubernetes request is about: in the
// evidence, and in the finding itself where evidence has no place for it yet.
func (f *finding) resources() {
	name := available(f.e, "ka.target.name")
	if name == "" {
		return
	}
	list := f.BeginList("resources")
	r := f.Begin("")
	f.Str("name", name)
	f.StrIf("type", available(f.e, "ka.target.resource"))
	f.StrIf("namespace", available(f.e, "ka.target.namespace"))
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
	if p := f.proc; p.pid.OK {
		add(observableProcess, "Process Name", "evidences.process.name", p.name)
		add(observableCommand, "Command Line", "evidences.process.cmd_line", p.cmdline)
		add(observableUser, "User Name", "evidences.process.user.name", available(f.e, "user.name"))
		if f.contained() {
			add(observableUID, "Resource UID", "evidences.process.container.uid", f.containerID)
		}
	}
	if strings.HasPrefix(f.path, "/") {
		add(observablePath, "File Path", "evidences.file.path", f.path)
	}
	add(observableIP, "IP Address", "evidences.src_endpoint.ip", f.client)
	add(observableIP, "IP Address", "evidences.dst_endpoint.ip", f.server)
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

func available(e *event.Event, name string) string {
	if v := e.Fields.Get(name); v.Available() {
		return v.Text()
	}
	return ""
}

func number(e *event.Event, name string) event.Opt[int64] {
	n, ok := e.Fields.Get(name).Int()
	return event.Opt[int64]{V: n, OK: ok}
}

func isAddr(ip string) bool {
	_, ok := event.StringValue(ip).Addr()
	return ok
}

func firstOf(list ...string) string {
	for _, s := range list {
		if s != "" {
			return s
		}
	}
	return ""
}
