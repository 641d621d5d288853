package main

import (
	"bytes"
	"encoding/json"
	"io"

	"github.com/falconer-go/falconer/enrich"
	"github.com/falconer-go/falconer/rules"
)

// tagChecker checks the tags of rules.
type tagChecker struct {
	enricher *enrich.Enricher
	files    []rules.File
}

// check is a [rules.Check].
func (c *tagChecker) check(r *rules.Rule) []rules.Finding {
	var list []rules.Finding
	for _, f := range c.enricher.CheckTags(r.Name, r.Source, r.Tags) {
		message := f.Message
		if f.Tag != "" {
			message = "tag " + f.Tag + ": " + message
		}
		severity := rules.Note
		if f.Severity > enrich.Info {
			severity = rules.Warning // the file loads all the same
		}
		list = append(list, rules.Finding{
			Diagnostic: rules.Diagnostic{
				File: r.File, Pos: c.place(r, f.Tag), Code: rules.Code(f.Code), Message: message,
				Items: []rules.Item{{Type: rules.TypeRule, Name: r.Name, Pos: r.Pos}},
			},
			Severity: severity, Fix: f.Fix,
		})
	}
	return list
}

// place returns where a rule's tag stands, and where the rule begins if the tag
// is not found in it: an override in another place may have added it.
func (c *tagChecker) place(r *rules.Rule, tag string) rules.Pos {
	for _, file := range c.files {
		if file.Name != r.File || tag == "" || r.Pos.Offset > len(file.Data) {
			continue
		}
		rule := file.Data[r.Pos.Offset:]
		if end := bytes.Index(rule, []byte("\n- ")); end >= 0 {
			rule = rule[:end]
		}
		tags := bytes.LastIndex(rule, []byte("tags:"))
		if tags < 0 {
			break
		}
		at := word(rule[tags:], tag)
		if at < 0 {
			break
		}
		at += tags
		p := r.Pos
		p.Offset += at
		p.Line += bytes.Count(rule[:at], []byte("\n"))
		if newline := bytes.LastIndexByte(rule[:at], '\n'); newline >= 0 {
			p.Column = at - newline
		} else {
			p.Column += at
		}
		return p
	}
	return r.Pos
}

// word returns where tag stands in text with nothing of a tag beside it, and -1
// if it does not.
func word(text []byte, tag string) int {
	for from := 0; ; {
		i := bytes.Index(text[from:], []byte(tag))
		if i < 0 {
			return -1
		}
		i += from
		end := i + len(tag)
		if (i == 0 || bytes.IndexByte([]byte(" \t\n[,\"'"), text[i-1]) >= 0) &&
			(end == len(text) || bytes.IndexByte([]byte(" \t\r\n],\"'#"), text[end]) >= 0) {
			return i
		}
		from = i + 1
	}
}

// writeFindings writes one JSON object a line.
func writeFindings(w io.Writer, findings []rules.Finding) error {
	enc := json.NewEncoder(w)
	for i := range findings {
		f := &findings[i]
		message := f.Message
		if message == "" {
			message = f.Code.Text()
		}
		item := f.Item()
		if err := enc.Encode(struct {
			File     string `json:"file,omitempty"`
			Line     int    `json:"line,omitempty"`
			Column   int    `json:"column,omitempty"`
			Severity string `json:"severity"`
			Code     string `json:"code"`
			Type     string `json:"type,omitempty"` // rule, macro or list
			Name     string `json:"name,omitempty"`
			Message  string `json:"message"`
			Fix      string `json:"fix,omitempty"`
		}{f.File, f.Pos.Line, f.Pos.Column, f.Severity.String(), string(f.Code), item.Type, item.Name, message, f.Fix}); err != nil {
			return err
		}
	}
	return nil
}
