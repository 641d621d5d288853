package enrich

import (
	"slices"
	"strings"
	"sync"

	"github.com/falconer-go/falconer/event"
)

// Options configure an [Enricher]. The zero Options are the defaults.
type Options struct {
	// Version is the release of ATT&CK to map to.
	Version Version

	// Matrix, Catalog and Crosswalk replace the embedded tables. A Crosswalk
	// may use the ids of an earlier release of ATT&CK. Nil means the embedded
	// one; a Matrix makes Version meaningless.
	Matrix    *Matrix
	Catalog   *Catalog
	Crosswalk *Crosswalk

	// WithoutRules and WithoutBehaviour leave out what the table of rules and
	// the fields of an alert say, for a host that trusts its own tags alone.
	WithoutRules, WithoutBehaviour bool

	// Sources are stages of the host, asked in this order by
	// [Enricher.Enrich]. New panics if one has no name or no Add.
	Sources []Source

	// CacheRules bounds how many rules are remembered, 1024 if it is 0. A rule
	// takes a few kilobytes. Names and tags of rules come with the alerts, so
	// there must be a bound; a rule with more than 64 tags or 4 KB of name and
	// tags is mapped anew for each alert.
	CacheRules int
}

// Enricher maps alerts. It is safe to share; the zero Enricher maps with the
// defaults.
type Enricher struct {
	options Options
	once    sync.Once
	set     *tables
	sources []*source

	mu    sync.RWMutex
	cache map[string][]*cached // by rule
	size  int
}

// cached is the mapping of a rule with a source and tags.
type cached struct {
	rule, source string
	tags         []string
	mapping      *Mapping
	behaved      map[seenSet]*Mapping // with behaviours, where tags and rule give no technique
}

// New returns an Enricher. A nil Options is the zero Options.
func New(o *Options) *Enricher {
	n := new(Enricher)
	if o != nil {
		n.options = *o
		for _, s := range o.Sources {
			n.sources = append(n.sources, newSource(s))
		}
	}
	return n
}

// standard is the Enricher of the package's functions; standard18 serves
// mappings of 18 that were read from JSON.
var standard, standard18 = new(Enricher), New(&Options{Version: V18})

// For returns the mapping of an alert in the newest release. See [Enricher.For].
func For(e *event.Event) *Mapping { return standard.For(e) }

// tables loads the tables at the first alert.
func (n *Enricher) tables() *tables {
	n.once.Do(func() {
		o := n.options
		t := &tables{crosswalk: o.Crosswalk, lexicon: lexicon{o.Matrix, o.Catalog}, noRules: o.WithoutRules}
		if t.catalog == nil {
			t.catalog = NIST()
		}
		switch {
		case t.matrix == nil && t.crosswalk == nil:
			t.matrix, t.crosswalk = o.Version.Matrix(), o.Version.CTID()
		case t.matrix == nil:
			t.matrix = o.Version.Matrix()
			t.crosswalk = t.crosswalk.to(t.matrix)
		case t.crosswalk == nil:
			t.crosswalk = V18.CTID().to(t.matrix)
		default:
			t.crosswalk = t.crosswalk.to(t.matrix)
		}
		n.set = t
	})
	return n.set
}

// Matrix returns the release of ATT&CK that alerts are mapped to.
func (n *Enricher) Matrix() *Matrix { return n.tables().matrix }

// Catalog returns the catalog of controls that alerts are mapped to.
func (n *Enricher) Catalog() *Catalog { return n.tables().catalog }

// For returns the mapping of an alert. It depends on the rule's name, source
// and tags (the first 256), and where those give no technique, on the fields.
// Mappings are remembered, so the second alert of a rule costs a lookup. It does
// not ask the host's sources; [Enricher.Enrich] does.
func (n *Enricher) For(e *event.Event) *Mapping {
	c := n.lookup(e.Rule, e.Source, e.Tags)
	if c == nil {
		// What is kept must not hold on to the bytes of the whole alert.
		c = &cached{rule: strings.Clone(e.Rule), source: strings.Clone(e.Source), tags: slices.Clone(e.Tags)}
		for i, tag := range c.tags {
			c.tags[i] = strings.Clone(tag)
		}
		c.mapping = n.tables().build(c.rule, c.source, c.tags, 0)
		c = n.remember(c)
	}
	if len(c.mapping.Techniques) > 0 || n.options.WithoutBehaviour {
		return c.mapping
	}
	seen := look(e)
	if seen == 0 {
		return c.mapping
	}
	n.mu.RLock()
	m := c.behaved[seen]
	n.mu.RUnlock()
	if m == nil {
		m = n.tables().build(c.rule, c.source, c.tags, seen)
		n.mu.Lock()
		defer n.mu.Unlock()
		if c.behaved == nil {
			c.behaved = make(map[seenSet]*Mapping)
		}
		if len(c.behaved) < variants {
			c.behaved[seen] = m
		}
	}
	return m
}

func (n *Enricher) lookup(rule, source string, tags []string) *cached {
	n.mu.RLock()
	defer n.mu.RUnlock()
	return n.find(rule, source, tags)
}

// find is called with the lock held.
func (n *Enricher) find(rule, source string, tags []string) *cached {
	for _, c := range n.cache[rule] {
		if c.source == source && slices.Equal(c.tags, tags) {
			return c
		}
	}
	return nil
}

const (
	defaultCacheRules = 1024
	cachedTags        = 64
	cachedBytes       = 4 << 10
	variants          = 8 // of a rule by source and tags, or by behaviour; one is the rule
)

// remember keeps c and returns it, or what another goroutine has kept for the
// same rule in the meantime.
func (n *Enricher) remember(c *cached) *cached {
	bytes := len(c.rule) + len(c.source)
	for _, tag := range c.tags {
		bytes += len(tag)
	}
	if bytes > cachedBytes || len(c.tags) > cachedTags {
		return c
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if was := n.find(c.rule, c.source, c.tags); was != nil {
		return was
	}
	most := n.options.CacheRules
	if most <= 0 {
		most = defaultCacheRules
	}
	if n.cache == nil || n.size >= most {
		// Starting anew forgets good entries too, but needs no bookkeeping on
		// the way that matters, and only a flood of invented rules gets here.
		n.cache, n.size = make(map[string][]*cached), 0
	}
	list := n.cache[c.rule]
	if len(list) >= variants {
		list = list[1:]
		n.size--
	}
	n.cache[c.rule] = append(slices.Clip(list), c)
	n.size++
	return c
}
