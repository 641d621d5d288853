package event

import (
	"errors"
	"io"
	"iter"
	"time"
)

// DecoderOptions move the bounds and habits of a [Decoder]. The zero value,
// and nil, are the defaults.
type DecoderOptions struct {
	Limits Limits // of each alert

	// Reuse lets the decoder use the memory of an alert again for the next
	// one, and so decode without allocating. It voids, at the next call of
	// Decode or the next step of All, every string, list, field and value that
	// came from the alert before: a handler that keeps any of them has to copy
	// it.
	Reuse bool

	// Strict makes an error of what is not an alert, in place of skipping it:
	// for input that should hold nothing else.
	Strict bool

	// NoText makes lines of text that are alerts count as noise.
	NoText bool

	// Near gives a time close to that of the next alert, in the time zone of
	// the Falco that prints them, for lines of text that have a time of day
	// alone: [time.Now] for a live stream. A log wrapper's time stamp comes
	// first. Without either such a line stands in the year 1.
	Near func() time.Time

	// Plain makes the decoder not look for gzip and zstd.
	Plain bool
}

// Decoder reads alerts from a stream, in whatever form they come: one JSON
// object a line, one object over many lines, objects one behind the other, an
// array of them, lines of text; each line alone or behind what a log adds:
// syslog's header, the prefix of a container runtime, Docker's JSON; the whole
// compressed by gzip or zstd. What is not an alert is skipped: see Skipped.
//
// A Decoder is for one goroutine. It reads ahead, but never waits for more
// than the alert at hand needs.
type Decoder struct {
	in    input
	opts  DecoderOptions
	array bool // between the brackets of an array of alerts

	// For a part of a file: an array may go on behind it.
	part    bool
	bracket byte // the last bracket of an array that came

	// What a log wrapper holds: the rest of the line at hand, and the parts of
	// lines that a runtime has cut in pieces, by stream.
	rest     wrapped
	parts    [2][]byte
	overlong [2]bool

	room    *room
	probe   []byte // the beginning of an object that may be wrong
	skipped int64
	fatal   error // ends the stream
}

// NewDecoder returns a decoder of the alerts in r. It does not close r.
func NewDecoder(r io.Reader, o *DecoderOptions) *Decoder {
	d := &Decoder{}
	if o != nil {
		d.opts = *o
	}
	d.opts.Limits = d.opts.Limits.orDefault()
	d.in.init(r, d.opts.Plain)
	return d
}

// Decode reads the next alert into e, which it overwrites.
//
// A record that is no alert gives a *[SyntaxError]: e is then the zero Event,
// and the next call goes on behind that record. [io.EOF] ends the stream. Any
// other error is the reader's, or says that compressed data is damaged; it is
// returned as it is, now and from then on.
func (d *Decoder) Decode(e *Event) error {
	if d.room == nil {
		d.room = &room{reused: d.opts.Reuse}
	}
	err := d.next(e)
	if err == nil && !d.opts.Reuse {
		d.room = nil // it is the alert's now
	}
	return err
}

// All yields each alert, or a *[SyntaxError] for each record that is none, up
// to the end of the stream. Any other error comes last. With Reuse, the Event
// is the same each time.
func (d *Decoder) All() iter.Seq2[*Event, error] {
	return func(yield func(*Event, error) bool) {
		var reused Event
		for {
			e := &reused
			if !d.opts.Reuse {
				// The alert and its room are one allocation.
				r := new(struct {
					event Event
					room  room
				})
				e, d.room = &r.event, &r.room
			}
			err := d.Decode(e)
			if err == io.EOF {
				return
			}
			if err != nil {
				e = nil
			}
			var syntax *SyntaxError
			if !yield(e, err) || err != nil && !errors.As(err, &syntax) {
				return
			}
		}
	}
}

// Skipped returns how many lines, or parts of lines, were passed over because
// nothing in them looked like an alert.
func (d *Decoder) Skipped() int64 { return d.skipped }

// Offset returns the offset in the decompressed stream behind what was
// decoded or skipped so far.
func (d *Decoder) Offset() int64 { return d.in.offset() }

// next finds the next record and decodes it.
//
// Records are found by how they begin. An object may go over many lines, and
// its end is where its brackets are balanced; anything else is looked at line
// by line. What is decided depends on the bytes alone, never on how the reader
// cuts them.
func (d *Decoder) next(e *Event) error {
	*e = Event{}
	for {
		if d.fatal != nil {
			return d.fatal
		}
		if len(d.rest.text) > 0 {
			if found, err := d.fromWrapper(e); found {
				return err
			}
			continue
		}
		c, ok := d.in.skipSpace()
		switch {
		case !ok:
			if err := d.end(); err != nil {
				return err
			}
		case c == '{':
			if found, err := d.object(e); found {
				return err
			}
		case d.array && c == ',':
			d.in.advance(1)
		case d.array && c == ']':
			d.array, d.bracket = d.part, c
			d.in.advance(1)
		case c == '[' && d.opensArray():
			d.array, d.bracket = true, c
			d.in.advance(1)
		default:
			if found, err := d.line(e); found {
				return err
			}
		}
	}
}

// opensArray looks behind a bracket: log lines begin with one too.
func (d *Decoder) opensArray() bool {
	for at := 1; at < d.opts.Limits.RecordBytes; at++ {
		c, ok := d.in.peek(at)
		switch {
		case ok && isSpace(c):
		default:
			return ok && (c == '{' || c == ']')
		}
	}
	return false
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

// end is called where no input is left. What is still open is reported first.
func (d *Decoder) end() error {
	if d.in.err != io.EOF {
		d.fatal = d.in.err
		return nil
	}
	for stream := range d.parts {
		if len(d.parts[stream]) > 0 || d.overlong[stream] {
			d.parts[stream], d.overlong[stream] = nil, false
			return d.fault(0, &SyntaxError{Err: errTruncated})
		}
	}
	if d.array && !d.part {
		d.array = false
		return d.fault(0, &SyntaxError{Err: errTruncated})
	}
	d.fatal = io.EOF
	return nil
}

// fault places an error, whose offset counts from at behind what was consumed,
// in the stream.
func (d *Decoder) fault(at int, err error) error {
	syntax, ok := err.(*SyntaxError)
	if !ok {
		return err
	}
	at += int(syntax.Offset)
	syntax.Offset = d.in.offset() + int64(at)
	syntax.Line = d.in.lineAt(at)
	return syntax
}
