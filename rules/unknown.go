package rules

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/falconer-go/falconer/rules/internal/yaml"
)

// UnknownKey is a key that Falco knows nothing of and ignores: a note for
// another tool, or a slip. [Append], [Exception.Patch] and everything else that
// changes a file leave it where it is.
type UnknownKey struct {
	Key  string
	File string
	Pos  Pos // of the key

	// Item is what has the key: a rule, macro, list or exception, an entry of
	// required_plugin_versions, or an item of a kind that Falco does not know.
	Item Item

	node *yaml.Node
}

// maxUnknownNodes bounds what a value may hold, aliases counted each time.
const maxUnknownNodes = 1 << 16

// Value returns what stands under the key: nil, a bool, int64, float64 or
// string, a []any or a map[string]any of those. Text without quotes is read as
// YAML 1.2 does (yes is a string). Where a mapping has a key twice the first
// counts, as for Falco. It is an error if the value, with its aliases in place,
// is too large.
func (k UnknownKey) Value() (any, error) {
	left := maxUnknownNodes
	return typed(k.node, &left, 0)
}

func typed(n *yaml.Node, left *int, depth int) (any, error) {
	n = resolved(n)
	if *left -= 1 + len(n.Value)/16; *left < 0 || depth > maxEntryDepth {
		return nil, errors.New("rules: the value of an unknown key is too large")
	}
	switch n.Kind {
	case yaml.Sequence:
		list := make([]any, 0, min(len(n.Content), *left))
		for _, sub := range n.Content {
			v, err := typed(sub, left, depth+1)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		return list, nil
	case yaml.Mapping:
		m := make(map[string]any)
		for i := 0; i+1 < len(n.Content); i += 2 {
			key, ok := keyText(n.Content[i])
			if _, again := m[key]; again || !ok {
				continue
			}
			v, err := typed(n.Content[i+1], left, depth+1)
			if err != nil {
				return nil, err
			}
			m[key] = v
		}
		return m, nil
	case yaml.Scalar:
		if n.Style == yaml.Plain && !n.Tagged {
			return plainValue(n.Value), nil
		}
		return n.Value, nil
	}
	return nil, nil
}

// plainValue is what a text without quotes stands for.
func plainValue(s string) any {
	switch s {
	case "true", "True", "TRUE":
		return true
	case "false", "False", "FALSE":
		return false
	}
	if strings.Trim(s, "+-.0123456789abcdefABCDEFoxinIN") != "" || strings.Contains(s, "_") {
		return s
	}
	digits, base := s, 10
	switch {
	case strings.HasPrefix(s, "0x"):
		digits, base = s[2:], 16
	case strings.HasPrefix(s, "0o"):
		digits, base = s[2:], 8
	}
	if i, err := strconv.ParseInt(digits, base, 64); err == nil && (base == 10 || digits[0] != '-' && digits[0] != '+') {
		return i
	}
	if strings.ContainsAny(s, "0123456789") && !strings.ContainsAny(s, "xXoOiInN") {
		if f, err := strconv.ParseFloat(s, 64); err == nil {
			return f
		}
	}
	return s
}

// keyText is the text of a key; not ok if it is none.
func keyText(n *yaml.Node) (text string, ok bool) {
	n = resolved(n)
	if isNull(n) {
		return "null", true
	}
	return n.Value, isScalar(n)
}

// unknown notes the keys of a mapping that are not among the known ones. It
// warns of nothing: where Falco does, unknownKeys is called too.
func (r *reader) unknown(n *yaml.Node, c chain, known ...string) {
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, ok := keyText(n.Content[i])
		if !ok || contains(known, key) || len(r.out.res.UnknownKeys) >= maxWarnings {
			continue
		}
		r.out.res.UnknownKeys = append(r.out.res.UnknownKeys, UnknownKey{
			Key: key, File: r.file.name, Pos: r.file.at(n.Content[i].Offset), Item: c.items[len(c.items)-1], node: n.Content[i+1]})
	}
}

// sortKeys puts unknown keys in the order of the file: those of exceptions are
// read before those of their rule.
func sortKeys(keys []UnknownKey) {
	slices.SortStableFunc(keys, func(a, b UnknownKey) int { return a.Pos.Offset - b.Pos.Offset })
}
