package event

import (
	"strings"
	"time"

	"github.com/falconer-go/falconer/internal/jsonstr"
)

// Internal is an event of Falco itself: [SyscallDrops], [MetricsSnapshot],
// [Timeouts], [CaptureLimit], [HotRestartFailure], or [OtherInternal] for what
// this package does not know.
type Internal interface{ internal() }

// Counter is a named count.
type Counter struct {
	Name string
	N    uint64
}

// SyscallDrops says that the kernel had more system calls than Falco could
// take: what happened in them is lost.
type SyscallDrops struct {
	Events  uint64    // n_evts: system calls in that second
	Dropped uint64    // n_drops: those lost
	Causes  []Counter // the n_drops_... that are not zero, in the order of the alert
	EBPF    Opt[bool] // ebpf_enabled
}

// MetricsSnapshot is Falco's report of its own load.
type MetricsSnapshot struct {
	Version       string             // falco.version
	KernelRelease string             // falco.kernel_release
	Source        string             // evt.source: the source it is about
	Engine        string             // scap.engine_name
	Started       Opt[time.Time]     // falco.start_ts
	Reloaded      Opt[time.Time]     // falco.reload_ts
	HostBooted    Opt[time.Time]     // falco.host_boot_ts
	Running       Opt[time.Duration] // falco.duration_sec
	Events        Opt[uint64]        // falco.num_evts since the start
	EventRate     Opt[float64]       // falco.evts_rate_sec
	CPU           Opt[float64]       // falco.cpu_usage_perc
	MemoryRSS     Opt[float64]       // falco.memory_rss_mb
	QueueDrops    Opt[uint64]        // falco.outputs_queue_num_drops: alerts that Falco lost
	KernelEvents  Opt[uint64]        // scap.n_evts
	KernelDrops   Opt[uint64]        // scap.n_drops
	Matches       Opt[uint64]        // falco.rules.matches_total
	RuleMatches   []Counter          // falco.rules.NAME, by a name that has _ for all but letters and digits
	All           Fields             // every metric
}

// Timeouts says that no event came for a while.
type Timeouts struct {
	LastEvent string // last_event_time: a time of day, or none
}

// CaptureLimit says that a capture file reached its largest size.
type CaptureLimit struct {
	MaxFileSizeMB Opt[uint64] // max_file_size_mb
	WrittenBytes  Opt[uint64] // written_bytes
}

// HotRestartFailure says that Falco could not load a changed configuration or
// rule file and goes on with the old one.
type HotRestartFailure struct {
	Reason string // from the output
}

// OtherInternal is an event of Falco that this package does not know.
type OtherInternal struct {
	Name string // the rule without "Falco internal: "
}

func (SyscallDrops) internal()      {}
func (MetricsSnapshot) internal()   {}
func (Timeouts) internal()          {}
func (CaptureLimit) internal()      {}
func (HotRestartFailure) internal() {}
func (OtherInternal) internal()     {}

const (
	internalSource = "internal"
	internalPrefix = "Falco internal: "
)

// internalRules are the rules of Falco's own events, and how their text
// begins where that is not the rule.
var internalRules = map[string]string{
	"syscall event drop":         "",
	"metrics snapshot":           "Falco metrics snapshot",
	"timeouts notification":      "",
	"capture size limit reached": "",
	"hot restart failure":        "",
}

// Internal returns the event of Falco itself that the alert is, or nil if it
// is one of a rule.
func (e *Event) Internal() Internal {
	name, ok := strings.CutPrefix(e.Rule, internalPrefix)
	if !ok {
		if e.Source == internalSource {
			return OtherInternal{Name: e.Rule}
		}
		return nil
	}
	f := e.Fields
	switch name {
	case "syscall event drop":
		return f.syscallDrops()
	case "metrics snapshot":
		return f.metrics()
	case "timeouts notification":
		return Timeouts{LastEvent: viewText(f.Get("last_event_time"))}
	case "capture size limit reached":
		return CaptureLimit{viewUint(f.Get("max_file_size_mb")), viewUint(f.Get("written_bytes"))}
	case "hot restart failure":
		_, reason, _ := strings.Cut(e.message(), "hot restart failure")
		return HotRestartFailure{Reason: strings.TrimLeft(reason, ":. ")}
	}
	return OtherInternal{Name: name}
}

