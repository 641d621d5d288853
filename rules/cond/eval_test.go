package cond

import (
	"testing"

	"github.com/falconer-go/falconer/event"
)

// alertWith returns an alert with these output fields, as JSON.
func alertWith(t testing.TB, fields string) *event.Event {
	return mustParse(t, `{"rule":"Shell","priority":"Error","source":"syscall","hostname":"h","output":"o",
		"time":"2026-01-02T03:04:05.000000006Z","tags":["network","T1059"],"output_fields":{`+fields+`}}`)
}

const sampleFields = `"proc.name":"nc","fd.name":"/etc/passwd","proc.cmdline":"nc -e /bin/sh","proc.pname":null,
	"user.uid":4294967295,"user.loginuid":-1,"fd.num":5,"evt.num":18446744073709551615,"evt.rawtime":1767323045000000006,
	"evt.time":1767323045000000006,"evt.is_open_write":true,"fd.cip":"10.0.0.1","fd.sip":"::ffff:10.0.0.9","fd.cport":53,"fd.sport":40000,
	"fd.type":"ipv4","fd.snet":"<IPNET>","fd.types":["file","ipv4"],"fd.dev":"1F","evt.buffer":"GET / HTTP","user.shell":"<NA>",
	"proc.aname":"bash sshd systemd","proc.apid":7,"proc.acmdline":"bash -c x sshd","fd.filename":"","proc.exe":"Zm9v",
	"proc.fdusage":0.5,"evt.rawarg.flags":"402","evt.rawarg.data":"GET..HTTP","evt.rawarg.size":32,"evt.cpu":-2,"proc.env[HOME]":"/root","proc.env[N]":"10","proc.env[LINES]":"a\nb","proc.env[PATH]":"//usr///bin//x/","proc.args":"a\u0000b"`

