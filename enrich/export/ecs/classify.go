package ecs

import (
	"strconv"
	"strings"
)

// classify returns event.category and event.type. Values, and which type goes
// with which category, are those of ECS's lists of allowed values.
func (d *document) classify() (category, kind []string) {
	switch d.e.Source {
	case "k8s_audit", "aws_cloudtrail", "gcp_auditlog":
		kind := byVerb(d.Verb, d.Subresource)
		if d.denied() {
			kind = append(kind, "denied")
		}
		return []string{"intrusion_detection", "api"}, kind
	case "okta":
		if d.Call == "user.session.start" {
			return []string{"intrusion_detection", "authentication"}, []string{"start"}
		}
		return []string{"intrusion_detection", "iam"}, []string{"info"}
	case "syscall", "":
		if category, kind := d.bySyscall(); category != "" {
			return []string{"intrusion_detection", category}, []string{kind}
		}
	}
	return []string{"intrusion_detection"}, []string{"info"}
}

func (d *document) bySyscall() (category, kind string) {
	switch d.Type {
	case "execve", "execveat", "clone", "clone3", "fork", "vfork":
		return "process", "start"
	case "procexit":
		return "process", "end"
	case "init_module", "finit_module":
		return "driver", "start"
	case "connect", "accept", "accept4", "bind", "listen", "sendto", "sendmsg", "sendmmsg", "recvfrom", "recvmsg", "recvmmsg":
		return "network", "connection"
	case "open", "openat", "openat2", "open_by_handle_at":
		if d.Write == "true" {
			return "file", "change"
		}
		return "file", "access"
	case "read", "readv", "pread", "preadv":
		return "file", "access"
	case "creat", "mkdir", "mkdirat", "link", "linkat", "symlink", "symlinkat", "mknod", "mknodat":
		return "file", "creation"
	case "unlink", "unlinkat", "rmdir":
		return "file", "deletion"
	case "rename", "renameat", "renameat2", "chmod", "fchmod", "fchmodat", "chown", "lchown", "fchown", "fchownat", "write", "writev", "pwrite", "pwritev":
		return "file", "change"
	}
	return "", ""
}

// byVerb returns what a request to the Kubernetes API does. To connect to
// something, clients create a part of it, which creates nothing.
func byVerb(verb, part string) []string {
	switch part {
	case "exec", "attach", "portforward", "proxy":
		return []string{"access"}
	}
	switch verb {
	case "get", "list", "watch":
		return []string{"access"}
	case "create":
		return []string{"creation"}
	case "update", "patch":
		return []string{"change"}
	case "delete", "deletecollection":
		return []string{"deletion"}
	}
	return []string{"info"}
}

func (d *document) denied() bool {
	return d.Code == "401" || d.Code == "403" || d.Fault == "AccessDenied"
}

// outcome is success, failure or, where the alert does not say, "".
func (d *document) outcome() string {
	if d.Code != "" {
		if code, err := strconv.Atoi(d.Code); err == nil {
			if code < 400 {
				return "success"
			}
			return "failure"
		}
	}
	switch {
	case d.Fault != "", strings.HasPrefix(d.Result, "E"), d.Result == "FAILURE": // an errno; Okta's word
		return "failure"
	case d.Result == "SUCCESS", d.NoFault:
		return "success"
	}
	return ""
}
