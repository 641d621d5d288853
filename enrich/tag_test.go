package enrich

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/falconer-go/falconer/event"
)

// say writes a mapping in a line: techniques with the tactics they serve,
// tactics, controls, requirements, then what is context and what is unknown.
func say(m *Mapping) string {
	var s []string
	for _, x := range m.Techniques {
		mark := ""
		if x.Derived() {
			mark = "~"
		}
		s = append(s, mark+x.ID+"/"+strings.Join(x.Serves, "+"))
	}
	for _, x := range m.Tactics {
		mark := ""
		if x.Derived() {
			mark = "~"
		}
		s = append(s, mark+x.ID)
	}
	for _, x := range m.Controls {
		s = append(s, x.ID)
	}
	for _, x := range m.Requirements {
		s = append(s, x.String())
	}
	for _, x := range m.Context {
		s = append(s, "#"+x)
	}
	for _, x := range m.Unknown {
		s = append(s, "?"+x)
	}
	for _, x := range m.Notes {
		s = append(s, "!"+x.Code)
	}
	return strings.Join(s, " ")
}

func TestTags(t *testing.T) {
	for _, tt := range []struct{ tags, v19, v18 string }{
		{"mitre_execution T1059.004", "T1059.004/TA0002 ~T1059/TA0002 TA0002", ""},
		{"MITRE-Execution t1059.004", "T1059.004/TA0002 ~T1059/TA0002 TA0002", ""},
		{"attack.execution attack.t1059.004", "T1059.004/TA0002 ~T1059/TA0002 TA0002", ""},
		{"attack.ta0002 attack.T1059", "T1059/TA0002 TA0002", ""},
		{"TA0002-execution T1059-command-line", "T1059/TA0002 TA0002", ""},
		{"T1078", "T1078/TA0001+TA0003+TA0004+TA0005 ~TA0001 ~TA0003 ~TA0004 ~TA0005 !renamed", "T1078/TA0001+TA0003+TA0004+TA0005 ~TA0001 ~TA0003 ~TA0004 ~TA0005"},
		{"T1078 mitre_persistence", "T1078/TA0003 TA0003", ""},
		// Renames and revocations across 19.
		{"mitre_defense_evasion", "TA0005 !renamed", "TA0005"},
		{"mitre_defence_evasion T1070", "T1070/TA0005 TA0005 !renamed", "T1070/TA0005 TA0005"},
		{"mitre_defense_evasion T1222.002", "T1222.002/TA0112 ~T1222/TA0112 TA0112", "T1222.002/TA0005 ~T1222/TA0005 TA0005"},
		{"TA0005-defense-evasion T1562-impair-defenses", "T1685/TA0112 TA0112 !revoked", "T1562/TA0005 TA0005"},
		{"mitre_defense_evasion T1070 T1562.001", "T1070/TA0005 T1685/TA0112 TA0005 TA0112 !revoked !renamed", "T1070/TA0005 T1562.001/TA0005 ~T1562/TA0005 TA0005"},
		{"mitre_defense_evasion T1548.001", "T1548.001/TA0004 ~T1548/TA0004 TA0005 ~TA0004 !renamed !off-tactic", "T1548.001/TA0005 ~T1548/TA0005 TA0005"},
		{"mitre_stealth T1070", "T1070/TA0005 TA0005 !renamed", "T1070/TA0005 TA0005"},
		{"mitre_defense_impairment T1685.006", "T1685.006/TA0112 ~T1685/TA0112 TA0112", "T1070.002/TA0005 ~T1070/TA0005 TA0005 !newer"},
		{"TA0112", "TA0112", "TA0005"},
		{"T1073", "T1574.001/TA0002+TA0005 ~T1574/TA0002+TA0005 ~TA0002 ~TA0005 !revoked !renamed",
			"T1574.001/TA0003+TA0004+TA0005 ~T1574/TA0003+TA0004+TA0005 ~TA0003 ~TA0004 ~TA0005 !revoked"},
		{"T1682", "T1682/TA0043 ~TA0043", "?T1682 !unknown"},
		// Names for ids.
		{"mitre_data_destruction", "T1485/TA0040 ~TA0040", ""},
		{"inhibit_system_recovery", "T1490/TA0040 ~TA0040", ""},
		{"data-destruction web-service container-service", "#data-destruction #web-service #container-service", ""},
		{"abuse-elevation-control-mechanism", "T1548/TA0004 ~TA0004", "T1548/TA0004+TA0005 ~TA0004 ~TA0005"},
		{"impact T1490-inhibit-system-recovery", "T1490/TA0040 TA0040", ""},
		{"data-exfiltration", "TA0010", ""},
		// What is no mapping, and what looks like one.
		{"ssh container t2.micro attack.g0016 tactical T10", "#ssh #container #t2.micro #attack.g0016 #tactical #T10", ""},
		{"T9999 mitre_foo TA9999 T1059.4 T10590 attack.t1", "?T9999 ?mitre_foo ?T1059.4 ?T10590 ?attack.t1 ?TA9999 !unknown !unknown !unknown !unknown !unknown !unknown", ""},
		{"host host", "#host", ""},
		// Controls.
		{"NIST_800-53_AU-10 nist_800-53_au-09", "AU-9 AU-10", ""},
		{"NIST_800-53_AU-10(1) nist-800-53-au-10.1 NIST_SP_800-53r5_AU-10(01)", "AU-10(1)", ""},
		{"AU-10 ac-2a US-1", "AC-2 AU-10 #US-1", ""},
		{"NIST_800-53_AC-2(10)", "AC-2 !withdrawn", ""},
		{"NIST_800-53_SA-12", "?NIST_800-53_SA-12 !withdrawn", ""},
		{"NIST_800-53_ZZ-1 NIST_800-53_AU", "?NIST_800-53_ZZ-1 ?NIST_800-53_AU !unknown !unknown", ""},
		// Requirements.
		{"PCI_DSS_10.3.2 pci_dss_v4.0.1_a1.1.1", "PCI DSS 4.0.1 10.3.2 PCI DSS 4.0.1 A1.1.1 !ambiguous", ""},
		{"PCI_DSS_10.2.5", "PCI DSS 4.0.1 10.2.1.5 !retired", ""},
		{"PCI_DSS_6.4.2", "PCI DSS 4.0.1 6.4.2 !ambiguous", ""},
		{"PCI_DSS_3.2.1_6.4.2", "PCI DSS 4.0.1 6.5.4 !retired", ""},
		{"PCI_DSS_99 PCI_DSS_4.0.1_x", "?PCI_DSS_99 ?PCI_DSS_4.0.1_x !unknown !unknown", ""},
		{"CIS_Kubernetes_1.8_5.2.2 CIS_Docker_v1.6.0_5.4", "CIS Kubernetes 1.8 5.2.2 CIS Docker 1.6.0 5.4", ""},
		{"CIS_5.2.2", "CIS 5.2.2 !ambiguous", ""},
		{"CIS_<b>_1.8_5.2 CIS_Kubernetes_x CIS_é_1.0_2.0", "?CIS_<b>_1.8_5.2 ?CIS_Kubernetes_x ?CIS_é_1.0_2.0 !unknown !unknown !unknown", ""},
		{"cis compliance NIST_800-53 pci-dss mitre mitre_attack", "#cis #compliance #NIST_800-53 #pci-dss #mitre #mitre_attack !no-id !no-id !no-id !no-id !no-id !no-id", ""},
		{"cisco pcie nistar", "#cisco #pcie #nistar", ""},
	} {
		for _, v := range []Version{V19, V18} {
			want := tt.v19
			if v == V18 && tt.v18 != "" {
				want = tt.v18
			}
			if got := say(New(&Options{Version: v}).For(&event.Event{Rule: "ours", Tags: strings.Fields(tt.tags)})); got != want {
				t.Errorf("%v %q:\n got %s\nwant %s", v, tt.tags, got, want)
			}
		}
	}
}

