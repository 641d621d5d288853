package proof

import (
	"bytes"
	"strings"
	"testing"

	"github.com/falconer-go/falconer/mitigate/report"
	"golang.org/x/net/html"
)

// TestHTML parses reports on hostile alerts as a browser does: the elements and
// attributes are the same whatever the values are.
func TestHTML(t *testing.T) {
	all := ofEachKind(t)
	for _, e := range all {
		for _, v := range hostile {
			for name, page := range map[string][]byte{
				"alert":    report.For(with(t, e, v, true)).AppendHTML(nil),
				"incident": report.Incident(with(t, e, v, true), e).AppendHTML(nil),
			} {
				checkElements(t, page, name+" with "+short(v))
			}
		}
	}
}

// allowed are the elements a page is made of, with the attributes each may have.
var allowed = map[string]string{
	"html": "lang", "head": "", "meta": "charset http-equiv content name", "title": "", "style": "", "script": "", "body": "",
	"a": "class href", "header": "", "main": "id", "footer": "", "nav": "aria-label", "section": "aria-labelledby", "div": "class tabindex role aria-label",
	"h1": "", "h2": "id", "h3": "", "small": "", "strong": "", "p": "", "ul": "", "ol": "start", "li": "", "dl": "", "dt": "", "dd": "", "code": "class",
	"figure": "data-copy", "figcaption": "", "span": "", "pre": "tabindex role aria-label", "table": "", "thead": "", "tbody": "", "tr": "",
	"th": "scope", "td": "", "details": "", "summary": "",
	"svg": "role aria-label viewbox width height", "path": "class d", "rect": "class x y rx width height", "text": "x y",
}

func checkElements(t *testing.T, page []byte, about string) {
	t.Helper()
	scripts := 0
	z := html.NewTokenizer(bytes.NewReader(page))
	for {
		tt := z.Next()
		if tt == html.ErrorToken {
			break
		}
		tok := z.Token()
		switch tt {
		case html.CommentToken:
			t.Errorf("%s: comment %q", about, short(tok.Data))
		case html.StartTagToken, html.SelfClosingTagToken:
			attrs, ok := allowed[tok.Data]
			if !ok {
				t.Errorf("%s: element %q", about, tok.Data)
			}
			for _, a := range tok.Attr {
				if !strings.Contains(" "+attrs+" ", " "+strings.ToLower(a.Key)+" ") {
					t.Errorf("%s: attribute %q of %q", about, a.Key, tok.Data)
				}
				if a.Key == "href" && !strings.HasPrefix(a.Val, "#") {
					t.Errorf("%s: link to %q", about, a.Val)
				}
			}
			if tok.Data == "script" {
				scripts++
			}
		}
	}
	if scripts != 1 {
		t.Errorf("%s: %d scripts, want ours alone", about, scripts)
	}
}
