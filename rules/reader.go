package rules

import (
	"regexp"
	"strings"

	"github.com/falconer-go/falconer/rules/internal/yaml"
)

// reader reads the items of one file and hands them to the collector, in the
// order of Falco's own reader, whose first error it therefore finds first.
type reader struct {
	file *source
	to   *collector
	out  *sink
	left int // values that may still be read, aliases counted each time

	diverged bool // to is no longer what Falco has collected
}

// fail records an error and reports whether to go on. What is read after the
// first goes to a collector of its own: Falco would not have read it.
func (r *reader) fail(err error) bool {
	if !r.diverged {
		r.to = r.to.clone()
		r.diverged = true
	}
	return r.out.fail(err)
}

// spend reports whether n more values may be read.
func (r *reader) spend(n int) bool {
	r.left -= n
	return r.left >= 0
}

// afford reports whether a text may be read: an alias costs a few bytes of the
// file and stands for as much text as it likes.
func (r *reader) afford(text string) bool { return r.spend(1 + len(text)/16) }

// read reads all documents. It stops at the first error unless the sink wants
// all of them, and then goes on with the next item.
func (r *reader) read(docs []*yaml.Node) bool {
	root := r.file.root()
	ok := true
	for _, doc := range docs {
		n := resolved(doc)
		switch {
		case !isMap(n) && !isSequence(n):
			ok = false
			if !r.fail(root.invalid("Rules content is not yaml")) {
				return false
			}
			continue
		case !isSequence(n):
			ok = false
			if !r.fail(root.invalid("Rules content is not yaml array of objects")) {
				return false
			}
			continue
		}
		for _, item := range n.Content {
			item = resolved(item)
			if item == nil || isNull(item) {
				continue
			}
			if err := r.item(item, root); err != nil {
				ok = false
				if !r.fail(err) {
					return false
				}
			}
		}
	}
	return ok
}

func (r *reader) item(n *yaml.Node, root chain) error {
	if !isMap(n) {
		return root.with(r.file.item(TypeRulesContentItem, "", n)).
			invalid("Unexpected element type. Each element should be a yaml associative array.")
	}
	if !r.spend(len(n.Content)) {
		return root.fail(ErrTooLarge, "too many values, aliases counted")
	}
	switch {
	case value(n, "required_engine_version") != nil:
		return r.engineVersion(n, root)
	case value(n, "required_plugin_versions") != nil:
		return r.pluginVersions(n, root)
	case value(n, "list") != nil:
		return r.list(n, root)
	case value(n, "macro") != nil:
		return r.macro(n, root)
	case value(n, "rule") != nil:
		return r.rule(n, root)
	}
	c := root.with(r.file.item(TypeRulesContentItem, "", n))
	r.out.warn(c, WarnUnknownItem, "Unknown top level item")
	r.unknown(n, c)
	return nil
}

// unknownKeys warns of the keys that no such item has.
func (r *reader) unknownKeys(n *yaml.Node, c chain, known ...string) error {
	r.unknown(n, c, known...)
keys:
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, err := r.key(n.Content[i])
		if err != nil {
			return err
		}
		for _, k := range known {
			if k == key {
				continue keys
			}
		}
		r.out.warn(c, WarnUnknownKey, "Unknown key '"+key+"'. The key will be ignored.")
	}
	return nil
}

// key is the text of a node that stands where text has to: a null is the word
// null, as for yaml-cpp.
func (r *reader) key(n *yaml.Node) (string, error) {
	n = resolved(n)
	switch {
	case isNull(n):
		return "null", nil
	case isScalar(n):
		return n.Value, nil
	}
	root := r.file.root()
	bad := yaml.Error{Mark: n.Mark, Msg: "bad conversion"}
	return "", root.fail(ErrValidate, bad.Error())
}

