package event

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"slices"
	"strings"

	"github.com/falconer-go/falconer/internal/jsonstr"
)

// Redaction says what of an alert is to be hidden, and how.
type Redaction struct {
	// Fields are the output fields whose values are hidden, by name, or, with
	// an asterisk at the end, by what a name begins with. alert.hostname is
	// the host. What is null stays null.
	Fields []string

	// Values, if it is not nil, is what is hidden wherever it matches in the
	// text of a value, of output or of message.
	Values *regexp.Regexp

	// Mask stands for what is hidden; "" means [redacted].
	Mask string

	// HashKey, if it is not empty, puts a keyed hash in place of the mask, so
	// that equal values can still be told from others, but by nobody without
	// the key be found by trying.
	HashKey []byte

	// WholeText replaces output and message as a whole, rather than the hidden
	// values in them. It is for rules that cut values when they print them, as
	// %10user.name does: a piece of a value is not found in a text.
	WholeText bool
}

// Redact returns a Middleware that hands on a redacted copy of each alert; see
// [Redaction.Apply].
func Redact(r Redaction) Middleware {
	r.Fields = slices.Clone(r.Fields)
	r.HashKey = slices.Clone(r.HashKey)
	return func(h Handler) Handler { return &redact{around(h, "redact"), &r} }
}

type redact struct {
	wrapper
	redaction *Redaction
}

func (r *redact) HandleEvent(ctx context.Context, e *Event) error {
	return r.next.HandleEvent(ctx, r.redaction.Apply(e))
}

// Apply returns a copy of e without what r hides, or e itself if there is
// nothing to hide.
//
// A hidden value is also replaced where it turns up elsewhere: in output and
// message, and, if it has at least four bytes, inside other values, since a
// command line repeats a user's name. A shorter one, such as a uid of 0, is
// replaced in output and message where it stands as a word of its own. Rule,
// priority, source, time and tags are the rule's, not the event's, and stay.
//
// A copy that differs has another [Event.ID]: what goes by ID, such as [Dedup],
// belongs before.
func (r *Redaction) Apply(e *Event) *Event {
	h := hiding{r: r}
	h.gather(e)
	if len(h.secrets) == 0 && r.Values == nil {
		return e
	}
	h.prepare()
	c := *e
	c.Fields = h.fields(e.Fields, true)
	c.extra = h.fields(e.extra, false)
	c.Hostname = h.scalar(e.Hostname)
	if r.names("alert.hostname") && e.Hostname != "" {
		c.Hostname = h.substitute(e.Hostname)
	}
	c.Output, c.Message = h.text(e.Output), h.text(e.Message)
	return &c
}

func (r *Redaction) names(field string) bool {
	for _, pattern := range r.Fields {
		if keyOf("", pattern).meets(field) {
			return true
		}
	}
	return false
}

// hiding is the redaction of one alert.
type hiding struct {
	r       *Redaction
	secrets []string // texts to hide, the longest first

	long  *strings.Replacer // of the secrets that are replaced anywhere
	short map[string]string // of those that are replaced as words
}

// shortest is the fewest bytes of a secret that is replaced inside others.
const shortest = 4

func (h *hiding) gather(e *Event) {
	for name, v := range e.Fields.All() {
		if h.r.names(name) {
			h.secretsOf(v)
		}
	}
	if h.r.names("alert.hostname") && e.Hostname != "" {
		h.secrets = append(h.secrets, e.Hostname)
	}
}

func (h *hiding) secretsOf(v Value) {
	switch v.kind {
	case Array:
		v.elements(func(v Value) bool { h.secretsOf(v); return true })
	case Object:
		for _, m := range v.Members().All() {
			h.secretsOf(m)
		}
	case String, Number:
		if v.Available() && v.text != "" {
			h.secrets = append(h.secrets, v.text)
		}
	}
}

