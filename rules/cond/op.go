package cond

import "strings"

// Op is the operator of a [Check].
type Op uint8

// The operators, in the order in which Falco tries and lists them. [OpEqEq]
// and [OpEq] mean the same.
const (
	OpExists Op = iota
	OpLE
	OpLT
	OpGE
	OpGT
	OpEqEq
	OpEq
	OpNE
	OpGlob
	OpIGlob
	OpContains
	OpIContains
	OpBContains
	OpStartsWith
	OpBStartsWith
	OpEndsWith
	OpRegex
	OpIntersects
	OpIn
	OpPMatch
	numOps
)

var opNames = [numOps]string{
	"exists", "<=", "<", ">=", ">",
	"==", "=", "!=", "glob", "iglob", "contains", "icontains", "bcontains",
	"startswith", "bstartswith", "endswith", "regex",
	"intersects", "in", "pmatch",
}

// String returns the operator as it is written.
func (op Op) String() string {
	if op < numOps {
		return opNames[op]
	}
	return "?"
}

// isNum reports whether op is followed by a number.
func (op Op) isNum() bool { return op >= OpLE && op <= OpGT }

// isStr reports whether op is followed by a string, and takes a modifier.
func (op Op) isStr() bool { return op >= OpEqEq && op <= OpRegex }

// IsList reports whether op is followed by a list: in, intersects, pmatch.
func (op Op) IsList() bool { return op >= OpIntersects && op <= OpPMatch }

// isWord reports whether a blank has to follow op.
func (op Op) isWord() bool { return op >= OpGlob && op <= OpRegex }

// Mod is the modifier of an operator: it says for how many entries of the list
// on the right the operator has to hold.
type Mod uint8

// The modifiers.
const (
	NoMod Mod = iota
	OneOf     // for exactly one entry
	AnyOf     // for one entry or more
	AllOf     // for every entry
	numMods
)

var modNames = [numMods]string{"", "oneof", "anyof", "allof"}

// String returns the modifier as it is written, "" for [NoMod].
func (m Mod) String() string {
	if m < numMods {
		return modNames[m]
	}
	return "?"
}

// opText returns an operator with its modifier, as they are written.
func opText(op Op, mod Mod) string {
	if mod == NoMod {
		return op.String()
	}
	return op.String() + " " + mod.String()
}

// ParseOp reads an operator, with or without a modifier behind it, as a rule's
// exceptions name it in comps. Blanks around it do not matter. It is not ok
// for anything that no condition can hold, such as in anyof.
func ParseOp(s string) (op Op, mod Mod, ok bool) {
	words := strings.Fields(s)
	if len(words) == 0 || len(words) > 2 {
		return 0, 0, false
	}
	for op = 0; op < numOps && opNames[op] != words[0]; op++ {
	}
	if op == numOps {
		return 0, 0, false
	}
	if len(words) == 1 {
		return op, NoMod, true
	}
	for mod = OneOf; mod < numMods && modNames[mod] != words[1]; mod++ {
	}
	if mod == numMods || !op.isStr() {
		return 0, 0, false
	}
	return op, mod, true
}
