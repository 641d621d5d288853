package cond

import (
	"strconv"
	"strings"
)

// Error says why Falco does not accept a condition, and where.
type Error struct {
	Msg string // Falco's message

	// Pos is where Falco says the fault is: for a fault of syntax where
	// reading stopped, else the beginning of the check.
	Pos Pos

	// At is where the fault is: for a fault of syntax that is Pos, else the
	// operand concerned.
	At Pos

	// Expected is what could have stood at Pos, each as it is written or, in
	// angle brackets, named. It is nil if the fault is not one of syntax.
	Expected []string
}

// Error returns the place, as line:column, and the message.
func (e *Error) Error() string {
	if !e.At.IsValid() {
		return e.Msg
	}
	return e.At.String() + ": " + e.Msg
}

// Falco returns the place and the message in libsinsp's form.
func (e *Error) Falco() string {
	if e.Expected == nil {
		return e.Msg
	}
	return "filter error at index " + strconv.Itoa(e.Pos.Offset) + ", line " + strconv.Itoa(e.Pos.Line) +
		", column " + strconv.Itoa(e.Pos.Column) + ": " + e.Msg
}

// Caret returns the line of text, which is the condition, that holds the
// fault, and a line with a caret under the fault. Bytes that would not print
// as themselves show as a question mark, so that the caret stands right.
func (e *Error) Caret(text string) string {
	off := min(max(e.At.Offset, 0), len(text))
	begin := strings.LastIndexAny(text[:off], "\r\n") + 1
	end := len(text)
	if i := strings.IndexAny(text[off:], "\r\n"); i >= 0 {
		end = off + i
	}
	const most = 100 // bytes either side: a condition may be one long line
	head, tail := "", ""
	if off-begin > most {
		begin, head = off-most, "..."
	}
	if end-off > most {
		end, tail = off+most, "..."
	}
	show := func(s string) string {
		return strings.Map(func(r rune) rune {
			if r == '\t' {
				return ' '
			}
			if r < ' ' || !strconv.IsPrint(r) {
				return '?'
			}
			return r
		}, s)
	}
	before := head + show(text[begin:off])
	return before + show(text[off:end]) + tail + "\n" +
		strings.Repeat(" ", len([]rune(before))) + "^"
}
