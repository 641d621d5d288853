// Package cond is the language of Falco's conditions: it reads them, prints
// them, checks their types and evaluates them on alerts, with the verdicts of
// a real Falco.
//
// [Parse] reads a condition into a tree of [Node], with the place of each; it
// accepts what Falco accepts and rejects the rest with Falco's message and
// position, as an [*Error]. [Walk], [Rewrite] and [Fields] work on trees, and
// a tree prints as text that reads back.
//
// The package knows nothing of rule files: a macro is a name in a tree, and a
// list has to be put in place before a condition is parsed, as Falco does it.
package cond
