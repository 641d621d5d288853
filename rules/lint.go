package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/falconer-go/falconer/rules/cond"
)

// The codes of [Set.Lint]: what is sound to Falco and yet hardly meant.
const (
	LintNever             Code = "LINT_NEVER"               // the rule can never hold
	LintAlways            Code = "LINT_ALWAYS"              // the rule holds for every event
	LintShadowed          Code = "LINT_SHADOWED"            // an earlier rule holds whenever this one does
	LintExceptionSwallows Code = "LINT_EXCEPTION_SWALLOWS"  // an exception leaves nothing of the rule
	LintExceptionIdle     Code = "LINT_EXCEPTION_NO_VALUES" // an exception has no values
	LintExceptionUnseen   Code = "LINT_EXCEPTION_UNSEEN"    // alerts do not show a field of an exception
	LintNoSuchList        Code = "LINT_NO_SUCH_LIST"        // what looks like the name of a list is a text
	LintAppendOr          Code = "LINT_APPEND_OR"           // an appended or takes the condition apart
	LintDuplicateItem     Code = "LINT_DUPLICATE_ITEM"      // a list has an item twice
	LintNestedList        Code = "LINT_NESTED_LIST"         // a list in a list in a list stays a name
	LintRedefined         Code = "LINT_REDEFINED"           // a later definition replaces an earlier whole
)

// Severity is how much a [Finding] matters.
type Severity uint8

// The severities, the least first.
const (
	Note Severity = iota
	Warning
	Fault // the file does not load
)

func (s Severity) String() string {
	switch s {
	case Note:
		return "note"
	case Warning:
		return "warning"
	}
	return "error"
}

// Finding is a [Diagnostic] with what to do about it.
type Finding struct {
	Diagnostic
	Severity Severity
	Fix      string // what to do, in a sentence; "" where the message says it
}

// Findings returns everything there is to say about the files: what Falco
// says, and what [Set.Lint] finds with the further checks, in the order of the
// files and the places in them.
func (s *Set) Findings(checks ...Check) []Finding {
	var all []Finding
	for _, r := range s.results {
		for _, e := range r.Errors {
			all = append(all, Finding{Diagnostic: e.Diagnostic, Severity: Fault})
		}
		for _, w := range r.Warnings {
			sev := Warning
			if w.Code == WarnUnusedList || w.Code == WarnUnusedMacro {
				sev = Note
			}
			all = append(all, Finding{Diagnostic: *w, Severity: sev, Fix: fixes[w.Code]})
		}
	}
	all = append(all, s.Lint(checks...)...)
	order := make(map[string]int)
	for i, r := range s.results {
		order[r.Name] = i
	}
	slices.SortStableFunc(all, func(a, b Finding) int {
		if a.File != b.File {
			return order[a.File] - order[b.File]
		}
		return a.Pos.Offset - b.Pos.Offset
	})
	// A file loaded later brings up again what is unused.
	type key struct {
		file, message string
		code          Code
		pos           Pos
	}
	seen := make(map[key]bool)
	return slices.DeleteFunc(all, func(f Finding) bool {
		k := key{f.File, f.Message, f.Code, f.Pos}
		again := seen[k]
		seen[k] = true
		return again
	})
}

// fixes are what to do about Falco's warnings, where the message does not say
// it.
var fixes = map[Code]string{
	WarnUnknownSource:          "load the plugin that provides the source",
	WarnUnsafeNACheck:          "ask with exists whether the field has a value",
	WarnNoEventType:            "begin the condition with a check of evt.type, or set warn_evttypes: false",
	WarnUnusedMacro:            "remove the macro, or use it",
	WarnUnusedList:             "remove the list, or use it",
	WarnUnknownItem:            "begin the item with rule, macro, list, required_engine_version or required_plugin_versions",
	WarnExceptionNameNotUnique: "give each exception of the rule a name of its own",
	WarnAppendNoValues:         "give the exception values",
	WarnInvalidMacroName:       "name the macro with letters, digits and underscores",
	WarnInvalidListName:        "name the list without blanks, quotes, brackets, commas and equals signs",
	WarnUnknownKey:             "remove the key, or correct its spelling",
}

// linter collects findings.
type linter struct {
	set   *Set
	list  []Finding
	logic *logic
}

// maxFindings bounds what Lint returns.
const maxFindings = 10_000

func (l *linter) add(c chain, code Code, sev Severity, fix, format string, args ...any) {
	if len(l.list) < maxFindings {
		l.list = append(l.list, Finding{c.diagnostic(code, fmt.Sprintf(format, args...)), sev, fix})
	}
}

