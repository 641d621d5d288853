// Package ocsf writes alerts as Detection Findings of the Open Cybersecurity
// Schema Framework, class 2004.
//
// Numbers and names of the schema are those of ocsf-schema 1.8.0 (Apache-2.0).
// With [V1_1] the finding keeps to what version 1.1.0 has, which some data lakes
// ask for. docs/export.md lists which field of Falco goes where.
package ocsf

import (
	"slices"
	"strings"

	"github.com/falconer-go/falconer/enrich"
	"github.com/falconer-go/falconer/enrich/export/internal/jsonw"
	"github.com/falconer-go/falconer/enrich/export/internal/seen"
	"github.com/falconer-go/falconer/event"
)

// Version is a release of the schema. The zero Version is [V1_8].
type Version uint8

// The releases that findings can be written in.
const (
	V1_8 Version = iota // 1.8.0
	V1_1                // 1.1.0
)

// String returns the release as the finding names it.
func (v Version) String() string {
	if v == V1_1 {
		return "1.1.0"
	}
	return "1.8.0"
}

// Options configure a finding. The zero Options, and nil, are the defaults.
type Options struct {
	Version Version

	// ProductVersion is the version of the Falco that printed the alert, for
	// metadata.product.version; alerts do not say it. "" leaves it out.
	ProductVersion string

	// Remediation is what to do, for remediation.desc: the words of a plan, say.
	// "" leaves it out.
	Remediation string

	// Raw puts the alert itself, as Falco prints it, into raw_data.
	Raw bool
}

// Ids of the schema.
const (
	categoryFindings = 2
	classDetection   = 2004
	activityCreate   = 1
	typeCreate       = classDetection*100 + activityCreate

	statusNew          = 1
	analyticRule       = 1
	fileUnknown        = 0
	fileRegular        = 1
	fileFolder         = 2
	deviceUnknown      = 0
	observableHostname = 1
	observableIP       = 2
	observableUser     = 4
	observableProcess  = 9
	observableUID      = 10
	observableCommand  = 13
	observablePath     = 45
	observableOther    = 99 // 1.1.0 knows none of the kinds above 10 that are here
)

// Severity returns severity_id and its name for a priority: Debug and
// Informational are 1, Notice 2, Warning 3, Error 4, Critical 5, Alert and
// Emergency 6, the same as Falco's own forwarder has it.
func Severity(p event.Priority) (id int, name string) {
	switch p {
	case event.Emergency, event.Alert:
		return 6, "Fatal"
	case event.Critical:
		return 5, "Critical"
	case event.Error:
		return 4, "High"
	case event.Warning:
		return 3, "Medium"
	case event.Notice:
		return 2, "Low"
	}
	return 1, "Informational"
}

// Append appends the finding for e to dst. The mapping fills its attacks and
// tags; it may be nil. A nil o is the zero Options.
func Append(dst []byte, e *event.Event, m *enrich.Mapping, o *Options) []byte {
	if o == nil {
		o = new(Options)
	}
	f := finding{Writer: jsonw.Writer{B: append(dst, '\n')}, Alert: seen.Of(e), e: e, m: m, o: o, id: e.ID().String()}
	at := len(dst)
	f.write()
	// The line feed kept the writer from looking at what stood before.
	return append(f.B[:at], f.B[at+1:]...)
}

type finding struct {
	jsonw.Writer
	seen.Alert
	e  *event.Event
	m  *enrich.Mapping
	o  *Options
	id string

	evident bool // the evidence holds more than a container
}

func (f *finding) write() {
	e := f.e
	all := f.Begin("")
	f.Int("activity_id", activityCreate)
	f.Str("activity_name", "Create")
	f.Int("category_uid", categoryFindings)
	f.Str("category_name", "Findings")
	f.Int("class_uid", classDetection)
	f.Str("class_name", "Detection Finding")
	f.Int("type_uid", typeCreate)
	f.Str("type_name", "Detection Finding: Create")
	f.Int("time", e.Time.UnixMilli())
	id, name := Severity(e.Priority)
	f.Int("severity_id", int64(id))
	f.Str("severity", name)
	f.Int("status_id", statusNew)
	f.Str("status", "New")
	if f.o.Version != V1_1 {
		f.Bool("is_alert", true)
	}
	if e.Message != "" {
		f.Str("message", e.Message)
	} else {
		f.StrIf("message", e.Output)
	}
	f.metadata()
	f.findingInfo()
	f.device()
	f.cloud()
	f.evidences()
	if f.o.Version == V1_1 {
		f.resources()
	}
	f.observables()
	if f.o.Remediation != "" {
		r := f.Begin("remediation")
		f.Str("desc", f.o.Remediation)
		f.End(r)
	}
	f.unmapped()
	if f.o.Raw {
		f.Str("raw_data", string(e.AppendJSON(nil)))
	}
	f.End(all)
}

