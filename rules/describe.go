package rules

import (
	"slices"
	"strings"

	"github.com/falconer-go/falconer/rules/cond"
)

// Description is what a [Set] resolves to, in the form in which falco -L
// prints it with JSON output, but for the lists of event types.
type Description struct {
	RequiredEngineVersion  string              `json:"required_engine_version"`
	RequiredPluginVersions []PluginRequirement `json:"required_plugin_versions"`
	Rules                  []RuleDescription   `json:"rules"`
	Macros                 []MacroDescription  `json:"macros"`
	Lists                  []ListDescription   `json:"lists"`
}

// PluginRequirement is a plugin that the rules need, or what will do instead.
type PluginRequirement struct {
	Name         string               `json:"name"`
	Version      string               `json:"version"`
	Alternatives []PluginAlternatives `json:"alternatives"`
}

// PluginAlternatives is a plugin that will do instead of another.
type PluginAlternatives struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// RuleDescription is a rule as it is written and as it is compiled. Lists of
// names are sorted but for the fields of the output, which keep its order.
type RuleDescription struct {
	Info struct {
		Name            string   `json:"name"`
		Description     string   `json:"description"`
		Condition       string   `json:"condition"`
		Output          string   `json:"output"`
		Priority        string   `json:"priority"`
		Source          string   `json:"source"`
		Enabled         bool     `json:"enabled"`
		Capture         bool     `json:"capture"`
		CaptureDuration uint32   `json:"capture_duration"`
		Tags            []string `json:"tags"`
	} `json:"info"`
	Details struct {
		Compiled       string   `json:"condition_compiled"`
		Fields         []string `json:"condition_fields"`
		Operators      []string `json:"condition_operators"`
		Macros         []string `json:"macros"`
		Lists          []string `json:"lists"`
		OutputCompiled string   `json:"output_compiled"`
		OutputFields   []string `json:"output_fields"` // formats of extra fields first

		// ExtraFormatted are the formats of extra fields that have one, by key.
		ExtraFormatted map[string]string `json:"extra_output_formatted_fields,omitempty"`

		ExceptionNames     []string `json:"exception_names"`
		ExceptionOperators []string `json:"exception_operators"`
		ExceptionFields    []string `json:"exception_fields"`
		Plugins            []string `json:"plugins"`
	} `json:"details"`
}

// MacroDescription is a macro as it is written and as it is compiled.
type MacroDescription struct {
	Info struct {
		Name      string `json:"name"`
		Condition string `json:"condition"`
	} `json:"info"`
	Details struct {
		Used      bool     `json:"used"`
		Compiled  string   `json:"condition_compiled"`
		Fields    []string `json:"condition_fields"`
		Operators []string `json:"condition_operators"`
		Macros    []string `json:"macros"`
		Lists     []string `json:"lists"`
		Plugins   []string `json:"plugins"` // always empty, as in Falco
	} `json:"details"`
}

// ListDescription is a list as it is written and with other lists in place.
type ListDescription struct {
	Info struct {
		Name  string   `json:"name"`
		Items []string `json:"items"` // without the names of lists
	} `json:"info"`
	Details struct {
		Used    bool     `json:"used"`
		Items   []string `json:"items_compiled"`
		Lists   []string `json:"lists"`
		Plugins []string `json:"plugins"` // always empty, as in Falco
	} `json:"details"`
}

// Describe returns what the rules, macros and lists of the set resolve to.
func (s *Set) Describe() *Description {
	d := &Description{RequiredPluginVersions: []PluginRequirement{}, Rules: []RuleDescription{},
		Macros: []MacroDescription{}, Lists: []ListDescription{}}
	if s.col == nil {
		return d
	}
	d.RequiredEngineVersion = s.col.required.String()
	for _, all := range s.col.requiredPlugins {
		p := PluginRequirement{Name: all[0].Name, Version: all[0].Version, Alternatives: []PluginAlternatives{}}
		for _, a := range all[1:] {
			p.Alternatives = append(p.Alternatives, PluginAlternatives(a))
		}
		d.RequiredPluginVersions = append(d.RequiredPluginVersions, p)
	}
	if s.comp == nil {
		return d
	}
	providers := make([]provider, len(s.engine.options.Plugins))
	for i := range providers {
		providers[i] = s.engine.options.Plugins[i].provider()
	}
	for _, r := range s.rules {
		d.Rules = append(d.Rules, s.describeRule(r, providers))
	}
	for _, m := range s.comp.macros.all {
		d.Macros = append(d.Macros, s.describeMacro(m))
	}
	for _, l := range s.comp.lists.all {
		d.Lists = append(d.Lists, describeList(l))
	}
	return d
}

