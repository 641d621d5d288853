package event

import (
	"crypto/sha256"
	"encoding/binary"
	"strings"
)

// KeyFunc says which alerts belong together: those for which it returns the
// same key. It must be safe for concurrent use.
type KeyFunc func(e *Event) string

// ByID is a [KeyFunc] under which only alerts that say the same belong
// together; see [Event.ID].
func ByID(e *Event) string {
	id := e.ID()
	return string(id[:])
}

// ByRule is a [KeyFunc] that groups by the rule's name.
func ByRule(e *Event) string { return e.Rule }

// ByHost is a [KeyFunc] that groups by the host that Falco ran on.
func ByHost(e *Event) string { return e.Hostname }

// ByContainer is a [KeyFunc] that groups by host and container.
func ByContainer(e *Event) string { return byContainer(e) }

var byContainer = ByFields("alert.hostname", "container.id")

// ByFields returns a [KeyFunc] that groups by the values of fields, named as
// for [Event.Field]. A field that is absent, one that is null and one that is
// empty differ. The keys are digests, so their size does not depend on the
// alert.
func ByFields(names ...string) KeyFunc {
	names = append([]string(nil), names...)
	return func(e *Event) string {
		buf := make([]byte, 0, 256)
		for _, name := range names {
			v := e.Field(name)
			buf = append(buf, byte(v.Kind()))
			buf = binary.AppendUvarint(buf, uint64(len(v.Text())))
			buf = append(buf, v.Text()...)
		}
		sum := sha256.Sum256(buf)
		return string(sum[:16])
	}
}

// stored returns a key that may be kept: of bounded size, and not part of the
// text of an alert, which it would keep in memory.
func stored(key string) string {
	if len(key) <= 64 {
		return strings.Clone(key)
	}
	sum := sha256.Sum256([]byte(key))
	return string(sum[:])
}
