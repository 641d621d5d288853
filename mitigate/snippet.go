package mitigate

import (
	"errors"
	"regexp"
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
	d := draft{subject: about(e, l), notebook: new(notebook)}
	return d.snippet(name)
}

// snippet returns the named snippet. Steps, outcomes and benign cases share many,
// so each is filled in once.
func (d *draft) snippet(name string) (s Snippet, ok bool) {
	for i := range d.made {
		if m := &d.made[i]; m.name == name {
			return m.snippet, m.ok
		}
	}
	s, ok = d.newSnippet(name)
	d.made = append(d.made, madeSnippet{name, s, ok})
	return s, ok
}

// madeSnippet is a snippet that was filled in, or that is not for the alert.
type madeSnippet struct {
	name    string
	snippet Snippet
	ok      bool
}

func (d *draft) newSnippet(name string) (s Snippet, ok bool) {
	entry := find[snippetEntry](d.l, "snippet", name)
	if entry == nil {
		return Snippet{}, false
	}
	for i := range entry.Variants {
		v := &entry.Variants[i]
		if !v.If.holds(&d.subject) {
			continue
		}
		body, missing := d.fill(&v.Text, entry.Kind)
		title := entry.Title
		if v.Title != nil {
			title = v.Title
		}
		expect := entry.Expect
		if v.Expect != nil {
			expect = v.Expect
		}
		return Snippet{
			Name:         name,
			Title:        d.first(title),
			Kind:         entry.Kind,
			Body:         body,
			Changes:      entry.Changes,
			Expect:       d.first(expect),
			Undo:         d.first(entry.Undo),
			Placeholders: missing,
			ready:        len(missing) == 0 && !v.Text.open,
			passing:      entry.Passing,
			keeps:        entry.Keeps,
		}, true
	}
	return Snippet{}, false
}

// script is the text of a snippet with fields in it.
type script struct {
	text   string        // as it is written, with one line feed at its end
	words  []string      // what stands before, between and behind the fields
	fields []scriptField // in their order
	open   bool          // a comment of it says what to fill in
}

// toFillIn is a word in capitals that a script uses and a comment of it explains.
var toFillIn = regexp.MustCompile(`(?m)(?:^# |; )[A-Z_/]{3,}(?:, | and |: | as )`)

// scriptField is the place of a field or of a computed value.
type scriptField struct {
	name string // as written
	calc *calc
	fits shape
	word string // of the placeholder, where the author gives one

	around bool // a time around the alert
}

// UnmarshalYAML reads a text with %{field} in it.
func (s *script) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind != yaml.ScalarNode {
		return nodeError(n, errors.New("expected a text"))
	}
	s.text = strings.TrimRight(n.Value, "\n") + "\n"
	s.open = toFillIn.MatchString(s.text)
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
		f := scriptField{}
		f.name, f.word, _ = strings.Cut(name, "|")
		f.fits = shapeOf(f.name)
		_, f.around = around[f.name]
		if isCalc(f.name) {
			var err error
			if f.calc, err = parseCalc(f.name); err != nil {
				return nodeError(n, err)
			}
		}
		s.fields = append(s.fields, f)
		rest = tail
	}
}

// fill puts for each field its value if that has a safe shape, else a
// placeholder.
func (d *draft) fill(s *script, kind string) (string, []Placeholder) {
	if len(s.fields) == 0 {
		return s.text, nil
	}
	var missing []Placeholder
	b := d.body[:0]
	for i := range s.fields {
		f := &s.fields[i]
		b = append(b, s.words[i]...)
		if v, ok := d.safeValue(f); ok {
			b = append(b, v...)
			continue
		}
		p := Placeholder{Word: f.word, Field: f.name}
		if p.Word == "" {
			p.Word = placeholderWord(f.name, kind)
		}
		b = append(b, p.Word...)
		p.How = d.phrase("fill-" + f.name)
		if !slices.ContainsFunc(missing, func(m Placeholder) bool { return m.Word == p.Word && m.Field == p.Field }) {
			missing = append(missing, p)
		}
	}
	b = append(b, s.words[len(s.fields)]...)
	d.body = b
	return string(b), missing
}

// The times around an alert from which logs are worth reading: ten minutes before
// and after, and a day before; in seconds since 1970, and as dates of RFC 3339 in UTC.
const (
	alertFrom      = "alert.from"
	alertUntil     = "alert.until"
	alertDay       = "alert.day"
	alertFromDate  = "alert.from.date"
	alertUntilDate = "alert.until.date"
	alertDayDate   = "alert.day.date"
)

var around = map[string]time.Duration{
	alertFrom: -10 * time.Minute, alertUntil: 10 * time.Minute, alertDay: -24 * time.Hour,
	alertFromDate: -10 * time.Minute, alertUntilDate: 10 * time.Minute, alertDayDate: -24 * time.Hour,
}

func timeAround(e *event.Event, field string) (string, bool) {
	if !dated(e) {
		return "", false
	}
	t := e.Time.Add(around[field])
	switch field {
	case alertFrom, alertUntil, alertDay:
		return strconv.FormatInt(t.Unix(), 10), true
	}
	return t.UTC().Format("2006-01-02T15:04:05Z"), true
}

// safeValue returns the value of the field if it may stand in a snippet.
func (f *scriptField) safeValue(s *subject) (string, bool) {
	e := s.e
	if f.fits == nil {
		return "", false
	}
	if f.calc != nil {
		r := f.calc.of(s)
		if len(r.texts) != 1 {
			return "", false
		}
		return r.texts[0], f.fits(r.texts[0])
	}
	if f.around {
		return timeAround(e, f.name)
	}
	v := e.Field(f.name)
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
	return text, f.fits(text)
}

// placeholderWord turns k8s.pod.name into POD_NAME: a plain word to a shell
// and to YAML, of the right form for a name in a manifest.
func placeholderWord(field, kind string) string {
	if i := strings.LastIndex(field, ", "); isCalc(field) && i < 0 { // tunnelhost(proc.cmdline)
		field, _, _ = strings.Cut(field, "(")
	} else if isCalc(field) { // part(jevt.value[/requestObject/spec/volumes], /*/hostPath/path)
		field = strings.NewReplacer("/", ".", ")", "", "*", "").Replace(field[strings.LastIndex(field, ", ")+2:])
	}
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
