// Package event is one Falco alert: decoded without loss, read through typed
// fields and views, and handed to the handlers that a host registers.
//
// [Parse] turns the bytes of one alert into an [Event]. An Event is read-only
// from then on and may be shared between goroutines.
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
// Queue, in Serve, and in a Timeout that is told to leave calls behind.
//
// # Trust
//
// Whoever caused the event chose much of its text: file names, command lines,
// user agents. Parse bounds its size and shape and nothing else; whatever
// prints a value has to escape it for where it goes.
package event
