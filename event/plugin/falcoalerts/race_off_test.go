//go:build !race

package falcoalerts

const raceEnabled = false
