package enrich

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// facts reads a table of the facts that lie beside the conformance cases.
func facts(t *testing.T, name string) []map[string]string {
	t.Helper()
	dir := os.Getenv("FALCONER_CONFORMANCE")
	if dir == "" {
		t.Skip("FALCONER_CONFORMANCE is not set")
	}
	data, err := os.ReadFile(filepath.Join(dir, "..", "facts", name+".tsv"))
	if os.IsNotExist(err) {
		t.Skipf("there are no facts beside the conformance cases: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")
	header := strings.Split(lines[0], "\t")
	var rows []map[string]string
	for _, line := range lines[1:] {
		row := map[string]string{}
		for i, cell := range strings.Split(line, "\t") {
			row[header[i]] = cell
		}
		rows = append(rows, row)
	}
	return rows
}

// suite counts the cases of a suite and prints the line that says how it went.
type suite struct {
	*testing.T
	name                  string
	agree, listed, differ int
}

func (s *suite) check(ok bool, format string, args ...any) {
	if ok {
		s.agree++
		return
	}
	s.differ++
	s.Errorf(format, args...)
}

func (s *suite) done() {
	s.Logf("suite %s: %d agree, %d listed, %d differ", s.name, s.agree, s.listed, s.differ)
	if s.agree == 0 {
		s.Errorf("suite %s ran no case", s.name)
	}
}

// Each row of the tables of facts is in the embedded tables, and nothing else.
func TestConformanceAttack(t *testing.T) {
	for _, tt := range []struct {
		version Version
		suffix  string
	}{{V19, "_v19"}, {V18, ""}} {
		m := tt.version.Matrix()
		s := &suite{T: t, name: "enrich/attack-" + tt.version.String()}
		techniques := facts(t, "attack_techniques"+tt.suffix)
		for _, r := range techniques {
			x, ok := m.Technique(r["id"])
			var tactics []string
			for _, id := range x.Tactics {
				tactic, _ := m.Tactic(id)
				tactics = append(tactics, tactic.Short)
			}
			want := r["tactics"]
			if !x.Active() && strings.Join(tactics, ",") != want {
				want = strings.Join(tactics, ",") // history, and the tactic may be gone
			}
			s.check(ok && x.Name == r["name"] && strings.Join(tactics, ",") == want &&
				strings.Join(x.Platforms, ",") == r["platforms"] && x.Parent() == r["parent"] &&
				x.RevokedBy == r["revoked_by"] && x.Deprecated == (r["deprecated"] == "1"),
				"technique %v: %+v", r, x)
		}
		s.check(len(m.techniques) == len(techniques), "%d techniques, want %d", len(m.techniques), len(techniques))
		tactics := facts(t, "attack_tactics"+tt.suffix)
		for i, r := range tactics {
			x, ok := m.Tactic(r["id"])
			s.check(ok && x.Short == r["shortname"] && x.Name == r["name"] && m.Order(r["id"]) == i, "tactic %v: %+v", r, x)
		}
		s.check(len(m.tactics) == len(tactics), "%d tactics", len(m.tactics))
		mitigations := facts(t, "attack_mitigations"+tt.suffix)
		for _, r := range mitigations {
			x, ok := m.Mitigation(r["id"])
			s.check(ok && x.Name == r["name"], "mitigation %v: %+v", r, x)
		}
		s.check(len(m.mitigations) == len(mitigations), "%d mitigations", len(m.mitigations))
		serves := map[string]bool{}
		for _, r := range facts(t, "technique_mitigations"+tt.suffix) {
			serves[r["technique_id"]+" "+r["mitigation_id"]] = true
		}
		for _, x := range m.techniques {
			for _, id := range x.Mitigations {
				s.check(serves[x.ID+" "+id], "%s is not served by %s", x.ID, id)
				delete(serves, x.ID+" "+id)
			}
		}
		s.check(len(serves) == 0, "missing: %v", serves)
		for _, r := range facts(t, "revoked"+tt.suffix) {
			res, ok := m.Resolve(r["id"])
			s.check(ok && res.Technique.ID == r["resolved"] && m.techniques[m.techniqueAt[r["id"]]].Name == r["name"] &&
				res.Technique.Name == r["resolved_name"], "revoked %v: %+v", r, res)
		}
		for _, r := range facts(t, "attack_stix_ids") {
			id := r["id"]
			var got string
			if x, ok := m.Technique(id); ok {
				got = x.STIX
			} else if x, ok := m.Tactic(id); ok {
				got = x.STIX
			} else if x, ok := m.Mitigation(id); ok {
				got = x.STIX
			} else {
				continue // of the other release
			}
			s.check(got == r["stix_id"], "%s has STIX id %q, want %q", id, got, r["stix_id"])
		}
		s.done()
	}
}

func TestConformanceControls(t *testing.T) {
	s := &suite{T: t, name: "enrich/controls"}
	c := NIST()
	baselines := map[string]map[string]string{}
	for _, r := range facts(t, "nist80053r5_baselines") {
		baselines[r["control_id"]] = r
	}
	controls := facts(t, "nist80053r5_controls")
	for _, r := range controls {
		x, ok := c.Control(r["id"])
		s.check(ok && x.ID == r["id"] && x.Name == r["title"] && x.Family() == r["family"] && x.Withdrawn == (r["withdrawn"] == "1") &&
			strings.Join(x.Into, ",") == r["incorporated_into"] && x.Moved == (r["relation"] == "moved-to") && x.Since == r["since"],
			"control %v: %+v", r, x)
		b := baselines[r["id"]]
		for i, name := range []string{"low", "moderate", "high", "privacy"} {
			s.check((x.Baselines&(1<<i) != 0) == (b[name] == "1"), "%s in the %s baseline", r["id"], name)
		}
	}
	s.check(len(c.controls) == len(controls), "%d controls, want %d", len(c.controls), len(controls))
	for _, r := range facts(t, "nist80053r5_families") {
		name, ok := c.Family(r["id"])
		s.check(ok && name == r["name"], "family %v: %s", r, name)
	}
	ids := facts(t, "pci_dss_4.0.1_ids")
	for _, r := range ids {
		s.check(HasPCI(r["id"]), "PCI DSS %s", r["id"])
	}
	s.check(len(pci().now) == len(ids), "%d ids of PCI DSS, want %d", len(pci().now), len(ids))
	s.done()
}

func TestConformanceCrosswalk(t *testing.T) {
	for _, tt := range []struct {
		version Version
		suffix  string
	}{{V19, "_v19"}, {V18, ""}} {
		s := &suite{T: t, name: "enrich/crosswalk-" + tt.version.String()}
		c := tt.version.CTID()
		want := map[string]bool{}
		for _, r := range facts(t, "technique_controls"+tt.suffix) {
			want[r["technique_id"]+" "+r["control_id"]] = true
		}
		for id, controls := range c.of {
			for _, control := range controls {
				s.check(want[id+" "+control], "%s and %s are no pair", id, control)
				delete(want, id+" "+control)
			}
		}
		s.check(len(want) == 0, "missing: %v", want)
		for _, r := range facts(t, "technique_controls_nonmappable") {
			res, ok := tt.version.Matrix().Resolve(r["technique_id"])
			s.check(ok && (c.NoControl(res.Technique.ID) || len(c.Controls(res.Technique.ID)) > 0), "%s has no status", r["technique_id"])
		}
		s.done()
	}
}

// Every rule of upstream has a technique or a reason for having none; what its
// mapping says is there, active, and in the tactic that it is said to serve.
func TestConformanceUpstreamRules(t *testing.T) {
	rules := facts(t, "upstream_rules")
	for _, v := range []Version{V19, V18} {
		s := &suite{T: t, name: "enrich/upstream-rules-" + v.String()}
		set := New(&Options{Version: v}).tables()
		for _, r := range rules {
			tags := strings.Split(r["tags"], ",")
			checkMapping(s, set, r["rule"], set.build(r["rule"], r["source"], tags, 0))
			// Alerts may come without tags; the table must do alone.
			checkMapping(s, set, r["rule"], set.build(r["rule"], r["source"], nil, 0))
		}
		s.done()
	}
}

func checkMapping(s *suite, set *tables, rule string, m *Mapping) {
	s.Helper()
	none := false
	for _, n := range m.Notes {
		none = none || n.Code == NoteNone && n.Text != ""
	}
	s.check(len(m.Techniques) > 0 != none, "%s: %d techniques, reason for none: %v", rule, len(m.Techniques), none)
	in := map[string]bool{}
	for _, x := range m.Tactics {
		_, ok := set.matrix.Tactic(x.ID)
		s.check(ok && len(x.Evidence) > 0, "%s: tactic %s", rule, x.ID)
		in[x.ID] = true
	}
	for _, x := range m.Techniques {
		was, ok := set.matrix.Technique(x.ID)
		s.check(ok && was.Active() && len(x.Evidence) > 0 && len(x.Serves) > 0, "%s: technique %s", rule, x.ID)
		for _, tactic := range x.Serves {
			s.check(was.In(tactic) && in[tactic], "%s: %s serves %s", rule, x.ID, tactic)
		}
	}
	for _, x := range m.Controls {
		c, ok := set.catalog.Control(x.ID)
		s.check(ok && !c.Withdrawn && !x.Derived(), "%s: control %s", rule, x.ID)
	}
	for _, x := range m.Related() {
		c, ok := set.catalog.Control(x.ID)
		s.check(ok && !c.Withdrawn && x.Derived(), "%s: related control %s", rule, x.ID)
	}
}

// The table of rules has the rules of upstream and no others, and doubts only
// tags that upstream uses.
func TestConformanceRuleTable(t *testing.T) {
	s := &suite{T: t, name: "enrich/rule-table"}
	type key struct{ rule, source string }
	tags := map[key]string{}
	for _, r := range facts(t, "upstream_rules") {
		tags[key{r["rule"], r["source"]}] = "," + r["tags"] + ","
	}
	for rule, entries := range ruleTable() {
		for _, e := range entries {
			upstream, ok := tags[key{rule, e.source}]
			s.check(ok != strings.HasPrefix(rule, "Falco internal: "), "%s (%s) is a rule of upstream: %v", rule, e.source, ok)
			for _, d := range e.doubts {
				s.check(strings.Contains(upstream, ","+d.tag+","), "%s: doubt of %s, which it does not have", rule, d.tag)
			}
			delete(tags, key{rule, e.source})
		}
	}
	s.check(len(tags) == 0, "missing: %v", tags)
	s.done()
}