func TestEval(t *testing.T) {
	const (
		yes     = True
		no      = False
		unknown = Unknown
	)
	e := alertWith(t, sampleFields)
	tests := []struct {
		text string
		want Tri
	}{
		// What is not there.
		{"proc.name = nc", yes},
		{"proc.pname = x", no},
		{"proc.pname != x", no},
		{"not proc.pname = x", yes},
		{"proc.pname exists", no},
		{"proc.exepath = x", unknown},
		{"not proc.exepath = x", unknown},
		{"proc.exepath = x or proc.name = nc", yes},
		{"proc.exepath = x and proc.name = bash", no},
		{"len(proc.pname) = 0", no},
		{"len(proc.exepath) = 0", unknown},
		{"fd.filename exists and fd.filename = ''", yes},
		{"user.shell = <NA>", yes},
		{"proc.name = val(proc.pname)", no},
		{"proc.name != val(proc.exepath)", unknown},
		{"concat(proc.name, proc.pname) exists", no},
		{"concat(proc.exepath, proc.pname) exists", no},
		{"concat(proc.name, proc.exepath) exists", unknown},

		// Strings.
		{"proc.name in ()", no},
		{"proc.exepath in ()", no},
		{"proc.name in (a, nc)", yes},
		{"proc.name intersects (a, nc)", yes},
		{"proc.name != allof (a, b)", yes},
		{"proc.name != anyof (nc, b)", yes},
		{"proc.name = oneof (nc, nc)", no},
		{"proc.name = oneof (nc, b)", yes},
		{"proc.name startswith allof (n, nc)", yes},
		{"proc.cmdline contains anyof (a1, b1, c1, d1, e1, f1, g1, h1, '-e /')", yes},
		{"proc.cmdline startswith anyof (a, b, c, d, e, f, g, h, 'nc ')", yes},
		{"proc.cmdline endswith anyof (a, b, c, d, e, f, g, i, bash)", no},
		{"proc.cmdline endswith anyof (a, b, c, d, e, f, g, i, sh)", yes},
		{"proc.name startswith anyof (a, b, c, d, e, f, g, h, nc)", yes}, // all of it
		{"proc.name endswith anyof (a, b, c1, d, e, f, g, h, nc)", yes},
		{"proc.name startswith anyof (a, b, c, d, e, f, g, h, ncc)", no},
		{"proc.cmdline icontains '-E'", yes},
		{"proc.name iglob N?", yes},
		{"proc.name glob N?", no},
		{"proc.name > 5", yes},
		{"proc.name < 5", no},
		{"proc.env[N] <= 10", yes},
		{"proc.env[N] >= 10", yes},
		{"proc.env[N] < 10", no},
		{"proc.env[N] > 10", no},
		{"proc.env[N] < 5", yes}, // by their bytes
		{"fd.name regex '/etc/.*'", yes},
		{"fd.name regex etc", no},
		{"fd.name regex '/(etc|usr)/passwd'", yes},
		{"proc.env[LINES] regex 'a.b'", no},
		{"proc.env[LINES] regex 'a[^x]b'", yes},
		{"proc.env[LINES] regex 'a$\\n^b'", yes},
		{"proc.env[LINES] glob a?b", yes},
		{"proc.env[PATH] pmatch (/usr/bin)", yes},
		{"proc.env[PATH] pmatch ('usr//bin/x//')", yes},
		{"proc.env[PATH] pmatch (/usr/bi)", no},
		{"proc.env[PATH] pmatch (/usr/bin/x/y)", no},
		{"fd.name pmatch (/etc)", yes},
		{"fd.name pmatch (/et)", no},
		{"fd.name pmatch (/usr, '/e?c/*')", yes},
		{"fd.name pmatch (/)", yes},
		{"proc.args = a", no}, // no Falco prints a NUL byte, and what does is not cut
		{"proc.env[HOME] = /root", yes},

		// Numbers.
		{"user.uid = -1", yes},
		{"user.uid = 4294967295", yes},
		{"user.loginuid = -1", yes},
		{"user.loginuid = 4294967295", no},
		{"user.loginuid < 0", yes},
		{"evt.num = -1", yes},
		{"evt.num > 18446744073709551614", yes},
		{"evt.num = 18446744073709551616", yes},
		{"evt.num = -18446744073709551616", yes},
		{"evt.num = -18446744073709551615", no}, // 1, as strtoul has it
		{"evt.cpu < -1", yes},
		{"evt.cpu = 65534", yes},
		{"fd.num >= 5 and fd.num <= 5", yes},
		{"fd.num > 5 or fd.num < 5", no},
		{"proc.fdusage >= 0 and proc.fdusage <= 1", yes},
		{"fd.num in (1, 2, 3, 4, 6, 7, 8, 9, 5)", yes},
		{"fd.num != allof (1, 2)", yes},
		{"fd.num = ' 5'", yes},
		{"fd.dev = 31", yes},
		{"evt.rawarg.flags = 1026", yes},
		{"evt.rawarg.size in (32)", yes},
		{"proc.fdusage < 1", yes},
		{"proc.fdusage in (0, 1)", no},
		{"evt.is_open_write = true", yes},
		{"evt.is_open_write != 'true'", no},
		{"evt.is_open_write in (false, true)", yes},

		// Addresses.
		{"fd.cip = 10.0.0.1", yes},
		{"fd.cip != ::1", yes},
		{"fd.sip = 10.0.0.9", no},
		{"fd.sip = ::ffff:a00:9", yes},
		{"fd.cip in (::1, 10.0.0.1)", yes},
		{"fd.cip in (1.1.1.1, 1.1.1.2, 1.1.1.3, 1.1.1.4, 1.1.1.5, 1.1.1.6, 1.1.1.7, 1.1.1.8, 10.0.0.1)", yes},
		{"fd.cip = val(fd.sip)", no},
		{"fd.cnet = 10.0.0.0/8", yes},
		{"fd.cnet != 10.0.0.0/8", no},
		{"fd.cnet in (::/1, 10.1.0.0/8)", yes},
		{"fd.cnet = anyof (::/1, 10.0.0.0/8)", yes},
		{"fd.snet = ::ffff:0:0/96", yes},
		{"fd.snet exists", yes},
		{"fd.rnet = 10.0.0.0/8", unknown},
		{"fd.ip = 10.0.0.1", yes},
		{"fd.ip != 10.0.0.1", no},
		{"fd.ip != 10.0.0.2", yes},
		{"fd.ip in (1.1.1.1, 10.0.0.1)", yes},
		{"fd.net = 10.0.0.0/8", yes},
		{"fd.net in (1.0.0.0/8, 10.0.0.0/8)", yes},
		{"fd.port = domain", yes},
		{"fd.port > 50000", no},
		{"fd.port != 53", no},
		{"fd.port intersects (1, 40000)", yes},
		{"fd.proto = 40000", yes},
		{"fd.net exists", yes},

		// Lists.
		{"fd.types in (file, ipv4, unix)", yes},
		{"fd.types in (file)", no},
		{"fd.types intersects (x, file)", yes},
		{"len(fd.types) = 2", yes},
		{"tolower(fd.types) in (file, ipv4)", yes},
		{"alert.tags intersects (network)", yes},
		{"alert.tags in (network)", no},
		{"alert.attack.tactic intersects (execution)", unknown},
		{"join('+', fd.types) = file+ipv4", yes},
		{"join('+', (proc.name, 5, fd.num)) = 'nc+5+5'", yes},
		{"len(()) = 0 and join(',', ()) = ''", yes},
		{"getopt(('-a', '-b', 'v', 'rest', '-c'), 'ab:c') in (a, b, v)", yes},
		{"getopt(('-xb'), 'b') intersects ('?')", yes},
		{"getopt(('-b'), 'b:')[b] = ''", yes},
		{"getopt(('-b', 'w'), 'b:')[b] = w", yes},
		{"getopt(('-a', '-b', '-a'), 'ab:')[b] = '-a'", yes},
		{"getopt(('-', '-a'), 'a')[a] exists", no},
		{"getopt(('-bv', '-bw', '--', '-bz'), 'b:')[b] = w", yes},
		{"getopt(('--long', '-b1'), ':b:')[b] = 1", yes},
		{"getopt(('-a'), 'ab')[b] exists", no},
		{"len(getopt(('-a', '-b'), 'ab')) = 2", yes},

		// Transformers.
		{"toupper(proc.name) = NC", yes},
		{"basename(fd.name) = passwd", yes},
		{"b64(proc.exe) = foo", yes},
		{"b64(proc.name) exists", no},
		{"len(fd.name) = 11", yes},
		{"tolower('ABC') = abc", yes},
		{"proc.name in toupper(proc.name)", no},
		{"proc.name in tolower(proc.name)", yes},

		// Bytes.
		{"evt.buffer contains HTTP", yes},
		{"evt.buffer bcontains 474554", yes},
		{"evt.buffer bstartswith anyof (00, 4745)", yes},
		{"evt.buffer endswith P", yes},
		{"len(evt.buffer) = 10", yes},
		{"evt.arg.data exists", unknown},
		{"evt.rawarg.data contains GET", yes},
		{"evt.rawarg.data bcontains 00", unknown}, // a dot in the alert is any byte
		{"evt.rawarg.data != x", yes},

		// What is derived.
		{"proc.aname = sshd", yes},
		{"proc.aname != sshd", yes},
		{"proc.aname in (zsh, systemd)", yes},
		{"proc.aname exists", yes},
		{"proc.aname = zsh", no},
		{"proc.apid = 7", yes},
		{"proc.apid = 8", unknown},
		{"proc.acmdline contains x", unknown},
		{"proc.aname[2] = sshd", unknown},
		{"evt.dir = <", yes},
		{"evt.dir = >", no},
		{"evt.time startswith 03:04:05.000", yes},
		{"evt.around[1767323045500000000] = 500", yes},
		{"evt.around[1767323045500000000] = 400", no},
		{"evt.around[1767323045500000000] = allof (500, 600)", yes},
		{"evt.around[1767323045500000000] = oneof (500, 600)", no},

		// The alert.
		{"alert.rule = Shell and alert.source = syscall and alert.hostname = h and alert.output = o", yes},
		{"alert.priority = Error and alert.severity <= 3 and alert.severity > 2", yes},
		{"alert.time > 1767323045000000005", yes},
		{"len(alert.id) > 8", yes},
	}
	for _, tt := range tests {
		p, err := Compile(tt.text, nil)
		if err != nil {
			t.Errorf("%s: %v", tt.text, err)
			continue
		}
		if got := p.Eval(e); got != tt.want {
			t.Errorf("%s: Eval = %v, want %v", tt.text, got, tt.want)
		}
		if p.Explain(e) == "" {
			t.Errorf("%s: no explanation", tt.text)
		}
		checkLaws(t, p, e, tt.text)
	}
}

