package rules

import (
	"slices"
	"strconv"
	"strings"

	"github.com/falconer-go/falconer/rules/internal/yaml"
)

// Falco holds every file against a JSON schema, weakly typed since to its YAML
// library every scalar is text: a number is an integer if it reads as one. It
// reports the outcome and never acts on it.

// shape is what a value has to be.
type shape struct {
	kind     string            // string, boolean, integer, item, array, object or any
	of       *shape            // of an array
	keys     map[string]*shape // of an object: all there are
	required []string
	enum     []string
	filled   bool // not empty
}

var (
	anyShape     = &shape{kind: "any"}
	stringShape  = &shape{kind: "string"}
	booleanShape = &shape{kind: "boolean"}
	itemShape    = &shape{kind: "item"} // an integer or a string
	overrideOp   = &shape{kind: "string", enum: []string{"append", "replace"}}

	schema = &shape{kind: "array", of: &shape{kind: "object", keys: map[string]*shape{
		"required_engine_version":  stringShape,
		"required_plugin_versions": {kind: "array", of: pluginShape},
		"macro":                    stringShape,
		"condition":                stringShape,
		"list":                     stringShape,
		"items":                    {kind: "array", of: itemShape},
		"rule":                     stringShape,
		"desc":                     stringShape,
		"enabled":                  booleanShape,
		"output":                   stringShape,
		"append":                   booleanShape,
		"priority": {kind: "string", enum: []string{"EMERGENCY", "ALERT", "CRITICAL", "ERROR", "WARNING", "NOTICE",
			"INFO", "INFORMATIONAL", "DEBUG"}},
		"capture":          booleanShape,
		"capture_duration": {kind: "integer"},
		"source":           stringShape,
		"exceptions": {kind: "array", of: &shape{kind: "object", required: []string{"name"}, keys: map[string]*shape{
			"name": stringShape, "fields": anyShape, "comps": anyShape, "values": anyShape,
		}}},
		"override": {kind: "object", filled: true, keys: map[string]*shape{
			"items": overrideOp, "desc": overrideOp, "condition": overrideOp, "output": overrideOp,
			"priority": overrideOp, "enabled": overrideOp, "exceptions": overrideOp, "capture": overrideOp,
			"capture_duration": overrideOp, "tags": overrideOp, "warn_evttypes": overrideOp,
			"skip-if-unknown-filter": overrideOp,
		}},
		"tags":                   {kind: "array", of: stringShape},
		"warn_evttypes":          booleanShape,
		"skip-if-unknown-filter": booleanShape,
	}}}

	pluginShape = &shape{kind: "object", required: []string{"name", "version"}, keys: map[string]*shape{
		"name": stringShape, "version": stringShape,
		"alternatives": {kind: "array", of: &shape{kind: "object", required: []string{"name", "version"},
			keys: map[string]*shape{"name": stringShape, "version": stringShape}}},
	}}
)

// maxSchemaFaults bounds what is kept of what does not follow the schema.
const maxSchemaFaults = 100

// schemaCheck is one run over the documents of a file.
type schemaCheck struct {
	faults []string
	left   int // values that may still be looked at, aliases counted
}

func checkSchema(docs []*yaml.Node, nodes int) SchemaResult {
	var res SchemaResult
	c := schemaCheck{left: nodes}
	for i, doc := range docs {
		ok := c.value(schema, resolved(doc), &schemaPath{step: "<root>"})
		if i == 0 {
			res.Checked, res.Valid = true, ok
		}
	}
	res.Faults = c.faults
	return res
}

// schemaPath is the way to a value, put into words only for a fault.
type schemaPath struct {
	up    *schemaPath
	step  string
	index int // where step is ""
}

func (p *schemaPath) String() string {
	switch {
	case p.up == nil:
		return p.step
	case p.step == "":
		return p.up.String() + "[" + strconv.Itoa(p.index) + "]"
	}
	return p.up.String() + "[" + p.step + "]"
}

func (c *schemaCheck) fault(path *schemaPath, msg string) bool {
	if len(c.faults) < maxSchemaFaults {
		c.faults = append(c.faults, "failed for "+path.String()+": "+msg)
	}
	return false
}

func (c *schemaCheck) value(s *shape, n *yaml.Node, path *schemaPath) bool {
	if c.left--; c.left < 0 || n == nil {
		return true
	}
	switch s.kind {
	case "any":
		return true
	case "array":
		return c.array(s, n, path)
	case "object":
		return c.object(s, n, path)
	}
	ok := isScalar(n) || isNull(n) // null counts as an empty string
	switch s.kind {
	case "boolean":
		ok = ok && (n.Value == "true" || n.Value == "false")
	case "integer":
		ok = ok && isInteger(n.Value)
	}
	if !ok {
		return c.fault(path, "Value type not permitted by 'type' constraint.")
	}
	if s.enum != nil && !slices.Contains(s.enum, n.Value) {
		return c.fault(path, "Failed to match against any enum values.")
	}
	return true
}

func isInteger(s string) bool {
	_, err := strconv.ParseInt(strings.TrimPrefix(strings.TrimLeft(s, " \t\n\v\f\r"), "+"), 10, 64)
	return err == nil
}

func (c *schemaCheck) array(s *shape, n *yaml.Node, path *schemaPath) bool {
	if isMap(n) && len(n.Content) == 0 {
		return true
	}
	if !isSequence(n) {
		return c.fault(path, "Value type not permitted by 'type' constraint.")
	}
	ok := true
	for i, v := range n.Content {
		// After a hundred faults nothing more is kept.
		if !ok && len(c.faults) >= maxSchemaFaults {
			break
		}
		ok = c.value(s.of, resolved(v), &schemaPath{up: path, index: i}) && ok
	}
	return ok
}

func (c *schemaCheck) object(s *shape, n *yaml.Node, path *schemaPath) bool {
	if isSequence(n) && len(n.Content) == 0 {
		n = &yaml.Node{Kind: yaml.Mapping}
	}
	if !isMap(n) {
		return c.fault(path, "Value type not permitted by 'type' constraint.")
	}
	if s.filled && len(n.Content) == 0 {
		return c.fault(path, "Object should have no fewer than 1 properties.")
	}
	ok := true
	seen := make(map[string]bool)
	for i := 0; i+1 < len(n.Content); i += 2 {
		k := resolved(n.Content[i])
		if !isScalar(k) && !isNull(k) {
			ok = c.fault(path, "Object contains a key that is no text.")
			continue
		}
		sub := s.keys[k.Value]
		if sub == nil {
			ok = c.fault(path, "Object contains a property that could not be validated using 'properties' or "+
				"'additionalProperties' constraints: '"+k.Value+"'.")
			continue
		}
		if seen[k.Value] {
			ok = c.fault(path, "Object contains the property '"+k.Value+"' twice.")
		}
		seen[k.Value] = true
		ok = c.value(sub, resolved(n.Content[i+1]), &schemaPath{up: path, step: k.Value}) && ok
	}
	for _, key := range s.required {
		if value(n, key) == nil {
			ok = c.fault(path, "Missing required property '"+key+"'.")
		}
	}
	return ok
}
