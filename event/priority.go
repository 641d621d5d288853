package event

import "fmt"

// Priority is the severity a rule gives its alerts, on Falco's scale, which is
// that of syslog: the lower the number, the more severe.
//
// The zero value is Emergency, so a Priority is only meaningful where an alert
// or a caller set it.
type Priority uint8

// The priorities of Falco, most severe first.
const (
	Emergency Priority = iota
	Alert
	Critical
	Error
	Warning
	Notice
	Informational
	Debug
)

var priorityNames = [...]string{
	"Emergency", "Alert", "Critical", "Error", "Warning", "Notice", "Informational", "Debug",
}

// String returns the name that Falco prints: Informational, never Info.
func (p Priority) String() string {
	if int(p) < len(priorityNames) {
		return priorityNames[p]
	}
	return fmt.Sprintf("Priority(%d)", uint8(p))
}

// AtLeast reports whether p is as severe as floor or more severe.
func (p Priority) AtLeast(floor Priority) bool { return p <= floor }

// ParsePriority reads a priority by name in any case, as Falco's rules and its
// configuration accept it. Beside the eight names it knows Falco's one alias,
// info.
func ParsePriority(name string) (Priority, error) {
	if p, ok := priorityOf(name); ok {
		return p, nil
	}
	return 0, fmt.Errorf("unknown priority %q", clip(name))
}

func priorityOf(name string) (Priority, bool) {
	for i, known := range priorityNames {
		if equalFoldASCII(name, known) {
			return Priority(i), true
		}
	}
	if equalFoldASCII(name, "info") {
		return Informational, true
	}
	return 0, false
}

func equalFoldASCII(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		x, y := a[i], b[i]
		if 'A' <= x && x <= 'Z' {
			x += 'a' - 'A'
		}
		if 'A' <= y && y <= 'Z' {
			y += 'a' - 'A'
		}
		if x != y {
			return false
		}
	}
	return true
}

// MarshalText implements [encoding.TextMarshaler] with the name of p.
func (p Priority) MarshalText() ([]byte, error) {
	if int(p) >= len(priorityNames) {
		return nil, fmt.Errorf("unknown priority %d", uint8(p))
	}
	return []byte(priorityNames[p]), nil
}

// UnmarshalText implements [encoding.TextUnmarshaler] as [ParsePriority] does.
func (p *Priority) UnmarshalText(text []byte) error {
	v, err := ParsePriority(string(text))
	if err != nil {
		return err
	}
	*p = v
	return nil
}
