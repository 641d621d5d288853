package proof

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/falconer-go/falconer/event"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

func alertSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(event.Schema))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("alert.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("alert.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// TestAlertSchema validates every recorded alert against the schema of package
// event, and what the package prints of it.
func TestAlertSchema(t *testing.T) {
	schema := alertSchema(t)
	dirs := []string{filepath.Join("..", "..", "event", "testdata", "alerts")}
	if dir := os.Getenv("FALCONER_CONFORMANCE"); dir != "" {
		dirs = append(dirs, filepath.Join(dir, "alerts"), filepath.Join(dir, "verdicts", "alerts"))
	}
	n := 0
	for _, dir := range dirs {
		files, err := filepath.Glob(filepath.Join(dir, "*.json*"))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range files {
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			for line := range bytes.Lines(data) {
				if len(bytes.TrimSpace(line)) == 0 {
					continue
				}
				e, err := event.Parse(line)
				if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				for _, text := range [][]byte{line, e.AppendJSON(nil)} {
					v, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
					if err != nil {
						t.Fatalf("%s: %v", name, err)
					}
					if err := schema.Validate(v); err != nil {
						t.Errorf("%s: %v\n%s", name, err, text)
					}
				}
				n++
			}
		}
	}
	if n == 0 {
		t.Error("no alerts")
	}
	for _, bad := range []string{`{}`, `[]`, `{"rule":"","priority":"Notice","time":"2024-07-24T14:32:07Z"}`, `{"rule":"A","priority":"Odd","time":"2024-07-24T14:32:07Z"}`,
		`{"rule":"A","priority":"Notice","time":"now"}`, `{"rule":"A","priority":"Notice","time":"2024-07-24T14:32:07Z","tags":["a","a"]}`,
		`{"rule":"A","priority":"Notice","time":"2024-07-24T14:32:07Z","output_fields":{"proc.pid":1.5}}`} {
		v, err := jsonschema.UnmarshalJSON(strings.NewReader(bad))
		if err != nil {
			t.Fatal(err)
		}
		if schema.Validate(v) == nil {
			t.Errorf("the schema allows %s", bad)
		}
	}
}
