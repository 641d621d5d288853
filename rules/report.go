package rules

import (
	"encoding/json"
	"strings"
	"unicode/utf8"
)

// MarshalJSON returns the result in the form in which falco -V prints it with
// JSON output: name, successful, errors and warnings, each with its code, its
// message, and its chain of locations, whose lines and columns count from 0.
//
// Beyond that, each error and warning has a pos, the exact place counted from
// 1, where it is known, and those that Falco does not come to report are
// there too, with beyond set.
func (r *Result) MarshalJSON() ([]byte, error) {
	out := struct {
		Errors         []jsonDiagnostic `json:"errors"`
		Name           string           `json:"name"`
		SchemaValid    *bool            `json:"schema_valid,omitempty"`
		SchemaWarnings *[]string        `json:"schema_warnings,omitempty"`
		Successful     bool             `json:"successful"`
		Warnings       []jsonDiagnostic `json:"warnings"`
	}{Errors: []jsonDiagnostic{}, Name: r.Name, Successful: r.OK(), Warnings: []jsonDiagnostic{}}
	if r.Schema.Checked {
		out.SchemaValid = &r.Schema.Valid
		faults := []string{}
		if !r.Schema.Valid {
			faults = r.Schema.Faults
		}
		out.SchemaWarnings = &faults
	}
	for _, e := range r.Errors {
		out.Errors = append(out.Errors, r.json(&e.Diagnostic))
	}
	for _, w := range r.Warnings {
		out.Warnings = append(out.Warnings, r.json(w))
	}
	return json.Marshal(out)
}

// ValidateJSON returns all results in the form of falco -V.
func (s *Set) ValidateJSON() ([]byte, error) {
	return json.Marshal(struct {
		Results []*Result `json:"falco_load_results"`
	}{s.results})
}

type jsonDiagnostic struct {
	Code     Code        `json:"code"`
	CodeDesc string      `json:"codedesc"`
	Context  jsonContext `json:"context"`
	Message  string      `json:"message"`
	Pos      *jsonPos    `json:"pos,omitempty"`
	Beyond   bool        `json:"beyond,omitempty"`

	Deprecated string `json:"deprecated_field,omitempty"`
}

type jsonContext struct {
	Locations []jsonLocation `json:"locations"`
	Snippet   string         `json:"snippet"`
}

type jsonLocation struct {
	Name     string `json:"item_name"`
	Type     string `json:"item_type"`
	Position struct {
		Column int    `json:"column"`
		Line   int    `json:"line"`
		Name   string `json:"name"`
		Offset int    `json:"offset"`
	} `json:"position"`
}

type jsonPos struct {
	Line   int `json:"line"`
	Column int `json:"column"`
	Offset int `json:"offset"`
}

func (r *Result) json(d *Diagnostic) jsonDiagnostic {
	j := jsonDiagnostic{Code: d.Code, CodeDesc: d.Code.Text(), Message: d.Message, Beyond: d.Beyond, Deprecated: d.deprecated}
	j.Context.Locations = []jsonLocation{}
	for _, it := range d.Items {
		l := jsonLocation{Name: it.Name, Type: it.Type}
		l.Position.Line, l.Position.Column, l.Position.Offset = it.mark.Line, it.mark.Column, it.mark.Offset
		l.Position.Name = d.File
		if it.Type == TypeExpression {
			l.Position.Name = shortCondition(it.text)
		}
		j.Context.Locations = append(j.Context.Locations, l)
	}
	j.Context.Snippet = r.snippet(d)
	if d.Pos.IsValid() {
		j.Pos = &jsonPos{d.Pos.Line, d.Pos.Column, d.Pos.Offset}
	}
	return j
}

// shortCondition is what Falco puts where the name of a file stands.
func shortCondition(s string) string {
	if len(s) > 20 {
		s = s[:17] + "..."
	}
	return `"` + strings.NewReplacer("\n", " ", "\r", " ").Replace(s) + `"`
}

// snippetWidth is how much of a long line Falco shows.
const snippetWidth = 160

// snippet is the line that Falco shows for a diagnostic, with a caret under
// the place as Falco counts it.
func (r *Result) snippet(d *Diagnostic) string {
	if len(d.Items) == 0 {
		return ""
	}
	last := d.Items[len(d.Items)-1]
	content, name := "", d.File
	switch {
	case last.Type == TypeExpression && last.text != "":
		content = last.text
	case r.file != nil && d.File == r.Name:
		content = r.file.text()
	default:
		return "<No context for file + " + name + ">\n"
	}
	if content == "" {
		return "<No context available>\n"
	}
	pos := last.mark.Offset
	if pos >= len(content) {
		pos = len(content) // what is behind the end need not be walked
	}
	for pos > 0 && (pos >= len(content) || content[pos] == '\n') {
		pos--
	}
	from := pos
	for from > 0 && content[from] != '\n' && pos-from < snippetWidth/2 {
		from--
	}
	to := pos
	for to < len(content)-1 && content[to] != '\n' && to-pos < snippetWidth/2 {
		to++
	}
	if content[from] == '\n' {
		from++
	}
	if content[to] == '\n' {
		to--
	}
	if to < from {
		return "<No context available>\n"
	}
	line := content[from : to+1]
	if pos-from >= snippetWidth/2 && len(line) >= 3 {
		line = "..." + line[3:]
	}
	if to-pos >= snippetWidth/2 && len(line) >= 3 {
		line = line[:len(line)-3] + "..."
	}
	if !utf8.ValidString(line) {
		line = strings.ToValidUTF8(line, "?")
	}
	if pos >= from && pos-from <= len(line) {
		return line + "\n" + strings.Repeat(" ", pos-from) + "^\n"
	}
	return line + "\n"
}
