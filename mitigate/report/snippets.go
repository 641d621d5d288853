package report

import (
	"slices"

	"github.com/falconer-go/falconer/mitigate"
)

// languages are what the code blocks of each kind of snippet are written in.
var languages = map[string]string{"kubernetes": "yaml", "falco": "yaml", "talon": "yaml", "json": "json"}

// blocksFor returns an empty list with room for n blocks and what snippets take.
func (b *builder) blocksFor(n int, snippets []mitigate.Snippet) []block {
	return b.blocks.take(n + 3*len(snippets))[:0]
}

// snippets appends snippets to blocks, each shown once; what is wanted again is
// referred back to before the others.
func (b *builder) snippets(blocks []block, snippets []mitigate.Snippet) []block {
	begin := len(blocks)
	var above mitigate.Text
	for i := range snippets {
		s := &snippets[i]
		if s.Kind != "falco" && slices.Contains(b.shown, s.Name) {
			if above != nil {
				above = b.join(above, say("; "))
			}
			above = b.join(above, s.Title)
			continue
		}
		b.shown = append(b.shown, s.Name)
		lang := languages[s.Kind]
		if lang == "" {
			lang = "sh"
		}
		title := s.Title
		if s.Changes {
			title = b.join(title, say(" (this changes the system)"))
		}
		blocks = append(blocks, &code{title: title, lang: lang, body: s.Body})
		if s.Undo != nil {
			blocks = append(blocks, b.paragraph(b.join(say("To undo: "), s.Undo)))
		}
		if len(s.Placeholders) > 0 {
			blocks = append(blocks, b.paragraph(b.placeholders(s.Placeholders)))
		}
	}
	if above != nil {
		blocks = slices.Insert(blocks, begin, b.paragraph(b.join(say("See above: "), above, say("."))))
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
		if len(p.How) > 0 {
			t = append(append(t, mitigate.Span{Text: ": "}), p.How...)
		}
	}
	return b.spans.keep(append(t, mitigate.Span{Text: "."}))
}
