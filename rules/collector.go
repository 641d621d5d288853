package rules

import (
	"slices"
	"strconv"

	"github.com/falconer-go/falconer/event"
	"github.com/falconer-go/falconer/rules/cond"
	"github.com/falconer-go/falconer/rules/internal/yaml"
)

// collector holds what the files define, one on top of the other: lists,
// macros and rules in the order of their first definition, as Falco keeps
// them. A definition has an index, which stays when it is defined again, and
// a visibility, which moves: macros and lists see what has a smaller index
// than their own visibility.
type collector struct {
	engine *engine
	next   int // the next index
	edits  int // how many changes there were

	lists  table[listInfo]
	macros table[macroInfo]
	rules  table[ruleInfo]

	again []redefinition // for lint

	required        version // the highest required_engine_version
	requiredPlugins [][]Requirement
}

// redefinition is a definition that takes the place of another without saying
// so.
type redefinition struct{ at, before chain }

// redefine notes that a definition replaces the one at before.
func (c *collector) redefine(at, before chain, saidSo bool) {
	if !saidSo && len(c.again) < maxFindings {
		c.again = append(c.again, redefinition{at, before})
	}
}

// Requirement is a plugin with the least version that will do.
type Requirement struct {
	Name    string
	Version string
}

// table is a sequence with an index by name.
type table[T any] struct {
	all    []*T
	byName map[string]*T
}

func (t *table[T]) get(name string) *T { return t.byName[name] }

func (t *table[T]) add(name string, v *T) {
	if t.byName == nil {
		t.byName = make(map[string]*T)
	}
	t.byName[name] = v
	t.all = append(t.all, v)
}

// clone copies the table and each entry, but not what entries point to.
func (t *table[T]) clone(name func(*T) string) table[T] {
	var c table[T]
	for _, v := range t.all {
		w := *v
		c.add(name(v), &w)
	}
	return c
}

// prose is a condition as it was written: the text of a definition, and the
// texts appended to it, which Falco joins with a blank.
type prose []scalar

func (p prose) String() string {
	if len(p) == 1 {
		return p[0].text
	}
	n := 0
	for _, s := range p {
		n += len(s.text) + 1
	}
	b := make([]byte, 0, n)
	for i, s := range p {
		if i > 0 {
			b = append(b, ' ')
		}
		b = append(b, s.text...)
	}
	return string(b)
}

type listInfo struct {
	name              string
	items             []string
	at                chain
	replaces          bool // by an override
	index, visibility int
}

type macroInfo struct {
	name              string
	cond              prose
	at, condAt        chain
	replaces          bool // by an override
	index, visibility int

	edit int // the last change
	memo *macroMemo
}

type ruleInfo struct {
	name, output, desc, source string
	cond                       prose
	priority                   event.Priority
	tags                       []string
	exceptions                 []exceptionInfo
	enabled, capture           bool
	captureDuration            uint32
	warnEventTypes             bool
	skipUnknown                bool
	unknownSource              bool
	unknown                    []UnknownKey

	at, condAt, outputAt chain
	outputNode           *yaml.Node
	index, visibility    int

	edit int // the last change
	memo *ruleMemo
}

// What one rule can have, by many files or many overrides in one: each adds to
// what is there and would take the longer for it.
const (
	maxProse      = 1 << 18
	maxTags       = 1 << 12
	maxExceptions = 1 << 13
)

// ruleUpdate is what an override or append changes of a rule; nil is left as
// it is.
type ruleUpdate struct {
	name, source string
	at           chain

	cond                        *scalar
	output, desc                *string
	outputNode                  *yaml.Node
	tags                        *[]string
	exceptions                  *[]exceptionInfo
	priority                    *event.Priority
	enabled, capture            *bool
	captureDuration             *uint32
	warnEventTypes, skipUnknown *bool
}

func (u *ruleUpdate) empty() bool {
	return u.cond == nil && u.output == nil && u.desc == nil && u.tags == nil && u.exceptions == nil &&
		u.priority == nil && u.enabled == nil && u.capture == nil && u.captureDuration == nil &&
		u.warnEventTypes == nil && u.skipUnknown == nil
}

