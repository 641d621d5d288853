package event

import _ "embed"

// Schema is the JSON Schema (draft 2020-12) of an alert in Falco's JSON, of
// every version of Falco and from relays that keep to its form. It allows
// keys it does not know. Decoding is more lenient in how a time and a priority
// are written, and checks in addition that no key comes twice.
//
//go:embed schema.json
var Schema string
