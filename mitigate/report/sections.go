package report

import "github.com/falconer-go/falconer/mitigate"

func (b *builder) analysis() []block {
	p := b.p
	out := make([]block, 0, 12)
	for _, t := range p.LooksFor {
		out = append(out, b.paragraph(t))
	}
	if rest := p.Readings[len(p.First.Facts):]; len(rest) > 0 {
		out = append(out, heading("What else the fields say"), b.readings(rest))
	}
	if len(p.Benign) > 0 {
		out = append(out, heading("What would make it benign"), b.benign())
	}
	if len(p.Triage) > 0 {
		out = append(out, heading("Questions, in this order"), list{ordered: true, items: items(p.Triage)})
	}
	if len(p.Gaps) > 0 || p.Blind != nil {
		out = append(out, heading("What this alert cannot tell"))
		if p.Blind != nil {
			out = append(out, b.paragraph(p.Blind))
		}
		if len(p.Gaps) > 0 {
			l := list{items: make([]item, len(p.Gaps))}
			for i := range p.Gaps {
				l.items[i].text = p.Gaps[i].Says
			}
			out = append(out, l)
		}
	}
	if len(p.Related) > 0 {
		l := list{items: make([]item, len(p.Related))}
		for i, r := range p.Related {
			l.items[i].text = b.join(say(r.Rule), say(": "), r.Why, say("."))
		}
		out = append(out, heading("Rules to look for in the same minutes"), l)
	}
	return out
}

// items makes an item of each text.
func items(texts []mitigate.Text) []item {
	list := make([]item, len(texts))
	for i, t := range texts {
		list[i].text = t
	}
	return list
}

func (r *room) readings(readings []mitigate.Reading) list {
	l := list{items: make([]item, len(readings))}
	for i := range readings {
		l.items[i].text = r.reading(&readings[i])
	}
	return l
}

func (r *room) reading(x *mitigate.Reading) mitigate.Text {
	confidence, but := "", ""
	switch x.Confidence {
	case mitigate.Low:
		confidence = " (confidence: low)"
	case mitigate.Medium:
		confidence = " (confidence: medium)"
	}
	if x.Limits != nil {
		but = " But: "
	}
	return r.join(x.Says, say(confidence), say(but), x.Limits)
}

func (b *builder) benign() list {
	l := list{items: make([]item, len(b.p.Benign))}
	for i := range b.p.Benign {
		c := &b.p.Benign[i]
		how, why := "", c.Why
		if i >= maxHarmless { // else both stand in the short form
			how, why = fits(c), b.join(c.Why, say(" To confirm: "), c.Confirm)
		}
		it := item{lead: capital(b.join(c.Case, say(how), say("."))), text: why}
		if c.AndIfNot != nil {
			it.text = b.join(it.text, blank, c.AndIfNot)
		}
		l.items[i] = b.withSnippets(it, c.Snippets)
	}
	return l
}

func (b *builder) impact() []block {
	if len(b.p.Impact) == 0 {
		return []block{b.paragraph(say("Nothing specific can be said without knowing the rule; see the questions above."))}
	}
	return []block{list{items: items(b.p.Impact)}}
}

var phaseTitles = [...]block{
	mitigate.Now:   heading("Now: contain, and keep the evidence"),
	mitigate.Next:  heading("Next: eradicate and recover"),
	mitigate.Later: heading("Later: harden"),
}

func (b *builder) mitigation() []block {
	out := make([]block, 0, 2*len(phaseTitles)+len(b.p.Remarks))
	for phase, title := range phaseTitles {
		n := 0
		for i := range b.p.Steps {
			if b.p.Steps[i].Phase == mitigate.Phase(phase) {
				n++
			}
		}
		if n == 0 {
			continue
		}
		l := list{ordered: true, items: make([]item, 0, n)}
		for i := range b.p.Steps {
			if s := &b.p.Steps[i]; s.Phase == mitigate.Phase(phase) {
				l.items = append(l.items, b.step(s))
			}
		}
		out = append(out, title, l)
	}
	if len(out) == 0 {
		out = append(out, b.paragraph(say("No step can be named without knowing more; begin with the questions above.")))
	}
	for _, r := range b.p.Remarks {
		out = append(out, b.paragraph(b.join(value("advisor", r.By), say(": "), r.Text)))
	}
	return out
}

// step is what to do, why, and by which commands.
func (b *builder) step(s *mitigate.Step) item {
	do := s.Do
	if s.By != "" {
		do = b.join(value("advisor", s.By), say(" suggests: "), s.Do)
	}
	return b.withSnippets(item{lead: do, text: s.Why}, s.Snippets)
}

func (b *builder) configuration() []block {
	out := b.config()
	if len(b.p.Tuning) > 0 {
		out = append(out, list{items: items(b.p.Tuning)})
	}
	if len(out) == 0 {
		out = append(out, b.paragraph(say("No exception is proposed: the alert does not carry fields that would make one narrow enough.")))
	}
	return out
}

// config is the configuration that serves the case.
func (b *builder) config() []block {
	out := make([]block, 0, 1+3*len(b.p.Config))
	for i := range b.p.Config {
		out = b.snippet(out, &b.p.Config[i])
	}
	return out
}

func (b *builder) conclusion() []block {
	var out []block
	for _, t := range b.p.Conclude {
		out = append(out, b.paragraph(t))
	}
	if len(out) == 0 {
		out = append(out, b.paragraph(b.p.Verdict.Settle))
	}
	return out
}
