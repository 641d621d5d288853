package proof

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/falconer-go/falconer/event"
	"github.com/falconer-go/falconer/mitigate"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"mvdan.cc/sh/v3/syntax"
	"sigs.k8s.io/yaml"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	rbacv1 "k8s.io/api/rbac/v1"
)

// TestSnippets renders every snippet for every sample and for every hostile
// value, and reads each with the reader of its kind.
func TestSnippets(t *testing.T) {
	l := mitigate.Default()
	names := l.SnippetNames()
	if len(names) == 0 {
		t.Fatal("no snippets")
	}
	shown := make(map[string]bool)
	bodies := make(map[string]bool) // that were read already
	read := func(e *event.Event, hostileValue string) {
		for _, name := range names {
			s, ok := l.Snippet(e, name)
			if !ok {
				continue
			}
			shown[name] = true
			if hostileValue != "" && !word.MatchString(hostileValue) && entered(s.Body, hostileValue, l, name) {
				t.Errorf("%s: the value %q entered:\n%s", name, short(hostileValue), s.Body)
			}
			if bodies[s.Kind+s.Body] {
				continue
			}
			bodies[s.Kind+s.Body] = true
			if err := readSnippet(s); err != nil {
				t.Errorf("%s: %v\n%s", name, err, s.Body)
			}
		}
	}
	for _, e := range append(samples(t), withEveryField(t, "")...) {
		read(e, "")
	}
	for _, e := range withParts(t) {
		read(e, "")
	}
	for _, v := range hostile {
		for _, e := range withEveryField(t, v) {
			read(e, v)
		}
	}
	for _, name := range names {
		if !shown[name] {
			t.Errorf("%s was never shown: no sample meets the condition of a variant", name)
		}
	}
}

// TestSituationSnippets reads the snippets of the plans of what situations recognise.
func TestSituationSnippets(t *testing.T) {
	files, err := filepath.Glob("../../mitigate/testdata/situations*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	n := 0
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var cases []struct {
			Situation string           `json:"situation"`
			Fires     []map[string]any `json:"fires"`
		}
		if err := yaml.Unmarshal(data, &cases); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		for _, c := range cases {
			for _, fields := range c.Fires {
				p := mitigate.For(ofCase(t, fields))
				for _, s := range shownIn(p) {
					n++
					if err := readSnippet(s); err != nil {
						t.Errorf("%s: %s: %v\n%s", c.Situation, s.Name, err, s.Body)
					}
				}
			}
		}
	}
	if n == 0 {
		t.Error("no snippet was read")
	}
}

// ofCase returns the alert that a case describes; its fields tell the source.
func ofCase(t *testing.T, fields map[string]any) *event.Event {
	t.Helper()
	doc := map[string]any{"rule": "Any Rule", "priority": "Warning", "time": "2026-01-02T03:04:05.000000006Z"}
	out := make(map[string]any)
	for k, v := range fields {
		if head, ok := strings.CutPrefix(k, "alert."); ok {
			doc[head] = v
		} else {
			out[k] = v
		}
	}
	doc["output_fields"] = out
	line, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	return parse(t, line)
}

// shownIn returns the snippets of the short form and of the steps.
func shownIn(p *mitigate.Plan) (list []mitigate.Snippet) {
	for _, a := range p.First.Actions {
		list = append(list, a.Snippets...)
	}
	for _, o := range p.First.Then {
		list = append(list, o.Snippets...)
	}
	for _, s := range p.Steps {
		list = append(list, s.Snippets...)
	}
	return append(list, p.Config...)
}

// TestOldSnippets reads the snippets of old alerts, which differ, in the same way.
func TestOldSnippets(t *testing.T) {
	rules := map[string][]string{
		"aws_cloudtrail": {"Console Login Without MFA", "Console Login Through Assume Role", "Create AWS user", "Delete Group", "Put Bucket Policy"},
		"gcp_auditlog":   {"GCP IAM serviceAccount deleted", "GCP WAF rule modified or deleted", "GCP IAM policy modified"},
	}
	for _, v := range append([]string{""}, hostile...) {
		for _, e := range withEveryField(t, v) {
			for _, e.Rule = range rules[e.Source] {
				p := mitigate.For(e)
				for _, age := range []time.Duration{40 * 24 * time.Hour, 2 * 365 * 24 * time.Hour} {
					at := p.At(e.Time.Add(age))
					var list []mitigate.Snippet
					for _, a := range at.First.Actions {
						list = append(list, a.Snippets...)
					}
					for _, o := range at.First.Then {
						list = append(list, o.Snippets...)
					}
					for _, s := range list {
						if v != "" && !word.MatchString(v) && entered(s.Body, v, mitigate.Default(), s.Name) {
							t.Errorf("%s: the value %q entered:\n%s", s.Name, short(v), s.Body)
						}
						if err := readSnippet(s); err != nil {
							t.Errorf("%s: %v\n%s", s.Name, err, s.Body)
						}
					}
				}
			}
		}
	}
}

// word is a value that is one word to a shell and one scalar to YAML, whatever
// stands around it.
var word = regexp.MustCompile(`^[A-Za-z0-9_/.][A-Za-z0-9_./:@+-]*$`)

