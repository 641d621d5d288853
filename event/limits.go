package event

import "fmt"

// The bounds that decoding keeps unless [Limits] moves them.
const (
	MaxRecordBytes = 1 << 20
	MaxNesting     = 64
	MaxFields      = 4096
	MaxTags        = 1024
)

// Limits are the bounds of one alert. A bound that is zero or negative is the
// default.
type Limits struct {
	RecordBytes int // length of the record, MaxRecordBytes; none is more than 1<<28
	Nesting     int // arrays and objects inside one another, MaxNesting
	Fields      int // output fields, and keys of any other object, MaxFields
	Tags        int // tags, MaxTags
}

// orDefault fills in the default bounds.
func (l Limits) orDefault() Limits {
	fill := func(n *int, by int) {
		if *n <= 0 {
			*n = by
		}
		*n = min(*n, 1<<28) // an entry of the index holds no more
	}
	fill(&l.RecordBytes, MaxRecordBytes)
	fill(&l.Nesting, MaxNesting)
	fill(&l.Fields, MaxFields)
	fill(&l.Tags, MaxTags)
	return l
}

func tooLong(l Limits) *SyntaxError {
	return &SyntaxError{
		Offset: int64(l.RecordBytes),
		Err:    fmt.Errorf("record of more than %d bytes: %w", l.RecordBytes, ErrTooLarge),
	}
}
