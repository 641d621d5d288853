package proof

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/falconer-go/falconer/enrich"
	"github.com/falconer-go/falconer/enrich/export/cloudevents"
	"github.com/falconer-go/falconer/enrich/export/ecs"
	"github.com/falconer-go/falconer/enrich/export/navigator"
	"github.com/falconer-go/falconer/enrich/export/ocsf"
	"github.com/falconer-go/falconer/enrich/export/otel"
	"github.com/falconer-go/falconer/enrich/export/stix"
	"github.com/falconer-go/falconer/event"
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
	for _, v := range []string{
		"0", "-1", "70000", "9223372036854775807", "-9223372036854775808", "99999999999999999999", "1e400", "-1e400", "1.5", "4294967295",
		"null", "true", "[]", `["a","b"]`, `[[1,null]]`, "{}", `{"a":{"b":[]}}`, `""`, `"NaN"`, `"10.0.0.1:1->10.0.0.2:2"`, `"::1:1->::1:70000"`, `"a->b"`, `"->"`, `"/"`, `"//"`, `"/a/"`,
	} {
		for i, source := range []string{"syscall", "k8s_audit", "aws_cloudtrail", "x y"} {
			list = append(list, everything(t, source, []string{"h", ""}[i%2], v))
		}
	}
	return list
}

// everything is an alert that has this value, JSON, in all fields that formats
// have a place for.
func everything(t *testing.T, source, hostname, value string) *event.Event {
	var fields []string
	for _, name := range []string{
		"proc.pid", "proc.ppid", "proc.tty", "user.uid", "fd.cport", "fd.sport", "proc.name", "proc.exepath", "proc.cmdline", "proc.cwd", "proc.pname",
		"proc.pcmdline", "proc.pexepath", "user.name", "container.id", "container.name", "container.type", "k8s.pod.name", "k8s.ns.name",
		"container.image.repository", "container.image.tag", "container.image.digest", "container.image.id", "fd.name", "fs.path.name", "fd.type", "fd.cip",
		"fd.sip", "fd.l4proto", "evt.type", "evt.res", "ka.verb", "ka.user.name", "ka.response.code", "ka.target.name", "ka.target.resource",
		"ka.target.namespace", "ka.cluster.name", "ka.sourceips", "ka.useragent", "ct.name", "ct.src", "ct.user", "ct.srcip", "ct.error", "ct.region",
		"ct.recipientaccountid", "ct.user.accountid", "gcp.methodName", "gcp.projectId", "gcp.callerIP", "okta.result", "github.action", "", "a.b[c].d e",
	} {
		fields = append(fields, strconv.Quote(name)+":"+value)
	}
	line := fmt.Sprintf(`{"rule":"R","priority":"Debug","time":"2026-01-02T03:04:05Z","source":%q,"hostname":%q,"tags":["T1059"],"output_fields":{%s}}`, source, hostname, strings.Join(fields, ","))
	return parse(t, []byte(line))
}

// TestOCSF validates the finding on every alert, with either release of ATT&CK
// and without a mapping, and that it declares the profiles whose attributes it
// has.
func TestOCSF(t *testing.T) {
	schemas := map[bool]*jsonschema.Schema{ // whether there is a cloud
		false: published(t, "ocsf-1.8.0-detection_finding.schema.json"),
		true:  published(t, "ocsf-1.8.0-detection_finding.cloud.schema.json"),
	}
	v18 := enrich.New(&enrich.Options{Version: enrich.V18})
	clouds := 0
	for _, e := range append(samples(t), hostileSamples(t)...) {
		for _, m := range []*enrich.Mapping{enrich.For(e), v18.For(e), nil} {
			doc := ocsf.Append(nil, e, m, &ocsf.Options{Remediation: "Do it.", Raw: true, ProductVersion: "0.45.0"})
			var got struct {
				Metadata  struct{ Profiles []string }
				Device    any
				Evidences []struct {
					Container any
					Process   struct{ Container any }
				}
			}
			if err := json.Unmarshal(doc, &got); err != nil {
				t.Fatalf("%s: %v", e.Rule, err)
			}
			cloud := slices.Contains(got.Metadata.Profiles, "cloud")
			if cloud {
				clouds++
			}
			validate(t, schemas[cloud], doc, e.Rule)
			if got.Device != nil && !slices.Contains(got.Metadata.Profiles, "host") {
				t.Errorf("%s: a device without its profile: %s", e.Rule, doc)
			}
			for _, ev := range got.Evidences {
				if (ev.Container != nil || ev.Process.Container != nil) && !slices.Contains(got.Metadata.Profiles, "container") {
					t.Errorf("%s: a container without its profile: %s", e.Rule, doc)
				}
			}
		}
	}
	if clouds == 0 {
		t.Error("no finding is of a cloud")
	}
}

