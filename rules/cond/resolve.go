package cond

import (
	_ "embed"
	"strconv"
	"strings"
	"sync"
)

// How Falco finds the field of a name. The name comes with its argument, as
// one text. Each class of fields that the source has is asked in turn how much
// of the text it can read, usually the longest of its names that the text
// begins with; the first class that can read anything decides, and the text is
// a field if that class read all of it. Some classes read some names in a way
// of their own.

// Lookup returns the field that a full name, with its argument, has in an event
// source; "" is every source. It is not ok if Falco knows none. An error is
// what Falco says of a field that is named wrongly, such as without the argument
// that it needs.
func (t *Table) Lookup(name, source string) (f FieldInfo, ok bool, err error) {
	found, msg, unknown := t.resolve(name, source)
	switch {
	case found != nil && msg == "":
		return *found, true, nil
	case unknown:
		return FieldInfo{}, false, nil
	}
	return FieldInfo{}, false, &Error{Msg: msg}
}

// resolve returns the field of a full name. msg is Falco's message if there is
// none; unknown says that it is one that Falco does not know, rather than one
// used wrongly.
func (t *Table) resolve(full, source string) (f *FieldInfo, msg string, unknown bool) {
	if strings.IndexByte(full, '[') >= 0 {
		return t.look(full, source)
	}
	key := [2]string{full, source}
	if r, ok := t.resolved.Load(key); ok {
		r := r.(resolved)
		return r.f, r.msg, r.unknown
	}
	f, msg, unknown = t.look(full, source)
	if t.kept.Add(1) <= mostResolved {
		t.resolved.Store(key, resolved{f, msg, unknown})
	}
	return f, msg, unknown
}

// resolved is what resolve found. Conditions ask for the same fields again and
// again.
type resolved struct {
	f       *FieldInfo
	msg     string
	unknown bool
}

// mostResolved is how many answers a Table keeps.
const mostResolved = 4096

func (t *Table) look(full, source string) (f *FieldInfo, msg string, unknown bool) {
	if source == "" {
		// No Falco has the fields of all sources at once. One class must not
		// hide those of another, as process does argo.app.
		for _, c := range t.classes {
			if isBuiltin(c.name) {
				continue
			}
			if f, n, msg := c.read(full); f != nil && n == len(full) && msg == "" {
				return f, "", false
			}
		}
	}
	for _, c := range t.classes {
		if !c.in(source) {
			continue
		}
		f, n, msg := c.read(full)
		if msg != "" {
			return nil, msg, false
		}
		if n < 0 {
			continue
		}
		if n == len(full) && f != nil {
			return f, "", false
		}
		break
	}
	return nil, "filter_check called with nonexistent field " + full, true
}

// read returns how many bytes of full the class can read, -1 if none, and the
// field it takes them for.
func (c *fieldClass) read(full string) (f *FieldInfo, n int, msg string) {
	switch c.name {
	case "evt":
		return c.readEvt(full)
	case "process":
		return c.readProcess(full)
	case "fd":
		if strings.HasPrefix(full, "fd.types[") {
			end, num := bracket(full, len("fd.types"))
			if _, ok := scanInt(num); !ok {
				return nil, 0, num + " is not a valid number"
			}
			return c.field("fd.types"), end, ""
		}
		return c.longest(full)
	case "generic", "user", "group", "fs.path", "util", "fdlist":
		return c.longest(full)
	}
	return c.readPlugin(full)
}

func (c *fieldClass) longest(full string) (f *FieldInfo, n int, msg string) {
	if f = c.field(full); f != nil {
		return f, len(full), ""
	}
	n = -1
	if head, _, _ := strings.Cut(full, "."); !c.heads[head] {
		return nil, n, "" // most constants, which are asked about too
	}
	for i := range c.fields {
		if name := c.fields[i].Name; len(name) > n && strings.HasPrefix(full, name) {
			f, n = &c.fields[i], len(name)
		}
	}
	return f, n, ""
}

func (c *fieldClass) field(name string) *FieldInfo {
	c.indexed.Do(func() {
		c.byName = make(map[string]*FieldInfo, len(c.fields))
		c.heads = make(map[string]bool)
		for i := range c.fields {
			f := &c.fields[i]
			head, _, _ := strings.Cut(f.Name, ".")
			c.byName[f.Name], c.heads[head] = f, true
		}
	})
	return c.byName[name]
}

// bracket returns what is in the brackets that open at at, and the end of
// them; without a closing one, what libsinsp makes of that.
func bracket(full string, at int) (end int, text string) {
	i := strings.IndexByte(full, ']')
	if i < 0 {
		return 0, full[at+1:]
	}
	return i + 1, full[at+1 : max(i, at+1)]
}

func (c *fieldClass) readEvt(full string) (f *FieldInfo, n int, msg string) {
	has := func(prefix string) bool { return strings.HasPrefix(full, prefix) }
	switch {
	case has("evt.arg") && !has("evt.args"):
		return c.readArg("evt.arg", full)
	case has("evt.rawarg"):
		return c.readArg("evt.rawarg", full)
	case has("evt.around"):
		return c.readArg("evt.around", full)
	case has("evt.abspath"):
		n = len("evt.abspath")
		if has("evt.abspath.src") || has("evt.abspath.dst") {
			n += len(".src")
		}
		return c.field("evt.abspath"), n, ""
	case has("evt.type.is"):
		name, ok := strings.CutPrefix(full, "evt.type.is.")
		if !ok {
			return nil, 0, "filter syntax error: " + full
		}
		if _, ok := scanUint(name); ok || eventTable().kind[name] == 'e' {
			return c.field("evt.type.is"), len(full), ""
		}
		return nil, 0, ""
	}
	return c.longest(full)
}

