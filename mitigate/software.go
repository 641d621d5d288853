package mitigate

import (
	"bytes"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/falconer-go/falconer/event"
)

// softwareEntry is a known piece of software: how it is recognised, and what is
// its usual work.
type softwareEntry struct {
	Software string   `yaml:"software"`
	Image    []string `yaml:"image"`   // repositories of its publishers
	Program  []string `yaml:"program"` // names of its processes that no other software has
	Runs     []string `yaml:"runs"`    // other programs that it runs in its image, or below itself on a host; iptables* for all that begin so
	Is       string   `yaml:"is"`      // a noun phrase
	Usual    []string `yaml:"usual"`   // behaviours; one may be bound to paths: writes-below-etc /etc/nginx/*
	Owner    string   `yaml:"owner"`   // the kind of controller that its pods have
	Called   []string `yaml:"called"`  // words in names of objects that belong to it
	Keeps    string   `yaml:"keeps"`   // what somebody inside it gets hold of, a noun phrase
	Tells    string   `yaml:"tells"`   // where it records what was done with it
	Asks     string   `yaml:"asks"`    // what its account does at the API server by design
	Stop     string   `yaml:"stop"`    // what breaks without it
	Check    string   `yaml:"check"`   // how one knows that it is the real one
	Shared   bool     `yaml:"shared"`  // intruders use it in the same way
}

// behaviourEntry is something that software does and rules alert on.
type behaviourEntry struct {
	Behaviour string   `yaml:"behaviour"`
	Doing     string   `yaml:"doing"` // a gerund: opening packet sockets
	Rules     []string `yaml:"rules"` // each rule stands in one behaviour at most
	Path      names    `yaml:"path"`  // the field that a path of usual is compared with; the first that the alert has
	Rare      bool     `yaml:"rare"`  // few programs do it: one of which the catalogue does not say so does not do it
	Start     bool     `yaml:"start"` // it shows when a container starts, before any program of it runs
}

// owners are the kinds of controllers.
var owners = []string{"DaemonSet", "Deployment", "StatefulSet", "Job", "static pod"}

// known is what the catalogue says of the value of a field.
type known struct {
	field     string
	is        *softwareEntry // nil if it is not in the catalogue
	by        string         // publisher, mirror or name
	origin    string         // of an image: the publisher's repository of that name
	behaviour *behaviourEntry
	explained bool // the behaviour is usual
}

// softwareOf returns what is known of the software that a field names. An image
// is known by its repository, a process by its name or command line.
func (s *subject) softwareOf(field string) *known {
	for i := range s.software {
		if s.software[i].field == field {
			return &s.software[i]
		}
	}
	k := known{field: field}
	if v := s.e.Field(field); !strings.Contains(field, ".image") {
		k.is, k.by = s.l.byProgram(programOf(v.Text())), "name"
		if k.is != nil && strings.HasPrefix(field, "ka.") && !slices.Contains(k.is.Program, v.Text()) {
			k.is = nil // an object's name is not cut, nor has it a version
		}
		if k.is != nil && field == "proc.name" && hiddenAway(s.e.Field("proc.exepath").Text()) {
			k.is = nil // malware takes the names of daemons
		}
	} else if list, ok := v.Strings(); ok || v.Kind() == event.String {
		if v.Kind() == event.String {
			list = []string{v.Text()}
		}
		if k.is, k.by = s.l.byImages(list); k.is != nil {
			k.origin = k.is.origin(list[0])
		}
	}
	if k.is != nil {
		if b := s.l.behaviourOf(s.e.Rule); b != nil {
			k.behaviour, k.explained = b, k.is.does(b, s.e)
		}
	}
	s.software = append(s.software, k)
	return &s.software[len(s.software)-1]
}

// origin returns the publisher's repository that an image has, or whose name it
// bears; "" if there is none.
func (x *softwareEntry) origin(image string) string {
	repository := repositoryOf(image)
	for _, own := range x.Image {
		if r := repositoryOf(own); r == repository || lastTwo(r) == lastTwo(repository) {
			if host, _, _ := strings.Cut(r, "/"); !strings.ContainsAny(host, ".:") {
				r = "docker.io/" + r
			}
			return r
		}
	}
	return ""
}

// does reports whether the behaviour is usual for the software, as the alert
// shows it.
func (x *softwareEntry) does(b *behaviourEntry, e *event.Event) bool {
	for _, u := range x.Usual {
		name, pattern, bound := strings.Cut(u, " ")
		if name != b.Behaviour {
			continue
		}
		if !bound {
			return true
		}
		for _, f := range b.Path {
			if v := e.Field(f); v.Available() && v.Text() != "" {
				if matches(pattern, v.Text()) {
					return true
				}
				break
			}
		}
	}
	return false
}

