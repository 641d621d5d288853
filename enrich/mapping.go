package enrich

import (
	"fmt"
	"slices"
	"strconv"
	"sync"
)

// Mapping is what the rule of an alert means, each item with its evidence. It
// is shared by all alerts of the rule and must not be changed.
//
// Items are ordered by how well they are founded: what the rule's author wrote,
// then what the table of rules adds, then what was derived; what is doubted
// stands behind what is not.
type Mapping struct {
	Version      string              `json:"attack_version"`         // the release of ATT&CK, such as 19.1
	Techniques   []MappedTechnique   `json:"techniques,omitempty"`   // sub-techniques, and their parents as derived
	Tactics      []MappedTactic      `json:"tactics,omitempty"`      //
	Controls     []MappedControl     `json:"controls,omitempty"`     // of NIST SP 800-53: stated or curated; [Mapping.Related] has the derived
	Requirements []MappedRequirement `json:"requirements,omitempty"` // of PCI DSS and the CIS benchmarks
	Context      []string            `json:"context,omitempty"`      // tags that say where the rule looks or how mature it is
	Unknown      []string            `json:"unknown,omitempty"`      // tags of the form of a mapping that name nothing there is
	Notes        []Note              `json:"notes,omitempty"`        // what a reader of the items should know
	Attributes   []Attribute         `json:"attributes,omitempty"`   // what the host's stages found
	Failed       []*StageError       `json:"-"`                      // the host's stages that did not come through

	set *tables

	// What is computed when first asked for.
	pairsOnce   sync.Once
	pairs       []Pair
	relatedOnce sync.Once
	related     []MappedControl
	fieldsOnce  sync.Once
	fields      alertFields
}

// MappedTechnique is a technique that stands for an alert.
type MappedTechnique struct {
	Technique
	Serves   []string   `json:"serves"`   // ids of the tactics it is used for here; all of its own if nothing says which
	Evidence []Evidence `json:"evidence"` // the strongest first; never empty
}

// MappedTactic is a tactic that stands for an alert.
type MappedTactic struct {
	Tactic
	Evidence []Evidence `json:"evidence"` // the strongest first; never empty
}

// MappedControl is a control that bears on an alert.
type MappedControl struct {
	Control
	Evidence []Evidence `json:"evidence"` // the strongest first; never empty
}

// MappedRequirement is a requirement that bears on an alert.
type MappedRequirement struct {
	Requirement
	Evidence []Evidence `json:"evidence"` // the strongest first; never empty
}

// Stage names where an item comes from. A host's stages have names of their own.
type Stage string

// The stages of the library, from the strongest to the weakest.
const (
	StageTag       Stage = "tag"       // the rule's author wrote it
	StageRule      Stage = "rule"      // the table of upstream's rules has it under the rule's name
	StageBehaviour Stage = "behaviour" // a field of the alert suggests it; only where tag and rule give no technique
	StageDerived   Stage = "derived"   // it follows from another item
)

// Confidence is how sure an item is. The zero Confidence is not stated.
type Confidence uint8

// The degrees of confidence.
const (
	LowConfidence    Confidence = 1 + iota // possible: one reading among several
	MediumConfidence                       // likely, or right for part of what the rule catches
	HighConfidence                         // it is what the rule looks for
)

var confidenceNames = [...]string{"", "low", "medium", "high"}

// String returns low, medium, high, or "" if it is not stated.
func (c Confidence) String() string {
	if int(c) < len(confidenceNames) {
		return confidenceNames[c]
	}
	return "Confidence(" + strconv.Itoa(int(c)) + ")"
}

// MarshalText returns the name.
func (c Confidence) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText reads a name.
func (c *Confidence) UnmarshalText(text []byte) error {
	i := slices.Index(confidenceNames[:], string(text))
	if i < 0 {
		return fmt.Errorf("enrich: no confidence %q", clip(string(text)))
	}
	*c = Confidence(i)
	return nil
}

// Evidence is why an item is in a mapping. All text but Tag is the library's or
// the host's; Tag is the alert's.
type Evidence struct {
	Stage      Stage      `json:"stage"`
	Tag        string     `json:"tag,omitempty"`     // the tag, as the alert has it
	Rule       string     `json:"rule,omitempty"`    // the rule's name, where the table of rules is the source
	Field      string     `json:"field,omitempty"`   // the field that was looked at
	From       string     `json:"from,omitempty"`    // the id of the item that it was derived from
	Dataset    string     `json:"dataset,omitempty"` // the table that says so
	Version    string     `json:"version,omitempty"` // the release of the table
	Derived    bool       `json:"derived"`           // follows from another item, and is not said of the rule itself
	Confidence Confidence `json:"confidence,omitempty"`
	Reason     string     `json:"reason,omitempty"` // why, in a sentence without a full stop
	Doubt      string     `json:"doubt,omitempty"`  // why it may be wrong; what the rule's author wrote is kept and marked
}

// Derived reports whether all evidence of a technique is derived, such as that
// of the parent of a sub-technique.
func (t MappedTechnique) Derived() bool { return derived(t.Evidence) }

// Derived reports whether the tactic only follows from a technique.
func (t MappedTactic) Derived() bool { return derived(t.Evidence) }

