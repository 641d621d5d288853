package event

import (
	"errors"
	"strings"
	"time"
)

var errNotText = errors.New("not the text of an alert")

// ParseText decodes one alert as Falco prints it without json_output:
//
//	14:32:07.191837261: Warning Log files were tampered | file=/var/log/syslog user=root
//
// with a time of day or, where time_format_iso_8601 is on, a date and time.
// It says less than JSON does, and [Event.FromText] tells it apart:
//
//   - Output is the line. There is no rule, source, host or list of tags, but
//     for Falco's own events, whose text names the rule. An alert without a
//     rule encodes to JSON that is no alert: a [Draft] of it can be given one.
//   - A time of day gets the date that brings it closest to near, in near's
//     location, which has to be that of the Falco that printed the line. If
//     near is zero, it stands on the first day of the year 1.
//   - Fields are those of a tail in the form (user=root command=ls) or
//     | user=root command=ls, where it is clear which of Falco's fields a
//     label stands for and where its value ends; a label that stands for
//     none keeps its own name. Whoever caused the event may have written text
//     that looks like such a tail: where it matters, have Falco print JSON.
//
// An error is a *[SyntaxError].
func ParseText(line string, near time.Time) (*Event, error) {
	e := new(Event)
	if err := e.decodeText(line, near, Limits{}.orDefault()); err != nil {
		return nil, err
	}
	return e, nil
}

// FromText reports whether the alert was read from a line of text, and so is
// of lower fidelity: see [ParseText].
func (e *Event) FromText() bool { return e.timeFrom >= TimeOfText }

func (e *Event) decodeText(line string, near time.Time, l Limits) error {
	*e = Event{}
	if len(line) > l.RecordBytes {
		return tooLong(l)
	}
	line = validUTF8(strings.Clone(strings.TrimRight(line, " \t\r\n")))
	p, message, ok := cutPrefix(line)
	if !ok {
		return &SyntaxError{Err: errNotText}
	}
	*e = Event{Output: line, Priority: p.priority, has: hasOutput}
	e.Time, e.timeFrom = p.time(near)
	if e.Rule = internalRule(message); e.Rule != "" {
		e.Source = internalSource
		e.has |= hasSource
		e.Fields = internalTail(message, l)
		return nil
	}
	e.Fields = tailFields(message, l)
	return nil
}

// time reads the clock of a prefix, for a time of day on the date that is
// closest to near.
func (p prefix) time(near time.Time) (time.Time, TimeSource) {
	if t, ok := parseTime(p.clock); ok {
		return t, TimeOfText
	}
	clock, _, _ := parseClock(p.clock)
	if near.IsZero() {
		return time.Time{}.Add(clock), TimeOfNothing
	}
	var best time.Time
	for day := -1; day <= 1; day++ {
		y, m, d := near.Date()
		// By the hands of the clock, which a change of summer time moves.
		t := time.Date(y, m, d+day, int(clock.Hours()), int(clock.Minutes())%60, int(clock.Seconds())%60,
			int(clock%time.Second), near.Location())
		if best.IsZero() || t.Sub(near).Abs() < best.Sub(near).Abs() {
			best = t
		}
	}
	return best.UTC(), TimeOfDay
}

// label is what stands before the = in a tail of the rules that come with
// Falco, by the field that it stands for.
type label struct {
	field string
	form  labelForm
}

type labelForm uint8

const (
	aWord   labelForm = iota // has no space in it
	aNumber                  // is an integer
	aText                    // may have anything in it, the text of other labels too
)

