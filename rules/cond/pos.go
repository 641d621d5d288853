package cond

import "strconv"

// Pos is a place in the text of a condition. The zero Pos is no place: it
// stands in nodes that a program built instead of [Parse].
type Pos struct {
	Offset int // in bytes, from 0
	Line   int // from 1; a carriage return and a line feed each begin a line
	Column int // in bytes, from 1
}

// IsValid reports whether p is a place.
func (p Pos) IsValid() bool { return p.Line > 0 }

// String returns line:column, or - for no place.
func (p Pos) String() string {
	if !p.IsValid() {
		return "-"
	}
	return strconv.Itoa(p.Line) + ":" + strconv.Itoa(p.Column)
}

// start is where a text begins.
var start = Pos{Offset: 0, Line: 1, Column: 1}

// after returns the place behind text that begins at p.
func (p Pos) after(text string) Pos {
	p.Offset += len(text)
	for i := 0; i < len(text); i++ {
		if text[i] == '\n' || text[i] == '\r' {
			p.Line++
			p.Column = 1
		} else {
			p.Column++
		}
	}
	return p
}
