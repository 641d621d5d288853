package report

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/falconer-go/falconer/enrich"
	"github.com/falconer-go/falconer/event"
	"github.com/falconer-go/falconer/mitigate"
)

// Bounds of a story: what nobody would read is counted instead.
const (
	maxEpisodes = 80 // lines of the timeline
	maxPlans    = 40 // alerts that are looked at closely
	maxTouched  = 12 // names in a list of entities
	maxPerPhase = 8  // steps of the merged plan in a phase
)

// Incident returns the document about the alerts of one incident: what happened
// and in which order, the processes, the techniques, what was touched, and one
// plan. The alerts may come in any order; there must be at least one. [Group]
// and [Grouper] find out which alerts belong together.
func Incident(alerts ...*event.Event) *Report {
	return StoryOf(mitigate.Default(), enrich.For, alerts)
}

// StoryOf is [Incident] with a library and a mapping of the caller's.
func StoryOf(l *mitigate.Library, mapping func(*event.Event) *enrich.Mapping, alerts []*event.Event) *Report {
	if len(alerts) == 0 {
		panic("report: an incident without alerts")
	}
	alerts = slices.Clone(alerts)
	slices.SortStableFunc(alerts, func(a, b *event.Event) int { return a.Time.Compare(b.Time) })
	s := &story{alerts: alerts, episodes: episodes(alerts), mapping: mapping}
	s.plan(l)
	return &Report{plan: s.plans[0], story: s, doc: document{
		title:   "Falco Incident Report",
		subject: s.subject(),
		rank:    int(s.worst.Verdict.Urgency),
		urgency: "Urgency: " + s.worst.Verdict.Urgency.String(),
		lead:    s.lead(),
		sections: []section{
			{"Summary", s.summary()},
			{"Do This First", s.first(false)},
			{"Timeline", s.timeline()},
			{"Processes", s.processes()},
			{"Techniques", s.techniques()},
			{"Entities", s.entities()},
			{"Analysis", s.analysis()},
			{"Plan", s.steps()},
			{"Conclusion", s.conclusion()},
		},
	}}
}

// story gathers what the sections of an incident are made of.
type story struct {
	room
	alerts   []*event.Event // by time
	episodes []episode
	mapping  func(*event.Event) *enrich.Mapping
	plans    []*mitigate.Plan // of the first alert of each episode of its kind, by time
	worst    *mitigate.Plan   // the most urgent, the earliest of these
	shown    []shown          // snippets that stand in the document already
}

// episode is a run of alerts that say the same: of one rule, about one place
// and process.
type episode struct {
	first *event.Event
	last  time.Time
	count int
}

// sameness is what the alerts of an episode have in common.
func sameness(e *event.Event) string {
	return strings.Join([]string{
		e.Rule, e.Hostname, text(e, "container.id"), text(e, "proc.name"), text(e, "ka.user.name"), text(e, "ct.user"), text(e, "ct.name"),
	}, "\x00")
}

// episodes joins alerts that say the same, wherever they stand in the incident.
func episodes(alerts []*event.Event) []episode {
	index := make(map[string]int)
	var list []episode
	for _, e := range alerts {
		k := sameness(e)
		i, ok := index[k]
		if !ok {
			i = len(list)
			index[k] = i
			list = append(list, episode{first: e})
		}
		list[i].count++
		list[i].last = e.Time
	}
	return list
}

// plan makes the plans of the first maxPlans episodes, the most severe first if
// there are more.
func (s *story) plan(l *mitigate.Library) {
	eps := slices.Clone(s.episodes)
	if len(eps) > maxPlans {
		slices.SortStableFunc(eps, func(a, b episode) int { return cmp.Compare(a.first.Priority, b.first.Priority) })
		eps = eps[:maxPlans]
		slices.SortStableFunc(eps, func(a, b episode) int { return a.first.Time.Compare(b.first.Time) })
	}
	for _, ep := range eps {
		p := l.Plan(ep.first, s.mapping(ep.first))
		s.plans = append(s.plans, p)
		if s.worst == nil || p.Verdict.Urgency > s.worst.Verdict.Urgency {
			s.worst = p
		}
	}
}

