package cond

import (
	"slices"
	"strings"
	"testing"
)

func TestCompileErrors(t *testing.T) {
	long := strings.Repeat("x", 256)
	tests := []struct{ text, msg, at string }{
		{"proc.nope = x", "filter_check called with nonexistent field proc.nope", "1:1"},
		{"proc.name = x and spawned", "filter error: unexpected identifier 'spawned'", "1:19"},
		{"evt.num contains 1", "filter error: 'contains' operator not supported for numeric filters", "1:9"},
		{"fd.types = file", "filter error: '=' operator not supported list filters", "1:10"},
		{"fd.cip startswith 10.", "filter error: 'startswith' operator not supported for ip address and network filters", "1:8"},
		{"fd.cip contains anyof (1)", "filter error: 'contains' with modifier not supported for ip address and network filters", "1:8"},
		{"evt.buffer glob x", "filter error: 'glob' operator not supported for buffer filters", "1:12"},
		{"proc.name bcontains 00", "filter error: 'bcontains' operator not supported for string filters", "1:11"},
		{"evt.buffer bcontains 0", "filter error: bcontains and bstartswith operator support hex strings only", "1:22"},
		{"evt.num = 0x1", "0x1 is not a valid number", "1:11"},
		{"evt.num in (1, 2, x)", "x is not a valid number", "1:19"},
		{"fd.num = ''", " is not a valid number", "1:10"},
		{"evt.is_io = TRUE", "filter error: unrecognized boolean value TRUE", "1:13"},
		{"fd.sport = htpp", "unrecognized protocol htpp", "1:12"},
		{"fd.sport = 4294967296", "port 4294967296 is out of range", "1:12"},
		{"fd.cip = 10.0.0.0/8", "unrecognized IPv4 address 10.0.0.0/8", "1:10"},
		{"fd.cip = fe80::1%eth0", "unrecognized IPv6 address fe80::1%eth0", "1:10"},
		{"fd.net = 10.0.0.0", "unrecognized IP network 10.0.0.0", "1:10"},
		{"fd.net = 10.0.0.0/33", "invalid netmask 33", "1:10"},
		{"fd.net = ::/0", "invalid v6 netmask 0", "1:10"},
		{"fd.net = 10.0.0/8", "unrecognized IP address 10.0.0/8", "1:10"},
		{"proc.name = '\\x00'", `filter error: filter value cannot contain a NUL byte (\x00)`, "1:13"},
		{"proc.name = " + long, "filter parameter too long (used=257, available=256):" + long, "1:13"},
		{"evt.buffer = " + long, "filter parameter too long (byte buf)", "1:14"},
		{"proc.name regex '('", "invalid regex pattern: missing ): (", "1:17"},
		{`proc.name regex '\xff['`, "invalid regex pattern: invalid UTF-8", "1:17"},
		{`proc.name regex 'a\\x{'`, "invalid regex pattern: invalid UTF-8", "1:17"},
		{"proc.name regex '[a-'", "invalid regex pattern: invalid UTF-8", "1:17"},
		{"proc.name regex '[b-a]'", "invalid regex pattern: invalid character class range: b-a", "1:17"},
		{"proc.name regex anyof (a, '\\\\d')", `invalid regex pattern: invalid escape sequence: \d`, "1:27"},
		{"evt.type = opne", "unknown event type opne", "1:12"},
		{"evt.arg.nope exists", "unknown event argument nope", "1:1"},
		{"evt.arg exists", "filter syntax error: evt.arg", "1:1"},
		{"evt.rawarg[0] exists", "evt.arg fields must be expressed explicitly", "1:1"},
		{"evt.type.is.nope = 1", "filter_check called with nonexistent field evt.type.is.nope", "1:1"},
		{"evt.around[1] > 1", "evt.around supports only '=' comparison operator", "1:17"},
		{"fd.types[x] exists", "x is not a valid number", "1:1"},
		{"thread.cgroup exists", "filter syntax error: thread.cgroup", "1:1"},
		{"container.label exists", "filter 'container.label': container.label requires an argument but none provided", "1:1"},
		{"ct.name[0] exists", "filter 'ct.name[0]': ct.name does not allow nor require an argument but one is provided: 0", "1:1"},
		{"ka.sourceips[01] exists", "filter ka.sourceips[01] ka.sourceips has an invalid index argument starting with 0: 01", "1:1"},
		{`json.value["a b"] exists`, "filter 'json.value[a': json.value has unbalanced argument brackets", "1:1"},
		{"tolower(evt.num) = 1", "can't add field transformer: type 'UINT64' is not supported by 'tolower' transformer applied on field 'evt.num'", "1:1"},
		{"b64(len(proc.name)) = 1", "can't add field transformer: type 'UINT64' is not supported by 'b64' transformer applied on field 'proc.name'", "1:1"},
		{"tolower(proc.aname[1]) = a", "field 'proc.aname' does not support transformers", "1:1"},
		{"tolower(proc.name)[0] = a", "filter error: transformer 'tolower' does not support field arguments", "1:1"},
		{"proc.name = val(fd.name)[0]", "filter error: transformer 'val' does not support field arguments", "1:13"},
		{"join('a') = b", "unknown field transfomer 'join'", "1:1"},
		{"join('a', 'b') = b", "join() second argument must be a list", "1:1"},
		{"join(('a'), ('b')) = b", "join() first argument (separator) must be a single value, not a list", "1:1"},
		{"join('a', 'b', 'c') = b", "join() requires exactly 2 arguments: separator and list", "1:1"},
		{"concat(evt.num, 'b') = b", "concat() arguments must be strings", "1:1"},
		{"concat('a', 'b')[c] = b", "transformer 'concat' does not support field arguments", "1:1"},
		{"getopt('a', 'b') in (b)", "getopt() first argument must be a list", "1:1"},
		{"getopt(('a'), ('b')) in (b)", "getopt() second argument (optstring) must be a single value", "1:1"},
		{"getopt(('a'), 'b')[cc] = b", "getopt() field argument must be a single option character", "1:1"},
		{"getopt(('a'), 'b') = b", "filter error: '=' operator not supported list filters", "1:20"},
		{"tolower('a', 'b') = b", "unknown multivalue transformer", "1:1"},
		{"proc.name = val(evt.num)", "field 'proc.name' has type 'CHARBUF' while the right-hand side field 'evt.num' has incompatible type 'UINT64'", "1:13"},
		{"proc.name in val(ka.user.groups)", "field 'proc.name' has type 'CHARBUF' while the right-hand side field 'ka.user.groups' has incompatible type 'CHARBUF (list)'", "1:14"},
		{"proc.name regex val(fd.name)", "operator 'REGEX' doesn't support right-hand side fields", "1:17"},
		{"proc.name pmatch val(fd.name)", "operator 'PMATCH' doesn't support right-hand side fields", "1:18"},
		{"fd.cnet in val(fd.cip)", "field type 'IPNET' doesn't support right-hand side fields", "1:12"},
		{"fd.ip = val(fd.cip)", "field 'fd.ip' doesn't support right-hand side fields", "1:9"},
		{"fd.cip = val(fd.ip)", "field 'fd.ip' can't be used as a right-hand side field", "1:10"},
		{"argh.x exists", "filter error: proc.arg filter not implemented yet", "1:1"},
	}
	for _, tt := range tests {
		_, err := Compile("  "+tt.text, nil)
		if err == nil {
			t.Errorf("%s: accepted", tt.text)
			continue
		}
		e := err.(*Error)
		if e.Msg != tt.msg {
			t.Errorf("%s: %q, want %q", tt.text, e.Msg, tt.msg)
		}
		if at := (Pos{Line: e.At.Line, Column: e.At.Column - 2}).String(); at != tt.at {
			t.Errorf("%s: at %s, want %s", tt.text, at, tt.at)
		}
		if e.Falco() != e.Msg {
			t.Errorf("%s: Falco says %q", tt.text, e.Falco())
		}
	}
}

