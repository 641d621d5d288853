package enrich

import (
	"fmt"
	"slices"
	"strconv"
)

// Finding is something wrong with the tags of a rule.
type Finding struct {
	Code     Code     `json:"code"`
	Severity Severity `json:"severity"`
	Rule     string   `json:"rule"`
	Tag      string   `json:"tag,omitempty"` // the tag, as the rule has it; "" if the rule as a whole is meant
	Index    int      `json:"index"`         // the place of the tag in the rule's tags, -1 if the rule as a whole is meant
	Message  string   `json:"message"`       // what is wrong, without a full stop
	Fix      string   `json:"fix,omitempty"` // what to write instead; "" if there is nothing to say
}

// String returns rule, tag, message and fix on a line.
func (f Finding) String() string {
	s := "rule " + strconv.Quote(f.Rule) + ": "
	if f.Tag != "" {
		s += "tag " + strconv.Quote(f.Tag) + ": "
	}
	s += f.Message
	if f.Fix != "" {
		s += "; " + f.Fix
	}
	return s + " [" + string(f.Code) + "]"
}

// Code says what kind of thing is wrong. Codes are stable.
type Code string

// The codes of findings.
const (
	CodeMalformed           Code = "tag-malformed"            // of the form of an id, and not one
	CodeTechniqueUnknown    Code = "technique-unknown"        // no release has the id
	CodeTechniqueRevoked    Code = "technique-revoked"        // another technique has taken its place
	CodeTechniqueDeprecated Code = "technique-deprecated"     // given up without a successor
	CodeTechniqueNewer      Code = "technique-newer"          // came with a later release than the one checked against
	CodeTechniqueName       Code = "technique-name"           // a name where an id belongs
	CodeTechniqueSlug       Code = "technique-slug"           // the words behind the id are not its name
	CodeTechniqueTactic     Code = "technique-off-tactic"     // lies in no tactic of the rule
	CodeTechniquePlatform   Code = "technique-off-platform"   // is not for what the rule's source watches
	CodeTechniqueMissing    Code = "technique-missing"        // a tactic and no technique
	CodeTacticUnknown       Code = "tactic-unknown"           // no release has it
	CodeTacticName          Code = "tactic-name"              // a name that does not say that it is a tactic
	CodeTacticRenamed       Code = "tactic-renamed"           // another name, or another tactic, in the release checked against
	CodeTacticSlug          Code = "tactic-slug"              // the words behind the id are not its name
	CodeTacticTechnique     Code = "tactic-without-technique" // no technique of the rule lies in it
	CodeTacticConflict      Code = "tactic-conflict"          // the name and the id of the rule's tactics are not the same tactic
	CodeTacticMissing       Code = "tactic-missing"           // a technique and no tactic
	CodeControlUnknown      Code = "control-unknown"          // the catalog does not have it
	CodeControlWithdrawn    Code = "control-withdrawn"        // no longer in the catalog
	CodePCIUnknown          Code = "pci-unknown"              // no release has the id
	CodePCIRetired          Code = "pci-retired"              // the id is of 3.2.1, and not of 4.0.1
	CodePCIAmbiguous        Code = "pci-ambiguous"            // the id means different things in 3.2.1 and 4.0.1
	CodeCISVersion          Code = "cis-version"              // the ids of a benchmark change, and no version is given
	CodeFrameworkID         Code = "framework-without-id"     // a framework is named and no item of it
	CodeMappingMissing      Code = "mapping-missing"          // no tactic and no technique
	CodeDoubtful            Code = "tag-doubtful"             // formally right, and something else fits the rule better
)

// Severity is how much a finding matters.
type Severity uint8

// The severities.
const (
	Info    Severity = iota // worth knowing
	Warning                 // misleads whoever reads the tags
	Error                   // means nothing
)

var severityNames = [...]string{"info", "warning", "error"}

// String returns info, warning or error.
func (s Severity) String() string {
	if int(s) < len(severityNames) {
		return severityNames[s]
	}
	return "Severity(" + strconv.Itoa(int(s)) + ")"
}

// MarshalText returns the name.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads a name.
func (s *Severity) UnmarshalText(text []byte) error {
	i := slices.Index(severityNames[:], string(text))
	if i < 0 {
		return fmt.Errorf("enrich: no severity %q", clip(string(text)))
	}
	*s = Severity(i)
	return nil
}

var severities = map[Code]Severity{
	CodeMalformed: Error, CodeTechniqueUnknown: Error, CodeTacticUnknown: Error, CodeControlUnknown: Error, CodePCIUnknown: Error,
	CodeTechniqueRevoked: Warning, CodeTechniqueDeprecated: Warning, CodeTechniqueTactic: Warning, CodeTacticTechnique: Warning,
	CodeTacticConflict: Warning, CodeTacticSlug: Warning, CodeTechniqueName: Warning, CodeTacticName: Warning, CodeTechniqueSlug: Warning,
	CodeTechniquePlatform: Warning, CodeControlWithdrawn: Warning, CodePCIRetired: Warning, CodeTacticMissing: Warning,
	CodeFrameworkID: Warning,
}
