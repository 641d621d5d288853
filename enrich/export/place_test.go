package export_test

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/falconer-go/falconer/enrich"
	"github.com/falconer-go/falconer/enrich/export/ecs"
	"github.com/falconer-go/falconer/enrich/export/ocsf"
	"github.com/falconer-go/falconer/enrich/export/otel"
	"github.com/falconer-go/falconer/enrich/export/stix"
	"github.com/falconer-go/falconer/event"
)

// alert is an alert of a source with these output fields, a JSON object.
func alert(t testing.TB, source, fields string) *event.Event {
	t.Helper()
	e, err := event.Parse(fmt.Appendf(nil, `{"hostname":"node-7","priority":"Notice","rule":"R","source":%q,"output":"o","time":"2026-09-17T09:12:44Z","output_fields":%s}`, source, fields))
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// at returns what stands in a document at a path such as evidences.0.user, as
// JSON; "" if nothing does.
func at(t testing.TB, doc []byte, path string) string {
	t.Helper()
	var v any
	if err := json.Unmarshal(doc, &v); err != nil {
		t.Fatalf("%v\n%s", err, doc)
	}
	for part := range strings.SplitSeq(path, "/") {
		switch in := v.(type) {
		case map[string]any:
			v = in[part]
		case []any:
			i, err := strconv.Atoi(part)
			if err != nil || i >= len(in) {
				return ""
			}
			v = in[i]
		default:
			return ""
		}
	}
	if v == nil {
		return ""
	}
	out, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

const (
	// What the rules that Falco ships print of a process: no pid.
	shipped = `{"container.id":"4b2a3d90c1f7","container.image.repository":"shop/api","container.image.tag":"2","container.name":"api","evt.type":"openat",` +
		`"fd.name":"/etc/shadow","k8s.ns.name":"shop","k8s.pod.name":"api-1","proc.cmdline":"cat /etc/shadow","proc.exepath":"/bin/cat","proc.name":"cat",` +
		`"proc.pname":"sh","proc.tty":34816,"user.name":"root","user.uid":0}`
	tuple = `{"evt.type":"connect","fd.l4proto":"tcp","fd.lport":51200,"fd.name":"2001:db8::12:51200->2001:db8::1:4444","fd.rport":4444,"fd.type":"ipv6","proc.pid":1}`
	k8s   = `{"ka.cluster.name":"prod","ka.response.code":"403","ka.sourceips":["192.0.2.7","10.0.0.1"],"ka.target.name":"api","ka.target.namespace":"shop","ka.target.resource":"pods",` +
		`"ka.user.name":"bob","ka.useragent":"kubectl/v1","ka.verb":"create"}`
	trail = `{"ct.error":null,"ct.name":"StopLogging","ct.recipientaccountid":"123456789012","ct.region":"us-east-1","ct.src":"cloudtrail.amazonaws.com",` +
		`"ct.srcip":"192.0.2.24","ct.user":"bob","ct.useragent":"aws-cli/2"}`
	gcp   = `{"gcp.callerIP":"192.0.2.9","gcp.location":"europe-west1","gcp.methodName":"SetIamPolicy","gcp.projectId":"shop-1","gcp.serviceName":"iam.googleapis.com","gcp.user":"eve@example.com"}`
	okta  = `{"okta.actor.alternateid":"eve@example.com","okta.client.ip":"192.0.2.9","okta.evt.type":"user.session.start","okta.result":"FAILURE"}`
	odd   = `{"container.name":"host","fd.cip":"AWS Internal","fd.cport":70000,"fd.name":"/x","fd.sport":-1,"fd.type":"directory","proc.pid":99999999999999999999,"proc.tty":0}`
	moved = `{"evt.type":"renameat","fd.name":null,"fs.path.name":"/var/log/syslog","fs.path.source":"/var/log/syslog"}`
)

func TestECSPlaces(t *testing.T) {
	for _, c := range []struct{ source, fields, path, want string }{
		{"syscall", shipped, "host/name", `"node-7"`},
		{"syscall", shipped, "observer/hostname", `"node-7"`},
		{"syscall", shipped, "event/category", `["intrusion_detection","file"]`},
		{"syscall", shipped, "event/type", `["access"]`},
		{"syscall", shipped, "log/level", `"notice"`},
		{"syscall", shipped, "process/interactive", ``}, // a terminal says that the session is
		{"syscall", shipped, "process/tty/char_device", `{"major":136,"minor":0}`},
		{"syscall", shipped, "file", `{"directory":"/etc","name":"shadow","path":"/etc/shadow"}`},
		{"syscall", shipped, "related", `{"hosts":["node-7"],"user":["root"]}`},
		{"syscall", tuple, "source", `{"address":"2001:db8::12","ip":"2001:db8::12","port":51200}`},
		{"syscall", tuple, "destination", `{"address":"2001:db8::1","ip":"2001:db8::1","port":4444}`},
		{"syscall", tuple, "related/ip", `["2001:db8::12","2001:db8::1"]`},
		{"syscall", tuple, "file", ``},
		{"syscall", odd, "container", ``},
		{"syscall", odd, "file", `{"directory":"/","name":"x","path":"/x","type":"dir"}`},
		{"syscall", odd, "source", `{"address":"AWS Internal"}`},
		{"syscall", odd, "destination", ``},
		{"syscall", odd, "process/pid", ``},
		{"syscall", odd, "process/interactive", `false`},
		{"syscall", odd, "related/ip", ``},
		{"syscall", moved, "file/path", `"/var/log/syslog"`},
		{"syscall", moved, "event/type", `["change"]`},
		{"syscall", `{"evt.type":"symlinkat"}`, "event/type", `["creation"]`},
		{"syscall", `{"evt.type":"mkdir"}`, "event/type", `["creation"]`},
		{"syscall", `{"evt.type":"fchownat"}`, "event/type", `["change"]`},
		{"syscall", `{"evt.type":"procexit"}`, "event/type", `["end"]`},
		{"syscall", `{"evt.type":"finit_module"}`, "event/category", `["intrusion_detection","driver"]`},
		{"syscall", `{"evt.type":"openat","evt.is_open_write":true}`, "event/type", `["change"]`},
		{"syscall", `{"evt.res":"ENOENT"}`, "event/outcome", `"failure"`},
		{"k8s_audit", k8s, "host", ``}, // the API is called elsewhere
		{"k8s_audit", k8s, "observer/hostname", `"node-7"`},
		{"k8s_audit", k8s, "event/category", `["intrusion_detection","api"]`},
		{"k8s_audit", k8s, "event/type", `["creation","denied"]`},
		{"k8s_audit", k8s, "event/outcome", `"failure"`},
		{"k8s_audit", k8s, "user/name", `"bob"`},
		{"k8s_audit", k8s, "user_agent/original", `"kubectl/v1"`},
		{"k8s_audit", k8s, "source/ip", `"192.0.2.7"`},
		{"k8s_audit", k8s, "orchestrator", `{"cluster":{"name":"prod"},"namespace":"shop","resource":{"name":"api","type":"pods"},"type":"kubernetes"}`},
		{"k8s_audit", `{"ka.verb":"list"}`, "event/type", `["access"]`},
		{"k8s_audit", `{"ka.verb":"patch"}`, "event/type", `["change"]`},
		{"k8s_audit", `{"ka.verb":"deletecollection"}`, "event/type", `["deletion"]`},
		{"aws_cloudtrail", trail, "cloud", `{"account":{"id":"123456789012"},"provider":"aws","region":"us-east-1"}`},
		{"aws_cloudtrail", trail, "event/provider", `"cloudtrail.amazonaws.com"`},
		{"aws_cloudtrail", trail, "event/outcome", `"success"`}, // Falco looked, and there was no error
		{"aws_cloudtrail", trail, "host", ``},
		{"aws_cloudtrail", trail, "source/ip", `"192.0.2.24"`},
		{"aws_cloudtrail", `{"ct.name":"GetObject"}`, "event/outcome", ``},
		{"gcp_auditlog", gcp, "cloud", `{"project":{"id":"shop-1"},"provider":"gcp","region":"europe-west1"}`},
		{"okta", okta, "event/outcome", `"failure"`},
		{"okta", okta, "user/name", `"eve@example.com"`},
		{"okta", okta, "related", `{"hosts":["node-7"],"ip":["192.0.2.9"],"user":["eve@example.com"]}`},
	} {
		e := alert(t, c.source, c.fields)
		doc := ecs.Append(nil, e, enrich.For(e), nil)
		if got := at(t, doc, c.path); got != c.want {
			t.Errorf("%s %s: %s is %s, want %s", c.source, c.fields, c.path, got, c.want)
		}
	}
	e := alert(t, "syscall", shipped)
	if got, want := at(t, ecs.Append(nil, e, nil, &ecs.Options{Original: true}), "event/original"), string(e.AppendJSON(nil)); got != strconv.Quote(want) {
		t.Errorf("event.original is %s, want %s", got, want)
	}
}

func TestOCSFPlaces(t *testing.T) {
	for _, c := range []struct {
		version              ocsf.Version
		source, fields, path string
		want                 string
	}{
		// Without a pid, which the schema wants, what is known of the process
		// stands in the evidence's own data.
		{ocsf.V1_8, "syscall", shipped, "evidences/0/process", ``},
		{ocsf.V1_8, "syscall", shipped, "evidences/0/data/process", `{"cmd_line":"cat /etc/shadow","file":{"name":"cat","path":"/bin/cat","type_id":1},"name":"cat","parent_process":{"name":"sh"}}`},
		{ocsf.V1_8, "syscall", shipped, "evidences/0/user", `{"name":"root","uid":"0"}`},
		{ocsf.V1_8, "syscall", shipped, "evidences/0/container/uid", `"4b2a3d90c1f7"`},
		{ocsf.V1_8, "syscall", shipped, "evidences/0/resources", `[{"name":"api-1","namespace":"shop","type":"pod"}]`},
		{ocsf.V1_8, "syscall", shipped, "metadata/profiles", `["host","container"]`},
		{ocsf.V1_1, "syscall", shipped, "evidences/0/data/process/container/uid", `"4b2a3d90c1f7"`},
		{ocsf.V1_1, "syscall", shipped, "evidences/0/actor/user", `{"name":"root","uid":"0"}`},
		{ocsf.V1_1, "syscall", shipped, "metadata/profiles", `["host"]`},
		{ocsf.V1_1, "syscall", shipped, "resources", `[{"name":"api-1","namespace":"shop","type":"pod"}]`},
		{ocsf.V1_8, "syscall", `{"container.id":"4b2a3d90c1f7"}`, "evidences", ``}, // a container alone is no evidence
		{ocsf.V1_8, "syscall", tuple, "evidences/0/src_endpoint", `{"ip":"2001:db8::12","port":51200}`},
		{ocsf.V1_8, "syscall", odd, "evidences/0/src_endpoint", ``},
		{ocsf.V1_8, "syscall", odd, "evidences/0/process", ``},
		{ocsf.V1_8, "syscall", moved, "evidences/0/file/path", `"/var/log/syslog"`},
		{ocsf.V1_8, "k8s_audit", k8s, "device", ``},
		{ocsf.V1_8, "k8s_audit", k8s, "metadata/reporter", `{"hostname":"node-7","name":"Falco"}`},
		{ocsf.V1_8, "k8s_audit", k8s, "metadata/profiles", ``},
		{ocsf.V1_8, "k8s_audit", k8s, "evidences/0/src_endpoint/ip", `"192.0.2.7"`},
		{ocsf.V1_8, "k8s_audit", k8s, "evidences/0/api", `{"operation":"create","response":{"code":403}}`},
		{ocsf.V1_1, "k8s_audit", k8s, "metadata/loggers", `[{"device":{"hostname":"node-7","type":"Unknown","type_id":0},"name":"Falco"}]`},
		{ocsf.V1_8, "aws_cloudtrail", trail, "cloud", `{"account":{"uid":"123456789012"},"provider":"AWS","region":"us-east-1"}`},
		{ocsf.V1_8, "aws_cloudtrail", trail, "metadata/profiles", `["cloud"]`},
		{ocsf.V1_8, "gcp_auditlog", gcp, "cloud", `{"project_uid":"shop-1","provider":"GCP","region":"europe-west1"}`},
		{ocsf.V1_1, "gcp_auditlog", gcp, "cloud/provider", `"GCP"`},
	} {
		e := alert(t, c.source, c.fields)
		doc := ocsf.Append(nil, e, enrich.For(e), &ocsf.Options{Version: c.version})
		if got := at(t, doc, c.path); got != c.want {
			t.Errorf("%v %s %s: %s is %s, want %s", c.version, c.source, c.fields, c.path, got, c.want)
		}
	}
}

// TestOCSFObservables holds that each observable names an attribute of the
// finding whose value it has, and that no value to pivot on is forgotten.
func TestOCSFObservables(t *testing.T) {
	for _, c := range []struct {
		source, fields string
		want           int
	}{
		{"syscall", shipped, 6}, {"syscall", tuple, 3}, {"k8s_audit", k8s, 3}, {"aws_cloudtrail", trail, 3}, {"okta", okta, 3}, {"syscall", `{}`, 1},
	} {
		for _, v := range []ocsf.Version{ocsf.V1_8, ocsf.V1_1} {
			e := alert(t, c.source, c.fields)
			doc := ocsf.Append(nil, e, nil, &ocsf.Options{Version: v})
			var got struct {
				Observables []struct {
					Name, Type, Value string
					TypeID            int `json:"type_id"`
				}
			}
			if err := json.Unmarshal(doc, &got); err != nil {
				t.Fatal(err)
			}
			if len(got.Observables) != c.want {
				t.Errorf("%v %s %s: %d observables, want %d: %v", v, c.source, c.fields, len(got.Observables), c.want, got.Observables)
			}
			for _, o := range got.Observables {
				path := strings.ReplaceAll(strings.ReplaceAll(strings.ReplaceAll(o.Name, ".", "/"), "evidences/", "evidences/0/"), "loggers/", "loggers/0/")
				if found := at(t, doc, path); found != strconv.Quote(o.Value) || o.Type == "" {
					t.Errorf("%v %s: observable %s is %q, the attribute %s", v, c.source, o.Name, o.Value, found)
				}
			}
		}
	}
}

func TestOTelPlaces(t *testing.T) {
	for _, c := range []struct{ source, fields, name, want string }{
		{"syscall", shipped, "security_rule.category", "syscall"},
		{"syscall", shipped, "process.executable.name", "cat"},
		{"syscall", `{"proc.name":"worker","proc.exepath":"/usr/bin/python3.12"}`, "process.executable.name", "python3.12"},
		{"syscall", `{"proc.name":"worker","proc.exepath":"/usr/bin/python3.12"}`, "process.title", "worker"},
		{"syscall", shipped, "host.name", "node-7"},
		{"syscall", tuple, "server.address", "2001:db8::1"},
		{"syscall", odd, "client.port", "<nil>"},
		{"syscall", odd, "container.name", "<nil>"},
		{"k8s_audit", k8s, "host.name", "<nil>"},
		{"k8s_audit", k8s, "falco.hostname", "node-7"},
		{"k8s_audit", k8s, "user.name", "bob"},
		{"k8s_audit", k8s, "client.address", "192.0.2.7"},
		{"k8s_audit", k8s, "k8s.cluster.name", "prod"},
		{"aws_cloudtrail", trail, "cloud.provider", "aws"},
		{"aws_cloudtrail", trail, "cloud.region", "us-east-1"},
		{"aws_cloudtrail", trail, "cloud.account.id", "123456789012"},
		{"gcp_auditlog", gcp, "cloud.account.id", "shop-1"},
		{"aws_cloudtrail", trail, "user_agent.original", "aws-cli/2"},
	} {
		e := alert(t, c.source, c.fields)
		got := make(map[string]any)
		for name, v := range otel.Attributes(e, nil) {
			got[name] = v
		}
		if s := fmt.Sprint(got[c.name]); s != c.want {
			t.Errorf("%s %s: %s is %s, want %s", c.source, c.fields, c.name, s, c.want)
		}
	}
}

// TestSTIXIDs holds that what alerts have in common is one object, with the id
// that the standard gives it, and that only what an alert says of itself differs.
func TestSTIXIDs(t *testing.T) {
	objects := func(when string) map[string]string {
		e, err := event.Parse([]byte(`{"hostname":"node-7","priority":"Notice","rule":"R","source":"syscall","tags":["T1059"],"time":"` + when + `",` +
			`"output_fields":{"proc.exepath":"/bin/sh","fd.name":"198.51.100.3:1->198.51.100.3:2","fs.path.name":"/bin/sh","proc.pid":1}}`))
		if err != nil {
			t.Fatal(err)
		}
		doc, ok := stix.Append(nil, e, enrich.For(e))
		if !ok {
			t.Fatal("no bundle")
		}
		var b struct{ Objects []json.RawMessage }
		if err := json.Unmarshal(doc, &b); err != nil {
			t.Fatal(err)
		}
		byID := make(map[string]string)
		for _, o := range b.Objects {
			id, err := strconv.Unquote(at(t, o, "id"))
			if err != nil {
				t.Fatal(err)
			}
			if byID[id] != "" {
				t.Errorf("%s stands twice", id)
			}
			byID[id] = string(o)
		}
		return byID
	}
	one, other := objects("2026-09-17T09:12:44Z"), objects("2026-09-17T09:12:45Z")
	// As Python has them: uuid5 of the canonical JSON, in the standard's namespace;
	// the address and its id are an example of the specification.
	for id, has := range map[string]string{
		"ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4": `"value":"198.51.100.3"`,
		"directory--c9729dd5-e253-5e1a-9865-db3750601b70": `"path":"/bin"`,
		"file--759730aa-d639-5425-ba7c-58408f29f50c":      `"name":"sh"`,
	} {
		if !strings.Contains(one[id], has) {
			t.Errorf("there is no %s with %s in %v", id, has, one)
		}
	}
	for id, o := range one {
		again, shared := other[id]
		if shared && again != o {
			t.Errorf("%s differs between alerts: %s, %s", id, o, again)
		}
		kind, _, _ := strings.Cut(id, "--")
		if own := kind == "process" || kind == "observed-data" || kind == "sighting"; shared == own {
			t.Errorf("%s is shared between alerts: %v", id, shared)
		}
	}
}