func (s *Set) describeRule(r *Rule, providers []provider) RuleDescription {
	var d RuleDescription
	d.Info.Name = r.Name
	d.Info.Description = r.Desc
	d.Info.Condition = r.ConditionText()
	d.Info.Output = r.Output
	d.Info.Priority = r.Priority.String()
	d.Info.Source = r.Source
	d.Info.Enabled = r.Enabled
	d.Info.Capture = r.Capture
	d.Info.CaptureDuration = r.CaptureDuration
	d.Info.Tags = notNil(r.Tags)

	written := s.details(s.written(r.info.cond))
	compiled := s.details(r.Condition)
	d.Details.Compiled = cond.FalcoString(r.Condition)
	d.Details.Fields = compiled.fields.sorted()
	d.Details.Operators = compiled.operators.sorted()
	d.Details.Macros = written.macros.sorted()
	d.Details.Lists = written.lists.sorted()
	d.Details.OutputCompiled = r.compiledOutput
	d.Details.OutputFields = []string{}
	for _, key := range r.ExtraFields {
		f := r.extra[key]
		d.Details.OutputFields = append(d.Details.OutputFields, f.format())
		if f.Format != "" {
			if d.Details.ExtraFormatted == nil {
				d.Details.ExtraFormatted = make(map[string]string)
			}
			d.Details.ExtraFormatted[key] = f.Format
		}
	}
	d.Details.OutputFields = append(d.Details.OutputFields, r.OutputFields...)
	d.Details.ExceptionFields = notNil(r.exceptionFields)
	names, operators := nameSet{}, nameSet{}
	for _, ex := range r.info.exceptions {
		names.add(ex.name)
		if !ex.comps.list {
			operators.add(ex.comps.text)
		}
		for _, c := range ex.comps.entries {
			if !c.list {
				operators.add(c.text)
			}
			for _, sub := range c.entries {
				operators.add(sub.text)
			}
		}
	}
	d.Details.ExceptionNames = names.sorted()
	d.Details.ExceptionOperators = operators.sorted()
	for _, f := range d.Details.OutputFields {
		compiled.fields.add(f)
	}
	d.Details.Plugins = s.engine.pluginsOf(r.Source, providers, compiled.fields, compiled.types)
	return d
}

func (s *Set) describeMacro(m *macro) MacroDescription {
	var d MacroDescription
	d.Info.Name = m.info.name
	d.Info.Condition = m.info.cond.String()
	written := s.details(s.written(m.info.cond))
	compiled := s.details(m.resolved)
	d.Details.Used = m.used
	if m.resolved != nil {
		d.Details.Compiled = cond.FalcoString(m.resolved)
	}
	d.Details.Fields = compiled.fields.sorted()
	d.Details.Operators = compiled.operators.sorted()
	d.Details.Macros = written.macros.sorted()
	d.Details.Lists = written.lists.sorted()
	d.Details.Plugins = []string{}
	return d
}

func describeList(l *list) ListDescription {
	var d ListDescription
	d.Info.Name = l.info.name
	d.Info.Items = []string{}
	compiled := make(nameSet, len(l.items))
	for _, item := range l.items {
		compiled.add(item)
	}
	lists := nameSet{}
	for _, item := range l.info.items {
		// What is gone from the compiled list must have been a list itself.
		if compiled[item] {
			d.Info.Items = append(d.Info.Items, item)
		} else {
			lists.add(item)
		}
	}
	d.Details.Used = l.used
	d.Details.Items = notNil(l.items)
	d.Details.Lists = lists.sorted()
	d.Details.Plugins = []string{}
	return d
}

// written parses a condition as it is written, its lists by name.
func (s *Set) written(p prose) cond.Expr {
	x, err := s.engine.parseOnly(p.String())
	if err != nil {
		return nil // sound only once its lists are in place
	}
	return x
}

type nameSet map[string]bool

func (s nameSet) add(name string) { s[name] = true }

func (s nameSet) sorted() []string {
	list := make([]string, 0, len(s))
	for name := range s {
		list = append(list, name)
	}
	slices.Sort(list)
	return list
}

func notNil(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

// details are the names in a condition.
type details struct{ fields, operators, macros, lists, types nameSet }

func (s *Set) details(x cond.Expr) details {
	d := details{nameSet{}, nameSet{}, nameSet{}, nameSet{}, nameSet{}}
	if x == nil {
		return d
	}
	for n := range cond.Walk(x) {
		switch n := n.(type) {
		case *cond.Field:
			d.fields.add(fieldKey(n))
		case *cond.Macro:
			if s.comp.macros.byName[n.Name] != nil {
				d.macros.add(n.Name)
			}
		case *cond.Check:
			op := n.Op.String()
			if n.Mod != cond.NoMod {
				op += " " + n.Mod.String()
			}
			d.operators.add(op)
			onTypes := false
			if f, ok := n.Left.(*cond.Field); ok {
				onTypes = f.FullName() == "evt.type" || f.FullName() == "evt.asynctype"
			}
			switch r := n.Right.(type) {
			case *cond.Value:
				if onTypes {
					d.types.add(r.Text)
				}
			case *cond.List:
				for _, item := range r.Items {
					if _, ok := s.comp.lists.byName[item.Text]; ok {
						d.lists.add(item.Text)
					} else if onTypes {
						d.types.add(item.Text)
					}
				}
			}
		}
	}
	return d
}

func fieldKey(f *cond.Field) string {
	if f.Arg == "" {
		return f.Name
	}
	return f.Name + "[" + f.Arg + "]"
}

// pluginsOf returns the plugins that a rule of a source needs: the one that
// provides its events, those whose fields it reads, those whose events it
// asks for.
func (e *engine) pluginsOf(source string, providers []provider, fields, types nameSet) []string {
	used := nameSet{}
	for i := range e.options.Plugins {
		p := &e.options.Plugins[i]
		if p.Source != "" && p.Source == source {
			used.add(p.Name)
			continue
		}
		for name := range fields {
			name, _, _ = strings.Cut(name, "[")
			if providers[i].adds(name, source) {
				used.add(p.Name)
				break
			}
		}
		for _, name := range p.Events {
			if types[name] && source == syscallSource {
				used.add(p.Name)
			}
		}
	}
	return used.sorted()
}
