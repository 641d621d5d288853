package mitigate

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"

	yaml "go.yaml.in/yaml/v4"
)

// The entries of the knowledge as they stand in its files. Their form, and
// what each key means, is in knowledge/README.md.

type ruleEntry struct {
	Rule       string         `yaml:"rule"`
	Also       []string       `yaml:"also"`
	Family     string         `yaml:"family"`
	Seen       texts          `yaml:"seen"`
	Suggests   texts          `yaml:"suggests"`
	Confidence Confidence     `yaml:"confidence"`
	HighIf     *condition     `yaml:"high_if"`
	Settle     texts          `yaml:"settle"`
	LooksFor   texts          `yaml:"looks_for"`
	Blind      texts          `yaml:"blind"`
	Impact     texts          `yaml:"impact"`
	Benign     []benignEntry  `yaml:"benign"`
	Triage     texts          `yaml:"triage"`
	First      names          `yaml:"first"`
	Outcomes   []outcomeEntry `yaml:"outcomes"`
	Now        []stepEntry    `yaml:"now"`
	Next       []stepEntry    `yaml:"next"`
	Later      []stepEntry    `yaml:"later"`
	Tune       tuneEntry      `yaml:"tune"`
	Related    []relatedEntry `yaml:"related"`
	Conclude   texts          `yaml:"conclude"`
}

type benignEntry struct {
	Case      texts      `yaml:"case"`
	If        *condition `yaml:"if"`
	Strength  Confidence `yaml:"strength"`
	Why       texts      `yaml:"why"`
	Confirm   texts      `yaml:"confirm"`
	Run       names      `yaml:"run"`
	AndIfNot  texts      `yaml:"and_if_not"`
	Exception []exceptOn `yaml:"exception"` // patterns only
}

type outcomeEntry struct {
	Find texts      `yaml:"find"`
	Do   texts      `yaml:"do"`
	If   *condition `yaml:"if"`
	Run  names      `yaml:"run"`
}

type stepEntry struct {
	Do     texts      `yaml:"do"`
	Why    texts      `yaml:"why"`
	Attack []string   `yaml:"attack"`
	NIST   []string   `yaml:"nist"`
	If     *condition `yaml:"if"`
	Run    names      `yaml:"run"`

	serves serving
}

type tuneEntry struct {
	If        *condition       `yaml:"if"` // else no exception is proposed
	Exception []exceptOn       `yaml:"exception"`
	Dangerous []dangerousEntry `yaml:"dangerous"`
	Advice    texts            `yaml:"advice"`
	Override  string           `yaml:"override"`
}

// exceptOn is a field of an exception: its name alone stands for equality with
// the alert's value, a prefix for a part of it that changes.
type exceptOn struct {
	Field  string `yaml:"field"`
	Prefix string `yaml:"prefix"`
}

type dangerousEntry struct {
	Field string `yaml:"field"`
	Why   texts  `yaml:"why"`
}

// UnmarshalYAML makes the warning a whole sentence.
func (d *dangerousEntry) UnmarshalYAML(n *yaml.Node) error {
	type plain dangerousEntry
	if err := n.Load((*plain)(d), yaml.WithKnownFields()); err != nil {
		return err
	}
	for i := range d.Why {
		d.Why[i].Say = d.Why[i].Say.between(Text{{Text: "Do not except by "}, {Kind: Code, Text: d.Field}, {Text: ": "}}, Text{{Text: "."}})
	}
	return nil
}

type relatedEntry struct {
	Rule string `yaml:"rule"`
	Why  texts  `yaml:"why"`
}

// generalEntry is a fallback: what is known of a technique, a tactic, a source
// or a kind of internal event.
type generalEntry struct {
	Technique string         `yaml:"technique"`
	Tactic    string         `yaml:"tactic"`
	Source    string         `yaml:"source"`
	Internal  string         `yaml:"internal"`
	First     names          `yaml:"first"`
	Outcomes  []outcomeEntry `yaml:"outcomes"`
	Means     texts          `yaml:"means"`
	Settle    texts          `yaml:"settle"`
	Impact    texts          `yaml:"impact"`
	Triage    texts          `yaml:"triage"`
	Now       []stepEntry    `yaml:"now"`
	Next      []stepEntry    `yaml:"next"`
	Later     []stepEntry    `yaml:"later"`
}

type mitigationEntry struct {
	Mitigation string   `yaml:"mitigation"`
	Do         texts    `yaml:"do"`
	Why        texts    `yaml:"why"`
	NIST       []string `yaml:"nist"`

	serves serving
}

type readingEntry struct {
	Reading    string     `yaml:"reading"`
	Topic      string     `yaml:"topic"`
	Sources    []string   `yaml:"sources"`
	If         *condition `yaml:"if"`
	Say        texts      `yaml:"say"`
	Means      texts      `yaml:"means"`
	Confidence Confidence `yaml:"confidence"`
	Limits     texts      `yaml:"limits"`
	Weight     int        `yaml:"weight"`
	Unless     []string   `yaml:"unless"`
	Against    bool       `yaml:"against"` // speaks against harmless causes: left out where one is likely
	Broad      bool       `yaml:"broad"`   // says what holds of many alerts: left out where a situation is recognised
	Run        names      `yaml:"run"`
	Contain    names      `yaml:"contain"` // what ends it, where this reading gives the verdict
}

