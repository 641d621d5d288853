package mitigate

import (
	"slices"
	"strings"
	"testing"
)

// TestSourceOfFields: an alert without a source, or with the one that relays put
// there, is read as what its fields say it is.
func TestSourceOfFields(t *testing.T) {
	readings := func(source string) (names []string) {
		e := alertWith(t, "k8s_audit", map[string]any{"ka.user.name": "system:anonymous", "ka.verb": "get"})
		e.Source = source
		for _, r := range For(e).Readings {
			names = append(names, r.Name)
		}
		return names
	}
	want := readings("k8s_audit")
	if len(want) == 0 {
		t.Fatal("no readings")
	}
	for _, source := range []string{"", "syscall", "syscalls"} {
		if got := readings(source); !slices.Equal(got, want) {
			t.Errorf("source %q: %q, want %q", source, got, want)
		}
	}
}

// TestPlanStays: an alert gets the same plan, however many alerts came before, also where
// it has fields that alerts of its source never have.
func TestPlanStays(t *testing.T) {
	l, err := ownLibrary()
	if err != nil {
		t.Fatal(err)
	}
	for source, fields := range map[string]map[string]any{
		"my_audit":       {"ka.verb": "create", "ka.target.name": "minerd", "ka.resp.name": "xmrig", "ka.target.resource": "pods"},
		"my_trail":       {"ct.name": "ConsoleLogin", "ct.srcip": "45.76.83.140", "ct.user": "ada"},
		"k8s_audit":      {"ka.verb": "get", "proc.exepath": "/dev/shm/x", "proc.name": "x"},
		"okta":           {"okta.actor.name": "Ada", "proc.name": "event-generator"},
		"github":         {"github.user": "octocat", "github.owner": "octocat"},
		"no such source": {"any.field": "x"},
	} {
		e := alertWith(t, source, fields)
		first := applied(l.Plan(e, nil))
		for range manyAlerts + manyUses {
			if now := applied(l.Plan(e, nil)); now != first {
				t.Errorf("%s: first\n%s\nthen\n%s", source, first, now)
				break
			}
		}
	}
}

// applied returns what a plan is made of, and its verdict.
func applied(p *Plan) string {
	var b strings.Builder
	for _, a := range p.Applied {
		b.WriteString(a.Kind + " " + a.Name + "\n")
	}
	return b.String() + p.Verdict.Seen.String() + "\n" + p.Verdict.Suggests.String() + "\n" + p.Verdict.Because.String()
}

// TestUnknownSource: an alert of a source that is not known, with the fields of one that
// is, is read as one of that.
func TestUnknownSource(t *testing.T) {
	p := For(alertWith(t, "my_audit", map[string]any{"alert.rule": "Attach/Exec Pod", "ka.user.name": "ada", "ka.target.name": "shop-0", "ka.target.subresource": "exec"}))
	if !slices.ContainsFunc(p.Readings, func(r Reading) bool { return strings.HasPrefix(r.Name, "k8s-") }) {
		t.Errorf("nothing was read of a request: %+v", p.Readings)
	}
}
