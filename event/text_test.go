package event

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// briefFields are fields as name=value, in order, null as it is.
func briefFields(f Fields) string {
	var parts []string
	for name, v := range f.All() {
		text := v.Text()
		if v.Kind() == Null {
			text = "null"
		}
		parts = append(parts, name+"="+text)
	}
	return strings.Join(parts, "; ")
}

func TestParseText(t *testing.T) {
	near := time.Date(2024, 7, 24, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct{ message, rule, fields string }{
		{"K8s ConfigMap with private credential", "", ""},
		{"A shell | evt_type=execve user=root user_uid=0 process=sh proc_exepath=/bin/busybox parent=runc command=sh -c ls -al terminal=34816 container_id=e71eac85a570 k8s_ns=<NA>", "",
			"evt.type=execve; user.name=root; user.uid=0; proc.name=sh; proc.exepath=/bin/busybox; proc.pname=runc; proc.cmdline=sh -c ls -al; proc.tty=34816; container.id=e71eac85a570; k8s.ns.name=null"},
		{"A shell (user=root user_loginuid=-1 k8s.ns=default k8s.pod=web container=97c9868ea832 shell=sh parent=runc cmdline=sh -c uptime terminal=34816 container_id=97c9868ea832 image=alpine) k8s.ns=default k8s.pod=web container=97c9868ea832", "",
			"user.name=root; user.loginuid=-1; k8s.ns.name=default; k8s.pod.name=web; container.id=97c9868ea832; proc.name=sh; proc.pname=runc; proc.cmdline=sh -c uptime; proc.tty=34816; container.image.repository=alpine"},
		{"Attach/Exec to pod (user=kubernetes-admin pod=kubecon resource=pods ns=default action=exec command=sh)", "",
			"ka.user.name=kubernetes-admin; pod=kubecon; ka.target.resource=pods; ka.target.namespace=default; action=exec; command=sh"},
		{"Audit: verb=create, user=aks, groups=(a,b), target=<NA>", "", ""},
		{"status=create from=alpine type=container", "", "status=create; from=alpine; type=container"},
		// Which user, which process: the text does not say.
		{"Login (user=bob)", "", "user=bob"},
		// What an attacker wrote into a command line.
		{"A shell | user_uid=1000 command=x user_uid=0 terminal=0", "", "proc.cmdline=x; proc.tty=0"},
		{"A shell | user_uid=1000 command=x a=b terminal=0", "", "user.uid=1000; proc.tty=0"},
		{"A shell | user_uid=x terminal=0 0", "", ""},
		{"Falco internal: syscall event drop. 1 system calls dropped in last second.(n_drops=1 n_evts=1181)", "Falco internal: syscall event drop", "n_drops=1; n_evts=1181"},
		{`Falco internal: syscall event drop. 2 system calls dropped (in all) in last second. (ebpf_enabled="1" n_drops="2")`, "Falco internal: syscall event drop", "ebpf_enabled=1; n_drops=2"},
		{`Falco metrics snapshot (evt.hostname="a b" falco.num_evts=4)`, "Falco internal: metrics snapshot", "evt.hostname=a b; falco.num_evts=4"},
		{"Falco internal: hot restart failure: bad rules (x=", "Falco internal: hot restart failure", ""},
		{"Falco internal: something new. Really.", "Falco internal: something new", ""},
	} {
		e, err := ParseText("14:32:07.191837261: Warning "+c.message+"\n", near)
		if err != nil {
			t.Errorf("%s: %v", c.message, err)
			continue
		}
		if e.Rule != c.rule || e.Priority != Warning || !e.FromText() || e.TimeSource() != TimeOfDay || e.message() != c.message {
			t.Errorf("%s: %+v", c.message, e)
		}
		if diff := cmp.Diff(c.fields, briefFields(e.Fields)); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", c.message, diff)
		}
	}
	for _, bad := range []string{"", "x", "14:32:07.191837261", "14:32:07.191837261: Odd x", "25:32:07: Warning x", "2024-13-01T00:00:00+0000: Error x", ": Error x", "14:32:07 Error x"} {
		if e, err := ParseText(bad, near); err == nil {
			t.Errorf("%q is %+v", bad, e)
		}
	}
}

