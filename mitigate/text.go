package mitigate

import "strings"

// Text is prose with values of an alert in it. The zero Text is empty. It is
// not to be changed once made: plans share it.
type Text []Span

// Span is a part of a [Text] of one kind.
type Span struct {
	Kind  SpanKind
	Text  string
	Field string // the field a Value comes from
}

// SpanKind says whose words a span holds.
type SpanKind uint8

// The kinds of a [Span].
const (
	Plain SpanKind = iota // our words
	Code                  // our words, to be typed or found as they stand: a command, a file, an option
	Value                 // words of the alert: attacker-controlled, one line, printable, to be escaped
)

// String returns the text without markup, values as they are and code in
// backticks.
func (t Text) String() string {
	var b strings.Builder
	for _, s := range t {
		if s.Kind == Code {
			b.WriteByte('`')
			b.WriteString(s.Text)
			b.WriteByte('`')
			continue
		}
		b.WriteString(s.Text)
	}
	return b.String()
}

// plain returns s as a text of our own words. In s, backticks set off code.
func plain(s string) Text {
	var t Text
	for i, part := range strings.Split(s, "`") {
		if part == "" {
			continue
		}
		kind := Plain
		if i%2 == 1 {
			kind = Code
		}
		t = append(t, Span{Kind: kind, Text: part})
	}
	return t
}
