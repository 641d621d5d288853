package mitigate

import (
	"slices"
	"testing"
)

// TestSourceOfFields: an alert without a source, or with the one that relays put
// there, is read as what its fields say it is.
func TestSourceOfFields(t *testing.T) {
	readings := func(source string) (names []string) {
		e := alertWith(t, "k8s_audit", map[string]any{"ka.user.name": "system:anonymous", "ka.verb": "get"})
		e.Source = source
		for _, r := range For(e).Readings {
			names = append(names, r.Name)
		}
		return names
	}
	want := readings("k8s_audit")
	if len(want) == 0 {
		t.Fatal("no readings")
	}
	for _, source := range []string{"", "syscall", "syscalls"} {
		if got := readings(source); !slices.Equal(got, want) {
			t.Errorf("source %q: %q, want %q", source, got, want)
		}
	}
}
