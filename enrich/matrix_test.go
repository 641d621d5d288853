package enrich

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

// What does not hang together is an error that names the object.
func TestNewErrors(t *testing.T) {
	tactics := []Tactic{{ID: "TA0002", Short: "execution"}}
	matrix := func(tactics []Tactic, techniques []Technique, mitigations []Mitigation) error {
		_, err := NewMatrix("x", tactics, techniques, mitigations)
		return err
	}
	catalog := func(controls ...Control) error {
		_, err := NewCatalog("x", map[string]string{"AC": "Access Control"}, controls)
		return err
	}
	for _, tt := range []struct {
		err             error
		object, message string
	}{
		{matrix(append(tactics, tactics[0]), nil, nil), "TA0002", "twice"},
		{matrix(tactics, []Technique{{ID: "T1"}, {ID: "T1"}}, nil), "T1", "twice"},
		{matrix(tactics, nil, []Mitigation{{ID: "M1"}, {ID: "M1"}}), "M1", "twice"},
		{matrix(tactics, []Technique{{ID: "T1", Tactics: []string{"TA0009"}}}, nil), "T1", `"TA0009"`},
		{matrix(tactics, []Technique{{ID: "T1", Mitigations: []string{"M9"}}}, nil), "T1", `"M9"`},
		{matrix(tactics, []Technique{{ID: "T1", RevokedBy: "T9"}}, nil), "T1", `"T9"`},
		{catalog(Control{ID: "AC-1"}, Control{ID: "AC-1"}), "AC-1", "twice"},
		{catalog(Control{ID: "ZZ-1"}), "ZZ-1", `"ZZ"`},
		{catalog(Control{ID: "AC-1", Into: []string{"AC-9"}}), "AC-1", `"AC-9"`},
	} {
		var data *DataError
		if !errors.As(tt.err, &data) || data.Object != tt.object || !strings.Contains(data.Error(), tt.message) {
			t.Errorf("got %v, want %s of %s", tt.err, tt.message, tt.object)
		}
	}
}

// A loop of revocations, which only a host's own data can have, ends.
func TestResolveLoop(t *testing.T) {
	m, err := NewMatrix("x", nil, []Technique{{ID: "T1001", RevokedBy: "T1002"}, {ID: "T1002", RevokedBy: "T1001"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if r, ok := m.Resolve("T1001"); ok {
		t.Errorf("resolved to %+v", r)
	}
}

func TestOrders(t *testing.T) {
	var tactics []string
	for x := range V19.Matrix().Tactics() {
		tactics = append(tactics, x.ID)
	}
	if len(tactics) != 15 || tactics[7] != "TA0112" || tactics[12] != "TA0011" {
		t.Errorf("tactics %v", tactics)
	}
	var mitigations []string
	for x := range V18.Matrix().Mitigations() {
		mitigations = append(mitigations, x.ID)
	}
	if len(mitigations) != 44 || !slices.IsSorted(mitigations) {
		t.Errorf("mitigations %v", mitigations)
	}
	var controls []string
	for x := range NIST().Controls() {
		controls = append(controls, x.ID)
	}
	if len(controls) != 1196 || controls[1] != "AC-2" || controls[2] != "AC-2(1)" {
		t.Errorf("%d controls, %v", len(controls), controls[:3])
	}
	if name, ok := NIST().Family("AU"); !ok || name != "Audit and Accountability" {
		t.Errorf("AU is %q", name)
	}
	ids := V18.CTID().Techniques()
	if len(ids) != 468+96 || !slices.IsSorted(ids) {
		t.Errorf("%d techniques in the crosswalk", len(ids))
	}
	if got := MovedPCI("10.2.5"); !slices.Equal(got, []string{"10.2.1.5"}) || MovedPCI("99") != nil {
		t.Errorf("10.2.5 became %v", got)
	}
}
