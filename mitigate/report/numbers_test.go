package report

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/falconer-go/falconer/mitigate"
)

// behindText are the numbers of its commands behind what to do with a finding.
var behindText = regexp.MustCompile(` Commands? [0-9]+(?:(?:, | and )[0-9]+)*\.$`)

// checkNumbers checks that each finding of the plan names its commands: all that stand in
// the document, by the number of the item that holds them, in the order of the plan.
func checkNumbers(t *testing.T, p *mitigate.Plan, r *Report, about string) {
	t.Helper()
	i := slices.IndexFunc(r.doc.sections, func(s section) bool { return s.title == "Do This First" })
	blocks := r.doc.sections[i].blocks
	var items []item // in order of their numbers
	var findings []item
	for _, b := range blocks {
		l, ok := b.(list)
		switch {
		case !ok:
		case !l.ordered:
			findings = append(findings, l.items...)
		case l.before != len(items):
			t.Errorf("%q: a list of commands goes on from %d, not from %d", about, l.before, len(items))
		default:
			items = append(items, l.items...)
		}
	}
	has := func(it item, body string) bool {
		return slices.ContainsFunc(it.blocks, func(b block) bool { c, ok := b.(*code); return ok && c.body == body })
	}
	check := func(o *mitigate.Outcome, found item) {
		text := found.text.String()
		rest, ok := strings.CutPrefix(text, o.Do.String())
		var numbers []string
		for _, s := range o.Snippets {
			at := 1 + slices.IndexFunc(items, func(it item) bool { return has(it, s.Body) })
			if x := fmt.Sprint(at); at > 0 && !slices.Contains(numbers, x) {
				numbers = append(numbers, x)
			}
		}
		want := ""
		if n := len(numbers); n > 1 {
			want = " Commands " + strings.Join(numbers[:n-1], ", ") + " and " + numbers[n-1] + "."
		} else if n == 1 {
			want = " Command " + numbers[0] + "."
		}
		if !ok || rest != want {
			t.Errorf("%q: %q ends with %q, want %q", about, text, rest, want)
		}
	}
	then := p.First.Then
	for _, it := range items {
		if it.lead != nil { // the finding that cannot wait
			check(&then[0], it)
			then = then[1:]
		}
	}
	if len(findings) > len(then) {
		t.Fatalf("%q: %d findings of %d", about, len(findings), len(then))
	}
	for i := range findings {
		check(&then[i], findings[i])
	}
}

// TestNumbers: the commands of the findings go on in the numbers of the checks, in every
// format.
func TestNumbers(t *testing.T) {
	r := For(parse(t, []byte(`{"rule": "Console Login Without MFA", "source": "aws_cloudtrail", "priority": "Critical", "time": "2026-01-02T03:04:05Z",
		"output": "a login", "output_fields": {"ct.user": "alice", "ct.srcip": "198.51.100.7", "ct.region": "us-east-1"}}`)))
	checkNumbers(t, r.plan, r, "a login")
	_, md, ok := strings.Cut(r.Markdown(), "\n### The commands for that\n\n")
	first, _, _ := strings.Cut(md, ". ")
	if !ok || first == "1" || strings.Trim(first, "0123456789") != "" {
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
