package cond

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

//go:generate go run ./internal/gen -facts $FALCONER_FACTS -events $FALCONER_EVENT_TABLE

// FieldInfo describes a field that conditions may read.
type FieldInfo struct {
	Name    string
	Type    Type
	List    bool     // it has any number of values
	Class   string   // the group or plugin that provides it: fd, process, k8saudit
	Sources []string // the event sources that have it; nil for all

	Arg         bool // it may have an argument: name[argument]
	ArgRequired bool // it must have one
	ArgIndex    bool // the argument is a number
	ArgKey      bool // the argument is any string

	// FilterOnly fields cannot be in an alert: they are derived from others.
	FilterOnly bool
	Deprecated bool

	noRHS         bool // cannot be compared with a field, nor a field with it
	noTransformer bool
	printOnly     bool
	hidden        bool // falco --list does not show it
	known         bool // it is in a table
	hex, oct      bool // a number that Falco prints as a string in that base
}

// Table is a set of fields. It is immutable and safe to share.
type Table struct {
	classes []*fieldClass

	resolved sync.Map // of resolved, by name and source
	kept     atomic.Int64
}

// fieldClass is what libsinsp calls a filter check: it is asked as a whole
// whether a name is one of its fields.
type fieldClass struct {
	name    string
	sources []string
	fields  []FieldInfo

	indexed sync.Once // on first use, when all fields are there
	byName  map[string]*FieldInfo
	heads   map[string]bool // what names have before their first dot
}

func (c *fieldClass) in(source string) bool {
	return c.sources == nil || source == "" || slices.Contains(c.sources, source)
}

// Falco returns the fields of Falco 0.45 itself and of the plugins container,
// json, k8saudit, cloudtrail, okta, github and gcpaudit.
func Falco() *Table { return falcoTables().all }

// FalcoWithoutPlugins returns the fields that Falco has when no plugin is
// loaded.
func FalcoWithoutPlugins() *Table { return falcoTables().builtin }

// Alert returns the fields of an alert itself, all of whose names begin with
// alert. Falco does not know them.
func Alert() *Table { return alertTable() }

var defaultTable = sync.OnceValue(func() *Table { return Falco().With(Alert()) })

var alertTable = sync.OnceValue(func() *Table {
	c := &fieldClass{name: "alert"}
	add := func(typ Type, list bool, names ...string) {
		for _, name := range names {
			c.fields = append(c.fields, FieldInfo{Name: "alert." + name, Type: typ, List: list, Class: c.name, known: true})
		}
	}
	add(CharBuf, false, "rule", "priority", "source", "hostname", "output", "id")
	add(CharBuf, true, "tags", "attack.tactic", "attack.technique", "nist", "pci")
	add(Uint64, false, "severity")
	add(AbsTime, false, "time")
	return &Table{classes: []*fieldClass{c}}
})

//go:embed data/fields.tsv
var fieldData string

type tables struct{ all, builtin *Table }

var falcoTables = sync.OnceValue(func() tables {
	var t tables
	t.all, t.builtin = &Table{}, &Table{}
	var last *fieldClass
	for line := range tsv(fieldData) {
		class, sources, name, typ, flags := line[0], line[1], line[2], line[3], line[4]
		if last == nil || last.name != class {
			last = &fieldClass{name: class}
			if sources != "*" {
				last.sources = strings.Split(sources, ",")
			}
			t.all.classes = append(t.all.classes, last)
			if isBuiltin(class) {
				t.builtin.classes = append(t.builtin.classes, last)
			}
		}
		f := FieldInfo{Name: name, Class: class, Sources: last.sources, known: true}
		f.Type, _ = ParseType(typ)
		for _, flag := range strings.Split(flags, ",") {
			if set := f.flag(flag); set != nil {
				*set = true
			}
		}
		last.fields = append(last.fields, f)
	}
	return t
})

func (f *FieldInfo) flag(name string) *bool {
	switch name {
	case "list":
		return &f.List
	case "arg":
		return &f.Arg
	case "arg_required":
		return &f.ArgRequired
	case "index":
		return &f.ArgIndex
	case "key":
		return &f.ArgKey
	case "filter_only":
		return &f.FilterOnly
	case "deprecated":
		return &f.Deprecated
	case "no_rhs":
		return &f.noRHS
	case "no_transformer":
		return &f.noTransformer
	case "print_only":
		return &f.printOnly
	case "hex":
		return &f.hex
	case "table_only":
		return &f.hidden
	}
	return nil
}

// tsv yields the cells of each line of a table of ours, without its heading.
// Cells that a line lacks are empty.
func tsv(data string) iter.Seq[[5]string] {
	return func(yield func([5]string) bool) {
		for line := range strings.Lines(data) {
			if line[0] == '#' {
				continue
			}
			var cells [5]string
			rest := strings.TrimSuffix(line, "\n")
			for i := range cells {
				cells[i], rest, _ = strings.Cut(rest, "\t")
			}
			if !yield(cells) {
				return
			}
		}
	}
}

