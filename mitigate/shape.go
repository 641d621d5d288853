package mitigate

import (
	"maps"
	"net/netip"
	"regexp"
	"slices"
	"strings"
)

// shape is what a value must look like to stand in a command or a manifest.
type shape func(string) bool

// Each shape admits only characters that mean nothing to a shell, to YAML and
// to the tools that read them, bounds the length, and never admits a leading
// hyphen, which a command would take for an option.
var (
	digits    = made(1, 19, decimal, decimal)
	hexID     = made(12, 64, lowerHex, lowerHex)
	dnsLabel  = made(1, 63, lowerAlnum, bytesOf(lowers+decimals+"-")).and(labels)
	dnsName   = made(1, 253, lowerAlnum, bytesOf(lowers+decimals+"-.")).and(labels)
	word      = made(1, 128, wordStart, bytesOf(alnum+"_.-"))
	account   = made(1, 128, wordStart, bytesOf(alnum+"_.@-"))
	kubeUser  = made(1, 253, wordStart, bytesOf(alnum+"_.@:-"))
	image     = within(`^[A-Za-z0-9][A-Za-z0-9._/-]{0,254}(?::[0-9]{1,5}/[A-Za-z0-9._/-]{1,254})?(?::[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(?:@sha256:[0-9a-f]{64})?$`)
	arn       = within(`^arn:aws[a-z-]*:[a-z0-9-]{1,32}:[a-z0-9-]{0,32}:[0-9]{0,12}:[A-Za-z0-9_./:@+-]{1,512}$`)
	bucket    = matching(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)
	cloudPath = within(`^[A-Za-z0-9_][A-Za-z0-9_./@:-]{0,511}$`)
	// a service that calls on behalf of somebody, such as autoscaling.amazonaws.com
	awsService = matching(`^[a-z0-9][a-z0-9-]{0,62}(?:\.[a-z0-9-]{1,63}){0,2}\.amazonaws\.com$`)
	region     = matching(`^[a-z]{2}(?:-[a-z]{2,12}){1,3}-?[0-9]{1,2}$`)
	login      = matching(`^[A-Za-z0-9](?:[A-Za-z0-9_-]{0,98}[A-Za-z0-9])?$`)
	repo       = matching(`^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}(?:/[A-Za-z0-9_.-]{1,100})?$`)
	filePath   = made(1, 512, bytesOf("/"), bytesOf(alnum+"_.+@/-")).and(func(s string) bool { return !strings.Contains(s, "//") })
)

var date = matching(`^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$`)

func matching(pattern string) shape { return regexp.MustCompile(pattern).MatchString }

// within is matching for paths that stay where they say.
func within(pattern string) shape {
	fits := matching(pattern)
	return func(s string) bool { return fits(s) && !strings.Contains(s, "..") }
}

// made is the shape of a text of least to most bytes, the first of them in first and
// the others in rest. It says the same as a pattern, and costs a tenth.
func made(least, most int, first, rest *byteSet) shape {
	return func(s string) bool {
		return len(s) >= least && len(s) <= most && first[s[0]] && rest.all(s[1:])
	}
}

func (fits shape) and(also shape) shape { return func(s string) bool { return fits(s) && also(s) } }

// labels reports whether what stands between the dots of a name neither is empty nor
// begins or ends with a hyphen.
func labels(s string) bool {
	before := byte('.')
	for i := range len(s) {
		b := s[i]
		if b == '.' && (before == '.' || before == '-') || b == '-' && before == '.' {
			return false
		}
		before = b
	}
	return before != '.' && before != '-'
}

const (
	lowers   = "abcdefghijklmnopqrstuvwxyz"
	decimals = "0123456789"
)

var (
	decimal    = bytesOf(decimals)
	lowerHex   = bytesOf(decimals + "abcdef")
	lowerAlnum = bytesOf(lowers + decimals)
	wordStart  = bytesOf(alnum + "_")
)

func address(s string) bool {
	a, err := netip.ParseAddr(s)
	return err == nil && a.Zone() == ""
}

// machine admits the address or the name of one.
func machine(s string) bool { return address(s) || dnsName(s) }

// plainPath admits a plain absolute path that stays where it says.
func plainPath(s string) bool {
	return s != "/" && filePath(s) && !strings.Contains(s, "/../") && !strings.HasSuffix(s, "/..")
}

