package event

import "time"

// parseTime reads a date and a time of day: RFC 3339 with up to nine digits of
// a second, and what Falco and its relays make of it: an offset without a
// colon (+0000), of hours alone (+2), after a Z (Z+2), or none at all, which
// means UTC. The result is in UTC.
func parseTime(s string) (t time.Time, ok bool) {
	if len(s) < len("2006-01-02T15:04:05") || s[4] != '-' || s[7] != '-' ||
		s[10] != 'T' && s[10] != 't' && s[10] != ' ' {
		return time.Time{}, false
	}
	year, ok1 := digits2(s[0:])
	low, ok2 := digits2(s[2:])
	month, ok3 := digits2(s[5:])
	day, ok4 := digits2(s[8:])
	if !ok1 || !ok2 || !ok3 || !ok4 {
		return time.Time{}, false
	}
	year = year*100 + low
	if month < 1 || month > 12 || day < 1 || day > daysIn(year, month) {
		return time.Time{}, false
	}
	clock, rest, ok := parseClock(s[11:])
	if !ok {
		return time.Time{}, false
	}
	offset, ok := parseOffset(rest)
	if !ok {
		return time.Time{}, false
	}
	sec := unixDays(year, month, day)*86400 + int64(clock/time.Second) - int64(offset)
	return time.Unix(sec, int64(clock%time.Second)).UTC(), true
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
