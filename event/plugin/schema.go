//go:build cgo

package plugin

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/xeipuuv/gojsonschema"
)

func compileSchema(text string) (*gojsonschema.Schema, error) {
	return gojsonschema.NewSchema(gojsonschema.NewStringLoader(text))
}

// CheckConfig returns what a JSON schema (draft 7) finds wrong with a
// configuration, all of it. The empty configuration is the empty object. The
// validator is that of the SDK's own loader.
func CheckConfig(schema, config string) error {
	s, err := compileSchema(schema)
	if err != nil {
		return fmt.Errorf("the plugin's schema: %w", err)
	}
	if strings.TrimSpace(config) == "" {
		config = "{}"
	}
	// The validator reads the first value alone.
	var whole json.RawMessage
	if err := json.Unmarshal([]byte(config), &whole); err != nil {
		return fmt.Errorf("it is not JSON: %w", err)
	}
	r, err := s.Validate(gojsonschema.NewStringLoader(config))
	if err != nil {
		return fmt.Errorf("it is not JSON: %w", err)
	}
	var faults []string
	for _, e := range r.Errors() {
		faults = append(faults, fault(e))
	}
	if faults == nil {
		return nil
	}
	slices.Sort(faults)
	return errors.New(strings.Join(slices.Compact(faults), "; "))
}

// fault says in a few words what is wrong and where.
func fault(e gojsonschema.ResultError) string {
	where := ""
	if e.Field() != gojsonschema.STRING_CONTEXT_ROOT {
		where = e.Field() + ": "
	}
	d := e.Details()
	switch e.Type() {
	case "additional_property_not_allowed":
		return fmt.Sprintf("%sthere is no setting %q", where, d["property"])
	case "required":
		return fmt.Sprintf("%sthe setting %q is missing", where, d["property"])
	case "invalid_type":
		return fmt.Sprintf("%sit is of type %v, and should be %v", where, d["given"], d["expected"])
	case "enum":
		return fmt.Sprintf("%sit is %v, and should be one of %v", where, e.Value(), d["allowed"])
	}
	text := e.Description()
	return where + strings.ToLower(text[:1]) + text[1:]
}
