package enrich

import "github.com/falconer-go/falconer/event"

// Fielded is an alert whose fields include those of its mapping, for
// conditions:
//
//	alert.attack.technique   a list of ids, such as T1070.002, parents included
//	alert.attack.tactic      a list of ids and short names, such as TA0005 and stealth
//	alert.nist               a list of control ids, stated or curated, without the derived ones
//	alert.pci                a list of PCI DSS ids, stated or curated, without version
//
// A list with nothing in it is null, as an alert has it: checks on it are false.
// Every other name is read from the alert.
type Fielded struct {
	*event.Event
	Enricher *Enricher // nil for the defaults
}

// Field returns the value under a name. It maps the alert only if the name is
// one of the mapping's.
func (f Fielded) Field(name string) event.Value {
	if len(name) < 6 || name[:6] != "alert." {
		return f.Event.Fields.Get(name)
	}
	n := f.Enricher
	if n == nil {
		n = standard
	}
	switch name {
	case "alert.attack.technique":
		return n.For(f.Event).alertFields().technique
	case "alert.attack.tactic":
		return n.For(f.Event).alertFields().tactic
	case "alert.nist":
		return n.For(f.Event).alertFields().nist
	case "alert.pci":
		return n.For(f.Event).alertFields().pci
	}
	return f.Event.Field(name)
}

// alertFields are the fields of a mapping, as conditions read them.
type alertFields struct {
	technique, tactic, nist, pci event.Value
}

func (m *Mapping) alertFields() *alertFields {
	m.fieldsOnce.Do(func() { m.fields = fieldsOf(m) })
	return &m.fields
}

func fieldsOf(m *Mapping) alertFields {
	techniques, tactics, nist, pci := []string{}, []string{}, []string{}, []string{}
	for _, t := range m.Techniques {
		techniques = append(techniques, t.ID)
	}
	for _, t := range m.Tactics {
		tactics = append(tactics, t.ID, t.Short)
	}
	for _, c := range m.Controls {
		nist = append(nist, c.ID)
	}
	for _, r := range m.Requirements {
		if r.Standard == pciName {
			pci = append(pci, r.ID)
		}
	}
	return alertFields{event.StringsValue(techniques...), event.StringsValue(tactics...), event.StringsValue(nist...), event.StringsValue(pci...)}
}
