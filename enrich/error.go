package enrich

import "strconv"

// DataError says what is wrong with a mapping file or with data given to a
// constructor.
type DataError struct {
	Object string // the id of the object at fault; "" if it has none
	Offset int64  // bytes read when it was found; 0 if unknown
	Msg    string
	Err    error // what lies under it, or nil
}

func (e *DataError) Error() string {
	s := "enrich: "
	if e.Object != "" {
		s += e.Object + ": "
	}
	s += e.Msg
	if e.Offset > 0 {
		s += " (at byte " + strconv.FormatInt(e.Offset, 10) + ")"
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap returns the error under it.
func (e *DataError) Unwrap() error { return e.Err }