// In a rule of source syscall Falco looks for the event types it needs.
func TestEventTypes(t *testing.T) {
	for text, ok := range map[string]bool{
		"evt.type = open":                       true,
		"tolower(evt.type) = open":              false,
		"concat(evt.type, 'x') exists":          false,
		"tolower(evt.type) contains open":       true,
		"tolower(evt.type) = anyof (open)":      true,
		"syscall.type = val(evt.type)":          false,
		"proc.name = val(evt.type)":             true,
		"join('', (evt.type, proc.name)) = x":   false,
		"evt.num = 0 and len(proc.name) exists": true,
	} {
		if _, err := Compile(text, &Env{Source: "syscall"}); (err == nil) != ok {
			t.Errorf("%s: %v", text, err)
		}
		if _, err := Compile(text, nil); err != nil {
			t.Errorf("%s: %v, where it is in no rule", text, err)
		}
	}
	if _, err := Compile("evt.type = mine", &Env{EventTypes: []string{"mine"}}); err != nil {
		t.Error(err)
	}
}

func TestSources(t *testing.T) {
	for _, tt := range []struct {
		text, source string
		ok           bool
	}{
		{"proc.name = x", "syscall", true},
		{"proc.name = x", "k8s_audit", false},
		{"ka.verb = x", "k8s_audit", true},
		{"ka.verb = x", "syscall", false},
		{"evt.num = 1", "anything", true},
		{"alert.rule = x", "k8s_audit", true},
		{"proc.name = x and ka.verb = y", "", true},
	} {
		if _, err := Compile(tt.text, &Env{Source: tt.source}); (err == nil) != tt.ok {
			t.Errorf("%s in %q: %v", tt.text, tt.source, err)
		}
	}
	if _, err := Compile("alert.rule = x", &Env{Fields: Falco()}); err == nil {
		t.Error("Falco's table has fields of the alert")
	}
	if _, err := Compile("container.id = x", &Env{Fields: FalcoWithoutPlugins()}); err == nil {
		t.Error("the table without plugins has fields of one")
	}
}

