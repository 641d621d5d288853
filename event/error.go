package event

import (
	"errors"
	"strconv"
)

// ErrTooLarge is the cause of a [SyntaxError] for a record that is over one of
// the bounds: bytes, nesting, fields, tags.
var ErrTooLarge = errors.New("over the limit")

// SyntaxError says where and why a record is not an alert. It concerns that
// record alone: a stream goes on with the next.
type SyntaxError struct {
	Line   int64  // line of the stream, from 1; 0 where only one record was given
	Offset int64  // byte offset of the fault, from the start of the record or stream
	Field  string // the key it concerns, such as priority or output_fields.evt.time; "" if none
	Err    error  // the cause
}

func (e *SyntaxError) Error() string {
	s := ""
	if e.Line > 0 {
		s = "line " + strconv.FormatInt(e.Line, 10) + ": "
	}
	s += "offset " + strconv.FormatInt(e.Offset, 10) + ": "
	if e.Field != "" {
		s += e.Field + ": "
	}
	return s + e.Err.Error()
}

// Unwrap returns the cause.
func (e *SyntaxError) Unwrap() error { return e.Err }
