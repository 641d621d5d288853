// Package plugintest tests plugins for Falco, those of package plugin and any
// other that is written with falcosecurity/plugin-sdk-go, without a Falco.
//
// A [Driver] runs a plugin in the test's own process: it opens it, pulls events
// and extracts fields, also as what a condition of package rules/cond looks up,
// so that a plugin and the rules for it are tested together:
//
//	d := plugintest.New(t, newDoors().New(), `{"site":"north"}`)
//	d.Open("")
//	for _, e := range d.Next(10) {
//		if rule.MatchFields(d.Fields(e)) { ... }
//	}
//
// [Shared] tests the shared object as Falco gets it: it builds it, loads it
// with the SDK's loader, and holds what it says of itself and its answers to
// configurations to what is wanted. A [Host] calls a shared object as Falco
// does, through its C interface, events and fields included.
//
// [Event] and [Request] are the SDK's EventReader and ExtractRequest in memory.
//
// The package needs cgo; without it, it is empty.
package plugintest