func TestWarnings(t *testing.T) {
	for text, want := range map[string][]string{
		"proc.name regex '^nc$'":                         {"regex check with '^nc$' may be optimized with simpler operators such as '=', 'contains', 'startswith', 'endswith'"},
		"proc.name = 'fd. name'":                         {"'fd. name' may be a valid field misused as a const string value"},
		"proc.name in (a, 'tolower(x)', proc.name)":      {"'tolower(x)' may be a valid field transformer misused as a const string value", "'proc.name' may be a valid field misused as a const string value"},
		"proc.name regex 'a$b' or proc.name regex 'a^b'": nil,
		"proc.name regex 'a.b' and fd.name = a.b":        nil,
		"proc.name = 'evt.arg'":                          nil,
	} {
		p, err := Compile(text, nil)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		var got []string
		for _, w := range p.Warnings() {
			got = append(got, w.Msg)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: warnings %q, want %q", text, got, want)
		}
	}
}

func TestNodeBudget(t *testing.T) {
	list := "proc.name in (a" + strings.Repeat(", b", 1000) + ")"
	if _, err := Compile(list, &Env{MaxNodes: 1000}); err == nil || !strings.Contains(err.Error(), "limit of nodes") {
		t.Errorf("a long list: %v", err)
	}
	if _, err := Compile(list, nil); err != nil {
		t.Error(err)
	}
	// Macros that double with each step make a small tree of enormous reach.
	x, _ := Parse("proc.name = a", nil)
	for range 60 {
		x = &And{Children: []Expr{x, x}}
	}
	if _, err := CompileExpr(x, nil); err == nil || !strings.Contains(err.Error(), "limit of nodes") {
		t.Errorf("doubled macros: %v", err)
	}
}

// Trees that no text gives compile to something or to an error.
func TestOddTrees(t *testing.T) {
	name := &Field{Name: "proc.name"}
	for _, tt := range []struct {
		x  Expr
		ok bool
	}{
		{&And{Children: []Expr{nil}}, false},
		{&Check{Op: OpEq, Right: &Value{Text: "x"}}, false},
		{&Check{Left: name, Op: OpEq}, false},
		{&Check{Left: name, Op: OpEq, Right: &ArgList{}}, false},
		{&Check{Left: name, Op: numOps, Right: &Value{}}, false},
		{&Check{Left: &Transform{Name: "tolower"}, Op: OpExists}, false},
		{&Check{Left: &Transform{Name: "upper", Args: []Operand{name}}, Op: OpExists}, false},
		{&Check{Left: name, Op: OpEq, Right: &List{}}, true},
		{&Check{Left: name, Op: OpIn, Right: &Value{Text: "x"}}, true},
		{&Check{Left: name, Op: OpEq, Right: name}, true},
		{&And{}, true},
		{&Or{}, true},
	} {
		p, err := CompileExpr(tt.x, nil)
		if (err == nil) != tt.ok {
			t.Errorf("%T: %v", tt.x, err)
		}
		if p != nil {
			checkLaws(t, p, alertWith(t, `"proc.name":"nc"`), p.String())
		}
	}
}

