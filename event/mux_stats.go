package event

// MuxStats are the counts of a [Mux] since it was made. They are read one after
// the other, so under load they may be apart by the alerts on their way.
type MuxStats struct {
	Alerts    uint64 // handed to the Mux
	Unmatched uint64 // of these, matched by no handler
	Indexed   int    // handlers that the index finds
	Unindexed int    // handlers that are asked about every alert
	Routes    []RouteStats
}

// RouteStats are the counts of one handler since it was registered.
type RouteStats struct {
	Name    string
	Pattern string
	Place   string // file:line of the registration
	Indexed bool
	Needs   string // the keys the index has it under; "" if it is not indexed
	Calls   uint64
	Errors  uint64 // calls that failed, panics included, and panics of the matcher
	Panics  uint64
	Held    []Held // what its middleware kept from it, outermost first
}

// Stats returns the counts of m and of its handlers, in the order of
// registration.
func (m *Mux) Stats() MuxStats {
	s := MuxStats{Alerts: m.alerts.Load(), Unmatched: m.unmatched.Load()}
	t := m.table.Load()
	if t == nil {
		return s
	}
	for _, r := range t.routes {
		rs := RouteStats{
			Name: r.name, Pattern: r.pattern, Place: r.place, Indexed: r.indexed,
			Calls: r.calls.Load(), Errors: r.errs.Load(), Panics: r.panics.Load(),
			Held: HeldBy(r.handler),
		}
		if r.indexed {
			s.Indexed++
			rs.Needs = r.need.String()
		} else {
			s.Unindexed++
		}
		s.Routes = append(s.Routes, rs)
	}
	return s
}

// Explanation says why a handler gets an alert, or does not.
type Explanation struct {
	Name    string
	Pattern string
	Place   string // file:line of the registration
	Matches bool
	Called  bool   // the handler would be called: it matches, and with [MuxOptions].First is the first
	Reason  string // what of the alert decided it
}

// Explain returns for each handler of m, in the order of registration, whether
// e matches and why. It calls no handler and counts nothing.
func (m *Mux) Explain(e *Event) []Explanation {
	t := m.table.Load()
	if t == nil {
		return nil
	}
	list := make([]Explanation, 0, len(t.routes))
	taken := false
	for _, r := range t.routes {
		x := Explanation{Name: r.name, Pattern: r.pattern, Place: r.place}
		x.Matches, x.Reason = explainSafely(r.matcher, e)
		x.Called = x.Matches && !(m.options.First && taken)
		taken = taken || x.Matches
		list = append(list, x)
	}
	return list
}

// explainSafely is explain for a matcher that may panic. One that panics only
// when it is to explain itself matches all the same.
func explainSafely(m Matcher, e *Event) (matches bool, reason string) {
	defer func() {
		if v := recover(); v != nil {
			reason = (&PanicError{Value: v}).Error()
		}
	}()
	matches = m.Match(e)
	return matches, explain(m, e)
}
