package mitigate

import (
	"sync"

	"github.com/falconer-go/falconer/event"
)

// draft is a plan in the making: the knowledge, the alert, and what the parts of
// the plan share. It belongs to one goroutine.
type draft struct {
	*Plan
	subject
	general   *generalEntry   // where the rule is not known
	situation *situationEntry // what the alert was recognised as; nil if nothing is known of it
	spans     []Span          // the texts made so far, one behind the other
	told      bool            // a telling reading of the values gave the verdict
	contain   names           // by which commands what it tells is ended
	follow    names           // and followed up
	*notebook

	mostLooking int // actions that only read
}

// notebook is what a draft remembers while it is made, and nothing of the plan.
type notebook struct {
	shown []fieldValue // fields that texts asked for
	safe  []fieldValue // fields that snippets asked for
	made  []madeSnippet
	body  []byte // of the snippet that is being filled in

	computed []computedValue // room for the subject's
}

var notebooks = sync.Pool{New: func() any { return new(notebook) }}

// putBack empties the notebook, for it must keep nothing of an alert, and lets the
// next draft have it.
func (n *notebook) putBack() {
	clear(n.shown)
	clear(n.safe)
	clear(n.made)
	clear(n.computed)
	clear(n.body[:cap(n.body)])
	n.shown, n.safe, n.made = n.shown[:0], n.safe[:0], n.made[:0]
	notebooks.Put(n)
}

// fieldValue is a field with the text of its value, ok if there is one that may
// stand where it is wanted.
type fieldValue struct {
	field, text string
	ok          bool
}

// Room for spans is made for so many at first, which most plans have, and then for as
// many more at a time; a text begins where there is room for the usual one.
const (
	spansOfPlan = 64
	spansMore   = 24
	spansOfText = 12
)

// begin returns where the next text begins in d.spans.
func (d *draft) begin() int {
	if cap(d.spans)-len(d.spans) < spansOfText {
		room := spansOfPlan
		if d.spans != nil {
			room = spansMore
		}
		d.spans = make([]Span, 0, room)
	}
	return len(d.spans)
}

// end returns the text that begins at from.
func (d *draft) end(from int) Text {
	if from == len(d.spans) {
		return nil
	}
	return Text(d.spans[from:len(d.spans):len(d.spans)])
}

// put adds spans to the text that is being made.
func (d *draft) put(spans ...Span) { d.spans = append(d.spans, spans...) }

// say adds words of ours to the text that is being made.
func (d *draft) say(words string) { d.spans = append(d.spans, Span{Text: words}) }

// value is [ValueOf].
func (d *draft) value(field string) (Span, bool) {
	for i := range d.shown {
		if v := &d.shown[i]; v.field == field {
			return Span{Kind: Value, Text: v.text, Field: field}, v.ok
		}
	}
	s, ok := ValueOf(d.e, field)
	d.shown = append(d.shown, fieldValue{field, s.Text, ok})
	return s, ok
}

// valueOf returns what stands for the field or the computed value of a node.
func (d *draft) valueOf(n *node) (Span, bool) {
	if n.calc != nil {
		return n.calc.span(&d.subject)
	}
	return d.value(n.field)
}

// safeValue returns the value of a field if it may stand in a snippet.
func (d *draft) safeValue(f *scriptField) (string, bool) {
	for i := range d.safe {
		if v := &d.safe[i]; v.field == f.name {
			return v.text, v.ok
		}
	}
	text, ok := f.safeValue(&d.subject)
	d.safe = append(d.safe, fieldValue{f.name, text, ok})
	return text, ok
}

// phrase returns a phrase; one that does not exist is empty.
func (d *draft) phrase(name string) Text {
	from := d.begin()
	d.putPhrase(name)
	return d.end(from)
}

func (d *draft) putPhrase(name string) {
	if p := find[phraseEntry](d.l, "phrase", name); p != nil {
		d.putFirst(p.sayFor(d.source, d.l))
	}
}

// A phrase of many texts, of which most are for other sources, is reduced to those
// for the alert's when it has been used a few times.
const (
	manyTexts = 6
	manyUses  = 16
)

// sayFor returns the texts that alerts of the source may call for.
func (p *phraseEntry) sayFor(source string, l *Library) texts {
	if len(p.Say) < manyTexts || p.uses.Load() < manyUses && p.uses.Add(1) < manyUses || l.readings()[source] == nil {
		return p.Say // an alert can name any source
	}
	if ts, ok := p.bySource.Load(source); ok {
		return ts.(texts)
	}
	ts := make(texts, 0, len(p.Say))
	for _, t := range p.Say {
		if t.If == nil || t.If.possible(source) {
			ts = append(ts, t)
		}
		if t.If == nil {
			break
		}
	}
	p.bySource.Store(source, ts)
	return ts
}

// first returns the first of the texts that holds, nil if none does.
func (d *draft) first(ts texts) Text {
	for i := range ts {
		if t := &ts[i]; t.If.holds(&d.subject) {
			return d.text(t.Say)
		}
	}
	return nil
}

// putFirst adds the first of the texts that holds to the text that is being
// made.
func (d *draft) putFirst(ts texts) {
	for i := range ts {
		if t := &ts[i]; t.If.holds(&d.subject) {
			d.putNodes(t.Say.nodes, false)
			return
		}
	}
}

// all returns each text that holds.
func (d *draft) all(ts texts) []Text {
	if len(ts) == 0 {
		return nil
	}
	list := make([]Text, 0, len(ts))
	for i := range ts {
		if t := &ts[i]; t.If.holds(&d.subject) {
			list = append(list, d.text(t.Say))
		}
	}
	if len(list) == 0 {
		return nil
	}
	return list
}

// text returns a template filled in.
func (d *draft) text(tm *template) Text {
	if tm.static != nil {
		return tm.static
	}
	from := d.begin()
	d.putNodes(tm.nodes, false)
	return d.end(from)
}

// putNodes adds nodes to the text that is being made. In an optional part it
// reports false as soon as a field has no value; the caller then drops what was
// added.
func (d *draft) putNodes(nodes []node, optional bool) bool {
	for i := range nodes {
		n := &nodes[i]
		switch {
		case n.words != nil:
			d.put(n.words...)
		case n.phrase != "":
			d.putPhrase(n.phrase)
		case n.optional != nil:
			from := len(d.spans)
			if !d.putNodes(n.optional, true) {
				d.spans = d.spans[:from]
			}
		default:
			span, ok := d.valueOf(n)
			switch {
			case ok && n.calc != nil && n.calc.name == "does":
				d.putUses(d.line(n.calc.args[0]).uses)
			case ok:
				d.put(span)
			case n.fallback:
				d.put(n.absent...)
			case optional:
				return false
			case n.calc != nil:
				d.say("(not known)")
			default:
				d.say(missing(d.e.Field(n.field), n.field))
			}
		}
	}
	return true
}

// putUses adds what the programs of a command line do.
func (d *draft) putUses(uses []use) {
	first := true
	for i := range uses {
		u := &uses[i]
		if u.does == nil {
			continue
		}
		if !first {
			d.say("; ")
		}
		first = false
		d.put(Span{Kind: Code, Text: u.name}, Span{Text: " "})
		d.putFirst(u.does)
	}
}

// missing are the words for a field that a text cannot do without.
func missing(v event.Value, field string) string {
	switch {
	case v.Kind() != event.String:
		return "(" + field + " not given)"
	case v.Text() != "":
		return "(not available)" // <NA>
	}
	// A condition holds for an empty value; a sentence about it still needs a
	// word.
	return "(empty)"
}
