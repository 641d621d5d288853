// Package event is one Falco alert: decoded without loss, read through typed
// fields and views, and handed to the handlers that a host registers.
//
// [Parse] turns the bytes of one alert into an [Event], and [ParseText] a line
// of Falco's text. A [Decoder] reads a stream of either, in whatever form logs
// have it, and an [Archive] a large file on all processors. An Event is
// read-only from then on and may be shared between goroutines; a [Draft] is one
// in the making.
//
// # Fields
//
// What a rule printed about the event is in [Event.Fields], under exactly the
// keys that Falco printed: a key holds dots, brackets and arguments, as in
// proc.aname[2], and is never a path. A field that was not printed, a field
// that Falco printed as null because the event has no such value, and an
// empty string are three things; [Kind] tells them apart.
//
// Numbers stay text until they are asked for: evt.time counts nanoseconds
// since 1970, which a float64 cannot hold.
//
// The views, such as [Event.Process] and [Event.K8sAudit], gather the fields
// that belong together, under Go's types; [Bind] does so for a struct of the
// host's own; [Event.Internal] for what Falco reports on itself.
//
// # Forms
//
// Falco has printed alerts in several forms, and what relays them makes more.
// All of them decode to the same Event: keys in any order or missing, times
// with any number of digits and any offset, numbers in strings, Falco's older
// names. [Event.AppendJSON] prints the form of today's Falco, to the byte.
// [Event.ID] is the same for all forms of one alert.
//
// # Handling
//
// A [Handler] is told of alerts. A [Mux] gives each alert to the handlers whose
// [Matcher] matches it: [Rule], [Tagged], [AtLeast], [Field] and so on, [All],
// [Any] and [Not] of them, or a condition in the language of Falco's rules,
// compiled by package rules/cond. [Middleware] goes around a handler: [Recover],
// [Timeout], [Retry], [Dedup], [Throttle], [Sample], [Aggregate], [Suppress],
// [Redact], [Log], [Metrics]; [Chain] puts several around one.
//
// Alerts come from wherever the host has them: it calls HandleEvent itself,
// gives a stream to [Serve], or mounts package eventhttp. A [Queue] in between
// accepts alerts at once and handles them later, in order per key.
//
// No alert is lost in silence. What is not passed on is counted, by [HeldBy],
// [MuxStats] and [QueueStats]; what was not handled comes back as an error. The
// package logs nothing, keeps no global state, and starts goroutines only in a
// Queue, in Serve, in an iteration over an Archive, and in a Timeout that is
// told to leave calls behind.
//
// # Trust
//
// Whoever caused the event chose much of its text: file names, command lines,
// user agents. Parse bounds its size and shape with [Limits], makes UTF-8 of
// it, refuses a key that comes twice, and does nothing else; whatever prints a
// value has to escape it for where it goes. A line of text is worth less than
// JSON: what looks like a field in it may be part of a command line.
package event
