package mitigate

import (
	"bytes"
	"cmp"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/falconer-go/falconer/rules/cond"
	yaml "go.yaml.in/yaml/v4"
)

//go:embed knowledge/en/*.yaml
var embedded embed.FS

// Library is a body of knowledge about alerts. It is immutable and safe to
// share.
//
// A knowledge file is cut at the lines that begin an entry, which costs next to
// nothing; an entry is parsed when it is first needed. What concerns every
// alert (readings, patterns, urgency) is parsed at the first plan.
type Library struct {
	entries map[key]*entry
	general sync.Map // of *generalKnowledge, by source

	networks func() *networks // built once
}

// key is the kind of an entry and its name.
type key struct{ kind, name string }

// entry is the text of one entry and, once it was needed, what it says.
type entry struct {
	kind, name string
	file       string
	line       int
	text       []byte

	once  sync.Once
	value any
	err   error
}

// generalKnowledge are the entries that are tried on every alert of a source.
type generalKnowledge struct {
	readings []*readingEntry // the weightiest first
	patterns []*patternEntry
	urgency  []*urgencyEntry
	set      *cond.Set         // their conditions, in this order
	fields   map[string]*entry // of kind field, by the field
}

// holding are the entries of the general knowledge whose conditions hold for
// an alert.
type holding struct {
	readings []*readingEntry
	patterns []*patternEntry
	urgency  []*urgencyEntry
}

// holding evaluates all conditions at once: they share fields and checks.
func (g *generalKnowledge) holding(s *subject) holding {
	var room [64]int
	matches := g.set.AppendMatches(room[:0], s.e)
	h := holding{readings: make([]*readingEntry, 0, len(matches))}
	for _, i := range matches {
		if i < len(g.readings) {
			if r := g.readings[i]; r.If.computed(s) {
				h.readings = append(h.readings, r)
			}
			continue
		}
		if i -= len(g.readings); i < len(g.patterns) {
			if p := g.patterns[i]; p.If.computed(s) {
				h.patterns = append(h.patterns, p)
			}
			continue
		}
		if u := g.urgency[i-len(g.patterns)]; u.If.computed(s) {
			h.urgency = append(h.urgency, u)
		}
	}
	return h
}

var defaultLibrary = sync.OnceValue(func() *Library {
	l, err := newLibrary(nil, mustSub(embedded, "knowledge/en"))
	if err != nil {
		panic("mitigate: embedded knowledge: " + err.Error()) // a test parses all of it
	}
	return l
})

// Default returns the library that comes with the package.
func Default() *Library { return defaultLibrary() }

