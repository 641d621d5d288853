package rules

import (
	"encoding/json"
	"io"
	"net/url"
	"path/filepath"
	"slices"
	"unicode/utf8"
)

// WriteSARIF writes findings as a SARIF 2.1.0 log, the form in which code
// scanners report. The files are those that the set was loaded from, whose
// names become the locations; version is that of the tool.
func (s *Set) WriteSARIF(w io.Writer, version string, findings []Finding) error {
	type message struct {
		Text string `json:"text"`
	}
	type region struct {
		StartLine   int `json:"startLine"`
		StartColumn int `json:"startColumn"`
	}
	type location struct {
		Physical struct {
			Artifact struct {
				URI string `json:"uri"`
			} `json:"artifactLocation"`
			Region *region `json:"region,omitempty"`
		} `json:"physicalLocation"`
		Logical []map[string]string `json:"logicalLocations,omitempty"`
	}
	type result struct {
		RuleID    string     `json:"ruleId"`
		RuleIndex int        `json:"ruleIndex"`
		Level     string     `json:"level"`
		Message   message    `json:"message"`
		Locations []location `json:"locations,omitempty"`
	}
	type descriptor struct {
		ID    string  `json:"id"`
		Short message `json:"shortDescription"`
	}

	index := make(map[Code]int)
	codes := []descriptor{}
	results := []result{}
	for i := range findings {
		f := &findings[i]
		n, ok := index[f.Code]
		if !ok {
			n = len(codes)
			index[f.Code] = n
			text := f.Code.Text()
			if text == "" {
				text = string(f.Code)
			}
			codes = append(codes, descriptor{string(f.Code), message{text}})
		}
		text := f.Message
		if text == "" {
			text = f.Code.Text()
		}
		if f.Fix != "" {
			text += "; " + f.Fix
		}
		r := result{RuleID: string(f.Code), RuleIndex: n, Level: f.Severity.String(), Message: message{text}}
		if f.File != "" {
			var l location
			l.Physical.Artifact.URI = fileURI(f.File)
			if f.Pos.IsValid() {
				l.Physical.Region = &region{f.Pos.Line, s.charColumn(f.File, f.Pos)}
			}
			if it := f.Item(); it.Type != "" {
				l.Logical = []map[string]string{{"name": it.Name, "kind": it.Type}}
			}
			r.Locations = []location{l}
		}
		results = append(results, r)
	}
	log := map[string]any{
		"$schema": "https://json.schemastore.org/sarif-2.1.0.json",
		"version": "2.1.0",
		"runs": []any{map[string]any{
			"tool": map[string]any{"driver": map[string]any{
				"name": "falconer", "version": version, "informationUri": "https://github.com/falconer-go/falconer", "rules": codes,
			}},
			"columnKind": "unicodeCodePoints",
			"results":    results,
		}},
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(log)
}

// fileURI is the name of a file as a URI: relative if the name is.
func fileURI(name string) string {
	u := url.URL{Path: filepath.ToSlash(name)}
	if filepath.IsAbs(name) {
		u.Scheme = "file"
		if u.Path[0] != '/' { // a drive
			u.Path = "/" + u.Path
		}
	}
	return u.String()
}

// charColumn is the column of a place in characters.
func (s *Set) charColumn(file string, p Pos) int {
	i := slices.IndexFunc(s.results, func(r *Result) bool { return r.Name == file })
	if i < 0 || s.results[i].file == nil {
		return p.Column
	}
	data := s.results[i].file.data
	start := p.Offset - (p.Column - 1)
	if start < 0 || p.Offset > len(data) {
		return p.Column
	}
	return utf8.RuneCount(data[start:p.Offset]) + 1
}
