package mitigate

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/falconer-go/falconer/event"
	"github.com/falconer-go/falconer/rules/cond"
)

// TestLooks: what a look at the text or at the tree of a condition says is what the
// condition says when it is compiled, for random conditions and alerts, and for some
// that a look might misread.
func TestLooks(t *testing.T) {
	for _, c := range []struct {
		condition string
		fields    map[string]any
	}{
		{"proc.name = val(proc.pname)", map[string]any{"proc.name": "sh", "proc.pname": "sh"}},
		{"proc.name = tolower(proc.pname)", map[string]any{"proc.name": "sh", "proc.pname": "SH"}},
		{"proc.name in (val(proc.pname), x)", map[string]any{"proc.name": "sh", "proc.pname": "sh"}},
		{"proc.name = search-and-destroy", map[string]any{"proc.name": "search-and-destroy"}},
		{"k8s.ns.name = plan_and_pay", map[string]any{"k8s.ns.name": "plan_and_pay"}},
		{"fd.name = /srv/where/x", map[string]any{"fd.name": "/srv/where/x"}},
		{"proc.name = [ or proc.pname = zzz", map[string]any{"proc.pname": "zzz"}},
		{"proc.name in ([, test) or proc.pname = zzz", map[string]any{"proc.pname": "zzz"}},
		{"not (fd.name glob *] and proc.name exists) and proc.pname = zzz", map[string]any{"proc.pname": "zzz"}},
		{"proc.pname = zzz and not proc.acmdline contains sudo", map[string]any{"proc.pname": "zzz", "proc.acmdline": "sudo -i bash"}},
		{"proc.pname = zzz and not proc.acmdline contains root", map[string]any{"proc.pname": "zzz", "proc.acmdline": "sudo -i bash"}},
		{"ka.verb = get and not ka.user.groups exists", map[string]any{"ka.verb": "get", "ka.user.groups": []any{}}},
		{"proc.cmdline = 'sh\tx'", map[string]any{"proc.cmdline": "sh\tx"}},
		{"proc.cmdline = 'a  b'", map[string]any{"proc.cmdline": "a  b"}},
		{"proc.cmdline = \"a\u00a0b\"", map[string]any{"proc.cmdline": "a\u00a0b"}},
		{"proc.tty > 0or proc.pname = zzz", map[string]any{"proc.pname": "zzz"}},
		{"proc.name existsor proc.pname = zzz", map[string]any{"proc.pname": "zzz"}},
		{"proc.tty = 0x10 and proc.name = a", map[string]any{"proc.tty": 16, "proc.name": "a"}},
		{"proc.aname[2] = sh and proc.name in (\"a\", 'b')", map[string]any{"proc.aname[2]": "sh", "proc.name": "b"}},
	} {
		checkLooks(t, c.condition, alertWith(t, "syscall", c.fields))
	}

	r := rand.New(rand.NewPCG(31, 32))
	pick := func(list ...string) string { return list[r.IntN(len(list))] }
	field := func() string {
		return pick("proc.name", "proc.pname", "proc.aname", "proc.aname[2]", "proc.cmdline", "proc.tty", "fd.name", "fd.ip", "fd.port", "evt.type", "container.id", "ka.user.groups", "alert.rule")
	}
	words := []string{"a", "sh", "/bin/sh", "a b", "0", "1", "10.0.0.1", "true", "<NA>", "", "and", "x-and-y", "where", "A"}
	value := func() string {
		if v := pick(words...); v != "" && !strings.ContainsAny(v, " <") && v != "and" && v != "where" && r.IntN(2) == 0 {
			return v
		} else if r.IntN(2) == 0 {
			return `"` + v + `"`
		} else {
			return "'" + v + "'"
		}
	}
	var condition func(depth int) string
	condition = func(depth int) string {
		switch n := r.IntN(8); {
		case depth > 0 && n < 3:
			return "(" + condition(depth-1) + pick(" and ", " or ", "and ", " and  ") + condition(depth-1) + ")"
		case depth > 0 && n < 5:
			return condition(depth-1) + pick(" and ", " or ") + condition(depth-1)
		case n == 5:
			return "not " + condition(0)
		}
		switch f := field(); r.IntN(7) {
		case 0:
			return f + " exists"
		case 1:
			return f + " in (" + value() + pick(",", ", ") + value() + ")"
		case 2:
			return f + " = val(" + field() + ")"
		default:
			return f + " " + pick("=", "!=", "==", "contains", "startswith", "endswith", "icontains", "glob") + " " + value()
		}
	}
	decided, compiled := 0, 0
	for range 40_000 {
		fields := map[string]any{"alert.rule": pick("a", "sh", "a b", "and", "x-and-y", "A")}
		for range 1 + r.IntN(6) {
			switch f, v := field(), pick(words...); {
			case f == "alert.rule":
			case r.IntN(12) == 0:
				fields[f] = nil
			case r.IntN(12) == 0:
				fields[f] = []any{v}
			case r.IntN(8) == 0:
				fields[f] = r.IntN(3)
			default:
				fields[f] = v
			}
		}
		ok, sure := checkLooks(t, condition(2), alertWith(t, "syscall", fields))
		compiled += int(b2i(ok))
		decided += int(b2i(sure))
		if t.Failed() {
			return
		}
	}
	if compiled < 10_000 || decided < 5_000 {
		t.Errorf("%d conditions compiled, of which a look decided %d", compiled, decided)
	}
}

// checkLooks reports whether the condition compiles and whether a look at it decides.
func checkLooks(t *testing.T, text string, e *event.Event) (compiles, decides bool) {
	t.Helper()
	c := &condition{text: text}
	if c.compile() != nil {
		return false, false
	}
	g := guarded{guard: c, needs: needsOf(oneLine(text))}
	holds := c.program.Match(e)
	is := look(c.parsed, e)
	if holds && !g.mayHold(e) || is != cond.Unknown && holds != (is == cond.True) {
		data, _ := e.MarshalJSON()
		t.Errorf("%s: holds: %v; by its text it may: %v, by its tree it does: %v\n%s", text, holds, g.mayHold(e), is, data)
	}
	return true, is != cond.Unknown || !g.mayHold(e)
}
