package mitigate

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

// TestAged: an old alert is said to be so, and where the logs of its time are gone,
// that too.
func TestAged(t *testing.T) {
	for _, x := range []struct {
		source string
		age    time.Duration
		want   string // "" for nothing
	}{
		{"syscall", -time.Hour, ""},
		{"syscall", 30*day - time.Hour, ""},
		{"syscall", 30*day + time.Hour, "is 30 days old"},
		{"syscall", 3 * 366 * day, "is 3 years old"},
		{"k8s_audit", 40 * day, "rotated away"},
		{"aws_cloudtrail", 80 * day, "is 80 days old"},
		{"aws_cloudtrail", 91 * day, "ends after 90 days"},
		{"gcp_auditlog", 401 * day, "400 days"},
		{"okta", 100 * day, "ends after 90 days"},
		{"github", 200 * day, "ends after 180 days"},
		{"unheard", 60 * day, "is 60 days old"},
	} {
		e := alertWith(t, x.source, nil)
		got := For(e).Aged(e.Time.Add(x.age)).String()
		if x.want == "" && got != "" || !strings.Contains(got, x.want) {
			t.Errorf("%s, %v: %q, want %q", x.source, x.age, got, x.want)
		}
	}
	e := alertWith(t, "aws_cloudtrail", map[string]any{"ct.user": "dana", "ct.region": "us-east-1"})
	e.Rule = "Create AWS user"
	p := For(e)
	young, late := p.At(e.Time.Add(80*day)), p.At(e.Time.Add(100*day))
	const name = "absent-aws_cloudtrail"
	last := len(p.First.Then) - 1
	if p.At(time.Time{}) != p || len(young.First.Then[last].Snippets) > 0 || len(p.First.Then[last].Snippets) == 0 || young.First.Then[last].Find.String() != p.First.Then[last].Find.String() {
		t.Error("the command that looks in the bucket is not left out while the history has the call")
	}
	if p.First.Actions[1].Snippets[0].Name == name || late.First.Actions[1].Snippets[0].Name != name {
		t.Errorf("first actions: %q, %q after the logs' end", p.First.Actions[0].Do, late.First.Actions[0].Do)
	}
	if got := new(Plan).At(time.Now()); got.Event != nil {
		t.Error("a plan of nobody is another")
	}
	if got := new(Plan).Aged(time.Time{}); got != nil {
		t.Errorf("a plan of nobody: %q", got)
	}
}

// TestPassing: weeks after the alert, no first step shows processes, as long as there
// are others.
func TestPassing(t *testing.T) {
	p := For(alertWith(t, "syscall", map[string]any{
		"alert.rule": "Drop and execute new binary in container", "container.id": "3ad7b26ded6d", "proc.name": "x", "proc.exepath": "/tmp/x", "proc.cmdline": "/tmp/x",
	}))
	of := func(p *Plan) (names []string) {
		for _, a := range p.First.Actions {
			for _, s := range a.Snippets {
				if s.passing {
					names = append(names, s.Name)
				}
			}
		}
		return names
	}
	when := p.Event.Time
	if fresh := of(p.At(when.Add(time.Hour))); len(fresh) == 0 {
		t.Error("an hour later, no first step shows processes or connections")
	}
	if late := of(p.At(when.Add(old))); len(late) != 0 {
		t.Errorf("a month later, first steps are %q", late)
	}
	if n := len(p.At(when.Add(old)).First.Actions); n < leastActions {
		t.Errorf("%d first steps are left", n)
	}
}

// TestKnowledgeOfAge: what the knowledge says of old alerts is in the plan of somebody
// who reads it late, and in no other.
func TestKnowledgeOfAge(t *testing.T) {
	l, err := Default().With(fstest.MapFS{"own.yaml": {Data: []byte("- urgency: own\n  if: where age(alert.time) > 30d\n  step: -1\n  because: it is stale\n")}})
	if err != nil {
		t.Fatal(err)
	}
	e := alertWith(t, "syscall", map[string]any{"alert.rule": "Terminal shell in container", "proc.name": "sh"})
	p := l.Plan(e, nil)
	stale := func(p *Plan) bool { return strings.Contains(p.Verdict.Because.String(), "it is stale") }
	if stale(p) || stale(p.At(time.Time{})) || stale(p.At(e.Time.Add(24*time.Hour))) {
		t.Error("a fresh alert is said to be stale")
	}
	if !stale(p.At(e.Time.Add(31 * 24 * time.Hour))) {
		t.Error("an old alert is not said to be stale")
	}
	p.Remarks = append(p.Remarks, Remark{})
	if stale(p.At(e.Time.Add(31 * 24 * time.Hour))) {
		t.Error("what an advisor added is lost")
	}
}

// TestOldCloud: what cannot be done or seen any more for an old alert of a cloud is no
// step, and the present state stands before the search in an export.
func TestOldCloud(t *testing.T) {
	e := alertWith(t, "gcp_auditlog", map[string]any{
		"alert.rule": "GCP IAM serviceAccount deleted", "gcp.user": "dana@acme.dev", "gcp.projectId": "acme-prod",
		"gcp.authorizationInfo": `[{"granted":true,"permission":"iam.serviceAccounts.delete","resource":"projects/-/serviceAccounts/101363364166838521279"}]`,
	})
	p := For(e)
	bodies := func(p *Plan) string {
		var b strings.Builder
		for _, a := range p.First.Actions {
			for _, s := range a.Snippets {
				b.WriteString(s.Body)
			}
		}
		for _, o := range p.First.Then {
			for _, s := range o.Snippets {
				b.WriteString(s.Body)
			}
		}
		return b.String()
	}
	if fresh := bodies(p.At(e.Time.Add(day))); !strings.Contains(fresh, " undelete ") || !strings.Contains(fresh, "--freshness=400d") {
		t.Error("the account of yesterday is not restored")
	}
	if late := bodies(p.At(e.Time.Add(31 * day))); strings.Contains(late, " undelete ") || !strings.Contains(late, "--freshness=400d") {
		t.Error("after a month the account is restored, or its log is not read")
	}
	gone := p.At(e.Time.Add(401 * day))
	if body := bodies(gone); strings.Contains(body, " undelete ") || strings.Contains(body, "--freshness=400d") {
		t.Errorf("the log that is gone is read:\n%s", body)
	}
	if a := gone.First.Actions; a[0].Snippets[0].Name != "gcloud-sa-deleted" || a[1].Snippets[0].Name != "absent-gcp_auditlog" {
		t.Errorf("first steps: %q, %q", a[0].Do, a[1].Do)
	}
	e = alertWith(t, "aws_cloudtrail", map[string]any{"alert.rule": "Delete Group", "ct.user": "dana", "ct.region": "us-east-1", "ct.srcip": "192.0.2.24", "ct.request.groupname": "ops"})
	for _, a := range For(e).At(e.Time.Add(91 * day)).First.Actions {
		for _, s := range a.Snippets {
			if strings.Contains(s.Body, "lookup-events") {
				t.Errorf("the event history that is gone is read:\n%s", s.Body)
			}
		}
	}
}
