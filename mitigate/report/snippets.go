package report

import (
	"slices"

	"github.com/falconer-go/falconer/mitigate"
)

// languages are what the code blocks of each kind of snippet are written in.
var languages = map[string]string{"kubernetes": "yaml", "falco": "yaml", "talon": "yaml", "json": "json"}

// withSnippets returns the item with its snippets behind its blocks, each shown
// once; its text refers back to what is wanted again.
func (b *builder) withSnippets(it item, snippets []mitigate.Snippet) item {
	n := len(it.blocks)
	it.blocks = append(b.blocks.take(n + 3*len(snippets))[:0], it.blocks...)
	var above mitigate.Text
	few := b.few(snippets)
	for i := range snippets {
		s := &snippets[i]
		switch {
		case s.Kind != "falco" && b.at(s) >= 0:
			if above == nil {
				above = b.join(seeAbove, s.Title)
			} else {
				above = b.join(above, semicolon, s.Title)
			}
		case few != nil && !slices.Contains(few, s.Name):
			// the whole report has it
		default:
			b.shown = append(b.shown, shown{s.Name, s.Body})
			it.blocks = b.snippet(it.blocks, s)
		}
	}
	if above != nil {
		it.text = b.join(it.text, above, fullStop)
	}
	return it
}

var seeAbove, semicolon, fullStop = say(" See above: "), say("; "), say(".")

// maxCommands is how many commands of an outcome a brief has; those of a situation were
// chosen for it.
const (
	maxCommands            = 3
	maxCommandsOfSituation = 4
)

// few returns the names of those of the snippets that a brief has: one that looks and two
// that change something, as far as there are, in their order. It is nil if all fit.
func (b *builder) few(snippets []mitigate.Snippet) []string {
	if !b.brief {
		return nil
	}
	maxCommands := maxCommands
	if b.p.Situation != "" {
		maxCommands = maxCommandsOfSituation
	}
	var names []string
	pick := func(most int, fits func(*mitigate.Snippet) bool) {
		for i := range snippets {
			s := &snippets[i]
			if n := s.Name; len(names) < most && fits(s) && !slices.Contains(names, n) && b.at(s) < 0 {
				names = append(names, n)
			}
		}
	}
	reads := func(s *mitigate.Snippet) bool { return !s.Changes }
	pick(1, reads)
	pick(maxCommands, func(s *mitigate.Snippet) bool { return s.Changes })
	pick(maxCommands, reads)
	return names
}

// snippet appends a snippet with what has to be known of it.
func (b *builder) snippet(blocks []block, s *mitigate.Snippet) []block {
	lang := languages[s.Kind]
	if lang == "" {
		lang = "sh"
	}
	title := s.Title
	if s.Changes {
		title = b.join(title, say(" (this changes the system)"))
	}
	blocks = append(blocks, &code{title: title, lang: lang, body: s.Body})
	if s.Expect != nil {
		blocks = append(blocks, b.paragraph(b.join(say("Look for: "), s.Expect)))
	}
	if s.Undo != nil {
		blocks = append(blocks, b.paragraph(b.join(say("To undo: "), s.Undo)))
	}
	if len(s.Placeholders) > 0 {
		blocks = append(blocks, b.paragraph(b.placeholders(s.Placeholders)))
	}
	return blocks
}

// placeholders says what is to be filled in.
func (b *builder) placeholders(list []mitigate.Placeholder) mitigate.Text {
	t := b.spans.open(8)
	for i, p := range list {
		before := "; "
		if i == 0 {
			before = "To fill in: "
		}
		t = append(t, mitigate.Span{Text: before}, mitigate.Span{Kind: mitigate.Code, Text: p.Word},
			mitigate.Span{Text: " is "}, mitigate.Span{Kind: mitigate.Code, Text: p.Field})
		if len(p.How) > 0 && !slices.Contains(b.explained, p.Field) { // once is enough
			b.explained = append(b.explained, p.Field)
			t = append(append(t, mitigate.Span{Text: ": "}), p.How...)
		}
	}
	return b.spans.keep(append(t, mitigate.Span{Text: "."}))
}
