package report

import "github.com/falconer-go/falconer/mitigate"

// Brief returns the report without what can wait: what happened, what it means,
// what to do first and with each finding, and what comes afterwards. It is for a
// chat, a pager or a phone, and takes up a third of the room; less where the cause
// is most likely harmless. What it leaves out stands in r. JSON and the explanation are those of r.
func (r *Report) Brief() *Report {
	brief := *r
	sections := append(make([]section, 0, 3), r.doc.sections[:2]...) // the short form, of an alert or an incident
	if r.story == nil && r.plan.Verdict.Likely != nil {
		b := builder{p: r.plan, terse: true}
		sections[1].blocks = b.first()
	}
	if after := afterwards(r.worst()); len(after) > 0 {
		sections = append(sections, section{"Afterwards", after})
	}
	brief.doc.sections = sections
	return &brief
}

// afterwards says what comes when the first findings are in: how to recover, and
// where the cause is most likely harmless, how to hear no more of it.
func afterwards(p *mitigate.Plan) []block {
	b := builder{p: p}
	var out []block
	next := list{ordered: true}
	for i := range p.Steps {
		if s := &p.Steps[i]; s.Phase == mitigate.Next {
			next.items = append(next.items, item{text: s.Do})
		}
	}
	if len(next.items) > 0 {
		label := "Once it is contained"
		if p.Verdict.Likely != nil {
			label = "If it is not harmless"
		}
		out = append(out, b.labelled(label, nil), next)
	}
	if p.Verdict.Likely != nil {
		out = append(out, b.config()...)
	}
	return out
}
