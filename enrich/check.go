package enrich

import (
	"cmp"
	"slices"
	"strings"
)

// platforms are those of ATT&CK that Falco's sources watch. There are no
// findings on platforms for other sources.
var platforms = map[string][]string{
	"syscall":        {"Linux", "Containers"},
	"k8s_audit":      {"Containers"},
	"aws_cloudtrail": {"IaaS"},
	"gcp_auditlog":   {"IaaS"},
	"okta":           {"Identity Provider", "SaaS"},
	"github":         {"SaaS"},
}

// CheckTags returns what is wrong with the tags of a rule, checked against the
// newest release. See [Enricher.CheckTags].
func CheckTags(name, source string, tags []string) []Finding {
	return standard.CheckTags(name, source, tags)
}

// CheckTags returns what is wrong with the tags of a rule with this name and
// source, in the order of the tags, then what is wrong with the rule as a
// whole. The name helps with fixes: for a rule of upstream they come from the
// table of rules.
func (n *Enricher) CheckTags(name, source string, tags []string) []Finding {
	c := checker{tables: n.tables(), rule: name, source: source}
	if entry, known := c.lookupRule(name, source); known {
		c.claims, c.doubts = entry.claims, entry.doubts
	}
	for i, tag := range tags {
		t := c.readTag(i, tag)
		c.tags = append(c.tags, t)
		switch {
		case !t.known:
		case t.kind == kindTechnique && t.form == byID:
			c.techniques = append(c.techniques, t.technique)
		case t.kind == kindTactic && t.form == byID:
			c.stated, c.byID = union(c.stated, t.tactics), union(c.byID, t.tactics)
		case t.kind == kindTactic && t.form == prefix:
			c.stated, c.byName = union(c.stated, t.tactics), union(c.byName, t.tactics)
		}
	}
	for _, t := range c.tags {
		c.checkTag(t)
	}
	c.checkRule()
	return c.findings
}

// checker checks one rule. What one tag says is first read, because whether a
// technique goes with a tactic is a question of all tags.
type checker struct {
	*tables
	rule, source string
	claims       []claim
	doubts       []doubt
	tags         []checkedTag
	techniques   []Technique // of ids in tags
	stated       []string    // ids of tactics in the proper form
	byID, byName []string    // of these, those by id and those by name
	findings     []Finding
}

// checkedTag is a tag with what it says in the release.
type checkedTag struct {
	reading
	index     int
	text      string
	technique Technique // of a technique's id; the successor if it was revoked
	res       Resolution
	tactics   []string // ids, of a tactic's tag: more than one for what was split
	known     bool
}

func (c *checker) readTag(i int, tag string) checkedTag {
	t := checkedTag{reading: c.read(tag), index: i, text: tag}
	switch t.kind {
	case kindTechnique:
		t.res, t.known = c.matrix.Resolve(t.id)
		t.technique = t.res.Technique
	case kindTactic:
		x, ok := c.matrix.Tactic(t.id)
		if t.known = ok; ok {
			t.tactics = []string{x.ID}
		}
		if _, split := c.matrix.Tactic("stealth"); split && (t.id == "defense-evasion" || t.slug == "defense-evasion") {
			t.tactics, t.known = []string{"TA0005", "TA0112"}, true
		} else if !ok {
			if x, ok := c.matrix.Tactic("TA0005"); ok && slices.Contains([]string{"stealth", "defense-impairment", "TA0112"}, t.id) {
				t.tactics, t.known = []string{x.ID}, true
			}
		}
	}
	return t
}

// union returns a set of ids with more in it.
func union(set, more []string) []string {
	for _, id := range more {
		if !slices.Contains(set, id) {
			set = append(set, id)
		}
	}
	return set
}

func (c *checker) add(t checkedTag, code Code, message, fix string) {
	c.findings = append(c.findings, Finding{code, severities[code], c.rule, t.text, t.index, message, fix})
}

func (c *checker) checkTag(t checkedTag) {
	before := len(c.findings)
	switch t.kind {
	case kindTechnique:
		c.checkTechnique(t)
	case kindTactic:
		c.checkTactic(t)
	case kindControl:
		c.checkControl(t)
	case kindRequirement:
		c.checkRequirement(t)
	case kindFramework:
		c.add(t, CodeFrameworkID, "the tag names a framework and none of its items", "write the item and its version, such as NIST_800-53_AU-9 or CIS_Kubernetes_1.8_5.2.2, or leave the tag out")
	case kindUnknown:
		c.checkUnknown(t)
	}
	if len(c.findings) > before {
		return
	}
	for _, d := range c.doubts {
		if strings.EqualFold(d.tag, t.text) {
			c.add(t, CodeDoubtful, d.why, c.suggestion())
		}
	}
}

func (c *checker) checkUnknown(t checkedTag) {
	if strings.HasPrefix(lower(t.text), "mitre") || strings.HasPrefix(lower(t.text), "attack.") {
		c.add(t, CodeTacticUnknown, "no release of ATT&CK has a tactic of this name", c.suggestion())
		return
	}
	c.add(t, CodeMalformed, "the tag begins like an id and does not go on like one", "write T1059, T1059.004, TA0002, NIST_800-53_AU-9 or PCI_DSS_10.3.2")
}

