//go:build unix

package main

import (
	"os"
	"syscall"
)

// pause stops a process where it stands, as a machine does that has no time for
// it; resume lets it go on, with a clock that has gone on as well.
func pause(p *os.Process) error  { return p.Signal(syscall.SIGSTOP) }
func resume(p *os.Process) error { return p.Signal(syscall.SIGCONT) }
