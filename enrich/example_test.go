package enrich_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/falconer-go/falconer/enrich"
	"github.com/falconer-go/falconer/event"
	"github.com/falconer-go/falconer/rules/cond"
)

const alert = `{"hostname":"node-7","output":"14:32:07.191837261: Warning Log files were tampered | file=/var/log/syslog",` +
	`"output_fields":{"fd.name":"/var/log/syslog","proc.name":"truncate","user.name":"root"},"priority":"Warning",` +
	`"rule":"Clear Log Activities","source":"syscall","time":"2024-07-24T14:32:07.191837261Z",` +
	`"tags":["NIST_800-53_AU-10","T1070","container","filesystem","host","maturity_stable","mitre_defense_evasion"]}`

func parse(line string) *event.Event {
	e, err := event.Parse([]byte(line))
	if err != nil {
		panic(err)
	}
	return e
}

// What an alert means, with the reason for each item.
func ExampleFor() {
	m := enrich.For(parse(alert))
	fmt.Println("ATT&CK", m.Version)
	for _, p := range m.Pairs() {
		fmt.Printf("%s %s: %s %s (%s)\n", p.Tactic.ID, p.Tactic.Name, p.Technique.ID, p.Technique.Name, p.Technique.Evidence[0].Stage)
	}
	for _, c := range m.Controls {
		fmt.Println(c.ID, c.Name, "by", c.Evidence[0].Stage)
	}
	fmt.Println("context:", strings.Join(m.Context, ", "))
	for _, n := range m.Notes {
		fmt.Println(n.About+":", n.Text)
	}
	// Output:
	// ATT&CK 19.1
	// TA0005 Stealth: T1070 Indicator Removal (tag)
	// TA0112 Defense Impairment: T1685.006 Clear Linux or Mac System Logs (rule)
	// TA0112 Defense Impairment: T1685 Disable or Modify Tools (derived)
	// AU-10 Non-repudiation by tag
	// AU-9 Protection of Audit Information by rule
	// context: container, filesystem, host, maturity_stable
	// AU-10: AU-9 (Protection of Audit Information) fits the deletion of logs better; AU-10 is Non-repudiation, and only in the high baseline
	// T1070: T1685.006 (Clear Linux or Mac System Logs) names the clearing of Linux logs since ATT&CK 19; until 18 it was T1070.002
	// TA0005: Stealth (TA0005) was named Defense Evasion until ATT&CK 18
}

// The same alert in the terms of ATT&CK 18, before Defense Evasion was split.
func ExampleNew() {
	n := enrich.New(&enrich.Options{Version: enrich.V18})
	for _, t := range n.For(parse(alert)).Techniques {
		tactic, _ := n.Matrix().Tactic(t.Serves[0])
		fmt.Println(t.ID, t.Name, "in", tactic.Name)
	}
	// Output:
	// T1070 Indicator Removal in Defense Evasion
	// T1070.002 Clear Linux or Mac System Logs in Defense Evasion
}

// Plugin rules have no ATT&CK tags; the table of rules knows them by name.
func ExampleMapping_Technique() {
	m := enrich.For(&event.Event{Rule: "CloudTrail Logging Disabled", Source: "aws_cloudtrail", Tags: []string{"cloud", "aws", "aws_cloudtrail"}})
	t, ok := m.Technique("T1685.002")
	fmt.Println(ok, t.Name, "-", t.Evidence[0].Confidence, "-", t.Evidence[0].Reason)
	// Output:
	// true Disable or Modify Cloud Log - high - the trail stops recording
}

// The controls that a technique leads to are many; people see the most telling.
func ExampleMapping_TopRelated() {
	m := enrich.For(parse(alert))
	fmt.Println(len(m.Related()), "controls are derived")
	for _, c := range m.TopRelated(3) {
		fmt.Println(c.ID, c.Name)
	}
	// Output:
	// 21 controls are derived
	// CP-9 System Backup
	// SI-7 Software, Firmware, and Information Integrity
	// AC-2 Account Management
}

// What is wrong with the tags of a rule, and what to write instead.
func ExampleCheckTags() {
	for _, f := range enrich.CheckTags("Contact K8S API Server From Container", "syscall", []string{"mitre_discovery", "T1565", "PCI_DSS_10.2.5"}) {
		fmt.Printf("%s: %s: %s: %s\n", f.Severity, f.Code, f.Tag, f.Message)
		fmt.Println("   ", f.Fix)
	}
	// Output:
	// warning: tactic-without-technique: mitre_discovery: no technique of the rule lies in Discovery
	//     this rule fits mitre_discovery T1613
	// warning: technique-off-tactic: T1565: T1565 (Data Manipulation) lies in Impact; the rule names Discovery
	//     this rule fits mitre_discovery T1613
	// warning: pci-retired: PCI_DSS_10.2.5: 10.2.5 is of PCI DSS 3.2.1, retired on 2024-03-31
	//     write PCI_DSS_10.2.1.5
}

// A host adds what it knows, and a handler reads it all from its context.
func ExampleEnricher_Middleware() {
	owners := map[string]string{"node-7": "payments"}
	n := enrich.New(&enrich.Options{Sources: []enrich.Source{{
		Name: "assets",
		Key:  func(e *event.Event) string { return e.Hostname },
		Add: func(_ context.Context, e *event.Event, _ *enrich.Mapping) (enrich.Addition, error) {
			return enrich.Addition{Attributes: map[string]string{"owner": owners[e.Hostname]}}, nil
		},
	}}})
	handler := n.Middleware()(event.HandlerFunc(func(ctx context.Context, e *event.Event) error {
		m := enrich.From(ctx)
		fmt.Println(m.Techniques[0].ID, m.Attributes[0].Name, m.Attributes[0].Value)
		return nil
	}))
	if err := handler.HandleEvent(context.Background(), parse(alert)); err != nil {
		fmt.Println(err)
	}
	// Output:
	// T1070 owner payments
}

// Ids that were revoked lead to their successors.
func ExampleMatrix_Resolve() {
	r, _ := enrich.V19.Matrix().Resolve("T1562.008")
	fmt.Println(strings.Join(r.Chain, " -> "), r.Technique.Name)
	for _, x := range enrich.V19.Matrix().MitigationsOf(r.Technique.ID) {
		fmt.Println(x.ID, x.Name)
	}
	// Output:
	// T1562.008 -> T1685.002 Disable or Modify Cloud Log
	// M1018 User Account Management
}

// A condition in Falco's language decides by what an alert means.
func ExampleFielded_condition() {
	program, err := cond.Compile("alert.attack.tactic intersects (defense-impairment, impact) and fd.name startswith /var/log/", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	e := parse(alert)
	tampering := event.MatcherFunc(func(e *event.Event) bool { return program.MatchFields(enrich.Fielded{Event: e}) })
	fmt.Println(tampering.Match(e))
	// Output:
	// true
}

// Conditions read the mapping as fields of the alert.
func ExampleFielded() {
	f := enrich.Fielded{Event: parse(alert)}
	fmt.Println(f.Field("alert.attack.tactic").Text())
	fmt.Println(f.Field("alert.nist").Text())
	fmt.Println(f.Field("fd.name").Text())
	// Output:
	// ["TA0005","stealth","TA0112","defense-impairment"]
	// ["AU-10","AU-9"]
	// /var/log/syslog
}
