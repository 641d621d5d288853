package proof

import (
	"bytes"
	"testing"

	"github.com/falconer-go/falconer/mitigate/report"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// TestSchema validates the JSON of reports and incidents against its schema.
func TestSchema(t *testing.T) {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader([]byte(report.Schema)))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("report.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("report.json")
	if err != nil {
		t.Fatal(err)
	}
	check := func(r *report.Report, about string) {
		b, err := r.MarshalJSON()
		if err != nil {
			t.Fatalf("%s: %v", about, err)
		}
		v, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
		if err != nil {
			t.Fatalf("%s: %v", about, err)
		}
		if err := schema.Validate(v); err != nil {
			t.Errorf("%s: %v", about, err)
		}
	}
	all := samples(t)
	for _, e := range all {
		check(report.For(e), e.Rule)
	}
	check(report.Incident(all[:10]...), "incident")
}