func TestInternal(t *testing.T) {
	for _, c := range []struct {
		alert string
		want  Internal
	}{
		{`"rule":"A"`, nil},
		{`"rule":"A","source":"internal"`, OtherInternal{"A"}},
		{`"rule":"Falco internal: new"`, OtherInternal{"new"}},
		{`"rule":"Falco internal: syscall event drop","output_fields":{"ebpf_enabled":"1","n_drops":"815508","n_drops_bug":"0","n_drops_page_faults":3,"n_evts":2270350}`,
			SyscallDrops{2270350, 815508, []Counter{{"page_faults", 3}}, Opt[bool]{true, true}}},
		{`"rule":"Falco internal: timeouts notification","output_fields":{"last_event_time":"none"}`, Timeouts{"none"}},
		{`"rule":"Falco internal: capture size limit reached","output_fields":{"max_file_size_mb":5,"written_bytes":5242881}`,
			CaptureLimit{Opt[uint64]{5, true}, Opt[uint64]{5242881, true}}},
		{`"rule":"Falco internal: hot restart failure","output":"Falco internal: hot restart failure: cannot load x","output_fields":{}`,
			HotRestartFailure{"cannot load x"}},
	} {
		e := parsed(t, `{"priority":"Debug","time":"2024-07-24T14:32:07Z",`+c.alert+`}`)
		if diff := cmp.Diff(c.want, e.Internal()); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", c.alert, diff)
		}
	}
	m, ok := parsed(t, `{"priority":"Informational","time":"2024-07-24T14:32:07Z","rule":"Falco internal: metrics snapshot","output_fields":{`+
		`"falco.cpu_usage_perc":7.3,"falco.duration_sec":60,"falco.num_evts":4,"falco.rules.Some_rule":3,"falco.rules.matches_total":3,"falco.start_ts":1795424938436349423,"falco.version":"0.45.0"}}`).Internal().(MetricsSnapshot)
	if !ok || m.Version != "0.45.0" || m.CPU.V != 7.3 || m.Running.V != time.Minute || m.RuleMatches[0] != (Counter{"Some_rule", 3}) ||
		m.Matches.V != 3 || m.Started.V.UnixNano() != 1795424938436349423 || m.KernelDrops.OK || m.All.Len() != 7 {
		t.Errorf("%+v", m)
	}
}

func FuzzParseText(f *testing.F) {
	for _, line := range []string{
		"14:32:07.191837261: Warning A shell | evt_type=execve user=root command=sh -c a=b terminal=34816",
		"2024-07-24T14:32:07.191837261+0000: Notice A shell (user=root shell=sh) k8s.ns=default",
		`14:32:07.1: Debug Falco internal: x. (a="b\"" c=1)`, "00:00:60: Error a=1, b=2, c=3", "14:32:07: info \xff=\xff",
	} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		e, err := ParseText(line, time.Time{})
		if err != nil {
			return
		}
		// What Falco's JSON of it would be decodes, and keeps the fields.
		if e.Rule == "" {
			e.Rule = "R"
		}
		again, err := Parse(e.AppendJSON(nil))
		if err != nil {
			t.Fatal(err)
		}
		if again.Fields.Len() != e.Fields.Len() || again.Output != e.Output || !again.Time.Equal(e.Time) {
			t.Errorf("%q becomes %q", e.AppendJSON(nil), again.AppendJSON(nil))
		}
	})
}

// textLine is how a line that is an alert looks, whatever stands before it.
var textLine = regexp.MustCompile(`[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{9}(\+0000)?: (Emergency|Alert|Critical|Error|Warning|Notice|Informational|Debug)( |$)`)

// TestConformanceText expects an alert of every recorded line that is one, and
// none of the others.
func TestConformanceText(t *testing.T) {
	lines := conformanceFile(t, "alerts/text.txt")
	agree, differ := 0, 0
	for i, line := range lines {
		var e Event
		err := NewDecoder(strings.NewReader(string(line)), nil).Decode(&e)
		if want := textLine.Match(line); (err == nil) != want {
			t.Errorf("text.txt:%d: %v: %s", i+1, err, line)
			differ++
			continue
		}
		t.Logf("%s\n\t%s", e.message(), briefFields(e.Fields))
		agree++
	}
	report(t, "text", agree, differ)
}
