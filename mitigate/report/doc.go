// Package report writes what alerts mean as a document for people: the Falco
// Alert Report on one alert, and the Falco Incident Report on the alerts of one
// incident, as Markdown, HTML, plain text, JSON or for Slack.
//
// A [Report] on an alert begins with a short form, In Short and Do This First,
// and goes on with Alert Details, Analysis, Potential Impact, Mitigation
// Strategies, Example Configuration, Conclusion and Mappings; [Report.Brief] keeps
// what cannot wait. Checks that only read come first; where every minute counts, what
// ends the damage comes behind two of them, before the others. Each finding has
// its commands below it, numbered on from the checks. A report is made from a
// [mitigate.Plan] and is a pure function of it. [Incident] tells a story from
// many alerts; a [Grouper] finds out which belong together.
//
// # Trust
//
// Much of an alert is text of whoever caused it. The parts of a report know
// which words are the alert's (see [mitigate.Text]); each renderer sets those
// words so that they can neither end their place nor be taken for markup:
// a link, a heading, a table cell, an HTML element, an escape sequence of a
// terminal.
//
// # Cost
//
// From the bytes of an alert with a dozen fields to Markdown it takes 90 to
// 130 microseconds of one core of a busy machine, and 57 kB, a third of it for
// the plan; HTML takes a third more, plain text half as much again. An alert with
// a hundred fields takes up to twice as long. A story of
// 10,000 alerts takes less than half a second. What a
// [Grouper] keeps is bounded by its options.
package report