// situationEntry is what an alert is as a whole, recognised by its values.
type situationEntry struct {
	Situation  string         `yaml:"situation"`
	Sources    []string       `yaml:"sources"`
	If         *condition     `yaml:"if"`
	Weight     int            `yaml:"weight"`
	Means      texts          `yaml:"means"`
	Confidence Confidence     `yaml:"confidence"` // of Means
	Settle     texts          `yaml:"settle"`
	Facts      texts          `yaml:"facts"`
	Instead    []string       `yaml:"instead"` // readings that the facts make needless
	First      names          `yaml:"first"`
	Outcomes   []outcomeEntry `yaml:"outcomes"`
	Next       []stepEntry    `yaml:"next"`
	Benign     *patternEntry  `yaml:"benign"`
	Urgency    *urgencyEntry  `yaml:"urgency"`
}

type patternEntry struct {
	Pattern     string `yaml:"pattern"`
	Trial       bool   `yaml:"trial"` // something was tried, and the alert is to be expected
	Then        texts  `yaml:"then"`  // what to do if it is confirmed, else to close the alert
	benignEntry `yaml:",inline"`
}

type snippetEntry struct {
	Snippet  string           `yaml:"snippet"`
	Title    texts            `yaml:"title"`
	Kind     string           `yaml:"kind"`
	Changes  bool             `yaml:"changes"`
	Passing  bool             `yaml:"passing"` // what it shows is gone after weeks: processes, connections
	Keeps    bool             `yaml:"keeps"`   // it saves what is lost when the thing is stopped or deleted
	Expect   texts            `yaml:"expect"`
	Undo     texts            `yaml:"undo"`
	Variants []snippetVariant `yaml:"variants"`
}

type snippetVariant struct {
	Title  texts      `yaml:"title"`  // in place of the snippet's, where this variant does something else
	Expect texts      `yaml:"expect"` // likewise
	If     *condition `yaml:"if"`
	Text   script     `yaml:"text"`
}

type phraseEntry struct {
	Phrase string `yaml:"phrase"`
	Say    texts  `yaml:"say"`

	uses     atomic.Int32
	bySource sync.Map // of texts
}

type urgencyEntry struct {
	Urgency string     `yaml:"urgency"`
	If      *condition `yaml:"if"`
	Step    int        `yaml:"step"`
	Doubt   bool       `yaml:"doubt"` // no benign case of the rule is a strong one then
	Because texts      `yaml:"because"`
}

// texts are one or more alternative texts, each with its condition.
type texts []conditional

type conditional struct {
	If  *condition
	Say *template
}

// UnmarshalYAML reads a string, {if, say}, or a list of these.
func (ts *texts) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.SequenceNode {
		for _, item := range n.Content {
			t, err := readConditional(item)
			if err != nil {
				return err
			}
			*ts = append(*ts, t)
		}
		return nil
	}
	t, err := readConditional(n)
	if err != nil {
		return err
	}
	*ts = texts{t}
	return nil
}

func readConditional(n *yaml.Node) (conditional, error) {
	var raw struct {
		If  *condition `yaml:"if"`
		Say string     `yaml:"say"`
	}
	switch n.Kind {
	case yaml.ScalarNode:
		raw.Say = n.Value
	case yaml.MappingNode:
		if err := n.Load(&raw, yaml.WithKnownFields()); err != nil {
			return conditional{}, err
		}
	default:
		return conditional{}, nodeError(n, errors.New("expected a text or {if, say}"))
	}
	if strings.TrimSpace(raw.Say) == "" {
		return conditional{}, nodeError(n, errors.New("empty text"))
	}
	tm, err := parseTemplate(raw.Say)
	if err != nil {
		return conditional{}, nodeError(n, err)
	}
	return conditional{raw.If, tm}, nil
}

// UnmarshalYAML reads the text of a condition; see check for what is wrong with it.
func (c *condition) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind != yaml.ScalarNode {
		return nodeError(n, errors.New("expected a condition"))
	}
	c.text, c.line = n.Value, n.Line
	return nil
}

// names is one name or a list of names.
type names []string

// UnmarshalYAML reads a string or a list of strings.
func (ns *names) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		*ns = names{n.Value}
		return nil
	}
	return n.Load((*[]string)(ns))
}

// UnmarshalYAML reads a field's name, or a mapping with field and prefix.
func (x *exceptOn) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		*x = exceptOn{Field: n.Value}
		return nil
	}
	type bare exceptOn
	return n.Load((*bare)(x), yaml.WithKnownFields())
}

// Confidence is how far fields alone support a statement.
type Confidence uint8

// The confidences, least first. A benign case of weak, moderate or strong
// strength has low, medium or high confidence.
const (
	Unknown Confidence = iota
	Low
	Medium
	High
)

var confidenceNames = [...]string{"unknown", "low", "medium", "high"}

func (c Confidence) String() string {
	if int(c) < len(confidenceNames) {
		return confidenceNames[c]
	}
	return fmt.Sprintf("Confidence(%d)", uint8(c))
}

// MarshalText implements [encoding.TextMarshaler] with the name of c.
func (c Confidence) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalYAML reads low, medium or high, or weak, moderate or strong.
func (c *Confidence) UnmarshalYAML(n *yaml.Node) error {
	switch n.Value {
	case "low", "weak":
		*c = Low
	case "medium", "moderate":
		*c = Medium
	case "high", "strong":
		*c = High
	default:
		return nodeError(n, fmt.Errorf("%q is not low, medium or high", n.Value))
	}
	return nil
}

func nodeError(n *yaml.Node, err error) error { return fmt.Errorf("line %d: %w", n.Line, err) }
