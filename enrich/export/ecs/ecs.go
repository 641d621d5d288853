// Package ecs writes alerts as documents of the Elastic Common Schema, release
// 9: event.*, rule.*, threat.*, process.*, container.*, file.*, and the others
// that an alert has something for.
//
// Names and allowed values are those of ecs v9.4.0 (Apache-2.0). docs/export.md
// lists which field of Falco goes where.
package ecs

import (
	"cmp"
	"math"
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

	// Original puts the alert itself, as Falco prints it, into event.original.
	Original bool
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
	log := d.Begin("log")
	d.Str("level", level(e.Priority))
	d.End(log)
	d.event()
	rule := d.Begin("rule")
	d.Str("name", e.Rule)
	d.StrIf("category", e.Source)
	d.End(rule)
	d.host()
	d.threat()
	d.process()
	d.container()
	d.orchestrator()
	d.file()
	d.network()
	d.cloud()
	d.related()
	d.falco()
	d.End(all)
}

// severity is event.severity: Falco's own number turned around, so that more is
// worse as Elastic has it, from 0 for Debug to 7 for Emergency.
func severity(p event.Priority) int64 { return int64(event.Debug - p) }

// level is the priority as logs write it.
func level(p event.Priority) string {
	return [...]string{"emergency", "alert", "critical", "error", "warning", "notice", "informational", "debug"}[min(p, event.Debug)]
}

// host writes the host as the one that observed, and as the one that the alert
// is about if it is: what a plugin reads happened elsewhere.
func (d *document) host() {
	o := d.Begin("observer")
	d.StrIf("hostname", d.e.Hostname)
	d.Str("product", "Falco")
	d.Str("type", "sensor")
	d.End(o)
	if seen.Local(d.e.Source) {
		o := d.Begin("host")
		d.StrIf("hostname", d.e.Hostname)
		d.StrIf("name", d.e.Hostname)
		d.End(o)
	}
}

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
	d.StrIf("provider", cmp.Or(d.Service, e.Source))
	if d.o.Original {
		d.Str("original", string(e.AppendJSON(nil)))
	}
	d.End(ev)
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
	d.tty()
	d.End(o)
	user := d.Begin("user")
	d.StrIf("name", cmp.Or(d.Requester, d.Caller, d.User))
	if d.UID.OK {
		d.Str("id", strconv.FormatInt(d.UID.V, 10))
	}
	d.End(user)
	agent := d.Begin("user_agent")
	d.StrIf("original", d.Agent)
	d.End(agent)
}

// tty writes the terminal, by the numbers of its device: its presence says that
// the session is interactive, its absence that the process is not.
func (d *document) tty() {
	switch n := d.TTY.V; {
	case !d.TTY.OK || n < 0 || n > math.MaxUint32:
	case n == 0:
		d.Bool("interactive", false)
	default: // as in /proc/PID/stat: bits 8 to 19, and the others
		t := d.Begin("tty")
		c := d.Begin("char_device")
		d.Int("major", n>>8&0xfff)
		d.Int("minor", n&0xff|n>>12&0xfff00)
		d.End(c)
		d.End(t)
	}
}

func (d *document) container() {
	o := d.Begin("container")
	d.StrIf("id", d.ContainerID)
	d.StrIf("name", d.Container)
	d.StrIf("runtime", d.Runtime)
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
}

func (d *document) orchestrator() {
	namespace := cmp.Or(d.Namespace, d.TargetNamespace)
	name, kind := d.Pod, "pod"
	if name == "" {
		name, kind = d.TargetName, d.TargetKind
	}
	if name == "" && namespace == "" && d.Cluster == "" {
		return
	}
	orch := d.Begin("orchestrator")
	d.Str("type", "kubernetes")
	c := d.Begin("cluster")
	d.StrIf("name", d.Cluster)
	d.End(c)
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
	if d.Path == "" {
		return
	}
	o := d.Begin("file")
	d.Str("path", d.Path)
	if i := strings.LastIndexByte(d.Path, '/'); i+1 < len(d.Path) {
		d.Str("name", d.Path[i+1:])
		d.Str("directory", d.Path[:max(i, 1)])
	}
	switch d.FDType {
	case "file":
		d.Str("type", "file")
	case "directory":
		d.Str("type", "dir")
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
	if seen.IsAddr(ip) {
		d.Str("ip", ip)
	}
	d.IntIf("port", seen.Port(port))
	d.End(o)
}

func (d *document) cloud() {
	provider := seen.Provider(d.e.Source)
	if provider == "" {
		return
	}
	o := d.Begin("cloud")
	d.Str("provider", provider)
	d.StrIf("region", d.Region)
	a := d.Begin("account")
	d.StrIf("id", d.Account)
	d.End(a)
	p := d.Begin("project")
	d.StrIf("id", d.Project)
	d.End(p)
	d.End(o)
}

// related gathers what to pivot on.
func (d *document) related() {
	o := d.Begin("related")
	d.set("hosts", d.e.Hostname)
	from, to := cmp.Or(d.From, d.Client), d.Server
	if !seen.IsAddr(from) {
		from = ""
	}
	if !seen.IsAddr(to) {
		to = ""
	}
	d.set("ip", from, to)
	d.set("user", cmp.Or(d.Requester, d.Caller, d.User))
	d.End(o)
}

// set writes each text that is not empty once; there are one or two.
func (d *document) set(name string, list ...string) {
	mark := d.BeginList(name)
	for i, s := range list {
		if s != "" && (i == 0 || s != list[0]) {
			d.Str("", s)
		}
	}
	d.EndList(mark)
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