// Upstream's mistakes are kept, marked, and stand behind what is right.
func TestDoubtedTags(t *testing.T) {
	m := For(&event.Event{Rule: "Contact K8S API Server From Container", Source: "syscall", Tags: []string{"mitre_discovery", "T1565", "container"}})
	if got := m.Techniques[0]; got.ID != "T1613" || got.Evidence[0].Stage != StageRule || got.Evidence[0].Confidence != HighConfidence {
		t.Errorf("first is %+v", got)
	}
	wrong, ok := m.Technique("T1565")
	if !ok || wrong.Evidence[0].Confidence != LowConfidence || !strings.Contains(wrong.Evidence[0].Doubt, "T1613") {
		t.Errorf("T1565: %+v", wrong)
	}
	for _, c := range m.Related() {
		if slices.ContainsFunc(c.Evidence, func(e Evidence) bool { return e.From == "T1565" }) {
			t.Errorf("%s is derived from what is wrong", c.ID)
		}
	}
}

// A rule of the same name from another source is another rule; Falco before
// 0.30 gave no source.
func TestRuleSource(t *testing.T) {
	for source, want := range map[string]int{"okta": 1, "": 1, "mine": 0} {
		m := For(&event.Event{Rule: "Too many denied MFA Pushes in last 5min", Source: source})
		if len(m.Techniques) != want {
			t.Errorf("source %q: %s", source, say(m))
		}
	}
}

