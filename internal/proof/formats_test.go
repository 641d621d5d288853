package proof

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// JSON Schemas of the formats that the tests of exports validate against:
// testdata/formats says where each comes from.

// object is a part of a JSON Schema.
type object = map[string]any

// ownSchema compiles a schema of testdata/formats.
func ownSchema(t *testing.T, name string) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	s, err := c.Compile(filepath.Join("testdata", "formats", name))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// publishedSchema compiles a schema of the folder FALCONER_SCHEMAS; it returns
// nil where the folder or the schema is missing, and says so.
func publishedSchema(t *testing.T, name string) *jsonschema.Schema {
	t.Helper()
	root := os.Getenv("FALCONER_SCHEMAS")
	if root == "" {
		t.Logf("FALCONER_SCHEMAS is not set, so nothing is held against %s", name)
		return nil
	}
	file := filepath.Join(root, name)
	if _, err := os.Stat(file); err != nil {
		t.Logf("there is no %s, so nothing is held against it", file)
		return nil
	}
	c := jsonschema.NewCompiler()
	c.UseLoader(beside(root))
	s, err := c.Compile(file)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// beside loads schemas from the folder of that name, those too that call each
// other by an address under which they are published.
type beside string

func (root beside) Load(url string) (any, error) {
	file := strings.TrimPrefix(url, "file://")
	if _, below, ok := strings.Cut(url, "/cti-stix2-json-schemas/stix2.1/"); ok {
		file = filepath.Join(string(root), "cti-stix2-json-schemas", filepath.FromSlash(below))
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return jsonschema.UnmarshalJSON(f)
}

func compiled(t *testing.T, schema object) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("schema.json", schema); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// rows reads a table of testdata/formats.
func rows(t *testing.T, name string, columns int) [][]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "formats", name))
	if err != nil {
		t.Fatal(err)
	}
	var list [][]string
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		cells := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		list = append(list, append(cells, make([]string, max(0, columns-len(cells)))...))
	}
	return list
}

// ecsSchema makes a schema of ECS's table: a document may hold no field that it
// does not have, but for the alert's own below falco.
func ecsSchema(t *testing.T) *jsonschema.Schema {
	root := object{"properties": object{"falco": object{"type": "object"}}, "required": []any{"@timestamp", "ecs"}, "additionalProperties": false}
	for _, row := range rows(t, "ecs-9.4.0.tsv", 4) {
		at := root
		parts := strings.Split(row[0], ".")
		for _, part := range parts[:len(parts)-1] {
			properties := at["properties"].(object)
			below, ok := properties[part].(object)
			if !ok || below["properties"] == nil {
				below = object{"type": "object", "properties": object{}, "additionalProperties": false}
				properties[part] = below
			}
			at = below
		}
		field := object{}
		switch row[1] {
		case "keyword", "wildcard", "match_only_text":
			field["type"] = "string"
		case "date":
			field["type"], field["format"] = "string", "date-time"
		case "ip":
			field["type"], field["anyOf"] = "string", []any{object{"format": "ipv4"}, object{"format": "ipv6"}}
		case "long":
			field["type"] = "integer"
		case "float", "scaled_float":
			field["type"] = "number"
		case "boolean":
			field["type"] = "boolean"
		case "object", "nested", "flattened":
			field["type"] = "object"
		case "geo_point":
		default:
			t.Fatalf("%s is of type %q, which this test does not know", row[0], row[1])
		}
		if row[3] != "" {
			var allowed []any
			for _, v := range strings.Fields(row[3]) {
				name, _, _ := strings.Cut(v, "=")
				allowed = append(allowed, name)
			}
			field["enum"] = allowed
		}
		if row[2] == "array" {
			field = object{"type": "array", "items": field}
		}
		name := parts[len(parts)-1]
		if properties := at["properties"].(object); properties[name] == nil {
			properties[name] = field
		}
	}
	return compiled(t, root)
}

