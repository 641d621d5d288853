package rules

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/falconer-go/falconer/rules/cond"
)

// compilation turns what the collector holds into rules, in Falco's order:
// lists, macros, rules. Falco stops at the first error; this goes on, leaves
// out what is broken, and marks what Falco would not have come to say.
type compilation struct {
	engine *engine
	col    *collector
	out    *sink
	lists  *lists
	macros *macros
	rules  []*Rule

	mark         bool // what is used is marked so
	bytes, nodes int  // that may still be spent on conditions
	work         int64
	full         bool

	checkOwners map[*cond.Check]*macro // built when first asked for
}

// compile compiles everything collected so far.
func compile(e *engine, col *collector, out *sink) *compilation {
	c := &compilation{engine: e, col: col, out: out, mark: true, work: listWork,
		bytes: totalFactor * e.limits.ConditionBytes, nodes: totalFactor * e.limits.ConditionNodes}
	var tooLarge []*listInfo
	c.lists, tooLarge = compileLists(col, e.limits)
	for _, l := range tooLarge {
		c.fail(l.at.fail(ErrTooLarge, fmt.Sprintf("more than %d items with the lists it names in place", e.limits.Nodes)))
		if c.full {
			return c
		}
	}
	e.renew(c.lists)
	c.compileMacros()
	if !c.full {
		c.compileRules()
	}
	if c.full {
		return c
	}
	for _, m := range c.macros.all {
		if !m.used {
			out.warn(m.info.at, WarnUnusedMacro, "Macro not referred to by any other rule/macro")
		}
	}
	for _, l := range c.lists.all {
		if !l.used {
			out.warn(l.info.at, WarnUnusedList, "List not referred to by any other rule/macro")
		}
	}
	return c
}

// totalFactor is how many conditions of the greatest size all conditions
// together may be worth.
const totalFactor = 64

func (c *compilation) fail(err error) {
	if !c.out.fail(err) {
		c.full = true
	}
}

// parse puts lists into a condition and parses it. at is where the condition
// stands; origin maps its pieces to the files. used are the lists it names.
func (c *compilation) parse(written string, pieces func() []piece, at chain) (text string, used []int, x cond.Expr, err error) {
	c.bytes -= len(written)
	most := min(c.engine.limits.ConditionBytes, c.bytes)
	tooLarge := func() error {
		if most == c.bytes {
			return at.fail(ErrTooLarge, fmt.Sprintf("conditions of more than %d bytes together",
				totalFactor*c.engine.limits.ConditionBytes))
		}
		return at.fail(ErrTooLarge, fmt.Sprintf("condition of more than %d bytes", most))
	}
	if len(written) > most {
		return "", nil, nil, tooLarge()
	}
	text, used, ok := c.lists.resolve(written, most, &c.work, nil)
	if !ok {
		return "", nil, nil, tooLarge()
	}
	c.markLists(used)
	c.bytes -= len(text) - len(written)
	if x, err = c.engine.parse(text); err != nil {
		var ce *cond.Error
		if !errors.As(err, &ce) {
			return "", nil, nil, at.fail(ErrCompileCondition, err.Error())
		}
		o := origin{c: c, pieces: pieces(), text: text}
		return "", nil, nil, o.chain(ce.Pos, ce.At, at, text).fail(ErrCompileCondition, ce.Msg)
	}
	return text, used, x, nil
}

func join(pieces []piece) string {
	if len(pieces) == 1 {
		return pieces[0].text
	}
	var b strings.Builder
	for _, p := range pieces {
		b.WriteString(p.text)
	}
	return b.String()
}

func (p prose) pieces() []piece {
	pieces := make([]piece, 0, 2*len(p)-1)
	for i, s := range p {
		if i > 0 {
			pieces = append(pieces, piece{text: " "})
		}
		pieces = append(pieces, piece{text: s.text, from: s})
	}
	return pieces
}

func (c *compilation) compileMacros() {
	c.macros = &macros{byName: make(map[string]*macro, len(c.col.macros.all))}
	for _, info := range c.col.macros.all {
		m := &macro{info: info}
		c.macros.all = append(c.macros.all, m)
		c.macros.byName[info.name] = m
		if memo := info.memo; memo != nil && memo.holds(info.edit, c.engine, c.lists) && len(memo.text) <= c.bytes {
			m.text, m.parsed = memo.text, memo.parsed
			c.bytes -= len(m.text)
			c.markLists(memo.used)
			continue
		}
		var used []int
		var err error
		written := info.cond.String()
		if m.text, used, m.parsed, err = c.parse(written, info.cond.pieces, info.condAt); err != nil {
			c.fail(err)
			if c.full {
				return
			}
			continue
		}
		info.memo = &macroMemo{c.basis(info.edit, written, m.text, used), m.parsed}
	}
	for _, m := range c.macros.all {
		if m.parsed == nil {
			continue
		}
		e := expansion{macros: c.macros, visibility: m.info.visibility, mark: c.mark}
		p := e.run(m.parsed, c.engine)
		if err := c.misuse(&e, m.info.cond.pieces, m.text, m.info.at); err != nil {
			m.parsed = nil
			c.fail(err)
			if c.full {
				return
			}
			continue
		}
		if e.broken {
			m.parsed = nil // said where it is broken
			continue
		}
		if p.size > c.engine.limits.ConditionNodes || p.size > c.nodes {
			m.parsed = nil
			c.fail(m.info.condAt.fail(ErrTooLarge, fmt.Sprintf("condition of %d nodes with its macros in place", p.size)))
			if c.full {
				return
			}
			continue
		}
		c.nodes -= p.size
		m.resolved, m.size = p.x, p.size
	}
}

