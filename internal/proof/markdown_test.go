package proof

import (
	"strings"
	"testing"

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
			src := report.For(with(t, e, v, true)).AppendMarkdown(nil)
			doc := md.Parser().Parse(text.NewReader(src))
			strong := 0
			err := ast.Walk(doc, func(n ast.Node, enter bool) (ast.WalkStatus, error) {
				if !enter {
					return ast.WalkContinue, nil
				}
				switch n := n.(type) {
				case *ast.Link, *ast.Image, *ast.AutoLink, *ast.RawHTML, *ast.HTMLBlock, *ast.ThematicBreak, *ast.Blockquote:
					t.Errorf("value %q in %q makes a %s", short(v), e.Rule, n.Kind())
				case *ast.Emphasis: // ours is the urgency, before all else
					words, _ := n.FirstChild().(*ast.Text)
					if strong++; strong > 1 || n.Level != 2 || words == nil || !strings.HasPrefix(string(words.Value(src)), "Urgency: ") {
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
			if strong != 1 {
				t.Errorf("value %q in %q: the urgency is not set off", short(v), e.Rule)
			}
		}
	}
}

func ours(title string) bool {
	return strings.HasPrefix(title, "Falco Alert Report") || headings[title]
}

var headings = map[string]bool{
	"Alert Details": true, "Analysis": true, "Potential Impact": true, "Mitigation Strategies": true, "Example Configuration": true,
	"Conclusion": true, "Mappings": true, "In Short": true, "Do This First": true, "What else the fields say": true, "What would make it benign": true,
	"Questions, in this order": true, "What this alert cannot tell": true, "Rules to look for in the same minutes": true,
	"Now: contain, and keep the evidence": true, "Next: eradicate and recover": true, "Later: harden": true, "Notes": true,
	"What the steps serve": true,
}

func short(s string) string { return s[:min(len(s), 60)] }
