package rules

import (
	"os"
	"path/filepath"
	"testing"
)

// upstreamFiles are the rule files of Falco and its plugins, in the order in
// which Falco loads them.
func upstreamFiles(t testing.TB) []File {
	t.Helper()
	first := upstream(t, "falco_rules.yaml")
	files := []File{first}
	names, err := filepath.Glob(filepath.Join(os.Getenv("FALCONER_CONFORMANCE"), "..", "falco-rules", "*.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if base := filepath.Base(name); base != first.Name {
			files = append(files, upstream(t, base))
		}
	}
	return files
}

func BenchmarkLoadUpstream(b *testing.B) {
	files := upstreamFiles(b)
	size := 0
	for _, f := range files {
		size += len(f.Data)
	}
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Load(nil, files...); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkReadUpstreamYAML(b *testing.B) {
	files := upstreamFiles(b)
	b.ReportAllocs()
	for b.Loop() {
		for _, f := range files {
			if _, err := (&source{name: f.Name, data: f.Data}).documents(&DefaultLimits); err != nil {
				b.Fatal(err)
			}
		}
	}
}