func (f *finding) metadata() {
	e := f.e
	m := f.Begin("metadata")
	f.Str("version", f.o.Version.String())
	p := f.Begin("product")
	f.Str("name", "Falco")
	f.Str("vendor_name", "Falco")
	f.StrIf("version", f.o.ProductVersion)
	if e.Source != "" {
		feature := f.Begin("feature")
		f.Str("name", e.Source)
		f.End(feature)
	}
	f.End(p)
	profiles := f.BeginList("profiles")
	if f.local() && e.Hostname != "" {
		f.Str("", "host")
	}
	if f.ContainerID != "" && (f.PID.OK || f.o.Version != V1_1) {
		f.Str("", "container")
	}
	if seen.Provider(e.Source) != "" {
		f.Str("", "cloud")
	}
	f.EndList(profiles)
	f.reporter()
	f.Str("uid", f.id)
	f.Strs("labels", e.Tags)
	f.Str("log_name", "falco")
	f.Time("original_time", e.Time)
	f.End(m)
}

func (f *finding) findingInfo() {
	e := f.e
	info := f.Begin("finding_info")
	f.Str("uid", f.id)
	f.Str("title", e.Rule)
	if e.Source != "" {
		types := f.BeginList("types")
		f.Str("", e.Source)
		f.EndList(types)
		sources := f.BeginList("data_sources")
		f.Str("", e.Source)
		f.EndList(sources)
	}
	a := f.Begin("analytic")
	f.Int("type_id", analyticRule)
	f.Str("type", "Rule")
	f.Str("name", e.Rule)
	f.End(a)
	f.Int("created_time", e.Time.UnixMilli())
	if f.m != nil {
		f.attacks()
		f.frameworkTags()
	}
	f.End(info)
}

// attacks writes one object for each pair of technique and tactic; a
// sub-technique stands beside its parent.
func (f *finding) attacks() {
	list := f.BeginList("attacks")
	matrix := f.m.Matrix()
	pairs := f.m.Pairs()
	for _, p := range pairs {
		t := p.Technique
		if t.Derived() {
			continue // the parent of a sub-technique, which names it itself
		}
		a := f.Begin("")
		f.Str("version", f.m.Version)
		f.tactic(p.Tactic)
		if parent, ok := matrix.Technique(t.Parent()); ok {
			f.technique("technique", parent)
			f.technique("sub_technique", t.Technique)
		} else {
			f.technique("technique", t.Technique)
		}
		f.End(a)
	}
	for _, t := range f.m.Tactics {
		if !paired(pairs, t.ID) {
			a := f.Begin("")
			f.Str("version", f.m.Version)
			f.tactic(t.Tactic)
			f.End(a)
		}
	}
	f.EndList(list)
}

// paired reports whether the tactic stands beside one of the techniques.
func paired(pairs []enrich.Pair, tactic string) bool {
	return slices.ContainsFunc(pairs, func(p enrich.Pair) bool { return p.Tactic.ID == tactic && !p.Technique.Derived() })
}

// site is where a release of ATT&CK, by its major number, stays readable when
// the next is out.
const site = "https://attack.mitre.org/versions/v"

func (f *finding) major() string {
	major, _, _ := strings.Cut(f.m.Version, ".")
	return major
}

func (f *finding) tactic(t enrich.Tactic) {
	o := f.Begin("tactic")
	f.Str("uid", t.ID)
	f.Str("name", t.Name)
	f.Join("src_url", site, f.major(), "/tactics/", t.ID, "/")
	f.End(o)
}

func (f *finding) technique(name string, t enrich.Technique) {
	o := f.Begin(name)
	f.Str("uid", t.ID)
	f.Str("name", t.Name)
	if id, sub, ok := strings.Cut(t.ID, "."); ok {
		f.Join("src_url", site, f.major(), "/techniques/", id, "/", sub, "/")
	} else {
		f.Join("src_url", site, f.major(), "/techniques/", id, "/")
	}
	f.End(o)
}

// frameworkTags writes the controls and requirements, by framework. The derived
// ones are kept apart: they bear on the technique, not on the rule. The tags of
// a finding came with 1.4.
func (f *finding) frameworkTags() {
	if f.o.Version == V1_1 {
		return
	}
	tags := f.BeginList("tags")
	f.tagged("NIST SP 800-53", func() {
		for _, c := range f.m.Controls {
			f.Str("", c.ID)
		}
	})
	f.tagged("NIST SP 800-53 (derived)", func() {
		for _, c := range f.m.TopRelated(maxDerived) {
			f.Str("", c.ID)
		}
	})
	for _, r := range f.m.Requirements {
		t := f.Begin("")
		f.Str("name", strings.TrimSpace(r.Standard+" "+r.Version))
		f.Str("value", r.ID)
		f.End(t)
	}
	f.EndList(tags)
}

// maxDerived is how many of the controls that only follow from the techniques
// a finding names.
const maxDerived = 5

func (f *finding) tagged(name string, values func()) {
	t := f.Begin("")
	f.Str("name", name)
	list := f.BeginList("values")
	values()
	f.EndList(list)
	if len(f.B) == list {
		f.Drop(t)
		return
	}
	f.End(t)
}
