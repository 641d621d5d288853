package enrich

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/falconer-go/falconer/event"
)

// seed is an alert of the rule Clear Log Activities, as Falco sent it.
func seed(t testing.TB) *event.Event {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "seed.json"))
	if err != nil {
		t.Fatal(err)
	}
	e, err := event.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// The main case end to end, in both releases.
func TestSeed(t *testing.T) {
	for _, tt := range []struct {
		version                       Version
		techniques, tactics, controls []string
	}{
		{V19, []string{"T1070 TA0005", "T1685.006 TA0112", "T1685 TA0112"}, []string{"TA0005 Stealth", "TA0112 Defense Impairment"}, []string{"AU-10", "AU-9"}},
		{V18, []string{"T1070 TA0005", "T1070.002 TA0005"}, []string{"TA0005 Defense Evasion"}, []string{"AU-10", "AU-9"}},
	} {
		m := New(&Options{Version: tt.version}).For(seed(t))
		var techniques, tactics, controls []string
		for _, x := range m.Techniques {
			techniques = append(techniques, x.ID+" "+strings.Join(x.Serves, ","))
		}
		for _, x := range m.Tactics {
			tactics = append(tactics, x.ID+" "+x.Name)
		}
		for _, x := range m.Controls {
			controls = append(controls, x.ID)
		}
		if !slices.Equal(techniques, tt.techniques) || !slices.Equal(tactics, tt.tactics) || !slices.Equal(controls, tt.controls) {
			t.Errorf("%v:\n got %q %q %q\nwant %q %q %q", tt.version, techniques, tactics, controls, tt.techniques, tt.tactics, tt.controls)
		}
		if m.Version != tt.version.String() {
			t.Errorf("the mapping says %s, want %s", m.Version, tt.version)
		}
		if want := []string{"container", "filesystem", "host", "maturity_stable"}; !slices.Equal(m.Context, want) {
			t.Errorf("context %q, want %q", m.Context, want)
		}
		if au10 := m.Controls[0].Evidence[0]; au10.Derived || au10.Tag != "NIST_800-53_AU-10" || !strings.Contains(au10.Doubt, "AU-9") {
			t.Errorf("AU-10 has evidence %+v", au10)
		}
		for _, c := range m.Related() {
			if !c.Derived() {
				t.Errorf("%s is related and not derived", c.ID)
			}
		}
		if len(m.Unknown) > 0 {
			t.Errorf("unknown %q", m.Unknown)
		}
	}
}
