package proof

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/falconer-go/falconer/enrich"
	"github.com/falconer-go/falconer/enrich/export/cloudevents"
	"github.com/falconer-go/falconer/enrich/export/ecs"
	"github.com/falconer-go/falconer/enrich/export/navigator"
	"github.com/falconer-go/falconer/enrich/export/ocsf"
	"github.com/falconer-go/falconer/enrich/export/otel"
	"github.com/falconer-go/falconer/enrich/export/stix"
	"github.com/falconer-go/falconer/event"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// published returns a schema of the folder schemas that lies beside the
// conformance data.
func published(t *testing.T, name string) *jsonschema.Schema {
	t.Helper()
	root := os.Getenv("FALCONER_CONFORMANCE")
	if root == "" {
		t.Skip("FALCONER_CONFORMANCE is not set")
	}
	file := filepath.Join(root, "..", "schemas", name)
	if _, err := os.Stat(file); err != nil {
		t.Skipf("no %s beside the conformance data", name)
	}
	s, err := jsonschema.NewCompiler().Compile(file)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func validate(t *testing.T, s *jsonschema.Schema, doc []byte, about string) {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(doc))
	if err != nil {
		t.Fatalf("%s: %v\n%s", about, err, doc)
	}
	if err := s.Validate(v); err != nil {
		t.Errorf("%s: %v\n%.2000s", about, err, doc)
	}
}

// hostileSamples are samples with hostile values in every place.
func hostileSamples(t *testing.T) []*event.Event {
	var list []*event.Event
	for _, e := range ofEachKind(t) {
		for _, v := range hostile {
			list = append(list, with(t, e, v, true))
		}
	}
	return list
}

// TestOCSF validates the finding on every alert, with either release of ATT&CK
// and without a mapping.
func TestOCSF(t *testing.T) {
	schema := published(t, "ocsf-1.8.0-detection_finding.schema.json")
	v18 := enrich.New(&enrich.Options{Version: enrich.V18})
	for _, e := range append(samples(t), hostileSamples(t)...) {
		for _, m := range []*enrich.Mapping{enrich.For(e), v18.For(e), nil} {
			validate(t, schema, ocsf.Append(nil, e, m, &ocsf.Options{Remediation: "Do it.", Raw: true, ProductVersion: "0.45.0"}), e.Rule)
		}
		old := ocsf.Append(nil, e, enrich.For(e), &ocsf.Options{Version: ocsf.V1_1})
		for _, newer := range []string{`"is_alert"`, `"tags":[{"name"`} {
			if bytes.Contains(old, []byte(newer)) {
				t.Errorf("%s: 1.1.0 has no %s", e.Rule, newer)
			}
		}
		var finding struct {
			Evidences   []map[string]any
			Observables []struct {
				TypeID int `json:"type_id"`
			}
		}
		if err := json.Unmarshal(old, &finding); err != nil {
			t.Fatal(err)
		}
		for _, o := range finding.Observables {
			if o.TypeID > 10 && o.TypeID < 20 || o.TypeID > 30 && o.TypeID != 99 {
				t.Errorf("%s: 1.1.0 has no observable of type %d", e.Rule, o.TypeID)
			}
		}
		for _, ev := range finding.Evidences {
			for name := range ev {
				if !strings.Contains(" actor api connection_info data dst_endpoint file process query src_endpoint ", " "+name+" ") {
					t.Errorf("%s: evidence of 1.1.0 has no %s", e.Rule, name)
				}
			}
		}
	}
}

// TestNavigator validates layers of coverage and of heat, in both releases.
func TestNavigator(t *testing.T) {
	schema := published(t, "navigator-layer-4.5.schema.json")
	for _, version := range []enrich.Version{enrich.V19, enrich.V18} {
		en := enrich.New(&enrich.Options{Version: version})
		var layer, empty navigator.Layer
		for _, e := range append(samples(t), hostileSamples(t)...) {
			layer.Add(e.Rule, en.For(e))
		}
		doc := layer.Append(nil)
		validate(t, schema, doc, "layer")
		validate(t, schema, empty.Append(nil), "empty layer")
		var got struct {
			Techniques []struct{ TechniqueID, Tactic string }
		}
		if err := json.Unmarshal(doc, &got); err != nil {
			t.Fatal(err)
		}
		seen := make(map[string]bool)
		for _, c := range got.Techniques {
			tech, ok := version.Matrix().Technique(c.TechniqueID)
			if !ok || !tech.Active() {
				t.Errorf("%v: the layer holds %s, which is not active", version, c.TechniqueID)
			}
			if seen[c.TechniqueID+c.Tactic] {
				t.Errorf("%v: %s stands twice under %s", version, c.TechniqueID, c.Tactic)
			}
			seen[c.TechniqueID+c.Tactic] = true
			found := false
			for tactic := range version.Matrix().Tactics() {
				found = found || tactic.Short == c.Tactic
			}
			if !found {
				t.Errorf("%v: there is no tactic %q", version, c.Tactic)
			}
			if parent := tech.Parent(); parent != "" && !bytes.Contains(doc, []byte(`"techniqueID":"`+parent+`","tactic":"`+c.Tactic+`"`)) {
				t.Errorf("%v: %s has no row of its parent", version, c.TechniqueID)
			}
		}
	}
}

