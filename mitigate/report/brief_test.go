package report

import (
	"strings"
	"testing"

	"github.com/falconer-go/falconer/mitigate"
)

// TestBriefHost: the name of Falco's own pod is not that of the host.
func TestBriefHost(t *testing.T) {
	if md := For(alertAt(t, 0, "falco-xczjd", "k8s_audit", "Attach/Exec Pod", "Notice", nil, map[string]any{"ka.user.name": "alice"})).Brief().Markdown(); !strings.Contains(md, "seen by the Falco in pod `falco-xczjd`.\n") {
		t.Error("what the API server logged happened on no node:", md)
	}
	for host, want := range map[string]string{
		"falco-xczjd":            ", seen by the Falco in pod `falco-xczjd`, whose node is the alert's.",
		"security-falco-7wb2q":   ", seen by the Falco in pod `security-falco-7wb2q`, whose node is the alert's.",
		"falco-node1":            ", seen by Falco on `falco-node1`.",
		"ip-10-0-3-17.internal.": ", seen by Falco on `ip-10-0-3-17.internal.`.",
		"":                       " UTC.",
	} {
		e := alertAt(t, 0, host, "syscall", "Terminal shell in container", "Notice", nil, map[string]any{"proc.name": "sh"})
		_, when, _ := strings.Cut(For(e).Brief().Markdown(), "**When:** ")
		if when, _, _ = strings.Cut(when, "\n"); !strings.HasSuffix(when, want) {
			t.Errorf("on %q: %s", host, when)
		}
	}
}

// TestBriefSure: a brief report leaves out readings that are hardly sure where three are,
// and has no more than two gaps.
func TestBriefSure(t *testing.T) {
	reading := func(name string, c mitigate.Confidence) mitigate.Reading {
		return mitigate.Reading{Name: name, Says: mitigate.Text{{Text: "It says " + name + "."}}, Confidence: c}
	}
	r := For(sample(t))
	plan := *r.Plan()
	plan.First.Facts = []mitigate.Reading{reading("one", mitigate.High), reading("two", mitigate.Low), reading("three", mitigate.Medium), reading("four", mitigate.High)}
	plan.Gaps = []mitigate.Reading{reading("gap one", mitigate.High), reading("gap two", mitigate.High), reading("gap three", mitigate.High)}
	says := func() string {
		var said []string
		md := New(&plan).Brief().Markdown()
		for _, name := range []string{"one", "two", "three", "four", "gap one", "gap two", "gap three"} {
			if strings.Contains(md, "It says "+name+".") {
				said = append(said, name)
			}
		}
		return strings.Join(said, ", ")
	}
	plan.Readings = plan.First.Facts
	if got := says(); got != "one, three, four, gap one, gap two" {
		t.Error(got)
	}
	plan.First.Facts[0].Confidence = mitigate.Low // two are left that are sure
	if got := says(); got != "one, two, three, four, gap one, gap two" {
		t.Error(got)
	}
	plan.Gaps = nil
	if md := New(&plan).Brief().Markdown(); strings.Contains(md, "does not show") {
		t.Error("the alert lacks nothing, and the brief says so at length")
	}
}

// TestBriefIncidentFew: that of an incident has no more findings than that of an alert.
func TestBriefIncidentFew(t *testing.T) {
	e := alertAt(t, 0, "collector", "aws_cloudtrail", "Console Login Without MFA", "Critical", nil, map[string]any{"ct.user": "alice", "ct.srcip": "198.51.100.7"})
	r := Incident(e, e)
	whole := strings.Count(r.Markdown(), "**If ")
	if n := strings.Count(r.Brief().Markdown(), "**If "); n > maxOutcomes || n >= whole {
		t.Errorf("%d findings of %d", n, whole)
	}
}