func (r *reader) engineVersion(n *yaml.Node, root chain) error {
	c := root.with(r.file.item(TypeEngineVersion, "", n))
	text, err := r.str(n, "required_engine_version", c)
	if err != nil {
		return err
	}
	// A plain number, which older rules have, is the minor version.
	v := version{}
	if minor, ok := parseUint32(text); ok {
		v.minor = minor
	} else if v, ok = parseVersion(text); !ok {
		return c.invalid("Unable to parse engine version '" + text +
			"' as a semver string. Expected \"x.y.z\" semver format.")
	}
	if err := r.to.engineVersion(v, c); err != nil {
		return err
	}
	return r.unknownKeys(n, c, "required_engine_version")
}

func (r *reader) pluginVersions(n *yaml.Node, root chain) error {
	list := value(n, "required_plugin_versions")
	c := root.with(r.file.item(TypePluginVersions, "", list))
	if !isSequence(list) {
		return c.invalid("Value of required_plugin_versions must be a sequence")
	}
	if !r.spend(len(list.Content)) {
		return c.fail(ErrTooLarge, "too many values, aliases counted")
	}
	for _, p := range list.Content {
		p = resolved(p)
		tmp := c.with(r.file.item(TypePluginVersion, "", p))
		if !isMap(p) {
			return tmp.invalid("Plugin version must be a mapping")
		}
		var req Requirement
		var err error
		if req.Name, err = r.str(p, "name", tmp); err != nil {
			return err
		}
		pc := c.with(r.file.item(TypePluginVersion, req.Name, p))
		if req.Version, err = r.str(p, "version", pc); err != nil {
			return err
		}
		r.unknown(p, pc, "name", "version", "alternatives")
		all := []Requirement{req}
		if alternatives := value(p, "alternatives"); alternatives != nil {
			if !isSequence(alternatives) {
				return pc.invalid("Value of plugin version alternatives must be a sequence")
			}
			if !r.spend(len(alternatives.Content)) {
				return pc.fail(ErrTooLarge, "too many values, aliases counted")
			}
			for _, a := range alternatives.Content {
				a = resolved(a)
				tmp := pc.with(r.file.item(TypePluginAlternative, "", a))
				if !isMap(a) {
					return tmp.invalid("Plugin version alternative must be a mapping")
				}
				if req.Name, err = r.str(a, "name", tmp); err != nil {
					return err
				}
				if req.Version, err = r.str(a, "version", pc.with(r.file.item(TypePluginAlternative, req.Name, a))); err != nil {
					return err
				}
				r.unknown(a, pc.with(r.file.item(TypePluginAlternative, req.Name, a)), "name", "version")
				all = append(all, req)
			}
		}
		if err := r.to.pluginVersions(all, pc); err != nil {
			return err
		}
	}
	return r.unknownKeys(n, root.with(r.file.item(TypePluginVersions, "", n)), "required_plugin_versions")
}

var (
	listName  = regexp.MustCompile(`^[^()"'[:space:]=,]+$`)
	macroName = regexp.MustCompile(`^[a-zA-Z]+[a-zA-Z0-9_]*$`)
)

const (
	msgAppend = "'append' key is deprecated. Add an 'append' entry (e.g. 'condition: append') under " +
		"'override' instead."
	msgEnabled = "The standalone 'enabled' key usage is deprecated. The correct approach requires also a " +
		"'replace' entry under the 'override' key (i.e. 'enabled: replace')."
	msgOverrideAppend = "Keys 'override' and 'append: true' cannot be used together. Add an 'append' entry (e.g. " +
		"'condition: append') under 'override' instead."
)

func (r *reader) list(n *yaml.Node, root chain) error {
	name, err := r.str(n, "list", root.with(r.file.item(TypeList, "", n)))
	if err != nil {
		return err
	}
	c := root.with(r.file.item(TypeList, name, n))
	if !listName.MatchString(name) {
		r.out.warn(c, WarnInvalidListName, "List has an invalid name. List names should match a regular "+
			`expression: ([^()"'[:space:]=,]+)`)
	}
	items, err := r.texts(n, "items", c, false)
	if err != nil {
		return err
	}
	add, replaces, err := r.appends(n, c, "items")
	if err != nil {
		return err
	}
	l := &listInfo{name: name, items: items, at: c, replaces: replaces}
	if add {
		err = r.to.appendList(l)
	} else {
		r.to.defineList(l)
	}
	if err != nil {
		return err
	}
	return r.unknownKeys(n, c, "list", "items", "append", "override")
}

