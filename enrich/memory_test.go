//go:build !race

package enrich

import (
	"bytes"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
)

// The release may be 50 MB; what is in memory at any time is a fraction.
func TestReadSTIXMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("reads 50 MB")
	}
	runtime.GC()
	var before runtime.MemStats
	runtime.ReadMemStats(&before)
	in := &bigBundle{most: 50 << 20, tail: fixture(t, "attack21.json")}
	m, err := ReadSTIX(in, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := m.Technique("T1059"); !ok || in.read < 50<<20 {
		t.Errorf("read %d bytes, %d techniques", in.read, len(m.techniques))
	}
	if grown := int64(in.peak) - int64(before.HeapAlloc); grown > 32<<20 {
		t.Errorf("the heap grew by %d MB", grown>>20)
	}
}

// bigBundle is a bundle of many relations before the objects of another bundle.
// It looks at the heap while it is read.
type bigBundle struct {
	most, read int
	peak       uint64
	rest       []byte
	tail       []byte
	started    bool
}

func (b *bigBundle) Read(p []byte) (int, error) {
	if len(b.rest) == 0 {
		switch {
		case !b.started:
			b.started = true
			b.rest = []byte(`{"type":"bundle","id":"bundle--x","objects":[`)
		case b.read < b.most:
			b.rest = fmt.Appendf(nil, `{"type":"relationship","id":"relationship--%d","relationship_type":"uses","source_ref":"a","target_ref":"b","description":%q},`, b.read, strings.Repeat("some text ", 4000))
			if b.read>>23 != (b.read+len(b.rest))>>23 {
				var now runtime.MemStats
				runtime.ReadMemStats(&now)
				b.peak = max(b.peak, now.HeapAlloc)
			}
		case b.tail != nil:
			_, after, _ := bytes.Cut(b.tail, []byte(`"objects": [`))
			b.rest, b.tail = after, nil
		default:
			return 0, io.EOF
		}
	}
	n := copy(p, b.rest)
	b.rest = b.rest[n:]
	b.read += n
	return n, nil
}
