// Package bench measures falconer against what Go programs use today. It is a
// module of its own, so that none of it is inherited: see README.md.
package bench
