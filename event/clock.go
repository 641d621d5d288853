package event

import (
	"strconv"
	"time"
)

// TimeSource is where the time of an alert came from.
type TimeSource uint8

// The sources of an alert's time, the best first.
const (
	TimeUnknown   TimeSource = iota // the alert was not decoded
	TimeOfAlert                     // the time key
	TimeOfField                     // evt.time or one of its like: there is no time key
	TimeOfText                      // the start of a line of text, which had the date
	TimeOfDay                       // the start of a line of text, and the date from elsewhere
	TimeOfNothing                   // the start of a line of text, in the year 1: nothing had the date
)

var timeSourceNames = [...]string{"unknown", "alert", "field", "text", "time of day", "time of day without a date"}

func (s TimeSource) String() string {
	if int(s) < len(timeSourceNames) {
		return timeSourceNames[s]
	}
	return "TimeSource(" + strconv.Itoa(int(s)) + ")"
}

// TimeSource says where Time came from.
func (e *Event) TimeSource() TimeSource { return e.timeFrom }

// TimeCheck compares Time with the first output field that repeats it, of
// evt.time, evt.time.iso8601 and jevt.time.iso8601. It returns that field and
// how much later it is. For an alert as Falco printed it that is 0; a relay
// that rounds large numbers makes it a few hundred nanoseconds. It is not ok
// where no such field has a date.
func (e *Event) TimeCheck() (field string, later time.Duration, ok bool) {
	field, t, ok := e.fieldTime()
	if !ok {
		return "", 0, false
	}
	return field, t.Sub(e.Time), true
}

func (e *Event) fieldTime() (field string, t time.Time, ok bool) {
	for _, field := range [...]string{"evt.time", "evt.time.iso8601", "jevt.time.iso8601"} {
		if t, ok := e.Fields.Get(field).Time(); ok {
			return field, t, true
		}
	}
	return "", time.Time{}, false
}

// The range of times that can be printed: the years 0 to 9999.
const (
	minUnix = -62167219200
	maxUnix = 253402300799
)

// protoTime reads {"seconds":...,"nanos":...}, with numbers or strings.
func protoTime(v Value) (t time.Time, ok bool) {
	var sec, nanos int64
	ok = true
	for name, m := range v.Members().All() {
		n, isInt := m.Int()
		switch name {
		case "seconds":
			sec = n
		case "nanos":
			nanos = n
		default:
			continue
		}
		ok = ok && isInt
	}
	if !ok || nanos < 0 || nanos >= 1e9 || sec < minUnix || sec > maxUnix {
		return time.Time{}, false
	}
	return time.Unix(sec, nanos).UTC(), true
}

// parseTime reads a date and a time of day: RFC 3339 with up to nine digits of
// a second, and what Falco and its relays make of it: an offset without a
// colon (+0000), of hours alone (+2), after a Z (Z+2), or none at all, which
// means UTC. The result is in UTC.
func parseTime(s string) (t time.Time, ok bool) {
	t, _, ok = parseTimes(s)
	return t, ok
}

// parseTimes is parseTime, with the other reading of a time that has both a Z
// and an offset: that it is in UTC already. It is zero if there is none.
func parseTimes(s string) (t, other time.Time, ok bool) {
	if len(s) < len("2006-01-02T15:04:05") || s[4] != '-' || s[7] != '-' ||
		s[10] != 'T' && s[10] != 't' && s[10] != ' ' {
		return t, other, false
	}
	year, ok1 := digits2(s[0:])
	low, ok2 := digits2(s[2:])
	month, ok3 := digits2(s[5:])
	day, ok4 := digits2(s[8:])
	if !ok1 || !ok2 || !ok3 || !ok4 {
		return t, other, false
	}
	year = year*100 + low
	if month < 1 || month > 12 || day < 1 || day > daysIn(year, month) {
		return t, other, false
	}
	clock, rest, ok := parseClock(s[11:])
	if !ok {
		return t, other, false
	}
	sec := unixDays(year, month, day)*86400 + int64(clock/time.Second)
	ns := int64(clock % time.Second)
	offset := 0
	if rest != "Z" {
		offset, ok = parseOffset(rest)
	}
	if !ok || sec-int64(offset) < minUnix || sec-int64(offset) > maxUnix {
		return t, other, false
	}
	if offset != 0 && (rest[0] == 'Z' || rest[0] == 'z') {
		other = time.Unix(sec, ns).UTC()
	}
	return time.Unix(sec-int64(offset), ns).UTC(), other, true
}

// parseClock reads HH:MM:SS with up to nine digits of a second, and returns
// what follows. A leap second counts as the start of the next minute.
func parseClock(s string) (d time.Duration, rest string, ok bool) {
	if len(s) < len("15:04:05") || s[2] != ':' || s[5] != ':' {
		return 0, s, false
	}
	h, ok1 := digits2(s)
	m, ok2 := digits2(s[3:])
	sec, ok3 := digits2(s[6:])
	if !ok1 || !ok2 || !ok3 || h > 23 || m > 59 || sec > 60 {
		return 0, s, false
	}
	s = s[8:]
	ns := 0
	if len(s) > 0 && s[0] == '.' {
		i, unit := 1, 1_000_000_000
		for ; i < len(s) && '0' <= s[i] && s[i] <= '9'; i++ {
			if i > 9 {
				return 0, s, false
			}
			unit /= 10
			ns += int(s[i]-'0') * unit
		}
		if i == 1 {
			return 0, s, false
		}
		s = s[i:]
	}
	return time.Duration(h*3600+m*60+sec)*time.Second + time.Duration(ns), s, true
}

// parseOffset reads the offset from UTC that ends a time, in seconds.
func parseOffset(s string) (seconds int, ok bool) {
	if len(s) > 0 && (s[0] == 'Z' || s[0] == 'z') {
		s = s[1:]
	}
	if s == "" {
		return 0, true
	}
	if s[0] != '+' && s[0] != '-' {
		return 0, false
	}
	var h, m int
	ok = true
	switch d := s[1:]; {
	case len(d) == 1: // +2
		h, ok = int(d[0]-'0'), '0' <= d[0] && d[0] <= '9'
	case len(d) == 2: // +02
		h, ok = digits2(d)
	case len(d) == 4: // +0200
		h, ok = digits2(d)
		if ok {
			m, ok = digits2(d[2:])
		}
	case len(d) == 5 && d[2] == ':': // +02:00
		h, ok = digits2(d)
		if ok {
			m, ok = digits2(d[3:])
		}
	default:
		ok = false
	}
	if !ok || h > 23 || m > 59 {
		return 0, false
	}
	seconds = h*3600 + m*60
	if s[0] == '-' {
		seconds = -seconds
	}
	return seconds, true
}

// digits2 reads the two digits that s begins with.
func digits2(s string) (n int, ok bool) {
	if len(s) < 2 {
		return 0, false
	}
	a, b := s[0]-'0', s[1]-'0'
	return int(a)*10 + int(b), a <= 9 && b <= 9
}

func daysIn(year, month int) int {
	switch month {
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}

// unixDays counts the days from 1970 to a date of the Gregorian calendar. The
// year is taken to begin in March, so that a leap day is its last.
func unixDays(year, month, day int) int64 {
	if month <= 2 {
		year--
		month += 12
	}
	days := 365*year + floorDiv(year, 4) - floorDiv(year, 100) + floorDiv(year, 400) + (153*(month-3)+2)/5 + day - 1
	return int64(days) - 719468
}

func floorDiv(a, b int) int {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
