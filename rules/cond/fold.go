package cond

import "strings"

// Falco runs in the C locale: upper and lower case are those of ASCII.

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c | 0x20
	}
	return c
}

func upper(c byte) byte {
	if c >= 'a' && c <= 'z' {
		return c &^ 0x20
	}
	return c
}

// equalFold is equality in ASCII without case.
func equalFold(s, t string) bool {
	if len(s) != len(t) {
		return false
	}
	for i := range len(s) {
		if s[i] != t[i] && lower(s[i]) != lower(t[i]) {
			return false
		}
	}
	return true
}

// containsFold is strings.Contains in ASCII without case.
func containsFold(s, t string) bool {
	if t == "" {
		return true
	}
	// Look for a byte without case, which one search finds; else for the first
	// in both cases.
	anchor := 0
	for i := range len(t) {
		if lower(t[i]) == upper(t[i]) {
			anchor = i
			break
		}
	}
	if len(s) < len(t) {
		return false
	}
	lo, up := lower(t[anchor]), upper(t[anchor])
	body := s[anchor : len(s)-len(t)+anchor+1] // where the anchor can be
	nextLo, nextUp := 0, len(body)
	if lo != up {
		nextUp = indexFrom(body, up, 0)
	}
	nextLo = indexFrom(body, lo, 0)
	for {
		i := min(nextLo, nextUp)
		if i == len(body) {
			return false
		}
		if equalFold(s[i:i+len(t)], t) {
			return true
		}
		if i == nextLo {
			nextLo = indexFrom(body, lo, i+1)
		} else {
			nextUp = indexFrom(body, up, i+1)
		}
	}
}

// indexFrom returns where from i on s has the byte c, len(s) if nowhere.
func indexFrom(s string, c byte, i int) int {
	if n := strings.IndexByte(s[i:], c); n >= 0 {
		return i + n
	}
	return len(s)
}
