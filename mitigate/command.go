package mitigate

import (
	"slices"
	"strings"
	"time"

	"github.com/falconer-go/falconer/event"
	"github.com/falconer-go/falconer/rules/cond"
)

// A command line is read as a shell reads it, as far as a name and its arguments
// go: what each program in it does is looked up in the entries of kind command.
// Nothing is run, expanded or guessed: a program that has no entry is unknown.

// commandEntry is what a program does.
type commandEntry struct {
	Command string       `yaml:"command"`
	Also    []string     `yaml:"also"` // other names of it
	Does    texts        `yaml:"does"` // by default; may be missing where each use is named
	Class   string       `yaml:"class"`
	Uses    []commandUse `yaml:"uses"` // the first that fits is taken
}

// commandUse is what a program does with certain arguments.
type commandUse struct {
	With  []string `yaml:"with"` // patterns of arguments; of several with blanks between them all must be there; "-" is none at all, "|" input from the program before
	Does  texts    `yaml:"does"`
	Class string   `yaml:"class"` // if it is another than the program's
}

// classes are what commands are for.
var classes = []string{
	"idle",     // prints or waits, and tells an intruder nothing: date, true, sleep
	"look",     // shows state: ls, ps, df
	"discover", // shows what an intruder asks first: id, uname, ip addr
	"secret",   // reads credentials
	"shell",    // opens a shell to work in
	"script",   // runs code whose content the command line does not show, or inline code
	"fetch",    // downloads
	"send",     // uploads
	"reach",    // opens connections or tunnels, or logs in elsewhere
	"scan",     // searches the network
	"change",   // changes files or settings
	"destroy",  // deletes or overwrites
	"persist",  // makes something start by itself
	"account",  // changes accounts or rights
	"install",  // adds software
	"escape",   // leaves the container or changes namespaces
	"admin",    // drives the cluster, the cloud or the container runtime
	"mine",     // mines cryptocurrency
	"serve",    // the work of a service: a database, a web server, a runtime
	"unknown",
}

// Bounds of what is read of a command line.
const (
	maxCommandLine = 4 << 10
	maxCommands    = 4
)

// use is one program of a command line and what it does there.
type use struct {
	name  string // as the entry has it
	does  texts
	class string
}

// usesOf returns what the programs of a command line do, each once.
// Where whole is false, the line holds only its first word.
func (l *Library) usesOf(line string, whole bool) []use {
	var list []use
	for _, words := range commandsOf(line[:min(len(line), maxCommandLine)]) {
		u := l.use(words, whole)
		if len(list) < maxCommands && !slices.ContainsFunc(list, func(o use) bool { return o.name == u.name && o.class == u.class }) {
			list = append(list, u)
		}
	}
	return list
}

func (l *Library) use(words []string, whole bool) use {
	name := strings.TrimSuffix(base(words[0]), ":") // nginx: worker process
	c := find[commandEntry](l, "command", name)
	if c == nil {
		name = strings.TrimRight(name, "0123456789.-") // python3.11
		c = find[commandEntry](l, "command", name)
	}
	if c == nil {
		return use{name: name, class: "unknown"}
	}
	u := use{name, c.Does, c.Class}
	for i := range c.Uses {
		if x := &c.Uses[i]; slices.ContainsFunc(x.With, func(p string) bool { return (whole || p != "-") && given(p, words[1:]) }) {
			if u.does = x.Does; x.Class != "" {
				u.class = x.Class
			}
			break
		}
	}
	if u.does == nil {
		u.class = "unknown"
	}
	return u
}

// base returns the name of a program without its folder.
func base(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }

// given reports whether the arguments hold each of the patterns in p.
func given(p string, args []string) bool {
	if p == "-" {
		return len(args) == 0 || len(args) == 1 && args[0] == piped
	}
	for pattern := range strings.FieldsSeq(p) {
		if !slices.ContainsFunc(args, func(a string) bool { return matches(pattern, a) }) {
			return false
		}
	}
	return true
}

// matches reports whether s is what pattern says, in which * stands for anything.
func matches(pattern, s string) bool {
	first, rest, wild := strings.Cut(pattern, "*")
	if !wild {
		return s == pattern
	}
	s, ok := strings.CutPrefix(s, first)
	for ok {
		part, more, again := strings.Cut(rest, "*")
		if !again {
			return strings.HasSuffix(s, part)
		}
		i := strings.Index(s, part)
		if i < 0 {
			return false
		}
		s, rest = s[i+len(part):], more
	}
	return false
}

// commandsOf returns the words of each simple command in a command line, without
// what only wraps it: sudo, env, sh -c and the like.
func commandsOf(line string) [][]string {
	var list [][]string
	for _, words := range simpleCommands(line) {
		if words = unwrapped(words); len(words) == 0 {
			continue
		}
		list = append(list, words)
		if i := slices.Index(words, "--"); i > 0 && slices.Contains(enters, base(words[0])) {
			if inner := unwrapped(words[i+1:]); len(inner) > 0 {
				list = append(list, inner) // what it runs there
			}
		}
	}
	return list
}

