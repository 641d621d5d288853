package rules

import (
	"slices"
	"strings"
)

// Selection is one step of choosing which rules run, as an entry of rules: in
// Falco's configuration.
type Selection struct {
	Enable bool   // or disable
	Rule   string // the name of rules; * stands for anything, as far as the next part's first place. "" for none by name
	Tag    string // rules that have this tag; "" for none by tag
}

func (sel Selection) matches(r *Rule) bool {
	return sel.Rule != "" && wildcard(sel.Rule, r.Name) || sel.Tag != "" && slices.Contains(r.Tags, sel.Tag)
}

// Select returns the set with rules enabled and disabled, one step after the
// other, beginning with what the files say. s itself stays as it is.
func (s *Set) Select(steps ...Selection) *Set {
	t := *s
	t.rules = make([]*Rule, len(s.rules))
	t.byName = make(map[string]*Rule, len(s.rules))
	for i, r := range s.rules {
		c := *r
		for _, step := range steps {
			if step.matches(&c) {
				c.Enabled = step.Enable
			}
		}
		t.rules[i] = &c
		t.byName[c.Name] = &c
	}
	return &t
}

// wildcard reports whether s matches a pattern in which * stands for any
// text. Like Falco it takes each part of the pattern at the first place where it
// stands and no other, so that *x does not match xyx.
func wildcard(pattern, s string) bool {
	head, rest, found := strings.Cut(pattern, "*")
	s, ok := strings.CutPrefix(s, head)
	for ok && found {
		if rest = strings.TrimLeft(rest, "*"); rest == "" {
			return true
		}
		head, rest, found = strings.Cut(rest, "*")
		_, s, ok = strings.Cut(s, head)
	}
	return ok && s == ""
}
