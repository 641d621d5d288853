package report

import _ "embed"

// Schema is the JSON Schema (draft 2020-12) of what [Report.MarshalJSON]
// returns. A field may be added to that in later versions; none changes its
// meaning or goes.
//
//go:embed schema.json
var Schema string
