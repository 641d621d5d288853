package event

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"sync"

	"github.com/falconer-go/falconer/internal/jsonstr"
)

// ID is the fingerprint of what an alert says. Two alerts with the same ID say
// the same; it is comparable and fit to be a map key. The zero ID is no
// alert's.
type ID [16]byte

// String returns the ID as 32 hexadecimal digits.
func (id ID) String() string { return hex.EncodeToString(id[:]) }

// MarshalText implements [encoding.TextMarshaler] as [ID.String] does.
func (id ID) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, id[:]), nil }

// UnmarshalText implements [encoding.TextUnmarshaler] for the form of
// [ID.String].
func (id *ID) UnmarshalText(text []byte) error {
	if len(text) != hex.EncodedLen(len(id)) {
		return fmt.Errorf("an ID has %d digits, not %d", hex.EncodedLen(len(id)), len(text))
	}
	_, err := hex.Decode(id[:], text)
	return err
}

// ID returns the alert's fingerprint, the same on every machine and for every
// form in which the alert travels: as Falco printed it, encoded again, or sent
// on by a relay.
//
// It is the first 16 bytes of the SHA-256 of a JSON object in the form of
// [Event.AppendJSON] with these members, numbers in one form for equal values:
//
//	fields    the output fields, without evt.time and evt.time.iso8601, which
//	          repeat the time and which a relay may round
//	hostname  the host
//	message   the message; where it was not printed, the output without the
//	          time and priority before it
//	priority  its name
//	rule      its name
//	source    its name, syscall where none is given or a relay made that
//	          syscalls
//	time      the time, as Falco prints it
//	v         1
//
// It does not cover the tags, which belong to the rule and which relays add
// to, nor keys that are not Falco's own, such as a relay's uuid. A field that
// is null and a field that is absent differ. A relay that changed any of the
// above, as by cutting a long text or rounding another number, made another
// alert of it.
func (e *Event) ID() ID {
	buf := idBuffers.Get().(*[]byte)
	defer idBuffers.Put(buf)
	*buf = e.appendIdentity((*buf)[:0])
	sum := sha256.Sum256(*buf)
	return ID(sum[:])
}

var idBuffers = sync.Pool{New: func() any { return new([]byte) }}

func (e *Event) appendIdentity(b []byte) []byte {
	var scratch [someFields]entry
	b = append(b, `{"fields":`...)
	open := len(b)
	for _, m := range e.Fields.inOrder(scratch[:]) {
		name := e.Fields.nameOf(m)
		if name == "evt.time" || name == "evt.time.iso8601" {
			continue
		}
		b = appendMember(b, open, name)
		b = appendValue(b, e.Fields.valueOf(m), canonicalNumbers)
	}
	if len(b) == open {
		b = append(b, '{')
	}
	b = append(b, `},"hostname":`...)
	b = jsonstr.Append(b, e.Hostname)
	b = append(b, `,"message":`...)
	b = jsonstr.Append(b, e.message())
	b = append(b, `,"priority":`...)
	b = jsonstr.Append(b, e.Priority.String())
	b = append(b, `,"rule":`...)
	b = jsonstr.Append(b, e.Rule)
	b = append(b, `,"source":`...)
	source := e.Source
	if source == "" || source == "syscalls" {
		source = "syscall"
	}
	b = jsonstr.Append(b, source)
	b = append(b, `,"time":"`...)
	b = appendTime(b, e.Time)
	return append(b, `","v":1}`...)
}

// message returns the message, or the output without its prefix, which is
// TIME: Priority and a space.
func (e *Event) message() string {
	if e.Message != "" {
		return e.Message
	}
	return withoutPrefix(e.Output)
}

func withoutPrefix(output string) string {
	_, rest, _ := cutPrefix(output)
	return rest
}

// prefix is what Falco prints before the message in text and in output.
type prefix struct {
	clock    string // the time as printed
	priority Priority
}

// cutPrefix splits TIME: Priority message. TIME is a time of day or a date
// with one, and reads as such.
func cutPrefix(s string) (p prefix, rest string, ok bool) {
	clock, rest, ok := strings.Cut(s, ": ")
	if !ok || len(clock) < len("15:04:05") || clock[0] < '0' || clock[0] > '9' {
		return prefix{}, s, false
	}
	if clock[2] == ':' {
		_, tail, ok := parseClock(clock)
		if !ok || tail != "" {
			return prefix{}, s, false
		}
	} else if _, ok := parseTime(clock); !ok {
		return prefix{}, s, false
	}
	name, message, _ := strings.Cut(rest, " ")
	if p.priority, ok = priorityOf(name); !ok {
		return prefix{}, s, false
	}
	p.clock = clock
	return p, message, true
}
