package enrich

import (
	"slices"
	"strings"
	"sync"
)

// Requirement is an item of a standard that is known by its id alone: of PCI
// DSS, or of a CIS benchmark.
type Requirement struct {
	Standard string `json:"standard"`          // PCI DSS, CIS Kubernetes
	Version  string `json:"version,omitempty"` // the release that the id belongs to; "" if nobody said
	ID       string `json:"id"`
}

// String returns the standard, the version and the id.
func (r Requirement) String() string {
	if r.Version == "" {
		return r.Standard + " " + r.ID
	}
	return r.Standard + " " + r.Version + " " + r.ID
}

const (
	pciName    = "PCI DSS"
	pciRelease = "4.0.1"
	pciRetired = "3.2.1" // retired on 2024-03-31
)

// pci holds the ids of PCI DSS 4.0.1, and those of 3.2.1 that became something
// else: what they became.
var pci = sync.OnceValue(func() (t struct {
	now map[string]bool
	was map[string][]string
}) {
	t.now, t.was = make(map[string]bool, 400), make(map[string][]string, 64)
	for row := range rows(pciText) {
		t.now[row[0]] = true
	}
	for row := range rows(pciMovedText) {
		t.was[row[0]] = strings.Split(row[1], ",")
	}
	return t
})

// HasPCI reports whether PCI DSS 4.0.1 has a requirement with that id.
func HasPCI(id string) bool { return pci().now[id] }

// MovedPCI returns what became of a requirement of PCI DSS 3.2.1 in 4.0.1: the
// ids that took its place; nil where that is not known. Some ids are in both
// releases and mean different things.
func MovedPCI(id string) []string { return slices.Clone(pci().was[id]) }
