package rules

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/falconer-go/falconer/rules/internal/yaml"
)

// This file changes rule files as text: nothing but what is added differs, so
// comments, order and style stay. Each change is read back and compared with
// what was there and what was to be added; one that is not exactly that is
// not made.

// Append returns a rule file with an item behind its last, such as
// [Exception.YAML] and [Override.YAML] write. The rest of the file stays as it
// is, byte for byte.
func Append(data []byte, item string) ([]byte, error) {
	before, err := readItems(data)
	if err != nil {
		return nil, fmt.Errorf("rules: the file cannot be read: %w", err)
	}
	want, err := readItems([]byte(item))
	if err != nil {
		return nil, fmt.Errorf("rules: the item cannot be read: %w", err)
	}
	if len(want) == 0 {
		return nil, errors.New("rules: no item to append")
	}
	eol := lineEnd(data)
	item = strings.TrimRight(item, "\n") + "\n"
	indent := strings.Repeat(" ", topIndent(data))
	indented := indent + strings.ReplaceAll(strings.TrimSuffix(item, "\n"), "\n", "\n"+indent) + "\n"
	gap := "\n"
	if n := len(data); n == 0 {
		gap = ""
	} else if data[n-1] != '\n' {
		gap = "\n\n"
	}
	// A file may end in what a blank line would add to, or in what no item can
	// follow; a new document can always follow.
	for _, added := range []string{gap + indented, strings.TrimSuffix(gap, "\n") + indented, gap + "---\n" + item} {
		out := append(bytes.Clone(data), strings.ReplaceAll(added, "\n", eol)...)
		after, err := readItems(out)
		if err == nil && sameItems(after, append(before[:len(before):len(before)], want...)) {
			return out, nil
		}
	}
	return nil, errors.New("rules: found no way to append to the file that leaves the rest as it is")
}

// Patch returns a rule file with the exception in it. If the file has an
// exception of that name and with those fields on the rule, the values go
// behind its own; else the exception goes to the end of the file, as
// [Exception.YAML] has it. The rest of the file stays as it is.
func (x *Exception) Patch(data []byte) ([]byte, error) {
	if out := x.insert(data); out != nil {
		return out, nil
	}
	return Append(data, x.YAML())
}

// insert adds the values to an exception that the file has; nil if it cannot.
func (x *Exception) insert(data []byte) []byte {
	docs, err := readDocuments(data)
	if err != nil {
		return nil
	}
	src := &source{data: data}
	var last *yaml.Node // the values of the last such exception
	for _, item := range itemsOf(docs) {
		if !isMap(item) || item.Anchor != "" {
			continue
		}
		if r := value(item, "rule"); r == nil || r.Value != x.Rule {
			continue
		}
		list := own(item, "exceptions")
		if !isSequence(list) {
			continue
		}
		for _, ex := range list.Content {
			if !isMap(ex) || ex.Anchor != "" {
				continue
			}
			name, fields, values := value(ex, "name"), value(ex, "fields"), own(ex, "values")
			if name == nil || name.Value != x.Name || !isSequence(values) || len(values.Content) == 0 {
				continue
			}
			if fields != nil && !x.hasFields(fields, value(ex, "comps")) || fields == nil && !x.Merges {
				continue
			}
			last = values
		}
	}
	if last == nil {
		return nil
	}
	tuple := "[" + strings.Join(x.literals(), ", ") + "]"
	var out []byte
	if last.Style == yaml.Flow {
		out = insertFlow(data, src, last, tuple)
	} else {
		out = insertBlock(data, src, last, tuple)
	}
	if out == nil {
		return nil
	}
	// What is read back must be what was there, with the values added.
	added, err := readDocuments([]byte("- " + tuple + "\n"))
	if err != nil {
		return nil
	}
	last.Content = append(last.Content, itemsOf(added)...)
	after, err := readDocuments(out)
	if err != nil || !sameItems(itemsOf(after), itemsOf(docs)) {
		return nil
	}
	return out
}

// own is value, nil for what stands elsewhere in the file too: a change to it
// would be a change there.
func own(m *yaml.Node, key string) *yaml.Node {
	for i := 0; i+1 < len(m.Content); i += 2 {
		if k := resolved(m.Content[i]); isScalar(k) && k.Value == key {
			if v := m.Content[i+1]; v.Kind != yaml.Alias && v.Anchor == "" {
				return v
			}
			return nil
		}
	}
	return nil
}