// Check looks at one rule on behalf of [Set.Lint].
type Check func(r *Rule) []Finding

// Lint returns what Falco accepts but an author will hardly have meant, and
// what the further checks find, such as those on tags that other packages
// have.
func (s *Set) Lint(checks ...Check) []Finding {
	l := &linter{set: s, logic: newLogic()}
	if s.comp == nil {
		return nil
	}
	for _, list := range s.comp.lists.all {
		l.listItems(list)
	}
	for _, r := range s.rules {
		l.constant(r)
		l.exceptions(r)
		l.appended(r.info.cond, r.info.at)
		l.listNames(r.parsed, r.info.at)
		for _, check := range checks {
			l.list = append(l.list, check(r)...)
		}
	}
	for _, m := range s.comp.macros.all {
		l.appended(m.info.cond, m.info.at)
		if m.parsed != nil {
			l.listNames(m.parsed, m.info.at)
		}
	}
	for _, d := range s.col.again {
		last := d.before.items[len(d.before.items)-1]
		l.add(d.at, LintRedefined, Note, "if only a part is to change, say so under override",
			"the %s takes the place of all of the one at %s:%s", last.Type, d.before.file.name, last.Pos)
	}
	l.shadowed()
	return l.list
}

func (l *linter) listItems(list *list) {
	seen := make(map[string]bool, len(list.info.items))
	for _, item := range list.info.items {
		if seen[item] {
			l.add(list.info.at, LintDuplicateItem, Note, "remove one of them", "list %q has %q twice", list.info.name, item)
		}
		seen[item] = true
	}
	for _, item := range list.items {
		if ref, ok := l.set.comp.lists.byName[item]; ok && l.set.comp.lists.all[ref] != list &&
			!strings.ContainsAny(item, delimiters) && l.set.comp.lists.all[ref].info.index < list.info.index {
			l.add(list.info.at, LintNestedList, Warning, "name the items of that list here",
				"list %q holds list %q through another list; Falco may take the name for an item", list.info.name, item)
		}
	}
}

// constant finds conditions that do not depend on the event.
func (l *linter) constant(r *Rule) {
	switch value := l.logic.constant(r.Condition); {
	case value == cond.True:
		l.add(r.info.condAt, LintAlways, Warning, "remove the part that is always true", "the condition holds for every event")
	case value == cond.False, r.Source == syscallSource && l.set.engine.eventCodes(r.Condition) == 0:
		l.add(r.info.condAt, LintNever, Warning, "remove the rule, or the checks that exclude each other", "the condition never holds")
	}
}

// exceptions looks at what each exception leaves of its rule.
func (l *linter) exceptions(r *Rule) {
	if len(r.info.exceptions) == 0 {
		return
	}
	base := conjuncts(l.set.base(r))
	for i := range r.info.exceptions {
		ex := &r.info.exceptions[i]
		if len(ex.values) == 0 {
			l.add(ex.at, LintExceptionIdle, Note, "give it values, or remove it", "exception %q has no values", ex.name)
			continue
		}
		if x := l.set.exceptionExpr(ex); x != nil && base != nil {
			for _, part := range disjuncts(x) {
				if impliedAll(base, part) || l.logic.constant(part) == cond.True {
					l.add(ex.at, LintExceptionSwallows, Warning, "make the values narrower",
						"exception %q silences every alert of the rule", ex.name)
					break
				}
			}
		}
		for _, name := range ex.fieldNames() {
			shown := slices.Contains(r.OutputFields, name) || slices.Contains(r.ExtraFields, name)
			if name != "" && !shown && !strings.Contains(name, "(") {
				l.add(ex.at, LintExceptionUnseen, Note, "add %"+name+" to the output",
					"exception %q goes by %s, which alerts of the rule do not show", ex.name, name)
			}
		}
	}
}

func (ex *exceptionInfo) fieldNames() []string {
	if !ex.fields.list {
		return []string{ex.fields.text}
	}
	var names []string
	for _, f := range ex.fields.entries {
		names = append(names, f.text)
	}
	return names
}

// base is the condition of a rule without its exceptions, macros in place;
// nil if it does not stand alone.
func (s *Set) base(r *Rule) cond.Expr { return s.expandText(r.info.cond.String()) }

