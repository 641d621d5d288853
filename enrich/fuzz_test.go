package enrich

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/falconer-go/falconer/event"
)

const smallBundle = `{"type":"bundle","objects":[
{"type":"x-mitre-matrix","id":"m","tactic_refs":["t"]},
{"type":"x-mitre-tactic","id":"t","x_mitre_shortname":"execution","external_references":[{"source_name":"mitre-attack","external_id":"TA0002"}]},
{"type":"attack-pattern","id":"a","name":"A","external_references":[{"source_name":"mitre-attack","external_id":"T1059"}],"kill_chain_phases":[{"kill_chain_name":"mitre-attack","phase_name":"execution"}]},
{"type":"attack-pattern","id":"b","name":"B","revoked":true,"external_references":[{"source_name":"mitre-attack","external_id":"T1064"}]},
{"type":"relationship","id":"r","relationship_type":"revoked-by","source_ref":"b","target_ref":"a"}]}`

// Any tags make a mapping and findings, without a panic: each tag is accounted
// for, each item is in the tables, and what was asked twice is said once.
func FuzzTags(f *testing.F) {
	for _, seed := range []string{
		"T1070,mitre_defense_evasion,NIST_800-53_AU-10,maturity_stable", "t1059.004,attack.execution", "T1562-impair-defenses,TA0005-defense-evasion",
		"PCI_DSS_10.2.5,PCI_DSS_v4.0.1_11.5.1,PCI_DSS_A1.1", "CIS_Kubernetes_1.8_5.2.2,CIS_v8_4.1,cis,CIS_5.2.2,CIS_", "abuse-elevation-control-mechanism,impact,data-exfiltration",
		"NIST_SP_800-53r5_au-10.1,AU-10 (01),ac-2a,NIST_800-53_AC-2(10)", "T1059.4,T10590,TA1,mitre_,attack.,attack.g0001,NIST_800-53_", "İ_T1059,CIS_İ_1.0_2.0,\x00,\xff",
	} {
		f.Add(seed, "syscall")
	}
	n19, n18 := New(nil), New(&Options{Version: V18})
	f.Fuzz(func(t *testing.T, joined, source string) {
		tags := strings.Split(joined, ",")
		for _, n := range []*Enricher{n19, n18} {
			m := n.tables().build("a rule", source, tags, 0)
			said := map[string]bool{}
			for _, x := range m.Techniques {
				if got, ok := n.Matrix().Technique(x.ID); !ok || got.RevokedBy != "" || len(x.Evidence) == 0 || said[x.ID] {
					t.Errorf("technique %+v", x)
				}
				said[x.ID] = true
				account(said, x.Evidence)
			}
			for _, x := range m.Tactics {
				if n.Matrix().Order(x.ID) < 0 || said[x.ID] {
					t.Errorf("tactic %+v", x)
				}
				said[x.ID] = true
				account(said, x.Evidence)
			}
			for _, x := range m.Controls {
				if got, ok := n.Catalog().Control(x.ID); !ok || got.Withdrawn || said[x.ID] {
					t.Errorf("control %+v", x)
				}
				said[x.ID] = true
				account(said, x.Evidence)
			}
			for _, x := range m.Requirements {
				account(said, x.Evidence)
			}
			for _, tag := range append(m.Context, m.Unknown...) {
				said[tag] = true
			}
			for _, tag := range tags {
				if !said[tag] {
					t.Errorf("tag %q is nowhere in the mapping", tag)
				}
			}
			for _, x := range n.CheckTags("a rule", source, tags) {
				if x.Index >= len(tags) || x.Index >= 0 && tags[x.Index] != x.Tag || x.Message == "" {
					t.Errorf("finding %+v", x)
				}
			}
			m.Related()
			if v := m.alertFields().technique; (v.Kind() == event.Array) != (len(m.Techniques) > 0) {
				t.Errorf("alert.attack.technique is %v of %d techniques", v.Kind(), len(m.Techniques))
			}
		}
	})
}

func account(said map[string]bool, list []Evidence) {
	for _, e := range list {
		said[e.Tag] = true
	}
}

// A canonical id of a control is its own canonical form.
func FuzzParseControl(f *testing.F) {
	for _, s := range []string{"AU-10", "au-10.1", "AU-09", "AU-10 (01)", "AC-2a", "AC-2(a)(1)", "ac-2_smt.k", "AC-2.a.1", "AC-0", "AC-99999"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		id, ok := ParseControl(s)
		if !ok {
			return
		}
		again, ok := ParseControl(id)
		if !ok || again != id || !utf8.ValidString(id) || len(id) > len("AC-9999(9999)") {
			t.Errorf("%q is %q is %q, %v", s, id, again, ok)
		}
	})
}

func FuzzReadSTIX(f *testing.F) {
	// Small seeds: the fuzzer spends its time on shrinking large ones.
	f.Add([]byte(`{"objects":[{"type":"attack-pattern","id":"a","revoked":true}],"type":"bundle"}`))
	f.Add([]byte(smallBundle))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := ReadSTIX(bytes.NewReader(data), "")
		if err != nil {
			dataError(t, err)
			return
		}
		// What was read can be worked with.
		New(&Options{Matrix: m}).CheckTags("r", "syscall", []string{"T1059", "mitre_execution", "T1074.001", "unix-shell"})
		for x := range m.Techniques() {
			r, ok := m.Resolve(x.ID)
			if ok && r.Technique.RevokedBy != "" {
				t.Errorf("%s resolves to %+v", x.ID, r)
			}
		}
	})
}

func FuzzReadOSCAL(f *testing.F) {
	f.Add([]byte(`{"catalog":{"metadata":{"version":"5"},"groups":[{"id":"ac","title":"A","controls":[{"id":"ac-2","controls":[{"id":"ac-2.1","props":[{"name":"status","value":"withdrawn"}],"links":[{"rel":"moved-to","href":"#ac-2_smt.k"}]}]}]}]}}`))
	f.Add([]byte(`{"profile":{"imports":[{"include-controls":[{"with-ids":["ac-1"]}]}]}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, err := ReadOSCALProfile(bytes.NewReader(data)); err != nil {
			dataError(t, err)
		}
		c, err := ReadOSCAL(bytes.NewReader(data))
		if err != nil {
			dataError(t, err)
			return
		}
		for x := range c.Controls() {
			if got, ok := c.Control(x.ID); !ok || got.ID != x.ID {
				t.Errorf("%s is %+v", x.ID, got)
			}
		}
	})
}

func FuzzReadCTID(f *testing.F) {
	f.Add([]byte(`{"metadata":{"attack_version":"16.1"},"mapping_objects":[{"attack_object_id":"T1059","mapping_type":"mitigates","capability_id":"AC-02"},{"attack_object_id":"T1070","status":"non_mappable"}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := ReadCTID(bytes.NewReader(data))
		if err != nil {
			dataError(t, err)
			return
		}
		c.to(V19.Matrix())
	})
}

func dataError(t *testing.T, err error) {
	t.Helper()
	var data *DataError
	if !errors.As(err, &data) {
		t.Errorf("%v is not a *DataError", err)
	}
}
