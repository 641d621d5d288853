package mitigate

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/falconer-go/falconer/event"
)

// maxShown and maxMessage are how many characters of a value, and of the
// alert's own message, are shown.
const (
	maxShown   = 300
	maxMessage = 2000
)

// ValueOf returns a field of an alert as a [Value] span, ready to be escaped
// and shown, and whether there is anything to show: a field that is absent,
// null, empty or <NA> has nothing. A list is joined with commas.
func ValueOf(e *event.Event, field string) (Span, bool) {
	v := e.Field(field)
	if !v.Available() {
		return Span{}, false
	}
	text := v.Text()
	if v.Kind() == event.Array {
		list, _ := v.Strings()
		text = strings.Join(list, ", ")
	}
	if text == "" {
		return Span{}, false
	}
	return Span{Kind: Value, Text: Show(readable(field, text)), Field: field}, true
}

// Falco prints points in time and spans of time as nanoseconds in JSON, which
// nobody can read.
var (
	instants = []string{
		"container.start_ts", "evt.rawtime", "evt.time", "proc.exe_ino.ctime", "proc.exe_ino.mtime", "proc.pid.ts",
		"proc.pidns_init_start_ts", "proc.ppid.ts",
	}
	spans = []string{
		"container.duration", "proc.duration", "proc.exe_ino.ctime_duration_pidns_start",
		"proc.exe_ino.ctime_duration_proc_start", "proc.ppid.duration",
	}
)

// readable returns the text of a field as a date or a duration, where the field
// holds nanoseconds of either and the number is a plausible one.
func readable(field, text string) string {
	const year = 365 * 24 * time.Hour
	instant := slices.Contains(instants, field)
	if !instant && !slices.Contains(spans, field) {
		return text
	}
	n, err := strconv.ParseInt(text, 10, 64)
	switch {
	case err != nil || n <= 0:
		return text
	case !instant:
		return time.Duration(n).Round(time.Millisecond).String()
	case n < int64(20*year): // seconds, or no time at all
		return text
	}
	return time.Unix(0, n).UTC().Format("2006-01-02 15:04:05.000 UTC")
}

// Show makes foreign text fit to be shown on one line: secrets masked, control
// and invisible characters written out as escapes, <NA> replaced by words, and
// no more than 300 characters of it. It does not escape for any markup.
func Show(s string) string { return show(s, maxShown) }

// ShowMessage is [Show] for the alert's message, of which it shows 2000
// characters.
func ShowMessage(s string) string { return show(s, maxMessage) }

func show(s string, most int) string {
	if ordinary(s) {
		return s
	}
	s = strings.ReplaceAll(s, "<NA>", "(not available)")
	s = Redact(s)
	if len(s) <= most && printable(s) {
		return s
	}
	var b strings.Builder
	n := 0
	for i, r := range s {
		if n == most {
			b.WriteString("... (")
			b.WriteString(strconv.Itoa(utf8.RuneCountInString(s[i:])))
			b.WriteString(" more characters)")
			break
		}
		n++
		showRune(&b, r)
	}
	return b.String()
}

// ordinary reports whether s needs no treatment at all: short, plain ASCII,
// and nothing in it that could be a secret or <NA>.
func ordinary(s string) bool {
	if len(s) > 64 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if c < ' ' || c > '~' || c == '<' || c == '=' || c == ':' || c == '-' && i > 0 && s[i-1] == ' ' {
			return false
		}
	}
	return len(s) < 16 || hints(s) == 0
}

// printable reports whether s is printable ASCII throughout.
func printable(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

func showRune(b *strings.Builder, r rune) {
	switch {
	case r == '\n':
		b.WriteString(`\n`)
	case r == '\r':
		b.WriteString(`\r`)
	case r == '\t':
		b.WriteString(`\t`)
	case r == utf8.RuneError || r == ' ' || unicode.IsGraphic(r) && !invisible(r):
		b.WriteRune(r)
	case r < 0x100:
		b.WriteString(`\x`)
		hex(b, r, 2)
	case r < 0x10000:
		b.WriteString(`\u`)
		hex(b, r, 4)
	default:
		b.WriteString(`\U`)
		hex(b, r, 8)
	}
}

func hex(b *strings.Builder, r rune, width int) {
	s := strconv.FormatInt(int64(r), 16)
	for range width - len(s) {
		b.WriteByte('0')
	}
	b.WriteString(s)
}

// invisible reports whether r is graphic by its class and yet draws nothing, or
// is a space that is not the space.
func invisible(r rune) bool {
	switch {
	case unicode.Is(unicode.Zs, r), // other spaces
		unicode.Is(unicode.Variation_Selector, r),
		unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r),
		r == '\u2800': // braille blank
		return true
	}
	return false
}
