package rules

import (
	"fmt"
	"strings"
)

// version is a version of an engine or a plugin, as Falco compares them.
type version struct{ major, minor, patch uint32 }

func (v version) String() string { return fmt.Sprintf("%d.%d.%d", v.major, v.minor, v.patch) }

// serves reports whether something of version v satisfies who asks for want.
func (v version) serves(want version) bool { return v.major == want.major && !v.less(want) }

func (v version) less(w version) bool {
	if v.major != w.major {
		return v.major < w.major
	}
	if v.minor != w.minor {
		return v.minor < w.minor
	}
	return v.patch < w.patch
}

// parseVersion reads three numbers with dots between as Falco does, with C's
// sscanf: blanks and a sign before a number do not matter, nor does what
// follows the third.
func parseVersion(s string) (version, bool) {
	var n [3]uint32
	for i := range n {
		if i > 0 {
			if !strings.HasPrefix(s, ".") {
				return version{}, false
			}
			s = s[1:]
		}
		s = strings.TrimLeft(s, " \t\n\v\f\r")
		negative := strings.HasPrefix(s, "-")
		if negative || strings.HasPrefix(s, "+") {
			s = s[1:]
		}
		digits := 0
		v := uint64(0)
		for digits < len(s) && '0' <= s[digits] && s[digits] <= '9' {
			if v < 1<<40 {
				v = v*10 + uint64(s[digits]-'0')
			}
			digits++
		}
		if digits == 0 {
			return version{}, false
		}
		if negative {
			v = -v
		}
		n[i] = uint32(v)
		s = s[digits:]
	}
	return version{n[0], n[1], n[2]}, true
}