// simpleCommands cuts a command line at the operators of a shell. The quotes of
// the first level are gone when Falco prints it; those that are left keep words
// together.
func simpleCommands(line string) [][]string {
	if !strings.ContainsAny(line, "'\";|&()\n`") { // most are one command
		if words := strings.Fields(line); len(words) > 0 {
			return [][]string{words}
		}
		return nil
	}
	var list [][]string
	var words []string
	var word strings.Builder
	inWord, quote := false, byte(0)
	fed := false
	endWord := func() {
		if inWord {
			words = append(words, word.String())
		}
		word.Reset()
		inWord = false
	}
	end := func() {
		endWord()
		if len(words) > 0 {
			if fed {
				words = append(words, piped)
			}
			list = append(list, words)
		}
		words = nil
	}
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
				continue
			}
			word.WriteByte(c)
		case (c == '\'' || c == '"') && strings.IndexByte(line[i+1:], c) >= 0:
			quote, inWord = c, true
		case c == ' ' || c == '\t':
			endWord()
		case strings.IndexByte(";|&()\n`", c) >= 0 && !inCode(words):
			if c == '&' && inWord && strings.HasSuffix(word.String(), ">") { // 2>&1
				word.WriteByte(c)
				continue
			}
			end()
			fed = c == '|' && !strings.HasPrefix(line[i+1:], "|") && (i == 0 || line[i-1] != '|')
		default:
			word.WriteByte(c)
			inWord = true
		}
	}
	end()
	return list
}

// inCode reports whether what follows the words is code of another language than
// the shell's: python -c print(1).
func inCode(words []string) bool {
	return len(words) > 1 && slices.Contains(interpreters, strings.TrimRight(base(words[0]), "0123456789.")) &&
		slices.ContainsFunc(words[1:], func(w string) bool { return w == "-c" || w == "-e" || w == "-r" })
}

var interpreters = []string{"python", "perl", "ruby", "php", "node", "lua"}

// piped is the last argument of a program that is fed by the one before.
const piped = "|"

// wrappers are programs that run the rest of their arguments, and what of these
// comes before: options, and so many words besides.
var wrappers = map[string]int{
	"sudo": 0, "doas": 0, "env": 0, "nohup": 0, "exec": 0, "nice": 0, "ionice": 0, "setsid": 0, "time": 0, "command": 0, "busybox": 0, "stdbuf": 0,
	"timeout": 1, "tini": 0, "dumb-init": 0, "xargs": 0, "then": 0, "do": 0, "else": 0, "if": 0, "while": 0, "!": 0, "{": 0,
}

// enters are programs that run another one elsewhere, behind two hyphens.
var enters = []string{"nsenter", "unshare"}

var shells = []string{"sh", "bash", "dash", "ash", "zsh", "ksh"}

// optionsWithValue are options of wrappers behind which a word of theirs stands.
var optionsWithValue = []string{"-u", "-g", "-n", "-c", "-s", "-k", "-o"}

func unwrapped(words []string) []string {
	for len(words) > 0 {
		name := base(words[0])
		if i := strings.IndexByte(name, '='); i > 0 {
			words = words[1:] // an assignment
			continue
		}
		if slices.Contains(shells, name) && len(words) > 2 && isScriptOption(words[1]) {
			words = words[2:]
			continue
		}
		before, ok := wrappers[name]
		if !ok || len(words) == 1 || name == "command" && isQuestion(words[1]) {
			return words
		}
		words = words[1:]
		for len(words) > 0 && (strings.HasPrefix(words[0], "-") || before > 0) {
			switch {
			case words[0] == "--":
				before = 0
			case !strings.HasPrefix(words[0], "-"):
				before--
			case slices.Contains(optionsWithValue, words[0]) && len(words) > 1:
				words = words[1:]
			}
			words = words[1:]
		}
	}
	return words
}

// isQuestion reports whether an option of the shell's word command is one by which
// it only says what a name stands for.
func isQuestion(s string) bool { return s == "-v" || s == "-V" }

// isScriptOption reports whether a shell's option is -c, alone or among others
// such as -lc.
func isScriptOption(s string) bool {
	return len(s) < 5 && strings.HasPrefix(s, "-") && strings.HasSuffix(s, "c")
}

// subject is the alert that a condition or a text is about, with the knowledge
// of commands.
type subject struct {
	e      *event.Event
	l      *Library
	source string    // see sourceOf
	now    time.Time // when the plan is read; zero if that is not known
	common [len(common)]cond.Tri
	read   []readLine

	decoded  []decodedField
	software []known
	owned    []owned
	computed []computedValue
}

// about returns the subject that an alert is, under its right source. What another
// source's alerts alone have is not read in it: somebody made that up.
func about(e *event.Event, l *Library) subject {
	source := sourceOf(e)
	if l.readings()[source] == nil {
		if of := sourceOfFields(e); of != "" {
			source = of // a plugin under a name of its own
		}
	}
	if source != e.Source {
		sourced := *e
		sourced.Source = source
		e = &sourced
	}
	for name := range e.Fields.All() {
		if !isForeign(name, source) {
			continue
		}
		own := *e
		own.Fields = e.Fields.Map(func(name string, v event.Value) event.Value {
			if isForeign(name, source) {
				return event.Value{}
			}
			return v
		})
		e = &own
		break
	}
	return subject{e: e, l: l, source: source}
}

// readLine is a command line that was read.
type readLine struct {
	field   string
	uses    []use
	classes []string // of the uses
}

// line returns what the programs of the command line in a field do.
func (s *subject) line(field string) *readLine {
	for i := range s.read {
		if s.read[i].field == field {
			return &s.read[i]
		}
	}
	r := readLine{field: field}
	if v := s.e.Field(field); v.Available() {
		r.uses = s.l.usesOf(v.Text(), !strings.HasPrefix(field, "ka.uri.param["))
		r.classes = classesOf(r.uses)
	}
	s.read = append(s.read, r)
	return &s.read[len(s.read)-1]
}

// classesOf returns the classes of what a command line does.
func classesOf(uses []use) []string {
	if len(uses) == 0 {
		return nil
	}
	list := make([]string, len(uses))
	for i := range uses {
		list[i] = uses[i].class
	}
	return list
}
