package cond

import "slices"

// Type is the type of a field or constant, by Falco's name for it.
type Type uint8

// The types. A field of an unknown plugin is a [CharBuf]; the names that have
// no meaning to a condition are there so that messages can say them.
const (
	NoType Type = iota
	Int8
	Int16
	Int32
	Int64
	Uint8
	Uint16
	Uint32
	Uint64
	CharBuf // a string, for a condition up to its first NUL byte
	ByteBuf // bytes
	Errno
	SockAddr
	SockTuple
	FD
	PID
	FDList
	FSPath
	FSRelPath
	SyscallID
	SigType
	RelTime // nanoseconds
	AbsTime // nanoseconds since 1970
	Port
	Bool
	IPv4Addr
	IPAddr
	IPNet // in a field: an address that is compared with networks
	Dynamic
	Flags8
	Flags16
	Flags32
	EnumFlags8
	EnumFlags16
	EnumFlags32
	Mode
	UID
	GID
	SigSet
	Double
	CharBufArray
	CharBufPairArray
	PID32
	numTypes
)

var typeNames = [numTypes]string{
	"NONE", "INT8", "INT16", "INT32", "INT64", "UINT8", "UINT16", "UINT32", "UINT64", "CHARBUF", "BYTEBUF",
	"ERRNO", "SOCKADDR", "SOCKTUPLE", "FD", "PID", "FDLIST", "FSPATH", "FSRELPATH", "SYSCALLID", "SIGTYPE",
	"RELTIME", "ABSTIME", "PORT", "BOOL", "IPV4ADDR", "IPADDR", "IPNET", "DYNAMIC", "FLAGS8", "FLAGS16", "FLAGS32",
	"ENUMFLAGS8", "ENUMFLAGS16", "ENUMFLAGS32", "MODE", "UID", "GID", "SIGSET", "DOUBLE", "CHARBUFARRAY",
	"CHARBUF_PAIR_ARRAY", "PID32",
}

// String returns Falco's name of the type, such as CHARBUF.
func (t Type) String() string {
	if t < numTypes {
		return typeNames[t]
	}
	return "?"
}

// ParseType is the inverse of [Type.String]. It takes string too, which is
// what plugins call a CHARBUF.
func ParseType(name string) (t Type, ok bool) {
	if name == "string" || name == "STRING" {
		return CharBuf, true
	}
	for i, n := range typeNames {
		if n == name && i > 0 {
			return Type(i), true
		}
	}
	return NoType, false
}

// class is how the values of a type compare.
type class uint8

const (
	noClass class = iota
	intClass
	uintClass
	doubleClass
	boolClass
	strClass
	bufClass
	ipClass
	netClass
)

func (t Type) class() class {
	switch t {
	case Int8, Int16, Int32, Int64, Errno, FD, PID:
		return intClass
	case Uint8, Uint16, Uint32, Uint64, SyscallID, SigType, RelTime, AbsTime, Port,
		Flags8, Flags16, Flags32, EnumFlags8, EnumFlags16, EnumFlags32, Mode:
		return uintClass
	case Double:
		return doubleClass
	case Bool:
		return boolClass
	case CharBuf, FSPath, FSRelPath:
		return strClass
	case ByteBuf:
		return bufClass
	case IPv4Addr, IPAddr:
		return ipClass
	case IPNet:
		return netClass
	}
	return noClass
}

// bits is the width of an integer type.
func (t Type) bits() int {
	switch t {
	case Int8, Uint8, SigType, Flags8, EnumFlags8:
		return 8
	case Int16, Uint16, SyscallID, Port, Flags16, EnumFlags16:
		return 16
	case Int32, Uint32, Flags32, EnumFlags32, Mode:
		return 32
	}
	return 64
}

// opsOf are the operators, besides exists, that fit a class, with the word
// that Falco has for it.
var opsOf = map[class]struct {
	name string
	ops  []Op
}{
	intClass:    {"numeric", numberOps},
	uintClass:   {"numeric", numberOps},
	doubleClass: {"numeric", numberOps},
	boolClass:   {"numeric", equalityOps},
	strClass: {"string", append(slices.Clip(numberOps), OpContains, OpIContains, OpStartsWith, OpEndsWith,
		OpGlob, OpIGlob, OpRegex, OpPMatch)},
	bufClass: {"buffer", append(slices.Clip(equalityOps), OpContains, OpStartsWith, OpEndsWith, OpBContains, OpBStartsWith)},
	ipClass:  {"ip address and network", equalityOps},
	netClass: {"ip address and network", equalityOps},
}

var (
	equalityOps = []Op{OpEqEq, OpEq, OpNE, OpIn, OpIntersects}
	numberOps   = append(slices.Clip(equalityOps), OpLT, OpLE, OpGT, OpGE)
)
