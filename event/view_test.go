package event

import "testing"

func parsed(t testing.TB, text string) *Event {
	t.Helper()
	e, err := Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// withFields is an alert with these output_fields.
func withFields(t testing.TB, fields string) *Event {
	t.Helper()
	return parsed(t, `{"rule":"A","priority":"Notice","time":"2024-07-24T14:32:07.191837261Z","output_fields":{`+fields+`}}`)
}

func TestProcessView(t *testing.T) {
	p := withFields(t, `"proc.aname[2]":"bash","proc.aname[10]":"init","proc.apid[2]":7,"proc.aname[3]":null,"proc.env[HOME]":"/root",
		"proc.name":"cat","proc.pid":12,"proc.pname":"<NA>","proc.tty":"34816","proc.is_exe_writable":true,
		"proc.pid.ts":1721831527191837261,"proc.duration":1500000000,"proc.fdusage":0.5`).Process()
	if p.Name != "cat" || p.PID.V != 12 || !p.PID.OK || p.Parent != "" || p.TTY.V != 34816 {
		t.Errorf("process = %+v", p)
	}
	if !p.IsExeWritable.V || p.Started.V.UnixNano() != 1721831527191837261 || p.Duration.V.Seconds() != 1.5 || p.FDUsage.V != 0.5 {
		t.Errorf("process = %+v", p)
	}
	if p.SID.OK || p.IsExeFromMemfd.OK {
		t.Error("a field that the alert does not have is set")
	}
	if len(p.Ancestors) != 2 || p.Ancestors[0].Level != 2 || p.Ancestors[0].Name != "bash" || p.Ancestors[0].PID.V != 7 ||
		p.Ancestors[1].Level != 10 || p.Ancestors[1].Name != "init" {
		t.Errorf("ancestors = %+v", p.Ancestors)
	}
}

func TestFileAndNetworkViews(t *testing.T) {
	for _, c := range []struct {
		fields string
		file   string
		client string
		port   int64
		dir    Direction
	}{
		{`"fd.name":"/etc/shadow"`, "/etc/shadow", "", 0, UnknownDirection},
		{`"fs.path.name":"/etc/shadow"`, "/etc/shadow", "", 0, UnknownDirection},
		{`"fd.name":"a->b"`, "a->b", "", 0, UnknownDirection},
		{`"fd.name":"172.17.0.5:56972->10.96.0.1:443","evt.type":"connect"`, "", "172.17.0.5", 443, Outbound},
		{`"fd.name":"::1:38255->::1:2345","evt.type":"accept4"`, "", "::1", 2345, Inbound},
		{`"fd.cip":"10.0.0.1","fd.sip":"10.0.0.2","fd.sport":22,"fd.is_server":true`, "", "10.0.0.1", 22, Inbound},
		{`"fd.cip":"10.0.0.1","fd.cport":5,"fd.lip":"10.0.0.1","fd.lport":5,"fd.sport":22`, "", "10.0.0.1", 22, Outbound},
	} {
		e := withFields(t, c.fields)
		if f := e.File(); f.Name != c.file {
			t.Errorf("%s: file %q, want %q", c.fields, f.Name, c.file)
		}
		if n := e.Network(); n.ClientIP != c.client || n.ServerPort.V != c.port || n.Direction != c.dir {
			t.Errorf("%s: network %+v", c.fields, n)
		}
	}
}

func TestContainerAndKubernetesViews(t *testing.T) {
	e := withFields(t, `"container.id":"dca990c78804","container.image.repository":"nginx","container.image.tag":"latest",
		"k8s.ns.name":"default","k8s.pod.name":null,"k8s.pod.label[app]":"web","container.label[a]":"b"`)
	if c := e.Container(); c.ID != "dca990c78804" || c.Image != "nginx:latest" || len(c.Label) != 1 || c.Label[0].Key != "a" {
		t.Errorf("container = %+v", c)
	}
	if k := e.Kubernetes(); k.Namespace != "default" || k.Pod != "" || k.PodLabel[0].Value.Text() != "web" {
		t.Errorf("kubernetes = %+v", k)
	}
	if i := withFields(t, `"container.image":"alpine"`).Image(); i.Reference() != "alpine" {
		t.Errorf("image = %+v", i)
	}
}

func TestPluginViews(t *testing.T) {
	k := withFields(t, `"ka.user.name":"eve","ka.uri.param[command]":"sh","ka.user.groups":["a","b\"c"],"ka.req.pod.containers.image[0]":"nginx"`).K8sAudit()
	if k.User != "eve" || k.URIParam[0].Key != "command" || len(k.Groups) != 2 || k.Groups[1] != `b"c` || k.RequestPodContainersImage[0] != "nginx" {
		t.Errorf("audit = %+v", k)
	}
	if g := withFields(t, `"gcp.userAgent ":"curl"`).GCPAudit(); g.UserAgent != "curl" {
		t.Errorf("a key with a space behind it is lost: %+v", g)
	}
	if c := withFields(t, `"ct.user":"bob","s3.bytes":18446744073709551615`).CloudTrail(); c.User != "bob" || c.S3Bytes.V != 1<<64-1 {
		t.Errorf("cloudtrail = %+v", c)
	}
	if j := withFields(t, `"jevt.value[/a/b]":"x","jevt.obj":"{}"`).JSON(); j.Value[0].Key != "/a/b" || j.Object != "{}" {
		t.Errorf("json = %+v", j)
	}
}
