package rules

import (
	"slices"
	"strings"

	"github.com/falconer-go/falconer/event"
	"github.com/falconer-go/falconer/rules/internal/yaml"
)

// The keys of a rule that an override can add to, and those that it can
// replace, in the order of their names.
var (
	ruleAppendable  = []string{"condition", "desc", "exceptions", "output", "tags"}
	ruleReplaceable = []string{"capture", "capture_duration", "condition", "desc", "enabled", "exceptions",
		"output", "priority", "skip-if-unknown-filter", "tags", "warn_evttypes"}
	ruleKeys = []string{"rule", "condition", "output", "desc", "priority", "source", "enabled", "capture",
		"capture_duration", "warn_evttypes", "skip-if-unknown-filter", "tags", "exceptions", "override", "append"}
)

func (r *reader) rule(n *yaml.Node, root chain) error {
	name, err := r.str(n, "rule", root.with(r.file.item(TypeRule, "", n)))
	if err != nil {
		return err
	}
	c := root.with(r.file.item(TypeRule, name, n))

	// An append or override may leave the source empty, so it is read twice:
	// here, and again where a rule is defined.
	source := ""
	if s := value(n, "source"); s != nil && !isNull(s) {
		if !isScalar(s) {
			return c.with(r.file.item(TypeValueFor, "source", s)).invalid("Value is not a scalar value")
		}
		source = s.Value
	}
	add := false
	if err := r.boolean(n, "append", c, true, &add); err != nil {
		return err
	}
	if add {
		r.out.warn(c, WarnDeprecatedItem, msgAppend)
	}
	over, err := r.overrides(n, c, ruleAppendable, ruleReplaceable)
	if err != nil {
		return err
	}
	if add && len(over) > 0 {
		return c.invalid(msgOverrideAppend)
	}
	u := &ruleUpdate{name: name, source: source, at: c}
	first := len(r.out.res.UnknownKeys)
	switch {
	case len(over) > 0:
		err = r.override(n, c, u, over)
	case add:
		err = r.appendRule(n, c, u)
	case value(n, "condition") == nil && value(n, "output") == nil &&
		value(n, "desc") == nil && value(n, "priority") == nil:
		enabled := true
		if err := r.boolean(n, "enabled", c, false, &enabled); err != nil {
			return err
		}
		r.out.warn(c, WarnDeprecatedItem, msgEnabled)
		err = r.to.enable(name, enabled, c)
	default:
		err = r.define(n, c, name)
	}
	if err != nil {
		return err
	}
	err = r.unknownKeys(n, c, ruleKeys...)
	sortKeys(r.out.res.UnknownKeys[first:])
	r.to.noteUnknown(name, r.out.res.UnknownKeys[first:])
	return err
}

// define reads a whole rule.
func (r *reader) define(n *yaml.Node, c chain, name string) error {
	v := &ruleInfo{name: name, at: c, enabled: true, warnEventTypes: true}
	text, err := r.str(n, "condition", c)
	if err != nil {
		return err
	}
	v.cond = prose{scalar{text, value(n, "condition"), r.file}}
	v.condAt = c.with(r.file.item(TypeRuleCondition, "", value(n, "condition")))
	if v.output, err = r.str(n, "output", c); err != nil {
		return err
	}
	v.output = trim(v.output)
	v.outputAt = c.with(r.file.item(TypeRuleOutput, "", value(n, "output")))
	v.outputNode = value(n, "output")
	if v.desc, err = r.str(n, "desc", c); err != nil {
		return err
	}
	if v.priority, err = r.priority(n, c); err != nil {
		return err
	}
	source, ok, err := r.text(n, "source", c, true)
	if err != nil {
		return err
	}
	if v.source = "syscall"; ok {
		v.source = source
	}
	if err := r.boolean(n, "enabled", c, true, &v.enabled); err != nil {
		return err
	}
	if err := r.boolean(n, "capture", c, true, &v.capture); err != nil {
		return err
	}
	if err := r.number(n, "capture_duration", c, true, &v.captureDuration); err != nil {
		return err
	}
	if err := r.boolean(n, "warn_evttypes", c, true, &v.warnEventTypes); err != nil {
		return err
	}
	if err := r.boolean(n, "skip-if-unknown-filter", c, true, &v.skipUnknown); err != nil {
		return err
	}
	if v.tags, err = r.tags(n, c); err != nil {
		return err
	}
	if v.exceptions, err = r.exceptions(n, c, false); err != nil {
		return err
	}
	return r.to.defineRule(v, r.out)
}

