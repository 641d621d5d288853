package event

import (
	"bytes"
	"errors"
	"strings"
	"time"
)

// wrapped is the text of a line, or the part of it not looked at yet, without
// what a log put around it.
type wrapped struct {
	text  []byte
	near  time.Time // the log's time stamp, zero if it has none
	place SyntaxError
	exact bool // text is as it is in the stream, from place on
	first bool // nothing of the line was looked at
	noise bool // something on the way was no alert

	// Where an alert in text begins, once it was looked for: a line may hold
	// many objects, and is searched for that but once.
	searched bool
	at       int
}

// textAt returns where the next alert in text begins, or -1.
func (r *wrapped) textAt() int {
	if !r.searched {
		r.searched, r.at = true, textAlert(r.text)
	}
	return r.at
}

// line decodes the line that the window begins with, which does not begin with
// an object.
func (d *Decoder) line(e *Event) (found bool, err error) {
	most := d.opts.Limits.RecordBytes
	n, whole := d.in.lineEnd(most + maxPrefix)
	if d.in.err != nil && !d.in.atEOF() && n == len(d.in.window()) {
		d.fatal = d.in.err
		return true, d.fatal
	}
	line := d.in.window()[:n]
	if !whole {
		if looksLikeAlert(line) {
			err = d.fault(0, tooLong(d.opts.Limits))
		} else {
			err = d.noise(SyntaxError{Line: d.in.line, Offset: d.in.offset()})
		}
		d.in.skipLine()
		return err != nil, err
	}
	place := SyntaxError{Line: d.in.line, Offset: d.in.offset()}
	next := n
	if next < len(d.in.window()) {
		next++ // the newline
	}
	line = bytes.TrimRight(line, "\r")
	if at, stream, full, stamp, ok := runtimePrefix(line); ok {
		place.Offset += int64(at)
		err = d.assemble(line[at:], stream, full, wrapped{near: stamp, place: place, exact: true})
		d.in.advance(next)
		return err != nil, err
	}
	var stamp time.Time
	if word, _, ok := bytes.Cut(line[:min(len(line), 64)], []byte{' '}); ok {
		stamp, _ = parseTime(string(word))
	}
	d.rest = wrapped{text: line, near: stamp, place: place, exact: true, first: true}
	found, err = d.fromWrapper(e)
	// What is left lies in the window, which moves.
	d.rest.text = bytes.Clone(d.rest.text)
	d.in.advance(next)
	return found, err
}

// maxPrefix is more than a log puts before an alert.
const maxPrefix = 4 << 10

// looksLikeAlert reports whether text that does not decode was meant to be an
// alert, and not noise with braces in it.
func looksLikeAlert(text []byte) bool {
	for _, key := range []string{`"rule":`, `"rule" :`, `"priority":`, `"output_fields":`} {
		if bytes.Contains(text, []byte(key)) {
			return true
		}
	}
	return false
}

// fromWrapper decodes the next alert of the line at hand.
func (d *Decoder) fromWrapper(e *Event) (found bool, err error) {
	r := &d.rest
	for len(r.text) > 0 {
		text, first := r.text, r.first
		r.first = false
		object := nextObject(text, first)
		if !d.opts.NoText {
			if at := r.textAt(); at >= 0 && (object < 0 || at < object) {
				place := r.place
				near := r.near
				if near.IsZero() && d.opts.Near != nil {
					near = d.opts.Near()
				} else if d.opts.Near != nil {
					near = near.In(d.opts.Near().Location())
				}
				*r = wrapped{}
				if err := e.decodeText(string(text[at:]), near, d.opts.Limits); err != nil {
					return true, placed(err, place, at, true)
				}
				return true, nil
			}
		}
		if object < 0 {
			break
		}
		var f frame
		o := f.feed(text[object:], len(text))
		record := text[object : object+f.at]
		n, err := e.decode(d.room, record, d.opts.Limits, startOfInput)
		if err == nil {
			r.pass(object + n)
			return true, nil
		}
		meant := looksLikeAlert(record)
		if meant {
			err = placed(err, r.place, object, r.exact)
		}
		if o != closed {
			// What is inside a broken object is no line of its own.
			place := r.place
			*r = wrapped{}
			if !meant {
				err = d.noise(place)
			}
			return err != nil, err
		}
		r.pass(object + f.at)
		if meant {
			return true, err
		}
		r.noise = true
	}
	if r.noise || len(bytes.TrimSpace(r.text)) > 0 {
		err = d.noise(r.place)
	}
	*r = wrapped{}
	return err != nil, err
}

var errNoise = errors.New("not an alert")

// noise counts what is not an alert, or says where it is.
func (d *Decoder) noise(place SyntaxError) error {
	if !d.opts.Strict {
		d.skipped++
		return nil
	}
	place.Err = errNoise
	return &place
}

// pass goes on behind the first n bytes.
func (r *wrapped) pass(n int) {
	r.text = r.text[n:]
	if r.at >= 0 {
		r.at -= n
		r.searched = r.at >= 0
	}
	if r.exact {
		r.place.Offset += int64(n)
	}
}