func TestTables(t *testing.T) {
	for _, bad := range [][]FieldInfo{
		{{Name: "single", Type: CharBuf}},
		{{Name: "", Type: CharBuf}},
		{{Name: "a.b", Type: NoType}},
		{{Name: "a.b", Type: SockAddr}},
		{{Name: "a.b", Type: CharBuf}, {Name: "a.b", Type: Bool}},
		{{Name: "a.b", Type: CharBuf, Sources: []string{"x"}}, {Name: "a.c", Type: CharBuf}},
	} {
		if _, err := NewTable(bad...); err == nil {
			t.Errorf("NewTable(%v) accepted", bad)
		}
	}
	hidden, err := NewTable(FieldInfo{Name: "argo.app", Type: CharBuf, Class: "argo"},
		FieldInfo{Name: "proc.namespace", Type: CharBuf, Class: "argo"}, FieldInfo{Name: "argo.app.name", Type: CharBuf, Class: "argo"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Compile("argo.app = x and argo.app.name = y and proc.namespace = z", &Env{Fields: Falco().With(hidden)}); err != nil {
		t.Errorf("fields that begin like others: %v", err)
	}
	n := 0
	for f := range Falco().All() {
		name := f.Name
		switch {
		case f.ArgIndex || name == "evt.arg" || name == "evt.around":
			name += "[1]"
		case f.ArgKey && f.ArgRequired:
			name += "[k]"
		case f.ArgRequired && name != "evt.abspath":
			name += map[string]string{"evt.rawarg": ".fd", "evt.type.is": ".open", "thread.cgroup": ".cpu"}[name]
		}
		for _, source := range append(f.Sources, "") {
			if got, msg, _ := Falco().resolve(name, source); got == nil || got.Name != f.Name {
				t.Errorf("%s of %q: %v %s", name, source, got, msg)
			}
		}
		if n++; f.Type.class() == noClass && f.Type != Dynamic {
			t.Errorf("%s has type %s", f.Name, f.Type)
		}
	}
	if n < 500 {
		t.Errorf("only %d fields", n)
	}
	for _, bad := range []string{"", "[]", "{}", `{"fieldclasses":[{"name":"x","fields":[{"name":"a.b","type":"WHAT"}]}]}`} {
		if _, err := ParseTable([]byte(bad)); err == nil {
			t.Errorf("ParseTable(%s) accepted", bad)
		}
	}
	// Falco's own classes keep their ways of reading an argument, and what the
	// list does not say of them.
	own, err := ParseTable([]byte(`{"fieldclasses":[
		{"name":"evt","event_sources":["a","b"],"fields":[{"name":"evt.num","type":"UINT64"}]},
		{"name":"evt","event_sources":["a"],"fields":[{"name":"evt.arg","type":"CHARBUF","argument":{"required":true,"type":[]}}]},
		{"name":"process","fields":[{"name":"proc.aname","type":"CHARBUF","argument":{"required":false,"type":[]}}]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"evt.arg.flags exists and evt.arg[1] = x": "",
		"evt.num > 1":                "",
		"evt.rawarg.fd = 1":          "filter_check called with nonexistent field evt.rawarg.fd",
		"tolower(proc.aname[1]) = x": "field 'proc.aname' does not support transformers",
		"proc.env[X] = x":            "filter_check called with nonexistent field proc.env[X]",
		"evt.type.is.open = 1":       "filter_check called with nonexistent field evt.type.is.open",
		"thread.cgroup.cpu = x":      "filter_check called with nonexistent field thread.cgroup.cpu",
	} {
		_, err := Compile(text, &Env{Fields: own})
		got := ""
		if err != nil {
			got = err.(*Error).Msg
		}
		if got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

func FuzzParseTable(f *testing.F) {
	f.Add([]byte(`{"fieldclasses":[{"name":"evt","fields":[{"name":"evt.num","type":"UINT64"}]}]}`), "evt.arg.flags exists or evt.rawarg.fd = 1")
	f.Add([]byte(`{"fieldclasses":[{"name":"fd","fields":[]}]}`), "fd.types[0] in (x)")
	f.Fuzz(func(t *testing.T, data []byte, text string) {
		if own, err := ParseTable(data); err == nil {
			Compile(text, &Env{Fields: own})
		}
	})
}