// shapes gives the shape of the fields that may stand in a snippet. A field
// that is not here never does.
var shapes = map[string]shape{
	"alert.hostname": dnsName,
	"alert.rule":     isRuleName,
	alertFrom:        digits, alertUntil: digits, alertDay: digits,
	alertFromDate: date, alertUntilDate: date, alertDayDate: date,

	"container.id":               hexID,
	"container.full_id":          hexID,
	"container.name":             word,
	"container.image":            image,
	"container.image.repository": image,
	"container.image.tag":        word,
	"container.image.digest":     matching(`^sha256:[0-9a-f]{64}$`),

	"k8s.ns.name":  dnsLabel,
	"k8s.pod.name": dnsName,
	"k8s.pod.uid":  matching(`^[0-9a-f-]{36}$`),

	"proc.pid":      digits,
	"proc.ppid":     digits,
	"proc.vpid":     digits,
	"proc.sid":      digits,
	"proc.exepath":  plainPath,
	"proc.name":     word,
	"proc.pname":    word,
	"user.name":     account,
	"user.uid":      digits,
	"user.loginuid": digits,
	"fd.name":       plainPath,
	"fd.directory":  plainPath,
	"fd.rip":        address, "fd.lip": address, "fd.cip": address, "fd.sip": address,
	"fd.sport": digits, "fd.cport": digits, "fd.lport": digits, "fd.rport": digits,
	"workload(k8s.pod.name)": dnsName,
	"account(ka.user.name)":  dnsName,
	"home(ka.user.name)":     dnsLabel,
	"client(fd.name)":        address, "server(fd.name)": address, "peer(fd.name)": address, "serverport(fd.name)": digits, "outside(proc.cmdline)": address, "outside(proc.env)": address, "urlhost(proc.cmdline)": dnsName,
	"tunnelopens(proc.cmdline)": digits, "tunnelhost(proc.cmdline)": machine, "tunnelport(proc.cmdline)": digits, "tunnelserver(proc.cmdline)": machine,
	"process(proc.cmdline)": digits,
	"script(proc.cmdline)":  plainPath, "script(proc.pcmdline)": plainPath,
	"last(proc.cmdline)":    func(s string) bool { return plainPath(s) || account(s) },
	"file(proc.pcmdline)":   plainPath,
	"file(proc.cmdline)":    plainPath,
	"file(evt.args)":        plainPath,
	"fs.path.name":          plainPath,
	"fs.path.source":        plainPath,
	"fs.path.target":        plainPath,
	"evt.arg.path":          plainPath,
	"evt.arg.name":          plainPath,
	"evt.arg.filename":      plainPath,
	"evt.arg.linkpath":      plainPath,
	"evt.arg.newpath":       plainPath,
	"evt.arg.oldpath":       plainPath,
	"ka.user.name":          func(s string) bool { return kubeUser(s) || arn(s) },
	"ka.impuser.name":       kubeUser,
	"ka.target.name":        kubeObject,
	"ka.uri":                plainPath,
	"ka.target.namespace":   dnsLabel,
	"ka.target.resource":    dnsName,
	"ka.target.pod.name":    dnsName,
	"ka.resp.name":          kubeObject,
	"ka.sourceips":          address,
	"ka.req.binding.role":   kubeObject,
	"ka.req.configmap.name": kubeObject,

	"ka.req.pod.containers.image": image,

	"part(ka.req.binding.subjects, /*[kind=ServiceAccount]/name)":      dnsName,
	"part(ka.req.binding.subjects, /*[kind=ServiceAccount]/namespace)": dnsLabel,
	"part(ka.req.binding.subjects, /*[kind=User]/name)":                kubeUser,

	"ct.user":              account,
	"ct.user.arn":          arn,
	"ct.user.accountid":    matching(`^[0-9]{12}$`),
	"ct.user.principalid":  matching(`^[A-Z0-9]{8,64}(?::[A-Za-z0-9_.@-]{1,128})?$`),
	"ct.srcip":             func(s string) bool { return address(s) || awsService(s) },
	"ct.id":                matching(`^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$`),
	"ct.region":            region,
	"ct.name":              word,
	"ct.request.username":  account,
	"ct.request.groupname": account,
	"ct.request.name":      func(s string) bool { return account(s) || arn(s) },
	"ct.request.subnetid":  word,

	"ct.request.serialnumber": arn,

	"ct.request.functionname":   cloudPath, // a name or an ARN
	"ct.request.cluster":        cloudPath,
	"ct.request.servicename":    word,
	"ct.request.taskdefinition": cloudPath,
	"ct.response.reservationid": matching(`^r-[0-9a-f]{8,17}$`),
	"json.value[/responseElements/instancesSet/items/0/instanceId]": matching(`^i-[0-9a-f]{8,17}$`),

	"part(jevt.value[/requestObject/spec/volumes], /*/hostPath/path)": plainPath,
	"jevt.value[/requestObject/ephemeralContainers/0/name]":           dnsLabel,

	"s3.bucket": bucket,
	"ec2.name":  word,

	"okta.actor.alternateid":       account,
	"okta.actor.id":                word,
	"okta.target.user.id":          word,
	"okta.client.ip":               address,
	"okta.evt.type":                matching(`^[a-z][a-z0-9_]{0,39}(?:\.[A-Za-z0-9_]{1,60}){1,6}$`),
	"github.user":                  login,
	"github.workflow.filename":     matching(`^(?:\.github/workflows/)?[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}\.ya?ml$`),
	"github.repo":                  repo,
	"github.org":                   login,
	"github.owner":                 login,
	"github.repo.name":             repo,
	"repository(github.repo.name)": repoPath,
	"github.collaborator.name":     login,
	"gcp.user":                     account,
	"gcp.projectId":                projectID,
	"gcp.callerIP":                 address,
	"gcp.storage.bucket":           bucket,

	"gcp.cloudfunctions.function": word,
	"gcp.cloudsql.databaseId":     cloudPath, // project:instance
	"gcp.iam.serviceAccount":      account,
	"part(gcp.authorizationInfo, /*[permission=iam.serviceAccounts.delete]/resource)":                         matching(`^projects/[A-Za-z0-9-]{1,63}/serviceAccounts/[0-9]{21}$`),
	"part(gcp.authorizationInfo, /*[permission=iam.serviceAccountKeys.create]/resource)":                      matching(`^projects/[A-Za-z0-9-]{1,63}/serviceAccounts/[A-Za-z0-9_][A-Za-z0-9_.@-]{0,127}$`),
	"part(gcp.authorizationInfo, /*[permission=cloudkms.cryptoKeyVersions.destroy]/resource)":                 matching(`^projects/[A-Za-z0-9-]{1,63}/locations/[a-z0-9-]{1,63}/keyRings/[A-Za-z0-9_-]{1,63}/cryptoKeys/[A-Za-z0-9_-]{1,63}/cryptoKeyVersions/[0-9]{1,9}$`),
	"part(gcp.authorizationInfo, /*[permission=cloudfunctions.functions.create]/resource)":                    cloudFunction,
	"part(gcp.authorizationInfo, /*[permission=cloudfunctions.functions.update]/resource)":                    cloudFunction,
	"part(gcp.authorizationInfo, /*[permission=compute.instances.create]/resourceAttributes/name)":            cloudMachine,
	"part(gcp.authorizationInfo, /*[permission=compute.instances.stop]/resourceAttributes/name)":              cloudMachine,
	"part(gcp.authorizationInfo, /*[permission=compute.instances.setServiceAccount]/resourceAttributes/name)": cloudMachine,
	"part(gcp.authorizationInfo, /*[permission=compute.firewalls.create]/resourceAttributes/name)":            cloudFirewall,
	"part(gcp.authorizationInfo, /*[permission=compute.firewalls.update]/resourceAttributes/name)":            cloudFirewall,
	"part(gcp.authorizationInfo, /*[permission=compute.instances.create]/resource)":                           cloudMachine,
	"part(gcp.authorizationInfo, /*[permission=compute.firewalls.create]/resource)":                           cloudFirewall,
	"part(gcp.authorizationInfo, /*[permission=compute.firewalls.update]/resource)":                           cloudFirewall,
	"part(gcp.request, /sink/exclusions/*/name)":                                                              matching(`^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}$`),
	"part(gcp.policyDelta, /*[action=ADD]/member)":                                                            matching(`^(?:user|group|domain|serviceAccount):[A-Za-z0-9_][A-Za-z0-9_.@-]{0,127}$`),
	"part(gcp.policyDelta, /*[action=ADD]/role)":                                                              matching(`^(?:(?:projects|organizations)/[A-Za-z0-9-]{1,63}/)?roles/[A-Za-z0-9_.]{1,100}$`),
	"part(gcp.authorizationInfo, /*[permission=pubsub.subscriptions.delete]/resource)":                        matching(`^projects/[A-Za-z0-9-]{1,63}/subscriptions/[A-Za-z0-9_.-]{1,255}$`),
	"part(gcp.authorizationInfo, /*[permission=pubsub.subscriptions.update]/resource)":                        matching(`^projects/[A-Za-z0-9-]{1,63}/subscriptions/[A-Za-z0-9_.-]{1,255}$`),
	"part(gcp.authorizationInfo, /*[permission=cloudkms.cryptoKeys.update]/resource)":                         matching(`^projects/[A-Za-z0-9-]{1,63}/locations/[a-z0-9-]{1,63}/keyRings/[A-Za-z0-9_-]{1,63}/cryptoKeys/[A-Za-z0-9_-]{1,63}$`),
	"part(gcp.request, /body/exportContext/uri)":                                                              matching(`^gs://[a-z0-9][a-z0-9._-]{1,61}[a-z0-9](?:/[A-Za-z0-9_.+@/-]{1,512})?$`),
	"part(gcp.authorizationInfo, /*/resource)":                                                                matching(`^projects/_/buckets/[a-z0-9][a-z0-9._-]{1,221}/objects/[A-Za-z0-9_.+@/-]{1,512}$`),
	"part(gcp.request, /priority)":                                                                            digits,
	"part(gcp.authorizationInfo, /*[permission=logging.sinks.delete]/resource)":                               matching(`^projects/[A-Za-z0-9-]{1,63}/sinks/[A-Za-z0-9_.-]{1,100}$`),
	"part(gcp.authorizationInfo, /*[permission=logging.sinks.update]/resource)":                               matching(`^projects/[A-Za-z0-9-]{1,63}/sinks/[A-Za-z0-9_.-]{1,100}$`),
	"part(gcp.authorizationInfo, /*[permission=pubsub.topics.delete]/resource)":                               matching(`^projects/[A-Za-z0-9-]{1,63}/topics/[A-Za-z0-9_.-]{1,255}$`),
	"part(gcp.request, /account_id)":                                                                          dnsLabel,

	"gcp.logging.sink": word,
	"gcp.location":     dnsLabel,
	"json.value[/resource/labels/policy_name]":   word,
	"json.value[/resource/labels/key_ring_id]":   word,
	"json.value[/resource/labels/crypto_key_id]": word,
	"json.value[/resource/labels/dataset_id]":    word,
}

