// Package rules reads Falco's rule files with the semantics and the messages
// of Falco's own engine, says what is wrong with them, and writes changes that
// a real Falco loads.
//
// [Load] reads files in order, each on top of those before it, and gives a
// [Set]: the rules with lists, macros, exceptions and overrides in place, and
// for each file what Falco would say of it. One pass reports all errors, that
// of Falco first, each with a place in the file that is exact inside folded
// and literal scalars too. [Result] and [Description] are the JSON of falco -V
// and falco -L.
//
// [Set.Match] finds the rules that hold for an alert, [Set.Select] chooses
// which rules run, and [Diff] replays recorded alerts under edited rules.
// [Set.Lint] finds what Falco accepts but is hardly meant, and
// [Set.WriteSARIF] hands it to code scanners.
//
// [Set.Exception] writes the narrowest exception that silences one benign
// alert, [Override] what a later file may change of a rule, [Definition] a new
// rule; [Exception.Patch] and [Append] put them into a file of which everything
// else stays as it is. [Catalog] is the rules that Falco itself ships.
//
// # Where it differs from Falco
//
// The verdict, the first error of a file and the warnings up to it are Falco's.
// What is not:
//
//   - YAML is read as yaml-cpp reads it for Falco, slips included: a key without
//     a colon is one without a value, and of documents nothing is read behind
//     one that says nothing. Only UTF-16 and UTF-32 are refused.
//   - Behind Falco's error come the others of the file; they have Beyond set.
//   - What is over one of the [Limits] is an error, where Falco would go on for
//     as long as it has memory. No more than 10,000 warnings of a file are kept.
//   - An exception that an override puts in place of others, and that has a
//     list of fields but no comps, compares for equality. Falco does not fill
//     comps in there and reads past their end.
//   - The text of a finding of the JSON schema is shorter than Falco's.
//   - The codedesc of a warning in JSON is a few words, as that of an error is,
//     where Falco has sentences.
//
// # Trust
//
// Rule files are bounded by [Limits]; nothing in them makes the package panic
// or run for long. Alerts are written by attackers: a value of theirs enters
// a rule only in a spelling that Falco is sure to read as exactly that value,
// and what has no such spelling is refused.
package rules