func (s *story) subject() mitigate.Text {
	for _, want := range []string{"pod", "container", "principal", "user", "host"} {
		for _, e := range s.alerts {
			for _, x := range entitiesOf(e) {
				if x.kind != want {
					continue
				}
				name := x.name
				if c := text(e, "container.name"); want == "container" && c != "" {
					name = c
				}
				return mitigate.Text{{Text: want + " "}, {Kind: mitigate.Value, Text: mitigate.Show(name), Field: want}}
			}
		}
	}
	return mitigate.Text{{Kind: mitigate.Value, Text: mitigate.Show(s.alerts[0].Rule), Field: "alert.rule"}}
}

func (s *story) lead() []mitigate.Text {
	w := s.worst
	return []mitigate.Text{
		s.join(say(" (from "), value("alert.rule", w.Event.Rule), say(": "), w.Verdict.Because, say(").")),
		s.join(say(strconv.Itoa(len(s.alerts))+" "+plural(len(s.alerts), "alert", "alerts")+" in "+s.duration()+". First: "), s.plans[0].Verdict.Seen),
	}
}

func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

func (s *story) duration() string {
	d := s.alerts[len(s.alerts)-1].Time.Sub(s.alerts[0].Time)
	switch {
	case d < time.Second:
		return "less than a second"
	case d < 2*time.Hour:
		return d.Round(time.Second).String()
	}
	return d.Round(time.Minute).String()
}

// day is what stands before a time of the incident: nothing if all of it happened
// on one day, else the layout of the date.
func (s *story) day() string {
	const date = "2006-01-02 "
	if s.alerts[0].Time.UTC().Format(date) == s.alerts[len(s.alerts)-1].Time.UTC().Format(date) {
		return ""
	}
	return date
}

const clockFormat = "2006-01-02 15:04:05.000 UTC"

func (s *story) summary() []block {
	first, last := s.alerts[0], s.alerts[len(s.alerts)-1]
	rules := make(map[string]bool)
	for _, e := range s.alerts {
		rules[e.Rule] = true
	}
	fs := facts{
		{"From", say(first.Time.UTC().Format(clockFormat))},
		{"To", say(last.Time.UTC().Format(clockFormat))},
		{"Alerts", say(strconv.Itoa(len(s.alerts)) + " of " + strconv.Itoa(len(rules)) + " " + plural(len(rules), "rule", "rules"))},
		{"Most urgent", s.join(value("alert.rule", s.worst.Event.Rule), say(", at "+s.worst.Event.Time.UTC().Format(clockFormat)))},
	}
	out := []block{fs, heading("What happened first"), s.paragraph(s.plans[0].Verdict.Seen)}
	if s.worst != s.plans[0] {
		out = append(out, heading("What is most urgent"), s.paragraph(s.worst.Verdict.Seen))
	}
	if v := &s.worst.Verdict; v.Likely != nil {
		out = append(out, s.labelled("Most likely", s.join(v.Likely, say("."))), s.labelled("If that does not hold", v.Suggests))
	} else if v.Suggests != nil {
		out = append(out, s.paragraph(v.Suggests))
	}
	return out
}

// first is the short form of the most urgent alert; a brief has no more of it than that
// of one alert.
func (s *story) first(brief bool) []block {
	b := builder{p: s.worst, brief: brief}
	out := b.first()
	if !brief {
		s.shown = b.shown
	}
	if s.worst.First.Ask == nil {
		return out
	}
	return append(out, b.paragraph(b.join(say("Ask: "), s.worst.First.Ask, say("."))))
}