// placed moves an error about the record at at in a line to the stream.
func placed(err error, place SyntaxError, at int, exact bool) error {
	syntax, ok := err.(*SyntaxError)
	if !ok {
		return err
	}
	if !exact {
		at, syntax.Offset = 0, 0 // escapes lie between: the line has to do
	}
	syntax.Offset += place.Offset + int64(at)
	syntax.Line = place.Line
	return syntax
}

// nextObject returns where the next object with a key begins, or -1.
func nextObject(text []byte, first bool) int {
	for from := 0; ; {
		at := bytes.IndexByte(text[from:], '{')
		if at < 0 {
			return -1
		}
		at += from
		i := at + 1
		for i < len(text) && (text[i] == ' ' || text[i] == '\t') {
			i++
		}
		if i < len(text) && text[i] == '"' || first && at == 0 {
			return at
		}
		from = at + 1
	}
}

// textAlert returns where an alert in text begins, or -1. A time, which ends
// with a colon, and a priority make one; other output may stand right before
// it, even digits.
func textAlert(line []byte) int {
	for from := 0; ; {
		at := bytes.Index(line[from:], []byte(": "))
		if at < 0 {
			return -1
		}
		at += from
		from = at + 1
		start := at
		for start > 0 && at-start < longestClock && strings.IndexByte(clockBytes, line[start-1]) >= 0 {
			start--
		}
		// The longest priority, a space, and one byte of the message.
		tail := line[:min(len(line), at+20)]
		for _, n := range [...]int{at - start, len(isoClock), len(timeOfDay)} {
			if n < len(timeOfDay) || n > at-start {
				continue
			}
			if _, _, ok := cutPrefix(string(tail[at-n:])); ok {
				return at - n
			}
		}
	}
}

// The times that Falco prints before a message.
const (
	timeOfDay    = "15:04:05.000000000"
	isoClock     = "2006-01-02T15:04:05.000000000+0000"
	clockBytes   = "0123456789:.-+TZ"
	longestClock = 40
)

// runtimePrefix reads what a container runtime puts before each line: a time
// stamp, the stream, and F or P for a full line or a part of one.
func runtimePrefix(line []byte) (end, stream int, full bool, stamp time.Time, ok bool) {
	head := string(line[:min(len(line), 80)])
	word, rest, _ := strings.Cut(head, " ")
	if stamp, ok = parseTime(word); !ok {
		return 0, 0, false, stamp, false
	}
	switch {
	case strings.HasPrefix(rest, "stdout "):
	case strings.HasPrefix(rest, "stderr "):
		stream = 1
	default:
		return 0, 0, false, stamp, false
	}
	tag := rest[len("stdout "):]
	if tag == "" || tag[0] != 'F' && tag[0] != 'P' || len(tag) > 1 && tag[1] != ' ' && tag[1] != ':' {
		return 0, 0, false, stamp, false
	}
	end = len(word) + 1 + len("stdout ")
	if space := strings.IndexByte(tag, ' '); space >= 0 {
		end += space + 1
	} else {
		end = len(line) // an empty line
	}
	return end, stream, tag[0] == 'F', stamp, true
}

// assemble adds a line, or a part of one, and makes it the line at hand once
// it is full.
func (d *Decoder) assemble(text []byte, stream int, full bool, w wrapped) error {
	parts := &d.parts[stream]
	if len(*parts)+len(text) > d.opts.Limits.RecordBytes+maxPrefix {
		*parts, d.overlong[stream] = nil, true
	}
	if !d.overlong[stream] {
		if len(*parts) > 0 {
			w.exact = false
		}
		*parts = append(*parts, text...)
	}
	if !full {
		return nil
	}
	if d.overlong[stream] {
		d.overlong[stream] = false
		return placed(tooLong(d.opts.Limits), w.place, 0, false)
	}
	w.text, w.first = *parts, true
	*parts = nil
	d.rest = w
	return nil
}

// dockerStart is how each line of Docker's json-file driver begins.
var dockerStart = []byte(`{"log":"`)

// docker takes a line of Docker's json-file driver: an object with the line in
// log, its newline included unless it is a part of one. It reports whether the
// record is one.
func (d *Decoder) docker(record []byte) (handled bool, err error) {
	if !bytes.HasPrefix(record, dockerStart) {
		return false, nil
	}
	end, ok := grammarEnd(record, d.opts.Limits)
	if !ok {
		return false, nil
	}
	m := Value{text: string(record[:end]), kind: Object}.Members()
	text, isText := m.Get("log").Str()
	stream, isStream := m.Get("stream").Str()
	if !isText || !isStream {
		return false, nil
	}
	stamp, _ := m.Get("time").Time()
	line, full := strings.CutSuffix(text, "\n")
	w := wrapped{near: stamp, place: SyntaxError{Line: d.in.line, Offset: d.in.offset()}}
	which := 0
	if stream == "stderr" {
		which = 1
	}
	d.in.advance(end)
	return true, d.assemble([]byte(strings.TrimSuffix(line, "\r")), which, full, w)
}
