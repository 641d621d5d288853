package mitigate

import (
	"strings"
	"testing"

	"github.com/falconer-go/falconer/event"
	"github.com/falconer-go/falconer/rules"
)

// TestPriorityOfUpstream: a rule whose priority is not upstream's was changed by
// somebody here, which the urgency says; of a rule of another source with the same name
// nothing is known.
func TestPriorityOfUpstream(t *testing.T) {
	formerly := ""
	for s := range rules.Catalog() {
		if s.Source == "syscall" && s.Priority == event.Notice && len(s.Former) > 0 {
			formerly = s.Former[0] // what its priority was then is not known
		}
	}
	if formerly == "" {
		t.Fatal("no rule of that priority had another name")
	}
	for _, x := range []struct {
		rule, source, priority string
		says                   bool
	}{
		{"Terminal shell in container", "syscall", "Critical", true},
		{"Terminal shell in container", "syscall", "Notice", false},
		{"Terminal shell in container", "fleet", "Critical", false},
		{"A rule of our own", "syscall", "Critical", false},
		{formerly, "syscall", "Critical", false},
	} {
		e, err := event.Parse([]byte(`{"rule": "` + x.rule + `", "source": "` + x.source + `", "priority": "` + x.priority +
			`", "time": "2026-01-02T03:04:05Z", "output": "o", "output_fields": {"proc.name": "bash"}}`))
		if err != nil {
			t.Fatal(err)
		}
		because := For(e).Verdict.Because.String()
		if says := strings.Contains(because, "the rule's priority is Critical, where upstream's is Notice"); says != x.says {
			t.Errorf("%v: %s", x, because)
		}
	}
}
