// Package ecs writes alerts as documents of the Elastic Common Schema, release
// 9: event.*, rule.*, threat.*, process.*, container.*, file.*, and the others
// that an alert has something for.
//
// Names and allowed values are those of ecs v9.4.0 (Apache-2.0). docs/export.md
// lists which field of Falco goes where.
package ecs

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/falconer-go/falconer/enrich"
	"github.com/falconer-go/falconer/enrich/export/internal/jsonw"
	"github.com/falconer-go/falconer/enrich/export/internal/seen"
	"github.com/falconer-go/falconer/event"
)

const version = "9.4.0"

// Options configure a document. The zero Options, and nil, are the defaults.
type Options struct {
	// Dataset is event.dataset, "falco.alerts" if it is "".
	Dataset string
}

// Append appends the document for e to dst, one JSON object on one line. The
// mapping fills threat.*; it may be nil.
func Append(dst []byte, e *event.Event, m *enrich.Mapping, o *Options) []byte {
	if o == nil {
		o = new(Options)
	}
	d := document{Writer: jsonw.Writer{B: append(dst, '\n')}, e: e, m: m, o: o, Alert: seen.Of(e)}
	at := len(dst)
	d.write()
	// The line feed kept the writer from looking at what stood before.
	return append(d.B[:at], d.B[at+1:]...)
}

type document struct {
	jsonw.Writer
	seen.Alert
	e *event.Event
	m *enrich.Mapping
	o *Options
}

func (d *document) write() {
	e := d.e
	all := d.Begin("")
	d.Time("@timestamp", e.Time)
	ecs := d.Begin("ecs")
	d.Str("version", version)
	d.End(ecs)
	if e.Message != "" {
		d.Str("message", e.Message)
	} else {
		d.StrIf("message", e.Output)
	}
	d.Strs("tags", e.Tags)
	d.event()
	rule := d.Begin("rule")
	d.Str("name", e.Rule)
	d.StrIf("category", e.Source)
	d.End(rule)
	host := d.Begin("host")
	d.StrIf("hostname", e.Hostname)
	d.StrIf("name", e.Hostname)
	d.End(host)
	d.threat()
	d.process()
	d.container()
	d.file()
	d.network()
	d.cloud()
	d.falco()
	d.End(all)
}

// severity is event.severity: Falco's own number turned around, so that more is
// worse as Elastic has it, from 0 for Debug to 7 for Emergency.
func severity(p event.Priority) int64 { return int64(event.Debug - p) }

func (d *document) event() {
	e := d.e
	ev := d.Begin("event")
	d.Str("kind", "alert")
	category, kind := d.classify()
	d.Strs("category", category)
	d.Strs("type", kind)
	d.Str("module", "falco")
	if d.o.Dataset != "" {
		d.Str("dataset", d.o.Dataset)
	} else {
		d.Str("dataset", "falco.alerts")
	}
	d.Str("id", e.ID().String())
	d.Int("severity", severity(e.Priority))
	d.StrIf("action", cmp.Or(d.Verb, d.Call, d.Type))
	d.StrIf("outcome", d.outcome())
	d.StrIf("provider", e.Source)
	d.End(ev)
}

// classify returns event.category and event.type, from ECS's lists of allowed
// values.
func (d *document) classify() (category, kind []string) {
	category, kind = []string{"intrusion_detection"}, []string{"info"}
	switch d.e.Source {
	case "k8s_audit", "aws_cloudtrail", "gcp_auditlog":
		category = append(category, "api")
	case "okta":
		category = append(category, "iam")
	case "syscall", "":
		switch d.Type {
		case "execve", "execveat", "clone", "clone3", "fork", "vfork":
			category, kind = append(category, "process"), []string{"start"}
		case "connect", "accept", "accept4", "bind", "listen", "sendto", "sendmsg", "recvfrom", "recvmsg":
			category, kind = append(category, "network"), []string{"connection"}
		case "open", "openat", "openat2", "creat", "read", "readv":
			category, kind = append(category, "file"), []string{"access"}
		case "unlink", "unlinkat", "rmdir":
			category, kind = append(category, "file"), []string{"deletion"}
		case "rename", "renameat", "renameat2", "chmod", "fchmod", "fchmodat", "link", "linkat", "symlink", "symlinkat", "mkdir", "mkdirat":
			category, kind = append(category, "file"), []string{"change"}
		}
	}
	return category, kind
}