type exceptionInfo struct {
	name   string
	fields entry
	comps  entry
	values []entry
	at     chain
	node   *yaml.Node
}

// entry is a text or a list, as fields, comps and values of an exception are.
type entry struct {
	text    string
	list    bool
	entries []entry
}

func (e *entry) valid() bool { return e.list && len(e.entries) > 0 || !e.list && e.text != "" }

func (c *collector) index() int {
	c.next++
	return c.next - 1
}

func (c *collector) edit() int {
	c.edits++
	return c.edits
}

func (c *collector) engineVersion(v version, at chain) error {
	if !c.engine.version.serves(v) {
		return at.fail(ErrValidate, "Rules require engine version "+v.String()+
			", but engine version is "+c.engine.version.String())
	}
	if c.required.less(v) {
		c.required = v
	}
	return nil
}

func (c *collector) pluginVersions(all []Requirement, at chain) error {
	names := make(map[string]bool)
	for _, r := range all {
		if _, ok := parseVersion(r.Version); !ok {
			return at.fail(ErrValidate, "Invalid required version '"+r.Version+"' for plugin '"+r.Name+"'")
		}
		if names[r.Name] {
			return at.fail(ErrValidate, "Defined multiple alternative version requirements for plugin '"+r.Name+"'")
		}
		names[r.Name] = true
	}
	c.requiredPlugins = append(c.requiredPlugins, all)
	return nil
}

func (c *collector) defineList(l *listInfo) {
	l.visibility = c.index()
	l.index = l.visibility
	if prev := c.lists.get(l.name); prev != nil {
		c.redefine(l.at, prev.at, l.replaces)
		l.index = prev.index
		*prev = *l
		return
	}
	c.lists.add(l.name, l)
}

func (c *collector) appendList(l *listInfo) error {
	prev := c.lists.get(l.name)
	if prev == nil {
		return l.at.fail(ErrValidate, "List uses 'append' or 'override.items: append' but no list by that name already exists")
	}
	prev.items = append(prev.items, l.items...)
	prev.visibility = c.index()
	return nil
}

func (c *collector) defineMacro(m *macroInfo) {
	m.visibility = c.index()
	m.index = m.visibility
	m.edit = c.edit()
	if prev := c.macros.get(m.name); prev != nil {
		c.redefine(m.at, prev.at, m.replaces)
		m.index = prev.index
		*prev = *m
		return
	}
	c.macros.add(m.name, m)
}

func (c *collector) appendMacro(m *macroInfo) error {
	prev := c.macros.get(m.name)
	if prev == nil {
		return m.at.fail(ErrValidate, "Macro uses 'append' or 'override.condition: append' but no macro by that name already exists")
	}
	prev.cond = append(prev.cond, m.cond...)
	prev.edit = c.edit()
	prev.visibility = c.index()
	return nil
}

// earlier returns the rule of that name, which must not be of another source.
func (c *collector) earlier(name, source string, at chain) (*ruleInfo, error) {
	prev := c.rules.get(name)
	if prev != nil && prev.source != "" && source != "" && prev.source != source {
		return nil, at.fail(ErrValidate, "Rule has been re-defined with a different source")
	}
	return prev, nil
}

func (c *collector) defineRule(v *ruleInfo, out *sink) error {
	prev, err := c.earlier(v.name, v.source, v.at)
	if err != nil {
		return err
	}
	known := c.engine.hasSource(v.source)
	if !known {
		v.unknownSource = true
		out.warn(v.at, WarnUnknownSource, "Unknown source "+v.source+", skipping")
	}
	for i := range v.exceptions {
		ex := &v.exceptions[i]
		if !ex.fields.valid() {
			return ex.at.fail(ErrValidate, "Rule exception item must have fields property with a list of fields")
		}
		if err := c.validate(ex, v.source, known); err != nil {
			return err
		}
	}
	v.visibility = c.index()
	v.index = v.visibility
	v.edit = c.edit()
	if prev != nil {
		c.redefine(v.at, prev.at, false)
		v.index = prev.index
		*prev = *v
		return nil
	}
	c.rules.add(v.name, v)
	return nil
}