// readArg reads the fields whose argument is that of a system call.
func (c *fieldClass) readArg(name, full string) (f *FieldInfo, n int, msg string) {
	if f = c.field(name); f == nil {
		return nil, -1, ""
	}
	rest := full[len(name):]
	switch {
	case strings.HasPrefix(rest, "["):
		if name == "evt.rawarg" {
			return nil, 0, "evt.arg fields must be expressed explicitly"
		}
		end, num := bracket(full, len(name))
		if _, ok := scanInt(num); !ok {
			return nil, 0, num + " is not a valid number"
		}
		return f, end, ""
	case strings.HasPrefix(rest, "."):
		if name == "evt.around" {
			return nil, 0, "wrong syntax for evt.around"
		}
		param, info := eventTable().param(rest[1:])
		if param == "" {
			return nil, 0, "unknown event argument " + rest[1:]
		}
		if name == "evt.rawarg" {
			typed := *f
			typed.Type, typed.hex, typed.oct = info.typ, info.hex, info.oct
			f = &typed
		}
		return f, len(name) + 1 + len(param), ""
	}
	return nil, 0, "filter syntax error: " + full
}

// indexed are fields of a process that may have an index; env and aenv have a
// name there too. aexepath is before aexe, which it begins with.
var indexed = [...]string{
	"proc.apid", "proc.aname", "proc.aexepath", "proc.aexe", "proc.acmdline", "proc.aargs",
	"proc.env", "proc.args", "proc.aenv",
}

func (c *fieldClass) readProcess(full string) (f *FieldInfo, n int, msg string) {
	if strings.HasPrefix(full, "arg") {
		return nil, 0, "filter error: proc.arg filter not implemented yet"
	}
	for _, name := range indexed {
		rest, ok := strings.CutPrefix(full, name)
		if !ok {
			continue
		}
		f = c.field(name)
		if rest == "" || rest[0] != '[' || !strings.Contains(full, "]") {
			return f, len(name), ""
		}
		end, arg := bracket(full, len(name))
		if _, ok := scanInt(arg); !ok && !strings.HasSuffix(name, "env") {
			end = len(name)
		}
		return f, end, ""
	}
	if strings.HasPrefix(full, "thread.cgroup") && !strings.HasPrefix(full, "thread.cgroups") {
		n = len("thread.cgroup")
		if n == len(full) || full[n] != '.' {
			return nil, 0, "filter syntax error: " + full
		}
		for n++; n < len(full) && (isAlpha(full[n]) || full[n] == '_'); n++ {
		}
		return c.field("thread.cgroup"), n, ""
	}
	return c.longest(full)
}

func (c *fieldClass) readPlugin(full string) (f *FieldInfo, n int, msg string) {
	f, n, _ = c.longest(full)
	if f == nil {
		return nil, -1, ""
	}
	val, _, _ := strings.Cut(full, " ") // so a key cannot have a blank
	name, arg, ok := strings.Cut(val, "[")
	if !ok {
		if f.ArgRequired {
			return nil, 0, "filter '" + val + "': " + f.Name + " requires an argument but none provided"
		}
		return f, n, ""
	}
	if n != len(name) {
		return nil, -1, ""
	}
	if arg == "" {
		return nil, 0, "filter '" + val + "': " + f.Name + " terminates with incomplete argument brackets"
	}
	arg, _, ok = strings.Cut(arg, "]")
	switch {
	case !ok:
		return nil, 0, "filter '" + val + "': " + f.Name + " has unbalanced argument brackets"
	case !f.Arg:
		return nil, 0, "filter '" + val + "': " + f.Name + " does not allow nor require an argument but one is provided: " + arg
	case f.ArgIndex && !f.ArgKey:
		if fault := indexFault(arg); fault != "" {
			return nil, 0, "filter " + val + " " + f.Name + " has an invalid index argument " + fault + ": " + arg
		}
	}
	return f, len(name) + len(arg) + 2, ""
}

func indexFault(arg string) string {
	for i := range len(arg) {
		if !isDigit(arg[i]) {
			return "not composed only by digits"
		}
	}
	if arg == "" || len(arg) > 1 && arg[0] == '0' {
		return "starting with 0"
	}
	if _, err := strconv.ParseUint(arg, 10, 64); err != nil {
		return "not representable on 64 bit"
	}
	return ""
}

//go:embed data/events.tsv
var eventData string

// events are the names that Falco has for events and their parameters.
type events struct {
	kind   map[string]byte // 'e' for an event, 's' for a system call that is not one
	params map[string]param
}

type param struct {
	typ      Type
	hex, oct bool // it prints as a string in that base
}

var eventTable = sync.OnceValue(func() *events {
	t := &events{map[string]byte{}, map[string]param{}}
	for line := range tsv(eventData) {
		if line[0] == "param" {
			typ, _ := ParseType(line[2])
			t.params[line[1]] = param{typ, line[3] == "hex", line[3] == "oct"}
			continue
		}
		t.kind[line[1]] = line[0][0]
	}
	return t
})

// param returns the longest parameter that text begins with.
func (t *events) param(text string) (name string, p param) {
	for n := len(text); n > 0; n-- {
		if p, ok := t.params[text[:n]]; ok {
			return text[:n], p
		}
	}
	return "", param{}
}
