package enrich

import (
	"fmt"
	"strings"
)

// Version is a release of ATT&CK whose tables are embedded. The zero Version
// is [V19], the default.
type Version uint8

// The embedded releases.
const (
	V19 Version = iota // the newest; 19.1 has the same ids, names and relations as 19.0
	V18                // the last before Defense Evasion was split
)

// String returns the release, such as 19.1.
func (v Version) String() string {
	switch v {
	case V19:
		return release(attack19Text)
	case V18:
		return release(attack18Text)
	}
	return fmt.Sprintf("Version(%d)", uint8(v))
}

// ParseVersion reads a release as people write it: 19, v19, 19.0 or 19.1, and
// the same for 18.
func ParseVersion(s string) (Version, error) {
	switch strings.TrimPrefix(strings.ToLower(s), "v") {
	case "19", "19.0", "19.1":
		return V19, nil
	case "18", "18.0", "18.1":
		return V18, nil
	}
	return V19, fmt.Errorf("enrich: no ATT&CK tables for version %q: there are 18 and 19", s)
}
