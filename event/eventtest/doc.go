// Package eventtest helps to test code that handles Falco alerts: sample alerts
// of every kind that Falco prints, a [Builder] of others, a [Recorder], and
// [TestHandler], which holds a host's own handler to the rules that a
// [event.Handler] must keep.
package eventtest
