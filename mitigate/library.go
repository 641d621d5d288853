package mitigate

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"

	yaml "go.yaml.in/yaml/v4"
)

//go:embed knowledge/en/*.yaml
var embedded embed.FS

// Library is a body of knowledge about alerts. It is immutable and safe to
// share.
//
// A knowledge file is cut at the lines that begin an entry, which costs next to
// nothing; an entry is parsed when it is first needed, and a condition compiled when
// a first alert may fulfil it. After 256 alerts of a source all conditions that
// these may fulfil are compiled into one set, which makes that plan slow and those
// after it fast.
type Library struct {
	entries map[key]*entry
	general sync.Map // of *generalKnowledge, by source

	byKind     func() map[string][]*entry // each by name
	readings   func() map[string][]*entry // for alerts of a source, by name
	situations func() map[string][]*entry // the same
	networks   func() *networks           // built once
}

// key is the kind of an entry and its name.
type key struct{ kind, name string }

// entry is the text of one entry and, once it was needed, what it says.
type entry struct {
	kind, name string
	file       string
	line       int
	text       []byte
	also       bool // a line of it begins as the member of that name does

	once  sync.Once
	value any
	err   error
}

var defaultLibrary = sync.OnceValue(func() *Library {
	l, err := ownLibrary()
	if err != nil {
		panic("mitigate: embedded knowledge: " + err.Error()) // a test parses all of it
	}
	return l
})

// ownLibrary returns a new library of the embedded knowledge.
func ownLibrary() (*Library, error) {
	sub, err := fs.Sub(embedded, "knowledge/en")
	if err != nil {
		return nil, err
	}
	files, err := filesOf(sub, inParallel)
	if err != nil {
		return nil, err
	}
	return newLibrary(nil, files)
}

// file is a file of knowledge.
type file struct {
	name string
	text []byte
}

// filesOf reads the *.yaml files of fsys; each calls its function for all of them.
func filesOf(fsys fs.FS, each func(n int, do func(i int))) ([]file, error) {
	names, err := fs.Glob(fsys, "*.yaml")
	if err != nil {
		return nil, err
	}
	files, errs := make([]file, len(names)), make([]error, len(names))
	each(len(names), func(i int) {
		files[i].name = path.Base(names[i])
		files[i].text, errs[i] = fs.ReadFile(fsys, names[i])
	})
	return files, errors.Join(errs...)
}

// Default returns the library that comes with the package.
func Default() *Library { return defaultLibrary() }