// labels stand for one field wherever they turn up.
var labels = map[string]label{
	"evt_type": {"evt.type", aWord}, "user_uid": {"user.uid", aNumber}, "user_loginuid": {"user.loginuid", aNumber},
	"user_loginname": {"user.loginname", aWord}, "proc_exepath": {"proc.exepath", aText}, "proc_exe": {"proc.exe", aText},
	"proc_cmdline": {"proc.cmdline", aText}, "proc_sname": {"proc.sname", aText}, "proc_cwd": {"proc.cwd", aText},
	"proc_pcmdline": {"proc.pcmdline", aText}, "pcmdline": {"proc.pcmdline", aText}, "cmdline": {"proc.cmdline", aText},
	"gparent": {"proc.aname[2]", aText}, "ggparent": {"proc.aname[3]", aText}, "gggparent": {"proc.aname[4]", aText},
	"terminal": {"proc.tty", aNumber}, "exe_flags": {"evt.arg.flags", aWord}, "container_id": {"container.id", aWord},
	"container_name": {"container.name", aWord}, "container_image": {"container.image.repository", aWord},
	"container_image_repository": {"container.image.repository", aWord}, "container_image_tag": {"container.image.tag", aWord},
	"container_start_ts": {"container.start_ts", aNumber}, "k8s_ns": {"k8s.ns.name", aWord}, "k8s_ns_name": {"k8s.ns.name", aWord},
	"k8s.ns": {"k8s.ns.name", aWord}, "k8s_pod_name": {"k8s.pod.name", aWord}, "k8s_pod": {"k8s.pod.name", aWord},
	"k8s.pod": {"k8s.pod.name", aWord}, "proc_exe_ino_ctime": {"proc.exe_ino.ctime", aNumber},
	"proc_exe_ino_mtime": {"proc.exe_ino.mtime", aNumber}, "fd_type": {"fd.type", aWord}, "fd_proto": {"fd.l4proto", aWord},
	"fd_l4proto": {"fd.l4proto", aWord}, "lport": {"fd.lport", aNumber}, "rport": {"fd.rport", aNumber},
}

// syscallLabels stand for that field in the tail of a syscall rule, and
// auditLabels in that of a k8s_audit rule.
var (
	syscallLabels = map[string]label{
		"user": {"user.name", aWord}, "process": {"proc.name", aText}, "shell": {"proc.name", aText}, "parent": {"proc.pname", aText},
		"command": {"proc.cmdline", aText}, "file": {"fd.name", aText}, "connection": {"fd.name", aWord},
		"container": {"container.id", aWord}, "image": {"container.image.repository", aWord},
	}
	auditLabels = map[string]label{
		"user": {"ka.user.name", aWord}, "verb": {"ka.verb", aWord}, "resource": {"ka.target.resource", aWord},
		"ns": {"ka.target.namespace", aWord}, "resp": {"ka.response.code", aWord}, "uri": {"ka.uri", aWord},
		"decision": {"ka.auth.decision", aWord}, "reason": {"ka.auth.reason", aText},
	}
)

// part is a label of a tail with the text up to the next one.
type part struct{ label, value string }

// tailFields recovers the fields of a message.
func tailFields(message string, l Limits) Fields {
	tail, ok := findTail(message)
	if !ok {
		return Fields{}
	}
	parts := splitTail(tail, l.Fields)
	count := map[string]int{}
	syscall, audit := false, false
	for _, p := range parts {
		count[p.label]++
		_, known := labels[p.label]
		syscall = syscall || known
		audit = audit || p.label == "verb" || p.label == "resource"
	}
	resolve := func(name string) (label, bool) {
		if f, ok := labels[name]; ok {
			return f, true
		}
		var f label
		ok := false
		switch {
		case syscall && !audit:
			f, ok = syscallLabels[name]
		case audit && !syscall:
			f, ok = auditLabels[name]
		}
		return f, ok
	}
	var names []string
	var values []Value
	seen := map[string]bool{}
	add := func(name string, v Value) {
		if seen[name] { // two labels for one field, as user_uid before and after
			return
		}
		seen[name] = true
		names, values = append(names, name), append(values, v)
	}
	for i, p := range parts {
		f, known := resolve(p.label)
		if !known {
			f = label{p.label, aWord}
		}
		v, ok := f.read(p.value)
		// A label that comes twice may be one of Falco and one in a text that
		// the event's cause wrote; and behind such a text, so may one that no
		// rule of Falco's own prints.
		twice := count[p.label] > 1 && !sameValues(parts, p.label)
		inText := !known && i > 0 && textBefore(parts[:i], resolve)
		cut := f.form == aText && i+1 < len(parts) && !isKnown(resolve, parts[i+1].label)
		if ok && !twice && !inText && !cut {
			add(f.field, v)
		}
	}
	return newFields(names, values)
}