// outcome is success, failure or, where the alert does not say, "".
func (d *document) outcome() string {
	if code, err := strconv.Atoi(d.Code); err == nil {
		if code < 400 {
			return "success"
		}
		return "failure"
	}
	switch {
	case d.Fault != "":
		return "failure"
	case d.Result == "SUCCESS":
		return "success"
	case strings.HasPrefix(d.Result, "E"):
		return "failure"
	}
	return ""
}

// threat writes flat parallel arrays, as ECS has them. The same place in the
// arrays of tactics and techniques belongs together, so a technique that serves
// two tactics stands there twice, and tactics without a technique come last. A
// sub-technique names its technique by its id.
func (d *document) threat() {
	if d.m == nil {
		return
	}
	var room [16]*enrich.Pair // more than nearly all rules have
	pairs := room[:0]
	all := d.m.Pairs()
	for i := range all {
		if !all[i].Technique.Derived() {
			pairs = append(pairs, &all[i])
		}
	}
	n := len(pairs)
	if len(pairs) == 0 && len(d.m.Tactics) == 0 {
		return
	}
	t := d.Begin("threat")
	d.Str("framework", "MITRE ATT&CK")
	var alone []enrich.MappedTactic
	for _, m := range d.m.Tactics {
		if !slices.ContainsFunc(pairs, func(p *enrich.Pair) bool { return p.Tactic.ID == m.ID }) {
			alone = append(alone, m)
		}
	}
	at := func(i int) *enrich.Tactic {
		if i < n {
			return &pairs[i].Tactic
		}
		return &alone[i-n].Tactic
	}
	tactic := d.Begin("tactic")
	d.each("id", n+len(alone), func(i int) string { return at(i).ID })
	d.each("name", n+len(alone), func(i int) string { return at(i).Name })
	d.references("/tactics/", n+len(alone), func(i int) string { return at(i).ID })
	d.End(tactic)
	technique := d.Begin("technique")
	d.each("id", n, func(i int) string { id, _, _ := strings.Cut(pairs[i].Technique.ID, "."); return id })
	d.each("name", n, func(i int) string { return d.parentName(pairs[i].Technique) })
	d.references("/techniques/", n, func(i int) string { id, _, _ := strings.Cut(pairs[i].Technique.ID, "."); return id })
	var subRoom [16]*enrich.Pair
	sub := subRoom[:0]
	for _, p := range pairs {
		if p.Technique.Parent() != "" {
			sub = append(sub, p)
		}
	}
	s := d.Begin("subtechnique")
	d.each("id", len(sub), func(i int) string { return sub[i].Technique.ID })
	d.each("name", len(sub), func(i int) string { return sub[i].Technique.Name })
	d.references("/techniques/", len(sub), func(i int) string { return sub[i].Technique.ID })
	d.End(s)
	d.End(technique)
	d.End(t)
}

func (d *document) each(name string, n int, f func(int) string) {
	list := d.BeginList(name)
	for i := range n {
		d.Str("", f(i))
	}
	d.EndList(list)
}

// references writes where a release of ATT&CK stays readable when the next is
// out.
func (d *document) references(kind string, n int, id func(int) string) {
	major, _, _ := strings.Cut(d.m.Version, ".")
	list := d.BeginList("reference")
	for i := range n {
		if id, sub, ok := strings.Cut(id(i), "."); ok {
			d.Join("", "https://attack.mitre.org/versions/v", major, kind, id, "/", sub, "/")
		} else {
			d.Join("", "https://attack.mitre.org/versions/v", major, kind, id, "/")
		}
	}
	d.EndList(list)
}

func (d *document) parentName(t enrich.MappedTechnique) string {
	if p, ok := d.m.Matrix().Technique(t.Parent()); ok {
		return p.Name
	}
	return t.Name
}

