// Package stix writes alerts as STIX 2.1: a bundle with the sighting of each
// technique, what was observed, and where.
//
// Ids are derived from the alert's content, so the same alert gives the same
// bundle everywhere. A file, directory or address has the id that the standard
// derives from its value (section 2.9), so that everybody's sightings of it meet;
// techniques carry MITRE's own ids, under which every STIX store knows them.
package stix

import (
	"crypto/sha1"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/falconer-go/falconer/enrich"
	"github.com/falconer-go/falconer/enrich/export/internal/jsonw"
	"github.com/falconer-go/falconer/enrich/export/internal/seen"
	"github.com/falconer-go/falconer/event"
	"github.com/falconer-go/falconer/internal/jsonstr"
)

// namespace is the UUID below which the ids of our objects are derived
// (RFC 9562, version 5). It was drawn at random for this package.
var namespace = [16]byte{0x8d, 0x1f, 0x5b, 0x0e, 0x3c, 0x6a, 0x4e, 0x27, 0x9b, 0x52, 0x6f, 0x04, 0xd7, 0x7e, 0x21, 0xc9}

// standard is the namespace that STIX 2.1, section 2.9, gives for the ids of
// observables that are derived from their properties.
var standard = [16]byte{0x00, 0xab, 0xed, 0xb4, 0xaa, 0x42, 0x46, 0x6c, 0x9c, 0x01, 0xfe, 0xd2, 0x33, 0x15, 0xa9, 0xb7}

// fixed is when what does not change was created: before any object of ATT&CK's
// own, so that a store keeps those.
const fixed = "2017-05-31T00:00:00.000Z"

// timeFormat is what STIX asks for: UTC, with milliseconds.
const timeFormat = "2006-01-02T15:04:05.000Z"

// Append appends the bundle for e to dst, one JSON object. The mapping names the
// techniques that are sighted. It is not ok, and dst is unchanged, if there is
// none that STIX knows: a sighting has to be of something.
func Append(dst []byte, e *event.Event, m *enrich.Mapping) (out []byte, ok bool) {
	techniques := sighted(m)
	if len(techniques) == 0 {
		return dst, false
	}
	b := bundle{Writer: jsonw.Writer{B: append(dst, '\n')}, e: e, m: m}
	b.id = e.ID().String()
	b.now = e.Time.UTC().Format(timeFormat)
	at := len(dst)
	all := b.Begin("")
	b.Str("type", "bundle")
	b.Str("id", b.name("bundle"))
	list := b.BeginList("objects")
	where := b.identity()
	refs := b.observables()
	var observed string
	if len(refs) > 0 {
		observed = b.observedData(refs)
	}
	for _, t := range techniques {
		b.technique(t)
		b.sighting(t, where, observed)
	}
	b.EndList(list)
	b.End(all)
	// The line feed kept the writer from looking at what stood before.
	return append(b.B[:at], b.B[at+1:]...), true
}

// sighted returns the techniques to report, without the parents that only
// follow from a sub-technique.
func sighted(m *enrich.Mapping) []enrich.MappedTechnique {
	if m == nil {
		return nil
	}
	var list []enrich.MappedTechnique
	for _, t := range m.Techniques {
		if t.STIX != "" && !t.Derived() {
			list = append(list, t)
		}
	}
	return list
}

type bundle struct {
	jsonw.Writer
	e   *event.Event
	m   *enrich.Mapping
	id  string // of the alert
	now string

	scratch []byte
}

// name derives the id of an object of the bundle.
func (b *bundle) name(kind string, more ...string) string {
	return derive(kind, append([]string{b.id}, more...)...)
}

// derive returns the id of an object: its kind, and a version 5 UUID of what
// makes it what it is.
func derive(kind string, parts ...string) string {
	data := append(namespace[:], kind...)
	for _, p := range parts {
		data = append(append(data, 0), p...)
	}
	return uuid(kind, data)
}

// uuid returns an id of that kind with the version 5 UUID of data, which begins
// with the namespace.
func uuid(kind string, data []byte) string {
	u := sha1.Sum(data)
	u[6] = u[6]&0x0f | 0x50
	u[8] = u[8]&0x3f | 0x80
	s := hex.EncodeToString(u[:16])
	return kind + "--" + s[:8] + "-" + s[8:12] + "-" + s[12:16] + "-" + s[16:20] + "-" + s[20:]
}

// common writes what every object that has a history begins with.
func (b *bundle) common(kind, id, when string) (mark int) {
	mark = b.Begin("")
	b.Str("type", kind)
	b.Str("spec_version", "2.1")
	b.Str("id", id)
	b.Str("created", when)
	b.Str("modified", when)
	return mark
}

