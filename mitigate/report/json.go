package report

import (
	"encoding/json"
	"time"

	"github.com/falconer-go/falconer/enrich"
	"github.com/falconer-go/falconer/mitigate"
)

// MarshalJSON returns the report as a JSON object in the form of [Schema]: of an
// alert its head, what the plan says, as plain text, and the mapping; of an
// incident its alerts in short, and such an object for each kind of alert in
// it.
func (r *Report) MarshalJSON() ([]byte, error) {
	if r.story != nil {
		return json.Marshal(r.story.json())
	}
	return json.Marshal(jsonOf(r.plan))
}

func jsonOf(p *mitigate.Plan) jsonReport {
	e := p.Event
	doc := jsonReport{
		Alert: jsonAlert{
			Rule: e.Rule, Priority: e.Priority.String(), Time: e.Time, Source: e.Source, Hostname: e.Hostname, Tags: e.Tags,
		},
		Knowledge: p.Level, Situation: p.Situation,
		Verdict: jsonVerdict{
			Seen: p.Verdict.Seen.String(), Likely: p.Verdict.Likely.String(), Suggests: p.Verdict.Suggests.String(), Confidence: p.Verdict.Confidence,
			Settle: p.Verdict.Settle.String(), Urgency: p.Verdict.Urgency, Because: p.Verdict.Because.String(),
		},
		First:    jsonFirstOf(&p.First),
		LooksFor: texts(p.LooksFor), Blind: p.Blind.String(),
		Fields: jsonFields(p.Fields()), Readings: jsonReadings(p.Readings), Gaps: jsonReadings(p.Gaps),
		Impact: texts(p.Impact), Triage: texts(p.Triage), Configuration: jsonSnippets(p.Config),
		Tuning: texts(p.Tuning), Conclusion: texts(p.Conclude),
		Mapping: p.Mapping,
	}
	for _, c := range p.Benign {
		doc.Benign = append(doc.Benign, jsonBenign{
			Case: c.Case.String(), Fits: c.Fits, Strength: c.Strength, Why: c.Why.String(), Confirm: c.Confirm.String(),
			AndIfNot: c.AndIfNot.String(), Snippets: jsonSnippets(c.Snippets),
		})
	}
	for _, s := range p.Steps {
		doc.Steps = append(doc.Steps, jsonStep{
			By: s.By, Phase: s.Phase, Do: s.Do.String(), Why: s.Why.String(), Mitigations: s.Mitigations, Controls: s.Controls,
			Snippets: jsonSnippets(s.Snippets),
		})
	}
	for _, rel := range p.Related {
		doc.Related = append(doc.Related, jsonRelated{rel.Rule, rel.Why.String()})
	}
	for _, r := range p.Remarks {
		doc.Remarks = append(doc.Remarks, jsonRemark{r.By, r.Text.String()})
	}
	return doc
}

func (s *story) json() jsonIncident {
	doc := jsonIncident{
		From: s.alerts[0].Time, To: s.alerts[len(s.alerts)-1].Time, Alerts: len(s.alerts),
		Urgency: s.worst.Verdict.Urgency, MostUrgent: s.worst.Event.Rule, Episodes: []jsonEpisode{},
		Entities: make(map[string]map[string]int),
	}
	for _, ep := range s.episodes {
		doc.Episodes = append(doc.Episodes, jsonEpisode{ep.first.Rule, ep.first.Priority.String(), ep.first.Hostname, ep.first.Time, ep.last, ep.count})
	}
	for _, kind := range touched {
		for _, e := range s.alerts {
			span, ok := valueOf(e, kind.fields)
			if !ok {
				continue
			}
			if doc.Entities[kind.label] == nil {
				doc.Entities[kind.label] = make(map[string]int)
			}
			doc.Entities[kind.label][span.Text]++
		}
	}
	for _, p := range s.plans {
		doc.Reports = append(doc.Reports, jsonOf(p))
	}
	return doc
}

// jsonIncident is an incident. All of its alerts are counted; the reports are
// on the first alert of each episode, at most 40 of them.
type jsonIncident struct {
	From       time.Time                 `json:"from"`
	To         time.Time                 `json:"to"`
	Alerts     int                       `json:"alerts"`
	Urgency    mitigate.Urgency          `json:"urgency"`
	MostUrgent string                    `json:"most_urgent"`
	Episodes   []jsonEpisode             `json:"episodes"`
	Entities   map[string]map[string]int `json:"entities"` // by kind, the names and how many alerts name them
	Reports    []jsonReport              `json:"reports"`
}

// jsonEpisode is a run of alerts that say the same.
type jsonEpisode struct {
	Rule     string    `json:"rule"`
	Priority string    `json:"priority"`
	Hostname string    `json:"hostname,omitempty"`
	First    time.Time `json:"first"`
	Last     time.Time `json:"last"`
	Count    int       `json:"count"`
}

type jsonReport struct {
	Alert         jsonAlert       `json:"alert"`
	Knowledge     mitigate.Level  `json:"knowledge"`
	Situation     string          `json:"situation,omitempty"` // what the alert was recognised as
	Verdict       jsonVerdict     `json:"verdict"`
	First         jsonFirst       `json:"first"` // what to do first
	LooksFor      []string        `json:"looks_for,omitempty"`
	Blind         string          `json:"blind,omitempty"`
	Fields        []jsonField     `json:"fields,omitempty"` // what single fields say
	Readings      []jsonReading   `json:"readings,omitempty"`
	Gaps          []jsonReading   `json:"gaps,omitempty"`
	Impact        []string        `json:"impact,omitempty"`
	Benign        []jsonBenign    `json:"benign,omitempty"`
	Triage        []string        `json:"triage,omitempty"`
	Steps         []jsonStep      `json:"steps,omitempty"`
	Configuration []jsonSnippet   `json:"configuration,omitempty"`
	Tuning        []string        `json:"tuning,omitempty"`
	Related       []jsonRelated   `json:"related,omitempty"`
	Remarks       []jsonRemark    `json:"remarks,omitempty"`
	Conclusion    []string        `json:"conclusion,omitempty"`
	Mapping       *enrich.Mapping `json:"mapping"`
}