// A host may trust its tags alone.
func TestWithout(t *testing.T) {
	n := New(&Options{WithoutRules: true, WithoutBehaviour: true})
	if got := say(n.For(seed(t))); got != "T1070/TA0005 TA0005 AU-10 #container #filesystem #host #maturity_stable !renamed" {
		t.Errorf("got %s", got)
	}
	e, err := event.Parse([]byte(`{"output":"x","priority":"Warning","rule":"r","time":"2024-07-24T14:32:07.1Z","output_fields":{"fd.name":"/etc/shadow"}}`))
	if err != nil {
		t.Fatal(err)
	}
	if got := n.For(e).Techniques; len(got) > 0 {
		t.Errorf("behaviour: %v", got)
	}
	if got := n.CheckTags("Contact K8S API Server From Container", "syscall", []string{"mitre_discovery", "T1565"}); len(got) != 2 || strings.Contains(got[0].Fix, "T1613") {
		t.Errorf("findings %v", got)
	}
}

func TestTopRelated(t *testing.T) {
	m := For(seed(t))
	all, top := m.Related(), m.TopRelated(5)
	if len(all) < 15 || len(top) != 5 || len(m.TopRelated(0)) != 0 || len(m.TopRelated(1000)) > len(all) {
		t.Errorf("%d related, %d at the top", len(all), len(top))
	}
	for _, c := range top {
		if _, stated := m.Control(c.ID); stated || !c.Derived() || !workload[c.ID] {
			t.Errorf("%s is at the top", c.ID)
		}
	}
	// AC-3 is stated for this rule, so people see it once.
	m = For(&event.Event{Rule: "x", Tags: []string{"T1070", "NIST_800-53_AC-3"}})
	if slices.ContainsFunc(m.TopRelated(1000), func(c MappedControl) bool { return c.ID == "AC-3" }) {
		t.Error("AC-3 is shown twice")
	}
	if !slices.ContainsFunc(m.Related(), func(c MappedControl) bool { return c.ID == "AC-3" }) {
		t.Error("AC-3 is missing for machines")
	}
}

func TestBehaviours(t *testing.T) {
	for _, tt := range []struct{ fields, want string }{
		{`"proc.name":"sh","proc.pname":"nginx"`, "T1505.003/TA0003 T1059.004/TA0002 ~T1505/TA0003 ~T1059/TA0002 TA0002 TA0003"},
		{`"proc.name":"sh","proc.pname":"systemd"`, ""},
		{`"fd.name":"10.0.0.1:4000->169.254.169.254:80"`, "T1552.005/TA0006 ~T1552/TA0006 TA0006"},
		{`"fd.sip":"169.254.169.254"`, "T1552.005/TA0006 ~T1552/TA0006 TA0006"},
		{`"fd.sip":"169.254.169.25"`, ""},
		{`"fd.name":"[fe80::1]:1->[fd00:ec2::254]:80"`, "T1552.005/TA0006 ~T1552/TA0006 TA0006"},
		{`"proc.cmdline":"./a -o stratum+tcp://x:3333"`, "T1496.001/TA0040 ~T1496/TA0040 TA0040"},
		{`"fd.sip.name":"xmr.pool.minexmr.com"`, "T1496.001/TA0040 ~T1496/TA0040 TA0040"},
		{`"proc.name":"bash","proc.cmdline":"bash -c cat </dev/tcp/1.2.3.4/80"`, "T1059.004/TA0002 T1095/TA0011 ~T1059/TA0002 TA0002 TA0011"},
		{`"proc.exepath":"memfd:x (deleted)"`, "T1620/TA0005 TA0005 !renamed"},
		{`"proc.exepath":"/dev/shm/x"`, "T1027.011/TA0005 ~T1027/TA0005 TA0005 !renamed"},
		{`"fd.name":"/etc/shadow"`, "T1003.008/TA0006 ~T1003/TA0006 TA0006"},
		{`"fd.name":"/root/.ssh/authorized_keys","evt.arg.flags":"O_WRONLY|O_CREAT"`, "T1098.004/TA0003 ~T1098/TA0003 TA0003"},
		{`"fd.name":"/root/.ssh/authorized_keys","evt.arg.flags":"O_RDONLY"`, ""},
		{`"ka.target.subresource":"exec"`, "T1609/TA0002 TA0002"},
		{`"ka.target.resource":"secrets","ka.verb":"list"`, "T1552.007/TA0006 ~T1552/TA0006 TA0006"},
		{`"ct.name":"StopLogging"`, "T1685.002/TA0112 ~T1685/TA0112 TA0112"},
		{`"ct.name":"CreateAccessKey"`, "T1098.001/TA0003 ~T1098/TA0003 TA0003"},
		{`"ct.name":null,"proc.name":"<NA>","fd.name":7`, ""},
	} {
		line := `{"output":"x","priority":"Warning","rule":"a rule of ours","time":"2024-07-24T14:32:07.1Z","output_fields":{` + tt.fields + `}}`
		e, err := event.Parse([]byte(line))
		if err != nil {
			t.Fatal(err)
		}
		var n Enricher
		m := n.For(e)
		if got := say(m); got != tt.want {
			t.Errorf("%s:\n got %s\nwant %s", tt.fields, got, tt.want)
		}
		for _, x := range m.Techniques {
			if e := x.Evidence[0]; e.Confidence > MediumConfidence || !e.Derived && (e.Stage != StageBehaviour || e.Field == "" || e.Reason == "") {
				t.Errorf("%s: %+v", tt.fields, e)
			}
		}
		if n.For(e) != m {
			t.Errorf("%s: mapped anew", tt.fields)
		}
		// What the author said goes before.
		e.Tags = []string{"T1083"}
		if got := n.For(e).Techniques; len(got) != 1 {
			t.Errorf("%s: %v beside a tag", tt.fields, got)
		}
	}
	if len(behaviours) > 16 {
		t.Errorf("%d behaviours do not fit a seenSet", len(behaviours))
	}
}

