package mitigate

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/falconer-go/falconer/event"
	yaml "go.yaml.in/yaml/v4"
)

// snippets fills in the named snippets, those that change nothing first. A
// snippet none of whose variants holds is left out.
func (d *draft) snippets(list names) []Snippet {
	if len(list) == 0 {
		return nil
	}
	out := make([]Snippet, 0, len(list))
	for _, name := range list {
		if s, ok := d.snippet(name); ok {
			out = append(out, s)
		}
	}
	slices.SortStableFunc(out, func(a, b Snippet) int { return int(b2i(a.Changes)) - int(b2i(b.Changes)) })
	return out
}

func b2i(b bool) int8 {
	if b {
		return 1
	}
	return 0
}

// SnippetNames returns the names of the snippets that l knows, sorted.
func (l *Library) SnippetNames() []string {
	var list []string
	for _, e := range l.sorted("snippet") {
		list = append(list, e.name)
	}
	return list
}

// Snippet returns the named snippet, filled in for e. It is not ok if there is
// no such snippet or none of its variants is for alerts like e.
func (l *Library) Snippet(e *event.Event, name string) (s Snippet, ok bool) {
	d := draft{l: l, e: e}
	return d.snippet(name)
}

func (d *draft) snippet(name string) (s Snippet, ok bool) {
	entry := find[snippetEntry](d.l, "snippet", name)
	if entry == nil {
		return Snippet{}, false
	}
	for i := range entry.Variants {
		v := &entry.Variants[i]
		if !v.If.holds(d.e) {
			continue
		}
		body, missing := d.fill(&v.Text, entry.Kind)
		title := entry.Title
		if v.Title != nil {
			title = v.Title
		}
		return Snippet{
			Name:         name,
			Title:        d.first(title),
			Kind:         entry.Kind,
			Body:         body,
			Changes:      entry.Changes,
			Undo:         d.first(entry.Undo),
			Placeholders: missing,
		}, true
	}
	return Snippet{}, false
}

// script is the text of a snippet with fields in it.
type script struct {
	text  string   // as it is written, with one line feed at its end
	words []string // what stands before, between and behind the fields
	names []string // of the fields
}

// UnmarshalYAML reads a text with %{field} in it.
func (s *script) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind != yaml.ScalarNode {
		return nodeError(n, errors.New("expected a text"))
	}
	s.text = strings.TrimRight(n.Value, "\n") + "\n"
	for rest := s.text; ; {
		before, after, ok := strings.Cut(rest, "%{")
		s.words = append(s.words, before)
		if !ok {
			return nil
		}
		name, tail, ok := strings.Cut(after, "}")
		if !ok {
			return nodeError(n, errors.New("%{ without }"))
		}
		s.names = append(s.names, name)
		rest = tail
	}
}

// fill puts for each field its value if that has a safe shape, else a
// placeholder.
func (d *draft) fill(s *script, kind string) (string, []Placeholder) {
	if len(s.names) == 0 {
		return s.text, nil
	}
	var missing []Placeholder
	var b strings.Builder
	b.Grow(len(s.text) + 64) // values are longer than the names of their fields
	for i, name := range s.names {
		b.WriteString(s.words[i])
		if v, ok := d.safeValue(name); ok {
			b.WriteString(v)
			continue
		}
		p := Placeholder{Word: placeholderWord(name, kind), Field: name}
		b.WriteString(p.Word)
		if !slices.Contains(missing, p) {
			missing = append(missing, p)
		}
	}
	b.WriteString(s.words[len(s.names)])
	return b.String(), missing
}

// alertFrom stands for a moment shortly before the alert, in seconds since 1970,
// from which logs are worth reading.
const (
	alertFrom   = "alert.from"
	beforeAlert = 10 * time.Minute
)

// safeValue returns the value of a field if it may stand in a snippet.
func safeValue(e *event.Event, field string) (string, bool) {
	fits := shapeOf(field)
	if fits == nil {
		return "", false
	}
	if field == alertFrom {
		return strconv.FormatInt(e.Time.Add(-beforeAlert).Unix(), 10), true
	}
	v := e.Field(field)
	if !v.Available() {
		return "", false
	}
	text := v.Text()
	if v.Kind() == event.Array {
		list, _ := v.Strings()
		if len(list) != 1 {
			return "", false
		}
		text = list[0]
	}
	return text, fits(text)
}

// placeholderWord turns k8s.pod.name into POD_NAME: a plain word to a shell
// and to YAML, of the right form for a name in a manifest.
func placeholderWord(field, kind string) string {
	field, arg, _ := strings.Cut(field, "[")
	if i := strings.LastIndexByte(arg, '/'); i >= 0 { // json.value[/resource/labels/policy_name]
		field = strings.TrimSuffix(arg[i+1:], "]")
	}
	parts := strings.Split(field, ".")
	if len(parts) > 2 {
		parts = parts[len(parts)-2:]
	}
	if len(parts) == 2 && (parts[0] == "alert" || parts[0] == "ct" || parts[0] == "ka" || parts[0] == "gcp") {
		parts = parts[1:]
	}
	w := strings.ToUpper(strings.Join(parts, "_"))
	if kind == "kubernetes" {
		// A manifest must still decode: object names are lower case.
		return "replace-" + strings.ToLower(strings.ReplaceAll(w, "_", "-"))
	}
	return w
}
