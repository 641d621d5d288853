package proof

import (
	"slices"
	"strings"
	"testing"

	"github.com/falconer-go/falconer/mitigate"
	"github.com/falconer-go/falconer/mitigate/report"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/text"
)

// TestMarkdown parses reports on hostile alerts as GitHub does: nothing in them
// may be a link, an image, HTML or a heading that is not ours, and every value
// has to come out of the parser as it went in.
func TestMarkdown(t *testing.T) {
	md := goldmark.New(goldmark.WithExtensions(extension.GFM))
	all := ofEachKind(t)
	for _, v := range hostile {
		for _, e := range all {
			r := report.For(with(t, e, v, true))
			src := r.AppendMarkdown(nil)
			doc := md.Parser().Parse(text.NewReader(src))
			strong := 0
			err := ast.Walk(doc, func(n ast.Node, enter bool) (ast.WalkStatus, error) {
				if !enter {
					return ast.WalkContinue, nil
				}
				switch n := n.(type) {
				case *ast.Link, *ast.Image, *ast.AutoLink, *ast.RawHTML, *ast.HTMLBlock, *ast.ThematicBreak, *ast.Blockquote:
					t.Errorf("value %q in %q makes a %s", short(v), e.Rule, n.Kind())
				case *ast.Emphasis: // ours begin a paragraph or an item: the urgency before all else, labels, what may be found, steps and causes
					words, _ := n.FirstChild().(*ast.Text)
					strong++
					if n.Level != 2 || n.PreviousSibling() != nil || words == nil || !ourLabel(r.Plan(), string(words.Value(src)), strong == 1) {
						t.Errorf("value %q in %q makes a %s", short(v), e.Rule, n.Kind())
					}
				case *ast.Heading:
					if title := string(n.Lines().Value(src)); !ours(title) {
						t.Errorf("value %q in %q makes the heading %q", short(v), e.Rule, title)
					}
				}
				return ast.WalkContinue, nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if strong == 0 {
				t.Errorf("value %q in %q: the urgency is not set off", short(v), e.Rule)
			}
		}
	}
}

func ours(title string) bool {
	return strings.HasPrefix(title, "Falco Alert Report") || headings[title]
}

// ourLabel reports whether a text set off begins as ours do; the first of them is
// the urgency.
func ourLabel(p *mitigate.Plan, words string, first bool) bool {
	if strings.HasPrefix(words, "Urgency: ") || first {
		return first && strings.HasPrefix(words, "Urgency: ")
	}
	return strings.HasPrefix(words, "If ") || labels[words] || words != "" &&
		(slices.ContainsFunc(p.Steps, func(s mitigate.Step) bool { return beginsWith(s.Do, words) }) ||
			slices.ContainsFunc(p.Benign, func(c mitigate.Benign) bool { return beginsWith(c.Case, words) }))
}

// beginsWith reports whether t begins with these words of ours, but for the case
// of the first letter and the full stop behind a case.
func beginsWith(t mitigate.Text, words string) bool {
	begin := ""
	for _, s := range t {
		if s.Kind != mitigate.Plain {
			break
		}
		begin += s.Text
	}
	if strings.EqualFold(begin+".", words) {
		return true
	}
	return len(begin) >= len(words) && strings.EqualFold(begin[:len(words)], words)
}

var labels = map[string]bool{
	"Most likely:": true, "More likely:": true, "Confirm it:": true, "If that does not hold:": true, "What decides:": true, "What decides then:": true,
	"What this alert shows:": true, "What it means (confidence: high):": true, "What it suggests (confidence: medium):": true,
	"What it could mean (confidence: low):": true, "Harmless if it is:": true, "Harmless, too, if it is:": true,
	"Harmless if it is (no field points to it):": true, "Ask:": true,
}

var headings = map[string]bool{
	"Alert Details": true, "Analysis": true, "Potential Impact": true, "Mitigation Strategies": true, "Example Configuration": true,
	"Conclusion": true, "Mappings": true, "In Short": true, "Do This First": true, "What else the fields say": true, "What would make it benign": true,
	"Questions, in this order": true, "What this alert cannot tell": true, "Rules to look for in the same minutes": true,
	"Now: contain, and keep the evidence": true, "Next: eradicate and recover": true, "Later: harden": true, "Notes": true,
	"What the steps serve": true, "Then, by what you find": true, "Stop it before you look further": true, "Then look further": true, "Field by field": true,
}

func short(s string) string { return s[:min(len(s), 60)] }
