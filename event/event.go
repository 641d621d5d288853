package event

import (
	"strconv"
	"strings"
	"time"
)

// Event is one Falco alert. It is read-only after decoding: any number of
// goroutines may read it at the same time, and none may write to it.
type Event struct {
	Time     time.Time // when the event happened, to the nanosecond, in UTC
	Rule     string    // the rule's name; empty in an alert from a line of text alone, see FromText
	Priority Priority
	Source   string   // syscall, k8s_audit, aws_cloudtrail, ...; internal for Falco's own; "" from Falco before 0.30
	Hostname string   // the host Falco ran on; "" from Falco before 0.33
	Output   string   // the text for people, with time and priority before it
	Message  string   // Output without that prefix; only where json_include_message_property is on
	Tags     []string // the rule's tags; nil if the alert has no tags key
	Fields   Fields   // output_fields

	extra    Fields     // top-level keys that Falco does not print
	has      present    // the keys that were there, where emptiness does not tell
	timeFrom TimeSource // where Time came from
}

// present is a set of top-level keys.
type present uint8

const (
	hasHostname present = 1 << iota
	hasMessage
	hasOutput
	hasFields
	hasSource
)

// Extra yields the top-level keys that are not Falco's own, such as the uuid
// that a relay adds, in the order of the alert.
func (e *Event) Extra() Fields { return e.extra }

// Field returns what a condition reads under a name: a field of the alert
// itself if the name begins with alert., else the output field of that name.
// The alert-level names are
//
//	alert.rule, alert.source, alert.hostname, alert.output   text
//	alert.priority   the priority's name
//	alert.severity   its syslog number, 0 (emergency) to 7 (debug)
//	alert.tags       a list
//	alert.time       nanoseconds since 1970
//	alert.id         the alert's ID
func (e *Event) Field(name string) Value {
	if rest, ok := strings.CutPrefix(name, "alert."); ok {
		return e.alertField(rest)
	}
	return e.Fields.Get(name)
}

// FieldNear is [Event.Field] for a caller that asks alert after alert for the
// same name: alerts of one rule have their fields in the same places. guess is
// the index that the field had in another alert, and at the one that it has in
// this; both are -1 for none.
func (e *Event) FieldNear(name string, guess int) (v Value, at int) {
	if rest, ok := strings.CutPrefix(name, "alert."); ok {
		return e.alertField(rest), -1
	}
	f := &e.Fields
	if uint(guess) < uint(len(f.index)) {
		if at := &f.index[guess]; at.nameIn(f.text) == name {
			return at.valueIn(f.text), guess
		}
	}
	return f.find(name)
}

func (e *Event) alertField(name string) Value {
	switch name {
	case "rule":
		return StringValue(e.Rule)
	case "source":
		return StringValue(e.Source)
	case "hostname":
		return StringValue(e.Hostname)
	case "output":
		return StringValue(e.Output)
	case "priority":
		return StringValue(e.Priority.String())
	case "severity":
		return IntValue(int64(e.Priority))
	case "time":
		return IntValue(e.Time.UnixNano())
	case "tags":
		return Value{text: string(appendStrings(nil, e.Tags)), kind: Array}
	case "id":
		return StringValue(e.ID().String())
	}
	return Value{}
}

func clip(s string) string {
	const most = 64
	if len(s) > most {
		return s[:most] + "..." + strconv.Itoa(len(s)-most) + " more"
	}
	return s
}
