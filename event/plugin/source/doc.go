// Package source makes a program a plugin that is a source of events. It is a
// package of its own because the SDK makes a source of every program that links
// its half of that: a plugin that has fields alone must not.
//
// It needs cgo; without it this package is empty.
package source
