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
// # Trust
//
// Whoever caused the event chose much of its text: file names, command lines,
// user agents. Parse bounds its size and shape and nothing else; whatever
// prints a value has to escape it for where it goes.
package event
