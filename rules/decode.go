package rules

import (
	"strconv"
	"strings"

	"github.com/falconer-go/falconer/rules/internal/yaml"
)

// This file reads single values the way yaml-cpp and Falco's reader do: a
// scalar is text whatever its tag, and is turned into what the key wants.

// resolved is what an alias stands for, and any other node itself.
func resolved(n *yaml.Node) *yaml.Node {
	if n != nil && n.Kind == yaml.Alias {
		return n.Alias
	}
	return n
}

func isMap(n *yaml.Node) bool      { return n != nil && n.Kind == yaml.Mapping }
func isSequence(n *yaml.Node) bool { return n != nil && n.Kind == yaml.Sequence }
func isNull(n *yaml.Node) bool     { return n != nil && n.Kind == yaml.Null }
func isScalar(n *yaml.Node) bool   { return n != nil && n.Kind == yaml.Scalar }

// value returns what a mapping has under a key, nil if nothing: the first,
// where a key is there twice.
func value(m *yaml.Node, key string) *yaml.Node {
	for i := 0; i+1 < len(m.Content); i += 2 {
		if k := resolved(m.Content[i]); isScalar(k) && k.Value == key {
			return resolved(m.Content[i+1])
		}
	}
	return nil
}

// scalar is a text of a file, with the node it stands in.
type scalar struct {
	text string
	node *yaml.Node
	file *source
}

// text reads a scalar that must not be empty. It is ok if it was there; a key
// that is optional may be missing.
func (r *reader) text(m *yaml.Node, key string, c chain, optional bool) (string, bool, error) {
	n := value(m, key)
	if n == nil {
		if optional {
			return "", false, nil
		}
		return "", false, c.invalid("Item has no mapping for key '" + key + "'")
	}
	if isNull(n) {
		return "", false, c.invalid("Mapping for key '" + key + "' is empty")
	}
	if !isScalar(n) {
		return "", false, c.with(r.file.item(TypeValueFor, key, n)).invalid("Value is not a scalar value")
	}
	if n.Value == "" {
		return "", false, c.with(r.file.item(TypeValueFor, key, n)).invalid("Value must be non-empty")
	}
	if !r.afford(n.Value) {
		return "", false, c.fail(ErrTooLarge, "too many values, aliases counted")
	}
	return n.Value, true, nil
}

// str reads a scalar that has to be there.
func (r *reader) str(m *yaml.Node, key string, c chain) (string, error) {
	s, _, err := r.text(m, key, c, false)
	return s, err
}

// boolean reads a truth value into dst, which stays as it is if the key is
// optional and not there.
func (r *reader) boolean(m *yaml.Node, key string, c chain, optional bool, dst *bool) error {
	s, ok, err := r.text(m, key, c, optional)
	if err != nil || !ok {
		return err
	}
	v, ok := parseBool(s)
	if !ok {
		return c.with(r.file.item(TypeValueFor, key, value(m, key))).invalid("Can't decode YAML scalar value")
	}
	*dst = v
	return nil
}

func (r *reader) number(m *yaml.Node, key string, c chain, optional bool, dst *uint32) error {
	s, ok, err := r.text(m, key, c, optional)
	if err != nil || !ok {
		return err
	}
	v, ok := parseUint32(s)
	if !ok {
		return c.with(r.file.item(TypeValueFor, key, value(m, key))).invalid("Can't decode YAML scalar value")
	}
	*dst = v
	return nil
}

// texts reads a sequence of scalars.
func (r *reader) texts(m *yaml.Node, key string, c chain, optional bool) ([]string, error) {
	n := value(m, key)
	if n == nil {
		if optional {
			return nil, nil
		}
		return nil, c.invalid("Item has no mapping for key '" + key + "'")
	}
	valueChain := func() chain { return c.with(r.file.item(TypeValueFor, key, n)) }
	if !isSequence(n) {
		return nil, valueChain().invalid("Value is not a sequence")
	}
	if !r.spend(len(n.Content)) {
		return nil, valueChain().fail(ErrTooLarge, "too many values, aliases counted")
	}
	list := make([]string, len(n.Content))
	for i, item := range n.Content {
		item = resolved(item)
		if !isScalar(item) {
			return nil, valueChain().with(r.file.item(TypeListItem, "", item)).invalid("sequence value is not scalar")
		}
		if !r.afford(item.Value) {
			return nil, valueChain().fail(ErrTooLarge, "too many values, aliases counted")
		}
		list[i] = item.Value
	}
	return list, nil
}

// parseUint32 reads a number as a C++ stream does that detects the base: 0x
// for sixteen, 0 for eight. Blanks may stand behind it, not before.
func parseUint32(s string) (uint32, bool) {
	s = strings.TrimPrefix(strings.TrimRight(s, " \t\n\v\f\r"), "+")
	base := 10
	switch {
	case len(s) > 2 && (s[:2] == "0x" || s[:2] == "0X"):
		s, base = s[2:], 16
	case len(s) > 1 && s[0] == '0':
		s, base = s[1:], 8
	}
	v, err := strconv.ParseUint(s, base, 32) // takes neither sign nor blank
	return uint32(v), err == nil
}