// hasFields reports whether an exception goes by the fields of x, compared in
// the same way.
func (x *Exception) hasFields(fields, comps *yaml.Node) bool {
	if !isSequence(fields) || len(fields.Content) != len(x.Fields) || comps != nil && !isSequence(comps) ||
		comps != nil && len(comps.Content) != len(x.Fields) {
		return false
	}
	for i, f := range fields.Content {
		if f = resolved(f); f == nil || f.Value != x.Fields[i].Field {
			return false
		}
		op := "="
		if comps != nil {
			if c := resolved(comps.Content[i]); c != nil {
				op = blankless(c.Value)
			}
		}
		if !x.Fields[i].compares(op) {
			return false
		}
	}
	return true
}

// insertBlock puts a line behind the last entry of a sequence with dashes.
func insertBlock(data []byte, src *source, list *yaml.Node, entry string) []byte {
	lastEntry := list.Content[len(list.Content)-1]
	dash := src.at(list.Offset)
	// The entry goes on for as long as lines are indented deeper than its dash.
	end := endOfLine(data, lastEntry.Offset)
	for next := end; next < len(data); {
		stop := endOfLine(data, next)
		line := data[next:stop]
		text := bytes.TrimLeft(line, " ")
		if len(bytes.TrimSpace(text)) > 0 {
			if len(line)-len(text) <= dash.Column-1 || text[0] == '#' {
				break
			}
			end = stop
		}
		next = stop
	}
	eol := lineEnd(data)
	line := strings.Repeat(" ", dash.Column-1) + "- " + entry + eol
	if end > 0 && data[end-1] != '\n' {
		line = eol + strings.TrimSuffix(line, eol)
	}
	return splice(data, end, line)
}

// insertFlow puts an entry before the closing bracket of a sequence.
func insertFlow(data []byte, src *source, list *yaml.Node, entry string) []byte {
	last := list.Content[len(list.Content)-1]
	// Behind the last entry comes its own bracket, if it is a list, and then
	// that of the sequence; strings in between could hold brackets, which the
	// reading back finds.
	at := last.Offset
	end := -1
	for i, depth := at, 0; i < len(data); i++ {
		switch data[i] {
		case '[':
			depth++
		case ']':
			if depth--; depth < 0 {
				end = i
			}
		}
		if end >= 0 {
			break
		}
	}
	if end < 0 {
		return nil
	}
	for end > at && isBlank(data[end-1]) {
		end--
	}
	if data[end-1] == ',' {
		return splice(data, end, " "+entry)
	}
	return splice(data, end, ", "+entry)
}

func splice(data []byte, at int, text string) []byte {
	out := make([]byte, 0, len(data)+len(text))
	out = append(out, data[:at]...)
	out = append(out, text...)
	return append(out, data[at:]...)
}

// endOfLine is behind the line break of the line that at is in.
func endOfLine(data []byte, at int) int {
	if i := bytes.IndexByte(data[at:], '\n'); i >= 0 {
		return at + i + 1
	}
	return len(data)
}

// lineEnd is the line break that a file uses.
func lineEnd(data []byte) string {
	if i := bytes.IndexByte(data, '\n'); i > 0 && data[i-1] == '\r' {
		return "\r\n"
	}
	return "\n"
}

// topIndent is how far the dashes of the last document are indented.
func topIndent(data []byte) int {
	docs, err := readDocuments(data)
	if err != nil {
		return 0
	}
	for i := len(docs) - 1; i >= 0; i-- {
		if n := docs[i]; isSequence(n) && n.Style != yaml.Flow {
			return (&source{data: data}).at(n.Offset).Column - 1
		}
	}
	return 0
}

// readDocuments reads a file that is to be changed, within the limits.
func readDocuments(data []byte) ([]*yaml.Node, error) {
	src := &source{data: data}
	return src.documents(&DefaultLimits)
}

// readItems reads the items of a file.
func readItems(data []byte) ([]*yaml.Node, error) {
	docs, err := readDocuments(data)
	if err != nil {
		return nil, err
	}
	for _, doc := range docs {
		if !isSequence(doc) {
			return nil, errors.New("it is no list of items")
		}
	}
	return itemsOf(docs), nil
}

func itemsOf(docs []*yaml.Node) []*yaml.Node {
	var items []*yaml.Node
	for _, doc := range docs {
		if isSequence(doc) {
			items = append(items, doc.Content...)
		}
	}
	return items
}

// sameItems reports whether two lists of items say the same.
func sameItems(a, b []*yaml.Node) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !sameNode(a[i], b[i]) {
			return false
		}
	}
	return true
}

func sameNode(a, b *yaml.Node) bool {
	if a.Kind != b.Kind || a.Value != b.Value || a.Anchor != b.Anchor || len(a.Content) != len(b.Content) {
		return false
	}
	return sameItems(a.Content, b.Content)
}
