package enrich

import (
	"strings"

	"github.com/falconer-go/falconer/event"
)

// Behaviours are the last resort: for an alert whose rule gives no technique,
// plain inferences from its fields. Each looks at few fields and says what it
// saw. None is more than medium sure, because the rule's author, who knew the
// condition, said nothing.

// behaviour is one inference.
type behaviour struct {
	seen   func(s sight) bool
	claims []claim
	field  string // the field that decides
	reason string
}

var behaviours = [...]behaviour{
	{
		seen:   func(s sight) bool { return shells[s.name] && webServers[s.parent] },
		claims: []claim{{"T1505.003", "persistence", MediumConfidence}, {"T1059.004", "execution", MediumConfidence}},
		field:  "proc.pname", reason: "the parent of the shell is a web server",
	},
	{
		seen:   func(s sight) bool { return metadata(s.remote) },
		claims: []claim{{"T1552.005", "credential-access", MediumConfidence}},
		field:  "fd.name", reason: "the address is that of a cloud's metadata service",
	},
	{
		seen: func(s sight) bool {
			return miners[s.name] || strings.Contains(s.cmdline, "stratum+") || strings.Contains(s.cmdline, "stratum2+") || minerDomain(s.domain) || minerDomain(s.cmdline)
		},
		claims: []claim{{"T1496.001", "impact", MediumConfidence}},
		field:  "proc.cmdline", reason: "the program, its arguments or the remote name are those of crypto-mining",
	},
	{
		seen:   func(s sight) bool { return strings.Contains(s.cmdline, "/dev/tcp/") && shells[s.name] },
		claims: []claim{{"T1059.004", "execution", MediumConfidence}, {"T1095", "command-and-control", LowConfidence}},
		field:  "proc.cmdline", reason: "the shell opens a connection by itself, through /dev/tcp",
	},
	{
		seen:   func(s sight) bool { return strings.HasPrefix(s.exe, "memfd:") || strings.HasPrefix(s.exe, "/memfd:") },
		claims: []claim{{"T1620", "stealth", MediumConfidence}},
		field:  "proc.exepath", reason: "the program is a file that exists in memory alone",
	},
	{
		seen:   func(s sight) bool { return strings.HasPrefix(s.exe, "/dev/shm/") },
		claims: []claim{{"T1027.011", "stealth", LowConfidence}},
		field:  "proc.exepath", reason: "the program lies in shared memory, which any user can write to and no disk keeps",
	},
	{
		seen:   func(s sight) bool { return s.file == "/etc/shadow" || s.file == "/etc/gshadow" },
		claims: []claim{{"T1003.008", "credential-access", MediumConfidence}},
		field:  "fd.name", reason: "the file holds the password hashes",
	},
	{
		seen: func(s sight) bool {
			return strings.HasSuffix(s.file, "/.ssh/authorized_keys") && (strings.Contains(s.flags, "O_WRONLY") || strings.Contains(s.flags, "O_RDWR"))
		},
		claims: []claim{{"T1098.004", "persistence", MediumConfidence}},
		field:  "fd.name", reason: "the file says which keys may log in, and was opened to be written",
	},
	{
		seen:   func(s sight) bool { return s.subresource == "exec" || s.subresource == "attach" },
		claims: []claim{{"T1609", "execution", MediumConfidence}},
		field:  "ka.target.subresource", reason: "the request runs a command in a pod",
	},
	{
		seen:   func(s sight) bool { return s.resource == "secrets" && (s.verb == "get" || s.verb == "list") },
		claims: []claim{{"T1552.007", "credential-access", MediumConfidence}},
		field:  "ka.target.resource", reason: "the request reads secrets of the cluster",
	},
	{
		seen:   func(s sight) bool { return s.call == "StopLogging" || s.call == "DeleteTrail" },
		claims: []claim{{"T1685.002", "defense-impairment", MediumConfidence}},
		field:  "ct.name", reason: "the call stops the recording of the account's calls",
	},
	{
		seen:   func(s sight) bool { return s.call == "CreateAccessKey" },
		claims: []claim{{"T1098.001", "persistence", MediumConfidence}},
		field:  "ct.name", reason: "the call makes credentials that work from anywhere",
	},
}

// seenSet is a set of behaviours, by their place.
type seenSet uint16

// sight is what behaviours look at, gathered in one pass over the fields.
type sight struct {
	name, parent, cmdline, exe  string
	file, flags, remote, domain string
	verb, resource, subresource string // of a Kubernetes request
	call                        string // of a CloudTrail event
}

func look(e *event.Event) seenSet {
	var s sight
	for name, v := range e.Fields.All() {
		if to := s.place(name); to != nil && v.Available() {
			*to = v.Text()
		}
	}
	s.name, s.parent = lower(s.name), lower(s.parent)
	if i := strings.LastIndex(s.file, "->"); i >= 0 && s.remote == "" {
		s.remote = s.file[i+len("->"):]
	}
	var set seenSet
	for i := range behaviours {
		if behaviours[i].seen(s) {
			set |= 1 << i
		}
	}
	return set
}

// place returns where a field goes, and nil if nobody looks at it.
func (s *sight) place(name string) *string {
	switch name {
	case "proc.name":
		return &s.name
	case "proc.pname":
		return &s.parent
	case "proc.cmdline":
		return &s.cmdline
	case "proc.exepath":
		return &s.exe
	case "fd.name":
		return &s.file
	case "evt.arg.flags":
		return &s.flags
	case "fd.sip", "fd.rip":
		return &s.remote
	case "fd.sip.name", "fd.rip.name":
		return &s.domain
	case "ka.verb":
		return &s.verb
	case "ka.target.resource":
		return &s.resource
	case "ka.target.subresource":
		return &s.subresource
	case "ct.name":
		return &s.call
	}
	return nil
}

// metadata reports whether an address, with or without a port, is that of a
// cloud's metadata service: AWS, Azure, Google and others, AWS over IPv6,
// Alibaba, Oracle.
func metadata(remote string) bool {
	for _, address := range [...]string{"169.254.169.254", "fd00:ec2::254", "[fd00:ec2::254]", "100.100.100.200", "192.0.0.192"} {
		if rest, ok := strings.CutPrefix(remote, address); ok && (rest == "" || rest[0] == ':') {
			return true
		}
	}
	return false
}

// minerDomain reports whether a name or command line holds the domain of a
// mining pool.
func minerDomain(s string) bool {
	if s == "" {
		return false
	}
	for _, domain := range [...]string{"minexmr.com", "nanopool.org", "supportxmr.com", "moneroocean.stream", "hashvault.pro", "2miners.com", "c3pool.com", "nicehash.com", "f2pool.com", "herominers.com"} {
		if strings.Contains(s, domain) {
			return true
		}
	}
	return false
}

var (
	shells     = names("sh", "bash", "dash", "zsh", "ksh", "ash", "fish", "csh", "tcsh", "busybox")
	webServers = names("nginx", "httpd", "apache", "apache2", "lighttpd", "caddy", "php-fpm", "php", "gunicorn", "uwsgi", "tomcat", "node", "puma")
	miners     = names("xmrig", "minerd", "cpuminer", "xmr-stak", "ccminer", "cgminer", "t-rex", "nbminer", "ethminer")
)

func names(list ...string) map[string]bool {
	m := make(map[string]bool, len(list))
	for _, name := range list {
		m[name] = true
	}
	return m
}
