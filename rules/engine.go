package rules

import (
	"errors"
	"fmt"
	"strings"

	"github.com/falconer-go/falconer/rules/cond"
)

// engine is the Falco that rules are loaded for.
type engine struct {
	options *Options
	limits  *Limits
	version version
	sources map[string]bool
	events  []string        // event types that plugins add
	async   map[string]bool // the same
	fields  *cond.Table

	// What was worked out before: rules are compiled again for every file.
	// Once frozen, an engine is shared and nothing is added.
	frozen   bool
	lists    []listKey // of the last time
	gen      int       // changes with them
	parsed   map[string]cond.Expr
	expanded map[cond.Expr]*expanded
	compiled map[compileKey]*compiled
	formats  map[string]formatted
	quiet    map[cond.Expr]bool  // nothing to warn of
	known    map[operandKey]bool // whether an operand is one
}

func newEngine(o *Options) (*engine, error) {
	e := &engine{options: o, limits: o.Limits, sources: map[string]bool{syscallSource: true},
		async: make(map[string]bool), parsed: make(map[string]cond.Expr), known: make(map[operandKey]bool),
		expanded: make(map[cond.Expr]*expanded), compiled: make(map[compileKey]*compiled),
		formats: make(map[string]formatted), quiet: make(map[cond.Expr]bool),
		fields: cond.FalcoWithoutPlugins()}
	v, ok := parseVersion(o.EngineVersion)
	if !ok {
		return e, fmt.Errorf("rules: engine version %q is not of the form x.y.z", o.EngineVersion)
	}
	e.version = v
	for i := range o.Plugins {
		p := &o.Plugins[i]
		if p.Source != "" {
			e.sources[p.Source] = true
		}
		for _, name := range p.Events {
			e.events = append(e.events, name)
			e.async[name] = true
		}
	}
	if o.defaultPlugins {
		e.fields = cond.Falco()
		return e, nil
	}
	for i := range o.Plugins {
		if list := o.Plugins[i].fields(); len(list) > 0 {
			t, err := cond.NewTable(list...)
			if err != nil {
				return e, fmt.Errorf("rules: plugin %s: %w", o.Plugins[i].Name, err)
			}
			e.fields = e.fields.With(t)
		}
	}
	return e, nil
}

func (e *engine) hasSource(name string) bool { return e.sources[name] }

// parse parses a condition once: the same text means the same tree, and trees
// are never changed.
func (e *engine) parse(text string) (cond.Expr, error) {
	if x, ok := e.parsed[text]; ok {
		return x, nil
	}
	x, err := cond.Parse(text, &cond.ParseOptions{MaxBytes: e.limits.ConditionBytes})
	if err == nil && !e.frozen {
		e.parsed[text] = x
	}
	return x, err
}

// parseOnly parses a condition to be looked at, not kept.
func (e *engine) parseOnly(text string) (cond.Expr, error) {
	return cond.Parse(text, &cond.ParseOptions{MaxBytes: e.limits.ConditionBytes})
}

// compileKey is a tree, which is never changed, with the source of its rule.
type compileKey struct {
	x      cond.Expr
	source string
}

type compiled struct {
	program  *cond.Program
	warnings []cond.Warning
	events   int // event codes it can match; -1 until asked for
}

// condition is compile for the condition of a rule, done once.
func (e *engine) condition(x cond.Expr, source string) (*cond.Program, []cond.Warning, *cond.Error) {
	key := compileKey{x, source}
	if c := e.compiled[key]; c != nil {
		return c.program, c.warnings, nil
	}
	p, warnings, err := e.compile(x, source)
	if err == nil && !e.frozen {
		e.compiled[key] = &compiled{p, warnings, -1}
	}
	return p, warnings, err
}

// eventCodes is the number of event codes that a rule of the syscall source
// can match.
func (e *engine) eventCodes(x cond.Expr) int {
	c := e.compiled[compileKey{x, syscallSource}]
	if c != nil && c.events >= 0 {
		return c.events
	}
	n := eventCodes(x, e.async)
	if c != nil && !e.frozen {
		c.events = n
	}
	return n
}

// compile checks and compiles a condition for rules of a source.
func (e *engine) compile(x cond.Expr, source string) (*cond.Program, []cond.Warning, *cond.Error) {
	p, err := cond.CompileExpr(x, &cond.Env{Fields: e.fields, Source: source, EventTypes: e.events,
		MaxNodes: 4 * e.limits.ConditionNodes})
	if err != nil {
		var ce *cond.Error
		if !errors.As(err, &ce) {
			ce = &cond.Error{Msg: err.Error()}
		}
		return nil, nil, ce
	}
	return p, p.Warnings(), nil
}

// isField reports whether an exception can look at a field, which may be
// wrapped in transformers. fault is what Falco says of a field that is named
// wrongly.
func (e *engine) isField(name, source string) (ok bool, fault string) {
	if strings.Contains(name, "(") {
		// Falco asks no more than that a condition of it compiles.
		x, err := e.parse(name + " exists")
		if err != nil {
			return false, ""
		}
		_, _, cerr := e.compile(x, source)
		return cerr == nil, ""
	}
	_, ok, err := e.fields.Lookup(name, source)
	var ce *cond.Error
	if errors.As(err, &ce) {
		fault = ce.Msg
	}
	return ok, fault
}

// operandKey is a source and the text of an operand in it.
type operandKey struct{ source, text string }

// isOperand reports whether there is a field or transformer for a source.
func (e *engine) isOperand(x cond.Operand, source string) bool {
	key := operandKey{source, x.String()}
	known, ok := e.known[key]
	if !ok {
		_, _, err := e.compile(&cond.Check{Left: x, Op: cond.OpExists}, source)
		known = err == nil
		if !e.frozen {
			e.known[key] = known
		}
	}
	return known
}
