package report

import (
	"strings"
	"testing"

	"github.com/falconer-go/falconer/rules/cond"
)

// TestFieldsExist holds that the fields which details and entities look for are
// fields that Falco has.
func TestFieldsExist(t *testing.T) {
	known := map[string]bool{"alert.hostname": true}
	for f := range cond.Falco().All() {
		known[f.Name] = true
	}
	check := func(field string) {
		base, _, _ := strings.Cut(field, "[")
		if strings.HasPrefix(base, "evt.arg.") {
			base = "evt.arg" // by name of the argument
		}
		if !known[base] {
			t.Errorf("there is no field %s", field)
		}
	}
	for _, r := range rows {
		for _, p := range r.parts {
			check(p.field)
		}
	}
	for _, kind := range touched {
		for _, f := range kind.fields {
			check(f)
		}
	}
}
