// Package falcoalerts is a plugin of Falco, falco_alerts: it reads the alerts of
// any number of Falcos and makes an event of each, so that the rules of one
// Falco correlate what a whole fleet saw. The program examples/plugin makes a
// shared object of it.
//
// # Input
//
// open_params say where alerts come from, as JSON with the schema ParamsSchema:
// a file that is followed through rotation, a unix or TCP listener, an HTTP
// listener for http_output, standard input, and any of these together. Alerts
// come in every form of JSON that package event reads; text does not name the
// rule, and is no alert here.
//
// An event is the alert as Falco prints it, at the alert's own time, with some
// top-level keys more, whose names are those of the fields that they are for:
// what the source knew when the alert came. A key of such a name that an alert
// brings along is dropped.
//
// # Fields
//
// There are the fields of the alert itself and of its mapping, under the names
// that Go conditions have for them (rules/cond, enrich), alert.field[NAME] for
// those that the rule printed, and what to do about it (alert.advice).
//
// A rule of Falco looks at one event. What is to be seen across alerts is
// therefore counted by the source, per rule, per host and per container, over a
// window of time that init_config sets (5 minutes by default), and is a field of
// each event: alert.rule.hosts, alert.container.tactics and so on. See
// [Plugin.Markdown] of package plugin, or the README of the example, for all.
//
//   - Time is that of the alerts. The same alerts in the same order give the
//     same numbers, live or read from a file. Alerts that come late count with
//     those that are within one window of them, and one that is too late for
//     that by itself. A time more than a window in the future counts as now.
//   - A count is of whole sixteenths of a window: one that is 5 minutes long
//     forgets an alert after 4:41 to 5 minutes. Numbers of different hosts or
//     rules are exact.
//   - What is remembered is bounded: 4096 rules, hosts and containers each, the
//     ones that were seen last, and 64 hosts of a rule and 64 rules of a host or
//     container. Beyond that, distinct numbers stay at 64. A flood from one host
//     moves only what is counted of that host and its rules.
//   - A rule counts for one tactic of ATT&CK, the one that its mapping founds
//     best, so three tactics are at least three rules.
//   - Falco's own messages count as alerts of their rule, but not among the
//     rules and tactics of a host.
//
// # What may go wrong
//
// A line that is no alert, a listener under garbage, a file that cannot be read
// and a full disk under the state file end nothing: each is reported, as the
// plugin's last error, in its progress, to Options.OnError, and to rules, as
// alert.feed.lost of the next event.
//
// A file with a state is read at least once: the state is behind what Falco is
// done with, by no more than a batch. So some alerts come twice after a crash,
// and none is lost. An HTTP client gets its answer when the alert is on its way
// to Falco, and 503 if Falco takes too long.
//
// It needs cgo; without it this package is empty.
package falcoalerts