func (s *story) timeline() []block {
	t := table{head: []string{"Time", "Priority", "Rule", "What was seen"}}
	day := s.day()
	seen := make(map[*event.Event]mitigate.Text, len(s.plans))
	for _, p := range s.plans {
		seen[p.Event] = p.Verdict.Seen
	}
	for i, ep := range s.episodes {
		if i == maxEpisodes {
			break
		}
		when := ep.first.Time.UTC().Format(day + "15:04:05.000")
		if ep.count > 1 {
			when += " (" + strconv.Itoa(ep.count) + " times, until " + ep.last.UTC().Format(day+"15:04:05") + ")"
		}
		what := seen[ep.first]
		if what == nil {
			what = value("alert.output", cmp.Or(ep.first.Message, ep.first.Output))
		}
		t.rows = append(t.rows, []mitigate.Text{say(when), say(ep.first.Priority.String()), value("alert.rule", ep.first.Rule), what})
	}
	out := []block{t}
	if n := len(s.episodes) - maxEpisodes; n > 0 {
		out = append(out, s.paragraph(say("... and "+strconv.Itoa(n)+" more kinds of alerts.")))
	}
	return out
}

func (s *story) processes() []block {
	t := processTree(s.alerts)
	if len(t.nodes) == 0 {
		return []block{s.paragraph(say("No alert of the incident names a process."))}
	}
	return []block{t, s.paragraph(say("Alerts name ancestors without their pids: two processes of the same name and ancestry are drawn as one."))}
}

// techniques lists what the rules are mapped to, by tactic in the order of the
// matrix.
func (s *story) techniques() []block {
	type line struct {
		order     int
		tactic    string
		technique string
		first     time.Time
		rules     []string
	}
	index := make(map[string]*line)
	var lines []*line
	day, version := s.day(), ""
	for _, p := range s.plans {
		m := p.Mapping
		version = m.Version
		for _, pair := range m.Pairs() {
			if pair.Technique.Derived() {
				continue
			}
			k := pair.Tactic.ID + pair.Technique.ID
			l := index[k]
			if l == nil {
				l = &line{m.Matrix().Order(pair.Tactic.ID), pair.Tactic.ID + " " + pair.Tactic.Name, techniqueName(m, &pair.Technique), p.Event.Time, nil}
				index[k] = l
				lines = append(lines, l)
			}
			if !slices.Contains(l.rules, p.Event.Rule) {
				l.rules = append(l.rules, p.Event.Rule)
			}
		}
	}
	if len(lines) == 0 {
		return []block{s.paragraph(say("None of the rules is mapped to a technique."))}
	}
	slices.SortStableFunc(lines, func(a, b *line) int {
		return cmp.Or(cmp.Compare(a.order, b.order), a.first.Compare(b.first))
	})
	t := table{head: []string{"Tactic", "Technique", "First seen", "Rules"}}
	for _, l := range lines {
		t.rows = append(t.rows, []mitigate.Text{say(l.tactic), say(l.technique), say(l.first.UTC().Format(day + "15:04:05")), values(l.rules)})
	}
	return []block{s.paragraph(say("ATT&CK version " + version + ", tactics in the order of the matrix.")), t}
}

func (s *story) entities() []block {
	var fs facts
	for _, kind := range touched {
		counts := make(map[string]int)
		var order []mitigate.Span
		for _, e := range s.alerts {
			span, ok := valueOf(e, kind.fields)
			if !ok {
				continue
			}
			if counts[span.Text] == 0 {
				order = append(order, span)
			}
			counts[span.Text]++
		}
		if len(order) == 0 {
			continue
		}
		var t mitigate.Text
		for i, span := range order {
			if i == maxTouched {
				t = append(t, mitigate.Span{Text: ", and " + strconv.Itoa(len(order)-maxTouched) + " more"})
				break
			}
			if i > 0 {
				t = append(t, mitigate.Span{Text: ", "})
			}
			t = append(t, span, mitigate.Span{Text: " (" + strconv.Itoa(counts[span.Text]) + ")"})
		}
		fs = append(fs, fact{kind.label, t})
	}
	if len(fs) == 0 {
		return []block{s.paragraph(say("The alerts name none."))}
	}
	return []block{fs, s.paragraph(say("In brackets: the number of alerts that name it."))}
}