// entered reports whether a value stands in a snippet. One character may stand
// there of the snippet's own.
func entered(body, v string, l *mitigate.Library, name string) bool {
	if len(strings.TrimSpace(v)) < 3 || !strings.Contains(body, v) {
		return false
	}
	// What stands there for other alerts is the snippet's own.
	for _, e := range harmlessAlerts {
		if s, _ := l.Snippet(e, name); strings.Contains(s.Body, v) {
			return false
		}
	}
	return true
}

// harmlessAlerts are one without fields and one that names a pod.
var harmlessAlerts = func() (list []*event.Event) {
	for _, fields := range []string{`{}`, `{"k8s.ns.name":"ns","k8s.pod.name":"pod"}`} {
		e, err := event.Parse([]byte(`{"rule":"R","priority":"Notice","time":"2026-01-02T03:04:05Z","source":"syscall","output_fields":` + fields + `}`))
		if err != nil {
			panic(err)
		}
		list = append(list, e)
	}
	return list
}()

// withEveryField returns alerts of each source that have every field that may
// stand in a snippet, set to v; to something plausible if v is empty.
func withEveryField(t testing.TB, v string) []*event.Event {
	t.Helper()
	v = v[:min(len(v), 4000)] // of a hundred fields
	plausible := map[string]any{
		"container.id": "dca990c78804", "container.name": "web", "container.image.repository": "registry.example.com/shop/web", "container.image.tag": "1.2",
		"k8s.ns.name": "shop", "k8s.pod.name": "web-6c9f8d7b5c-x2x8q", "proc.pid": "4711", "proc.name": "sh", "proc.exepath": "/bin/sh", "proc.pname": "runc",
		"user.name": "www-data", "fd.name": "/etc/passwd", "fd.rip": "203.0.113.7", "fd.sip": "203.0.113.7", "fd.rport": "443",
		"ka.user.name": "dana", "ka.target.name": "web", "ka.target.namespace": "shop", "ka.target.resource": "pods", "ka.verb": "create",
		"ka.req.binding.subjects": `[{"kind":"ServiceAccount","name":"web","namespace":"shop"}]`,
		"ct.user":                 "bob", "ct.srcip": "192.0.2.24", "ct.region": "us-east-1", "ct.name": "CreateUser",
	}
	var list []*event.Event
	for _, source := range []string{"syscall", "k8s_audit", "aws_cloudtrail", "gcp_auditlog", "okta", "github"} {
		fields := make(map[string]any)
		for _, name := range mitigate.SnippetFields() {
			switch {
			case v != "":
				fields[name] = v
			case plausible[name] != nil:
				fields[name] = plausible[name]
			}
		}
		if v == "" { // what a snippet takes a part of
			fields["ka.req.binding.subjects"] = plausible["ka.req.binding.subjects"]
		}
		doc := map[string]any{"rule": "R", "priority": "Notice", "time": "2026-01-02T03:04:05Z", "source": source, "hostname": "node-7", "output_fields": fields}
		if v != "" {
			doc["hostname"] = v
		}
		line, err := json.Marshal(doc)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, parse(t, line))
	}
	return list
}

