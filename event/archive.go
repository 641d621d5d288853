package event

import (
	"bytes"
	"context"
	"errors"
	"io"
	"iter"
	"runtime"
	"sync"
	"sync/atomic"

	"golang.org/x/exp/mmap"
)

// ArchiveOptions are how an [Archive] is decoded. The zero value, and nil, are
// the defaults.
type ArchiveOptions struct {
	Decoder DecoderOptions // Reuse has no effect

	// Workers is how many goroutines decode; 0 or less means one for each of
	// the processors that Go uses.
	Workers int

	// Unordered yields alerts as they come, which holds fewer of them in
	// memory. The line of an error is then not known and 0.
	Unordered bool

	// ChunkBytes is about how much a worker decodes at a time; 0 or less means
	// 256 KiB.
	ChunkBytes int
}

// Archive is a file of alerts, in any form that a [Decoder] reads, which is
// decoded on all processors. A file that is compressed is decompressed on one
// and decoded on the others.
//
// An archive is cut into chunks, which are decoded at the same time, where a
// line certainly begins a record: with a brace, as a line of a log. What has no
// such line, as an array that is all on one, is decoded in one go. The outcome
// is that of a Decoder over the whole file.
type Archive struct {
	opts  ArchiveOptions
	file  *mmap.ReaderAt
	first [4]byte // what the file begins with
	done  atomic.Int64
}

// OpenArchive opens a file of alerts, which it maps into memory rather than
// read. The file must not change until Close.
func OpenArchive(name string, o *ArchiveOptions) (*Archive, error) {
	a := new(Archive)
	if o != nil {
		a.opts = *o
	}
	if a.opts.Workers <= 0 {
		a.opts.Workers = runtime.GOMAXPROCS(0)
	}
	if a.opts.ChunkBytes <= 0 {
		a.opts.ChunkBytes = 256 << 10
	}
	a.opts.Decoder.Reuse = false
	file, err := mmap.Open(name)
	if err != nil {
		return nil, err
	}
	a.file = file
	if _, err := file.ReadAt(a.first[:], 0); err != nil && err != io.EOF {
		return nil, errors.Join(err, file.Close())
	}
	return a, nil
}

// Close unmaps the file. Alerts that were decoded stay good. No iteration over
// All may be under way.
func (a *Archive) Close() error { return a.file.Close() }

// Progress returns how many bytes of the file are decoded and yielded, of how
// many. It may be called at any time by any goroutine; All starts it at 0.
func (a *Archive) Progress() (done, total int64) { return a.done.Load(), int64(a.file.Len()) }

// All yields each alert of the file, or a *[SyntaxError] for each record that
// is none, as [Decoder.All] does. It decodes with goroutines of its own, which
// have ended when it returns, also where the loop is left early. One iteration
// may be under way at a time.
func (a *Archive) All() iter.Seq2[*Event, error] {
	return func(yield func(*Event, error) bool) {
		a.done.Store(0)
		ctx, cancel := context.WithCancel(context.Background())
		var wait sync.WaitGroup
		defer wait.Wait()
		defer cancel()

		// A chunk goes to the workers and, where order is kept, also to the
		// loop below, which waits for each in turn. The channels bound what is
		// in memory.
		work := make(chan *chunk, a.opts.Workers)
		results := make(chan *chunk, a.opts.Workers)
		var senders sync.WaitGroup
		senders.Add(1)
		wait.Go(func() {
			defer senders.Done()
			defer close(work)
			a.cut(func(c *chunk) bool {
				return send(ctx, work, c) && (a.opts.Unordered || send(ctx, results, c))
			})
		})
		for range a.opts.Workers {
			senders.Add(1)
			wait.Go(func() {
				defer senders.Done()
				for c := range work {
					if ctx.Err() == nil {
						c.decode(&a.opts.Decoder)
					}
					close(c.ready)
					if a.opts.Unordered {
						send(ctx, results, c)
					}
				}
			})
		}
		wait.Go(func() { senders.Wait(); close(results) })
		a.yield(results, yield)
	}
}

