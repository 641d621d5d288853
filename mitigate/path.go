package mitigate

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/falconer-go/falconer/event"
)

// Bounds of what is looked at in a JSON value: whoever caused the alert wrote
// it.
const (
	maxJSON   = 64 << 10 // bytes of the value
	maxVisits = 2000     // members looked at
	maxParts  = 32       // parts found
)

// jsonPath names parts of a JSON value: /*[member=allUsers]/role. A part is a
// member of an object by its key, an element of an array by its index, or each
// element with *; a filter in brackets keeps those objects of which a member is
// a value, or is a list that holds it.
type jsonPath []pathStep

type pathStep struct {
	key     string
	index   int // -1 if key is no index
	each    bool
	filters []pathFilter
}

type pathFilter struct {
	key, value string
	not        bool
}

func parsePath(s string) (jsonPath, error) {
	var p jsonPath
	if s == "" || s[0] != '/' {
		return nil, fmt.Errorf("path %q does not begin with /", s)
	}
	for s != "" {
		s = s[1:]
		end := strings.IndexAny(s, "/[")
		if end < 0 {
			end = len(s)
		}
		step := pathStep{key: s[:end], index: -1, each: s[:end] == "*"}
		if step.key == "" {
			return nil, errors.New("path with an empty part")
		}
		if n, err := strconv.Atoi(step.key); err == nil && n >= 0 {
			step.index = n
		}
		s = s[end:]
		for strings.HasPrefix(s, "[") {
			inner, rest, ok := strings.Cut(s[1:], "]")
			key, value, equals := strings.Cut(inner, "=")
			if !ok || !equals || key == "" {
				return nil, fmt.Errorf("filter [%s is not [key=value]", inner)
			}
			f := pathFilter{value: value}
			f.key, f.not = strings.CutSuffix(key, "!")
			step.filters = append(step.filters, f)
			s = rest
		}
		if s != "" && s[0] != '/' {
			return nil, fmt.Errorf("path goes on with %q", s)
		}
		p = append(p, step)
	}
	return p, nil
}

// parts returns the distinct scalars that the path names in doc, as text.
func (p jsonPath) parts(doc any) []string {
	w := pathWalk{left: maxVisits}
	w.walk(doc, p)
	return w.found
}

// decodedField is a field whose value was read as JSON; doc is nil if it is none.
type decodedField struct {
	field string
	doc   any
}

// parts returns what the path names in a field. Several paths look into the same
// one, so it is decoded once.
func (s *subject) parts(field string, p jsonPath) []string {
	for i := range s.decoded {
		if d := &s.decoded[i]; d.field == field {
			return d.parts(p)
		}
	}
	d := decodedField{field: field}
	switch v := s.e.Field(field); v.Kind() {
	case event.String, event.Array, event.Object:
		text := v.Text()
		if strings.HasPrefix(text, "({") && strings.HasSuffix(text, "})") {
			text = "[" + text[1:len(text)-1] + "]" // a list of objects as it stands in Falco's output
		}
		doc, _ := decode(text)
		left := maxVisits
		d.doc = opened(doc, &left)
	}
	s.decoded = append(s.decoded, d)
	return d.parts(p)
}

func (d *decodedField) parts(p jsonPath) []string {
	if d.doc == nil {
		return nil
	}
	return p.parts(d.doc)
}

// decode reads JSON of an alert, numbers as they are written.
func decode(s string) (doc any, ok bool) {
	if len(s) > maxJSON || s == "" || !strings.ContainsRune("{[", rune(s[0])) {
		return nil, false
	}
	d := json.NewDecoder(strings.NewReader(s))
	d.UseNumber()
	return doc, d.Decode(&doc) == nil && !d.More()
}

type pathWalk struct {
	found []string
	left  int
}

func (w *pathWalk) walk(doc any, p jsonPath) {
	if w.left--; w.left < 0 || len(w.found) >= maxParts {
		return
	}
	if len(p) == 0 {
		w.scalars(doc)
		return
	}
	step, rest := &p[0], p[1:]
	switch x := doc.(type) {
	case []any:
		for i, el := range x {
			if step.each || i == step.index {
				w.step(el, step, rest)
			}
		}
	case map[string]any:
		if !step.each {
			if el, ok := x[step.key]; ok {
				w.step(el, step, rest)
			}
			return
		}
		for _, k := range slices.Sorted(maps.Keys(x)) {
			w.step(x[k], step, rest)
		}
	}
}

func (w *pathWalk) step(doc any, step *pathStep, rest jsonPath) {
	for _, f := range step.filters {
		if f.holds(doc) == f.not {
			return
		}
	}
	w.walk(doc, rest)
}

// scalars adds a scalar, or those in a list.
func (w *pathWalk) scalars(doc any) {
	if list, ok := doc.([]any); ok {
		for _, el := range list {
			w.scalar(el)
		}
		return
	}
	w.scalar(doc)
}

func (w *pathWalk) scalar(doc any) {
	if s, ok := scalar(doc); ok && len(w.found) < maxParts && !slices.Contains(w.found, s) {
		w.found = append(w.found, s)
	}
}

func scalar(doc any) (string, bool) {
	switch x := doc.(type) {
	case string:
		return x, true
	case json.Number:
		return x.String(), true
	case bool:
		return strconv.FormatBool(x), true
	}
	return "", false
}

// opened returns doc with strings that are JSON themselves replaced by what they
// hold, as far as so many values go: plugins print lists of objects as lists of such
// strings.
func opened(doc any, left *int) any {
	if *left--; *left < 0 {
		return doc
	}
	switch x := doc.(type) {
	case string:
		if inner, ok := decode(x); ok {
			return opened(inner, left)
		}
	case []any:
		for i := range x {
			x[i] = opened(x[i], left)
		}
	case map[string]any:
		for _, k := range slices.Sorted(maps.Keys(x)) { // the bound cuts off the same each time
			x[k] = opened(x[k], left)
		}
	}
	return doc
}

func (f *pathFilter) holds(doc any) bool {
	x, ok := doc.(map[string]any)
	if !ok {
		return false
	}
	if list, ok := x[f.key].([]any); ok {
		return slices.ContainsFunc(list, func(el any) bool { s, ok := scalar(el); return ok && s == f.value })
	}
	s, ok := scalar(x[f.key])
	return ok && s == f.value
}
