package rules

import (
	"errors"
	"strconv"
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
	// AppendOutput is put behind the output, with a blank between.
	AppendOutput string
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
	if o.AppendCondition != "" && o.Condition != "" || o.AppendOutput != "" && o.Output != "" ||
		len(o.AppendTags) > 0 && o.Tags != nil {
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
	text("output", o.AppendOutput, "append")
	text("output", o.Output, "replace")
	if o.Priority != nil {
		put("priority", strings.ToUpper(o.Priority.String()), "replace")
	}
	if o.Enabled != nil {
		put("enabled", strconv.FormatBool(*o.Enabled), "replace")
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

// Definition is a new rule.
type Definition struct {
	Name      string
	Desc      string
	Condition string
	Output    string
	Priority  event.Priority
	Source    string   // "" is syscall
	Tags      []string // may be empty
	Disabled  bool
}

// YAML returns the rule as an item of a rule file. It is an error if a name,
// description, condition or output is missing. Whether the condition and the
// output are sound only [Load] tells.
func (d *Definition) YAML() (string, error) {
	var b strings.Builder
	for i, kv := range [...][2]string{{"rule", d.Name}, {"desc", d.Desc}, {"condition", d.Condition}, {"output", trim(d.Output)}} {
		if kv[1] == "" {
			return "", errors.New("rules: a rule needs a " + kv[0])
		}
		if i == 0 {
			b.WriteString("- rule: " + yamlScalar(kv[1]) + "\n")
		} else {
			b.WriteString("  " + kv[0] + ": " + yamlText(kv[1]) + "\n")
		}
	}
	name, err := d.Priority.MarshalText()
	if err != nil {
		return "", err
	}
	b.WriteString("  priority: " + strings.ToUpper(string(name)) + "\n")
	if d.Source != "" {
		b.WriteString("  source: " + yamlScalar(d.Source) + "\n")
	}
	if d.Disabled {
		b.WriteString("  enabled: false\n")
	}
	if len(d.Tags) > 0 {
		b.WriteString("  tags: " + yamlList(d.Tags) + "\n")
	}
	return b.String(), nil
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