func (c *checker) checkTechnique(t checkedTag) {
	switch {
	case t.form == prefix:
		c.add(t, CodeTacticUnknown, c.describe(t.technique)+" is a technique and not a tactic", "write "+c.withTactic(t.technique))
		return
	case t.form == bare:
		c.add(t, CodeTechniqueName, "the tag is the name of "+t.id+" and not its id", cmp.Or(c.suggestion(), "write "+c.withTactic(t.technique)))
		return
	case !t.known:
		c.add(t, CodeTechniqueUnknown, "ATT&CK "+c.matrix.release+" has no "+t.id, c.suggestion())
		return
	case t.res.Newer:
		c.add(t, CodeTechniqueNewer, t.id+" came after ATT&CK "+c.matrix.release, "until then it was "+c.describe(t.technique))
	case len(t.res.Chain) > 1:
		c.add(t, CodeTechniqueRevoked, t.id+" was revoked", "write "+c.withTactic(t.technique))
	case t.technique.Deprecated:
		c.add(t, CodeTechniqueDeprecated, t.id+" is deprecated and has no successor", c.suggestion())
	}
	c.checkTechniqueTactic(t)
	c.checkPlatform(t)
	if was, ok := c.matrix.Technique(t.id); ok && t.slug != "" && t.slug != slug(was.Name) && t.slug != slug(c.matrix.FullName(t.id)) {
		c.add(t, CodeTechniqueSlug, "the name of "+t.id+" is "+was.Name, "write "+t.id)
	}
}

// checkPlatform compares a technique with what the rule's source watches. Where
// the table of rules names the technique too, it is the one that names the act,
// and the finding is only worth knowing.
func (c *checker) checkPlatform(t checkedTag) {
	on, ok := platforms[c.source]
	if !ok || !t.technique.Active() || t.technique.On(on...) {
		return
	}
	c.add(t, CodeTechniquePlatform, c.describe(t.technique)+" is for "+strings.Join(t.technique.Platforms, ", ")+"; "+c.source+" watches "+strings.Join(on, ", "), c.suggestion())
	if slices.ContainsFunc(c.claims, func(x claim) bool { return x.technique == t.technique.ID }) {
		last := &c.findings[len(c.findings)-1]
		last.Severity, last.Fix = Info, "keep it: nothing else names what this rule sees"
	}
}

// checkTechniqueTactic compares a technique with the tactics that the rule
// states in the proper form.
func (c *checker) checkTechniqueTactic(t checkedTag) {
	switch {
	case len(c.stated) == 0:
		c.add(t, CodeTacticMissing, "the rule names no tactic", "add "+c.tacticTags(t.technique))
	case !slices.ContainsFunc(c.stated, t.technique.In):
		c.add(t, CodeTechniqueTactic, c.describe(t.technique)+" lies in "+c.names(t.technique.Tactics)+"; the rule names "+c.names(c.stated),
			cmp.Or(c.suggestion(), "write "+c.withTactic(t.technique)+", or a technique of "+c.names(c.stated)))
	}
}

func (c *checker) checkTactic(t checkedTag) {
	if !t.known {
		c.add(t, CodeTacticUnknown, "ATT&CK "+c.matrix.release+" has no such tactic", c.suggestion())
		return
	}
	if t.form == bare {
		x, _ := c.matrix.Tactic(t.tactics[0])
		c.add(t, CodeTacticName, "the tag does not say that it is a tactic", "write "+tacticTag(x))
		return
	}
	if c.checkConflict(t) {
		return
	}
	if x, ok := c.matrix.Tactic(t.id); ok && t.slug != "" && t.slug != x.Short && !(x.ID == "TA0005" && (t.slug == "defense-evasion" || t.slug == "stealth")) {
		c.add(t, CodeTacticSlug, "the name of "+x.ID+" is "+x.Name, "write "+x.ID)
	}
	here := ""
	for _, id := range t.tactics {
		if slices.ContainsFunc(c.techniques, func(x Technique) bool { return x.In(id) }) {
			here = id
		}
	}
	if len(c.techniques) > 0 && here == "" {
		c.add(t, CodeTacticTechnique, "no technique of the rule lies in "+c.names(t.tactics), c.suggestion())
		return
	}
	if x, ok := c.matrix.Tactic(t.id); !ok || len(t.tactics) > 1 {
		if here == "" {
			here = "TA0005"
		}
		x, _ = c.matrix.Tactic(here)
		was := strings.ReplaceAll(t.id, "-", " ")
		if len(t.tactics) > 1 {
			was = "defense evasion"
		}
		c.add(t, CodeTacticRenamed, "ATT&CK "+c.matrix.release+" has no "+was+"; here it is "+x.Name, "write "+tacticTag(x))
	}
}

