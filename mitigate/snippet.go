package mitigate

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/falconer-go/falconer/event"
)

// snippets renders the named snippets for e, those that change nothing first.
// A snippet none of whose variants holds is left out.
func (l *Library) snippets(e *event.Event, list names) []Snippet {
	if len(list) == 0 {
		return nil
	}
	out := make([]Snippet, 0, len(list))
	for _, name := range list {
		if s, ok := l.Snippet(e, name); ok {
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
	entry := find[snippetEntry](l, "snippet", name)
	if entry == nil {
		return Snippet{}, false
	}
	for _, v := range entry.Variants {
		if !v.If.holds(e) {
			continue
		}
		body, missing := fill(v.Text, entry.Kind, e)
		title := entry.Title
		if v.Title != nil {
			title = v.Title
		}
		return Snippet{
			Name:         name,
			Title:        title.first(l, e),
			Kind:         entry.Kind,
			Body:         body,
			Changes:      entry.Changes,
			Undo:         entry.Undo.first(l, e),
			Placeholders: missing,
		}, true
	}
	return Snippet{}, false
}

// fill replaces each %{field} of a snippet by the field's value if that has a
// safe shape, else by a placeholder.
func fill(text, kind string, e *event.Event) (string, []Placeholder) {
	var b strings.Builder
	b.Grow(len(text) + 64) // values are longer than the names of their fields
	var missing []Placeholder
	for {
		before, rest, ok := strings.Cut(text, "%{")
		b.WriteString(before)
		if !ok {
			break
		}
		var name string
		name, text, _ = strings.Cut(rest, "}")
		if v, ok := safeValue(e, name); ok {
			b.WriteString(v)
			continue
		}
		p := Placeholder{Word: placeholderWord(name, kind), Field: name}
		b.WriteString(p.Word)
		if !slices.Contains(missing, p) {
			missing = append(missing, p)
		}
	}
	// A text of YAML's block form ends with one line feed already.
	if body := b.String(); strings.HasSuffix(body, "\n") && !strings.HasSuffix(body, "\n\n") {
		return body, missing
	}
	return strings.TrimRight(b.String(), "\n") + "\n", missing
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
