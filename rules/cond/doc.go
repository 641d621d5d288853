// Package cond is the language of Falco's conditions: it reads them, prints
// them, checks their types and evaluates them on alerts, with the verdicts of
// a real Falco.
//
// [Compile] makes a [Program] of a condition; a Program is an [event.Matcher],
// so a host registers a handler with the very expression that it would write
// in a rule. The tables of this package know the fields of Falco 0.45 and of
// its usual plugins, and those of the alert itself (alert.rule, alert.tags,
// ...); an [Env] adds others.
//
// # Trees
//
// [Parse] reads a condition into a tree of [Node], with the place of each; it
// accepts what Falco accepts and rejects the rest with Falco's message and
// position, as an [*Error]. [Walk], [Rewrite] and [Fields] work on trees, and
// a tree prints as text that reads back.
//
// The package knows nothing of rule files: a macro is a name in a tree, and a
// list has to be put in place before a condition is parsed, as Falco does it.
//
// # Verdicts
//
// A check of a field for which Falco had no value is false, also one with !=,
// and not of it is true. [Program.Match] treats a field that an alert does not
// have in the same way; [Program.Eval] keeps the two apart, since a rule
// prints only some of the fields that Falco could have looked at.
//
// Falco has fields that it can filter by but not print. They are derived: the
// networks fd.cnet, fd.snet, fd.lnet and fd.rnet from the addresses, fd.ip,
// fd.net, fd.port and fd.proto from both ends of the connection, evt.around
// from the time, and evt.dir is always <. The times that are text to a condition
// (evt.time, evt.datetime, ...) and a number in an alert are written out, in
// UTC. A check of every ancestor, such as
// proc.aname without an index, sees those that the alert's one text tells
// apart.
//
// # Faults of Falco
//
// Some of what Falco does is a fault. By default it is mended here; with
// [Env.Strict] it is repeated, if a verdict depends on it:
//
//   - in and intersects with a transformed list, or with a transformer on the
//     right (tolower, toupper, basename), never match: a NUL byte is compared
//     along. Transformers of a getopt word keep that byte, too.
//   - fd.ip in (...) never matches, fd.net in (...) looks at the first network
//     alone, fd.ip, fd.net and fd.port with a modifier at the first value
//     alone, and with intersects they end Falco (Strict: no match).
//   - evt.rawarg and the fields of every ancestor, such as proc.aname without
//     an index, take a modifier for the first value alone, and in never finds a
//     number.
//   - a network field = anyof (...) never matches, and != allof (...) always
//     does.
//   - evt.around with a modifier looks at the last value alone.
//
// Not repeated in either mode, as the outcome is memory or hash order, or the
// end of Falco: several globs at one place of a pmatch, join and concat over
// values that are no strings (here: their text), and len of getopt (here: the
// number of its words).
package cond
