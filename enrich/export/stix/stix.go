// Package stix writes alerts as STIX 2.1: a bundle with the sighting of each
// technique, what was observed, and where.
//
// Ids are derived from the alert's content, so the same alert gives the same
// bundle everywhere; techniques carry MITRE's own ids, under which every STIX
// store knows them.
package stix

import (
	"crypto/sha1"
	"encoding/hex"
	"strings"

	"github.com/falconer-go/falconer/enrich"
	"github.com/falconer-go/falconer/enrich/export/internal/jsonw"
	"github.com/falconer-go/falconer/event"
)

// namespace is the UUID below which the ids of our objects are derived
// (RFC 9562, version 5). It was drawn at random for this package.
var namespace = [16]byte{0x8d, 0x1f, 0x5b, 0x0e, 0x3c, 0x6a, 0x4e, 0x27, 0x9b, 0x52, 0x6f, 0x04, 0xd7, 0x7e, 0x21, 0xc9}

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
}

// name derives the id of an object of the bundle.
func (b *bundle) name(kind string, more ...string) string {
	return derive(kind, append([]string{b.id}, more...)...)
}

// derive returns the id of an object: its kind, and a version 5 UUID of what
// makes it what it is.
func derive(kind string, parts ...string) string {
	h := sha1.New()
	h.Write(namespace[:])
	h.Write([]byte(kind))
	for _, p := range parts {
		h.Write([]byte{0})
		h.Write([]byte(p))
	}
	u := h.Sum(nil)[:16]
	u[6] = u[6]&0x0f | 0x50
	u[8] = u[8]&0x3f | 0x80
	s := hex.EncodeToString(u)
	return kind + "--" + s[:8] + "-" + s[8:12] + "-" + s[12:16] + "-" + s[16:20] + "-" + s[20:]
}

// common writes what every object that has a history begins with.
func (b *bundle) common(kind, id string) (mark int) {
	mark = b.Begin("")
	b.Str("type", kind)
	b.Str("spec_version", "2.1")
	b.Str("id", id)
	b.Str("created", b.now)
	b.Str("modified", b.now)
	return mark
}

// identity is the system that the alert is from: the same id for every alert of
// a host.
func (b *bundle) identity() string {
	name := b.e.Hostname
	if name == "" {
		name = "a host that the alert does not name"
	}
	id := derive("identity", name)
	o := b.common("identity", id)
	b.Str("name", name)
	b.Str("identity_class", "system")
	b.End(o)
	return id
}

// observables writes the process, the file and the addresses of the alert, and
// returns their ids.
func (b *bundle) observables() []string {
	var refs []string
	object := func(kind string, write func()) string {
		id := b.name(kind, string(rune('a'+len(refs))))
		o := b.Begin("")
		b.Str("type", kind)
		b.Str("spec_version", "2.1")
		b.Str("id", id)
		write()
		b.End(o)
		refs = append(refs, id)
		return id
	}
	exe := ""
	p := b.e.Process()
	if i := strings.LastIndexByte(p.ExePath, '/'); i >= 0 && i+1 < len(p.ExePath) {
		exe = object("file", func() { b.Str("name", p.ExePath[i+1:]) })
	}
	if p.PID.OK || p.Cmdline != "" || exe != "" {
		object("process", func() {
			b.IntIf("pid", p.PID)
			b.StrIf("command_line", p.Cmdline)
			b.StrIf("cwd", p.CWD)
			b.StrIf("image_ref", exe)
		})
	}
	if name := b.e.File().Name; strings.HasPrefix(name, "/") {
		if i := strings.LastIndexByte(name, '/'); i+1 < len(name) {
			object("file", func() { b.Str("name", name[i+1:]) })
		}
	}
	for _, field := range []string{"fd.cip", "fd.sip", "ct.srcip", "gcp.callerIP", "okta.client.ip"} {
		if a, ok := b.e.Fields.Get(field).Addr(); ok {
			kind := "ipv6-addr"
			if a.Is4() {
				kind = "ipv4-addr"
			}
			object(kind, func() { b.Str("value", a.String()) })
		}
	}
	return refs
}

func (b *bundle) observedData(refs []string) string {
	id := b.name("observed-data")
	o := b.common("observed-data", id)
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
	o := b.Begin("")
	b.Str("type", "attack-pattern")
	b.Str("spec_version", "2.1")
	b.Str("id", t.STIX)
	b.Str("created", "2017-05-31T00:00:00.000Z") // before any of ATT&CK's own, so that those win
	b.Str("modified", "2017-05-31T00:00:00.000Z")
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
	o := b.common("sighting", b.name("sighting", t.ID))
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
