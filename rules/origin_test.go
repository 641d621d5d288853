package rules

import "testing"

// TestOriginUpstream holds every byte of every condition, output and
// description of the shipped rules against the byte of the file that it is said
// to come from.
func TestOriginUpstream(t *testing.T) {
	scalars := 0
	for _, f := range upstreamFiles(t) {
		src := &source{name: f.Name, data: f.Data}
		docs, err := src.documents(&DefaultLimits)
		if err != nil {
			t.Fatal(err)
		}
		for _, item := range itemsOf(docs) {
			for _, key := range []string{"condition", "output", "desc"} {
				n := value(item, key)
				if n == nil {
					continue
				}
				scalars++
				at := n.Origin(src.data)
				if len(at) != len(n.Value) {
					t.Errorf("%s: %s: %d places for %d bytes", src.at(n.Offset), key, len(at), len(n.Value))
					continue
				}
				for i, p := range at {
					if c := n.Value[i]; i > 0 && p <= at[i-1] || src.data[p] != c && !(isBlank(c) && isBlank(src.data[p])) && src.data[p] != '\\' {
						t.Errorf("%s: %s: %q is said to be %q behind %q", src.at(n.Offset), key, c, src.data[p], n.Value[:i])
						break
					}
				}
			}
		}
	}
	if scalars < 700 {
		t.Errorf("only %d scalars", scalars)
	}
}
