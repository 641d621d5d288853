package enrich

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/falconer-go/falconer/event"
)

func fixture(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "readers", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestReadSTIX(t *testing.T) {
	for _, tt := range []struct{ file, release, short, name string }{
		{"attack21.json", "19.9", "stealth", "Stealth"},
		{"attack20.json", "17.0", "defense-evasion", "Defense Evasion"},
	} {
		m, err := ReadSTIX(bytes.NewReader(fixture(t, tt.file)), "17.0")
		if err != nil {
			t.Fatalf("%s: %v", tt.file, err)
		}
		if m.Release() != tt.release {
			t.Errorf("%s: release %s, want %s", tt.file, m.Release(), tt.release)
		}
		var ids []string
		for x := range m.Techniques() {
			ids = append(ids, x.ID)
		}
		if want := []string{"T1059", "T1059.004", "T1070", "T1074.001", "T1074.002", "T1108"}; !slices.Equal(ids, want) {
			t.Errorf("%s: techniques %v, want %v", tt.file, ids, want)
		}
		if x, ok := m.Tactic("TA0005"); !ok || x.Short != tt.short || x.Name != tt.name || m.Order(x.ID) != 1 {
			t.Errorf("%s: TA0005 is %+v", tt.file, x)
		}
		shell, _ := m.Technique("T1059.004")
		if !slices.Equal(shell.Mitigations, []string{"M1038"}) || !slices.Equal(shell.Tactics, []string{"TA0002"}) || !slices.Equal(shell.Platforms, []string{"Containers", "Linux"}) {
			t.Errorf("%s: T1059.004 is %+v", tt.file, shell)
		}
		if x, _ := m.Technique("T1070"); len(x.Mitigations) > 0 {
			t.Errorf("%s: a revoked relation counts: %+v", tt.file, x)
		}
		if x, _ := m.Technique("T1108"); !x.Deprecated || x.Active() {
			t.Errorf("%s: T1108 is %+v", tt.file, x)
		}
		r, ok := m.Resolve("t1074.001")
		if !ok || r.Technique.ID != "T1070" || !slices.Equal(r.Chain, []string{"T1074.001", "T1074.002", "T1070"}) {
			t.Errorf("%s: T1074.001 resolves to %+v", tt.file, r)
		}
		if got := m.MitigationsOf("T1059"); len(got) != 1 || got[0].Name != "Execution Prevention" {
			t.Errorf("%s: mitigations of T1059: %v", tt.file, got)
		}
	}
}

func TestReadOSCAL(t *testing.T) {
	c, err := ReadOSCAL(bytes.NewReader(fixture(t, "catalog.json")))
	if err != nil {
		t.Fatal(err)
	}
	if c.Release() != "5.9.9" {
		t.Errorf("release %s", c.Release())
	}
	for _, tt := range []struct {
		id               string
		withdrawn, moved bool
		into             string
	}{
		{"AC-1", false, false, ""},
		{"AC-2", false, false, ""},
		{"AC-2(1)", false, false, ""},
		{"AC-2(10)", true, false, "AC-2"},
		{"AC-13", true, false, "AC-2,AC-1"},
		{"SA-12", true, true, "SR"},
		{"SA-14", true, true, "SR-1"},
		{"SR-1", false, false, ""},
		{"SR-2", true, false, ""},
	} {
		x, ok := c.Control(tt.id)
		if !ok || x.ID != tt.id || x.Withdrawn != tt.withdrawn || x.Moved != tt.moved || strings.Join(x.Into, ",") != tt.into {
			t.Errorf("%s: %+v", tt.id, x)
		}
	}
	if len(c.controls) != 9 {
		t.Errorf("%d controls, want 9", len(c.controls))
	}
	ids, err := ReadOSCALProfile(bytes.NewReader(fixture(t, "profile.json")))
	if err != nil {
		t.Fatal(err)
	}
	high, err := c.Select(High, ids)
	if err != nil {
		t.Fatal(err)
	}
	if x, _ := high.Control("AC-2(1)"); x.Baselines != High {
		t.Errorf("AC-2(1) is in %v", x.Baselines)
	}
	if x, _ := c.Control("AC-2(1)"); x.Baselines != 0 {
		t.Error("Select changed the catalog it was called on")
	}
	if _, err := c.Select(Low, []string{"ZZ-1"}); err == nil {
		t.Error("a baseline with a control that is not there")
	}
}

func TestReadCTID(t *testing.T) {
	c, err := ReadCTID(bytes.NewReader(fixture(t, "ctid.json")))
	if err != nil {
		t.Fatal(err)
	}
	if c.Source() != "CTID 800-53 r5 for ATT&CK 16.1" {
		t.Errorf("source %q", c.Source())
	}
	if got := c.Controls("T1059"); !slices.Equal(got, []string{"AC-2", "SI-4"}) {
		t.Errorf("T1059: %v", got)
	}
	if !c.NoControl("T1070") || c.NoControl("T1059") || c.NoControl("T1") {
		t.Error("NoControl")
	}
}

// What a host has read takes the place of the embedded tables.
func TestReplacedTables(t *testing.T) {
	matrix, err := ReadSTIX(bytes.NewReader(fixture(t, "attack21.json")), "")
	if err != nil {
		t.Fatal(err)
	}
	catalog, err := ReadOSCAL(bytes.NewReader(fixture(t, "catalog.json")))
	if err != nil {
		t.Fatal(err)
	}
	crosswalk, err := ReadCTID(bytes.NewReader(fixture(t, "ctid.json")))
	if err != nil {
		t.Fatal(err)
	}
	n := New(&Options{Matrix: matrix, Catalog: catalog, Crosswalk: crosswalk})
	m := n.For(&event.Event{Rule: "r", Tags: []string{"T1074.001", "T1059", "NIST_800-53_SA-14", "NIST_800-53_AU-9"}})
	if m.Version != "19.9" || m.Matrix() != matrix || m.Catalog() != catalog {
		t.Errorf("the mapping speaks %s", m.Version)
	}
	if _, ok := m.Technique("T1070"); !ok {
		t.Errorf("techniques %+v", m.Techniques)
	}
	if _, ok := m.Control("SR-1"); !ok || !slices.Equal(m.Unknown, []string{"NIST_800-53_AU-9"}) {
		t.Errorf("controls %+v, unknown %v", m.Controls, m.Unknown)
	}
	if got := m.Related(); len(got) != 1 || got[0].ID != "AC-2" { // SI-4 is not in the catalog
		t.Errorf("related %+v", got)
	}
}

func TestReaderErrors(t *testing.T) {
	stix := func(r io.Reader) error { _, err := ReadSTIX(r, ""); return err }
	oscal := func(r io.Reader) error { _, err := ReadOSCAL(r); return err }
	profile := func(r io.Reader) error { _, err := ReadOSCALProfile(r); return err }
	ctid := func(r io.Reader) error { _, err := ReadCTID(r); return err }
	attack := string(fixture(t, "attack21.json"))
	catalog := string(fixture(t, "catalog.json"))
	for _, tt := range []struct {
		name    string
		read    func(io.Reader) error
		in      string
		object  string // of the error
		message string // a part of it
	}{
		{"nothing", stix, "", "", "malformed JSON: unexpected EOF"},
		{"no object", stix, "[]", "", "[ where { belongs"},
		{"no bundle", stix, `{"type":"report","objects":[]}`, "", "not a STIX bundle"},
		{"no objects", stix, `{"type":"bundle"}`, "", "not a STIX bundle"},
		{"no matrix", stix, `{"type":"bundle","objects":[]}`, "", "no matrix"},
		{"cut off", stix, attack[:len(attack)/2], "", "unexpected EOF"},
		{"something after", stix, attack + "{}", "", "after the end"},
		{"wrong type", stix, strings.Replace(attack, `"Unix Shell"`, "7", 1), "attack-pattern--00000000-0000-4000-8000-000000000011", "malformed object"},
		{"no id of ATT&CK", stix, strings.Replace(attack, `"external_id": "T1059.004"`, `"external_id": "CAPEC-1"`, 1), "attack-pattern--00000000-0000-4000-8000-000000000011", "without an ATT&CK id"},
		{"twice", stix, strings.Replace(attack, `"id": "attack-pattern--00000000-0000-4000-8000-000000000011"`, `"id": "attack-pattern--00000000-0000-4000-8000-000000000010"`, 1), "attack-pattern--00000000-0000-4000-8000-000000000010", "twice"},
		{"no such tactic", stix, strings.Replace(attack, `"phase_name": "execution"`, `"phase_name": "nothing"`, 1), "attack-pattern--00000000-0000-4000-8000-000000000010", "tactic nothing"},
		{"revoked by nothing", stix, strings.ReplaceAll(attack, "revoked-by", "related-to"), "", "revoked by nothing"},
		{"no type", stix, `{"type":"bundle","objects":[{"id":"x--1"}]}`, "x--1", "without type"},
		{"deep", stix, `{"x":` + strings.Repeat("[", 2000) + strings.Repeat("]", 2000) + "}", "", "too deep"},
		{"no catalog", oscal, "{}", "", "not an OSCAL catalog"},
		{"no label", oscal, strings.ReplaceAll(strings.ReplaceAll(catalog, `"AC-13"`, `"?"`), `"ac-13"`, `"?"`), "?", "without an id"},
		{"bad link", oscal, strings.Replace(catalog, "#ac-2_smt.k", "#elsewhere", 1), "ac-2.10", "#elsewhere"},
		{"link to nothing", oscal, strings.Replace(catalog, "#ac-2_smt.k", "#ac-99", 1), "AC-2(10)", `"AC-99"`},
		{"control twice", oscal, strings.Replace(catalog, `"AC-2(1)"`, `"AC-2"`, 1), "AC-2", "twice"},
		{"family without id", oscal, strings.Replace(catalog, `"id": "ac",`, "", 1), "Access Control", "without an id"},
		{"no profile", profile, "{}", "", "not an OSCAL profile"},
		{"profile of something", profile, `{"profile":{"imports":[{"include-controls":[{"with-ids":["a.5.1"]}]}]}}`, "a.5.1", "no id"},
		{"no mapping", ctid, `{}`, "", "not a mapping"},
		{"no technique", ctid, `{"mapping_objects":[{"attack_object_id":"M1"}]}`, "M1", "no id of a technique"},
		{"no control", ctid, `{"mapping_objects":[{"attack_object_id":"T1059","mapping_type":"mitigates","capability_id":"nope"}]}`, "T1059", "nope"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := tt.read(strings.NewReader(tt.in))
			var data *DataError
			if !errors.As(err, &data) {
				t.Fatalf("%v is not a *DataError", err)
			}
			if tt.object != "" && data.Object != tt.object || !strings.Contains(err.Error(), tt.message) {
				t.Errorf("got %q of %q, want %q of %q", err, data.Object, tt.message, tt.object)
			}
		})
	}
}

// An object larger than the bound is an error and not an allocation.
func TestReaderBound(t *testing.T) {
	head := `{"type":"bundle","objects":[{"type":"x","id":"`
	in := io.MultiReader(strings.NewReader(head), io.LimitReader(letters{}, 64<<20), strings.NewReader(`"}]}`))
	if _, err := ReadSTIX(in, ""); !errors.Is(err, errTooLarge) {
		t.Errorf("got %v, want %v", err, errTooLarge)
	}
}

type letters struct{}

func (letters) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'a'
	}
	return len(p), nil
}
