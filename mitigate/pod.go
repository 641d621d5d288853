package mitigate

import (
	"regexp"
	"strconv"
	"strings"
)

// The names of pods as their controllers make them. The letters are those that
// Kubernetes takes for random suffixes.
var podNames = []struct {
	kind string
	name *regexp.Regexp
}{
	{"CronJob", regexp.MustCompile(`^(.+)-[0-9]{8}-[bcdfghjklmnpqrstvwxz2456789]{5}$`)},
	{"Deployment", regexp.MustCompile(`^(.+)-[bcdfghjklmnpqrstvwxz2456789]{8,10}-[bcdfghjklmnpqrstvwxz2456789]{5}$`)},
	{"DaemonSet or Job", regexp.MustCompile(`^(.+)-[bcdfghjklmnpqrstvwxz2456789]{5}$`)},
	{"StatefulSet", regexp.MustCompile(`^(.+)-[0-9]{1,3}$`)},
}

// workloadOf returns the controller that a pod's name tells, "" for a name that
// no controller gives.
func workloadOf(pod string) (kind, name string) {
	if len(pod) > 253 {
		return "", ""
	}
	for _, p := range podNames {
		if m := p.name.FindStringSubmatch(pod); m != nil {
			return p.kind, m[1]
		}
	}
	return "", ""
}

// accountOf returns the namespace and the name of the service account that a
// user of Kubernetes is, "" for any other user.
func accountOf(user string) (home, name string) {
	account, is := strings.CutPrefix(user, "system:serviceaccount:")
	home, name, two := strings.Cut(account, ":")
	if !is || !two || home == "" || strings.Contains(name, ":") {
		return "", ""
	}
	return home, name
}

// terminalOf returns the name of a terminal by its device number, "" if it is
// none. Falco gives the number as the kernel has it in /proc/PID/stat: the major
// in bits 8 to 19, the minor in the others.
func terminalOf(dev int64) string {
	const pts, console = 136, 4
	major, minor := dev>>8&0xfff, dev&0xff|dev>>12&0xfff00
	switch {
	case dev <= 0 || dev > 0xffffffff:
		return ""
	case major >= pts && major < pts+8:
		return "/dev/pts/" + strconv.FormatInt((major-pts)<<8+minor, 10)
	case major == console && minor < 64:
		return "/dev/tty" + strconv.FormatInt(minor, 10)
	}
	return ""
}
