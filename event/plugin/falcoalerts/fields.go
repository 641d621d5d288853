//go:build cgo

package falcoalerts

import (
	"net/netip"
	"time"

	"github.com/falconer-go/falconer/enrich"
	"github.com/falconer-go/falconer/event"
	"github.com/falconer-go/falconer/event/plugin"
	"github.com/falconer-go/falconer/mitigate"
)

type field = plugin.Field[Alert]

// fields are those of the plugin. What has to be found out is found with the
// enricher of the configuration, which is there before an event is.
func fields(enricher func() *enrich.Enricher) []field {
	text := func(name, desc string, get func(a *Alert) string) field {
		return plugin.Value(name, desc, func(a *Alert) (string, bool) {
			s := get(a)
			return s, s != ""
		})
	}
	list := func(name, desc string) field {
		return plugin.List(name, desc, func(a *Alert, dst []string) []string {
			return appendText(dst, enrich.Fielded{Event: a.Event, Enricher: enricher()}.Field(name))
		})
	}
	number := func(name, desc string) field {
		return plugin.Value(name, desc, func(a *Alert) (uint64, bool) { return a.Extra().Get(name).Uint() })
	}
	truth := func(name, desc string) field {
		return plugin.Value(name, desc, func(a *Alert) (bool, bool) { return a.Extra().Get(name).Bool() })
	}
	return []field{
		text("alert.rule", "The name of the rule", func(a *Alert) string { return a.Rule }),
		text("alert.priority", "The name of the priority, such as Critical", func(a *Alert) string { return a.Priority.String() }),
		plugin.Value("alert.severity", "The priority as a number, from 0 (Emergency) to 7 (Debug)",
			func(a *Alert) (uint64, bool) { return uint64(a.Priority), true }),
		text("alert.source", "The event source of the rule, such as syscall or k8s_audit", func(a *Alert) string { return a.Source }),
		text("alert.hostname", "The host that Falco ran on", func(a *Alert) string { return a.Hostname }),
		text("alert.output", "The text of the alert", func(a *Alert) string { return a.Output }),
		plugin.Value("alert.time", "When it happened", func(a *Alert) (time.Time, bool) { return a.Time, true }),
		text("alert.id", "A fingerprint of the content, the same on every machine", func(a *Alert) string { return a.ID().String() }),
		plugin.List("alert.tags", "The tags of the rule", func(a *Alert, dst []string) []string { return append(dst, a.Tags...) }),
		plugin.Index("alert.tag", "One tag of the rule, counted from 0", func(a *Alert, i uint64) (string, bool) {
			if i >= uint64(len(a.Tags)) {
				return "", false
			}
			return a.Tags[i], true
		}),

		plugin.Key("alert.field", "A field that the rule printed, such as alert.field[proc.name], as text",
			func(a *Alert, name string) (string, bool) {
				v := a.Fields.Get(name)
				return v.Text(), v.Available()
			}),
		plugin.Key("alert.field.uint", "The same, for a field that is a number that is not negative",
			func(a *Alert, name string) (uint64, bool) { return a.Fields.Get(name).Uint() }),
		plugin.Key("alert.field.ip", "The same, for a field that is an address",
			func(a *Alert, name string) (netip.Addr, bool) { return a.Fields.Get(name).Addr() }),
		plugin.KeyList("alert.field.list", "The same, for a field that is a list",
			func(a *Alert, name string, dst []string) []string {
				v := a.Fields.Get(name)
				if v.Kind() != event.Array {
					if v.Available() {
						dst = append(dst, v.Text())
					}
					return dst
				}
				return appendText(dst, v)
			}),

		list("alert.attack.tactic", "ATT&CK tactics, as ids and short names, such as TA0005 and stealth"),
		list("alert.attack.technique", "ATT&CK techniques, as ids, those above sub-techniques included"),
		list("alert.nist", "Controls of NIST SP 800-53, as ids, stated or curated"),
		list("alert.pci", "Requirements of PCI DSS, as ids"),
		plugin.Value("alert.urgency", "When somebody has to act: note, within days, ... at once", func(a *Alert) (string, bool) {
			return a.planOf(enricher()).Verdict.Urgency.String(), true
		}),
		plugin.KeyList("alert.advice", "What to do: now (to contain it), next (to recover) or later (to harden)",
			func(a *Alert, phase string, dst []string) []string {
				for _, s := range a.planOf(enricher()).Steps {
					if s.Phase.String() == phase {
						dst = append(dst, s.Do.String())
					}
				}
				return dst
			}).Default(mitigate.Now.String()),

		plugin.Value(keyWindow, "How long the window is that the following fields count over", func(a *Alert) (time.Duration, bool) {
			return a.Extra().Get(keyWindow).Duration()
		}),
		number(keyRuleCount, "Alerts of this rule within the window, on all hosts, this one included"),
		number(keyRuleHosts, "Hosts with alerts of this rule within the window"),
		truth(keyRuleNewHost, "Whether this is the first one of this host"),
		number(keyHostCount, "Alerts on this host within the window"),
		number(keyHostRules, "Rules with alerts on this host within the window"),
		number(keyHostTactics, "ATT&CK tactics of these rules, one for each rule"),
		truth(keyHostNewRule, "Whether this is the first alert of its rule on this host"),
		truth(keyHostNewTactic, "Whether this is the first alert of its tactic on this host"),
		number(keyHostDrops, "System calls that Falco says it dropped on this host within the window"),
		number(keyContainerCount, "Alerts in this container within the window; the fields of a container have no value outside of one"),
		number(keyContainerRules, "Rules with alerts in this container within the window"),
		number(keyContainerTactics, "ATT&CK tactics of these rules, one for each rule"),
		truth(keyContainerNewRule, "Whether this is the first alert of its rule in this container"),
		truth(keyContainerNewTactic, "Whether this is the first alert of its tactic in this container"),
		number(keyLost, "Records since the event before that were no alerts or too large, and so are no events"),
	}
}

func appendText(dst []string, list event.Value) []string {
	for v := range list.Elements() {
		dst = append(dst, v.Text())
	}
	return dst
}