// repoPath admits owner/name, and no name that leads elsewhere in a path.
func repoPath(s string) bool {
	_, name, ok := strings.Cut(s, "/")
	return ok && repo(s) && strings.Trim(name, ".") != ""
}

// projectID admits the ids of Google Cloud projects, but not what masks one:
// xxx-xxxx.
func projectID(s string) bool {
	return projectName(s) && strings.Trim(s, "x-") != ""
}

// what the log names by its path within the project
var (
	cloudFunction = matching(`^projects/[A-Za-z0-9-]{1,63}/locations/[a-z0-9-]{1,63}/functions/[A-Za-z0-9_-]{1,63}$`)
	cloudMachine  = matching(`^projects/[A-Za-z0-9-]{1,63}/zones/[a-z0-9-]{1,63}/instances/[a-z0-9-]{1,63}$`)
	cloudFirewall = matching(`^projects/[A-Za-z0-9-]{1,63}/global/firewalls/[a-z0-9-]{1,63}$`)
)

var projectName = matching(`^[a-z][a-z0-9-]{4,28}[a-z0-9]$`)

// kubeObject admits the names of RBAC objects, which may hold colons, and all
// other object names.
func kubeObject(s string) bool {
	return len(s) <= 253 && kubeName(s)
}

var kubeName = matching(`^[A-Za-z0-9](?:[A-Za-z0-9:._-]*[A-Za-z0-9])?$`)

// shapeOf returns the shape for a field, or nil if its values never enter a
// snippet. proc.aname[2] has the shape of proc.aname.
func shapeOf(field string) shape {
	if s := shapes[field]; s != nil || isCalc(field) {
		return s
	}
	if i := strings.IndexByte(field, '['); i > 0 {
		return shapes[field[:i]]
	}
	return nil
}

// SnippetFields returns the fields whose values may stand in a snippet, if they
// have the shape that is safe for them, sorted.
func SnippetFields() []string { return slices.Sorted(maps.Keys(shapes)) }