func TestFielded(t *testing.T) {
	e := seed(t)
	for _, tt := range []struct {
		version Version
		name    string
		want    []string
	}{
		{V19, "alert.attack.technique", []string{"T1070", "T1685.006", "T1685"}},
		{V19, "alert.attack.tactic", []string{"TA0005", "stealth", "TA0112", "defense-impairment"}},
		{V18, "alert.attack.tactic", []string{"TA0005", "defense-evasion"}},
		{V19, "alert.nist", []string{"AU-10", "AU-9"}},
		{V19, "alert.pci", []string{"10.3.2", "10.3.4"}},
		{V19, "alert.rule", []string{"Clear Log Activities"}},
		{V19, "proc.name", []string{"event-generator"}},
	} {
		v := Fielded{e, New(&Options{Version: tt.version})}.Field(tt.name)
		if got, ok := v.Strings(); !ok || !slices.Equal(got, tt.want) {
			t.Errorf("%v %s: %q, want %q", tt.version, tt.name, got, tt.want)
		}
	}
	if v := (Fielded{Event: &event.Event{Rule: "ours"}}).Field("alert.pci"); v.Kind() != event.Null {
		t.Errorf("alert.pci is %v", v.Kind())
	}
	if v := (Fielded{Event: e}).Field("proc.nothing"); v.Kind() != event.Absent {
		t.Errorf("proc.nothing is %v", v.Kind())
	}
}

// Tags without end are not read without end.
func TestManyTags(t *testing.T) {
	var tags []string
	for x := range V19.Matrix().Techniques() {
		tags = append(tags, x.ID)
	}
	m := For(&event.Event{Rule: "r", Tags: tags})
	if len(m.Techniques) > maxTags || len(m.Context) != len(tags)-maxTags || m.Notes[0].Code != NoteUnread {
		t.Errorf("%d techniques, %d context, note %v", len(m.Techniques), len(m.Context), m.Notes[0])
	}
}

// The zero tables know nothing, and that is all.
func TestZeroTables(t *testing.T) {
	n := New(&Options{Matrix: new(Matrix), Catalog: new(Catalog), Crosswalk: new(Crosswalk)})
	if got := say(n.For(seed(t))); !strings.Contains(got, "?mitre_defense_evasion") {
		t.Errorf("got %s", got)
	}
	n.CheckTags("Clear Log Activities", "syscall", seed(t).Tags)
}

