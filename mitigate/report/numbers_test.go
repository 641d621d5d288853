package report

import (
	"regexp"
	"strings"
	"testing"
)

var (
	commandNumbers = regexp.MustCompile(`Commands? ([0-9][0-9, and]*)\.$`)
	itemNumber     = regexp.MustCompile(`^([0-9]+)\. `)
	number         = regexp.MustCompile(`[0-9]+`)
)

// checkNumbers checks that each number which a finding names is that of one command, a
// check above it or one of those behind the findings, and that a finding names each of
// these. It returns how many were named.
func checkNumbers(t *testing.T, md, about string) int {
	t.Helper()
	_, md, _ = strings.Cut(md, "\n## Do This First\n")
	md, _, _ = strings.Cut(md, "\n## ")
	_, rest, _ := strings.Cut(md, "\n### Then, by what you find\n")
	findings, commands, _ := strings.Cut(rest, "\n### The commands for that\n")
	stands, wanted := make(map[string]int), make(map[string]bool)
	for line := range strings.Lines(md) {
		if m := itemNumber.FindStringSubmatch(line); m != nil {
			stands[m[1]]++
		}
	}
	for line := range strings.Lines(findings) {
		if m := commandNumbers.FindStringSubmatch(strings.TrimSpace(line)); m != nil {
			for _, n := range number.FindAllString(m[1], -1) {
				if wanted[n] = true; stands[n] != 1 {
					t.Errorf("%q has %d commands %s:\n%s", about, stands[n], n, md)
				}
			}
		}
	}
	for line := range strings.Lines(commands) {
		if m := itemNumber.FindStringSubmatch(line); m != nil && !wanted[m[1]] {
			t.Errorf("no finding of %q names command %s:\n%s", about, m[1], md)
		}
	}
	return len(wanted)
}

// TestNumbers: a finding names its commands by number, in every format.
func TestNumbers(t *testing.T) {
	r := For(parse(t, []byte(`{"rule": "Console Login Without MFA", "source": "aws_cloudtrail", "priority": "Critical", "time": "2026-01-02T03:04:05Z",
		"output": "a login", "output_fields": {"ct.user": "alice", "ct.srcip": "198.51.100.7", "ct.region": "us-east-1"}}`)))
	whole, brief := checkNumbers(t, r.Markdown(), "a login"), checkNumbers(t, r.Brief().Markdown(), "a login")
	if brief == 0 || whole < brief {
		t.Errorf("findings name %d commands in the whole report, %d in the brief one", whole, brief)
	}
	_, md, _ := strings.Cut(r.Markdown(), "\n### The commands for that\n")
	first := itemNumber.FindStringSubmatch(strings.TrimSpace(md))
	if first == nil || first[1] == "1" {
		t.Fatalf("the commands do not go on from the checks: %.200s", md)
	}
	if html := r.HTML(); !strings.Contains(html, `<ol start="`+first[1]+`">`) {
		t.Error("the list in HTML begins anew")
	}
	for name, text := range map[string]string{"text": r.Text(), "Slack": r.Slack()} {
		if !strings.Contains(text, "\n"+first[1]+". ") && !strings.Contains(text, "\n  "+first[1]+". ") {
			t.Errorf("%s has no command %s", name, first[1])
		}
	}
}
