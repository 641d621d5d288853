package event

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What a Parser gives is what Parse gives, whatever came before.
func TestParser(t *testing.T) {
	lines, _ := benchAlerts(t)
	lines = append(lines, []byte(`{"rule":`), make([]byte, MaxRecordBytes+1), lines[0])
	var p Parser
	for i, line := range lines {
		want, wantErr := Parse(line)
		got, err := p.Parse(line)
		if (err == nil) != (wantErr == nil) || err != nil && err.Error() != wantErr.Error() {
			t.Fatalf("line %d: %v, want %v", i, err, wantErr)
		}
		if err != nil {
			continue
		}
		if diff := cmp.Diff(string(want.AppendJSON(nil)), string(got.AppendJSON(nil))); diff != "" || got.ID() != want.ID() {
			t.Errorf("line %d (-want +got)\n%s", i, diff)
		}
	}
	wantAllocs(t, "Parser", 0, func() { _, _ = p.Parse(lines[0]) })
}