func (f Fields) syscallDrops() SyscallDrops {
	var d SyscallDrops
	for name, v := range f.All() {
		n, ok := v.Uint()
		switch {
		case name == "ebpf_enabled":
			d.EBPF = Opt[bool]{n != 0, ok}
			if b, isBool := v.Bool(); isBool {
				d.EBPF = Opt[bool]{b, true}
			}
		case name == "n_evts":
			d.Events = n
		case name == "n_drops":
			d.Dropped = n
		case strings.HasPrefix(name, "n_drops_") && n > 0:
			d.Causes = append(d.Causes, Counter{strings.TrimPrefix(name, "n_drops_"), n})
		}
	}
	return d
}

func (f Fields) metrics() MetricsSnapshot {
	m := MetricsSnapshot{All: f}
	for name, v := range f.All() {
		switch name {
		case "falco.version":
			m.Version = viewText(v)
		case "falco.kernel_release":
			m.KernelRelease = viewText(v)
		case "evt.source":
			m.Source = viewText(v)
		case "scap.engine_name":
			m.Engine = viewText(v)
		case "falco.start_ts":
			m.Started = viewTime(v)
		case "falco.reload_ts":
			m.Reloaded = viewTime(v)
		case "falco.host_boot_ts":
			m.HostBooted = viewTime(v)
		case "falco.duration_sec":
			if n, ok := v.Uint(); ok && n < 1<<33 {
				m.Running = Opt[time.Duration]{time.Duration(n) * time.Second, true}
			}
		case "falco.num_evts":
			m.Events = viewUint(v)
		case "falco.evts_rate_sec":
			m.EventRate = viewFloat(v)
		case "falco.cpu_usage_perc":
			m.CPU = viewFloat(v)
		case "falco.memory_rss_mb":
			m.MemoryRSS = viewFloat(v)
		case "falco.outputs_queue_num_drops":
			m.QueueDrops = viewUint(v)
		case "scap.n_evts":
			m.KernelEvents = viewUint(v)
		case "scap.n_drops":
			m.KernelDrops = viewUint(v)
		case "falco.rules.matches_total":
			m.Matches = viewUint(v)
		default:
			if rule, ok := strings.CutPrefix(name, "falco.rules."); ok {
				if n, ok := v.Uint(); ok {
					m.RuleMatches = append(m.RuleMatches, Counter{rule, n})
				}
			}
		}
	}
	return m
}

// internalRule returns the rule that the text of an internal event stands for,
// or "" if it is none.
func internalRule(message string) string {
	for name, text := range internalRules {
		if text != "" && strings.HasPrefix(message, text) {
			return internalPrefix + name
		}
	}
	rest, ok := strings.CutPrefix(message, internalPrefix)
	if !ok {
		return ""
	}
	for name := range internalRules {
		if strings.HasPrefix(rest, name) {
			return internalPrefix + name
		}
	}
	if end := strings.IndexAny(rest, ".:(\n"); end >= 0 {
		rest = rest[:end]
	}
	return internalPrefix + strings.TrimSpace(rest)
}

// internalTail reads the fields of an internal event's text: in a parenthesis
// at its end, name=value with the value in JSON.
func internalTail(message string, l Limits) Fields {
	body, ok := strings.CutSuffix(message, ")")
	if !ok {
		return Fields{}
	}
	for at := 0; ; {
		open := strings.IndexByte(body[at:], '(')
		if open < 0 {
			return Fields{}
		}
		at += open + 1
		if f, ok := internalFields(body[at:], l); ok {
			return f
		}
	}
}

// internalFields turns the list into a JSON object and reads that.
func internalFields(list string, l Limits) (Fields, bool) {
	object := []byte{'{'}
	for list != "" {
		n := labelLen(list)
		if n == 0 {
			return Fields{}, false
		}
		end := n + 1
		for end < len(list) && list[end] != ' ' {
			if list[end] == '"' {
				end = rawString(list, end)
			} else {
				end++
			}
		}
		if len(object) > 1 {
			object = append(object, ',')
		}
		object = jsonstr.Append(object, list[:n])
		object = append(object, ':')
		object = append(object, list[n+1:end]...)
		list = strings.TrimPrefix(list[end:], " ")
	}
	object = append(object, '}')
	var r room
	d := alertReader{room: &r}
	d.index, d.buf = r.lay(object, len(object)/4+1)
	d.end, d.limits = len(object), l
	if end := d.object(0); end != len(object) || d.fields.n == 0 {
		return Fields{}, false
	}
	return Fields{d.text(0, d.end), d.index[:d.fields.n], d.fields.sorted}, true
}