// With returns a library that holds what l holds and the entries of the *.yaml
// files in fsys, in the form that knowledge/README.md gives. An entry replaces
// one of the same kind and name in l. Every entry of fsys is parsed and checked;
// the error joins what is wrong with each, with file and line.
func (l *Library) With(fsys fs.FS) (*Library, error) {
	next, err := newLibrary(l.entries, fsys)
	if err != nil {
		return nil, err
	}
	var errs []error
	for k, e := range next.entries {
		if l.entries[k] != e {
			errs = append(errs, next.check(e)...)
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return next, nil
}

func newLibrary(base map[key]*entry, fsys fs.FS) (*Library, error) {
	l := &Library{entries: make(map[key]*entry, len(base))}
	l.networks = sync.OnceValue(func() *networks { return newNetworks(l) })
	for k, e := range base {
		l.entries[k] = e
	}
	files, err := fs.Glob(fsys, "*.yaml")
	if err != nil {
		return nil, err
	}
	added := make(map[key]*entry)
	for _, name := range files {
		data, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, err
		}
		for _, e := range cut(path.Base(name), data) {
			for _, k := range e.keys() {
				if first := added[k]; first != nil {
					return nil, fmt.Errorf("%s:%d: %s %q stands already in %s:%d", e.file, e.line, k.kind, k.name, first.file, first.line)
				}
				added[k] = e
				l.entries[k] = e
			}
		}
	}
	return l, nil
}

// cut splits a file into its entries. An entry begins with a line of the form
// "- kind: name" at the left margin.
func cut(file string, data []byte) []*entry {
	var list []*entry
	for i, line := 0, 1; i < len(data); line++ {
		end := len(data)
		if n := bytes.IndexByte(data[i:], '\n'); n >= 0 {
			end = i + n + 1
		}
		if rest, ok := bytes.CutPrefix(data[i:end], []byte("- ")); ok {
			kind, name, _ := strings.Cut(string(rest), ":")
			list = append(list, &entry{kind: kind, name: unquote(name), file: file, line: line})
		}
		if len(list) > 0 {
			e := list[len(list)-1]
			if e.text == nil {
				e.text = data[i:i]
			}
			e.text = e.text[:len(e.text)+end-i] // the next line of data
		}
		i = end
	}
	return list
}

// unquote returns the text of a scalar that stands on one line.
func unquote(s string) string {
	s = strings.TrimSpace(s)
	if !strings.ContainsAny(s, "\"'#:\\") {
		return s
	}
	var text string
	if err := yaml.Unmarshal([]byte(s), &text); err != nil {
		return s
	}
	return text
}

// keys are the names under which an entry is found: its own, for a rule the
// older ones, for a command those of its kind.
func (e *entry) keys() []key {
	keys := []key{{e.kind, e.name}}
	if (e.kind == "rule" || e.kind == "command") && bytes.Contains(e.text, []byte("\n  also:")) {
		var also struct {
			Also []string `yaml:"also"`
		}
		if yaml.Unmarshal(e.member("also"), &also) == nil {
			for _, name := range also.Also {
				keys = append(keys, key{e.kind, name})
			}
		}
	}
	return keys
}

// member returns the lines of a member of the entry, without those of the
// others: to parse them alone costs a fraction.
func (e *entry) member(name string) []byte {
	_, rest, _ := bytes.Cut(e.text, []byte("\n  "+name+":"))
	lines := []byte(name + ":")
	for line := range bytes.Lines(rest) {
		if bytes.HasPrefix(line, []byte("  ")) && !bytes.HasPrefix(line, []byte("   ")) {
			break
		}
		lines = append(lines, line...)
	}
	return lines
}

// parse returns what the entry says, as a pointer to the type of its kind.
func (e *entry) parse() (any, error) {
	e.once.Do(func() {
		switch e.kind {
		case "rule":
			e.value, e.err = parseAs[ruleEntry](e)
		case "technique", "tactic", "source", "internal":
			e.value, e.err = parseAs[generalEntry](e)
		case "mitigation":
			e.value, e.err = parseAs[mitigationEntry](e)
		case "reading":
			e.value, e.err = parseAs[readingEntry](e)
		case "pattern":
			e.value, e.err = parseAs[patternEntry](e)
		case "snippet":
			e.value, e.err = parseAs[snippetEntry](e)
		case "phrase":
			e.value, e.err = parseAs[phraseEntry](e)
		case "field":
			e.value, e.err = parseAs[fieldEntry](e)
		case "command":
			e.value, e.err = parseAs[commandEntry](e)
		case "urgency":
			e.value, e.err = parseAs[urgencyEntry](e)
		case "network":
			e.value, e.err = parseAs[networkEntry](e)
		default:
			e.err = fmt.Errorf("%s:%d: %q is not a kind of entry", e.file, e.line, e.kind)
		}
	})
	return e.value, e.err
}

func parseAs[T any](e *entry) (*T, error) {
	var list []T
	if err := yaml.Load(e.text, &list, yaml.WithKnownFields()); err != nil {
		// Empty lines before the entry make the line of the error that of the
		// file.
		list = nil
		err = yaml.Load(append(bytes.Repeat([]byte("\n"), e.line-1), e.text...), &list, yaml.WithKnownFields())
		return nil, fmt.Errorf("%s: %s %q: %w", e.file, e.kind, e.name, err)
	}
	if len(list) != 1 {
		return nil, fmt.Errorf("%s:%d: %s %q: expected one entry", e.file, e.line, e.kind, e.name)
	}
	return &list[0], nil
}

// find returns the entry of that kind and name, nil if there is none. An entry
// that does not parse counts as not there; tests and With see to it that there
// is no such entry.
func find[T any](l *Library, kind, name string) *T {
	e := l.entries[key{kind, name}]
	if e == nil {
		return nil
	}
	v, err := e.parse()
	if err != nil {
		return nil
	}
	return v.(*T)
}

// sorted returns the entries of a kind by name.
func (l *Library) sorted(kind string) []*entry {
	var list []*entry
	for k, e := range l.entries {
		if k.kind == kind && k.name == e.name {
			list = append(list, e)
		}
	}
	slices.SortFunc(list, func(a, b *entry) int { return strings.Compare(a.name, b.name) })
	return list
}

// generalFor returns the general knowledge for alerts of a source. Readings name
// their sources on a line of their own, so those of other sources need not be
// parsed.
func (l *Library) generalFor(source string) *generalKnowledge {
	if g, ok := l.general.Load(source); ok {
		return g.(*generalKnowledge)
	}
	g := &generalKnowledge{patterns: all[patternEntry](l, "pattern"), urgency: all[urgencyEntry](l, "urgency")}
	g.patterns = slices.DeleteFunc(g.patterns, func(p *patternEntry) bool { return p.If.foreign(source) })
	g.urgency = slices.DeleteFunc(g.urgency, func(u *urgencyEntry) bool { return u.If.foreign(source) })
	for _, e := range l.sorted("reading") {
		if !bytes.Contains(e.text, []byte(source)) {
			continue
		}
		if r := find[readingEntry](l, "reading", e.name); r != nil && r.If != nil && slices.Contains(r.Sources, source) {
			g.readings = append(g.readings, r)
		}
	}
	if len(g.readings) == 0 && source != "" {
		// An alert can name any source: what nothing is known of shares one
		// entry.
		return l.generalFor("")
	}
	g.fields = make(map[string]*entry)
	for _, e := range l.sorted("field") {
		if of := sourceOfField(e.name); of == "" || of == source {
			g.fields[e.name] = e
		}
	}
	slices.SortStableFunc(g.readings, func(a, b *readingEntry) int { return cmp.Compare(b.Weight, a.Weight) })
	var programs []*cond.Program
	for _, r := range g.readings {
		programs = append(programs, r.If.program)
	}
	for _, p := range g.patterns {
		programs = append(programs, p.If.program)
	}
	for _, u := range g.urgency {
		programs = append(programs, u.If.program)
	}
	g.set = cond.NewSet(programs...)
	shared, _ := l.general.LoadOrStore(source, g)
	return shared.(*generalKnowledge)
}

// all returns the entries of a kind that have a condition; one without is a
// fault that check reports.
func all[T any, P interface {
	*T
	condition() *condition
}](l *Library, kind string) []*T {
	var list []*T
	for _, e := range l.sorted(kind) {
		if v := find[T](l, kind, e.name); v != nil && P(v).condition() != nil {
			list = append(list, v)
		}
	}
	return list
}

func (p *patternEntry) condition() *condition { return p.If }
func (u *urgencyEntry) condition() *condition { return u.If }

// Rules returns the names of the rules that l knows, sorted.
func (l *Library) Rules() []string {
	var list []string
	for _, e := range l.sorted("rule") {
		list = append(list, e.name)
	}
	return list
}

func mustSub(fsys fs.FS, dir string) fs.FS {
	sub, err := fs.Sub(fsys, dir)
	if err != nil {
		panic(err)
	}
	return sub
}