func (r *reader) priority(n *yaml.Node, c chain) (event.Priority, error) {
	text, err := r.str(n, "priority", c)
	if err != nil {
		return 0, err
	}
	p, err := event.ParsePriority(text)
	if err != nil {
		return 0, c.with(r.file.item(TypeRulePriority, "", value(n, "priority"))).invalid("Invalid priority")
	}
	return p, nil
}

// tags are a set, and Falco keeps them sorted.
func (r *reader) tags(n *yaml.Node, c chain) ([]string, error) {
	tags, err := r.texts(n, "tags", c, true)
	slices.Sort(tags)
	return slices.Compact(tags), err
}

// maxSameName bounds the warnings of one exception that its name is taken:
// Falco says so once for each earlier one.
const maxSameName = 100

// appendRule reads a rule with append: true, of which nothing but condition
// and exceptions count.
func (r *reader) appendRule(n *yaml.Node, c chain, u *ruleUpdate) error {
	if node := value(n, "condition"); node != nil {
		text, err := r.str(n, "condition", c)
		if err != nil {
			return err
		}
		u.cond = &scalar{text, node, r.file}
	}
	if value(n, "exceptions") != nil {
		exceptions, err := r.exceptions(n, c, true)
		if err != nil {
			return err
		}
		u.exceptions = &exceptions
	}
	return r.to.appendRule(u)
}

// override reads a rule that changes an earlier one: first everything that is
// added, then everything that is replaced.
func (r *reader) override(n *yaml.Node, c chain, u *ruleUpdate, over map[string]int) error {
	expected := make(map[string]bool)
	for _, key := range ruleReplaceable {
		if value(n, key) != nil {
			expected[key] = true
		}
	}
	var adds, replaces bool
	for _, what := range over {
		adds = adds || what&overrideAppend != 0
		replaces = replaces || what&overrideReplace != 0
	}
	for _, pass := range []struct {
		on   bool
		what int
		word string
		done func(*ruleUpdate) error
	}{
		{adds, overrideAppend, "append", r.to.appendRule},
		{replaces, overrideReplace, "replace", r.to.replaceRule},
	} {
		if !pass.on {
			continue
		}
		v := &ruleUpdate{name: u.name, at: c}
		for _, key := range []string{"condition", "exceptions", "output", "desc", "tags", "priority", "capture",
			"capture_duration", "enabled", "warn_evttypes", "skip-if-unknown-filter"} {
			if over[key]&pass.what == 0 {
				continue
			}
			if !expected[key] {
				return c.invalid("An " + pass.word + " override for '" + key + "' was specified but '" +
					key + "' is not defined")
			}
			delete(expected, key)
			if err := r.updateKey(n, c, v, key, u.source, pass.what == overrideAppend); err != nil {
				return err
			}
		}
		if err := pass.done(v); err != nil {
			return err
		}
	}
	for _, key := range ruleReplaceable {
		if expected[key] {
			return c.with(r.file.item(TypeOverrides, key, value(n, key))).
				invalid("Unexpected key '" + key + "': no corresponding entry under 'override' is defined.")
		}
	}
	return nil
}

func (r *reader) updateKey(n *yaml.Node, c chain, v *ruleUpdate, key, source string, add bool) error {
	text := func(dst **string) error {
		s, err := r.str(n, key, c)
		*dst = &s
		return err
	}
	boolean := func(dst **bool) error {
		*dst = new(bool)
		return r.boolean(n, key, c, false, *dst)
	}
	switch key {
	case "condition":
		v.source = source
		s, err := r.str(n, key, c)
		v.cond = &scalar{s, value(n, key), r.file}
		return err
	case "exceptions":
		list, err := r.exceptions(n, c, add)
		v.exceptions = &list
		return err
	case "output":
		v.outputNode = value(n, key)
		return text(&v.output)
	case "desc":
		return text(&v.desc)
	case "tags":
		list, err := r.tags(n, c)
		v.tags = &list
		return err
	case "priority":
		p, err := r.priority(n, c)
		v.priority = &p
		return err
	case "capture":
		return boolean(&v.capture)
	case "capture_duration":
		v.captureDuration = new(uint32)
		return r.number(n, key, c, false, v.captureDuration)
	case "enabled":
		return boolean(&v.enabled)
	case "warn_evttypes":
		return boolean(&v.warnEventTypes)
	case "skip-if-unknown-filter":
		return boolean(&v.skipUnknown)
	}
	return nil
}

