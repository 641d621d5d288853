package rules

import (
	_ "embed"
	"iter"
	"strings"
	"sync"

	"github.com/falconer-go/falconer/event"
)

//go:generate go run ./internal/gen -facts $FALCONER_FACTS -events $FALCONER_EVENT_TABLE

// Shipped is a rule that Falco or one of its plugins ships: what is known of it
// without its file. It is read-only.
type Shipped struct {
	Name     string
	Source   string
	Priority event.Priority
	Maturity string   // stable, incubating, sandbox or deprecated; "" for rules of plugins
	Enabled  bool     // whether it runs unless it is asked not to
	Tags     []string // in the order of its file
	Fields   []string // that its output prints
	File     string   // the file it is in
	Former   []string // names it had in earlier versions
}

//go:embed data/catalog.tsv
var catalogText string

//go:embed data/former_names.tsv
var formerText string

type catalogTables struct {
	all    []*Shipped
	byName map[string]*Shipped // by former names too
}

var catalogOf = sync.OnceValue(func() *catalogTables {
	c := &catalogTables{byName: make(map[string]*Shipped)}
	for cells := range tsvLines(catalogText) {
		p, err := event.ParsePriority(cells[2])
		if err != nil {
			panic("rules: catalog.tsv: " + err.Error()) // the file is part of the package
		}
		s := &Shipped{Name: cells[0], Source: cells[1], Priority: p, Maturity: strings.Trim(cells[3], "-"), Enabled: cells[4] != "false",
			Tags: words(cells[5]), Fields: words(cells[6]), File: cells[7]}
		c.all = append(c.all, s)
		c.byName[s.Name] = s
	}
	for cells := range tsvLines(formerText) {
		s := c.byName[cells[1]]
		s.Former = append(s.Former, cells[0])
		c.byName[cells[0]] = s
	}
	return c
})

// words splits at commas.
func words(s string) []string {
	if s == "" || s == "-" {
		return nil
	}
	return strings.Split(s, ",")
}

// tsvLines yields the cells of each line of a table of ours.
func tsvLines(text string) iter.Seq[[]string] {
	return func(yield func([]string) bool) {
		for line := range strings.Lines(text) {
			if strings.HasPrefix(line, "#") {
				continue
			}
			if !yield(strings.Split(strings.TrimSuffix(line, "\n"), "\t")) {
				return
			}
		}
	}
}

// Catalog yields the rules that Falco and its plugins ship, sorted by name, as
// of the versions that its table names.
func Catalog() iter.Seq[*Shipped] {
	return func(yield func(*Shipped) bool) {
		for _, s := range catalogOf().all {
			if !yield(s) {
				return
			}
		}
	}
}

// LookupShipped returns the shipped rule of a name, or nil: alerts of an old
// Falco name rules as they were then, and former names are known too.
func LookupShipped(name string) *Shipped { return catalogOf().byName[name] }
