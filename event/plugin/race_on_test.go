//go:build race

package plugin_test

// The race detector allocates, so what counts allocations is skipped under it.
const raceEnabled = true