// TestCloudEvents reads each event back into an equal alert.
func TestCloudEvents(t *testing.T) {
	for _, e := range append(samples(t), hostileSamples(t)...) {
		doc := cloudevents.Append(nil, e)
		var ce map[string]any
		if err := json.Unmarshal(doc, &ce); err != nil {
			t.Fatalf("%s: %v", e.Rule, err)
		}
		for _, name := range []string{"id", "source", "specversion", "type"} {
			if s, _ := ce[name].(string); s == "" {
				t.Errorf("%s: no %s", e.Rule, name)
			}
		}
		for name := range ce {
			if !regexp.MustCompile(`^[a-z0-9]+$`).MatchString(name) {
				t.Errorf("%s: %q is no name of an attribute", e.Rule, name)
			}
		}
		back, err := cloudevents.Parse(doc)
		if err != nil {
			t.Fatalf("%s: %v", e.Rule, err)
		}
		if got, want := back.AppendJSON(nil), e.AppendJSON(nil); !bytes.Equal(got, want) {
			t.Errorf("%s: came back as\n%s\nwant\n%s", e.Rule, got, want)
		}
	}
}

// TestECS checks what the schema asks of arrays that belong together, and its
// lists of allowed values.
func TestECS(t *testing.T) {
	for _, e := range append(samples(t), hostileSamples(t)...) {
		doc := ecs.Append(nil, e, enrich.For(e), nil)
		var got struct {
			Time  string `json:"@timestamp"`
			Event struct {
				Kind           string
				Category, Type []string
				Outcome        string
			}
			Threat struct {
				Tactic    struct{ ID, Name, Reference []string }
				Technique struct {
					ID, Name, Reference []string
					Subtechnique        struct{ ID, Name, Reference []string }
				}
			}
			Falco struct{ Fields map[string]any }
		}
		if err := json.Unmarshal(doc, &got); err != nil {
			t.Fatalf("%s: %v\n%s", e.Rule, err, doc)
		}
		if got.Time == "" || got.Event.Kind != "alert" || len(got.Falco.Fields) != e.Fields.Len() {
			t.Errorf("%s: %s", e.Rule, doc)
		}
		n := len(got.Threat.Technique.ID)
		for _, list := range [][]string{got.Threat.Technique.Name, got.Threat.Technique.Reference} {
			if len(list) != n {
				t.Errorf("%s: the arrays of techniques differ in length", e.Rule)
			}
		}
		if len(got.Threat.Tactic.ID) < n {
			t.Errorf("%s: %d tactics beside %d techniques", e.Rule, len(got.Threat.Tactic.ID), n)
		}
		for _, m := range enrich.For(e).Tactics {
			if !slices.Contains(got.Threat.Tactic.ID, m.ID) {
				t.Errorf("%s: tactic %s is lost", e.Rule, m.ID)
			}
		}
		for _, c := range got.Event.Category {
			if !strings.Contains(" intrusion_detection api iam process network file ", " "+c+" ") {
				t.Errorf("%s: category %q", e.Rule, c)
			}
		}
	}
}

// TestSTIX checks each bundle: every reference leads to an object in it, and
// every object has what its kind requires.
func TestSTIX(t *testing.T) {
	ids := regexp.MustCompile(`^[a-z0-9-]+--[0-9a-f]{8}-[0-9a-f]{4}-[1-5][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	n := 0
	for _, e := range append(samples(t), hostileSamples(t)...) {
		doc, ok := stix.Append(nil, e, enrich.For(e))
		if !ok {
			continue
		}
		n++
		var b struct {
			Type, ID string
			Objects  []map[string]any
		}
		if err := json.Unmarshal(doc, &b); err != nil {
			t.Fatalf("%s: %v\n%s", e.Rule, err, doc)
		}
		have := make(map[string]bool)
		for _, o := range b.Objects {
			id := o["id"].(string)
			if have[id] {
				t.Errorf("%s: %s stands twice", e.Rule, id)
			}
			have[id] = true
			if !ids.MatchString(id) || !strings.HasPrefix(id, o["type"].(string)+"--") || o["spec_version"] != "2.1" {
				t.Errorf("%s: id %s of a %v", e.Rule, id, o["type"])
			}
		}
		for _, o := range b.Objects {
			for name, v := range o {
				refs, many := v.([]any)
				if !many {
					refs = []any{v}
				}
				if strings.HasSuffix(name, "_ref") || strings.HasSuffix(name, "_refs") {
					for _, ref := range refs {
						if !have[ref.(string)] {
							t.Errorf("%s: %s of %v leads nowhere: %v", e.Rule, name, o["type"], ref)
						}
					}
				}
			}
		}
		if again, _ := stix.Append(nil, e, enrich.For(e)); !bytes.Equal(doc, again) {
			t.Errorf("%s: the bundle differs from one time to the next", e.Rule)
		}
	}
	if n == 0 {
		t.Error("no alert made a bundle")
	}
}

// TestOTel checks names and kinds of attributes.
func TestOTel(t *testing.T) {
	name := regexp.MustCompile(`^[a-z0-9_]+(\.[a-z0-9_]+)+$`)
	for _, e := range samples(t) {
		seen := make(map[string]bool)
		for k, v := range otel.Attributes(e, enrich.For(e)) {
			if !name.MatchString(k) || seen[k] {
				t.Errorf("%s: attribute %q", e.Rule, k)
			}
			seen[k] = true
			switch v.(type) {
			case string, int64, []string:
			default:
				t.Errorf("%s: %s is a %T", e.Rule, k, v)
			}
		}
		if n := otel.SeverityNumber(e.Priority); n < 1 || n > 24 {
			t.Errorf("%v: severity %d", e.Priority, n)
		}
	}
}
