package enrich

import (
	"strings"
	"sync"
)

// The table of rules, data/rules.tsv, says by name what each rule of
// falcosecurity/rules and falcosecurity/plugins looks for, and what the alerts
// mean that Falco sends of itself. Upstream's plugin
// rules carry no ATT&CK tags, and some of the others carry wrong ones. It is
// written and checked by hand; its columns are
//
//	source, rule
//	techniques   T1003.008/credential-access/high, the ids of V19, with a space between them
//	controls     AU-9 AU-12 PCI:1.3.2 K8S:5.2.2, those that the rule bears on
//	reason       why these; for a rule without a technique, why it has none
//	doubts       TAG wrong: why, or TAG weak: why, of what upstream's own tags say; with | between them
const rulesDataset, rulesVersion = "falconer rules", "falcosecurity/rules c72713e, plugins 0b3cbd8"

// benchmarks are the standards of requirements in the table, by prefix, with
// the version whose ids are meant.
var benchmarks = map[string]Requirement{
	"PCI": {Standard: pciName, Version: pciRelease},
	"K8S": {Standard: "CIS Kubernetes", Version: "1.8"},
	"AWS": {Standard: "CIS AWS Foundations", Version: "3.0.0"},
	"GCP": {Standard: "CIS GCP Foundations", Version: "2.0.0"},
}

// ruleEntry is one row.
type ruleEntry struct {
	source, rule string
	claims       []claim
	controls     []string      // ids of NIST SP 800-53
	requirements []Requirement // of PCI DSS and the benchmarks
	reason       string
	doubts       []doubt
}

// claim is a technique that the table gives a rule.
type claim struct {
	technique  string
	tactic     string // short name in V19
	confidence Confidence
}

// doubt is what the table says of one of upstream's tags.
type doubt struct {
	tag   string
	wrong bool // wrong, and not only weak
	why   string
}

var ruleTable = sync.OnceValue(readRules)

func readRules() map[string][]ruleEntry {
	t := make(map[string][]ruleEntry, 256)
	for row := range rows(rulesText) {
		e := ruleEntry{source: row[0], rule: row[1], claims: readClaims(row[2]), reason: row[4], doubts: readDoubts(row[5])}
		for id := range strings.FieldsSeq(row[3]) {
			if prefix, item, ok := strings.Cut(id, ":"); ok {
				r := benchmarks[prefix]
				r.ID = item
				e.requirements = append(e.requirements, r)
			} else {
				e.controls = append(e.controls, id)
			}
		}
		t[e.rule] = append(t[e.rule], e)
	}
	return t
}

// lookupRule returns the row of a rule. Falco before 0.30 gave no source, and
// the name alone must do.
func (t *tables) lookupRule(rule, source string) (ruleEntry, bool) {
	if t.noRules {
		return ruleEntry{}, false
	}
	for _, e := range ruleTable()[rule] {
		if e.source == source || source == "" {
			return e, true
		}
	}
	return ruleEntry{}, false
}

func readClaims(text string) []claim {
	var list []claim
	for word := range strings.FieldsSeq(text) {
		var c claim
		var degree string
		c.technique, word, _ = strings.Cut(word, "/")
		c.tactic, degree, _ = strings.Cut(word, "/")
		_ = c.confidence.UnmarshalText([]byte(degree)) // the tests hold that it is one
		list = append(list, c)
	}
	return list
}

func readDoubts(text string) []doubt {
	if text == "" {
		return nil
	}
	var list []doubt
	for text := range strings.SplitSeq(text, " | ") {
		head, why, _ := strings.Cut(text, ": ")
		tag, degree, _ := strings.Cut(head, " ")
		list = append(list, doubt{tag, degree == "wrong", why})
	}
	return list
}
