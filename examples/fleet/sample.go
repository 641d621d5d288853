package main

import (
	"fmt"
	"time"

	"github.com/falconer-go/falconer/event"
)

// sampleAlert makes the alert that the host of that number sends as its n-th.
// No two are the same. One in four is severe enough for a report, one in
// sixteen for a notice.
func sampleAlert(host, n int) (*event.Event, error) {
	kind := sampleKinds[n%len(sampleKinds)]
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC).Add(time.Duration(n)*time.Millisecond + time.Duration(host))
	d := &event.Draft{
		Time: at, Rule: kind.rule, Priority: kind.priority, Source: "syscall",
		Hostname: fmt.Sprintf("node-%04d", host), Tags: kind.tags,
		Message: fmt.Sprintf("%s (user=root process=%s parent=containerd-shim command=%s pid=%d file=%s container=web-%d)",
			kind.rule, kind.process, kind.command, 4000+n, kind.file, n%7),
	}
	for name, v := range map[string]event.Value{
		"container.id":               event.StringValue(fmt.Sprintf("%012x", 0x5a3b00000000+host*16+n%7)),
		"container.name":             event.StringValue(fmt.Sprintf("web-%d", n%7)),
		"container.image.repository": event.StringValue("registry.example/shop/web"),
		"container.image.tag":        event.StringValue("1.4"),
		"k8s.ns.name":                event.StringValue("shop"),
		"k8s.pod.name":               event.StringValue(fmt.Sprintf("web-%d-%04d", n%7, host)),
		"evt.time":                   event.IntValue(at.UnixNano()),
		"evt.type":                   event.StringValue(kind.call),
		"fd.name":                    event.StringValue(kind.file),
		"proc.name":                  event.StringValue(kind.process),
		"proc.exepath":               event.StringValue("/usr/bin/" + kind.process),
		"proc.pname":                 event.StringValue("containerd-shim"),
		"proc.cmdline":               event.StringValue(kind.command),
		"proc.pid":                   event.IntValue(int64(4000 + n)),
		"proc.tty":                   event.IntValue(int64(n % 2 * 34816)),
		"user.name":                  event.StringValue("root"),
		"user.uid":                   event.IntValue(0),
		"user.loginuid":              event.IntValue(-1),
	} {
		d.Set(name, v)
	}
	return d.Build()
}

type sampleKind struct {
	rule                         string
	priority                     event.Priority
	call, process, command, file string
	tags                         []string
}

// sampleKinds are rules that Falco ships, with processes and files of our own.
var sampleKinds = func() (kinds [16]sampleKind) {
	for i := range kinds {
		k := sampleKind{"Terminal shell in container", event.Notice, "execve", "bash", "bash -il", "/dev/pts/0",
			[]string{"T1059", "container", "maturity_stable", "mitre_execution", "shell"}}
		switch {
		case i == 7:
			k = sampleKind{"Drop and execute new binary in container", event.Critical, "execve", "kworkerds", "kworkerds -o pool.example:3333", "/tmp/kworkerds",
				[]string{"PCI_DSS_11.5.1", "TA0003", "container", "maturity_stable", "mitre_persistence", "process"}}
		case i%4 == 3:
			k = sampleKind{"Read sensitive file untrusted", event.Warning, "openat", "cat", "cat /etc/shadow", "/etc/shadow",
				[]string{"T1555", "container", "filesystem", "host", "maturity_stable", "mitre_credential_access"}}
		case i%4 == 1:
			k = sampleKind{"Contact K8S API Server From Container", event.Notice, "connect", "curl", "curl -k https://10.96.0.1/api", "10.4.1.9:41982->10.96.0.1:443",
				[]string{"T1565", "container", "k8s", "maturity_stable", "mitre_discovery", "network"}}
		}
		kinds[i] = k
	}
	return kinds
}()
