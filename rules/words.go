package rules

import "strings"

const (
	blanks     = " \t\n\r"
	delimiters = blanks + "(),="
)

func isBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

func isDelimiter(c byte) bool { return isBlank(c) || c == '(' || c == ')' || c == ',' || c == '=' }

// fieldLen is the length of the name of a field at the beginning of s: two or
// more words with dots between.
func fieldLen(s string) int {
	n, dots := 0, 0
	for {
		if n == len(s) || !isLetter(s[n]) {
			break
		}
		for n < len(s) && (isLetter(s[n]) || '0' <= s[n] && s[n] <= '9' || s[n] == '_') {
			n++
		}
		if n == len(s) || s[n] != '.' || n+1 == len(s) || !isLetter(s[n+1]) {
			if dots == 0 {
				return 0
			}
			return n
		}
		dots++
		n++
	}
	return 0
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

// parseBool knows what YAML 1.1 calls a truth value, in lower case, upper case
// or with a capital.
func parseBool(s string) (v, ok bool) {
	lower := strings.ToLower(s)
	if s != lower && s != strings.ToUpper(s) && (s == "" || s != strings.ToUpper(s[:1])+lower[1:]) {
		return false, false
	}
	switch lower {
	case "y", "yes", "true", "on":
		return true, true
	case "n", "no", "false", "off":
		return false, true
	}
	return false, false
}

// quoteItem puts quotes around what holds a blank and does not begin with
// one. Nothing is escaped.
func quoteItem(s string) string {
	if strings.Contains(s, " ") && s[0] != '"' && s[0] != '\'' {
		return `"` + s + `"`
	}
	return s
}