// misuse is the error of an expansion: a loop before an unknown name, each at
// the place of the first.
func (c *compilation) misuse(e *expansion, pieces func() []piece, text string, at chain) error {
	ref, msg := e.loop, ""
	switch {
	case ref != nil:
		msg = "reference loop in macro '" + ref.name + "'"
	case e.unknown != nil:
		ref = e.unknown
		msg = "Undefined macro '" + ref.name + "' used in filter."
	default:
		return nil
	}
	o := origin{c: c, pieces: pieces(), text: text}
	written := join(o.pieces)
	if ref.in != nil {
		o.pieces, o.text = ref.in.info.cond.pieces(), ref.in.text
	}
	return o.chain(ref.at, ref.at, at, written).fail(ErrValidate, msg)
}

func (c *compilation) compileRules() {
	for _, info := range c.col.rules.all {
		if info.unknownSource {
			continue
		}
		if r := c.recall(info); r != nil {
			c.rules = append(c.rules, r)
			continue
		}
		r, err := c.rule(info)
		if err != nil {
			c.fail(err)
			if c.full {
				return
			}
		}
		if r != nil {
			c.rules = append(c.rules, r)
		}
	}
}

// rule compiles one rule. It is nil without an error if Falco skips it.
func (c *compilation) rule(info *ruleInfo) (*Rule, error) {
	pieces, fields, err := info.fold(c.engine.limits.ConditionBytes)
	if err != nil {
		return nil, err
	}
	from := len(c.out.res.Warnings)
	r := &Rule{
		Name: info.name, Desc: info.desc, Output: info.output, Source: info.source, Priority: info.priority,
		Tags: info.tags, Enabled: info.enabled, Capture: info.capture, CaptureDuration: info.captureDuration,
		Pos: info.at.pos(), info: info, exceptionFields: fields,
	}
	if info.at.file != nil {
		r.File = info.at.file.name
	}
	if skip, err := c.output(r); err != nil || skip {
		return nil, err
	}
	written := join(pieces)
	used, ok, err := c.condition(r, written, pieces)
	if err != nil || !ok {
		return nil, err
	}
	c.remember(r, written, used, from)
	return r, nil
}

// output checks the output of a rule, with what the options append to it.
func (c *compilation) output(r *Rule) (skip bool, err error) {
	info := r.info
	out := info.output
	extra := make(map[string]ExtraField)
	for i := range c.engine.options.Append {
		a := &c.engine.options.Append[i]
		if !a.matches(info) {
			continue
		}
		if a.Format != "" || len(a.Fields) == 0 {
			out += " " + a.Format
		}
		for _, f := range a.Fields { // the last of a key counts
			extra[f.Key] = f
		}
	}
	if strings.Contains(out, "%container.info") {
		c.out.warn(info.at, WarnDeprecatedItem, "%container.info is deprecated and no more useful, and will be "+
			"dropped by Falco 1.0.0. The container plugin will automatically add required fields to "+
			"the output message.")
		out = strings.ReplaceAll(out, "%container.info", "")
	}
	r.compiledOutput = out
	fields, at, msg := c.engine.format(out, info.source)
	if msg != "" {
		where := c.outputChain(info, at)
		if info.skipUnknown && isUnknownThing(msg) {
			c.out.warn(where, WarnUnknownFilter, msg)
			return true, nil
		}
		return false, where.fail(ErrCompileOutput, msg)
	}
	r.OutputFields = fields
	c.deprecated(out, func(at int) chain { return c.outputChain(info, at) })
	r.ExtraFields = slices.Sorted(maps.Keys(extra))
	where := func(int) chain { return info.outputAt } // an extra field stands in no file
	for _, key := range r.ExtraFields {
		// A fault in one is never passed over, whatever the rule says.
		format := extra[key].format()
		if _, _, msg := c.engine.format(format, info.source); msg != "" {
			return false, where(0).fail(ErrCompileOutput, msg)
		}
		c.deprecated(format, where)
	}
	r.extra = extra
	return false, nil
}

func (f ExtraField) format() string { return cmp.Or(f.Format, "%"+f.Key) }

// matches reports whether a is added to the output of a rule.
func (a *AppendOutput) matches(info *ruleInfo) bool {
	return (a.Source == "" || a.Source == info.source) && (a.Rule == "" || a.Rule == info.name) &&
		!slices.ContainsFunc(a.Tags, func(t string) bool { return !contains(info.tags, t) })
}

// deprecated warns of the deprecated fields in a format.
func (c *compilation) deprecated(format string, where func(int) chain) {
	for _, name := range deprecatedFields {
		if at := strings.Index(format, name); at >= 0 {
			c.out.warnField(where(at), name,
				"usage of deprecated field '"+name+"' has been detected in the rule output")
		}
	}
}

