package report

import (
	"strings"

	"github.com/falconer-go/falconer/enrich"
	"github.com/falconer-go/falconer/mitigate"
)

// AppendExplanation appends, as plain text, why the report says what it says:
// the entries of the knowledge it is made of with the conditions that held, and
// the evidence for each item of the mapping.
func (rep *Report) AppendExplanation(dst []byte) []byte {
	w := textWriter{b: dst, width: defaultWidth}
	var r room
	plans := rep.plans()
	for i, p := range plans {
		if i > 0 {
			w.b = append(w.b, '\n')
		}
		w.wrap(0, 0, say("WHY: "), value("alert.rule", p.Event.Rule), say(" (knowledge by "+p.Level.String()+")"))
		for _, a := range p.Applied {
			t := r.join(say(a.Kind+" "), value("", a.Name))
			if a.If != "" {
				t = r.join(t, say(", as "+strings.Join(strings.Fields(a.If), " ")))
			}
			w.marked("- ", 0, t)
		}
		m := p.Mapping
		item := func(id, name string, list []enrich.Evidence) {
			for i := range list {
				w.marked("- ", 0, say(id+" "+name+": "), r.why(&list[i]), dataset(&list[i]))
			}
		}
		for _, t := range m.Techniques {
			item(t.ID, t.Name, t.Evidence)
		}
		for _, t := range m.Tactics {
			item(t.ID, t.Name, t.Evidence)
		}
		for _, c := range m.Controls {
			item(c.ID, c.Name, c.Evidence)
		}
		for _, c := range m.Related() {
			item(c.ID, c.Name, c.Evidence)
		}
		for _, q := range m.Requirements {
			item(q.String(), "", q.Evidence)
		}
	}
	return w.b
}

// dataset names the release of the table that says so.
func dataset(ev *enrich.Evidence) mitigate.Text {
	if ev.Dataset == "" {
		return nil
	}
	return say(" (" + strings.TrimSpace(ev.Dataset+" "+ev.Version) + ")")
}
