//go:build cgo

package falcoalerts

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/falconer-go/falconer/enrich"
	"github.com/falconer-go/falconer/event"
	"github.com/falconer-go/falconer/mitigate"
)

// Alert is an event of the plugin: the alert, and what is found out about it
// when a field asks for it.
type Alert struct {
	*event.Event
	parser event.Parser
	plan   *mitigate.Plan
}

// extraBytes is how much the keys of the source take, at most.
const extraBytes = 1024

// parse reads an event. The alert is good until the next call.
func (a *Alert) parse(data []byte) (err error) {
	a.plan = nil
	a.parser.Limits.RecordBytes = maxEvent
	a.Event, err = a.parser.Parse(data)
	return err
}

// planOf returns what is to be done about the alert.
func (a *Alert) planOf(n *enrich.Enricher) *mitigate.Plan {
	if a.plan == nil {
		a.plan = mitigate.Default().Plan(a.Event, n.For(a.Event))
	}
	return a.plan
}

// The top-level keys that the source adds, named as the fields that they are.
const (
	keyWindow             = "alert.window"
	keyLost               = "alert.feed.lost"
	keyRuleCount          = "alert.rule.count"
	keyRuleHosts          = "alert.rule.hosts"
	keyRuleNewHost        = "alert.rule.newhost"
	keyHostCount          = "alert.host.count"
	keyHostRules          = "alert.host.rules"
	keyHostTactics        = "alert.host.tactics"
	keyHostNewRule        = "alert.host.newrule"
	keyHostNewTactic      = "alert.host.newtactic"
	keyHostDrops          = "alert.host.drops"
	keyContainerCount     = "alert.container.count"
	keyContainerRules     = "alert.container.rules"
	keyContainerTactics   = "alert.container.tactics"
	keyContainerNewRule   = "alert.container.newrule"
	keyContainerNewTactic = "alert.container.newtactic"
)

// reserved is what the names of those keys begin with.
const reserved = "alert."

// appendEvent appends the event of an alert: the alert as Falco prints it, and
// what the source knows.
func appendEvent(dst []byte, e *event.Event, c *correlation, window time.Duration, lost uint64) []byte {
	dst = e.AppendJSON(dst)
	dst = dst[:len(dst)-1]
	key := func(name string) {
		dst = append(dst, ',', '"')
		dst = append(dst, name...)
		dst = append(dst, '"', ':')
	}
	number := func(name string, n uint64) {
		key(name)
		dst = strconv.AppendUint(dst, n, 10)
	}
	truth := func(name string, b bool) {
		key(name)
		dst = strconv.AppendBool(dst, b)
	}
	number(keyWindow, uint64(window))
	number(keyLost, lost)
	number(keyRuleCount, c.rule.count)
	number(keyRuleHosts, c.rule.members)
	truth(keyRuleNewHost, c.rule.newMember)
	if c.host.count > 0 {
		number(keyHostCount, c.host.count)
		number(keyHostRules, c.host.members)
		number(keyHostTactics, c.host.tactics)
		truth(keyHostNewRule, c.host.newMember)
		truth(keyHostNewTactic, c.host.newTactic)
		number(keyHostDrops, c.host.drops)
	}
	if c.container.count > 0 {
		number(keyContainerCount, c.container.count)
		number(keyContainerRules, c.container.members)
		number(keyContainerTactics, c.container.tactics)
		truth(keyContainerNewRule, c.container.newMember)
		truth(keyContainerNewTactic, c.container.newTactic)
	}
	return append(dst, '}')
}

// own returns the alert without keys that only the source may add.
func own(e *event.Event) (*event.Event, error) {
	forged := false
	for name := range e.Extra().All() {
		forged = forged || strings.HasPrefix(name, reserved)
	}
	if !forged {
		return e, nil
	}
	d := e.Draft()
	d.Extra = slices.DeleteFunc(d.Extra, func(v event.NamedValue) bool { return strings.HasPrefix(v.Name, reserved) })
	clean, err := d.Build()
	if err != nil {
		return nil, fmt.Errorf("an alert with a key that only this plugin may add: %w", err)
	}
	return clean, nil
}
