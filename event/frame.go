package event

import (
	"bytes"
	"encoding/binary"
)

// frame finds the end of a JSON object by its brackets, over as many reads as
// it takes and looking at each byte once. It does not check the JSON.
type frame struct {
	depth  int
	quoted bool // inside a string
	escape bool // behind a backslash
	at     int  // how far it looked
}

// outcome is what a frame came to.
type outcome uint8

const (
	unfinished outcome = iota
	closed             // at is behind the object
	broken             // at is where the object cannot go on: a newline in a string, or a record that begins
)

// feed goes on with a window that begins with the object and is the longer
// each time, up to at most most bytes.
//
// Printers of JSON never put an opening brace at the start of a line inside an
// object, so one there begins the next record. That keeps an object that was
// cut off from taking those behind it along.
func (f *frame) feed(w []byte, most int) outcome {
	w = w[:min(len(w), most)]
	for f.at < len(w) {
		if f.quoted {
			if !f.inString(w) {
				return broken
			}
			continue
		}
		switch w[f.at] {
		case '"':
			f.quoted = true
		case '{':
			if f.at > 0 && w[f.at-1] == '\n' {
				return broken
			}
			f.depth++
		case '[':
			f.depth++
		case '}', ']':
			f.depth--
			if f.depth == 0 {
				f.at++
				return closed
			}
		}
		f.at++
	}
	return unfinished
}

// inString goes to the end of a string or of the window, and reports whether
// no newline was on the way.
func (f *frame) inString(w []byte) bool {
	for f.at < len(w) {
		for !f.escape && f.at+8 <= len(w) && special(binary.LittleEndian.Uint64(w[f.at:])) == 0 {
			f.at += 8
		}
		if f.at == len(w) {
			break
		}
		switch c := w[f.at]; {
		case c == '\n':
			return false
		case f.escape:
			f.escape = false
		case c == '\\':
			f.escape = true
		case c == '"':
			f.quoted = false
			f.at++
			return true
		}
		f.at++
	}
	return true
}

// object decodes the object that the window begins with. found is false if it
// was no record at all.
func (d *Decoder) object(e *Event) (found bool, err error) {
	most := d.opts.Limits.RecordBytes
	// The common case: one object, all of it on a line that is already there.
	if end := bytes.IndexByte(d.in.window(), '\n'); end >= 0 && end <= min(most, wholeLine) {
		line := d.in.window()[:end]
		if handled, err := d.docker(line); handled {
			return err != nil, err
		}
		if n, err := e.decode(d.room, line, d.opts.Limits, startOfInput); err == nil {
			if !d.opts.Reuse && n < end/2 {
				// The alert would hold the memory of those behind it.
				*e = Event{}
				n, err = e.decode(d.room, line[:n], d.opts.Limits, startOfInput)
			}
			d.in.advance(n)
			return true, err
		}
	}
	var f frame
	check := firstCheck
	for {
		w := d.in.window()
		o := f.feed(w, min(most+1, check))
		switch {
		case o == closed && f.at <= most:
			if handled, err := d.docker(w[:f.at]); handled {
				return err != nil, err
			}
			return true, d.record(e, f.at, closed)
		case o == broken && f.at <= most:
			return true, d.record(e, f.at, broken)
		case o != unfinished || f.at > most:
			return true, d.oversized(&f)
		case f.at == check:
			// An object that is wrong early on is not read to its end, so
			// that a run of them costs no more than its length.
			if d.wrongBefore(w[:check]) {
				return true, d.record(e, check, broken)
			}
			check *= 4
		case !d.in.more():
			if !d.in.atEOF() {
				d.fatal = d.in.err
				return true, d.fatal
			}
			return true, d.record(e, len(d.in.window()), broken)
		}
	}
}

const (
	wholeLine  = 32 << 10 // a longer line is searched for the object's end before it is copied
	firstCheck = 4 << 10
)

// record decodes the first n bytes of the window and consumes what belongs to
// them.
func (d *Decoder) record(e *Event, n int, o outcome) error {
	w := d.in.window()[:n]
	_, err := e.decode(d.room, w, d.opts.Limits, startOfInput)
	if err == nil {
		d.in.advance(n)
		return nil
	}
	if o == broken && n < len(d.in.window()) && d.in.window()[n] == '\n' {
		// With the newline that broke a string, the error can name it.
		_, err = e.decode(d.room, d.in.window()[:n+1], d.opts.Limits, startOfInput)
	}
	err = d.fault(0, err)
	end := bytes.IndexByte(w, '\n')
	wrong, valid := grammarEnd(w, d.opts.Limits)
	switch {
	case o == closed && (valid || end < 0):
		d.in.advance(n) // a record by itself, and no alert
	case end >= 0 && wrong > end:
		// It went wrong on a later line, which may begin the next record.
		d.in.advance(max(end, bytes.LastIndexByte(w[:wrong], '\n')) + 1)
	default:
		d.in.skipLine()
	}
	return err
}

// grammarEnd returns how far w is JSON, and whether that is a whole value.
func grammarEnd(w []byte, l Limits) (end int, ok bool) {
	var s scanner
	s.buf = append(append(make([]byte, 0, len(w)+pad), w...), make([]byte, pad)...)
	s.end, s.limits = len(w), l
	if end = s.skip(0, 0); end >= 0 {
		return end, true
	}
	return int(s.err.Offset), false
}

// wrongBefore reports whether w, the beginning of an object, is no JSON.
func (d *Decoder) wrongBefore(w []byte) bool {
	d.probe = append(append(d.probe[:0], w...), make([]byte, pad)...)
	s := scanner{buf: d.probe, end: len(w), limits: d.opts.Limits, loose: true}
	return s.skip(0, 0) < 0 && int(s.err.Offset) < len(w)
}

// oversized reports a record that is over the limit, and skips it to its end
// in the memory at hand.
func (d *Decoder) oversized(f *frame) error {
	err := d.fault(0, tooLong(d.opts.Limits))
	for {
		w := d.in.window()
		o := f.feed(w, len(w))
		// The byte before the window decides whether a brace begins a line.
		keep := min(1, f.at)
		d.in.advance(f.at - keep)
		f.at = keep
		if o != unfinished || !d.in.more() {
			d.in.advance(keep)
			return err
		}
	}
}
