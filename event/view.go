package event

import (
	"net/netip"
	"strconv"
	"strings"
	"time"
)

//go:generate go run ../internal/viewgen

// The views gather fields that belong together. A string is "" and an [Opt]
// not set where the alert does not have the field or Falco had no value; where
// that difference matters, ask [Fields.Get]. A view is a copy that the caller
// may keep and change; its strings share the alert's memory.

// Opt is a value that may be missing.
type Opt[T any] struct {
	V  T
	OK bool // V is meaningful
}

// Arg is a field that a rule asks for with an argument, as in
// k8s.pod.label[app].
type Arg struct {
	Key   string // what stands between the brackets
	Value Value
}

// cutArg splits name[arg].
func cutArg(key string) (name, arg string, ok bool) {
	if !strings.HasSuffix(key, "]") {
		return key, "", false
	}
	name, arg, ok = strings.Cut(key[:len(key)-1], "[")
	return name, arg, ok
}

// viewName is the key as Falco means it: rules in the field have printed keys
// with a space behind them.
func viewName(key string) string {
	if n := len(key); n > 0 && key[n-1] == ' ' {
		return strings.TrimRight(key, " ")
	}
	return key
}

func viewText(v Value) string {
	if !v.Available() {
		return ""
	}
	return v.text
}

func viewInt(v Value) (o Opt[int64])              { o.V, o.OK = v.Int(); return o }
func viewUint(v Value) (o Opt[uint64])            { o.V, o.OK = v.Uint(); return o }
func viewFloat(v Value) (o Opt[float64])          { o.V, o.OK = v.Float(); return o }
func viewBool(v Value) (o Opt[bool])              { o.V, o.OK = v.Bool(); return o }
func viewTime(v Value) (o Opt[time.Time])         { o.V, o.OK = v.Time(); return o }
func viewDuration(v Value) (o Opt[time.Duration]) { o.V, o.OK = v.Duration(); return o }

func viewList(v Value) []string {
	if !v.Available() {
		return nil
	}
	list, _ := v.Strings()
	return list
}

// Ancestor is a process that stands above the one that caused the event.
type Ancestor struct {
	Level   int        // 1 is the parent, 2 its parent, ...
	PID     Opt[int64] // proc.apid[N]
	Name    string     // proc.aname[N]
	Exe     string     // proc.aexe[N]
	ExePath string     // proc.aexepath[N]
	Cmdline string     // proc.acmdline[N]
	Args    string     // proc.aargs[N]
}

// finish collects the ancestors, by level, those that the alert has.
func (p *Process) finish(e *Event) {
	for name, v := range e.Fields.All() {
		base, arg, ok := cutArg(name)
		if !ok || !strings.HasPrefix(base, "proc.a") || !v.Available() {
			continue
		}
		level, err := strconv.Atoi(arg)
		if err != nil || level < 1 {
			continue
		}
		switch base {
		case "proc.apid":
			p.ancestor(level).PID = viewInt(v)
		case "proc.aname":
			p.ancestor(level).Name = v.text
		case "proc.aexe":
			p.ancestor(level).Exe = v.text
		case "proc.aexepath":
			p.ancestor(level).ExePath = v.text
		case "proc.acmdline":
			p.ancestor(level).Cmdline = v.text
		case "proc.aargs":
			p.ancestor(level).Args = v.text
		}
	}
}

// ancestor returns the place of the ancestor at that level.
func (p *Process) ancestor(level int) *Ancestor {
	at := 0
	for at < len(p.Ancestors) && p.Ancestors[at].Level < level {
		at++
	}
	if at == len(p.Ancestors) || p.Ancestors[at].Level != level {
		p.Ancestors = append(p.Ancestors, Ancestor{})
		copy(p.Ancestors[at+1:], p.Ancestors[at:])
		p.Ancestors[at] = Ancestor{Level: level}
	}
	return &p.Ancestors[at]
}

// finish leaves the name of a connection to the [Network] view.
func (f *File) finish(e *Event) {
	if strings.HasPrefix(f.Type, "ipv") {
		f.Name = ""
	} else if _, ok := parseTuple(f.Name); ok {
		f.Name = ""
	}
	if f.Name == "" {
		f.Name = viewText(e.Fields.Get("fs.path.name"))
	}
	if f.RawName == "" {
		f.RawName = viewText(e.Fields.Get("fs.path.nameraw"))
	}
}

// Direction is which end of a connection the process is on.
type Direction uint8

// The directions of a [Network].
const (
	UnknownDirection Direction = iota
	Inbound                    // the process is the server
	Outbound                   // the process is the client
)

func (d Direction) String() string {
	switch d {
	case Inbound:
		return "inbound"
	case Outbound:
		return "outbound"
	}
	return "unknown"
}

// finish takes the tuple from the descriptor's name and works out the
// direction.
func (n *Network) finish(e *Event) {
	if t, ok := parseTuple(n.Name); ok {
		fill := func(ip *string, port *Opt[int64], from netip.AddrPort, text string) {
			if *ip == "" {
				*ip = text
			}
			if !port.OK {
				*port = Opt[int64]{int64(from.Port()), true}
			}
		}
		fill(&n.ClientIP, &n.ClientPort, t.client, t.clientIP)
		fill(&n.ServerIP, &n.ServerPort, t.server, t.serverIP)
	} else if n.Name != "" {
		n.Name = "" // a file's
	}
	switch {
	case n.IsServer.OK && n.IsServer.V:
		n.Direction = Inbound
	case n.IsServer.OK:
		n.Direction = Outbound
	case n.LocalIP != "" && n.LocalPort.OK && n.LocalIP == n.ServerIP && n.LocalPort == n.ServerPort:
		n.Direction = Inbound
	case n.LocalIP != "" && n.LocalPort.OK && n.LocalIP == n.ClientIP && n.LocalPort == n.ClientPort:
		n.Direction = Outbound
	case n.ClientIP != "" || n.ServerIP != "":
		switch e.Fields.Get("evt.type").Text() {
		case "accept", "accept4", "listen", "bind":
			n.Direction = Inbound
		case "connect":
			n.Direction = Outbound
		}
	}
}

func (c *Container) finish(e *Event) {
	c.Image = e.Image().Reference()
}

// Reference returns the image as a runtime names it: repository:tag, else the
// repository alone, else the name that Falco took from the runtime.
func (i Image) Reference() string {
	switch {
	case i.Repository == "":
		return i.Name
	case i.Tag == "":
		return i.Repository
	}
	return i.Repository + ":" + i.Tag
}

// finish prefers the names of the json plugin to the older ones.
func (j *JSON) finish(*Event) {
	if len(j.Value) == 0 {
		j.Value = j.LegacyValue
	}
	if j.Object == "" {
		j.Object = j.LegacyObject
	}
	if j.RawTime == "" {
		j.RawTime = j.LegacyRawTime
	}
}
