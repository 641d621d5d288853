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
	out := make([]block, 0, 8)
	if g := b.groups(); len(g.items) > 0 {
		out = append(out, b.groupTable(&g), b.paragraph(b.join(say("Sources: "), g.datasets(), say("."))))
	} else {
		out = append(out, b.paragraph(say("The rule carries no mapping, and none is known for it.")))
	}
	if l := b.serves(); len(l.items) > 0 {
		out = append(out, heading("What the steps serve"), l)
	}
	var notes list
	for i, n := range m.Notes {
		again := slices.ContainsFunc(m.Notes[:i], func(x enrich.Note) bool { return x.About == n.About && x.Text == n.Text })
		if !again {
			notes.items = append(notes.items, item{text: b.join(value("tag", n.About), say(": "), say(n.Text), say("."))})
		}
	}
	if len(notes.items) > 0 {
		out = append(out, heading("Notes"), notes)
	}
	if len(m.Context) > 0 {
		out = append(out, b.paragraph(b.join(say("Context tags: "), values(m.Context), say("."))))
	}
	if len(m.Unknown) > 0 {
		out = append(out, b.paragraph(b.join(say("Tags that name nothing known: "), values(m.Unknown), say("."))))
	}
	return out
}

// groups are the items of a mapping, those that are there for the same reason
// together.
type groups struct {
	reasons []*enrich.Evidence // the first of those that read the same
	items   []groupItem
}

type groupItem struct {
	reason    int
	framework string // with its version
	tactic    string
	name      string
	dataset   string
	release   string // of the dataset
}

func (b *builder) groups() groups {
	m := b.p.Mapping
	pairs, related := m.Pairs(), m.TopRelated(maxControls)
	n := len(pairs) + len(m.Tactics) + len(m.Controls) + len(related) + len(m.Requirements)
	g := groups{make([]*enrich.Evidence, 0, 6), make([]groupItem, 0, n)}
	attack := "ATT&CK " + m.Version
	for i := range pairs {
		p := &pairs[i]
		g.add(groupItem{framework: attack, tactic: p.Tactic.ID + " " + p.Tactic.Name, name: techniqueName(m, &p.Technique)}, p.Technique.Evidence)
	}
	for i := range m.Tactics {
		c := &m.Tactics[i]
		if !slices.ContainsFunc(pairs, func(p enrich.Pair) bool { return p.Tactic.ID == c.ID }) {
			g.add(groupItem{framework: attack, name: c.ID + " " + c.Name}, c.Evidence)
		}
	}
	for _, list := range [...][]enrich.MappedControl{m.Controls, related} {
		for i := range list {
			g.add(groupItem{framework: "NIST SP 800-53", name: list[i].ID + " " + list[i].Name}, list[i].Evidence)
		}
	}
	for i := range m.Requirements {
		r := &m.Requirements[i]
		g.add(groupItem{framework: strings.TrimSpace(r.Standard + " " + r.Version), name: r.ID}, r.Evidence)
	}
	return g
}

func (g *groups) add(x groupItem, list []enrich.Evidence) {
	reason := &noEvidence
	if len(list) > 0 {
		reason = &list[0]
	}
	x.dataset, x.release = reason.Dataset, reason.Version
	x.reason = slices.IndexFunc(g.reasons, func(r *enrich.Evidence) bool { return readAlike(r, reason) })
	if x.reason < 0 {
		x.reason = len(g.reasons)
		g.reasons = append(g.reasons, reason)
	}
	if !slices.Contains(g.items, x) {
		g.items = append(g.items, x)
	}
}

// datasets names each dataset that the items come from.
func (g *groups) datasets() mitigate.Text {
	var t mitigate.Text
	for i, x := range g.items {
		again := slices.ContainsFunc(g.items[:i], func(y groupItem) bool { return y.dataset == x.dataset && y.release == x.release })
		if x.dataset == "" || again {
			continue
		}
		if t != nil {
			t = append(t, mitigate.Span{Text: "; "})
		}
		t = append(t, mitigate.Span{Text: strings.TrimSpace(x.dataset + " " + x.release)})
	}
	return t
}

func (b *builder) groupTable(g *groups) table {
	t := table{head: []string{"Items", "Why they are there"}, rows: make([][]mitigate.Text, len(g.reasons))}
	for i, reason := range g.reasons {
		t.rows[i] = []mitigate.Text{b.groupNames(g, i), b.why(reason)}
	}
	return t
}

// groupNames names the items of one reason, each framework and tactic once.
func (b *builder) groupNames(g *groups, reason int) mitigate.Text {
	n := 0
	for i := range g.items {
		if g.items[i].reason == reason {
			n++
		}
	}
	names := b.spans.open(2 + 4*n)
	var last *groupItem
	for i := range g.items {
		x := &g.items[i]
		if x.reason != reason {
			continue
		}
		same := last != nil && last.framework == x.framework
		switch {
		case last == nil:
		case same && last.tactic == x.tactic:
			names = append(names, mitigate.Span{Text: ", "})
		default:
			names = append(names, mitigate.Span{Text: "; "})
		}
		if !same {
			names = append(names, mitigate.Span{Text: x.framework}, mitigate.Span{Text: ": "})
		}
		if x.tactic != "" && !(same && last.tactic == x.tactic) {
			names = append(names, mitigate.Span{Text: x.tactic}, mitigate.Span{Text: ": "})
		}
		names = append(names, mitigate.Span{Text: x.name})
		last = x
	}
	return b.spans.keep(names)
}