// What a mapping says survives JSON.
func TestMappingJSON(t *testing.T) {
	m := For(seed(t))
	data, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	var back Mapping
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	if len(back.Related()) != len(m.Related()) || len(back.Pairs()) != len(m.Pairs()) || back.Matrix() != m.Matrix() {
		t.Error("a mapping from JSON is not one to work with")
	}
	(&Mapping{Techniques: []MappedTechnique{{}}}).Related()
	again, err := json.Marshal(&back)
	if err != nil || string(again) != string(data) {
		t.Errorf("%v\n got %s\nwant %s", err, again, data)
	}
	if !strings.Contains(string(data), `"stage":"tag","tag":"T1070"`) || !strings.Contains(string(data), `"confidence":"high"`) {
		t.Errorf("%s", data)
	}
	finding, err := json.Marshal(CheckTags("r", "syscall", []string{"T1059"})[0])
	var f Finding
	if err != nil || json.Unmarshal(finding, &f) != nil || f.Severity != Warning || f.Code != CodeTacticMissing {
		t.Errorf("%s: %v", finding, err)
	}
	var c Confidence
	if c.UnmarshalText([]byte("sure")) == nil {
		t.Error("a confidence of a kind that there is not")
	}
}

func TestResolve(t *testing.T) {
	for _, tt := range []struct {
		version Version
		id      string
		want    string // the chain, and whether it goes back
	}{
		{V19, "t1070", "T1070"},
		{V19, "T1562.001", "T1562.001 T1685"},
		{V19, "T1070.002", "T1070.002 T1685.006"},
		{V19, "T1073", "T1073 T1574.002 T1574.001"},
		{V18, "T1562.001", "T1562.001"},
		{V18, "T1685", "T1685 T1562 newer"},
		{V18, "T1685.006", "T1685.006 T1070.002 newer"},
		{V18, "T1690", "T1690 T1562.003 newer"},
		{V18, "T1682", ""},
		{V19, "T9999", ""},
		{V19, "", ""},
	} {
		r, ok := tt.version.Matrix().Resolve(tt.id)
		got := strings.Join(r.Chain, " ")
		if r.Newer {
			got += " newer"
		}
		if got != tt.want || ok != (tt.want != "") || ok && r.Technique.ID != r.Chain[len(r.Chain)-1] {
			t.Errorf("%v %s: %q (%s), want %q", tt.version, tt.id, got, r.Technique.ID, tt.want)
		}
	}
}

func TestLookups(t *testing.T) {
	m := V19.Matrix()
	if len(m.MitigationsOf("T1480")) != 0 {
		t.Error("Do Not Mitigate is shown as advice")
	}
	if got := m.MitigationsOf("T1059.004"); len(got) == 0 || got[0].Name == "" {
		t.Errorf("T1059.004: %v", got)
	}
	if m.FullName("T1059.004") != "Command and Scripting Interpreter: Unix Shell" || m.FullName("T1070") != "Indicator Removal" || m.FullName("x") != "" {
		t.Error("FullName")
	}
	if c2, _ := m.Tactic("command-and-control"); m.Order(c2.ID) > m.Order("TA0010") || m.Order("TA0000") != -1 {
		t.Error("command and control comes before exfiltration")
	}
	for in, want := range map[string]string{
		"AU-10": "AU-10", "au-10": "AU-10", "AU-09": "AU-9", "AU-10(1)": "AU-10(1)", "AU-10 (1)": "AU-10(1)", "AU-10(01)": "AU-10(1)",
		"au-10.1": "AU-10(1)", "AC-2.a": "AC-2", "AC-2a": "AC-2", "ac-2_smt.k": "AC-2", "AC-2(a)": "AC-2", "AC-2(1)(a)": "AC-2(1)",
		" AU-10 ": "AU-10", "AU10": "", "AU-": "", "A-1": "", "AU-10(": "", "AU-10(1": "", "AU-10x9y": "", "AU-10-1": "",
	} {
		if got, ok := ParseControl(in); ok != (want != "") || ok && got != want {
			t.Errorf("ParseControl(%q) = %q, %v, want %q", in, got, ok, want)
		}
	}
	if c, ok := NIST().Control("au-10"); !ok || c.Name != "Non-repudiation" || c.Baselines != High || c.Baselines.String() != "high" {
		t.Errorf("AU-10: %+v", c)
	}
	if c, _ := NIST().Control("AC-2(10)"); c.Family() != "AC" || c.Base() != "AC-2" || !c.Withdrawn {
		t.Errorf("AC-2(10): %+v", c)
	}
	for in, want := range map[string]Version{"19": V19, "v18": V18, "18.1": V18, "19.1": V19} {
		if got, err := ParseVersion(in); err != nil || got != want {
			t.Errorf("ParseVersion(%q) = %v, %v", in, got, err)
		}
	}
	if _, err := ParseVersion("17"); err == nil {
		t.Error("there is a version 17")
	}
}
