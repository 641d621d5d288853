package report

import (
	"strings"
	"testing"

	"github.com/falconer-go/falconer/event"
)

// TestAncestryGap: where the parent's name is missing, a process above it is not taken
// for the parent.
func TestAncestryGap(t *testing.T) {
	in := map[string]any{"proc.name": "sh", "proc.pname": "java", "proc.aname[2]": "tini", "proc.cmdline": "sh -c id", "container.id": "3ad7b26ded6d"}
	e := alertAt(t, 0, "node-1", "syscall", "R", "Warning", nil, in)
	if got := processTree([]*event.Event{e}).String(); !strings.Contains(got, "tini\n") || !strings.Contains(got, "java\n") {
		t.Errorf("the tree lacks an ancestor:\n%s", got)
	}
	if got := For(e).Brief().Markdown(); !strings.Contains(got, "`tini` → `java` → `sh`") {
		t.Errorf("the brief does not say what started what:\n%s", got)
	}
	delete(in, "proc.pname")
	e = alertAt(t, 0, "node-1", "syscall", "R", "Warning", nil, in)
	if got := processTree([]*event.Event{e}).String(); strings.Contains(got, "tini") || !strings.Contains(got, "sh -c id") {
		t.Errorf("the tree has a grandparent in the parent's place:\n%s", got)
	}
	if got := For(e).Brief().Markdown(); strings.Contains(got, "Process chain") {
		t.Errorf("the brief has a chain with a gap:\n%s", got)
	}
}