func (d *document) process() {
	o := d.Begin("process")
	d.IntIf("pid", d.PID)
	d.StrIf("name", d.Process)
	d.StrIf("executable", d.Exe)
	d.StrIf("command_line", d.Cmdline)
	d.StrIf("working_directory", d.Dir)
	parent := d.Begin("parent")
	d.IntIf("pid", d.PPID)
	d.StrIf("name", d.Parent)
	d.StrIf("command_line", d.ParentCmdline)
	d.StrIf("executable", d.ParentExe)
	d.End(parent)
	if d.TTY.OK {
		d.Bool("interactive", d.TTY.V != 0)
	}
	d.End(o)
	user := d.Begin("user")
	d.StrIf("name", cmp.Or(d.Requester, d.Caller, d.User))
	if d.UID.OK {
		d.Str("id", strconv.FormatInt(d.UID.V, 10))
	}
	d.End(user)
}

func (d *document) container() {
	if d.ContainerID == "host" {
		return
	}
	o := d.Begin("container")
	d.StrIf("id", d.ContainerID)
	d.StrIf("name", d.Container)
	i := d.Begin("image")
	d.StrIf("name", d.Repository)
	if d.Tag != "" {
		tags := d.BeginList("tag")
		d.Str("", d.Tag)
		d.EndList(tags)
	}
	if d.Digest != "" {
		hash := d.Begin("hash")
		all := d.BeginList("all")
		d.Str("", d.Digest)
		d.EndList(all)
		d.End(hash)
	}
	d.End(i)
	d.End(o)
	namespace := cmp.Or(d.Namespace, d.TargetNamespace)
	name, kind := d.Pod, "pod"
	if name == "" {
		name, kind = d.TargetName, d.TargetKind
	}
	if name == "" && namespace == "" {
		return
	}
	orch := d.Begin("orchestrator")
	d.Str("type", "kubernetes")
	d.StrIf("namespace", namespace)
	r := d.Begin("resource")
	d.StrIf("name", name)
	if name != "" {
		d.StrIf("type", kind)
	}
	d.End(r)
	d.End(orch)
}

func (d *document) file() {
	name := d.FDName
	if !strings.HasPrefix(name, "/") {
		return
	}
	o := d.Begin("file")
	d.Str("path", name)
	if i := strings.LastIndexByte(name, '/'); i+1 < len(name) {
		d.Str("name", name[i+1:])
		if i > 0 {
			d.Str("directory", name[:i])
		}
	}
	d.End(o)
}

func (d *document) network() {
	d.end("source", cmp.Or(d.From, d.Client), d.ClientPort)
	d.end("destination", d.Server, d.ServerPort)
	o := d.Begin("network")
	d.StrIf("transport", d.Transport)
	d.End(o)
}

// end writes one end of a connection. A cloud service calls itself by name where
// an address belongs; ECS has address for that, and ip for addresses alone.
func (d *document) end(name, ip string, port event.Opt[int64]) {
	o := d.Begin(name)
	d.StrIf("address", ip)
	if _, ok := event.StringValue(ip).Addr(); ok {
		d.Str("ip", ip)
	}
	if port.OK && 0 <= port.V && port.V <= 65535 {
		d.Int("port", port.V)
	}
	d.End(o)
}

func (d *document) cloud() {
	o := d.Begin("cloud")
	switch d.e.Source {
	case "aws_cloudtrail":
		d.Str("provider", "aws")
	case "gcp_auditlog":
		d.Str("provider", "gcp")
	}
	d.StrIf("region", d.Region)
	d.End(o)
}

// falco keeps every field of the alert as it is, under falco.fields, which an
// index template is to map as flattened: its keys hold dots and brackets.
func (d *document) falco() {
	o := d.Begin("falco")
	d.Str("priority", d.e.Priority.String())
	fields := d.Begin("fields")
	for name, v := range d.e.Fields.All() {
		d.Member(name, v)
	}
	d.End(fields)
	d.End(o)
}