// ocsf11Schema makes a schema of the table of OCSF 1.1.0. Attributes that a
// profile brings are there if it is one of profiles.
func ocsf11Schema(t *testing.T, profiles ...string) *jsonschema.Schema {
	defs := object{"object": object{"type": "object"}}
	def := func(name string) object {
		o, ok := defs[name].(object)
		if !ok {
			o = object{"type": "object", "properties": object{}, "required": []any{}, "additionalProperties": false}
			defs[name] = o
		}
		return o
	}
	for _, row := range rows(t, "ocsf-1.1.0.tsv", 7) {
		o, name := def(row[0]), row[1]
		switch name {
		case "@at_least_one":
			o["anyOf"] = requires(row[2])
			continue
		case "@just_one":
			o["oneOf"] = requires(row[2])
			continue
		}
		if strings.HasPrefix(name, "@") {
			t.Fatalf("%s has a constraint %s, which this test does not know", row[0], name)
		}
		if row[6] != "" && !slices.Contains(profiles, row[6]) {
			continue
		}
		value := object{}
		switch row[2] {
		case "string_t":
			value["type"] = "string"
		case "integer_t", "long_t":
			value["type"] = "integer"
		case "float_t":
			value["type"] = "number"
		case "boolean_t":
			value["type"] = "boolean"
		case "json_t":
		default:
			value["$ref"] = "#/$defs/" + row[2]
		}
		if row[5] != "" {
			var allowed []any
			for _, n := range strings.Fields(row[5]) {
				i, err := strconv.Atoi(n)
				if err != nil {
					t.Fatal(err)
				}
				allowed = append(allowed, i)
			}
			value["enum"] = allowed
		}
		if row[3] != "" {
			value = object{"type": "array", "items": value}
		}
		o["properties"].(object)[name] = value
		if row[4] != "" {
			o["required"] = append(o["required"].([]any), name)
		}
	}
	// The table has what the files of the schema say; its compiler numbers the
	// classes: Findings is the category 2, and Detection Finding its class 4.
	class := def("detection_finding")["properties"].(object)
	class["category_uid"] = object{"const": 2}
	class["class_uid"] = object{"const": 2004}
	class["type_uid"] = object{"const": 200401}
	return compiled(t, object{"$ref": "#/$defs/detection_finding", "$defs": defs})
}

// requires makes an alternative of each name: that it is there.
func requires(names string) []any {
	var all []any
	for _, name := range strings.Fields(names) {
		all = append(all, object{"required": []any{name}})
	}
	return all
}

// ecsTypes are the types of events that ECS expects of each category.
func ecsTypes(t *testing.T) map[string][]string {
	types := make(map[string][]string)
	for _, row := range rows(t, "ecs-9.4.0.tsv", 4) {
		if row[0] == "event.category" {
			for _, v := range strings.Fields(row[3]) {
				name, list, _ := strings.Cut(v, "=")
				types[name] = strings.Split(list, ",")
			}
		}
	}
	return types
}

// TestSchemasRefuse holds that the schemas made of tables are not so wide that
// anything fits.
func TestSchemasRefuse(t *testing.T) {
	ecs, ocsf := ecsSchema(t), ocsf11Schema(t, "host", "container")
	finding := `{"activity_id":1,"category_uid":2,"class_uid":2004,"type_uid":200401,"time":1,"severity_id":1,` +
		`"metadata":{"version":"1.1.0","product":{"name":"Falco","vendor_name":"Falco"}},"finding_info":{"uid":"a","title":"b"}`
	for _, c := range []struct {
		name   string
		schema *jsonschema.Schema
		doc    string
		fits   bool
	}{
		{"ecs", ecs, `{"@timestamp":"2026-01-02T03:04:05Z","ecs":{"version":"9.4.0"},"event":{"kind":"alert","category":["process"]}}`, true},
		{"ecs, no time", ecs, `{"ecs":{"version":"9.4.0"}}`, false},
		{"ecs, a field it does not have", ecs, `{"@timestamp":"2026-01-02T03:04:05Z","ecs":{"version":"9.4.0"},"process":{"cmdline":"x"}}`, false},
		{"ecs, one value where there may be many", ecs, `{"@timestamp":"2026-01-02T03:04:05Z","ecs":{"version":"9.4.0"},"event":{"category":"process"}}`, false},
		{"ecs, a value it does not allow", ecs, `{"@timestamp":"2026-01-02T03:04:05Z","ecs":{"version":"9.4.0"},"event":{"kind":"alarm"}}`, false},
		{"ecs, no address", ecs, `{"@timestamp":"2026-01-02T03:04:05Z","ecs":{"version":"9.4.0"},"source":{"ip":"AWS Internal"}}`, false},
		{"ocsf", ocsf, finding + `}`, true},
		{"ocsf, no title", ocsf, strings.Replace(finding, `,"title":"b"`, "", 1) + `}`, false},
		{"ocsf, of a later version", ocsf, finding + `,"is_alert":true}`, false},
		{"ocsf, of a profile that is not declared", ocsf, finding + `,"disposition_id":1}`, false},
		{"ocsf, a number it does not allow", ocsf, finding + `,"observables":[{"name":"a","type_id":13,"value":"b"}]}`, false},
		{"ocsf, evidence of nothing", ocsf, finding + `,"evidences":[{}]}`, false},
	} {
		v, err := jsonschema.UnmarshalJSON(strings.NewReader(c.doc))
		if err != nil {
			t.Fatal(err)
		}
		if err := c.schema.Validate(v); (err == nil) != c.fits {
			t.Errorf("%s: fits: %v, want %v: %v", c.name, err == nil, c.fits, err)
		}
	}
}