func isKnown(resolve func(string) (label, bool), name string) bool {
	_, ok := resolve(name)
	return ok
}

// textBefore reports whether the last known label is one whose text may hold
// labels.
func textBefore(parts []part, resolve func(string) (label, bool)) bool {
	for i := len(parts) - 1; i >= 0; i-- {
		if f, known := resolve(parts[i].label); known {
			return f.form == aText
		}
	}
	return false
}

func sameValues(parts []part, label string) bool {
	first := ""
	for i, p := range parts {
		if p.label != label {
			continue
		}
		if first == "" {
			first = p.value
		}
		if parts[i].value != first {
			return false
		}
	}
	return true
}

// read makes a value of the text behind a label.
func (f label) read(text string) (v Value, ok bool) {
	if text == notAvailable {
		return NullValue(), true
	}
	switch f.form {
	case aNumber:
		_, ok := parseInt(text)
		return Value{text: text, kind: Number}, ok && validNumber(text)
	case aWord:
		return StringValue(text), !strings.ContainsAny(text, " \t")
	}
	return StringValue(text), true
}

// findTail returns the part of a message that is a list of labels: what
// follows the first " | " before a label, what stands in a parenthesis that
// begins with a label and what follows that, or all of it.
func findTail(message string) (tail string, ok bool) {
	if startsWithLabel(message) {
		return message, true
	}
	for rest, more := message, true; more; {
		if _, rest, more = strings.Cut(rest, " | "); startsWithLabel(rest) {
			return rest, true
		}
	}
	for at := 0; ; {
		open := strings.IndexByte(message[at:], '(')
		if open < 0 {
			return "", false
		}
		at += open + 1
		tail := message[at:]
		if !startsWithLabel(tail) {
			continue
		}
		// The parenthesis closes at the end, or before more labels.
		if inside, ok := strings.CutSuffix(tail, ")"); ok {
			return inside, true
		}
		for end := len(tail); ; {
			end = strings.LastIndex(tail[:end], ") ")
			if end < 0 {
				return tail, true
			}
			if startsWithLabel(tail[end+2:]) {
				return tail[:end] + tail[end+1:], true
			}
		}
	}
}

func startsWithLabel(s string) bool { return labelLen(s) > 0 }

// labelLen returns the length of the label that s begins with, without its =.
func labelLen(s string) int {
	for i := range len(s) {
		c := s[i]
		switch {
		case c == '=':
			return i
		case 'a' <= c|0x20 && c|0x20 <= 'z' || c == '_':
		case i > 0 && ('0' <= c && c <= '9' || c == '.'):
		default:
			return 0
		}
	}
	return 0
}

// splitTail splits a tail at every label. Labels follow a space; where commas
// stand before all of them, they are not part of the values.
func splitTail(tail string, most int) []part {
	var parts []part
	commas := true
	for len(tail) > 0 && len(parts) < most {
		n := labelLen(tail)
		if n == 0 {
			break
		}
		name := tail[:n]
		tail = tail[n+1:]
		end := len(tail)
		next := end
		for at := 0; at < len(tail); at++ {
			if tail[at] == ' ' && startsWithLabel(tail[at+1:]) {
				end, next = at, at+1
				break
			}
		}
		parts = append(parts, part{name, tail[:end]})
		if next < len(tail) && !strings.HasSuffix(tail[:end], ",") {
			commas = false
		}
		tail = tail[next:]
	}
	if commas && len(parts) > 1 {
		for i := range parts[:len(parts)-1] {
			parts[i].value = strings.TrimSuffix(parts[i].value, ",")
		}
	}
	return parts
}
