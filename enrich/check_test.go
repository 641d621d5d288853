package enrich

import (
	"slices"
	"strings"
	"testing"
)

func TestCheckTags(t *testing.T) {
	for _, tt := range []struct {
		version Version
		source  string
		tags    string
		want    []string // "code tag"
	}{
		{V19, "syscall", "mitre_execution T1059.004 host maturity_stable", nil},
		{V19, "syscall", "MITRE_Execution t1059.004", nil},
		{V19, "syscall", "attack.execution attack.t1059.004", nil},
		{V19, "syscall", "host container", []string{"mapping-missing "}},
		{V19, "syscall", "mitre_execution", []string{"technique-missing "}},
		{V19, "syscall", "T1059", []string{"tactic-missing T1059"}},
		{V19, "syscall", "mitre_execution T9999", []string{"technique-unknown T9999"}},
		{V19, "syscall", "mitre_execution T1059.4", []string{"tag-malformed T1059.4"}},
		{V19, "syscall", "mitre_execution T10590", []string{"tag-malformed T10590"}},
		{V19, "syscall", "mitre_execution T1059,T1070", []string{"tag-malformed T1059,T1070"}},
		{V19, "syscall", "mitre_defense_evasion T1562.001", []string{"tactic-renamed mitre_defense_evasion", "technique-revoked T1562.001"}},
		{V18, "syscall", "mitre_defense_evasion T1562.001", nil},
		{V18, "syscall", "mitre_defense_impairment T1685.006", []string{"tactic-renamed mitre_defense_impairment", "technique-newer T1685.006"}},
		{V19, "syscall", "mitre_persistence T1108", []string{"technique-deprecated T1108"}},
		{V19, "syscall", "mitre_sneaking T1070", []string{"tactic-unknown mitre_sneaking", "tactic-missing T1070"}},
		{V19, "syscall", "mitre_discovery T1565", []string{"tactic-without-technique mitre_discovery", "technique-off-tactic T1565"}},
		{V19, "syscall", "mitre_exfiltration TA0011", []string{"tactic-conflict mitre_exfiltration", "tactic-conflict TA0011", "technique-missing "}},
		{V19, "syscall", "TA9999 T1070", []string{"tactic-unknown TA9999", "tactic-missing T1070"}},
		{V19, "syscall", "TA0002-Execution T1059", nil},
		{V19, "syscall", "TA0002-discovery T1059", []string{"tactic-slug TA0002-discovery"}},
		{V18, "syscall", "TA0005-stealth T1070", nil},
		{V19, "gcp_auditlog", "mitre_discovery T1083-file-and-directory-discovery", []string{"technique-off-platform T1083-file-and-directory-discovery"}},
		{V19, "something", "mitre_discovery T1083-file-and-directory-discovery", nil},
		{V19, "syscall", "mitre_impact T1498-DOS", []string{"technique-slug T1498-DOS"}},
		{V19, "syscall", "mitre_impact T1485 NIST_800-53_AU-9 nist_800-53_au-10.1 AU-10 NIST_SP_800-53r5_AC-2a", nil},
		{V19, "syscall", "mitre_impact T1485 NIST_800-53_AC-2(10)", []string{"control-withdrawn NIST_800-53_AC-2(10)"}},
		{V19, "syscall", "mitre_impact T1485 NIST_800-53_CP-10(3)", []string{"control-withdrawn NIST_800-53_CP-10(3)"}},
		{V19, "syscall", "mitre_impact T1485 NIST_800-53_ZZ-9", []string{"control-unknown NIST_800-53_ZZ-9"}},
		{V19, "syscall", "mitre_impact T1485 NIST_800-53_x", []string{"tag-malformed NIST_800-53_x"}},
		{V19, "syscall", "mitre_impact T1485 PCI_DSS_10.2.5", []string{"pci-retired PCI_DSS_10.2.5"}},
		{V19, "syscall", "mitre_impact T1485 PCI_DSS_3.2.1_10.2.5", []string{"pci-retired PCI_DSS_3.2.1_10.2.5"}},
		{V19, "syscall", "mitre_impact T1485 PCI_DSS_99.1", []string{"pci-unknown PCI_DSS_99.1"}},
		{V19, "syscall", "mitre_impact T1485 PCI_DSS_v4.0.1_10.2.1.5 pci_dss_a1.1", nil},
		{V19, "syscall", "mitre_impact T1485 cis compliance NIST_800-53 PCI_DSS", []string{
			"framework-without-id cis", "framework-without-id compliance", "framework-without-id NIST_800-53", "framework-without-id PCI_DSS"}},
		{V19, "syscall", "mitre_impact T1485 CIS_5.2.2", []string{"cis-version CIS_5.2.2"}},
		{V19, "syscall", "mitre_impact T1485 CIS_Kubernetes_1.8_5.2.2", nil},
		{V19, "syscall", "impact T1490", []string{"tactic-name impact", "tactic-missing T1490"}},
		{V19, "syscall", "abuse-elevation-control-mechanism", []string{"technique-name abuse-elevation-control-mechanism"}},
		{V19, "syscall", "mitre_data_destruction", []string{"tactic-unknown mitre_data_destruction"}},
	} {
		var got []string
		for _, f := range New(&Options{Version: tt.version}).CheckTags("a rule of mine", tt.source, strings.Fields(tt.tags)) {
			got = append(got, string(f.Code)+" "+f.Tag)
			if f.Message == "" || f.Rule != "a rule of mine" || (f.Index < 0) != (f.Tag == "") {
				t.Errorf("%q: %+v", tt.tags, f)
			}
			if f.Index >= 0 && strings.Fields(tt.tags)[f.Index] != f.Tag {
				t.Errorf("%q: index %d is not %s", tt.tags, f.Index, f.Tag)
			}
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%v %q:\n got %q\nwant %q", tt.version, tt.tags, got, tt.want)
		}
	}
}

// A technique of another platform that is nevertheless the right one is not
// talked out of its rule.
func TestCheckPlatformKept(t *testing.T) {
	tags := []string{"mitre_credential_access", "T1552.005"}
	for rule, want := range map[string]Severity{"Contact EC2 Instance Metadata Service From Container": Info, "a rule of mine": Warning} {
		got := CheckTags(rule, "syscall", tags)
		if len(got) != 1 || got[0].Code != CodeTechniquePlatform || got[0].Severity != want || strings.HasPrefix(got[0].Fix, "keep") != (want == Info) {
			t.Errorf("%s: %v", rule, got)
		}
	}
}

func TestFindingString(t *testing.T) {
	got := CheckTags("r\x1b", "syscall", []string{"T1059\n"})
	want := `rule "r\x1b": tag "T1059\n": the rule names no tactic; add mitre_execution [tactic-missing]`
	if len(got) != 1 || got[0].String() != want {
		t.Errorf("got %v, want %s", got, want)
	}
	if got := CheckTags("r", "", nil)[0].String(); got != `rule "r": the rule has no ATT&CK tag [mapping-missing]` {
		t.Errorf("got %s", got)
	}
}