// TestOCSF11 validates the findings of 1.1.0, with the profiles that they
// declare.
func TestOCSF11(t *testing.T) {
	schemas := make(map[string]*jsonschema.Schema)
	for _, e := range append(samples(t), hostileSamples(t)...) {
		for _, m := range []*enrich.Mapping{enrich.For(e), nil} {
			doc := ocsf.Append(nil, e, m, &ocsf.Options{Version: ocsf.V1_1, Remediation: "Do it.", Raw: true, ProductVersion: "0.45.0"})
			var declared struct{ Metadata struct{ Profiles []string } }
			if err := json.Unmarshal(doc, &declared); err != nil {
				t.Fatalf("%s: %v", e.Rule, err)
			}
			key := strings.Join(declared.Metadata.Profiles, " ")
			if schemas[key] == nil {
				schemas[key] = ocsf11Schema(t, declared.Metadata.Profiles...)
			}
			validate(t, schemas[key], doc, e.Rule)
		}
	}
	if len(schemas) < 2 {
		t.Errorf("all findings declare the same profiles: %v", schemas)
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

// TestCloudEvents validates each event and reads it back into an equal alert.
func TestCloudEvents(t *testing.T) {
	own, published := ownSchema(t, "cloudevents-1.0.schema.json"), publishedSchema(t, "cloudevents.json")
	for _, e := range append(samples(t), hostileSamples(t)...) {
		doc := cloudevents.Append(nil, e)
		validate(t, own, doc, e.Rule)
		if published != nil {
			validate(t, published, doc, e.Rule)
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

// TestECS validates each document, and checks what no schema can say of arrays
// that belong together.
func TestECS(t *testing.T) {
	schema, types := ecsSchema(t), ecsTypes(t)
	for _, e := range append(samples(t), hostileSamples(t)...) {
		doc := ecs.Append(nil, e, enrich.For(e), &ecs.Options{Original: true})
		validate(t, schema, doc, e.Rule)
		var got struct {
			Time  string `json:"@timestamp"`
			Event struct {
				Kind           string
				Category, Type []string
			}
			Threat struct {
				Tactic    struct{ ID, Name, Reference []string }
				Technique struct {
					ID, Name, Reference []string
					Subtechnique        struct{ ID, Name, Reference []string }
				}
			}
			Falco struct{ Fields map[string]json.RawMessage }
		}
		if err := json.Unmarshal(doc, &got); err != nil {
			t.Fatalf("%s: %v\n%s", e.Rule, err, doc)
		}
		if got.Time == "" || got.Event.Kind != "alert" || len(got.Falco.Fields) != e.Fields.Len() {
			t.Errorf("%s: %s", e.Rule, doc)
		}
		for _, kind := range got.Event.Type {
			if !slices.ContainsFunc(got.Event.Category, func(c string) bool { return slices.Contains(types[c], kind) }) {
				t.Errorf("%s: no category of %v is expected to have type %s", e.Rule, got.Event.Category, kind)
			}
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
	}
}

// TestSTIX validates each bundle, and checks that every reference leads to an
// object in it.
func TestSTIX(t *testing.T) {
	const folder = "cti-stix2-json-schemas/schemas"
	own, bundle := ownSchema(t, "stix-2.1.schema.json"), publishedSchema(t, folder+"/common/bundle.json")
	published := make(map[string]*jsonschema.Schema) // of kinds of objects
	if bundle != nil {
		for kind, file := range map[string]string{
			"identity": "sdos", "attack-pattern": "sdos", "observed-data": "sdos", "sighting": "sros",
			"process": "observables", "file": "observables", "directory": "observables", "ipv4-addr": "observables", "ipv6-addr": "observables",
		} {
			published[kind] = publishedSchema(t, folder+"/"+file+"/"+kind+".json")
		}
	}
	n := 0
	for _, e := range append(samples(t), hostileSamples(t)...) {
		doc, ok := stix.Append(nil, e, enrich.For(e))
		if !ok {
			continue
		}
		n++
		validate(t, own, doc, e.Rule)
		if bundle != nil {
			validate(t, bundle, doc, e.Rule)
		}
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
			if schema := published[o["type"].(string)]; schema != nil {
				one, err := json.Marshal(o)
				if err != nil {
					t.Fatal(err)
				}
				validate(t, schema, one, e.Rule)
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