func send[T any](ctx context.Context, to chan<- T, v T) bool {
	select {
	case to <- v:
		return true
	case <-ctx.Done():
		return false
	}
}

// yield passes on what the chunks hold.
func (a *Archive) yield(results <-chan *chunk, yield func(*Event, error) bool) {
	var (
		line     int64  // lines before the chunk
		brackets *chunk // the last chunk that opened or closed an array
		end      int64
	)
	for c := range results {
		<-c.ready
		place := func(err error) bool {
			var syntax *SyntaxError
			if !errors.As(err, &syntax) {
				return false
			}
			syntax.Offset += c.offset
			syntax.Line += line
			if a.opts.Unordered {
				syntax.Line = 0
			}
			return true
		}
		for _, r := range c.results {
			goesOn := r.err == nil || place(r.err)
			if !yield(r.event, r.err) || !goesOn {
				return
			}
		}
		if c.rest != nil && !a.stream(c, place, yield) {
			return
		}
		if c.bracket != 0 && (brackets == nil || brackets.offset < c.offset) {
			brackets = c
		}
		line += c.lines
		end = max(end, c.offset+c.length)
		a.done.Add(c.size)
	}
	a.done.Store(int64(a.file.Len()))
	if brackets != nil && brackets.bracket == '[' {
		err := &SyntaxError{Line: line + 1, Offset: end, Err: errTruncated}
		if a.opts.Unordered {
			err.Line = 0
		}
		yield(nil, err)
	}
}

// stream decodes the rest of a file that could not be cut.
func (a *Archive) stream(c *chunk, place func(error) bool, yield func(*Event, error) bool) bool {
	d := c.decoder(&a.opts.Decoder, c.rest)
	for e, err := range d.All() {
		if err != nil && !place(err) {
			yield(nil, err)
			return false
		}
		if !yield(e, err) {
			return false
		}
		a.done.Store(min(c.start+d.Offset(), int64(a.file.Len())))
	}
	c.bracket, c.length = d.bracket, d.Offset()
	c.lines = d.in.line - 1
	return true
}

// chunk is a part of the file, from the start of a record to the start of
// another or the end.
type chunk struct {
	data    []byte
	rest    io.Reader // in place of data: all that is left, to be decoded in one go
	offset  int64     // in the decompressed file
	length  int64
	array   bool  // the file is an array of alerts
	err     error // ends the file after the data
	start   int64 // bytes of the file before it
	size    int64 // bytes of the file that it came from
	ready   chan struct{}
	results []result
	lines   int64
	bracket byte // the last bracket of an array of alerts
}

type result struct {
	event *Event
	err   error
}

// decoder returns a decoder of the chunk. Whether an array stays open is for
// the whole file to say.
func (c *chunk) decoder(o *DecoderOptions, r io.Reader) *Decoder {
	opts := *o
	opts.Plain = true
	d := NewDecoder(r, &opts)
	d.array, d.part = c.array, true
	return d
}

func (c *chunk) decode(o *DecoderOptions) {
	if c.rest != nil {
		return
	}
	d := c.decoder(o, nil)
	d.in.buf, d.in.err = c.data, io.EOF // all of it is read
	for e, err := range d.All() {
		c.results = append(c.results, result{e, err})
	}
	if c.err != nil {
		c.results = append(c.results, result{nil, c.err})
	}
	c.lines = int64(bytes.Count(c.data, newline))
	c.bracket = d.bracket
	c.data = nil
}

// mostUncut is how much of a file that has no place to cut is taken into
// memory in search of one.
const mostUncut = 64 << 20