// With returns a library that holds what l holds and the entries of the *.yaml
// files in fsys, in the form that knowledge/README.md gives. An entry replaces
// one of the same kind and name in l. Every entry of fsys is parsed and checked;
// the error joins what is wrong with each, with file and line.
func (l *Library) With(fsys fs.FS) (*Library, error) {
	files, err := filesOf(fsys, inTurn) // it may not be safe for more
	if err != nil {
		return nil, err
	}
	next, err := newLibrary(l.entries, files)
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

func newLibrary(base map[key]*entry, files []file) (*Library, error) {
	ofFile := make([][]*entry, len(files))
	inParallel(len(files), func(i int) { ofFile[i] = cut(files[i].name, files[i].text) })
	added := slices.Concat(ofFile...)
	keys := make([][]key, len(added))
	inParallel(len(added), func(i int) { keys[i] = added[i].keys() })
	const names = 3 // of an entry, roughly
	l := &Library{entries: make(map[key]*entry, len(base)+names*len(added))}
	l.byKind = sync.OnceValue(func() map[string][]*entry { return byKind(l.entries) })
	l.networks = sync.OnceValue(func() *networks { return newNetworks(l) })
	l.readings = sync.OnceValue(func() map[string][]*entry { return bySource(l.byKind()["reading"]) })
	l.situations = sync.OnceValue(func() map[string][]*entry { return bySource(l.byKind()["situation"]) })
	for k, e := range base {
		l.entries[k] = e
	}
	for i, e := range added {
		for _, k := range keys[i] {
			if first := l.entries[k]; first != nil && first != base[k] {
				return nil, fmt.Errorf("%s:%d: %s %q stands already in %s:%d", e.file, e.line, k.kind, k.name, first.file, first.line)
			}
			l.entries[k] = e
		}
	}
	return l, nil
}

// cut splits a file into its entries. An entry begins with a line of the form
// "- kind: name" at the left margin.
func cut(file string, data []byte) []*entry {
	var list []*entry
	var e *entry
	begin := 0
	for i, line := 0, 1; i < len(data); line++ {
		rest := data[i:]
		switch {
		case bytes.HasPrefix(rest, entryMark):
			if e != nil {
				e.text = data[begin:i:i]
			}
			first, _, _ := bytes.Cut(rest[len(entryMark):], []byte("\n"))
			kind, name, _ := strings.Cut(string(first), ":")
			e = &entry{kind: kind, name: unquote(name), file: file, line: line}
			list, begin = append(list, e), i
		case e != nil && bytes.HasPrefix(rest, alsoMark):
			e.also = true
		}
		n := bytes.IndexByte(rest, '\n')
		if n < 0 {
			break
		}
		i += n + 1
	}
	if e != nil {
		e.text = data[begin:len(data):len(data)]
	}
	return list
}

// What the lines begin with that are looked for when a file is cut.
var entryMark, alsoMark = []byte("- "), []byte("  also:")

// unquote returns the text of a scalar that stands on one line.
func unquote(s string) string {
	s = strings.TrimSpace(s)
	if inner, ok := strings.CutPrefix(s, `"`); ok {
		if inner, ok = strings.CutSuffix(inner, `"`); ok && !strings.ContainsAny(inner, `"\`) {
			return inner
		}
	} else if isPlainScalar(s) {
		return s
	}
	var text string
	if err := yaml.Unmarshal([]byte(s), &text); err != nil {
		return s
	}
	return text
}

// isPlainScalar reports whether s stands on its line as it is, without quotes and
// comments.
func isPlainScalar(s string) bool {
	return s != "" && strings.IndexByte("\"'|>[]{}&*!%@`#,?:-", s[0]) < 0 && !strings.Contains(s, ": ") && !strings.Contains(s, " #") && !strings.Contains(s, "\t") && s[len(s)-1] != ':'
}

// keys are the names under which an entry is found: its own, for a rule the
// older ones, for a command those of its kind.
func (e *entry) keys() []key {
	if e.kind == "software" || e.kind == "behaviour" {
		return e.softwareKeys()
	}
	keys := []key{{e.kind, e.name}}
	if e.also && (e.kind == "rule" || e.kind == "command") {
		for _, name := range e.names("also") {
			keys = append(keys, key{e.kind, name})
		}
	}
	return keys
}

// names returns the texts of a member that is a list, none if it is not: check
// reports that.
func (e *entry) names(member string) []string {
	if list, ok := flowList(e.behind(member)); ok {
		return list
	}
	var all map[string][]string
	_ = yaml.Unmarshal(e.member(member), &all)
	return all[member]
}

// flowList reads a list in brackets of plain words, which most lists are; it is not
// ok if it takes YAML to read it.
func flowList(s string) (list []string, ok bool) {
	inner, open := strings.CutPrefix(s, "[")
	inner, closed := strings.CutSuffix(inner, "]")
	if !open || !closed || strings.ContainsAny(inner, "\"'[]{}#:&*!|>%@`\\") {
		return nil, false
	}
	for name := range strings.SplitSeq(inner, ",") {
		if name = strings.TrimSpace(name); name == "" {
			return nil, false
		}
		list = append(list, name)
	}
	return list, true
}

// behind returns what stands behind the name of a member on its line.
func (e *entry) behind(member string) string {
	_, rest, _ := bytes.Cut(e.text, []byte("\n  "+member+":"))
	first, _, _ := bytes.Cut(rest, []byte("\n"))
	return strings.TrimSpace(string(first))
}

// scalar returns the text of a member that is a scalar. Plain and folded ones, which
// conditions are, need no YAML to be read.
func (e *entry) scalar(member string) string {
	head := e.behind(member)
	plain := head != "" && strings.IndexByte("\"'|>[{&*!%@`#", head[0]) < 0
	if lines := e.member(member); (plain || head == ">-") && !bytes.Contains(lines, []byte("#")) {
		_, lines, _ = bytes.Cut(lines, []byte(":")) // the name
		if !plain {
			_, lines, _ = bytes.Cut(lines, []byte("\n"))
		}
		var s strings.Builder
		s.Grow(len(lines))
		for line := range bytes.SplitSeq(lines, []byte("\n")) {
			if line = bytes.TrimSpace(line); len(line) == 0 {
				continue
			}
			if s.Len() > 0 {
				s.WriteByte(' ')
			}
			s.Write(line)
		}
		return s.String()
	}
	var all map[string]string
	_ = yaml.Unmarshal(e.member(member), &all)
	return all[member]
}

// member returns the lines of a member of the entry, without those of the
// others: to parse them alone costs a fraction.
func (e *entry) member(name string) []byte {
	const indent = "\n  "
	from := bytes.Index(e.text, []byte(indent+name+":"))
	if from < 0 {
		return []byte(name + ":")
	}
	from += len(indent)
	end := from
	for {
		n := bytes.Index(e.text[end:], []byte(indent))
		if n < 0 {
			return e.text[from:]
		}
		if end += n + len("\n"); !bytes.HasPrefix(e.text[end:], []byte("   ")) {
			return e.text[from:end]
		}
	}
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
		case "situation":
			e.value, e.err = parseAs[situationEntry](e)
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
		case "software":
			e.value, e.err = parseAs[softwareEntry](e)
		case "behaviour":
			e.value, e.err = parseAs[behaviourEntry](e)
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
	return slices.Clone(l.byKind()[kind])
}

// byKind returns the entries of each kind by name.
func byKind(entries map[key]*entry) map[string][]*entry {
	kinds := make(map[string][]*entry)
	for k, e := range entries {
		if k.kind == e.kind && k.name == e.name {
			kinds[k.kind] = append(kinds[k.kind], e)
		}
	}
	for _, list := range kinds {
		slices.SortFunc(list, func(a, b *entry) int { return strings.Compare(a.name, b.name) })
	}
	return kinds
}

// Rules returns the names of the rules that l knows, sorted.
func (l *Library) Rules() []string {
	var list []string
	for _, e := range l.sorted("rule") {
		list = append(list, e.name)
	}
	return list
}
