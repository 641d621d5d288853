// Package report writes what an alert means as a document for people: the
// Falco Alert Report, as Markdown, plain text or JSON.
//
// A [Report] begins with the urgency and with what was seen, then has the
// sections In Short and Do This First, which fit on a screen, and for reference
// Alert Details, Analysis, Potential Impact, Mitigation Strategies, Example
// Configuration, Conclusion and Mappings, in that order. It is made from a
// [mitigate.Plan] and is a pure function of it.
//
// # Trust
//
// Much of an alert is text of whoever caused it. The parts of a report know
// which words are the alert's (see [mitigate.Text]); each renderer sets those
// words so that they can neither end their place nor be taken for markup:
// a link, a heading, a table cell, an HTML element, an escape sequence of a
// terminal.
package report