// Derived reports whether the control only follows from a technique.
func (c MappedControl) Derived() bool { return derived(c.Evidence) }

func derived(list []Evidence) bool { return len(list) > 0 && list[0].Derived }

// Note is a remark on a mapping.
type Note struct {
	Code  string `json:"code"`          // one of the Note constants
	About string `json:"about"`         // the id or tag it is about
	Tag   string `json:"tag,omitempty"` // the tag that gave rise to it, as the alert has it
	Text  string `json:"text"`          // a sentence without a full stop; it never holds text of the alert
}

// The codes of notes.
const (
	NoteRenamed   = "renamed"    // the tactic had another name in an earlier release
	NoteRevoked   = "revoked"    // the tag's technique was revoked, and the item is its successor
	NoteNewer     = "newer"      // the tag's technique came with a later release, and the item is what it was before
	NoteBetter    = "better-fit" // something else fits the rule better than the tag, and is in the mapping too
	NoteOffTactic = "off-tactic" // technique and tactic of the tags do not go together
	NoteWithdrawn = "withdrawn"  // the tag's control was withdrawn, and the item is its successor
	NoteRetired   = "retired"    // the tag's requirement is of a release that is retired
	NoteAmbiguous = "ambiguous"  // the tag means different things in different releases
	NoteNoID      = "no-id"      // the tag names a framework and no item of it
	NoteUnknown   = "unknown"    // the tag names nothing there is
	NoteUnread    = "unread"     // the rule has too many tags, and some were not read
	NoteNone      = "none"       // the rule has no technique, for the reason given
)

// Attribute is something a host's stage knows of an alert, such as the owner of
// an asset.
type Attribute struct {
	Stage Stage  `json:"stage"`
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Matrix returns the release of ATT&CK that the mapping speaks in.
func (m *Mapping) Matrix() *Matrix { return m.tables().matrix }

// Catalog returns the catalog of NIST SP 800-53 that the mapping speaks in.
func (m *Mapping) Catalog() *Catalog { return m.tables().catalog }

// tables returns what the mapping was made from: the embedded tables for one
// that was read from JSON.
func (m *Mapping) tables() *tables {
	switch {
	case m.set != nil:
		return m.set
	case m.Version == V18.String():
		return standard18.tables()
	}
	return standard.tables()
}

// Technique returns the technique with that id if it is in the mapping.
func (m *Mapping) Technique(id string) (MappedTechnique, bool) {
	for _, t := range m.Techniques {
		if t.ID == id {
			return t, true
		}
	}
	return MappedTechnique{}, false
}

// Pair is a technique together with a tactic that it serves.
type Pair struct {
	Tactic    Tactic
	Technique MappedTechnique
}

// Pairs returns each technique with each tactic that it serves, in the order of
// the techniques. Formats that know a technique only under a tactic want this.
// It is computed when first asked for.
func (m *Mapping) Pairs() []Pair {
	m.pairsOnce.Do(func() {
		for _, t := range m.Techniques {
			for _, id := range t.Serves {
				if tactic, ok := m.Matrix().Tactic(id); ok {
					m.pairs = append(m.pairs, Pair{tactic, t})
				}
			}
		}
	})
	return m.pairs
}

// Related returns the controls that bear on the techniques of the mapping
// according to the crosswalk, the most telling first. All of them are derived.
// They are many, a dozen for the usual technique; [Mapping.TopRelated] is for
// people. It is computed when first asked for.
func (m *Mapping) Related() []MappedControl {
	m.relatedOnce.Do(func() { m.related = rank(m) })
	return m.related
}

// TopRelated returns at most most of the controls of [Mapping.Related], leaving
// out those that stand in Controls on better evidence.
func (m *Mapping) TopRelated(most int) []MappedControl {
	related := m.Related()
	if len(related) == 0 || most <= 0 {
		return nil
	}
	top := make([]MappedControl, 0, min(most, len(related)))
	for _, c := range related {
		if len(top) == most {
			break
		}
		if _, stated := m.Control(c.ID); !stated {
			top = append(top, c)
		}
	}
	return top
}

// clone returns a mapping whose lists can be changed without changing those of m.
func (m *Mapping) clone() *Mapping {
	c := &Mapping{
		Version: m.Version, Techniques: slices.Clone(m.Techniques), Tactics: slices.Clone(m.Tactics),
		Controls: slices.Clone(m.Controls), Requirements: slices.Clone(m.Requirements),
		Context: m.Context, Unknown: m.Unknown, Notes: slices.Clip(m.Notes),
		Attributes: slices.Clip(m.Attributes), Failed: slices.Clip(m.Failed), set: m.tables(),
	}
	for i := range c.Techniques {
		c.Techniques[i].Evidence = slices.Clone(c.Techniques[i].Evidence)
	}
	for i := range c.Tactics {
		c.Tactics[i].Evidence = slices.Clone(c.Tactics[i].Evidence)
	}
	for i := range c.Controls {
		c.Controls[i].Evidence = slices.Clone(c.Controls[i].Evidence)
	}
	return c
}

// Control returns the control with that id if it is stated or curated.
func (m *Mapping) Control(id string) (MappedControl, bool) {
	for _, c := range m.Controls {
		if c.ID == id {
			return c, true
		}
	}
	return MappedControl{}, false
}