func (h *hiding) prepare() {
	slices.SortFunc(h.secrets, func(a, b string) int {
		return cmp.Or(cmp.Compare(len(b), len(a)), strings.Compare(a, b))
	})
	h.secrets = slices.Compact(h.secrets)
	h.short = make(map[string]string)
	var pairs []string
	for _, s := range h.secrets {
		if len(s) < shortest {
			h.short[s] = h.substitute(s)
			continue
		}
		// The longest comes first, so that a secret inside another does not
		// leave the rest of that one behind.
		pairs = append(pairs, s, h.substitute(s))
		if escaped := jsonstr.Append(nil, s); len(escaped) != len(s)+2 {
			pairs = append(pairs, string(escaped[1:len(escaped)-1]), h.substitute(s))
		}
	}
	h.long = strings.NewReplacer(pairs...)
}

// substitute returns what stands in the place of a secret.
func (h *hiding) substitute(secret string) string {
	if len(h.r.HashKey) > 0 {
		mac := hmac.New(sha256.New, h.r.HashKey)
		mac.Write([]byte(secret))
		return "hmac-" + hex.EncodeToString(mac.Sum(nil)[:8])
	}
	return cmp.Or(h.r.Mask, "[redacted]")
}

// fields returns a redacted copy of fields.
func (h *hiding) fields(f Fields, named bool) Fields {
	return f.Map(func(name string, v Value) Value {
		if named && h.r.names(name) {
			return h.hide(v)
		}
		return h.value(v)
	})
}

// hide returns the value of a field that is hidden as such.
func (h *hiding) hide(v Value) Value {
	if !v.Available() || v.kind == String && v.text == "" {
		return v
	}
	return StringValue(h.substitute(v.text))
}

// value returns v without the secrets of other fields.
func (h *hiding) value(v Value) Value {
	switch v.kind {
	case String:
		return StringValue(h.scalar(v.text))
	case Number:
		if s := h.scalar(v.text); s != v.text {
			return StringValue(s)
		}
	case Array:
		b, first := []byte{'['}, true
		v.elements(func(v Value) bool {
			if !first {
				b = append(b, ',')
			}
			first = false
			b = appendValue(b, h.value(v), plainNumbers)
			return true
		})
		return Value{text: string(append(b, ']')), kind: Array}
	case Object:
		members := h.fields(v.Members(), false)
		return Value{text: string(members.appendJSON(nil, plainNumbers)), kind: Object}
	}
	return v
}

func (h *hiding) scalar(s string) string { return h.matching(h.long.Replace(s)) }

// text is scalar for output and message, whose prefix is Falco's.
func (h *hiding) text(s string) string {
	if s == "" {
		return s
	}
	message := withoutPrefix(s)
	prefix := s[:len(s)-len(message)]
	if h.r.WholeText {
		return prefix + cmp.Or(h.r.Mask, "[redacted]")
	}
	return prefix + h.matching(h.shortWords(h.long.Replace(message)))
}

func (h *hiding) matching(s string) string {
	if h.r.Values == nil {
		return s
	}
	return h.r.Values.ReplaceAllStringFunc(s, func(m string) string {
		if m == "" {
			return m
		}
		return h.substitute(m)
	})
}

// shortWords replaces the secrets that are too short to be replaced anywhere.
func (h *hiding) shortWords(s string) string {
	if len(h.short) == 0 {
		return s
	}
	var b strings.Builder
	for s != "" {
		n := wordLength(s)
		if with, ok := h.short[s[:n]]; ok {
			b.WriteString(with)
		} else {
			b.WriteString(s[:n])
		}
		s = s[n:]
	}
	return b.String()
}

// wordLength returns how many bytes of s are one word, or one byte that is none.
func wordLength(s string) int {
	n := 0
	for n < len(s) && (s[n] >= 0x80 || s[n] == '_' || '0' <= s[n] && s[n] <= '9' || 'a' <= s[n]|0x20 && s[n]|0x20 <= 'z') {
		n++
	}
	return max(n, 1)
}
