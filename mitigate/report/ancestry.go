package report

import "github.com/falconer-go/falconer/event"

// lineage are the fields with the names of a process, its parent and those above, the
// process first.
var lineage = [...]string{"proc.name", "proc.pname", "proc.aname[2]", "proc.aname[3]", "proc.aname[4]", "proc.aname[5]", "proc.aname[6]", "proc.aname[7]"}

// ancestry returns how many of the lineage the alert names without a gap: behind one, a
// name would stand for the parent of a process that it did not start.
func ancestry(e *event.Event) int {
	for i, field := range lineage {
		if text(e, field) == "" {
			return i
		}
	}
	return len(lineage)
}