// role says what the alert's process is to the software: own, one that it runs, in
// its place; shared, such a one that intruders use in the same way; part, one that
// it runs, but from elsewhere or by other means; tool, a common program that it does
// not run; child, another one that it started; else nothing is known.
func (s *subject) role(x *softwareEntry, b *behaviourEntry) string {
	name := programOf(s.e.Field("proc.name").Text())
	parent := programOf(s.e.Field("proc.pname").Text())
	switch {
	case b != nil && b.Start && (name == "" || strings.HasPrefix(name, "runc") || strings.HasPrefix(name, "container:")):
		return "own"
	case name == "":
		return ""
	case x.runs(name) && s.inPlace(x, name, parent) && x.Shared:
		return "shared"
	case x.runs(name) && s.inPlace(x, name, parent):
		return "own"
	case x.runs(name):
		return "part"
	case slices.Contains(shells, name), find[commandEntry](s.l, "command", name) != nil:
		return "tool"
	case parent != "" && x.runs(parent):
		return "child"
	}
	return ""
}

// inPlace reports whether the process looks like one that runs by itself from
// where it was installed: no shell or downloader, which do what they are told, and no
// code in the command line; no terminal, no shell above it but one that the software started, no
// file that was brought in later, and no pod of another form than the software's.
func (s *subject) inPlace(x *softwareEntry, name, parent string) bool {
	if tty, ok := s.e.Field("proc.tty").Int(); ok && tty > 0 {
		return false
	}
	if slices.Contains(shells, name) || inCode(strings.Fields(s.e.Field("proc.cmdline").Text())) {
		return false
	}
	if !x.Shared && slices.ContainsFunc(s.line("proc.cmdline").classes, func(class string) bool { return slices.Contains(dualUse, class) }) {
		return false
	}
	if slices.Contains(shells, parent) || parent == "busybox" {
		above := programOf(s.e.Field("proc.aname[2]").Text())
		if above == "" || slices.Contains(shells, above) || !x.runs(parent) || !x.runs(above) {
			return false
		}
	}
	if s.e.Field("proc.is_exe_upper_layer").Text() == "true" || strings.Contains(s.e.Field("evt.arg.flags").Text(), "EXE_UPPER_LAYER") {
		return false
	}
	if x.Owner == "DaemonSet" {
		if pod := s.e.Field("k8s.pod.name"); pod.Available() && pod.Text() != "" {
			if kind, _ := workloadOf(pod.Text()); kind != "DaemonSet or Job" {
				return false
			}
		}
	}
	path := s.e.Field("proc.exepath").Text()
	return !slices.ContainsFunc(scratch, func(dir string) bool { return strings.HasPrefix(path, dir) })
}

// dualUse are the classes of commands that an intruder in a build or an agent uses
// as it does itself.
var dualUse = []string{"fetch", "send", "reach", "scan", "install", "account", "secret", "mine", "persist"}

// scratch are the places where no package puts programs.
var scratch = []string{"/tmp/", "/var/tmp/", "/dev/shm/", "/run/shm/", "memfd:", "/proc/self/fd/"}

// hiddenAway reports whether a program lies in a folder for passing files, or in a
// hidden one among the data of services.
func hiddenAway(path string) bool {
	return !strings.HasPrefix(path, "memfd:") && slices.ContainsFunc(scratch, func(dir string) bool { return strings.HasPrefix(path, dir) }) ||
		(strings.HasPrefix(path, "/var/lib/") || strings.HasPrefix(path, "/var/www/")) && strings.Contains(path, "/.")
}

// runs reports whether the software runs a program of that name. A star stands
// for the rest: iptables*.
func (x *softwareEntry) runs(name string) bool {
	bare := strings.TrimRight(name, "0123456789.-") // python3.11
	same := func(p string) bool { return matches(p, name) || cutName(p) == name || p == bare }
	return slices.ContainsFunc(x.Program, same) || slices.ContainsFunc(x.Runs, same)
}

// behaviourOf returns the behaviour that a rule alerts on.
func (l *Library) behaviourOf(rule string) *behaviourEntry {
	return find[behaviourEntry](l, "behaviour of", rule)
}

// softwareBy returns the software that is found by an image or a program. It goes
// by the name of the entry, which a host may have replaced.
func (l *Library) softwareBy(kind, name string) *softwareEntry {
	e := l.entries[key{kind, name}]
	if e == nil {
		return nil
	}
	return find[softwareEntry](l, "software", e.name)
}

