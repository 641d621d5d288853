package follow

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"time"
)

// edge is how many bytes identify a log: at its begin, and before a place.
const edge = 256

// place is how far a log was read.
type place struct {
	Head   []byte    `json:"head"`   // the first bytes of the log, at most edge
	Tail   []byte    `json:"tail"`   // the bytes before Offset, at most edge
	Offset int64     `json:"offset"` // of the first byte that is to be read next
	Saved  time.Time `json:"saved"`
}

// grow goes on behind bytes that were read.
func (p *place) grow(b []byte) {
	if n := edge - len(p.Head); n > 0 {
		p.Head = append(bytes.Clone(p.Head), b[:min(n, len(b))]...)
	}
	p.Offset += int64(len(b))
}

// in reports whether f is the log of that place.
func (p place) in(f *os.File) bool {
	if p.Offset == 0 {
		return false // nothing is known of it
	}
	head := make([]byte, len(p.Head))
	if _, err := f.ReadAt(head, 0); err != nil && err != io.EOF || !bytes.Equal(head, p.Head) {
		return false
	}
	ok, err := endsWith(f, p.Offset, p.Tail)
	return ok && err == nil
}

// state keeps a place in a file, from one run to the next. It is written in
// place and at once: what one write leaves half done, its checksum tells.
type state struct{ f *os.File }

func openState(name string) (*state, error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	return &state{f}, nil
}

func (s *state) Close() error { return s.f.Close() }

func (s *state) save(p place) error {
	p.Saved = time.Now()
	text, err := json.Marshal(p)
	if err != nil {
		return err
	}
	_, err = s.f.WriteAt(fmt.Appendf(nil, "%08x %d %s\n", crc32.ChecksumIEEE(text), len(text), text), 0)
	return err
}

// load returns what was saved, and whether something was.
func (s *state) load() (p place, ok bool, err error) {
	text, err := io.ReadAll(io.NewSectionReader(s.f, 0, 1<<16))
	// A crash of the machine may leave zeros in the place of what was written.
	if err != nil || len(bytes.Trim(text, "\x00")) == 0 {
		return place{}, false, err
	}
	var sum uint32
	var size int
	if _, err := fmt.Sscanf(string(text), "%08x %d", &sum, &size); err == nil {
		at := bytes.IndexByte(text, '{')
		if at >= 0 && size >= 0 && size <= len(text)-at && crc32.ChecksumIEEE(text[at:at+size]) == sum {
			return p, true, json.Unmarshal(text[at:at+size], &p)
		}
	}
	return place{}, false, errors.New("it does not hold what this program writes")
}

// endOf returns the place at the end of a file, or the begin of one that is not
// there yet.
func endOf(name string) (place, error) {
	f, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return place{}, nil
	}
	if err != nil {
		return place{}, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return place{}, err
	}
	p := place{Offset: info.Size()}
	n := min(p.Offset, edge)
	p.Head, p.Tail = make([]byte, n), make([]byte, n)
	if _, err := f.ReadAt(p.Head, 0); err != nil {
		return place{}, err
	}
	_, err = f.ReadAt(p.Tail, p.Offset-n)
	return p, err
}
