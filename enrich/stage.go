package enrich

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/falconer-go/falconer/event"
)

// A Source is a stage of the host's: it adds what the host knows of an alert,
// such as the owner of an asset, a verdict of threat intelligence, or the team
// behind a Kubernetes namespace.
type Source struct {
	// Name stands in the evidence of what the source adds. It must not be empty
	// nor the name of one of the library's stages.
	Name Stage

	// Add returns what the source knows of e. It must not change e or m, which
	// is the mapping that the sources before it have left. It is called by
	// several goroutines at once and must return soon after ctx is done: it
	// runs in the goroutine of the caller, and nobody can stop it.
	Add func(ctx context.Context, e *event.Event, m *Mapping) (Addition, error)

	// Timeout bounds a call through its ctx; 0 means one second, and a negative
	// Timeout none.
	Timeout time.Duration

	// Key returns what the answer depends on, such as the value of
	// container.id. Answers with the same key are remembered for TTL; errors
	// are not. A nil Key, or an empty key, means that each alert is asked for.
	Key func(e *event.Event) string

	// TTL is how long an answer is good for, five minutes if it is 0.
	TTL time.Duration

	// CacheSize bounds the answers remembered, 1024 if it is 0.
	CacheSize int
}

// Addition is what a source knows of an alert. The zero Addition is nothing.
// Ids that the tables do not have are an error of the source.
type Addition struct {
	Techniques []string // ids of ATT&CK techniques
	Tactics    []string // ids or short names of tactics
	Controls   []string // ids of NIST SP 800-53 controls
	Attributes map[string]string
	Confidence Confidence
	Reason     string
}

func (a *Addition) empty() bool {
	return len(a.Techniques)+len(a.Tactics)+len(a.Controls)+len(a.Attributes) == 0
}

// StageError is a source that did not come through.
type StageError struct {
	Stage Stage
	Err   error // the source's own; an [*event.PanicError] if it panicked
}

func (e *StageError) Error() string { return "enrich: stage " + string(e.Stage) + ": " + e.Err.Error() }

// Unwrap returns the source's own error.
func (e *StageError) Unwrap() error { return e.Err }

// source is a Source with its cache.
type source struct {
	Source
	mu      sync.Mutex
	answers map[string]answer
}

type answer struct {
	Addition
	until time.Time
}

// newSource panics if s cannot work, which is an error of the program.
func newSource(s Source) *source {
	switch s.Name {
	case "", StageTag, StageRule, StageBehaviour, StageDerived:
		panic(fmt.Sprintf("enrich: source has the name %q", s.Name))
	}
	if s.Add == nil {
		panic(fmt.Sprintf("enrich: source %q has no Add", s.Name))
	}
	if s.Timeout == 0 {
		s.Timeout = time.Second
	}
	if s.TTL <= 0 {
		s.TTL = 5 * time.Minute
	}
	if s.CacheSize <= 0 {
		s.CacheSize = 1024
	}
	return &source{Source: s, answers: make(map[string]answer)}
}

// maxKey is how many bytes a key has at most that is kept as it is, and not as
// its digest.
const maxKey = 64

// ask returns what the source knows of e, from memory if it can.
func (s *source) ask(ctx context.Context, e *event.Event, m *Mapping) (a Addition, err error) {
	defer func() {
		if v := recover(); v != nil {
			a, err = Addition{}, &event.PanicError{Value: v, Stack: debug.Stack()}
		}
	}()
	key := ""
	if s.Key != nil {
		key = s.Key(e)
	}
	if len(key) > maxKey { // as long as an attacker likes, else
		sum := sha256.Sum256([]byte(key))
		key = string(sum[:])
	}
	if key != "" {
		s.mu.Lock()
		a, ok := s.answers[key]
		s.mu.Unlock()
		if ok && time.Now().Before(a.until) {
			return a.Addition, nil
		}
	}
	if err := ctx.Err(); err != nil {
		return Addition{}, err
	}
	if s.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, s.Timeout)
		defer cancel()
	}
	a, err = s.Add(ctx, e, m)
	if err == nil && key != "" {
		s.keep(key, a)
	}
	return a, err
}

// keep remembers an answer. When there is no room, what is out of date goes,
// and if nothing is, anything.
func (s *source) keep(key string, a Addition) {
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.answers) >= s.CacheSize {
		for k, old := range s.answers {
			if !now.Before(old.until) {
				delete(s.answers, k)
			}
		}
	}
	for k := range s.answers {
		if len(s.answers) < s.CacheSize {
			break
		}
		delete(s.answers, k)
	}
	// A key that is a piece of an alert would hold on to the whole of it.
	s.answers[strings.Clone(key)] = answer{a, now.Add(s.TTL)}
}

// Enrich returns the mapping of an alert with what the host's sources add, in
// their order. A source that fails is named in Failed of the mapping, and the
// others stand. Without sources it is [Enricher.For].
func (n *Enricher) Enrich(ctx context.Context, e *event.Event) *Mapping {
	m := n.For(e)
	for _, s := range n.sources {
		a, err := s.ask(ctx, e, m)
		if err != nil || !a.empty() {
			m = extend(m, s.Name, a, err)
		}
	}
	return m
}

// extend returns m with an addition, or with the error. It is a new mapping: m
// is shared by all alerts of the rule.
func extend(m *Mapping, name Stage, a Addition, err error) *Mapping {
	b := builder{tables: m.tables(), m: m.clone()}
	e := Evidence{Stage: name, Dataset: string(name), Confidence: a.Confidence, Reason: a.Reason}
	var unknown []error
	for _, id := range a.Techniques {
		res, ok := b.matrix.Resolve(id)
		if !ok {
			unknown = append(unknown, fmt.Errorf("no technique %q", id))
			continue
		}
		b.addTechnique(res.Technique, e)
	}
	for _, id := range a.Tactics {
		t, ok := b.matrix.Tactic(b.tacticID(id))
		if !ok {
			unknown = append(unknown, fmt.Errorf("no tactic %q", id))
			continue
		}
		b.addTactic(t.ID, e)
	}
	for _, id := range a.Controls {
		c, ok := b.catalog.Control(id)
		if !ok || c.Withdrawn {
			unknown = append(unknown, fmt.Errorf("no control %q", id))
			continue
		}
		b.addControl(c, e)
	}
	for _, key := range slices.Sorted(maps.Keys(a.Attributes)) {
		b.m.Attributes = append(b.m.Attributes, Attribute{name, key, a.Attributes[key]})
	}
	if err := errors.Join(append(unknown, err)...); err != nil {
		b.m.Failed = append(b.m.Failed, &StageError{name, err})
	}
	b.serve()
	b.parents()
	b.sort()
	return b.m
}
