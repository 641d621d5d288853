//go:build race

package event

// The race detector allocates, so what counts allocations is skipped under it.
const raceEnabled = true