// validate checks fields and comps of an exception and fills in comps where
// they are left out.
func (c *collector) validate(ex *exceptionInfo, source string, known bool) error {
	field := func(name string) error {
		if !known {
			return nil
		}
		ok, fault := c.engine.isField(name, source)
		switch {
		case fault != "": // Falco has lost the place by then
			return ex.at.file.root().fail(ErrValidate, fault)
		case !ok:
			return ex.at.fail(ErrValidate, "'"+name+"' is not a supported filter field")
		}
		return nil
	}
	if !ex.fields.list {
		if !ex.comps.valid() {
			ex.comps = entry{text: "in"}
		}
		if ex.comps.list {
			return ex.at.fail(ErrValidate, "Fields and comps must both be strings")
		}
		ex.comps.text = blankless(ex.comps.text)
		if op, mod, ok := comparison(ex.comps.text); !ok || !op.IsList() && mod == cond.NoMod {
			return ex.at.fail(ErrValidate, "When fields is a single value, comps must be one of "+
				"(in, pmatch, intersects) or a modifier operator (e.g. startswith oneof)")
		}
		return field(ex.fields.text)
	}
	if !ex.comps.valid() {
		ex.comps = entry{list: true, entries: make([]entry, len(ex.fields.entries))}
		for i := range ex.comps.entries {
			ex.comps.entries[i].text = "="
		}
	}
	if len(ex.fields.entries) != len(ex.comps.entries) {
		return ex.at.fail(ErrValidate, "Fields and comps lists must have equal length")
	}
	ex.comps.entries = slices.Clone(ex.comps.entries)
	for i := range ex.comps.entries {
		comp := &ex.comps.entries[i].text
		*comp = blankless(*comp)
		if _, _, ok := comparison(*comp); !ok {
			return ex.at.fail(ErrValidate, "'"+*comp+"' is not a supported comparison operator")
		}
	}
	for _, f := range ex.fields.entries {
		if err := field(f.text); err != nil {
			return err
		}
	}
	return nil
}

// appendRule adds to an earlier rule.
func (c *collector) appendRule(u *ruleUpdate) error {
	prev, err := c.earlier(u.name, u.source, u.at)
	if err != nil {
		return err
	}
	if prev == nil {
		return u.at.fail(ErrValidate, "Rule uses 'append' or 'override.<key>: append' but no rule by that name already exists")
	}
	if u.empty() {
		return u.at.fail(ErrValidate, "Appended rule must have exceptions or condition property")
	}
	prev.edit = c.edit()
	if u.cond != nil && u.cond.text != "" {
		prev.cond = append(prev.cond, *u.cond)
	}
	if u.output != nil && *u.output != "" {
		if len(prev.output)+len(*u.output) > maxProse {
			return u.at.fail(ErrTooLarge, "output of more than "+strconv.Itoa(maxProse)+" bytes")
		}
		prev.output += " " + *u.output
	}
	if u.desc != nil && *u.desc != "" {
		if len(prev.desc)+len(*u.desc) > maxProse {
			return u.at.fail(ErrTooLarge, "description of more than "+strconv.Itoa(maxProse)+" bytes")
		}
		prev.desc += " " + *u.desc
	}
	if u.tags != nil {
		if len(prev.tags)+len(*u.tags) > maxTags {
			return u.at.fail(ErrTooLarge, "more than "+strconv.Itoa(maxTags)+" tags")
		}
		prev.tags = append(slices.Clone(prev.tags), *u.tags...) // rules of the file before have it
		slices.Sort(prev.tags)
		prev.tags = slices.Compact(prev.tags)
	}
	if u.exceptions != nil {
		if len(prev.exceptions)+len(*u.exceptions) > maxExceptions {
			return u.at.fail(ErrTooLarge, "more than "+strconv.Itoa(maxExceptions)+" exceptions")
		}
		for _, ex := range *u.exceptions {
			if err := c.appendException(prev, ex); err != nil {
				return err
			}
		}
	}
	prev.visibility = c.index()
	return nil
}