// identity is the system that the alert is from: the same object for every alert
// of a host.
func (b *bundle) identity() string {
	name := b.e.Hostname
	if name == "" {
		name = "a host that the alert does not name"
	}
	id := derive("identity", name)
	o := b.common("identity", id, fixed)
	b.Str("name", name)
	b.Str("identity_class", "system")
	b.End(o)
	return id
}

// observables writes the process, the file and the addresses of the alert, and
// returns their ids.
func (b *bundle) observables() []string {
	var o objects
	a := seen.Of(b.e)
	image := b.file(&o, a.Exe)
	if a.PID.OK && a.PID.V < 0 {
		a.PID.OK = false
	}
	if a.PID.OK || a.Cmdline != "" || image != "" {
		b.object(&o, "process", b.name("process"), func() { // processes have nothing of their own that tells them apart
			b.IntIf("pid", a.PID)
			b.StrIf("command_line", a.Cmdline)
			b.StrIf("cwd", a.Dir)
			b.StrIf("image_ref", image)
		})
	}
	b.file(&o, a.Path)
	for _, text := range []string{a.Client, a.Server, a.From} {
		if addr, ok := event.StringValue(text).Addr(); ok {
			kind := "ipv6-addr"
			if addr.Is4() {
				kind = "ipv4-addr"
			}
			b.observable(&o, kind, "value", addr.WithZone("").String(), "")
		}
	}
	return o.refs
}

// objects are the observables of a bundle, each of them once.
type objects struct{ refs []string }

// file writes a file and the directory that it is in; it returns the file's id,
// or "" if the path does not end in a name.
func (b *bundle) file(o *objects, path string) string {
	i := strings.LastIndexByte(path, '/')
	if i < 0 || i+1 == len(path) {
		return ""
	}
	dir := b.observable(o, "directory", "path", path[:max(i, 1)], "")
	return b.observable(o, "file", "name", path[i+1:], dir)
}

// observable writes an object whose id the standard derives from one property,
// and for a file from its directory's id: the UUID of the two as canonical JSON.
func (b *bundle) observable(o *objects, kind, property, value, dir string) string {
	b.scratch = append(append(b.scratch[:0], standard[:]...), '{', '"')
	b.scratch = jsonstr.Append(append(append(b.scratch, property...), '"', ':'), value)
	if dir != "" {
		b.scratch = jsonstr.Append(append(b.scratch, `,"parent_directory_ref":`...), dir)
	}
	id := uuid(kind, append(b.scratch, '}'))
	b.object(o, kind, id, func() {
		b.Str(property, value)
		b.StrIf("parent_directory_ref", dir)
	})
	return id
}

func (b *bundle) object(o *objects, kind, id string, write func()) {
	if slices.Contains(o.refs, id) {
		return
	}
	mark := b.Begin("")
	b.Str("type", kind)
	b.Str("spec_version", "2.1")
	b.Str("id", id)
	write()
	b.End(mark)
	o.refs = append(o.refs, id)
}

func (b *bundle) observedData(refs []string) string {
	id := b.name("observed-data")
	o := b.common("observed-data", id, b.now)
	b.Str("first_observed", b.now)
	b.Str("last_observed", b.now)
	b.Int("number_observed", 1)
	b.Strs("object_refs", refs)
	b.End(o)
	return id
}

// technique writes ATT&CK's object in short, under its own id. A store that has
// it keeps its own, which is newer or equal.
func (b *bundle) technique(t enrich.MappedTechnique) {
	o := b.common("attack-pattern", t.STIX, fixed)
	b.Str("name", t.Name)
	refs := b.BeginList("external_references")
	r := b.Begin("")
	b.Str("source_name", "mitre-attack")
	b.Str("external_id", t.ID)
	b.Str("url", "https://attack.mitre.org/techniques/"+strings.Replace(t.ID, ".", "/", 1))
	b.End(r)
	b.EndList(refs)
	phases := b.BeginList("kill_chain_phases")
	for _, id := range t.Serves {
		if tactic, ok := b.m.Matrix().Tactic(id); ok {
			p := b.Begin("")
			b.Str("kill_chain_name", "mitre-attack")
			b.Str("phase_name", tactic.Short)
			b.End(p)
		}
	}
	b.EndList(phases)
	b.End(o)
}

func (b *bundle) sighting(t enrich.MappedTechnique, where, observed string) {
	o := b.common("sighting", b.name("sighting", t.ID), b.now)
	b.Str("description", b.e.Rule)
	b.Str("first_seen", b.now)
	b.Str("last_seen", b.now)
	b.Int("count", 1)
	b.Str("sighting_of_ref", t.STIX)
	if observed != "" {
		refs := b.BeginList("observed_data_refs")
		b.Str("", observed)
		b.EndList(refs)
	}
	refs := b.BeginList("where_sighted_refs")
	b.Str("", where)
	b.EndList(refs)
	b.End(o)
}