// exceptions reads the exceptions of a rule. An exception that adds to an
// earlier one of that name may leave out its fields.
func (r *reader) exceptions(n *yaml.Node, c chain, add bool) ([]exceptionInfo, error) {
	list := value(n, "exceptions")
	if list == nil || isNull(list) {
		return nil, nil
	}
	lc := c.with(r.file.item(TypeExceptions, "", list))
	if !isSequence(list) {
		return nil, lc.invalid("Rule exceptions must be a sequence")
	}
	if !r.spend(len(list.Content)) || len(list.Content) > maxExceptions {
		return nil, lc.fail(ErrTooLarge, "too many exceptions")
	}
	var all []exceptionInfo
	names := make(map[string]int)
	for _, ex := range list.Content {
		ex = resolved(ex)
		tmp := lc.with(r.file.item(TypeException, "", ex))
		if !isMap(ex) {
			return nil, tmp.invalid("Rule exception must be a mapping")
		}
		name, err := r.str(ex, "name", tmp)
		if err != nil {
			return nil, err
		}
		info := exceptionInfo{name: name, at: c.with(r.file.item(TypeException, name, ex)), node: ex}
		for range min(names[name], maxSameName) {
			r.out.warn(info.at, WarnExceptionNameNotUnique,
				"Multiple definitions of exception '"+name+"' in the same rule")
		}
		names[name]++
		if info.fields, err = r.entryAt(ex, "fields", info.at, add); err != nil {
			return nil, err
		}
		if info.comps, err = r.entryAt(ex, "comps", info.at, true); err != nil {
			return nil, err
		}
		r.unknown(ex, info.at, "name", "fields", "comps", "values")
		if values := value(ex, "values"); values != nil {
			vc := info.at.with(r.file.item(TypeExceptionValues, "", values))
			if !isSequence(values) {
				return nil, vc.invalid("Rule exception values must be a sequence")
			}
			for _, v := range values.Content {
				v = resolved(v)
				e, err := r.entry(v, "", &path{in: &vc, typ: TypeExceptionValue, n: v}, 0)
				if err != nil {
					return nil, err
				}
				info.values = append(info.values, e)
			}
		} else if add {
			r.out.warn(info.at, WarnAppendNoValues, "Overriding/appending exception with no values")
		}
		all = append(all, info)
	}
	return all, nil
}

func (r *reader) entryAt(ex *yaml.Node, key string, c chain, optional bool) (entry, error) {
	n := value(ex, key)
	if n == nil {
		if optional {
			return entry{}, nil
		}
		return entry{}, c.invalid("Item has no mapping for key '" + key + "'")
	}
	return r.entry(n, key, &path{in: &c}, 0)
}

// path is a chain that is only put together when there is something to say:
// exceptions have many values.
type path struct {
	up  *path
	in  *chain // the beginning, in place of up
	typ string // "" for no item of its own
	key string
	n   *yaml.Node
}

func (r *reader) chain(p *path) chain {
	c := chain{}
	if p.in != nil {
		c = *p.in
	} else {
		c = r.chain(p.up)
	}
	if p.typ == "" {
		return c
	}
	return c.with(r.file.item(p.typ, p.key, p.n))
}

// entry reads a text or a list of entries; anything else is an empty text.
func (r *reader) entry(n *yaml.Node, key string, up *path, depth int) (entry, error) {
	at := &path{up: up, typ: TypeValueFor, key: key, n: n}
	if n == nil || !r.spend(entryCost) || !r.afford(n.Value) || depth > maxEntryDepth {
		return entry{}, r.chain(at).fail(ErrTooLarge, "too many values, aliases counted")
	}
	switch {
	case isScalar(n):
		if n.Value == "" {
			return entry{}, r.chain(at).invalid("Value must be non-empty")
		}
		return entry{text: n.Value}, nil
	case isSequence(n):
		e := entry{list: true, entries: make([]entry, 0, len(n.Content))}
		for _, v := range n.Content {
			v = resolved(v)
			sub, err := r.entry(v, "", &path{up: at, typ: TypeException, n: v}, depth+1)
			if err != nil {
				return entry{}, err
			}
			e.entries = append(e.entries, sub)
		}
		return e, nil
	}
	return entry{}, nil
}

// entryCost is what a value of an exception costs beside its text: aliases to
// lists of aliases make many of little.
const entryCost = 8

// maxEntryDepth bounds what an alias to the list that holds it would unfold.
const maxEntryDepth = 64

func contains(list []string, s string) bool { return slices.Contains(list, s) }

// blankless is s without the blanks that may stand around a comparison.
func blankless(s string) string { return strings.Trim(s, " \t\r\n") }