// exceptionExpr is what an exception excludes.
func (s *Set) exceptionExpr(ex *exceptionInfo) cond.Expr {
	var fields []string
	text, err := ex.fold(&fields, s.engine.limits.ConditionBytes)
	if err != nil || text == "" {
		return nil
	}
	return s.expandText(text)
}

// expandText compiles a condition as far as its tree.
func (s *Set) expandText(text string) cond.Expr {
	work := int64(listWork)
	resolved, _, ok := s.comp.lists.resolve(text, s.engine.limits.ConditionBytes, &work, nil)
	if !ok {
		return nil
	}
	x, err := s.engine.parseOnly(resolved)
	if err != nil {
		return nil
	}
	e := expansion{macros: s.comp.macros, visibility: maxNodes}
	p := e.expand(x)
	if e.loop != nil || e.unknown != nil || e.broken || p.size > s.engine.limits.ConditionNodes {
		return nil
	}
	return p.x
}

// maxAppended bounds how many appended parts of a condition are looked at, as
// each is read with all before it.
const maxAppended = 64

// appended finds an or at the beginning of what is appended: it joins with the
// whole condition before it, whose last and it then no longer is part of.
func (l *linter) appended(p prose, at chain) {
	for i, s := range p[:min(len(p), maxAppended)] {
		if i == 0 {
			continue
		}
		rest, ok := strings.CutPrefix(strings.TrimLeft(s.text, blanks), "or")
		if !ok || rest == "" || !isDelimiter(rest[0]) {
			continue
		}
		before, err := l.set.engine.parseOnly(p[:i].String())
		if err != nil {
			continue
		}
		if _, and := before.(*cond.And); and {
			c := at
			c.items = slices.Clone(c.items)
			c.items[len(c.items)-1].Pos = s.file.inScalar(s.node, s.text, 0)
			c.file = s.file
			l.add(c, LintAppendOr, Warning, "override the condition with replace, and say with parentheses what is meant",
				"the appended or stands against the whole condition before it, all of its and parts together")
		}
	}
}

// listNames finds what follows in, pmatch or intersects without parentheses:
// the text of a single item, though it reads like the name of a list.
func (l *linter) listNames(x cond.Expr, at chain) {
	for n := range cond.Walk(x) {
		check, ok := n.(*cond.Check)
		if !ok || !check.Op.IsList() && check.Mod == cond.NoMod {
			continue
		}
		if v, ok := check.Right.(*cond.Value); ok && macroName.MatchString(v.Text) {
			l.add(at, LintNoSuchList, Warning, "put the name in parentheses and define the list",
				"there is no list %q: the condition compares with that text", v.Text)
		}
	}
}

// maxShadowPairs bounds the pairs of rules that are compared.
const maxShadowPairs = 1 << 20

// shadowed finds rules that an earlier rule of the same source makes
// superfluous where Falco stops at the first rule that matches: each part of
// its condition is a part of theirs too.
func (l *linter) shadowed() {
	type known struct {
		rule  *Rule
		parts map[uint64]bool
	}
	type partOf struct {
		source string
		part   uint64
	}
	list := make(map[*Rule][]uint64)
	count := make(map[partOf]int)
	for _, r := range l.set.rules {
		if !r.Enabled {
			continue
		}
		for _, x := range conjuncts(r.Condition) {
			h := l.logic.hash(x)
			list[r] = append(list[r], h)
			count[partOf{r.Source, h}]++
		}
	}
	byPart := make(map[partOf][]known) // each rule by the rarest of its parts
	left := maxShadowPairs
rules:
	for _, r := range l.set.rules {
		if !r.Enabled {
			continue
		}
		parts := make(map[uint64]bool)
		for _, h := range list[r] {
			parts[h] = true
		}
		var rarest partOf
		for i, h := range list[r] {
			key := partOf{r.Source, h}
			for _, k := range byPart[key] {
				if left--; left < 0 {
					return
				}
				if subset(k.parts, parts) {
					l.add(r.info.at, LintShadowed, Note, "remove one of the rules, or put the narrower one first",
						"rule %q, which comes first, holds whenever this one does; with rule_matching: first this one never shows",
						k.rule.Name)
					continue rules // what it would shadow, that one shadows
				}
			}
			if i == 0 || count[key] < count[rarest] {
				rarest = key
			}
		}
		byPart[rarest] = append(byPart[rarest], known{r, parts})
	}
}

func subset(a, b map[uint64]bool) bool {
	if len(a) > len(b) {
		return false
	}
	for k := range a {
		if !b[k] {
			return false
		}
	}
	return true
}