// serves lists the mitigations and the controls, each with the steps that serve
// it.
func (b *builder) serves() list {
	var l list
	for i, kind := range [...]string{"ATT&CK mitigations", "NIST SP 800-53 controls"} {
		refs := make([]mitigate.Reference, 0, 16)
		for j := range b.p.Steps {
			for _, r := range servedBy(&b.p.Steps[j], i) {
				if !slices.Contains(refs, r) {
					refs = append(refs, r)
				}
			}
		}
		if len(refs) == 0 {
			continue
		}
		var line strings.Builder
		line.Grow(48 * len(refs))
		line.WriteString(kind)
		before := ": "
		for _, r := range refs {
			line.WriteString(before)
			line.WriteString(r.ID)
			if i == 0 && r.Name != "" { // auditors know the controls by number
				line.WriteByte(' ')
				line.WriteString(r.Name)
			}
			line.WriteString(" (")
			b.writeSteps(&line, i, r)
			line.WriteByte(')')
			before = "; "
		}
		line.WriteByte('.')
		l.items = append(l.items, item{text: b.say(line.String())})
	}
	return l
}

// servedBy returns the mitigations, or if kind is 1 the controls, that a step
// serves.
func servedBy(s *mitigate.Step, kind int) []mitigate.Reference {
	if kind == 0 {
		return s.Mitigations
	}
	return s.Controls
}

// writeSteps writes the numbers of the steps that serve r: now 1, 4; later 2.
func (b *builder) writeSteps(line *strings.Builder, kind int, r mitigate.Reference) {
	var numbers, written [len(phaseTitles)]int
	before := ""
	for i := range b.p.Steps {
		s := &b.p.Steps[i]
		numbers[s.Phase]++
		if !slices.Contains(servedBy(s, kind), r) {
			continue
		}
		if written[s.Phase] == 0 {
			line.WriteString(before)
			line.WriteString(s.Phase.String())
			line.WriteByte(' ')
		} else {
			line.WriteString(", ")
		}
		written[s.Phase]++
		line.WriteString(strconv.Itoa(numbers[s.Phase])) // allocates nothing below 100
		before = "; "
	}
}

// techniqueName names a sub-technique with its parent.
func techniqueName(m *enrich.Mapping, t *enrich.MappedTechnique) string {
	if parent, ok := m.Matrix().Technique(t.Parent()); ok {
		return t.ID + " " + parent.Name + ": " + t.Name
	}
	return t.ID + " " + t.Name
}

// noEvidence stands for what a host's stage may leave out.
var noEvidence enrich.Evidence

// source is what is said of where an item comes from: words of ours, and a word
// of the evidence, foreign if field is set.
func source(ev *enrich.Evidence) (words, name, field string) {
	switch {
	case ev.Tag != "":
		return "the rule's tag ", ev.Tag, "tag"
	case ev.Stage == enrich.StageRule:
		return "the rule itself", "", ""
	case ev.Field != "":
		return "the field ", ev.Field, "field"
	case ev.From != "":
		return "derived from ", ev.From, ""
	case ev.Stage != "":
		return "stage ", string(ev.Stage), ""
	}
	return "no evidence given", "", ""
}

// doubtless reports whether nothing is said of the confidence.
func doubtless(ev *enrich.Evidence) bool {
	return ev.Confidence == 0 || ev.Confidence == enrich.HighConfidence
}

// readAlike reports whether why gives the same for both.
func readAlike(a, b *enrich.Evidence) bool {
	if a.Reason != b.Reason || a.Doubt != b.Doubt || a.Confidence != b.Confidence && !(doubtless(a) && doubtless(b)) {
		return false
	}
	words, name, _ := source(a)
	otherWords, otherName, _ := source(b)
	return words == otherWords && name == otherName
}

// why says where an item comes from.
func (r *room) why(ev *enrich.Evidence) mitigate.Text {
	t := r.spans.open(8)
	say := func(words, more string) { t = append(t, mitigate.Span{Text: words}, mitigate.Span{Text: more}) }
	switch words, name, field := source(ev); {
	case field != "":
		t = append(t, mitigate.Span{Text: words}, mitigate.Span{Kind: mitigate.Value, Text: mitigate.Show(name), Field: field})
	case name != "":
		say(words, name)
	default:
		t = append(t, mitigate.Span{Text: words})
	}
	if !doubtless(ev) {
		say(", confidence ", ev.Confidence.String())
	}
	if ev.Reason != "" {
		say(": ", ev.Reason)
	}
	if ev.Doubt != "" {
		say(". Doubtful: ", ev.Doubt)
	}
	return r.spans.keep(t)
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
