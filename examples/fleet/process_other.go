//go:build !unix

package main

import (
	"errors"
	"os"
)

func pause(*os.Process) error  { return errors.New("processes cannot be paused here") }
func resume(*os.Process) error { return errors.New("processes cannot be paused here") }