// appends reads append and override of a list or macro, which have one key
// that can be overridden, and reports whether that is added to or replaced.
func (r *reader) appends(n *yaml.Node, c chain, key string) (add, replaces bool, err error) {
	if err := r.boolean(n, "append", c, true, &add); err != nil {
		return false, false, err
	}
	if add {
		r.out.warn(c, WarnDeprecatedItem, msgAppend)
	}
	over, err := r.overrides(n, c, []string{key}, []string{key})
	if err != nil {
		return false, false, err
	}
	if add && len(over) > 0 {
		return false, false, c.invalid(msgOverrideAppend)
	}
	return add || over[key]&overrideAppend != 0, over[key]&overrideReplace != 0, nil
}

func (r *reader) macro(n *yaml.Node, root chain) error {
	name, err := r.str(n, "macro", root.with(r.file.item(TypeMacro, "", n)))
	if err != nil {
		return err
	}
	c := root.with(r.file.item(TypeMacro, name, n))
	if !macroName.MatchString(name) {
		r.out.warn(c, WarnInvalidMacroName, "Macro has an invalid name. Macro names should match a regular "+
			"expression: ([a-zA-Z]+[a-zA-Z0-9_]*)")
	}
	cond, err := r.str(n, "condition", c)
	if err != nil {
		return err
	}
	node := value(n, "condition")
	m := &macroInfo{name: name, at: c, condAt: c.with(r.file.item(TypeMacroCondition, "", node))}
	m.cond = prose{scalar{cond, node, r.file}}
	add, replaces, err := r.appends(n, c, "condition")
	if err != nil {
		return err
	}
	m.replaces = replaces
	if add {
		err = r.to.appendMacro(m)
	} else {
		r.to.defineMacro(m)
	}
	if err != nil {
		return err
	}
	return r.unknownKeys(n, c, "macro", "condition", "append", "override")
}

// The two things an override can do to a key.
const (
	overrideAppend = 1 << iota
	overrideReplace
)

// overrides reads the override key: what is done to which key. Anything that
// is no mapping counts as none.
func (r *reader) overrides(n *yaml.Node, c chain, appendable, replaceable []string) (map[string]int, error) {
	m := value(n, "override")
	if m == nil {
		return nil, nil
	}
	oc := c.with(r.file.item(TypeOverrides, "", n))
	if isSequence(m) && len(m.Content) > 0 {
		return nil, r.file.root().fail(ErrValidate,
			"invalid node; this may result from using a map iterator as a sequence iterator, or vice-versa")
	}
	if !isMap(m) {
		return nil, nil
	}
	var over map[string]int
	for i := 0; i+1 < len(m.Content); i += 2 {
		key, err := r.key(m.Content[i])
		if err != nil {
			return nil, err
		}
		op, err := r.key(m.Content[i+1])
		if err != nil {
			return nil, err
		}
		canAppend, canReplace := contains(appendable, key), contains(replaceable, key)
		keyChain := func() chain { return oc.with(r.file.item(TypeOverrides, key, m.Content[i])) }
		if over == nil {
			over = make(map[string]int)
		}
		switch op {
		case "append":
			if !canAppend {
				return nil, keyChain().invalid("Key '" + key + "' cannot be appended to, use 'replace' instead")
			}
			over[key] |= overrideAppend
		case "replace":
			if !canReplace {
				return nil, keyChain().invalid("Key '" + key + "' cannot be replaced")
			}
			over[key] |= overrideReplace
		default:
			allowed := ""
			if canAppend {
				allowed += "append "
			}
			if canReplace {
				allowed += "replace "
			}
			return nil, oc.with(r.file.item(TypeValueFor, key, resolved(m.Content[i+1]))).
				invalid("Invalid override operation for key '" + key + "': '" + op + "'. Allowed values are: " + allowed)
		}
	}
	return over, nil
}

// trim takes off what Falco trims off an output.
func trim(s string) string { return strings.Trim(s, " \t\n\v\f\r") }
