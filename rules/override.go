package rules

import (
	"errors"
	"strings"

	"github.com/falconer-go/falconer/event"
)

// Override changes parts of a rule that an earlier file defines. What is left
// empty or nil stays as it is.
type Override struct {
	Rule string

	// AppendCondition is put behind the condition, with a blank between: it
	// begins with and or or.
	AppendCondition string
	// AppendTags are added to the tags.
	AppendTags []string

	Condition string // replaces the condition
	Output    string // replaces the output
	Desc      string // replaces the description
	Priority  *event.Priority
	Enabled   *bool
	Tags      *[]string // replaces the tags
}

// YAML returns the override as an item of a rule file, to be put behind the
// rule. It is an error if there is nothing to change, or one key is both
// added to and replaced. Whether a condition is sound only [Load] tells.
func (o *Override) YAML() (string, error) {
	if o.Rule == "" {
		return "", errors.New("rules: an override needs the name of a rule")
	}
	if o.AppendCondition != "" && o.Condition != "" || len(o.AppendTags) > 0 && o.Tags != nil {
		return "", errors.New("rules: an override either adds to a key or replaces it")
	}
	var b, over strings.Builder
	b.WriteString("- rule: " + yamlScalar(o.Rule) + "\n")
	put := func(key, value, op string) {
		b.WriteString("  " + key + ": " + value + "\n")
		over.WriteString("    " + key + ": " + op + "\n")
	}
	text := func(key, value, op string) {
		if value != "" {
			put(key, yamlText(value), op)
		}
	}
	text("desc", o.Desc, "replace")
	text("condition", o.AppendCondition, "append")
	text("condition", o.Condition, "replace")
	text("output", o.Output, "replace")
	if o.Priority != nil {
		put("priority", strings.ToUpper(o.Priority.String()), "replace")
	}
	if o.Enabled != nil {
		put("enabled", map[bool]string{true: "true", false: "false"}[*o.Enabled], "replace")
	}
	if len(o.AppendTags) > 0 {
		put("tags", yamlList(o.AppendTags), "append")
	}
	if o.Tags != nil {
		put("tags", yamlList(*o.Tags), "replace")
	}
	if over.Len() == 0 {
		return "", errors.New("rules: an override that changes nothing")
	}
	return b.String() + "  override:\n" + over.String(), nil
}

func yamlList(list []string) string {
	var all []string
	for _, s := range list {
		all = append(all, yamlScalar(s))
	}
	return "[" + strings.Join(all, ", ") + "]"
}

// yamlText writes a text that may be long: folded onto its own lines if it
// has several, which is how conditions are written.
func yamlText(s string) string {
	if !strings.Contains(s, "\n") || !isFoldable(s) {
		return yamlScalar(s)
	}
	lines := strings.Split(strings.TrimRight(s, "\n"), "\n")
	// Two blanks more than the key, as everywhere in the file.
	return "|-\n    " + strings.Join(lines, "\n    ")
}

// isFoldable reports whether s survives in a block: printable, with no line
// that begins with a blank or is empty.
func isFoldable(s string) bool {
	if strings.HasSuffix(s, "\n") {
		return false
	}
	for line := range strings.SplitSeq(s, "\n") {
		if line == "" || line[0] == ' ' || line[0] == '\t' || strings.HasSuffix(line, " ") {
			return false
		}
		for _, r := range line {
			if r != '\t' && (r < ' ' || r == 0x7f || r == 0x85 || r == 0x2028 || r == 0x2029 || r == 0xfeff) {
				return false
			}
		}
	}
	return true
}