func (c *collector) appendException(prev *ruleInfo, ex exceptionInfo) error {
	i := slices.IndexFunc(prev.exceptions, func(e exceptionInfo) bool { return e.name == ex.name })
	if i >= 0 {
		if ex.fields.valid() {
			return ex.at.fail(ErrValidate, "Can not append exception fields to existing exception, only values")
		}
		if ex.comps.valid() {
			return ex.at.fail(ErrValidate, "Can not append exception comps to existing exception, only values")
		}
		prev.exceptions[i].values = append(prev.exceptions[i].values, ex.values...)
		return nil
	}
	if !ex.fields.valid() {
		return ex.at.fail(ErrValidate, "Rule exception must have fields property with a list of fields")
	}
	if len(ex.values) == 0 {
		return ex.at.fail(ErrValidate, "Rule exception must have values property with a list of values")
	}
	if err := c.validate(&ex, prev.source, !prev.unknownSource); err != nil {
		return err
	}
	prev.exceptions = append(prev.exceptions, ex)
	return nil
}

func (c *collector) replaceRule(u *ruleUpdate) error {
	prev, err := c.earlier(u.name, u.source, u.at)
	if err != nil {
		return err
	}
	if prev == nil {
		return u.at.fail(ErrValidate, "An 'override.<key>: replace' to a rule was requested but no rule by that name already exists")
	}
	if u.empty() {
		return u.at.fail(ErrValidate, "The rule must have at least one field that can be replaced")
	}
	prev.edit = c.edit()
	if u.cond != nil {
		prev.cond = prose{*u.cond}
	}
	set(&prev.output, u.output)
	if u.output != nil {
		prev.outputNode = u.outputNode
	}
	set(&prev.desc, u.desc)
	set(&prev.tags, u.tags)
	set(&prev.exceptions, u.exceptions)
	set(&prev.priority, u.priority)
	set(&prev.capture, u.capture)
	set(&prev.captureDuration, u.captureDuration)
	set(&prev.enabled, u.enabled)
	set(&prev.warnEventTypes, u.warnEventTypes)
	set(&prev.skipUnknown, u.skipUnknown)
	prev.visibility = c.index()
	return nil
}

func set[T any](dst *T, v *T) {
	if v != nil {
		*dst = *v
	}
}

func (c *collector) enable(name string, enabled bool, at chain) error {
	prev := c.rules.get(name)
	if prev == nil {
		return at.fail(ErrValidate, "Rule has 'enabled' key but no rule by that name already exists")
	}
	prev.enabled = enabled
	prev.edit = c.edit()
	return nil
}

// noteUnknown adds to the unknown keys of a rule.
func (c *collector) noteUnknown(rule string, keys []UnknownKey) {
	if prev := c.rules.get(rule); prev != nil && len(keys) > 0 && len(prev.unknown) < maxWarnings {
		prev.unknown = append(slices.Clip(prev.unknown), keys...)
	}
}

// clone returns a collector that can go its own way.
func (c *collector) clone() *collector {
	d := *c
	// What either appends from now on, the other does not see.
	d.lists = c.lists.clone(func(l *listInfo) string { return l.name })
	for _, l := range d.lists.all {
		l.items = slices.Clip(l.items)
	}
	d.macros = c.macros.clone(func(m *macroInfo) string { return m.name })
	for _, m := range d.macros.all {
		m.cond = slices.Clip(m.cond)
	}
	d.rules = c.rules.clone(func(r *ruleInfo) string { return r.name })
	for _, r := range d.rules.all {
		r.cond = slices.Clip(r.cond)
		r.exceptions = slices.Clone(r.exceptions)
		for i := range r.exceptions {
			r.exceptions[i].values = slices.Clip(r.exceptions[i].values)
		}
	}
	d.requiredPlugins = slices.Clip(c.requiredPlugins)
	d.again = slices.Clip(c.again)
	return &d
}