// withParts returns alerts whose values hold names within names, or within JSON,
// which commands take from there.
func withParts(t testing.TB) []*event.Event {
	t.Helper()
	var list []*event.Event
	add := func(source string, fields map[string]any) {
		doc := map[string]any{"rule": "R", "priority": "Notice", "time": "2026-01-02T03:04:05Z", "source": source, "output_fields": fields}
		if host, ok := fields["alert.hostname"]; ok {
			doc["hostname"] = host
			delete(fields, "alert.hostname")
		}
		if rule, ok := fields["alert.rule"]; ok {
			doc["rule"] = rule
			delete(fields, "alert.rule")
		}
		line, err := json.Marshal(doc)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, parse(t, line))
	}
	for _, server := range []string{"198.51.100.7", "relay.example.com", "fd00::7", "$(id)", "a;id"} {
		add("syscall", map[string]any{"container.id": "host", "proc.name": "ssh", "proc.cmdline": "ssh -fNT -R 2222:" + server + ":22 u@" + server, "user.loginuid": 1002, "proc.tty": 34816})
	}
	for _, script := range []string{"/opt/ops/baseline.sh", "/opt/$(id)/x.sh", "/opt/;id/x.sh", "/opt/../etc/x.sh"} {
		for _, container := range []string{"host", "dca990c78804"} {
			add("syscall", map[string]any{"container.id": container, "proc.name": "mv", "proc.cmdline": "mv /usr/bin/wget /usr/bin/wget.dis",
				"proc.pname": "bash", "proc.pcmdline": "bash " + script, "user.loginuid": -1, "proc.tty": 0})
			add("syscall", map[string]any{"container.id": container, "proc.name": "python3", "proc.cmdline": "python3 " + script, "user.loginuid": -1, "proc.tty": 0})
		}
	}
	for _, unit := range []string{"/etc/systemd/system/x.service", "/etc/systemd/system/$(id).service"} {
		add("syscall", map[string]any{"container.id": "host", "proc.name": "tee", "fd.name": unit, "user.loginuid": -1, "proc.tty": 0})
	}
	add("syscall", map[string]any{"container.id": "host", "proc.name": "mv", "proc.pname": "baseline.sh", "user.loginuid": -1, "proc.tty": 0})
	for _, folder := range []string{"/data/1/yarn", "/data/$(id)"} {
		path := folder + "/usercache/dr.who/appcache/application_1794301522371_0417/container_1794301522371_0417_01_000001/default_container_executor.sh"
		add("syscall", map[string]any{"container.id": "host", "proc.name": "bash", "proc.cmdline": "bash " + path, "proc.pname": "java", "user.loginuid": -1, "proc.tty": 0})
		add("syscall", map[string]any{"container.id": "dca990c78804", "container.name": "shop-git-1", "fd.name": "10.0.0.9:50000->10.0.0.7:9418", "proc.name": "git-daemon", "proc.cmdline": "git-daemon --export-all " + folder, "user.loginuid": -1, "proc.tty": 0})
		add("syscall", map[string]any{"container.id": "host", "fd.name": folder + "/vpn.log", "proc.name": "openvpn", "proc.pname": "systemd", "user.loginuid": -1, "proc.tty": 0})
	}
	for _, path := range []string{"/tmp/x", "/tmp/$(id)", "/usr/bin/x", "memfd:x", "memfd:$(id)"} {
		add("syscall", map[string]any{"container.id": "host", "proc.name": "3", "proc.exepath": path, "user.loginuid": -1, "proc.tty": 0})
	}
	add("syscall", map[string]any{"container.id": "host", "proc.name": "sh", "proc.pname": "slurmstepd", "user.loginuid": -1, "proc.tty": 0})
	add("syscall", map[string]any{"container.id": "host", "proc.name": "sh", "proc.cmdline": "sh -c /usr/local/bin/notify.sh 2>&1", "proc.pname": "mongod", "user.loginuid": -1, "proc.tty": 0})
	add("syscall", map[string]any{"container.id": "dca990c78804", "proc.name": "bash", "proc.cmdline": "bash -i", "proc.pname": "python3", "user.loginuid": -1, "proc.tty": 34817})
	add("syscall", map[string]any{"alert.rule": "Execution from /dev/shm", "container.id": "host", "proc.name": "bash", "proc.cmdline": "bash /dev/shm/.x/run.sh", "user.loginuid": -1, "proc.tty": 0})
	add("syscall", map[string]any{"container.id": "host", "proc.name": "sh", "proc.cmdline": "sh -xe /var/lib/jenkins/workspace/shop@tmp/durable-1a2b/script.sh.copy", "user.loginuid": -1, "proc.tty": 0})
	add("syscall", map[string]any{"container.id": "host", "proc.name": "dpkg", "evt.arg.oldpath": "/etc/sudoers", "evt.arg.newpath": "/etc/sudoers.dpkg-old"})
	for _, log := range []string{"/var/log/secure", "/var/log/wtmp"} {
		add("syscall", map[string]any{"container.id": "host", "proc.name": "vi", "fd.name": log, "user.loginuid": 1002, "proc.tty": 34816})
		add("syscall", map[string]any{"container.id": "dca990c78804", "proc.name": "sh", "fd.name": log, "user.loginuid": -1, "proc.tty": 0})
	}
	for _, file := range []string{"/tmp/a.ko", "/tmp/$(id).ko"} {
		add("syscall", map[string]any{"container.id": "dca990c78804", "proc.name": "insmod", "proc.cmdline": "insmod " + file})
	}
	for _, name := range []string{"mallory", "$(id)", "root"} {
		for _, command := range []string{"useradd -m ", "usermod -aG docker ", "usermod -a -G wheel ", "adduser ", "passwd "} {
			add("syscall", map[string]any{"container.id": "host", "proc.name": command[:strings.Index(command, " ")], "proc.cmdline": command + name, "user.name": "root", "user.loginuid": 1002, "proc.tty": 34816})
		}
	}
	add("syscall", map[string]any{"alert.rule": "Sudo Potential Privilege Escalation", "container.id": "host", "proc.name": "sudoedit", "proc.cmdline": "sudoedit -s a\\", "user.loginuid": 1002, "proc.tty": 34816})
	add("syscall", map[string]any{"container.id": "host", "proc.name": "pkexec", "proc.exepath": "/usr/bin/pkexec", "proc.cmdline": "pkexec", "user.loginuid": 1002, "proc.tty": 34816})
	for _, file := range []string{"/home/a/.bashrc", "/root/.ssh/authorized_keys", "/home/$(id)/.ssh/authorized_keys"} {
		add("syscall", map[string]any{"container.id": "host", "proc.name": "cp", "fd.name": file, "user.loginuid": 1002, "proc.tty": 34816})
	}
	add("syscall", map[string]any{"container.id": "host", "proc.name": "su", "proc.pname": "exp", "proc.env": "GLIBC_TUNABLES=glibc.malloc.mxfast=glibc.malloc.mxfast=A", "user.loginuid": 1002, "proc.tty": 34816})
	add("syscall", map[string]any{"container.id": "host", "proc.name": "shred", "proc.cmdline": "shred -u /var/log/wtmp", "user.loginuid": 1002, "proc.tty": 34816})
	for _, path := range []string{"/var/lib/mysql/ibdata1", "/var/lib/$(id)"} {
		add("syscall", map[string]any{"container.id": "host", "proc.name": "shred", "proc.cmdline": "shred -u " + path, "user.loginuid": 1002, "proc.tty": 34816})
		add("syscall", map[string]any{"alert.rule": "Mkdir binary dirs", "container.id": "host", "proc.name": "mkdir", "evt.arg.path": path})
		add("syscall", map[string]any{"alert.rule": "Write below root", "container.id": "host", "proc.name": "curl", "fd.name": path})
		add("syscall", map[string]any{"alert.rule": "Create files below dev", "container.id": "host", "proc.name": "curl", "fd.name": "/dev" + path})
		add("syscall", map[string]any{"container.id": "host", "proc.name": "rm", "proc.cmdline": "rm -f " + path})
	}
	for _, path := range []string{"/etc/ld.so.preload", "/etc/sudoers.d/x", "/root/.kube/config", "/var/lib/rpm/rpmdb.sqlite"} {
		add("syscall", map[string]any{"container.id": "host", "proc.name": "tee", "fd.name": path})
	}
	add("syscall", map[string]any{"container.id": "host", "proc.name": "crontab", "proc.cmdline": "crontab -", "user.name": "www-data", "user.loginuid": -1, "proc.tty": 0})
	add("syscall", map[string]any{"container.id": "host", "proc.name": "systemctl", "proc.cmdline": "systemctl stop auditd", "user.loginuid": 1002, "proc.tty": 34816})
	add("syscall", map[string]any{"container.id": "host", "proc.name": "python3", "proc.cmdline": "python3 /home/a/.ansible/tmp/ansible-tmp-1-2-3/AnsiballZ_dnf.py", "user.loginuid": 1001, "proc.tty": 0})
	for _, file := range []string{"/var/tmp/core.812", "/var/tmp/$(id)"} {
		for _, container := range []string{"host", "dca990c78804"} {
			add("syscall", map[string]any{"container.id": container, "proc.name": "gdb", "proc.cmdline": "gdb --nx --batch -ex attach 812 -ex gcore " + file + " -ex quit", "user.loginuid": 1002, "proc.tty": 34816})
			add("syscall", map[string]any{"container.id": container, "proc.name": "strace", "proc.cmdline": "strace -f -p 812 -e trace=read -o " + file, "user.loginuid": 1002, "proc.tty": 34816})
		}
	}
	for _, tool := range []string{"chpasswd", "passwd"} {
		add("syscall", map[string]any{"container.id": "host", "proc.name": tool, "proc.cmdline": tool, "user.loginuid": 0, "proc.tty": 34816})
	}
	for _, database := range []string{"redis-server", "mysqld", "postgres", "dockerd"} {
		for _, container := range []string{"host", "dca990c78804"} {
			add("syscall", map[string]any{"container.id": container, "proc.name": database, "fd.name": "/etc/cron.d/temp-1294.rdb", "user.name": "root", "user.loginuid": -1, "proc.tty": 0})
		}
	}
	for _, container := range []string{"host", "dca990c78804"} {
		add("syscall", map[string]any{"container.id": container, "container.image.repository": "docker.io/n8nio/n8n", "proc.name": "cloudflared", "proc.exepath": "/tmp/cloudflared",
			"proc.cmdline": "cloudflared tunnel --url http://localhost:5678", "user.name": "node", "user.loginuid": -1, "proc.tty": 0})
	}
	add("syscall", map[string]any{"container.id": "host", "proc.name": "find", "proc.cmdline": "find / -name id_rsa", "proc.pname": "bash", "proc.aname[2]": "java", "user.name": "jenkins", "user.loginuid": -1, "proc.tty": 0})
	for _, resource := range []string{"volumeattachments", "deployments"} {
		add("k8s_audit", map[string]any{"ka.user.name": "dana", "ka.verb": "patch", "ka.target.resource": resource, "ka.target.name": "web", "ka.target.namespace": "shop"})
	}
	for _, pod := range []string{"runner-x7-project-412-concurrent-0-abc12", "falco-responder-6c9f8d7b5c-x2x8q", "nightly-29543640-x8r2k", "web-0", "web"} {
		add("syscall", map[string]any{"container.id": "dca990c78804", "k8s.ns.name": "shop", "k8s.pod.name": pod, "container.image.repository": "registry.example.com/mysql",
			"proc.name": "bash", "proc.cmdline": "bash", "proc.exepath": "memfd:", "proc.tty": 34816, "user.loginuid": -1})
	}
	add("okta", map[string]any{"okta.actor.name": "Dana Whitfield", "okta.client.ip": "192.0.2.24"})
	add("github", map[string]any{"github.type": "organization", "github.action": "member_added", "github.org": "example", "github.user": "dana"})
	add("aws_cloudtrail", map[string]any{"ct.user.arn": "arn:aws:sts::123456789012:assumed-role/web/i-0123456789abcdef0", "ct.srcip": "192.0.2.24", "ct.region": "us-east-1"})
	for _, user := range []string{"dana", "minikube-user", "arn:aws:iam::123456789012:user/dana"} {
		for _, sample := range [][2]string{
			{"K8s Secret Get Unsuccessfully Tried", `"ka.target.name":"db","ka.target.namespace":"shop","ka.target.resource":"secrets","ka.response.code":"403"`},
			{"Create/Modify Configmap With Private Credentials", `"ka.verb":"create","ka.target.resource":"configmaps","ka.req.configmap.name":"creds"`},
			{"EphemeralContainers Created", `"ka.target.name":"web-0","ka.target.namespace":"shop","ka.target.resource":"pods"`},
			{"Attach/Exec Pod", `"ka.target.name":"web-0","ka.target.namespace":"shop","ka.target.resource":"pods","ka.target.subresource":"exec"`},
			{"K8s Deployment Created", `"ka.target.name":"web","ka.target.namespace":"shop","ka.target.resource":"deployments","ka.response.code":"201"`},
		} {
			list = append(list, parse(t, fmt.Appendf(nil, `{"rule":%q,"priority":"Notice","time":"2026-01-02T03:04:05Z","source":"k8s_audit",
				"output_fields":{"ka.user.name":%q,%s}}`, sample[0], user, sample[1])))
		}
	}
	list = append(list, parse(t, []byte(`{"rule":"Create AWS user","priority":"Notice","time":"2026-01-02T03:04:05Z","source":"aws_cloudtrail",
		"output_fields":{"ct.user":"dana","ct.request.username":"robot","ct.region":"us-east-1"}}`)))
	list = append(list, parse(t, []byte(`{"rule":"Console Login Through Assume Role","priority":"Warning","time":"2026-01-02T03:04:05Z","source":"aws_cloudtrail",
		"output_fields":{"ct.user.arn":"arn:aws:iam::123456789012:user/dana","ct.user.principalid":"AIDA1","ct.srcip":"192.0.2.24","ct.region":"us-east-1"}}`)))
	list = append(list, parse(t, []byte(`{"rule":"Delete Group","priority":"Notice","time":"2026-01-02T03:04:05Z","source":"aws_cloudtrail",
		"output_fields":{"ct.user":"dana","ct.request.groupname":"admins","ct.region":"us-east-1"}}`)))
	for _, host := range []string{"falco-github-84d7c6f5b9-w2vjm", "node.example.com"} {
		for _, owner := range []string{"github.org", "github.owner"} {
			list = append(list, parse(t, fmt.Appendf(nil, `{"rule":"Webhook Disconnected","priority":"Debug","time":"2026-01-02T03:04:05Z","source":"github","hostname":%q,
				"output_fields":{%q:"example","github.user":"dana","github.webhook.id":"4711"}}`, host, owner)))
		}
	}
	add("github", map[string]any{"github.repo.name": "example/shop", "github.org": "example", "github.user": "dana", "github.diff.committed_secrets.desc": "google_gcp_service_account"})
	list = append(list, parse(t, []byte(`{"rule":"Console Login Without MFA","priority":"Critical","time":"2026-01-02T03:04:05Z","source":"aws_cloudtrail",
		"output_fields":{"ct.user":"ses-smtp-user.20230411-102233","ct.srcip":"192.0.2.24","ct.region":"us-east-1"}}`)))
	for _, bucket := range []string{"acme-exports", "$(id)", "a/../b"} {
		add("aws_cloudtrail", map[string]any{"ct.user": "dana", "s3.bucket": bucket, "ct.srcip": "192.0.2.24", "ct.region": "us-east-1"})
	}
	for _, user := range []string{"dana", ""} { // "" may be root
		list = append(list, parse(t, fmt.Appendf(nil, `{"rule":"Console Login Without MFA","priority":"Critical","time":"2026-01-02T03:04:05Z","source":"aws_cloudtrail",
			"output_fields":{"ct.user":%q,"ct.srcip":"192.0.2.24","ct.region":"us-east-1"}}`, user)))
	}
	for _, call := range []string{"DeactivateMFADevice", "CreateAccessKey", "DisableSecurityHub", "UpdateDetector", "StopConfigurationRecorder"} {
		add("aws_cloudtrail", map[string]any{"ct.name": call, "ct.user": "dana", "ct.request.username": "robot", "ct.srcip": "192.0.2.24", "ct.region": "us-east-1"})
	}
	add("aws_cloudtrail", map[string]any{"ct.name": "AuthorizeSecurityGroupIngress", "ct.user": "dana", "ct.srcip": "192.0.2.24", "ct.region": "us-east-1"})
	for _, above := range []string{"nsenter", "cron", "sshd"} {
		id := "host"
		if above == "nsenter" {
			id = "4c1de77aa011"
		}
		add("syscall", map[string]any{"proc.name": "cat", "proc.pname": above, "container.id": id})
	}
	add("syscall", map[string]any{"proc.name": "whoami", "proc.pname": "sh", "proc.aname[2]": "java", "container.id": "host"})
	add("aws_cloudtrail", map[string]any{"ct.name": "CreateAccessKey", "ct.user": "root", "ct.user.identitytype": "Root", "ct.srcip": "192.0.2.24", "ct.region": "us-east-1"})
	add("aws_cloudtrail", map[string]any{"ct.user": "dana", "ct.request.functionname": "xmrig", "ct.region": "us-east-1"})
	add("aws_cloudtrail", map[string]any{"ct.user": "github-deploy", "ct.srcip": "autoscaling.amazonaws.com", "ct.response.reservationid": "r-0123456789abcdef0", "ct.region": "us-east-1"})
	for _, resource := range []string{
		"projects/_/buckets/acme-media/objects/a/b.pdf", "projects/_/buckets/acme-media/objects/$(id)",
		"projects/acme-prod/sinks/audit", "projects/acme-prod/sinks/$(id)", "projects/acme-prod/topics/audit", "projects/acme-prod/topics/$(id)",
		"projects/acme-prod/subscriptions/audit", "projects/acme-prod/subscriptions/$(id)",
	} {
		for _, permission := range []string{"storage.objects.update", "logging.sinks.update", "pubsub.topics.delete", "pubsub.subscriptions.update"} {
			add("gcp_auditlog", map[string]any{"gcp.projectId": "acme-prod", "gcp.user": "dana@example.com", "gcp.storage.bucket": "acme-media",
				"gcp.authorizationInfo": `[{"granted":true,"permission":"` + permission + `","resource":"` + resource + `"}]`})
		}
	}
	for _, uri := range []string{"gs://acme-dumps/2026/orders.sql.gz", "gs://acme-dumps/$(id)"} {
		add("gcp_auditlog", map[string]any{"gcp.projectId": "acme-prod", "gcp.user": "dana@example.com",
			"gcp.request": `{"body":{"exportContext":{"uri":"` + uri + `"}}}`})
	}
	for _, info := range []string{
		`{"permission":"iam.serviceAccountKeys.create","resource":"projects/-/serviceAccounts/build@acme-prod.iam.gserviceaccount.com","granted":true}`,
		`{"permission":"iam.serviceAccounts.delete","resource":"projects/-/serviceAccounts/104215893120446187733","granted":true}`,
		`{"permission":"cloudkms.cryptoKeyVersions.destroy","resource":"projects/acme-prod/locations/eu/keyRings/a/cryptoKeys/b/cryptoKeyVersions/3","granted":true}`,
		`{"permission":"cloudkms.cryptoKeys.update","resource":"projects/acme-prod/locations/eu/keyRings/a/cryptoKeys/b","granted":true}`,
		`{"permission":"pubsub.subscriptions.delete","resource":"projects/acme-prod/subscriptions/s","granted":true}`,
		`{"permission":"cloudfunctions.functions.create","resource":"projects/acme-prod/locations/us-central1/functions/f","granted":true}`,
		`{"permission":"cloudfunctions.functions.update","resource":"projects/acme-prod/locations/us-central1/functions/f","granted":true}`,
		`{"permission":"compute.instances.create","resourceAttributes":{"name":"projects/acme-prod/zones/europe-west3-a/instances/vm"},"granted":true}`,
		`{"permission":"compute.instances.stop","resourceAttributes":{"name":"projects/acme-prod/zones/europe-west3-a/instances/vm"},"granted":true}`,
		`{"permission":"compute.instances.setServiceAccount","resourceAttributes":{"name":"projects/acme-prod/zones/europe-west3-a/instances/vm"},"granted":true}`,
		`{"permission":"compute.firewalls.create","resourceAttributes":{"name":"projects/acme-prod/global/firewalls/open"},"granted":true}`,
		`{"permission":"compute.firewalls.update","resourceAttributes":{"name":"projects/acme-prod/global/firewalls/open"},"granted":true}`,
		`{"permission":"compute.firewalls.create","resourceAttributes":{"name":"projects/acme-prod/global/firewalls/$(id)"},"granted":true}`,
	} {
		add("gcp_auditlog", map[string]any{"gcp.projectId": "acme-prod", "gcp.user": "dana@example.com", "gcp.callerIP": "192.0.2.24", "gcp.cloudfunctions.function": "f",
			"gcp.authorizationInfo": "[" + info + "]", "gcp.policyDelta": `[{"action":"ADD","member":"user:dana@example.net","role":"roles/owner"}]`})
	}
	for _, user := range []string{
		"argocd:argocd-application-controller", "flux-system:kustomize-controller", "flux-system:helm-controller", "flux-system:source-controller",
		"cattle-fleet-system:fleet-agent", "olm:olm-operator-serviceaccount", "shop:web",
	} {
		for _, name := range []string{"web", "shop-operator.v1.2.0-3cAXmwIYNOq", "system:web", "$(id)"} {
			add("k8s_audit", map[string]any{"ka.user.name": "system:serviceaccount:" + user, "ka.target.resource": "clusterroles", "ka.target.name": name})
		}
	}
	for _, name := range []string{"deployer", "$(id)"} {
		add("k8s_audit", map[string]any{"ka.user.name": "dana", "ka.target.resource": "serviceaccounts", "ka.target.name": name, "ka.response.code": "201",
			"ka.uri": "/api/v1/namespaces/ci/serviceaccounts/" + name + "/token"})
		add("k8s_audit", map[string]any{"ka.user.name": "dana", "ka.target.resource": "certificatesigningrequests", "ka.target.name": name, "ka.response.code": "200"})
	}
	for _, user := range []string{"system:bootstrap:q7x2vk", "system:bootstrap:$(id)"} {
		add("k8s_audit", map[string]any{"ka.user.name": user, "ka.target.resource": "nodes", "ka.target.name": "node-1"})
	}
	for _, host := range []string{"aks-nodepool1-30712345-vmss000002", "gke-prod-pool-1a2b3c4d-x9kq", "eks-prod"} { // each provider's log has a form of its own
		for _, name := range []string{"web", "$(id)"} {
			for _, res := range []string{"pods", "serviceaccounts", "namespaces", "roles"} {
				add("k8s_audit", map[string]any{"alert.hostname": host, "ka.user.name": "dana@example.com", "ka.verb": "update", "ka.target.resource": res, "ka.target.name": name, "ka.target.namespace": "shop"})
			}
			add("k8s_audit", map[string]any{"alert.hostname": host, "ka.user.name": "masterclient", "ka.target.resource": "namespaces", "ka.target.name": name})
			add("k8s_audit", map[string]any{"alert.hostname": host, "ka.user.name": "masterclient", "ka.req.configmap.name": name})
			add("k8s_audit", map[string]any{"alert.hostname": host, "ka.user.name": "dana@example.com", "ka.req.configmap.name": name})
			add("k8s_audit", map[string]any{"alert.hostname": host, "ka.user.name": "system:serviceaccount:kube-system:replicaset-controller", "ka.resp.name": name, "ka.target.namespace": "shop"})
		}
		add("k8s_audit", map[string]any{"alert.hostname": host, "ka.user.name": "system:anonymous", "ka.uri": "/api/v1/secrets"})
	}
	add("k8s_audit", map[string]any{"alert.hostname": "cp-1", "ka.user.name": "kubernetes-admin", "ka.target.resource": "secrets", "ka.verb": "list"})
	for _, name := range []string{"sh.helm.release.v1.shop.v41", "sh.helm.release.v1.$(id)"} {
		add("k8s_audit", map[string]any{"ka.user.name": "dana@example.com", "ka.target.resource": "secrets", "ka.target.name": name, "ka.target.namespace": "shop"})
	}
	for _, user := range []string{"8c1f5c1e-3a77-4a4e-9d9a-2a41c0f0b7b1", "masterclient", "u-b4qkhsnliz", "system:serviceaccount:cattle-impersonation-system:cattle-impersonation-u-b4qkhsnliz"} {
		add("k8s_audit", map[string]any{"alert.hostname": "aks-pool", "ka.user.name": user, "ka.target.resource": "pods", "ka.verb": "create", "ka.target.name": "web"})
	}
	add("k8s_audit", map[string]any{"ka.user.name": "system:serviceaccount:gitlab-runner:gitlab-runner", "ka.target.resource": "pods", "ka.resp.name": "runner-a-project-7-concurrent-0-b", "ka.target.namespace": "ci"})
	for _, name := range []string{"velero-server", "argocd-manager", "$(id)"} {
		for _, home := range []string{"velero", "ops", "$(id)"} {
			add("k8s_audit", map[string]any{"ka.user.name": "ci@acme.iam.gserviceaccount.com", "ka.req.binding.subjects": fmt.Sprintf(`[{"kind":"ServiceAccount","name":%q,"namespace":%q}]`, name, home)})
			add("k8s_audit", map[string]any{"ka.user.name": "dana", "ka.req.binding.subjects": fmt.Sprintf(`[{"kind":"ServiceAccount","name":%q,"namespace":%q}]`, name, home)})
		}
	}
	for _, name := range []string{"eve", "eve@example.com", "$(id)"} {
		for _, rule := range []string{"K8s RoleBinding Created", "K8s ClusterRoleBinding Deleted"} {
			for _, resource := range []string{"rolebindings", "clusterrolebindings", "clusterroles"} {
				add("k8s_audit", map[string]any{"alert.rule": rule, "ka.user.name": "dana", "ka.target.resource": resource, "ka.target.name": name, "ka.target.namespace": "shop",
					"ka.req.binding.subjects": fmt.Sprintf(`[{"kind":"User","name":%q}]`, name)})
			}
		}
	}
	for _, name := range []string{"system:node", "x", "$(id)"} {
		add("k8s_audit", map[string]any{"alert.rule": "System ClusterRole Modified/Deleted", "ka.user.name": "dana", "ka.verb": "patch", "ka.target.resource": "clusterroles", "ka.target.name": name})
		add("k8s_audit", map[string]any{"ka.user.name": "dana", "ka.target.resource": "roles", "ka.target.name": name, "ka.target.namespace": "shop"})
		add("k8s_audit", map[string]any{"ka.user.name": "dana", "ka.verb": "update", "ka.uri": "/apis/certificates.k8s.io/v1/certificatesigningrequests/" + name + "/approval"})
	}
	for _, name := range []string{"web", "shop-db-app", "$(id)-superuser", "$(id)"} {
		add("k8s_audit", map[string]any{"ka.user.name": "system:serviceaccount:velero:velero", "ka.target.resource": "pods", "ka.target.subresource": "exec", "ka.target.name": name, "ka.target.namespace": "shop"})
		add("k8s_audit", map[string]any{"ka.user.name": "system:serviceaccount:cert-manager:cert-manager", "ka.target.resource": "secrets", "ka.target.name": name, "ka.target.namespace": "shop"})
		add("k8s_audit", map[string]any{"ka.user.name": "system:serviceaccount:flux-system:helm-controller", "ka.target.resource": "services", "ka.target.name": name, "ka.target.namespace": "shop"})
	}
	add("k8s_audit", map[string]any{"ka.user.name": "system:serviceaccount:argocd:argocd-server", "ka.target.resource": "pods", "ka.target.subresource": "exec", "ka.target.name": "web"})
	add("k8s_audit", map[string]any{"ka.user.name": "arn:aws:sts::123456789012:assumed-role/deploy/GitHubActions", "ka.target.resource": "deployments", "ka.target.namespace": "shop"})
	add("k8s_audit", map[string]any{"ka.user.name": "dana@example.com", "ka.target.resource": "namespaces", "ka.target.name": "shop",
		"ka.auth.reason": `RBAC: allowed by ClusterRoleBinding "ops" of ClusterRole "cluster-admin" to Group "oidc:ops"`})
	add("k8s_audit", map[string]any{"ka.user.name": "dana@example.com", "ka.resp.name": "web", "ka.target.namespace": "shop",
		"jevt.value[/requestObject/spec/volumes]": `[{"hostPath":{"path":"/","type":""},"name":"host"}]`})
	return list
}