// cut reads the file and gives it away in chunks, until give returns false.
func (a *Archive) cut(give func(*chunk) bool) {
	read := &countingReader{r: io.NewSectionReader(a.file, 0, int64(a.file.Len()))}
	var in input
	in.init(read, a.opts.Decoder.Plain)
	compressed := !a.opts.Decoder.Plain && (isGzip(a.first[:]) || isZstd(a.first[:]))
	size := a.opts.ChunkBytes
	array, given := false, int64(0)
	for {
		// Search a window of size for a place to cut, from its end, then one
		// of twice the size, and so on: no byte is looked at more than twice.
		end := 0
		for want := size; end == 0; want *= 2 {
			for len(in.window()) < want && in.more() {
			}
			if in.offset() == 0 && want == size {
				array = beginsArray(in.window())
			}
			if len(in.window()) < want || want > mostUncut {
				break
			}
			end = boundary(in.window(), want)
		}
		w := in.window()
		c := &chunk{offset: in.offset(), array: array, start: given, ready: make(chan struct{})}
		switch {
		case end > 0:
			c.data = bytes.Clone(w[:end])
		case in.err != nil: // the last
			c.data = bytes.Clone(w)
			if in.err != io.EOF {
				c.err = in.err
			}
		default:
			c.rest = io.MultiReader(bytes.NewReader(w), in.src)
		}
		c.length = int64(len(c.data))
		c.size = c.length
		if compressed {
			c.size = read.n - given
		}
		given += c.size
		if !give(c) || end == 0 {
			return
		}
		in.at += end // a chunk counts its lines itself
	}
}

// countingReader counts what was read.
type countingReader struct {
	r io.Reader
	n int64
}

func (c *countingReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// beginsArray reports whether a file begins with an array of alerts.
func beginsArray(w []byte) bool {
	w = bytes.TrimLeft(bytes.TrimPrefix(w, bom), " \t\r\n\x1e")
	if len(w) == 0 || w[0] != '[' {
		return false
	}
	w = bytes.TrimLeft(w[1:], " \t\r\n")
	return len(w) > 0 && (w[0] == '{' || w[0] == ']')
}

// boundary returns the offset of the last line before end that certainly
// begins a record, whatever came before; 0 if there is none.
func boundary(w []byte, end int) int {
	for {
		at := bytes.LastIndexByte(w[:end], '\n') + 1
		if at == 0 {
			return 0
		}
		before := w[bytes.LastIndexByte(w[:at-1], '\n')+1 : at-1]
		if beginsRecord(before, w[at:]) && !partsWait(w[:at-1]) {
			return at
		}
		end = at - 1
	}
}

// beginsRecord reports whether a line does, by its start and by the line
// before. One with a brace at its start does: see frame. Lines that cannot be
// inside an object are each by themselves.
func beginsRecord(before, line []byte) bool {
	return len(line) > 0 && line[0] == '{' || outsideObject(before) && outsideObject(line)
}

// partsWait reports whether the last line of standard output or of standard
// error, as a container runtime or Docker wrote them, is a part of a longer
// one.
func partsWait(w []byte) bool {
	if !bytes.Contains(w, dockerStart) && !bytes.Contains(w, []byte(" stdout P")) && !bytes.Contains(w, []byte(" stderr P")) {
		return false
	}
	var seen [2]bool
	for len(w) > 0 && !(seen[0] && seen[1]) {
		at := bytes.LastIndexByte(w, '\n') + 1
		line := w[at:]
		w = w[:max(at-1, 0)]
		stream, full := 0, false
		if bytes.HasPrefix(line, dockerStart) {
			tail := line[max(0, len(line)-dockerTail):]
			full = bytes.Contains(tail, []byte(`\n","stream":"`))
			if bytes.Contains(tail, []byte(`","stream":"stderr"`)) {
				stream = 1
			}
		} else if len(line) > 0 && '0' <= line[0] && line[0] <= '9' {
			var ok bool
			if _, stream, full, _, ok = runtimePrefix(line); !ok {
				continue
			}
		} else {
			continue
		}
		if !full && !seen[stream] {
			return true
		}
		seen[stream] = true
	}
	return false
}

// dockerTail is more than Docker writes behind the text of a line.
const dockerTail = 256

// outsideObject reports whether a line begins with something that no line of
// an object that goes over many lines does.
func outsideObject(line []byte) bool {
	if len(line) == 0 {
		return false
	}
	switch c := line[0]; {
	case 'A' <= c && c <= 'Z', c == '<':
		return true
	case '0' <= c && c <= '9': // a date or a time of day, but not a number alone
		return len(line) > 4 && (line[2] == ':' || line[4] == '-')
	}
	return false
}
