package cond

import (
	"math/bits"
	"strings"
)

// globKind is the shape of a pattern; all but globAny need no matcher.
type globKind uint8

const (
	globEqual    globKind = iota // no wildcard
	globPrefix                   // text*
	globSuffix                   // *text
	globContains                 // *text*
	globAny
)

// glob is a pattern of fnmatch(3) without flags, or with FNM_CASEFOLD, in the
// C locale: ? is one byte, and * may cross a slash.
type glob struct {
	kind  globKind
	fold  bool
	text  string        // of the simple kinds
	parts []globSegment // of globAny: what is between the stars, of which there may be none
	size  int           // how many bytes the parts match
}

// globSegment is a part of a pattern without stars.
type globSegment struct {
	items []globItem
	text  string // if each item is one byte: those
}

// globItem matches one byte, or, if star, any number of any.
type globItem struct {
	star  bool
	never bool // no byte matches: a bracket with a class that does not exist
	set   [4]uint64
}

func (it *globItem) add(c byte)      { it.set[c>>6] |= 1 << (c & 63) }
func (it *globItem) has(c byte) bool { return it.set[c>>6]&(1<<(c&63)) != 0 }

func (it *globItem) match(c byte) bool { return !it.never && it.has(c) }

func newGlob(pattern string, fold bool) glob {
	g := glob{fold: fold}
	body := pattern
	prefix, suffix := false, false
	for strings.HasSuffix(body, "*") && !strings.HasSuffix(body, `\*`) {
		body, prefix = body[:len(body)-1], true
	}
	for strings.HasPrefix(body, "*") {
		body, suffix = body[1:], true
	}
	if !strings.ContainsAny(body, `*?[\`) {
		g.text = body
		switch {
		case prefix && suffix:
			g.kind = globContains
		case prefix:
			g.kind = globPrefix
		case suffix:
			g.kind = globSuffix
		}
		if pattern != "" && body == "" {
			g.kind = globContains
		}
		return g
	}
	g.kind = globAny
	g.parts = []globSegment{{}}
	for p := 0; p < len(pattern); {
		it, n := nextItem(pattern[p:], fold)
		p += n
		last := &g.parts[len(g.parts)-1]
		if !it.star {
			last.items = append(last.items, it)
			g.size++
		} else if len(last.items) > 0 || len(g.parts) == 1 {
			g.parts = append(g.parts, globSegment{})
		}
	}
	for i := range g.parts {
		g.parts[i].text = literalItems(g.parts[i].items)
	}
	return g
}

// literalItems returns the only text that the items match, "" if there is none
// or more than one.
func literalItems(items []globItem) string {
	b := make([]byte, 0, len(items))
	for i := range items {
		c, ok := items[i].only()
		if !ok {
			return ""
		}
		b = append(b, c)
	}
	return string(b)
}

// only returns the one byte that the item matches.
func (it *globItem) only() (c byte, ok bool) {
	n := 0
	for i, w := range it.set {
		if w != 0 {
			n += bits.OnesCount64(w)
			c = byte(i*64 + bits.TrailingZeros64(w))
		}
	}
	return c, n == 1 && !it.never
}

// matchAt matches the segment at the start of s, which is long enough.
func (g *globSegment) matchAt(s string) bool {
	for i := range g.items {
		if !g.items[i].match(s[i]) {
			return false
		}
	}
	return true
}

// index returns where in s the segment first matches, -1 if nowhere.
func (g *globSegment) index(s string) int {
	if g.text != "" {
		return strings.Index(s, g.text)
	}
	for i := 0; i+len(g.items) <= len(s); i++ {
		if g.matchAt(s[i:]) {
			return i
		}
	}
	return -1
}

// nextItem reads the first item of a pattern that is not empty, and returns
// its length.
func nextItem(p string, fold bool) (it globItem, n int) {
	switch p[0] {
	case '*':
		it.star = true
	case '?':
		it.set = [4]uint64{^uint64(0), ^uint64(0), ^uint64(0), ^uint64(0)}
	case '[':
		if it, n = bracketItem(p, fold); n > 0 {
			return it, n
		}
		it = globItem{} // not closed: an ordinary character
		it.add('[')
	case '\\':
		if len(p) == 1 {
			it.never = true
			return it, 1
		}
		it.addFold(p[1], fold)
		return it, 2
	default:
		it.addFold(p[0], fold)
	}
	return it, 1
}

func (it *globItem) addFold(c byte, fold bool) {
	it.add(c)
	if fold {
		it.add(lower(c))
		it.add(upper(c))
	}
}

// bracketItem reads the bracket expression that p begins with, and returns its
// length, 0 if it is not closed. Like glibc it reads from left to right: what
// is wrong in it only keeps what has not matched by then from matching.
func bracketItem(p string, fold bool) (it globItem, n int) {
	i := 1
	not := i < len(p) && (p[i] == '!' || p[i] == '^')
	if not {
		i++
	}
	dead := false // behind what does not exist
	for first := true; ; first = false {
		if i >= len(p) {
			return it, 0
		}
		if p[i] == ']' && !first {
			i++
			break
		}
		if strings.HasPrefix(p[i:], "[:") {
			if name, ok := className(p[i+2:]); ok {
				member := classes[name]
				dead = dead || member == nil
				for b := 0; b < 256 && !dead; b++ {
					if member(byte(b)) {
						it.add(byte(b))
					}
				}
				i += len(name) + 4
				continue
			}
		}
		if len(p) >= i+5 && p[i:i+2] == "[=" && p[i+3:i+5] == "=]" {
			if !dead {
				it.add(p[i+2])
			}
			i += 5
			continue
		}
		symbol := strings.HasPrefix(p[i:], "[.")
		lo, w := bracketChar(p[i:], fold)
		if w == 0 {
			return globItem{never: true}, len(p)
		}
		dead = dead || symbol && w != 5
		i += w
		switch rest := p[i:]; {
		case len(rest) >= 2 && rest[0] == '-' && rest[1] != ']':
			hi, w := bracketChar(rest[1:], fold)
			if w == 0 {
				return globItem{never: true}, len(p)
			}
			dead = dead || strings.HasPrefix(rest[1:], "[.") && w != 5
			i += 1 + w
			for b := 0; b < 256 && !dead; b++ {
				if c := foldIf(byte(b), fold); lo <= c && c <= hi {
					it.add(byte(b))
				}
			}
		case rest == "-":
			return globItem{never: true}, len(p) // a range without an end
		case symbol && len(rest) >= 2 && rest[0] == '-' || dead:
			// Nothing: glibc takes a symbol before -] for the beginning of a range.
		case symbol:
			it.add(lo)
		default:
			for b := range 256 {
				if foldIf(byte(b), fold) == lo {
					it.add(byte(b))
				}
			}
		}
	}
	if not {
		it.never = dead
		for k := range it.set {
			it.set[k] = ^it.set[k]
		}
	}
	return it, i
}

func foldIf(c byte, fold bool) byte {
	if fold {
		return lower(c)
	}
	return c
}

// bracketChar reads one character of a bracket expression: itself, one after a
// backslash, or a symbol between [. and .], which is one only if w is 5. w is 0
// if it is cut off.
func bracketChar(p string, fold bool) (c byte, w int) {
	switch {
	case p[0] == '\\':
		if len(p) < 2 {
			return 0, 0
		}
		return foldIf(p[1], fold), 2
	case strings.HasPrefix(p, "[."):
		n := strings.Index(p[2:], ".]")
		if n < 0 {
			return 0, 0
		}
		return p[2], n + 4
	}
	return foldIf(p[0], fold), 1
}

// className reads the name of a class and the :] behind it.
func className(p string) (name string, ok bool) {
	n := 0
	for n < len(p) && p[n] >= 'a' && p[n] <= 'z' {
		n++
	}
	return p[:n], strings.HasPrefix(p[n:], ":]")
}

var classes = map[string]func(byte) bool{
	"alpha":  isAlpha,
	"digit":  isDigit,
	"alnum":  isAlnum,
	"upper":  func(c byte) bool { return c >= 'A' && c <= 'Z' },
	"lower":  func(c byte) bool { return c >= 'a' && c <= 'z' },
	"space":  isSpace,
	"blank":  func(c byte) bool { return c == ' ' || c == '\t' },
	"cntrl":  func(c byte) bool { return c < ' ' || c == 0x7f },
	"punct":  func(c byte) bool { return c > ' ' && c < 0x7f && !isAlnum(c) },
	"print":  func(c byte) bool { return c >= ' ' && c < 0x7f },
	"graph":  func(c byte) bool { return c > ' ' && c < 0x7f },
	"xdigit": isHex,
}

func (g *glob) match(s string) bool {
	if g.fold {
		switch g.kind {
		case globEqual:
			return equalFold(s, g.text)
		case globPrefix:
			return len(s) >= len(g.text) && equalFold(s[:len(g.text)], g.text)
		case globSuffix:
			return len(s) >= len(g.text) && equalFold(s[len(s)-len(g.text):], g.text)
		case globContains:
			return containsFold(s, g.text)
		}
	}
	switch g.kind {
	case globEqual:
		return s == g.text
	case globPrefix:
		return strings.HasPrefix(s, g.text)
	case globSuffix:
		return strings.HasSuffix(s, g.text)
	case globContains:
		return strings.Contains(s, g.text)
	}
	// The first and the last part have their places; where each part between
	// them matches first is as good as any other, since a star follows.
	first, last := &g.parts[0], &g.parts[len(g.parts)-1]
	if len(s) < g.size || len(g.parts) == 1 && len(s) != g.size {
		return false
	}
	tail := len(s) - len(last.items)
	if !first.matchAt(s) || !last.matchAt(s[tail:]) {
		return false
	}
	if len(g.parts) == 1 {
		return true
	}
	s = s[len(first.items):tail]
	for i := 1; i < len(g.parts)-1; i++ {
		at := g.parts[i].index(s)
		if at < 0 {
			return false
		}
		s = s[at+len(g.parts[i].items):]
	}
	return true
}

// globMatch matches a pattern that is known only now, and does not allocate. A
// later star makes an earlier one's choice final, so one place to go back to
// is enough, and the work is at most the product of the lengths.
func globMatch(pattern, s string, fold bool) bool {
	p, back, from := 0, -1, 0
	for i := 0; i < len(s); {
		if p < len(pattern) {
			it, n := nextItem(pattern[p:], fold)
			if it.star {
				back, from = p, i
				p++
				continue
			}
			if it.match(s[i]) {
				p += n
				i++
				continue
			}
		}
		if back < 0 {
			return false
		}
		from++
		p, i = back+1, from
	}
	return strings.Trim(pattern[p:], "*") == ""
}