// TestReadApplied holds that the manifests in scripts are read at all.
func TestReadApplied(t *testing.T) {
	for manifest, ok := range map[string]bool{
		"apiVersion: v1\nkind: Namespace\nmetadata: {name: a}":  true,
		"apiVersion: v1\nkind: Namespace\nmetadata: {nmae: a}":  false,
		"apiVersion: v1\nkind: Surprise\nmetadata: {name: a}\n": false,
	} {
		s := mitigate.Snippet{Kind: "shell", Body: "kubectl -n a apply -f - <<'EOF'\n" + manifest + "\nEOF\n"}
		if err := readSnippet(s); (err == nil) != ok {
			t.Errorf("%q: %v", manifest, err)
		}
	}
}

func readSnippet(s mitigate.Snippet) error {
	switch s.Kind {
	case "json":
		return json.Unmarshal([]byte(s.Body), new(any))
	case "kubernetes":
		return readManifests(s.Body)
	case "talon":
		_, err := readTalon(s.Body)
		return err
	case "falco":
		return nil // read by rules.Load in the tests of mitigate
	}
	file, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(s.Body), s.Name)
	if err != nil {
		return err
	}
	return readApplied(file)
}

// readApplied reads the manifests that a script hands to kubectl apply.
func readApplied(file *syntax.File) (err error) {
	syntax.Walk(file, func(n syntax.Node) bool {
		stmt, ok := n.(*syntax.Stmt)
		if !ok || err != nil {
			return err == nil
		}
		call, ok := stmt.Cmd.(*syntax.CallExpr)
		if !ok || !slices.ContainsFunc(call.Args, func(w *syntax.Word) bool { return w.Lit() == "apply" }) {
			return true
		}
		for _, r := range stmt.Redirs {
			if r.Hdoc != nil {
				err = readManifests(r.Hdoc.Lit())
			}
		}
		return true
	})
	return err
}