type jsonAlert struct {
	Rule     string    `json:"rule"`
	Priority string    `json:"priority"`
	Time     time.Time `json:"time"`
	Source   string    `json:"source,omitempty"`
	Hostname string    `json:"hostname,omitempty"`
	Tags     []string  `json:"tags,omitempty"`
}

type jsonVerdict struct {
	Seen       string              `json:"seen"`
	Likely     string              `json:"likely,omitempty"` // the benign cause that is the likely one
	Suggests   string              `json:"suggests"`
	Confidence mitigate.Confidence `json:"confidence"`
	Settle     string              `json:"settle,omitempty"`
	Urgency    mitigate.Urgency    `json:"urgency"`
	Because    string              `json:"because"`
}

type jsonFirst struct {
	Facts   []jsonReading `json:"facts,omitempty"`
	Actions []jsonAction  `json:"actions,omitempty"`
	Caution string        `json:"caution,omitempty"`
	Node    string        `json:"node,omitempty"` // how to come to where commands run on the node
	Ask     string        `json:"ask,omitempty"`
	Then    []jsonOutcome `json:"then,omitempty"` // what to do with each outcome
}

type jsonOutcome struct {
	If       string        `json:"if"`
	Do       string        `json:"do"`
	Snippets []jsonSnippet `json:"snippets,omitempty"`
}

type jsonAction struct {
	Do       string        `json:"do"`
	Snippets []jsonSnippet `json:"snippets,omitempty"`
}

func jsonFirstOf(f *mitigate.First) jsonFirst {
	out := jsonFirst{Facts: jsonReadings(f.Facts), Caution: f.Caution.String(), Node: f.Node.String(), Ask: f.Ask.String()}
	for _, a := range f.Actions {
		out.Actions = append(out.Actions, jsonAction{a.Do.String(), jsonSnippets(a.Snippets)})
	}
	for _, o := range f.Then {
		out.Then = append(out.Then, jsonOutcome{o.Find.String(), o.Do.String(), jsonSnippets(o.Snippets)})
	}
	return out
}

type jsonField struct {
	Field string `json:"field"`
	Value string `json:"value,omitempty"`
	Says  string `json:"says"`
}

func jsonFields(list []mitigate.FieldReading) []jsonField {
	var out []jsonField
	for i := range list {
		f := &list[i]
		out = append(out, jsonField{f.Field, f.Value.String(), f.Says.String()})
	}
	return out
}

type jsonReading struct {
	Name       string              `json:"name"`
	Topic      string              `json:"topic"`
	Says       string              `json:"says"`
	Confidence mitigate.Confidence `json:"confidence"`
	Limits     string              `json:"limits,omitempty"`
}

type jsonBenign struct {
	Case     string              `json:"case"`
	Fits     bool                `json:"fits"`
	Strength mitigate.Confidence `json:"strength"`
	Why      string              `json:"why"`
	Confirm  string              `json:"confirm"`
	AndIfNot string              `json:"and_if_not,omitempty"`
	Snippets []jsonSnippet       `json:"snippets,omitempty"`
}

type jsonStep struct {
	By          string               `json:"by,omitempty"` // the advisor it comes from, where it is not the library
	Phase       mitigate.Phase       `json:"phase"`
	Do          string               `json:"do"`
	Why         string               `json:"why"`
	Mitigations []mitigate.Reference `json:"mitigations,omitempty"`
	Controls    []mitigate.Reference `json:"controls,omitempty"`
	Snippets    []jsonSnippet        `json:"snippets,omitempty"`
}

type jsonSnippet struct {
	Name         string            `json:"name"`
	Title        string            `json:"title"`
	Kind         string            `json:"kind"`
	Body         string            `json:"body"`
	Changes      bool              `json:"changes"`
	Expect       string            `json:"expect,omitempty"` // what to look for in its output
	Undo         string            `json:"undo,omitempty"`
	Placeholders map[string]string `json:"placeholders,omitempty"` // the word, and the field it stands for
}

type jsonRemark struct {
	By   string `json:"by"`
	Text string `json:"text"`
}

type jsonRelated struct {
	Rule string `json:"rule"`
	Why  string `json:"why"`
}

func texts(list []mitigate.Text) []string {
	var out []string
	for _, t := range list {
		out = append(out, t.String())
	}
	return out
}

func jsonReadings(list []mitigate.Reading) []jsonReading {
	var out []jsonReading
	for _, r := range list {
		out = append(out, jsonReading{r.Name, r.Topic, r.Says.String(), r.Confidence, r.Limits.String()})
	}
	return out
}

func jsonSnippets(list []mitigate.Snippet) []jsonSnippet {
	var out []jsonSnippet
	for _, s := range list {
		j := jsonSnippet{Name: s.Name, Title: s.Title.String(), Kind: s.Kind, Body: s.Body, Changes: s.Changes, Expect: s.Expect.String(), Undo: s.Undo.String()}
		for _, p := range s.Placeholders {
			if j.Placeholders == nil {
				j.Placeholders = make(map[string]string)
			}
			j.Placeholders[p.Word] = p.Field
		}
		out = append(out, j)
	}
	return out
}