func TestStrict(t *testing.T) {
	e := alertWith(t, sampleFields)
	for _, tt := range []struct {
		text         string
		sane, strict bool
	}{
		{"tolower(fd.types) in (file, ipv4)", true, false},
		{"tolower(alert.tags) intersects tolower(alert.tags)", true, true},
		{"alert.tags intersects tolower(alert.tags)", true, false},
		{"proc.name in tolower(proc.name)", true, false},
		{"proc.name = tolower(proc.name)", true, true},
		{"tolower(proc.name) in (nc)", true, true},
		{"fd.ip in (10.0.0.1)", true, false},
		{"fd.ip = 10.0.0.1", true, true},
		{"fd.ip = anyof (1.1.1.1, 10.0.0.1)", true, false},
		{"fd.net in (1.0.0.0/8, 10.0.0.0/8)", true, false},
		{"fd.net in (10.0.0.0/8, 1.0.0.0/8)", true, true},
		{"fd.port in (1, 53)", true, true},
		{"fd.port intersects (53)", true, false},
		{"fd.cnet = anyof (10.0.0.0/8)", true, false},
		{"fd.cnet != allof (10.0.0.0/8)", false, true},
		{"evt.rawarg.size in (32)", true, false},
		{"evt.rawarg.size = anyof (1, 32)", true, false},
		{"proc.aname = anyof (zsh, sshd)", true, false},
		{"join(toupper('x'), ('a', 'b')) = aXb", true, false},
		{"getopt(tolower(('-a')), 'a') in (a)", true, false},
		{"evt.around[1767323045500000000] = anyof (500, 400)", true, false},
	} {
		for _, strict := range []bool{false, true} {
			p, err := Compile(tt.text, &Env{Strict: strict})
			if err != nil {
				t.Fatalf("%s: %v", tt.text, err)
			}
			want := tt.sane
			if strict {
				want = tt.strict
			}
			if got := p.Match(e); got != want {
				t.Errorf("%s: Match = %v with Strict %v", tt.text, got, strict)
			}
		}
	}
}

func TestAllowUnknown(t *testing.T) {
	e := alertWith(t, `"my.list":["a","b"],"my.text":"x","my.key[k]":"v","my.empty":[]`)
	env := &Env{AllowUnknown: true}
	for text, want := range map[string]bool{
		"my.list in (a, b, c)":                true,
		"my.list in (a)":                      false,
		"my.list intersects (b)":              true,
		"my.empty in (a)":                     false,
		"my.text = x and my.key[k] = v":       true,
		"my.nothing = x":                      false,
		"tolower(my.text) startswith x":       true,
		"my.text exists and len(my.text) = 1": true,
	} {
		p, err := Compile(text, env)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := p.Match(e); got != want {
			t.Errorf("%s: Match = %v", text, got)
		}
		checkLaws(t, p, e, text)
	}
	if _, err := Compile("my.text = x", nil); err == nil {
		t.Error("an unknown field is no error by default")
	}
}
