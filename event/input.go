package event

import (
	"bytes"
	"errors"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// input is a window on a stream, which grows with what is asked of it and
// knows its place.
type input struct {
	src   io.Reader
	plain bool // the stream is read as it is
	buf   []byte
	at    int   // of the first byte not consumed
	base  int64 // offset of buf[0] in the stream
	line  int64 // line of buf[at], from 1
	err   error // of src
}

// firstRead is the least space that a read gets.
const firstRead = 64 << 10

func (in *input) init(r io.Reader, plain bool) {
	*in = input{src: r, plain: plain, line: 1}
}

func (in *input) offset() int64 { return in.base + int64(in.at) }

// window is what was read and not consumed.
func (in *input) window() []byte { return in.buf[in.at:] }

// lineAt returns the line of the byte at at in the window.
func (in *input) lineAt(at int) int64 {
	w := in.window()
	return in.line + int64(bytes.Count(w[:min(at, len(w))], newline))
}

var newline = []byte{'\n'}

// advance consumes n bytes of the window.
func (in *input) advance(n int) {
	in.line += int64(bytes.Count(in.window()[:n], newline))
	in.at += n
}

// more reads on, and reports whether the window grew.
func (in *input) more() bool {
	if in.err != nil {
		return false
	}
	if !in.plain {
		in.plain = true
		in.decompress()
		if in.err != nil {
			return len(in.window()) > 0
		}
	}
	if in.at > 0 && (in.at == len(in.buf) || cap(in.buf)-len(in.buf) < firstRead/4) {
		n := copy(in.buf, in.window())
		in.buf = in.buf[:n]
		in.base += int64(in.at)
		in.at = 0
	}
	if cap(in.buf)-len(in.buf) < firstRead/4 {
		grown := make([]byte, len(in.buf), max(firstRead, 2*cap(in.buf)))
		copy(grown, in.buf)
		in.buf = grown
	}
	for range maxEmptyReads {
		n, err := in.src.Read(in.buf[len(in.buf):cap(in.buf)])
		if n < 0 || n > cap(in.buf)-len(in.buf) {
			n, err = 0, errBadReader
		}
		in.buf = in.buf[:len(in.buf)+n]
		in.err = err
		if n > 0 {
			return true
		}
		if err != nil {
			return false
		}
	}
	in.err = io.ErrNoProgress
	return false
}

const maxEmptyReads = 100

var errBadReader = errors.New("reader returned an impossible count")

// decompress looks at the first bytes and puts a decompressor before the
// stream if they are those of one.
func (in *input) decompress() {
	var magic [4]byte
	n, err := io.ReadFull(in.src, magic[:])
	if err == io.ErrUnexpectedEOF {
		err = io.EOF
	}
	head := magic[:n]
	src := io.MultiReader(bytes.NewReader(head), in.src)
	switch {
	case isGzip(head):
		in.src, in.err = gzip.NewReader(src)
	case isZstd(head):
		// In one goroutine, in memory that the sender cannot choose.
		in.src, in.err = zstd.NewReader(src, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
			zstd.WithDecoderMaxWindow(maxWindow))
	default:
		in.buf = append(in.buf, head...)
		in.err = err
	}
}

// maxWindow is how far back zstd may refer, and so what the sender can make
// the decoder hold. All levels of zstd's own tool stay below it; its option
// for longer windows does not.
const maxWindow = 16 << 20

func isGzip(head []byte) bool { return bytes.HasPrefix(head, []byte{0x1f, 0x8b}) }
func isZstd(head []byte) bool { return bytes.HasPrefix(head, []byte{0x28, 0xb5, 0x2f, 0xfd}) }

// atEOF reports whether the stream ended, and not by an error.
func (in *input) atEOF() bool { return in.err == io.EOF }

// peek returns the byte at at in the window, reading up to it.
func (in *input) peek(at int) (c byte, ok bool) {
	for at >= len(in.window()) {
		if !in.more() {
			return 0, false
		}
	}
	return in.buf[in.at+at], true
}

// skipSpace consumes what may stand between records: white space, a byte order
// mark, the record separator of JSON text sequences.
func (in *input) skipSpace() (next byte, ok bool) {
	for {
		w := in.window()
		for i, c := range w {
			if isSpace(c) || c == 0x1e {
				continue
			}
			if c == bom[0] && !in.isBOM(i) || c != bom[0] {
				in.advance(i)
				return c, true
			}
			in.advance(i + len(bom))
			return in.skipSpace()
		}
		in.advance(len(w))
		if !in.more() {
			return 0, false
		}
	}
}

var bom = []byte("\uFEFF")

func (in *input) isBOM(at int) bool {
	for i, want := range bom {
		if c, ok := in.peek(at + i); !ok || c != want {
			return false
		}
	}
	return true
}

// lineEnd returns the length of the line that the window begins with, without
// its newline, and whether all of it is at most most bytes; if not, the first
// most bytes are in the window.
func (in *input) lineEnd(most int) (n int, whole bool) {
	from := 0
	for {
		w := in.window()
		if i := bytes.IndexByte(w[from:], '\n'); i >= 0 {
			return min(from+i, most), from+i <= most
		}
		from = len(w)
		if from > most {
			return most, false
		}
		if !in.more() {
			return len(in.window()), true
		}
	}
}

// skipLine consumes the rest of a line in bounded memory.
func (in *input) skipLine() {
	for {
		w := in.window()
		if i := bytes.IndexByte(w, '\n'); i >= 0 {
			in.advance(i + 1)
			return
		}
		in.advance(len(w))
		if !in.more() {
			return
		}
	}
}
