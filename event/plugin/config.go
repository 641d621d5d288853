//go:build cgo

package plugin

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// ParseConfig reads JSON, as init_config and open_params have it, into v, a
// pointer to a struct with json tags. It refuses what v has no place for, and a
// value of another type, and says where. An empty text is an empty object.
//
// Falco checks init_config against the plugin's schema, and open_params not at
// all.
func ParseConfig(text string, v any) error {
	if strings.TrimSpace(text) == "" {
		text = "{}"
	}
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	err := d.Decode(v)
	if err == nil {
		if _, more := d.Token(); more != io.EOF {
			err = fmt.Errorf("something follows the JSON at byte %d", d.InputOffset())
		}
	}
	var syntax *json.SyntaxError
	var typ *json.UnmarshalTypeError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &typ) && typ.Field != "":
		return fmt.Errorf("%s is a %s, and should be a %s", typ.Field, typ.Value, kind(typ))
	case errors.As(err, &typ):
		return fmt.Errorf("it is a %s, and should be a JSON object", typ.Value)
	case errors.As(err, &syntax):
		return fmt.Errorf("it is not JSON: %w at byte %d", err, syntax.Offset)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("it is not JSON: it ends too early")
	}
	if name, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		return fmt.Errorf("there is no setting %s", name)
	}
	return err
}

func kind(e *json.UnmarshalTypeError) string {
	switch k := e.Type.Kind().String(); {
	case k == "bool":
		return "boolean"
	case strings.Contains(k, "int"), strings.Contains(k, "float"):
		return "number"
	case k == "slice":
		return "array"
	case k == "struct", k == "map", k == "ptr":
		return "object"
	default:
		return k
	}
}
