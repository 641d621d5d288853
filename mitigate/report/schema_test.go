package report

import (
	"encoding"
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestSchema holds schema.json equal to what the types say; -update writes it.
func TestSchema(t *testing.T) {
	b := schemaBuilder{defs: make(map[string]any)}
	doc := map[string]any{
		"$schema": "https://json-schema.org/draft/2020-12/schema",
		"$id":     "https://github.com/falconer-go/falconer/mitigate/report/schema.json",
		"title":   "A Falco Alert Report, or a Falco Incident Report",
		"oneOf":   []any{b.of(reflect.TypeFor[jsonReport]()), b.of(reflect.TypeFor[jsonIncident]())},
		"$defs":   b.defs,
	}
	got, err := json.MarshalIndent(doc, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	got = append(got, '\n')
	if *update {
		if err := os.WriteFile("schema.json", got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(Schema, string(got)); diff != "" {
		t.Errorf("schema.json (-have +want):\n%s", diff)
	}
}

// schemaBuilder derives a schema from the types that are marshalled.
type schemaBuilder struct{ defs map[string]any }

func (b *schemaBuilder) of(t reflect.Type) map[string]any {
	switch {
	case t == reflect.TypeFor[time.Time]():
		return map[string]any{"type": "string", "format": "date-time"}
	case t.Implements(reflect.TypeFor[encoding.TextMarshaler]()):
		return map[string]any{"type": "string"}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return b.of(t.Elem())
	case reflect.String:
		return map[string]any{"type": "string"}
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Int:
		return map[string]any{"type": "integer"}
	case reflect.Slice:
		// A slice without omitempty marshals as null when it is nil.
		return map[string]any{"type": []string{"array", "null"}, "items": b.of(t.Elem())}
	case reflect.Map:
		return map[string]any{"type": "object", "additionalProperties": b.of(t.Elem())}
	case reflect.Struct:
		name := strings.TrimPrefix(t.Name(), "json")
		if _, ok := b.defs[name]; !ok {
			b.defs[name] = nil // in the making
			b.defs[name] = b.object(t)
		}
		return map[string]any{"$ref": "#/$defs/" + name}
	}
	panic(fmt.Sprintf("no schema for %v", t))
}

func (b *schemaBuilder) object(t reflect.Type) map[string]any {
	props := make(map[string]any)
	required := []string{}
	var add func(t reflect.Type)
	add = func(t reflect.Type) {
		for i := range t.NumField() {
			f := t.Field(i)
			tag, opts, _ := strings.Cut(f.Tag.Get("json"), ",")
			if f.Anonymous && tag == "" {
				add(f.Type)
				continue
			}
			if tag == "-" || !f.IsExported() {
				continue
			}
			props[tag] = b.of(f.Type)
			if !strings.Contains(opts, "omitempty") {
				required = append(required, tag)
			}
		}
	}
	add(t)
	return map[string]any{"type": "object", "properties": props, "required": required}
}
