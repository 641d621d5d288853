package enrich

import (
	"slices"
	"strings"
	"testing"
)

// auditCodes maps what an audit of upstream's tags, made by hand against 18.1,
// calls an issue to the code that the checker gives it.
var auditCodes = []struct {
	issue string
	code  Code
}{
	{"technique-not-in-tactic", CodeTechniqueTactic},
	{"tactic-not-of-technique", CodeTacticTechnique},
	{"tactic-name-mismatch", CodeTacticConflict},
	{"tactic-id-mismatch", CodeTacticConflict},
	{"unknown-tactic", CodeTacticUnknown},
	{"nonstandard: technique name", CodeTechniqueName},
	{"nonstandard: bare tactic", CodeTacticName},
	{"nonstandard: loose wording", CodeTacticName},
	{"no-tactic-tag", CodeTacticMissing},
	{"platform-mismatch", CodeTechniquePlatform},
	{"slug-mismatch", CodeTechniqueSlug},
	{"retired", CodePCIRetired},
	{"no-id", CodeFrameworkID},
	{"no-attack-tag", CodeMappingMissing},
	{"ok: id exists in PCI", CodePCIAmbiguous},
}

// More than the audit says, and why.
//
//	tag-doubtful       right in form; something fits the rule better, from the table of rules
//	technique-missing  a tactic without a technique, which the audit leaves alone
var beyondAudit = []Code{CodeDoubtful, CodeTechniqueMissing}

// The checker finds each of the 65 tags that the audit lists, and nothing that
// the audit calls right but the kinds of beyondAudit.
func TestConformanceTagAudit(t *testing.T) {
	s := &suite{T: t, name: "enrich/tag-audit"}
	type key struct{ file, rule, source string }
	tags := map[key][]string{}
	var order []key
	issues := map[key]map[string][]Code{}
	flagged := 0
	for _, r := range facts(t, "upstream_tag_audit") {
		k := key{r["file"], r["rule"], r["source"]}
		if issues[k] == nil {
			issues[k] = map[string][]Code{}
			order = append(order, k)
		}
		if r["tag"] != "" {
			tags[k] = append(tags[k], r["tag"])
		}
		if r["issue_v18.1"] == "ok" {
			continue
		}
		if r["issue_v18.1"] != "no-attack-tag" && !strings.HasPrefix(r["issue_v18.1"], "ok") {
			flagged++
		}
		for _, issue := range strings.Split(r["issue_v18.1"], "; ") {
			i := slices.IndexFunc(auditCodes, func(c struct {
				issue string
				code  Code
			}) bool {
				return strings.HasPrefix(issue, c.issue)
			})
			if i < 0 {
				t.Fatalf("the audit has an issue %q", issue)
			}
			issues[k][r["tag"]] = append(issues[k][r["tag"]], auditCodes[i].code)
		}
	}
	s.check(flagged == 65, "the audit flags %d tags", flagged)
	n := New(&Options{Version: V18})
	for _, k := range order {
		found := map[string][]Code{}
		for _, f := range n.CheckTags(k.rule, k.source, tags[k]) {
			if slices.Contains(beyondAudit, f.Code) {
				s.listed++
				continue
			}
			found[f.Tag] = append(found[f.Tag], f.Code)
		}
		for tag, codes := range issues[k] {
			for _, code := range codes {
				s.check(slices.Contains(found[tag], code), "%s: %q: no finding %s in %v", k.rule, tag, code, found[tag])
			}
		}
		for tag, codes := range found {
			for _, code := range codes {
				s.check(slices.Contains(issues[k][tag], code), "%s: %q: finding %s; the audit says %v", k.rule, tag, code, issues[k][tag])
			}
		}
	}
	s.done()
}
