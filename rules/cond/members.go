package cond

// stringSet is a set of strings.
type stringSet struct {
	few  []string
	many map[string]struct{}
}

func newStringSet(list []constant) *stringSet {
	s := &stringSet{}
	if len(list) <= fewMembers {
		for _, c := range list {
			s.few = append(s.few, c.str)
		}
		return s
	}
	s.many = make(map[string]struct{}, len(list))
	for _, c := range list {
		s.many[c.str] = struct{}{}
	}
	return s
}

func (s *stringSet) has(text string) bool {
	if s.many != nil {
		_, ok := s.many[text]
		return ok
	}
	for _, m := range s.few {
		if m == text {
			return true
		}
	}
	return false
}
