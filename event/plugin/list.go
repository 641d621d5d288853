//go:build cgo

package plugin

import (
	"encoding/json"
	"strings"
)

// FieldList returns the fields in the form of falco --list --format json, which
// cond.ParseTable of package rules/cond reads.
func (p *Plugin[E]) FieldList() []byte {
	type argument struct {
		Required bool     `json:"required"`
		Type     []string `json:"type"`
	}
	type field struct {
		Name     string    `json:"name"`
		Type     string    `json:"type"`
		List     bool      `json:"is_list"`
		Argument *argument `json:"argument,omitempty"`
		Details  string    `json:"details"`
	}
	type class struct {
		Name    string   `json:"name"`
		Sources []string `json:"event_sources"`
		Fields  []field  `json:"fields"`
	}
	c := class{Name: p.Info.Name, Sources: p.Sources()}
	for _, f := range p.Entries() {
		out := field{Name: f.Name, Type: f.Type, List: f.IsList, Details: f.Desc}
		out.Type = map[string]string{"string": "CHARBUF", "uint64": "UINT64", "bool": "BOOL", "reltime": "RELTIME", "abstime": "ABSTIME", "ipaddr": "IPADDR"}[f.Type]
		switch {
		case f.Arg.IsKey:
			out.Argument = &argument{f.Arg.IsRequired, []string{"KEY"}}
		case f.Arg.IsIndex:
			out.Argument = &argument{f.Arg.IsRequired, []string{"INDEX"}}
		}
		c.Fields = append(c.Fields, out)
	}
	text, err := json.MarshalIndent(map[string]any{"fieldclasses": []class{c}}, "", "  ")
	if err != nil {
		panic(err) // strings alone cannot fail
	}
	return append(text, '\n')
}

// Markdown returns the fields as a table for a README.
func (p *Plugin[E]) Markdown() string {
	var b strings.Builder
	b.WriteString("| field | type | meaning |\n|---|---|---|\n")
	cell := strings.NewReplacer("|", `\|`, "\n", " ")
	for _, f := range p.Entries() {
		name := f.Name
		switch {
		case f.Arg.IsKey && f.Arg.IsRequired:
			name += "[KEY]"
		case f.Arg.IsIndex && f.Arg.IsRequired:
			name += "[N]"
		case f.Arg.IsKey:
			name += " or " + name + "[KEY]"
		case f.Arg.IsIndex:
			name += " or " + name + "[N]"
		}
		typ := f.Type
		if f.IsList {
			typ = "list of " + typ
		}
		b.WriteString("| `" + name + "` | " + typ + " | " + cell.Replace(f.Desc) + " |\n")
	}
	return b.String()
}
