package report

import (
	"strings"
	"testing"
)

// TestBriefHost: the name of Falco's own pod is not that of the host.
func TestBriefHost(t *testing.T) {
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
