// Package mitigate says what a Falco alert means and what to do about it.
//
// [For] gives the [Plan] of an alert: what was seen and what it suggests, what
// would make it benign and how to check that, what is at stake, and the steps
// to take now, next and later, each with its reason and the ATT&CK mitigation
// and NIST control it serves. [Plan.First] is the short form for the first
// minutes: what the fields say, the first commands, what to do with each outcome
// of them, and whom to ask. Package report turns a Plan into a document.
//
// # Where the words come from
//
// The words are data: the YAML files below knowledge, whose README gives their
// form. A [Library] holds them. It looks for the alert's rule first; for a rule
// it does not know it falls back to the ATT&CK technique, then the tactic, then
// the source of the alert, and [Plan.Level] says which it was. Where the values
// tell what the alert is as a whole, whatever rule saw it, that [Plan.Situation]
// speaks in place of the rule. A host adds
// files of its own with [Library.With]. Texts and conditions read the fields of
// the alert, compute with them (how long after its container's start a program
// was written) and look into JSON values (which role a policy change gave to
// whom), all of it parsed when an entry is loaded and bounded when it is used.
//
// # Trust
//
// Whoever caused the alert chose much of its text. A [Text] therefore keeps our
// words and the alert's values apart: a renderer knows for each [Span] whose it
// is, and the values are already stripped of control characters and shortened.
// A value enters a command or a manifest only if it has a shape that is known
// to be safe for its field; a placeholder stands there otherwise.
//
// # Cost
//
// The knowledge makes a program 6.1 MB larger. The first plan of a process cuts
// the files into entries and looks at the conditions that concern every alert of a
// source, which takes 17 to 27 ms, as fast as the machine is; other entries are parsed
// when they are first needed, and whose network an address belongs to takes 9 to 12 ms
// when the first address asks.
// After 256 alerts of a source one plan takes 20 to 30 ms more, in which all conditions
// that such alerts may fulfil are compiled. A plan then takes 15 to 60 microseconds of
// one core and 16 to 23 kB, and two or three times as long where alerts of many rules
// take turns; before, several times as much. [Plan.Fields] takes
// two more. What is kept takes 14 MB of memory, and 25 MB after so many alerts.
//
// Plans are pure functions of the alert: no network, no clock, no state. All of
// the package may be used by several goroutines at once.
package mitigate
