//go:build !cgo

package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "plugin: a plugin of Falco needs cgo: install a C compiler and set CGO_ENABLED=1")
	os.Exit(1)
}