// outputChain is the place of an offset in the output of a rule.
func (c *compilation) outputChain(info *ruleInfo, offset int) chain {
	where := info.outputAt
	if len(where.items) == 0 {
		return info.at
	}
	if pos := where.file.inScalar(info.outputNode, info.output, offset); pos.IsValid() {
		items := slices.Clone(where.items)
		items[len(items)-1].Pos = pos
		where.items = items
	}
	return where
}

// isUnknownThing reports whether skip-if-unknown-filter lets a message pass.
func isUnknownThing(msg string) bool {
	return strings.Contains(msg, "nonexistent field") || strings.Contains(msg, "invalid formatting token") ||
		strings.Contains(msg, "unknown event type") || strings.Contains(msg, "unknown filter:")
}

// condition compiles the condition of a rule. It is not ok if Falco skips the
// rule.
func (c *compilation) condition(r *Rule, written string, pieces []piece) (used []int, ok bool, err error) {
	info := r.info
	ofPieces := func() []piece { return pieces }
	text, used, parsed, err := c.parse(written, ofPieces, info.condAt)
	if err != nil {
		return nil, false, err
	}
	e := expansion{macros: c.macros, visibility: maxNodes, mark: c.mark}
	p := e.run(parsed, c.engine)
	if err := c.misuse(&e, ofPieces, text, info.at); err != nil {
		return nil, false, err
	}
	if e.broken {
		return nil, false, nil
	}
	if p.size > c.engine.limits.ConditionNodes || p.size > c.nodes {
		return nil, false, info.condAt.fail(ErrTooLarge, fmt.Sprintf("condition of %d nodes with its macros in place", p.size))
	}
	c.nodes -= p.size
	r.parsed, r.Condition = parsed, p.x
	r.condText = text
	o := origin{c: c, pieces: pieces, text: text, root: parsed}

	c.warnings(p.x, func(field, msg string, at cond.Pos) {
		where := o.chainAt(cond.Pos{}, at, info.condAt, written, nil)
		if field == "" {
			c.out.warn(where, WarnUnsafeNACheck, msg)
		} else {
			c.out.warnField(where, field, msg)
		}
	})
	prog, warnings, cerr := c.engine.condition(p.x, info.source)
	if cerr != nil {
		owner := o.owner(cerr, p.x, info.source)
		where := o.chainAt(cerr.Pos, cerr.At, info.condAt, written, owner)
		if info.skipUnknown && isUnknownThing(cerr.Msg) {
			c.out.warn(where, WarnUnknownFilter, cerr.Msg)
			return nil, false, nil
		}
		return nil, false, where.fail(ErrCompileCondition, cerr.Msg)
	}
	for _, w := range warnings {
		c.out.warn(o.chainAt(w.Pos, w.Pos, info.condAt, written, o.ownerOf(p.x, w.Pos)), WarnCompileCondition, w.Msg)
	}
	r.Program = prog
	if info.source == syscallSource && info.warnEventTypes && c.engine.eventCodes(p.x) > 100 {
		c.out.warn(info.at, WarnNoEventType, "Rule matches too many evt.type values. This has a "+
			"significant performance penalty.")
	}
	return used, true, nil
}

const syscallSource = "syscall"

// deprecatedFields are the fields that Falco warns of, in its order.
var deprecatedFields = []string{"evt.dir", "evt.latency", "evt.latency.s", "evt.latency.ns", "evt.latency.human",
	"evt.wait_latency"}

// warnings finds comparisons with <NA>, which never hold, and deprecated
// fields, and says each once, in the order of the codes; field is "" for the
// former.
func (c *compilation) warnings(x cond.Expr, warn func(field, msg string, at cond.Pos)) {
	if c.engine.quiet[x] {
		return
	}
	unsafe := cond.UnsafeNA(x)
	quiet := len(unsafe) == 0
	defer func() {
		if quiet && !c.engine.frozen {
			c.engine.quiet[x] = true
		}
	}()
	if len(unsafe) > 0 {
		warn("", "", unsafe[0].At)
	}
	var deprecated [6]*cond.Pos
	look := func(o cond.Operand) {
		for n := range cond.Walk(o) {
			if f, ok := n.(*cond.Field); ok {
				if i := slices.Index(deprecatedFields, f.Name); i >= 0 && deprecated[i] == nil {
					deprecated[i] = &f.At
				}
			}
		}
	}
	for n := range cond.Walk(x) {
		if check, ok := n.(*cond.Check); ok {
			look(check.Left) // Falco does not look at the other side
		}
	}
	for i, at := range deprecated {
		if at == nil {
			continue
		}
		quiet = false
		msg := "field is not available due to the drop of enter events."
		if i == 0 {
			msg = "due to the drop of enter events, 'evt.dir = <' always evaluates to true, and 'evt.dir = " +
				">' always evaluates to false. The rule expression can be simplified by removing the " +
				"condition on 'evt.dir'"
		}
		warn(deprecatedFields[i], msg, *at)
	}
}
