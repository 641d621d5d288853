//go:build race

package falcoalerts

// The race detector allocates, so what counts allocations is skipped under it.
const raceEnabled = true