// isBuiltin reports whether libsinsp itself has the class.
func isBuiltin(class string) bool {
	switch class {
	case "generic", "evt", "process", "user", "group", "fd", "fs.path", "util", "fdlist":
		return true
	}
	return false
}

// NewTable returns a table of a host's own fields, such as those of its
// plugins. Fields with the same Class, or with none, must have the same
// Sources. It is an error if two fields have the same name, or one has no
// name or a type that no condition can compare.
func NewTable(fields ...FieldInfo) (*Table, error) {
	t := &Table{}
	seen := map[string]bool{}
	for _, f := range fields {
		if n := fieldNameLen(f.Name); n == 0 || n != len(f.Name) {
			return nil, fmt.Errorf("cond: field %q: a name is two or more identifiers joined by dots", f.Name)
		}
		if seen[f.Name] {
			return nil, fmt.Errorf("cond: field %s is there twice", f.Name)
		}
		seen[f.Name] = true
		if f.Type.class() == noClass {
			return nil, fmt.Errorf("cond: field %s has type %s, which nothing can be compared with", f.Name, f.Type)
		}
		if f.ArgRequired && !f.ArgIndex && !f.ArgKey {
			f.ArgKey = true
		}
		f.Arg = f.Arg || f.ArgRequired || f.ArgIndex || f.ArgKey
		f.known = true
		c := t.class(f.Class, f.Sources)
		if !slices.Equal(c.sources, f.Sources) {
			return nil, fmt.Errorf("cond: field %s has other sources than its class %s", f.Name, f.Class)
		}
		c.fields = append(c.fields, f)
	}
	return t, nil
}

func (t *Table) class(name string, sources []string) *fieldClass {
	for _, c := range t.classes {
		if c.name == name {
			return c
		}
	}
	c := &fieldClass{name: name, sources: sources}
	t.classes = append(t.classes, c)
	return c
}

// ParseTable reads a table from the JSON that falco --list --format json
// prints. What Falco leaves out of it (flags of its own fields) comes from the
// table of this package.
func ParseTable(data []byte) (*Table, error) {
	var list struct {
		Classes []struct {
			Name    string
			Sources []string `json:"event_sources"`
			Fields  []struct {
				Name       string
				Type       string
				List       bool `json:"is_list"`
				Deprecated bool `json:"is_deprecated"`
				Argument   *struct {
					Required bool
					Type     []string
				}
			}
		} `json:"fieldclasses"`
	}
	if err := json.Unmarshal(data, &list); err != nil {
		return nil, fmt.Errorf("cond: field list: %w", err)
	}
	if list.Classes == nil {
		return nil, fmt.Errorf("cond: field list: no fieldclasses")
	}
	known := map[string]*FieldInfo{}
	for _, c := range FalcoWithoutPlugins().classes {
		for i := range c.fields {
			known[c.fields[i].Name] = &c.fields[i]
		}
	}
	t := &Table{}
	for _, c := range list.Classes {
		class := &fieldClass{name: c.Name, sources: c.Sources}
		if isBuiltin(c.Name) && len(c.Fields) > 0 {
			if k := known[c.Fields[0].Name]; k != nil && k.Class == "generic" {
				class.name = k.Class // Falco shows both classes as evt
			}
		}
		for _, jf := range c.Fields {
			f := FieldInfo{Name: jf.Name, List: jf.List, Deprecated: jf.Deprecated, Class: class.name, Sources: c.Sources, known: true}
			var ok bool
			if f.Type, ok = ParseType(jf.Type); !ok {
				return nil, fmt.Errorf("cond: field list: %s has the unknown type %q", jf.Name, jf.Type)
			}
			if jf.Argument != nil {
				f.Arg = true
				f.ArgRequired = jf.Argument.Required
				f.ArgIndex = slices.Contains(jf.Argument.Type, "INDEX")
				f.ArgKey = slices.Contains(jf.Argument.Type, "KEY")
			}
			if k := known[f.Name]; k != nil {
				f.FilterOnly, f.noRHS, f.noTransformer = k.FilterOnly, k.noRHS, k.noTransformer
			}
			class.fields = append(class.fields, f)
		}
		t.classes = append(t.classes, class)
	}
	return t, nil
}

// With returns a table of the fields of both; where both have a class of the
// same name, that of other is left out.
func (t *Table) With(other *Table) *Table {
	sum := &Table{classes: slices.Clone(t.classes)}
	for _, c := range other.classes {
		if !slices.ContainsFunc(t.classes, func(d *fieldClass) bool { return d.name == c.name && c.name != "" }) {
			sum.classes = append(sum.classes, c)
		}
	}
	return sum
}

// All yields the fields that falco --list would show, in its order.
func (t *Table) All() iter.Seq[FieldInfo] {
	return func(yield func(FieldInfo) bool) {
		for _, c := range t.classes {
			for _, f := range c.fields {
				if f.hidden || f.printOnly || f.Deprecated || c.name == "util" {
					continue
				}
				if !yield(f) {
					return
				}
			}
		}
	}
}
