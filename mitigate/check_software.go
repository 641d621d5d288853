package mitigate

import (
	"slices"
	"strings"
)

func (c *checker) software(x *softwareEntry) {
	if len(x.Image) == 0 && len(x.Program) == 0 {
		c.fault("image", "neither image nor program")
	}
	if len(x.Image) > 0 && len(x.Program) == 0 && len(x.Runs) == 0 {
		c.fault("runs", "neither program nor runs: what is its own in the image?")
	}
	if x.Is == "" {
		c.fault("is", "missing")
	}
	for at, s := range map[string]string{"is": x.Is, "keeps": x.Keeps, "tells": x.Tells, "asks": x.Asks, "stop": x.Stop, "check": x.Check} {
		if strings.ContainsAny(s, "%`[") {
			c.fault(at, "words alone: no fields, no code")
		}
		if s != "" && strings.HasSuffix(s, ".") != (at != "is" && at != "keeps" && at != "asks") {
			c.fault(at, "%q: what it is, keeps and asks is no sentence; the others are", s)
		}
	}
	for _, name := range x.Called {
		if name != strings.ToLower(name) || strings.ContainsAny(name, " ._") || strings.Count(name, "-") >= maxCalled || len(name) < 2 {
			c.fault("called", "%q: one to %d words in lower case, with hyphens between them", name, maxCalled)
		}
	}
	if x.Owner != "" && !slices.Contains(owners, x.Owner) {
		c.fault("owner", "%q is not one of %s", x.Owner, strings.Join(owners, ", "))
	}
	for _, u := range x.Usual {
		name, pattern, bound := strings.Cut(u, " ")
		b := find[behaviourEntry](c.l, "behaviour", name)
		switch {
		case b == nil:
			c.fault("usual", "there is no behaviour %q", name)
		case bound && len(b.Path) == 0:
			c.fault("usual", "%q has no path to compare with %s", name, pattern)
		}
	}
}

func (c *checker) behaviour(b *behaviourEntry) {
	if b.Doing == "" || strings.ContainsAny(b.Doing, "%`[") {
		c.fault("doing", "%q: words alone", b.Doing)
	}
	if len(b.Rules) == 0 {
		c.fault("rules", "missing")
	}
}
