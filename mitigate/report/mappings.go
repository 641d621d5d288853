package report

import (
	"slices"
	"strconv"
	"strings"

	"github.com/falconer-go/falconer/enrich"
	"github.com/falconer-go/falconer/mitigate"
)

// maxControls is how many derived controls are shown: the crosswalk gives a
// dozen for the usual technique.
const maxControls = 3

func (b *builder) mappings() []block {
	m := b.p.Mapping
	g := grouping{reasons: make(map[string]int)}
	attack := "ATT&CK " + m.Version
	inPair := make(map[string]bool)
	for _, p := range m.Pairs() {
		inPair[p.Tactic.ID] = true
		g.add(attack, p.Tactic.ID+" "+p.Tactic.Name+": "+techniqueName(m, p.Technique), p.Technique.Evidence)
	}
	for _, c := range m.Tactics {
		if !inPair[c.ID] {
			g.add(attack, c.ID+" "+c.Name, c.Evidence)
		}
	}
	for _, c := range append(m.Controls[:len(m.Controls):len(m.Controls)], m.TopRelated(maxControls)...) {
		g.add("NIST SP 800-53", c.ID+" "+c.Name, c.Evidence)
	}
	for _, r := range m.Requirements {
		g.add(strings.TrimSpace(r.Standard+" "+r.Version), r.ID, r.Evidence)
	}
	var out []block
	if len(g.rows) > 0 {
		out = append(out, g.table(), paragraph(join(say("Sources: "), say(strings.Join(g.datasets, "; ")+"."))))
	} else {
		out = append(out, paragraph(say("The rule carries no mapping, and none is known for it.")))
	}
	if l := b.serves(); len(l.items) > 0 {
		out = append(out, heading("What the steps serve"), l)
	}
	var notes list
	seen := make(map[string]bool)
	for _, n := range m.Notes {
		if key := n.About + n.Text; !seen[key] {
			seen[key] = true
			notes.items = append(notes.items, item{text: join(value("tag", n.About), say(": "+n.Text+"."))})
		}
	}
	if len(notes.items) > 0 {
		out = append(out, heading("Notes"), notes)
	}
	if len(m.Context) > 0 {
		out = append(out, paragraph(join(say("Context tags: "), values(m.Context), say("."))))
	}
	if len(m.Unknown) > 0 {
		out = append(out, paragraph(join(say("Tags that name nothing known: "), values(m.Unknown), say("."))))
	}
	return out
}

// grouping gathers items of a mapping that are there for the same reason.
type grouping struct {
	rows     []groupRow
	reasons  map[string]int // of rows, by framework and reason
	datasets []string
}

type groupRow struct {
	framework string
	items     []string
	why       mitigate.Text
}

func (g *grouping) add(framework, name string, list []enrich.Evidence) {
	reason := why(list)
	key := framework + "\x00" + reason.String()
	i, ok := g.reasons[key]
	if !ok {
		i = len(g.rows)
		g.reasons[key] = i
		g.rows = append(g.rows, groupRow{framework: framework, why: reason})
	}
	if !slices.Contains(g.rows[i].items, name) {
		g.rows[i].items = append(g.rows[i].items, name)
	}
	if len(list) > 0 && list[0].Dataset != "" {
		if d := dataset(list[0]); !slices.Contains(g.datasets, d) {
			g.datasets = append(g.datasets, d)
		}
	}
}

func (g *grouping) table() table {
	t := table{head: []string{"Framework", "Items", "Why they are there"}}
	for _, r := range g.rows {
		t.rows = append(t.rows, []mitigate.Text{say(r.framework), say(strings.Join(r.items, "; ")), r.why})
	}
	return t
}

// serves lists the mitigations and the controls, each with the steps that serve
// it.
func (b *builder) serves() list {
	var of [2]struct { // mitigations, controls
		names []string
		steps map[string][]string
	}
	numbers := [len(phaseTitles)]int{}
	for _, s := range b.p.Steps {
		numbers[s.Phase]++
		step := s.Phase.String() + " " + strconv.Itoa(numbers[s.Phase])
		for i, refs := range [...][]mitigate.Reference{s.Mitigations, s.Controls} {
			if of[i].steps == nil {
				of[i].steps = make(map[string][]string)
			}
			for _, r := range refs {
				name := strings.TrimSpace(r.ID + " " + r.Name)
				if of[i].steps[name] == nil {
					of[i].names = append(of[i].names, name)
				}
				of[i].steps[name] = append(of[i].steps[name], step)
			}
		}
	}
	var l list
	for i, kind := range [...]string{"ATT&CK mitigations", "NIST SP 800-53 controls"} {
		var names []string
		for _, n := range of[i].names {
			names = append(names, n+" ("+strings.Join(of[i].steps[n], ", ")+")")
		}
		if names != nil {
			l.items = append(l.items, item{text: say(kind + ": " + strings.Join(names, "; ") + ".")})
		}
	}
	return l
}

func dataset(ev enrich.Evidence) string { return strings.TrimSpace(ev.Dataset + " " + ev.Version) }

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