var scheme = func() *runtime.Scheme {
	s := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{
		corev1.AddToScheme, appsv1.AddToScheme, batchv1.AddToScheme, networkingv1.AddToScheme, rbacv1.AddToScheme, admissionregistrationv1.AddToScheme,
	} {
		if err := add(s); err != nil {
			panic(err)
		}
	}
	return s
}()

// readManifests decodes each document into Kubernetes' own type for it; a field
// that the type does not have is an error.
func readManifests(body string) error {
	n := 0
	for doc := range strings.SplitSeq(body, "\n---\n") {
		if strings.TrimSpace(stripComments(doc)) == "" {
			continue
		}
		n++
		var meta struct {
			APIVersion string `json:"apiVersion"`
			Kind       string `json:"kind"`
		}
		if err := yaml.Unmarshal([]byte(doc), &meta); err != nil {
			return err
		}
		gv, err := schema.ParseGroupVersion(meta.APIVersion)
		if err != nil {
			return err
		}
		obj, err := scheme.New(gv.WithKind(meta.Kind))
		if err != nil {
			return fmt.Errorf("%s %s: %w", meta.APIVersion, meta.Kind, err)
		}
		if err := yaml.UnmarshalStrict([]byte(doc), obj); err != nil {
			return fmt.Errorf("%s %s: %w", meta.APIVersion, meta.Kind, err)
		}
	}
	if n == 0 {
		return fmt.Errorf("no document")
	}
	return nil
}

func stripComments(doc string) string {
	var b strings.Builder
	for line := range strings.Lines(doc) {
		if !strings.HasPrefix(strings.TrimSpace(line), "#") {
			b.WriteString(line)
		}
	}
	return b.String()
}
