package enrich

import (
	"maps"
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

// beyondAudit is what the checker says beyond the audit, and why.
var beyondAudit = map[Code]string{
	CodeDoubtful:         "right in form, and something fits the rule better; the audit has it as remarks on the rules",
	CodeTechniqueMissing: "a tactic and no technique, which the audit lets pass",
}

// The checker finds each of the 65 tags that the audit lists, and nothing that
// the audit calls right but the kinds of beyondAudit. Its 65 tags are 68
// findings: one tag has three faults and one has two.
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
	n, all, more := New(&Options{Version: V18}), 0, map[Code]int{}
	for _, k := range order {
		found := map[string][]Code{}
		for _, f := range n.CheckTags(k.rule, k.source, tags[k]) {
			if _, beyond := beyondAudit[f.Code]; beyond {
				s.listed++
				more[f.Code]++
				continue
			}
			if f.Tag != "" && f.Code != CodePCIAmbiguous {
				all++
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
	s.check(all == 68, "%d findings on tags, want 68", all)
	for _, code := range slices.Sorted(maps.Keys(beyondAudit)) {
		t.Logf("beyond the audit: %3d %-18s %s", more[code], code, beyondAudit[code])
	}
	s.done()
}
