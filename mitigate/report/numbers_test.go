package report

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/falconer-go/falconer/mitigate"
)

// behindText are the numbers of the commands above behind what to do with a finding.
var behindText = regexp.MustCompile(` Run commands? [0-9]+(?:(?:, | and )[0-9]+)* above(?:\.|, and:)$`)

// checkNumbers checks that the commands of a report are numbered from 1 on without a gap,
// each shown once, and that each finding has its commands: those that stand above it by
// their numbers, in order, and the others in the list below it.
func checkNumbers(t *testing.T, p *mitigate.Plan, r *Report, about string) {
	t.Helper()
	i := slices.IndexFunc(r.doc.sections, func(s section) bool { return s.title == "Do This First" })
	blocks := r.doc.sections[i].blocks
	at := make(map[string]int) // of bodies, the number of the item
	used, found := 0, 0
	for i, b := range blocks {
		switch b := b.(type) {
		case list:
			if !b.ordered || b.before != used {
				t.Errorf("%q: a list of commands goes on from %d, not from %d", about, b.before, used)
			}
			for _, it := range b.items {
				used++
				for _, c := range it.blocks {
					if c, ok := c.(*code); ok {
						if at[c.body] > 0 {
							t.Errorf("%q: a command stands twice: %s", about, c.body)
						}
						at[c.body] = used
					}
				}
			}
		case *finding:
			o := &p.First.Then[found]
			found++
			var above []int
			for _, s := range o.Snippets {
				if n := at[s.Body]; n > 0 && !slices.Contains(above, n) {
					above = append(above, n)
				}
			}
			slices.Sort(above)
			_, more := blocks[min(i+1, len(blocks)-1)].(list)
			if want := o.Do.String() + runAbove(above, more); b.text.String() != want {
				t.Errorf("%q: %q, want %q", about, b.text, want)
			}
		}
	}
	if found == 0 && len(p.First.Then) > 0 {
		t.Errorf("%q: no finding", about)
	}
}

func runAbove(above []int, more bool) string {
	words := make([]string, len(above))
	for i, n := range above {
		words[i] = fmt.Sprint(n)
	}
	var s string
	switch n := len(words); n {
	case 0:
		return ""
	case 1:
		s = " Run command " + words[0]
	default:
		s = " Run commands " + strings.Join(words[:n-1], ", ") + " and " + words[n-1]
	}
	if more {
		return s + " above, and:"
	}
	return s + " above."
}

// TestNumbers: the commands of the findings go on in the numbers of the checks, in every
// format.
func TestNumbers(t *testing.T) {
	r := For(parse(t, []byte(`{"rule": "Console Login Without MFA", "source": "aws_cloudtrail", "priority": "Critical", "time": "2026-01-02T03:04:05Z",
		"output": "a login", "output_fields": {"ct.user": "alice", "ct.srcip": "198.51.100.7", "ct.region": "us-east-1"}}`)))
	checkNumbers(t, r.plan, r, "a login")
	_, md, ok := strings.Cut(r.Markdown(), "\n### Then, by what you find\n\n")
	m := regexp.MustCompile(`(?m)^([0-9]+)\. `).FindStringSubmatch(md)
	if !ok || m == nil {
		t.Fatalf("no commands of the findings: %.200s", md)
	}
	first := m[1]
	if first == "1" || strings.Trim(first, "0123456789") != "" {
		t.Fatalf("the commands do not go on from the checks: %.200s", md)
	}
	if html := r.HTML(); !strings.Contains(html, `<ol start="`+first+`">`) {
		t.Error("the list in HTML begins anew")
	}
	for name, text := range map[string]string{"text": r.Text(), "Slack": r.Slack()} {
		if !strings.Contains(text, "\n"+first+". ") && !strings.Contains(text, "\n  "+first+". ") {
			t.Errorf("%s has no command %s", name, first)
		}
	}
}
