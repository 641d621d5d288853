package report

import (
	"strings"

	"github.com/falconer-go/falconer/enrich"
	"github.com/falconer-go/falconer/mitigate"
)

// maxControls is how many derived controls are shown: the crosswalk gives a
// dozen for the usual technique.
const maxControls = 3

func (b *builder) mappings() []block {
	m := b.p.Mapping
	t := table{head: []string{"Tactic", "Technique", "Control", "Why it is there"}}
	inPair := make(map[string]bool)
	for _, p := range m.Pairs() {
		inPair[p.Tactic.ID] = true
		t.rows = append(t.rows, []mitigate.Text{
			say(p.Tactic.ID + " " + p.Tactic.Name), say(techniqueName(m, p.Technique)), nil, why(p.Technique.Evidence),
		})
	}
	for _, c := range m.Tactics {
		if !inPair[c.ID] {
			t.rows = append(t.rows, []mitigate.Text{say(c.ID + " " + c.Name), nil, nil, why(c.Evidence)})
		}
	}
	for _, c := range append(m.Controls[:len(m.Controls):len(m.Controls)], m.TopRelated(maxControls)...) {
		t.rows = append(t.rows, []mitigate.Text{nil, nil, say("NIST SP 800-53 " + c.ID + " " + c.Name), why(c.Evidence)})
	}
	for _, r := range m.Requirements {
		t.rows = append(t.rows, []mitigate.Text{nil, nil, say(r.String()), why(r.Evidence)})
	}
	out := []block{paragraph(say("ATT&CK version " + m.Version + "."))}
	if len(t.rows) > 0 {
		out = append(out, t)
	} else {
		out = append(out, paragraph(say("The rule carries no mapping, and none is known for it.")))
	}
	if len(m.Notes) > 0 {
		var l list
		for _, n := range m.Notes {
			l.items = append(l.items, item{text: join(value("tag", n.About), say(": "+n.Text+"."))})
		}
		out = append(out, heading("Notes"), l)
	}
	if len(m.Context) > 0 {
		out = append(out, paragraph(join(say("Context tags: "), values(m.Context), say("."))))
	}
	if len(m.Unknown) > 0 {
		out = append(out, paragraph(join(say("Tags that name nothing known: "), values(m.Unknown), say("."))))
	}
	return out
}

// techniqueName names a sub-technique with its parent.
func techniqueName(m *enrich.Mapping, t enrich.MappedTechnique) string {
	if parent, ok := m.Matrix().Technique(t.Parent()); ok {
		return t.ID + " " + parent.Name + ": " + t.Name
	}
	return t.ID + " " + t.Name
}

// why says where an item comes from.
func why(list []enrich.Evidence) mitigate.Text {
	if len(list) == 0 {
		return say("no evidence given") // a host's stage may leave it out
	}
	ev := list[0]
	var t mitigate.Text
	switch {
	case ev.Tag != "":
		t = join(say("the rule's tag "), value("tag", ev.Tag))
	case ev.Stage == enrich.StageRule:
		t = say("the rule itself")
	case ev.Field != "":
		t = join(say("the field "), value("field", ev.Field))
	case ev.From != "":
		t = say("derived from " + ev.From)
	default:
		t = say("stage " + string(ev.Stage))
	}
	if ev.Dataset != "" {
		t = join(t, say(" ("+strings.TrimSpace(ev.Dataset+" "+ev.Version)+")"))
	}
	if ev.Confidence != 0 && ev.Confidence != enrich.HighConfidence {
		t = join(t, say(", confidence "+ev.Confidence.String()))
	}
	if ev.Reason != "" {
		t = join(t, say(": "+ev.Reason))
	}
	if ev.Doubt != "" {
		t = join(t, say(". Doubtful: "+ev.Doubt))
	}
	return t
}

// values lists foreign words.
func values(list []string) mitigate.Text {
	var t mitigate.Text
	for i, s := range list {
		if i > 0 {
			t = append(t, mitigate.Span{Text: ", "})
		}
		t = append(t, mitigate.Span{Kind: mitigate.Value, Text: mitigate.Show(s)})
	}
	return t
}
