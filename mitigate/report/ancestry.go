package report

import "github.com/falconer-go/falconer/event"

// lineage are the fields with the names of a process, its parent and those above, the
// process first. A rule may print its parent as the first of the ancestors.
var lineage = [...][]string{
	{"proc.name"}, {"proc.pname", "proc.aname[1]"}, {"proc.aname[2]"}, {"proc.aname[3]"}, {"proc.aname[4]"}, {"proc.aname[5]"}, {"proc.aname[6]"}, {"proc.aname[7]"},
}

// ancestor is one process of a lineage, and the field that names it.
type ancestor struct{ field, name string }

// ancestry returns the lineage as far as the alert names it without a gap: behind one, a
// name would stand for the parent of a process that it did not start.
func ancestry(e *event.Event) []ancestor {
	list := make([]ancestor, 0, len(lineage))
	for _, fields := range lineage {
		a := named(e, fields)
		if a.name == "" {
			break
		}
		list = append(list, a)
	}
	return list
}

// named returns the first of the fields that has a name.
func named(e *event.Event, fields []string) ancestor {
	for _, field := range fields {
		if name := text(e, field); name != "" {
			return ancestor{field, name}
		}
	}
	return ancestor{}
}
