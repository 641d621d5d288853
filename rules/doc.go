// Package rules reads Falco's rule files with the semantics and the messages
// of Falco's own engine, says what is wrong with them, and writes changes that
// a real Falco loads.
//
// [Load] reads files in order, each on top of those before it, and gives a
// [Set]: the rules with lists, macros, exceptions and overrides in place, and
// for each file what Falco would say of it. One pass reports all errors, that
// of Falco first, each with a place in the file that is exact inside folded
// and literal scalars too.
//
// [Set.Exception] writes the narrowest exception that silences one benign
// alert; [Override] writes what else a later file may change of a rule.
//
// # Trust
//
// Rule files are bounded by [Limits]; nothing in them makes the package panic
// or run for long. Alerts are written by attackers: a value of theirs enters
// a rule only in a spelling that Falco is sure to read as exactly that value,
// and what has no such spelling is refused.
package rules
