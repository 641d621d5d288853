package report

import (
	"github.com/falconer-go/falconer/event"
	"github.com/falconer-go/falconer/mitigate"
)

// Report is the document about one alert, or about one incident. It is
// immutable and safe to share.
type Report struct {
	plan  *mitigate.Plan
	story *story // of an incident
	doc   document
}

// For returns the report on e, made from the default knowledge; see
// [mitigate.For].
func For(e *event.Event) *Report { return New(mitigate.For(e)) }

// New returns the report that a plan makes.
func New(p *mitigate.Plan) *Report {
	b := builder{p: p}
	subject := b.value("alert.rule", p.Event.Rule)
	if p.Event.Rule == "" {
		subject = b.say("(no rule named)")
	}
	return &Report{plan: p, doc: document{
		title:   "Falco Alert Report",
		subject: subject,
		urgency: "Urgency: " + p.Verdict.Urgency.String(),
		lead:    b.lead(),
		rank:    int(p.Verdict.Urgency),
		sections: []section{
			{"In Short", b.short()},
			{"Do This First", b.first()},
			{"Alert Details", b.details()},
			{"Analysis", b.analysis()},
			{"Potential Impact", b.impact()},
			{"Mitigation Strategies", b.mitigation()},
			{"Example Configuration", b.configuration()},
			{"Conclusion", b.conclusion()},
			{"Mappings", b.mappings()},
		},
	}}
}

// Plan returns what the report is made of; of an incident, the plan for its
// first alert.
func (r *Report) Plan() *mitigate.Plan { return r.plan }

// plans returns the plans that the report is made of.
func (r *Report) plans() []*mitigate.Plan {
	if r.story != nil {
		return r.story.plans
	}
	return []*mitigate.Plan{r.plan}
}
