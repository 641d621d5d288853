package rules

import (
	"fmt"
	"slices"
	"strings"
)

// Set is what a number of rule files come to: their rules, as Falco would run
// them, and what there is to say about each file. A Set is immutable and safe
// for concurrent use.
type Set struct {
	results []*Result
	rules   []*Rule
	byName  map[string]*Rule
	engine  *engine
	col     *collector
	comp    *compilation // of the last file
}

// Load reads rule files in order, each on top of those before it, as Falco
// does with its rules_files. Nil options stand for a Falco with all plugins.
//
// An error of the options themselves is returned as it is. Otherwise the
// error, an [ErrorList], is nil if Falco would start with the files. A
// plugin that the files require and that is not there comes first in it, and
// is an error of no file. The Set is there in any case: with an error it holds the results of all files
// and the rules that are sound, for tools that show what is wrong, and it is
// not what Falco would run.
func Load(o *Options, files ...File) (*Set, error) {
	options := o.withDefaults()
	e, err := newEngine(&options)
	if err != nil {
		return &Set{engine: e, byName: map[string]*Rule{}}, err
	}
	s := &Set{engine: e, col: &collector{engine: e}, byName: make(map[string]*Rule)}
	var errs ErrorList
	for _, f := range files {
		res := s.load(f)
		s.results = append(s.results, res)
		errs = append(errs, res.Errors...)
	}
	if s.comp != nil {
		s.rules = s.comp.rules
		for _, r := range s.rules {
			s.byName[r.Name] = r
		}
		s.comp.checkOwners = nil
	}
	e.frozen = true
	if msg := s.plugins(); msg != "" {
		errs = slices.Insert(errs, 0, &Error{Diagnostic{Code: ErrValidate, Message: msg}})
	}
	return s, errs.Err()
}

// load reads one more file.
func (s *Set) load(f File) *Result {
	src := &source{name: f.Name, data: f.Data}
	res := &Result{Name: f.Name, file: src}
	out := &sink{res: res, limit: s.engine.limits.Errors}
	docs, err := src.documents(s.engine.limits)
	if err != nil {
		out.fail(err)
		return res
	}
	res.Schema = checkSchema(docs, s.engine.limits.Nodes)
	r := &reader{file: src, to: s.col, out: out, left: 4 * s.engine.limits.Nodes}
	if !r.read(docs) && len(res.Errors) >= out.limit {
		return res
	}
	// After an error in the file the reader went on with a collector of its
	// own, so that what Falco has collected by then stays what it is.
	s.comp = compile(s.engine, r.to, out)
	return res
}

// plugins checks that the plugins which the files require are there, as Falco
// does once all files are loaded.
func (s *Set) plugins() string {
	if s.col == nil {
		return ""
	}
	for _, alternatives := range s.col.requiredPlugins {
		if msg := s.engine.satisfies(alternatives); msg != "" {
			return msg
		}
	}
	return ""
}

// satisfies is why no alternative is satisfied, "" if one is: the first whose
// plugin is loaded decides.
func (e *engine) satisfies(alternatives []Requirement) string {
	for _, req := range alternatives {
		for _, p := range e.options.Plugins {
			if p.Name != req.Name {
				continue
			}
			want, _ := parseVersion(req.Version)
			have, ok := parseVersion(p.Version)
			if !ok {
				return "Plugin '" + p.Name + "' has invalid version string '" + p.Version + "'"
			}
			if !have.serves(want) {
				return "Plugin '" + p.Name + "' version '" + p.Version +
					"' is not compatible with required plugin version '" + req.Version + "'"
			}
			return ""
		}
	}
	var list []string
	for _, req := range alternatives {
		list = append(list, fmt.Sprintf("%s (>= %s)", req.Name, req.Version))
	}
	return "Plugin requirement not satisfied, must load one of: " + strings.Join(list, ", ")
}

// Results returns what there is to say about each file, in their order.
func (s *Set) Results() []*Result { return s.results }

// Rules returns the rules in the order in which Falco tries them, that of
// their first definition. Rules of a source that is unknown are not among
// them, nor are those that Falco skips for a field that is.
func (s *Set) Rules() []*Rule { return s.rules }

// Rule returns the rule of that name, nil if there is none.
func (s *Set) Rule(name string) *Rule { return s.byName[name] }
