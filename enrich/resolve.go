package enrich

import (
	"slices"
	"strings"
	"sync"
)

// Resolution is what an id means in one release.
type Resolution struct {
	Technique Technique // active in the release, or deprecated
	Chain     []string  // the ids followed, the one asked for first; one entry if nothing had to be followed
	Newer     bool      // the id came with a later release; Technique is what it was before
}

// Resolve returns what a technique id, in any case, means in this release. A
// revoked id is followed to its successor. An id that only a later embedded
// release knows is followed back to the technique it grew from. It is not ok if
// no embedded release knows the id.
func (m *Matrix) Resolve(id string) (r Resolution, ok bool) {
	id = strings.ToUpper(id)
	t, ok := m.Technique(id)
	if !ok {
		return m.resolveNewer(id)
	}
	r.Chain = []string{id}
	// A chain has at most two links in the published data; a loop in a file
	// of the host must end too.
	for t.RevokedBy != "" && len(r.Chain) <= 8 {
		if t, ok = m.Technique(t.RevokedBy); !ok {
			return Resolution{}, false
		}
		r.Chain = append(r.Chain, t.ID)
	}
	r.Technique = t
	return r, t.RevokedBy == ""
}

// resolveNewer looks in the newest embedded release for what an id that m does
// not have has replaced. Where several were merged into it, the one of the same
// kind (technique or sub-technique) stands for them, then the first by id.
func (m *Matrix) resolveNewer(id string) (Resolution, bool) {
	newest := V19.Matrix()
	if newest == m || newest.release == m.release {
		return Resolution{}, false
	}
	if t, ok := newest.Technique(id); !ok || !t.Active() {
		return Resolution{}, false
	}
	var best Technique
	sub := strings.Contains(id, ".")
	for _, t := range newest.techniques {
		if t.RevokedBy != id {
			continue
		}
		was, ok := m.Technique(t.ID)
		if !ok || !was.Active() {
			continue
		}
		if best.ID == "" || (best.Parent() != "") != sub && (was.Parent() != "") == sub {
			best = was
		}
	}
	if best.ID == "" {
		return Resolution{}, false
	}
	return Resolution{Technique: best, Chain: []string{id, best.ID}, Newer: true}, true
}

// named returns the id of the only active technique with a name, in lower case
// and with hyphens; "" if there is none, or several.
func (m *Matrix) named(name string) string {
	if m.names == nil {
		return "" // the zero Matrix
	}
	return m.names()[name]
}

// onceNames indexes active techniques by the hyphenated form of their names,
// for tags that name a technique instead of giving its id. A name that two
// techniques share is left out.
func onceNames(m *Matrix) func() map[string]string {
	return sync.OnceValue(func() map[string]string {
		names := make(map[string]string, len(m.techniques))
		for _, t := range m.techniques {
			if !t.Active() {
				continue
			}
			name := slug(t.Name)
			if _, twice := names[name]; twice {
				names[name] = ""
				continue
			}
			names[name] = t.ID
		}
		return names
	})
}

// slug returns a name in lower case with a hyphen for each run of anything but
// letters and digits.
func slug(name string) string {
	var b strings.Builder
	b.Grow(len(name))
	for _, c := range []byte(strings.ToLower(name)) {
		if c >= 'a' && c <= 'z' || c >= '0' && c <= '9' {
			b.WriteByte(c)
		} else if s := b.String(); s != "" && s[len(s)-1] != '-' {
			b.WriteByte('-')
		}
	}
	return strings.TrimSuffix(b.String(), "-")
}

// byOrder sorts tactic ids into the order of the matrix, without repeats.
func (m *Matrix) byOrder(ids []string) []string {
	slices.SortFunc(ids, func(a, b string) int { return m.Order(a) - m.Order(b) })
	return slices.Compact(ids)
}
