// Package falconer is the embeddable Go library for Falco alerts: decode one,
// decide who handles it, know what it means and say what to do about it.
//
// The packages below do the work; this one only holds the map. A whole chain,
// from the bytes of an alert to a report for people, is in the example.
//
// # Packages
//
//   - [github.com/falconer-go/falconer/event]: the alert. Decodes every JSON
//     dialect and the text lines of Falco without loss, gives typed fields and
//     views, encodes as Falco does; handlers, matchers, the Mux, middleware,
//     a bounded queue.
//   - [github.com/falconer-go/falconer/event/eventhttp]: an http.Handler for
//     Falco's http_output.
//   - [github.com/falconer-go/falconer/event/eventtest]: sample alerts, and a
//     conformance kit for a host's own handlers.
//   - [github.com/falconer-go/falconer/event/plugin]: a kit for plugins of
//     Falco: declare fields and an iterator of events. It needs cgo. Below it,
//     falcoalerts is the plugin that gives one Falco the alerts of many.
//   - [github.com/falconer-go/falconer/rules/cond]: Falco's condition language,
//     with Falco's verdicts.
//   - [github.com/falconer-go/falconer/rules]: rule files, read, checked and
//     written as Falco's engine reads them.
//   - [github.com/falconer-go/falconer/enrich]: ATT&CK, NIST SP 800-53, PCI DSS
//     and CIS, with the evidence for each item.
//   - [github.com/falconer-go/falconer/mitigate]: what an alert means and what
//     to do about it.
//   - [github.com/falconer-go/falconer/mitigate/report]: that, as a document.
//
// Imports point one way: event, then rules/cond, then rules; event, then
// enrich; mitigate on top. Package event alone brings neither YAML nor net/http
// nor tables.
//
// # Guarantees
//
// The same alert gives the same answer: there is no network, no clock and no
// language model in it. The library opens no socket, file or cluster connection
// of its own accord, logs nothing, and starts goroutines only in Serve, Queue
// and archive readers, which end what they started.
//
// Events, programs, rule sets, mappings, plans and reports are immutable once
// made and safe to share. A Decoder belongs to one goroutine.
//
// Every input has a default bound: a record 1 MiB, nesting 64, 4096 fields,
// 1024 tags; conditions, rule files and tables have theirs. What is over a
// bound, or malformed, gives a typed error with its position, and the stream
// goes on with the next record. Data never panics the library.
//
// An alert is text that an attacker helped to write. Values are shown as inert
// text in every format, and enter a command or a manifest only if their shape
// is known to be safe there.
package falconer