func (l *Library) byProgram(name string) *softwareEntry {
	if name == "" {
		return nil
	}
	if x := l.softwareBy("program", name); x != nil {
		return x
	}
	return l.softwareBy("program", strings.TrimRight(name, "0123456789.-")) // php-fpm8.2
}

// maxProgram is how many characters of a program's name the kernel keeps.
const maxProgram = 15

func cutName(s string) string { return s[:min(len(s), maxProgram)] }

// programOf returns the name of the program in a process name, a title or a
// command line: next-server of "next-server (v1", nginx of "nginx: worker".
func programOf(s string) string {
	s = strings.TrimSpace(s[:min(len(s), maxCommandLine)])
	if i := strings.IndexByte(s, ' '); i > 0 {
		s = s[:i]
	}
	return cutName(strings.TrimSuffix(base(s), ":"))
}

// softwareKeys are the names under which software and behaviours are found.
// Lists in brackets are read here without parsing the rest.
func (e *entry) softwareKeys() []key {
	keys := make([]key, 1, 8)
	keys[0] = key{e.kind, e.name}
	add := func(kind, name string) {
		if k := (key{kind, name}); name != "" && !slices.Contains(keys, k) {
			keys = append(keys, k)
		}
	}
	if e.kind == "behaviour" {
		for _, rule := range e.names("rules") {
			add("behaviour of", rule)
		}
		return keys
	}
	for _, member := range [...]string{"image", "program", "called"} {
		if !bytes.Contains(e.text, []byte("\n  "+member+":")) {
			continue
		}
		for _, name := range e.names(member) {
			switch member {
			case "image":
				repository := repositoryOf(name)
				add("image", repository)
				add("mirror of", lastTwo(repository))
			case "program":
				add("program", cutName(name))
			default:
				add(member, name)
			}
		}
	}
	return keys
}

// maxCalled is how many words of a name may make the name of one software, and
// maxNames how many bytes of names are looked at.
const (
	maxCalled = 4
	maxNames  = 1 << 10
)

// byName returns the software that an object belongs to by the words of its name, or of
// a list of names: Keycloak's for keycloak-postgresql-0. It is nil if none is known.
func (l *Library) byName(name string) *softwareEntry {
	if home, account := accountOf(name); account != "" {
		// A chart calls the account after the release and then itself.
		all := l.byWords(account)
		if len(all) == 0 {
			all = l.byWords(home)
		}
		if len(all) == 0 {
			return nil
		}
		return all[len(all)-1]
	}
	if all := l.byWords(name); len(all) > 0 {
		return all[0]
	}
	return nil
}

// byWords returns the software that the words of a name call, in their order.
func (l *Library) byWords(name string) (all []*softwareEntry) {
	words := strings.FieldsFunc(strings.ToLower(name[:min(len(name), maxNames)]), func(r rune) bool { return r >= utf8.RuneSelf || !alphanumeric[r] })
	for i := 0; i < len(words); i++ {
		for n := min(maxCalled, len(words)-i); n > 0; n-- {
			if x := l.softwareBy("called", strings.Join(words[i:i+n], "-")); x != nil {
				all = append(all, x)
				i += n - 1
				break
			}
		}
	}
	return all
}

// ofMeant is f of the software that a field names, be it an image, a process or an
// object that is called after it.
func ofMeant(f func(*softwareEntry) string) func(*calc, *subject, event.Value) result {
	return func(c *calc, s *subject, v event.Value) result {
		x := s.softwareOf(c.args[0]).is
		if x == nil && (strings.HasPrefix(c.args[0], "ka.") || strings.HasPrefix(c.args[0], "k8s.")) {
			x = s.l.byName(v.Text())
		}
		if x == nil {
			return result{}
		}
		return asText(f(x))
	}
}

// ofSoftware is f of the software that a field names.
func ofSoftware(f func(*known) result) func(*calc, *subject, event.Value) result {
	return func(c *calc, s *subject, _ event.Value) result {
		k := s.softwareOf(c.args[0])
		if k.is == nil {
			return result{}
		}
		return f(k)
	}
}

// role is what the alert's process is to the software that a field names.
func role(c *calc, s *subject, _ event.Value) result {
	k := s.softwareOf(c.args[0])
	if k.is == nil {
		return result{}
	}
	return asText(s.role(k.is, k.behaviour))
}

// doing is the behaviour that the alert shows, if it is usual for the software, or
// if it is not and the software would be known for it: by its name in conditions, in
// texts as one says it.
func (k *known) doing(usual bool) result {
	b := k.behaviour
	if b == nil || k.explained != usual || !usual && !b.Rare {
		return result{}
	}
	return result{ok: true, texts: []string{b.Behaviour}, shown: b.Doing}
}
