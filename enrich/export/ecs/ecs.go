// Package ecs writes alerts as documents of the Elastic Common Schema, release
// 9: event.*, rule.*, threat.*, process.*, container.*, file.*, and the others
// that an alert has something for.
//
// Names and allowed values are those of ecs v9.4.0 (Apache-2.0). docs/export.md
// lists which field of Falco goes where.
package ecs

import (
	"slices"
	"strconv"
	"strings"

	"github.com/falconer-go/falconer/enrich"
	"github.com/falconer-go/falconer/enrich/export/internal/jsonw"
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
	d := document{Writer: jsonw.Writer{B: append(dst, '\n')}, e: e, m: m, o: o}
	at := len(dst)
	d.write()
	// The line feed kept the writer from looking at what stood before.
	return append(d.B[:at], d.B[at+1:]...)
}

type document struct {
	jsonw.Writer
	e *event.Event
	m *enrich.Mapping
	o *Options
}

func (d *document) write() {
	e := d.e
	all := d.Begin("")
	d.Str("@timestamp", e.Time.UTC().Format("2006-01-02T15:04:05.999999999Z"))
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
	category, kind := classify(e)
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
	d.StrIf("action", d.action())
	d.StrIf("outcome", outcome(e))
	d.StrIf("provider", e.Source)
	d.End(ev)
}

// action is what was done, by the field that the source has for it.
func (d *document) action() string {
	switch d.e.Source {
	case "k8s_audit":
		return text(d.e, "ka.verb")
	case "aws_cloudtrail":
		return text(d.e, "ct.name")
	case "gcp_auditlog":
		return text(d.e, "gcp.methodName")
	case "okta":
		return text(d.e, "okta.evt.type")
	case "github":
		return text(d.e, "github.action")
	}
	return text(d.e, "evt.type")
}

// caller is who did it, by the field that the source has for it.
func (d *document) caller() string {
	switch d.e.Source {
	case "k8s_audit":
		return text(d.e, "ka.user.name")
	case "aws_cloudtrail":
		return text(d.e, "ct.user")
	case "gcp_auditlog":
		return text(d.e, "gcp.user")
	case "okta":
		return text(d.e, "okta.actor.alternateid")
	case "github":
		return text(d.e, "github.user")
	}
	return text(d.e, "user.name")
}

// from is the address it came from.
func (d *document) from() string {
	switch d.e.Source {
	case "aws_cloudtrail":
		return text(d.e, "ct.srcip")
	case "gcp_auditlog":
		return text(d.e, "gcp.callerIP")
	case "okta":
		return text(d.e, "okta.client.ip")
	}
	return text(d.e, "fd.cip")
}

// classify returns event.category and event.type, from ECS's lists of allowed
// values.
func classify(e *event.Event) (category, kind []string) {
	category, kind = []string{"intrusion_detection"}, []string{"info"}
	switch e.Source {
	case "k8s_audit", "aws_cloudtrail", "gcp_auditlog":
		category = append(category, "api")
	case "okta":
		category = append(category, "iam")
	case "syscall", "":
		switch evt := text(e, "evt.type"); evt {
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
func outcome(e *event.Event) string {
	if code, err := strconv.Atoi(text(e, "ka.response.code")); err == nil {
		if code < 400 {
			return "success"
		}
		return "failure"
	}
	switch {
	case text(e, "ct.error") != "":
		return "failure"
	case text(e, "evt.res") == "SUCCESS":
		return "success"
	case strings.HasPrefix(text(e, "evt.res"), "E"):
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
	e := d.e
	o := d.Begin("process")
	d.IntIf("pid", number(e, "proc.pid"))
	d.StrIf("name", text(e, "proc.name"))
	d.StrIf("executable", text(e, "proc.exepath"))
	d.StrIf("command_line", text(e, "proc.cmdline"))
	d.StrIf("working_directory", text(e, "proc.cwd"))
	parent := d.Begin("parent")
	d.IntIf("pid", number(e, "proc.ppid"))
	d.StrIf("name", text(e, "proc.pname"))
	d.StrIf("command_line", text(e, "proc.pcmdline"))
	d.StrIf("executable", text(e, "proc.pexepath"))
	d.End(parent)
	if tty := number(e, "proc.tty"); tty.OK {
		d.Bool("interactive", tty.V != 0)
	}
	d.End(o)
	user := d.Begin("user")
	d.StrIf("name", d.caller())
	if uid := number(e, "user.uid"); uid.OK {
		d.Str("id", strconv.FormatInt(uid.V, 10))
	}
	d.End(user)
}

func (d *document) container() {
	id, img := text(d.e, "container.id"), d.e.Image()
	if id == "host" {
		return
	}
	o := d.Begin("container")
	d.StrIf("id", id)
	d.StrIf("name", text(d.e, "container.name"))
	i := d.Begin("image")
	d.StrIf("name", img.Repository)
	if img.Tag != "" {
		tags := d.BeginList("tag")
		d.Str("", img.Tag)
		d.EndList(tags)
	}
	if img.Digest != "" {
		hash := d.Begin("hash")
		all := d.BeginList("all")
		d.Str("", img.Digest)
		d.EndList(all)
		d.End(hash)
	}
	d.End(i)
	d.End(o)
	namespace := firstOf(text(d.e, "k8s.ns.name"), text(d.e, "ka.target.namespace"))
	name, kind := text(d.e, "k8s.pod.name"), "pod"
	if name == "" {
		name, kind = text(d.e, "ka.target.name"), text(d.e, "ka.target.resource")
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
	name := d.e.File().Name
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
	d.end("source", d.from(), number(d.e, "fd.cport"))
	d.end("destination", text(d.e, "fd.sip"), number(d.e, "fd.sport"))
	o := d.Begin("network")
	d.StrIf("transport", text(d.e, "fd.l4proto"))
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
	d.StrIf("region", text(d.e, "ct.region"))
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

func number(e *event.Event, name string) event.Opt[int64] {
	n, ok := e.Fields.Get(name).Int()
	return event.Opt[int64]{V: n, OK: ok}
}

func text(e *event.Event, name string) string {
	if v := e.Fields.Get(name); v.Available() {
		return v.Text()
	}
	return ""
}

func firstOf(list ...string) string {
	for _, s := range list {
		if s != "" {
			return s
		}
	}
	return ""
}