// analysis gathers the inferences and the benign causes of all plans, each
// once.
func (s *story) analysis() []block {
	readings, benign := list{}, list{}
	seen := make(map[string]bool)
	for _, p := range s.plans {
		for i := range p.Readings {
			r := &p.Readings[i]
			if !seen["r"+r.Name] && len(readings.items) < maxTouched {
				seen["r"+r.Name] = true
				readings.items = append(readings.items, item{text: s.join(s.reading(r), say(" (in "), value("alert.rule", p.Event.Rule), say(")"))})
			}
		}
		for _, c := range p.Benign {
			key := "b" + c.Case.String()
			if c.Fits && !seen[key] && len(benign.items) < maxTouched {
				seen[key] = true
				benign.items = append(benign.items, item{
					text:   capital(s.join(c.Case, say(" ("+strength(c.Strength)+" fit; in "), value("alert.rule", p.Event.Rule), say(")."))),
					blocks: []block{s.paragraph(s.join(say("To confirm: "), c.Confirm))},
				})
			}
		}
	}
	var out []block
	if len(readings.items) > 0 {
		out = append(out, heading("What the fields say"), readings)
	}
	if len(benign.items) > 0 {
		out = append(out, heading("Benign causes that fit some of the alerts"), benign)
	}
	if len(out) == 0 {
		out = append(out, s.paragraph(say("The fields allow no inference beyond what each alert says.")))
	}
	return out
}

// steps merges the plans: each step once, the steps of the most urgent alerts
// first.
func (s *story) steps() []block {
	plans := slices.Clone(s.plans)
	slices.SortStableFunc(plans, func(a, b *mitigate.Plan) int { return cmp.Compare(b.Verdict.Urgency, a.Verdict.Urgency) })
	b := builder{p: s.worst, shown: s.shown}
	seen := make(map[string]bool)
	var out []block
	for phase, title := range phaseTitles {
		l := list{ordered: true}
		left := 0
		// One step of each plan in turn, so that no rule crowds out another.
		for round, more := 0, true; more; round++ {
			more = false
			for _, p := range plans {
				step, ok := nth(p.Steps, mitigate.Phase(phase), round)
				if !ok {
					continue
				}
				more = true
				key := step.Do.String()
				if seen[key] {
					continue
				}
				seen[key] = true
				if len(l.items) >= maxPerPhase {
					left++
					continue
				}
				b.p = p
				it := b.step(&step)
				it.lead = s.join(it.lead, say(" (for "), value("alert.rule", p.Event.Rule), say(")"))
				l.items = append(l.items, it)
			}
		}
		if len(l.items) > 0 {
			out = append(out, title, l)
		}
		if left > 0 {
			out = append(out, s.paragraph(say(strconv.Itoa(left)+" more steps stand in the reports on the single alerts.")))
		}
	}
	if len(out) == 0 {
		out = append(out, s.paragraph(say("No step can be named without knowing more.")))
	}
	return out
}

// nth returns step n of a phase.
func nth(steps []mitigate.Step, phase mitigate.Phase, n int) (mitigate.Step, bool) {
	for _, s := range steps {
		if s.Phase != phase {
			continue
		}
		if n == 0 {
			return s, true
		}
		n--
	}
	return mitigate.Step{}, false
}

func (s *story) conclusion() []block {
	out := []block{s.paragraph(s.join(say("The most urgent alert decides: "), value("alert.rule", s.worst.Event.Rule), say(". "), s.worst.Verdict.Settle))}
	for _, t := range s.worst.Conclude {
		out = append(out, s.paragraph(t))
	}
	return out
}