// checkConflict reports a tactic by name that is not the one by id, or the
// other way round.
func (c *checker) checkConflict(t checkedTag) bool {
	others := c.byName
	if t.form == prefix {
		others = c.byID
	}
	if len(others) == 0 || slices.ContainsFunc(others, func(id string) bool { return slices.Contains(t.tactics, id) }) {
		return false
	}
	c.add(t, CodeTacticConflict, "the tag is "+c.names(t.tactics)+"; another tag of the rule is "+c.names(others), cmp.Or(c.suggestion(), "keep the one that is meant"))
	return true
}

func (c *checker) checkControl(t checkedTag) {
	x, ok := c.catalog.Control(t.id)
	switch {
	case !ok:
		c.add(t, CodeControlUnknown, "NIST SP 800-53 "+c.catalog.release+" has no "+t.id, "")
	case x.Withdrawn && len(x.Into) == 0:
		c.add(t, CodeControlWithdrawn, x.ID+" was withdrawn and has no successor", "leave the tag out")
	case x.Withdrawn:
		c.add(t, CodeControlWithdrawn, x.ID+" was withdrawn", "write NIST_800-53_"+strings.Join(x.Into, " or NIST_800-53_"))
	}
}

func (c *checker) checkRequirement(t checkedTag) {
	if t.std != pciName {
		switch {
		case t.id == "":
			c.add(t, CodeFrameworkID, "the tag names a benchmark and none of its items", "write the item and its version, such as CIS_Kubernetes_1.8_5.2.2")
		case t.version == "":
			c.add(t, CodeCISVersion, "the ids of CIS benchmarks change from version to version", "write the version before the id, such as CIS_Kubernetes_1.8_5.2.2")
		}
		return
	}
	became, now := pci().was[t.id], pci().now[t.id] && !strings.HasPrefix(t.version, "3")
	list := "PCI_DSS_" + strings.Join(became, " or PCI_DSS_")
	switch {
	case !now && len(became) == 0:
		c.add(t, CodePCIUnknown, "PCI DSS "+pciRelease+" has no "+t.id, "")
	case !now:
		c.add(t, CodePCIRetired, t.id+" is of PCI DSS "+pciRetired+", retired on 2024-03-31", "write "+list)
	case len(became) > 0 && t.version == "":
		c.add(t, CodePCIAmbiguous, t.id+" of PCI DSS "+pciRetired+" is another requirement than "+t.id+" of "+pciRelease,
			"write PCI_DSS_"+pciRelease+"_"+t.id+" if that is meant, or "+list)
	}
}

// checkRule looks for what no tag says.
func (c *checker) checkRule() {
	whole := checkedTag{index: -1}
	tactics, techniques := 0, 0
	for _, t := range c.tags {
		switch {
		case t.kind == kindTactic:
			tactics++
		case t.kind == kindTechnique, t.kind == kindUnknown && strings.HasPrefix(t.id, "t"):
			techniques++
		}
	}
	switch {
	case tactics+techniques > 0 && techniques == 0:
		c.add(whole, CodeTechniqueMissing, "the rule names a tactic and no technique", c.suggestion())
	case tactics+techniques == 0 && !slices.ContainsFunc(c.tags, func(t checkedTag) bool { return t.kind == kindUnknown }):
		c.add(whole, CodeMappingMissing, "the rule has no ATT&CK tag", c.suggestion())
	}
}

// suggestion says which tags the table of rules would give the rule.
func (c *checker) suggestion() string {
	var tags []string
	for _, x := range c.claims {
		res, ok := c.matrix.Resolve(x.technique)
		if !ok || x.confidence == LowConfidence && len(tags) > 0 {
			continue
		}
		b := builder{tables: c.tables}
		if t, ok := c.matrix.Tactic(b.tacticID(x.tactic)); ok && !slices.Contains(tags, tacticTag(t)) {
			tags = append(tags, tacticTag(t))
		}
		tags = append(tags, res.Technique.ID)
	}
	if len(tags) == 0 {
		return ""
	}
	return "this rule fits " + strings.Join(tags, " ")
}

func (c *checker) describe(t Technique) string { return t.ID + " (" + t.Name + ")" }

// withTactic returns a technique with the tag of its tactic.
func (c *checker) withTactic(t Technique) string { return t.ID + " and " + c.tacticTags(t) }

// tacticTags returns the tags for the tactics of a technique.
func (c *checker) tacticTags(t Technique) string {
	var tags []string
	for _, id := range t.Tactics {
		x, _ := c.matrix.Tactic(id)
		tags = append(tags, tacticTag(x))
	}
	return strings.Join(tags, " or ")
}

func (c *checker) names(tactics []string) string {
	var names []string
	for _, id := range c.matrix.byOrder(slices.Clone(tactics)) {
		x, _ := c.matrix.Tactic(id)
		names = append(names, x.Name)
	}
	return strings.Join(names, ", ")
}

// tacticTag returns a tactic in the form of upstream's tags.
func tacticTag(t Tactic) string { return "mitre_" + strings.ReplaceAll(t.Short, "-", "_") }
