package mitigate

import (
	"strings"

	"github.com/falconer-go/falconer/event"
)

// Falco prints the text and the fields of an alert from the same event. Where a
// field's value stands in the text with another word inside, one of the two was
// changed afterwards.

// Bounds of the comparison: what is shorter differs by chance, what is longer
// takes time.
const (
	minCompared = 16
	maxCompared = 4 << 10
	maxText     = 16 << 10
	minSuffix   = 6
	maxMiddle   = 64
)

// disagreement is a word of a field that the alert's text says otherwise.
type disagreement struct{ field, word, text string }

// disagrees looks for a field whose value stands in the text changed.
func disagrees(e *event.Event) (d disagreement, ok bool) {
	text := e.Output
	if len(text) > maxText || strings.Contains(text, "[redacted]") {
		return d, false
	}
	for name, v := range e.Fields.All() {
		value, isText := v.Str()
		if !isText || len(value) < minCompared || len(value) > maxCompared || strings.Contains(text, value) || !printable(value) {
			continue
		}
		if word, said, found := altered(value, text); found && !belongs(said, name, e) {
			return disagreement{name, word, said}, true
		}
	}
	return d, false
}

// altered looks for the value in the text with one word replaced: its first half
// and its end have to stand there.
func altered(value, text string) (word, said string, ok bool) {
	at := strings.Index(text, value[:len(value)/2])
	if at < 0 {
		return "", "", false
	}
	rest := text[at:]
	same := 0
	for same < len(value) && same < len(rest) && value[same] == rest[same] {
		same++
	}
	// The longest end of the value that follows in the text soon enough.
	for end := same; len(value)-end >= minSuffix && end-same <= maxMiddle; end++ {
		i := strings.Index(rest[same:], value[end:])
		if i < 0 || i > maxMiddle {
			continue
		}
		word, said = wholeWord(value, same, end), wholeWord(rest, same, same+i)
		return word, said, word != said && word != "" && said != "" && !strings.ContainsAny(said, "*[]<> ")
	}
	return "", "", false
}

// wholeWord returns s[from:to] with what belongs to the same word.
func wholeWord(s string, from, to int) string {
	for from > 0 && inWord(s[from-1]) {
		from--
	}
	for to < len(s) && inWord(s[to]) {
		to++
	}
	return s[from:to]
}

func inWord(c byte) bool {
	return alphanumeric[c] || c == '-' || c == '_' || c == '.' || c == '@' || c == ':'
}

// belongs reports whether another field has the word: then the text shows that
// field.
func belongs(word, except string, e *event.Event) bool {
	for name, v := range e.Fields.All() {
		if name != except && strings.Contains(v.Text(), word) {
			return true
		}
	}
	return false
}
