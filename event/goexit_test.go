package event

import "runtime"

// runtimeGoexit ends the goroutine, as a testing.T's FailNow inside a handler
// does.
func runtimeGoexit() { runtime.Goexit() }
