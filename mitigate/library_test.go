package mitigate

import "testing"

// TestParse reads every entry of the embedded knowledge.
func TestParse(t *testing.T) {
	for k, e := range Default().entries {
		if _, err := e.parse(); err != nil {
			t.Errorf("%s %q: %v", k.kind, k.name, err)
		}
	}
}
