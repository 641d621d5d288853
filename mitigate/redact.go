package mitigate

import (
	"math/bits"
	"strings"
)

// Mask is what stands for a secret.
const Mask = "[redacted]"

// Redact masks what looks like a secret in foreign text: passwords in flags,
// URLs and assignments, bearer tokens, and keys of well-known kinds. The aim is
// to mask too much rather than too little: a masked word can be looked up in
// the alert.
func Redact(s string) string {
	for found := hints(s); found != 0; found &= found - 1 {
		s = secrets[bits.TrailingZeros32(found)].redact(s)
	}
	return s
}

// secretKind is a kind of secret. What comes before one tells it from other
// text; regular expressions for all of that are the reference in the tests.
type secretKind struct {
	hints []string // what a secret begins with or stands behind, in lower case if fold
	fold  bool     // in any case
	alone bool     // the hint begins a word

	// find returns what is to be masked where a hint stands from at to end. If
	// there is nothing, there is nothing for the hints before to either.
	find func(s string, at, end int) (from, to int, ok bool)
}

// redact masks the secrets of the kind in s.
func (k *secretKind) redact(s string) string {
	var b strings.Builder
	done := 0
	for at := 0; at < len(s); {
		end := k.hintAt(s, at)
		if end < 0 {
			at++
			continue
		}
		from, to, ok := k.find(s, at, end)
		if ok {
			b.WriteString(s[done:from])
			b.WriteString(Mask)
			done = to
		}
		at = max(at+1, to)
	}
	if done == 0 {
		return s
	}
	b.WriteString(s[done:])
	return b.String()
}

// hintAt returns where a hint ends that begins at at, -1 if none does.
func (k *secretKind) hintAt(s string, at int) int {
	for _, h := range k.hints {
		if hasHint(s[at:], h, k.fold) && (!k.alone || at == 0 || !wordBytes[s[at-1]]) {
			return at + len(h)
		}
	}
	return -1
}

func hasHint(s, hint string, fold bool) bool {
	if len(s) < len(hint) {
		return false
	}
	for i := range len(hint) {
		c := s[i]
		if fold {
			c = lower(c)
		}
		if c != hint[i] {
			return false
		}
	}
	return true
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		c += 'a' - 'A'
	}
	return c
}

// hint is a hint with the kind that it points to.
type hint struct {
	text string
	fold bool
	kind int
}

// hintsAt are the hints by their first byte.
var hintsAt = func() (at [256][]hint) {
	for i, k := range secrets {
		for _, h := range k.hints {
			at[h[0]] = append(at[h[0]], hint{h, k.fold, i})
			if k.fold && small(h[0]) {
				at[h[0]-'a'+'A'] = append(at[h[0]-'a'+'A'], hint{h, k.fold, i})
			}
		}
	}
	return at
}()

// hintPairs has a bit for each pair of bytes that a hint begins with: none is shorter.
var hintPairs = func() (pairs [256][4]uint64) {
	for first := range hintsAt {
		for _, h := range hintsAt[first] {
			add := func(second byte) { pairs[first][second/64] |= 1 << (second % 64) }
			add(h.text[1])
			if h.fold && small(h.text[1]) {
				add(h.text[1] - 'a' + 'A')
			}
		}
	}
	return pairs
}()

// hints returns a bit for each kind of secret that s holds a hint of.
func hints(s string) (found uint32) {
	for i := 1; i < len(s); i++ {
		first, second := s[i-1], s[i]
		if hintPairs[first][second/64]>>(second%64)&1 == 0 {
			continue
		}
		for _, h := range hintsAt[first] {
			if found>>h.kind&1 == 0 && hasHint(s[i-1:], h.text, h.fold) {
				found |= 1 << h.kind
			}
		}
	}
	return found
}
