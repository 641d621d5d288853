package cond

import (
	"strings"
	"testing"

	"github.com/falconer-go/falconer/event"
)

// What follows takes the description of the language claim by claim, beside
// the conformance cases: each claim with the shortest conditions that show it.

// TestSpecSyntax has what reads and what does not, with Falco's message and
// the index of the byte where it stops.
func TestSpecSyntax(t *testing.T) {
	const (
		checkOp   = "expected a valid check operator: one of"
		strValue  = "expected a string value or a field with a valid transformer: 'val', 'tolower'"
		numValue  = "expected a number value or a field with a valid transformer: 'val', 'tolower'"
		listValue = "expected a list, an identifier, or a field with a valid transformer: 'val', 'tolower'"
		check     = "expected a '(' token, a field check, or an identifier"
		argument  = "expected field transformer argument: field, transformer, quoted string, number, or transformer list"
		listArg   = "expected transformer list argument: field, transformer, quoted string, or number"
		behind    = "unexpected token after "
	)
	for _, tt := range []struct {
		claim, text, msg string // msg is "" for what reads, else how the message begins
		at               int
	}{
		{"an empty text is none", "", "filter input string is empty", 0},
		{"blanks alone are none either", " \n", check, 2},
		{"keywords are lower case", "a AND b", behind + "'a', expecting 'or', 'and'", 2},
		{"keywords are lower case", "a.b = x Or c", behind + "'x', expecting 'or', 'and'", 8},
		{"keywords are lower case", "NOT a", behind + "'NOT', expecting 'or', 'and'", 4},
		{"operators are lower case", "a.b CONTAINS x", checkOp, 4},
		{"or wants a blank or a parenthesis", "a or\vb", "expected blank or '(' after 'or'", 4},
		{"and wants a blank or a parenthesis", "a and,b", "expected blank or '(' after 'and'", 5},
		{"a keyword may follow a parenthesis at once", "(a)and(b)or(c)", "", 0},
		{"or( takes what is in the parentheses and no and behind them", "(a)or(b)and(c)", behind + "')', expecting 'or', 'and'", 8},
		{"a bare string takes a keyword behind it along", "a.b=1or c", behind + "'1or', expecting 'or', 'and'", 8},
		{"= ends at no blank", "a.b=x and(c)", "", 0},
		{"a parenthesis has to be closed", "(a and b", "expected a ')' token", 8},
		{"a parenthesis has to be opened", "a)", behind + "'a', expecting 'or', 'and'", 1},
		{"() is nothing", "()", check, 1},
		{"not takes any white space", "not\va", "", 0},
		{"not of nothing is a name", "not", "", 0},
		{"not ) is not", "not )", check, 4},
		{"reserved words are names", "and", "", 0},
		{"reserved words are strings", "a.b = and", "", 0},
		{"reserved words are names", "true or false", "", 0},

		{"a field name has two parts or more", "a = x", behind + "'a', expecting 'or', 'and'", 2},
		{"each part begins with a letter", "a.1 = x", behind + "'a', expecting 'or', 'and'", 1},
		{"each part begins with a letter", "a.b._c = x", checkOp, 3},
		{"one dot joins two parts", "a..b = x", behind + "'a', expecting 'or', 'and'", 1},
		{"an underscore may end a part", "a_.b_9 = x", "", 0},
		{"a dot at the end is no part", "a.b. = x", checkOp, 3},
		{"no blank before an argument", "a.b [c] = x", checkOp, 4},
		{"no blank in a bare argument", "a.b[ c] = x", "expected a valid field argument: a quoted string or a bare string", 4},
		{"no blank in a bare argument", "a.b[c ] = x", "expected a ']' token", 5},
		{"no brackets in a bare argument", "a.b[c[d]] = x", "expected a ']' token", 5},
		{"an argument is not nothing", "a.b[] = x", "expected a valid field argument: a quoted string or a bare string", 4},
		{"an argument may be an empty string", "a.b[''] = x", "", 0},
		{"a quoted argument holds anything", "a.b['c ]\"['] = x", "", 0},
		{"a bare argument holds parentheses and commas", "a.b[(c,d)=] = x", "", 0},
		{"an argument has to end", "a.b[c", "expected a ']' token", 5},
		{"an argument is unescaped", `a.b["\q"] = x`, `unsupported string escape sequence: \q`, 8},

		{"a check wants an operator", "a.b", checkOp, 3},
		{"operators have an order: == before =", "a.b = = x", strValue, 6},
		{"operators have an order: <= before <", "a.b < = 1", numValue, 6},
		{"exists wants no blank", "a.b existsand(c)", "", 0},
		{"a word wants a blank", "a.b contains(x)", checkOp, 4},
		{"a word wants a blank", "a.b glob", checkOp, 4},
		{"a word wants a blank", "a.b startswith=x", checkOp, 4},
		{"a word takes any blank", "a.b startswith\b\r\nx", "", 0},
		{"in, intersects and pmatch want no blank", "a.b in(c) and a.b intersects(c) and a.b pmatch(c)", "", 0},
		{"inside is in side", "a.b inside (1)", behind + "'side', expecting 'or', 'and'", 11},
		{"< takes no quotes", "a.b < '1'", numValue, 6},
		{"< takes no string", "a.b >= x", numValue, 7},
		{"< takes a number", "a.b > 1 and a.b<=-1 and a.b>=+1.5 and a.b<5. and a.b>1.e+5 and a.b>0XaF", "", 0},
		{"a number begins with a digit", "a.b > .5", numValue, 6},
		{"an exponent has a sign", "a.b > 1e5", behind + "'1', expecting 'or', 'and'", 7},
		{"an exponent has digits", "a.b > 1e+", behind + "'1', expecting 'or', 'and'", 7},
		{"a hexadecimal number has digits and no sign", "a.b > 0x", behind + "'0', expecting 'or', 'and'", 7},
		{"a hexadecimal number has digits and no sign", "a.b > -0x1", behind + "'-0', expecting 'or', 'and'", 8},
		{"a number with a unit is none", "a.b > 1s", behind + "'1', expecting 'or', 'and'", 7},
		{"< takes transformers", "a.b < len(c.d) and a.b >= val(c.d)", "", 0},
		{"= takes no list", "a.b = (x)", strValue, 6},
		{"contains takes no list", "a.b contains (x)", strValue, 13},
		{"= takes nothing but a value", "a.b =", strValue, 5},
		{"a bare string has no comma", "a.b = x,y", behind + "'x', expecting 'or', 'and'", 7},
		{"a bare string has no quote", "a.b = x'y'", behind + "'x', expecting 'or', 'and'", 7},
		{"a bare string has no =", "a.b = x=y", behind + "'x', expecting 'or', 'and'", 7},
		{"a bare string has no vertical tab", "a.b = x\vy", behind + "'x', expecting 'or', 'and'", 7},
		{"anything else is a bare string", "a.b = *<NA>$x;[..]|{}#é\\", "", 0},
		{"# begins no comment", "a.b = x # y", behind + "'x', expecting 'or', 'and'", 8},

		{"a list holds strings", "a.b in ('x y', z, \"\")", "", 0},
		{"a list may be empty", "a.b in () and a.b pmatch ( )", "", 0},
		{"a list has no comma at its end", "a.b in (x,)", "expected a string value", 10},
		{"a list has no comma at its start", "a.b in (,x)", "expected a ')' token", 8},
		{"a list has to end", "a.b in (x", "expected a ')' token", 9},
		{"a list has commas", "a.b in (x y)", "expected a ')' token", 10},
		{"a list is no place for a transformer", "a.b in (tolower(c.d))", "expected a ')' token", 15},
		{"in takes the name of a list", "a.b in names and a.b intersects names", "", 0},
		{"in takes no number", "a.b in 5", listValue, 7},
		{"in takes no string in quotes", "a.b in 'x'", listValue, 7},
		{"in takes transformers", "a.b in val(c.d) and a.b pmatch tolower(c.d)", "", 0},
		{"a list of a transformer is one argument", "join(',', (a.b, 'x', 5, len(c.d))) = y", "", 0},
		{"it may be empty", "len(()) = 0 and len(( )) = 0", "", 0},
		{"it does not nest", "len((('a'))) = 0", listArg, 5},
		{"it takes no bare string", "len((a)) = 0", listArg, 5},
		{"it has no comma at its end", "len(('a',)) = 0", listArg, 9},
		{"it has to end", "len(('a' = 0", "expected ')'", 9},

		{"a modifier is one before a list", "a.b = anyof (x) and a.b contains allof names", "", 0},
		{"else it is a string", "a.b = oneof and a.b != allof", "", 0},
		{"else it is a string", "a.b = oneof not", behind + "'oneof', expecting 'or', 'and'", 12},
		{"a word that begins like a keyword is a list", "a.b = oneof android or a.b = oneof notes", "", 0},
		{"a modifier has blanks on both sides", "a.b =oneof (x)", behind + "'oneof', expecting 'or', 'and'", 11},
		{"a modifier has blanks on both sides", "a.b = oneof(x)", behind + "'oneof', expecting 'or', 'and'", 11},
		{"a modifier wants a list", "a.b = anyof 'x'", behind + "'anyof', expecting 'or', 'and'", 12},
		{"< has no modifier", "a.b > oneof (1)", numValue, 6},
		{"in has no modifier", "a.b in oneof (x)", behind + "'oneof', expecting 'or', 'and'", 13},
		{"exists has no modifier", "a.b exists anyof (x)", behind + "'exists', expecting 'or', 'and'", 11},
		{"a modifier takes a list alone", "a.b = anyof (", "expected a ')' token", 13},

		{"val is for the right", "val(a.b) = x", behind + "'val', expecting 'or', 'and'", 3},
		{"val takes a field", "a.b = val(x)", "expected a field within 'val' transformer", 10},
		{"val takes a field", "a.b = val('c.d')", "expected a field within 'val' transformer", 10},
		{"val takes no transformer", "a.b = val(tolower(c.d))", "expected a field within 'val' transformer", 10},
		{"val takes one field", "a.b = val(c.d, e.f)", "expected a ')' token closing the transformer", 13},
		{"val takes a field with an argument", "a.b = val( c.d[x] )", "", 0},
		{"val has no blank before the parenthesis", "a.b = val (c.d)", behind + "'val', expecting 'or', 'and'", 10},
		{"a transformer has no blank there either", "tolower (a.b) = x", behind + "'tolower', expecting 'or', 'and'", 8},
		{"a transformer takes no name", "tolower(abc) = x", argument, 8},
		{"a transformer takes no val", "tolower(val(a.b)) = x", argument, 8},
		{"a transformer takes something", "tolower() = x", argument, 8},
		{"a transformer has no comma at its end", "concat(a.b,) = x", argument, 11},
		{"a transformer has to end", "tolower(a.b = x", "expected a ')' token closing the transformer", 12},
		{"transformers nest", "tolower( toupper( b64(a.b) ) ) = basename( c.d )", "", 0},
		{"a transformer may have an argument", "getopt(a.b, 'x:')[x] = 5", "", 0},
		{"a name like a transformer is a name", "lower or tolowered", "", 0},
		{"what is no transformer is a name", "upper(a.b) = x", behind + "'upper', expecting 'or', 'and'", 5},

		{"a string may go over lines", "a.b = 'x\ny'", "", 0},
		{"a string has to end", "a.b = 'x", strValue, 6},
		{"a string cannot end in a backslash", `a.b = 'x\\'`, strValue, 6},
		{"a string ends at its own quote", `a.b = 'x"' and a.b = "x'"`, "", 0},
		{"an escape is one of a few", `a.b = "\b\f\n\r\t\\\/\"\x41\ "`, "", 0},
		{"an escape is one of a few", `a.b = '\u0041'`, `unsupported string escape sequence: \u`, 14},
		{"an escape is one of a few", `a.b = '\d'`, `unsupported string escape sequence: \d`, 10},
		{"the other quote has no escape", `a.b = '\"'`, `invalid \" escape in '-quoted string`, 10},
		{"the other quote has no escape", `a.b = "\'"`, `invalid \' escape in "-quoted string`, 10},
		{"\\x has two digits", `a.b = '\x4'`, "truncated hex char escape sequence", 11},
		{"\\x has two digits", `a.b = '\x'`, "truncated hex char escape sequence", 10},
		{"\\x has two digits", `a.b = '\xgg'`, "invalid hex char escape sequence: gg", 12},
		{"the token behind which reading stopped is without quotes", `a.b = "x\ty" z`, behind + "'x\ty', expecting 'or', 'and'", 13},
		{"a carriage return begins a line, and so does a line feed", "a\r\nand\r\nb c", behind + "'b', expecting 'or', 'and'", 10},
	} {
		_, err := Parse(tt.text, nil)
		if tt.msg == "" {
			if err != nil {
				t.Errorf("%s: %q: %v", tt.claim, tt.text, err)
			}
			continue
		}
		e, ok := err.(*Error)
		switch {
		case !ok:
			t.Errorf("%s: %q is read", tt.claim, tt.text)
		case !strings.HasPrefix(e.Msg, tt.msg) || e.Pos.Offset != tt.at:
			t.Errorf("%s: %q: %q at %d, want %q at %d", tt.claim, tt.text, e.Msg, e.Pos.Offset, tt.msg, tt.at)
		case e.Pos != start.after(tt.text[:tt.at]) || e.At != e.Pos || len(e.Expected) == 0:
			t.Errorf("%s: %q: %+v", tt.claim, tt.text, e)
		case !strings.HasPrefix(e.Falco(), "filter error at index "):
			t.Errorf("%s: %q: Falco says %q", tt.claim, tt.text, e.Falco())
		}
	}
}

// specFields is a table with a field of each type.
func specFields(t *testing.T) *Table {
	own, err := NewTable(
		FieldInfo{Name: "t.i8", Type: Int8}, FieldInfo{Name: "t.i16", Type: Int16}, FieldInfo{Name: "t.i32", Type: Int32},
		FieldInfo{Name: "t.i64", Type: Int64}, FieldInfo{Name: "t.u8", Type: Uint8}, FieldInfo{Name: "t.u16", Type: Uint16},
		FieldInfo{Name: "t.u32", Type: Uint32}, FieldInfo{Name: "t.u64", Type: Uint64}, FieldInfo{Name: "t.fd", Type: FD},
		FieldInfo{Name: "t.pid", Type: PID}, FieldInfo{Name: "t.errno", Type: Errno}, FieldInfo{Name: "t.syscall", Type: SyscallID},
		FieldInfo{Name: "t.sig", Type: SigType}, FieldInfo{Name: "t.rel", Type: RelTime}, FieldInfo{Name: "t.abs", Type: AbsTime},
		FieldInfo{Name: "t.port", Type: Port}, FieldInfo{Name: "t.flags", Type: Flags32}, FieldInfo{Name: "t.enum", Type: EnumFlags8},
		FieldInfo{Name: "t.mode", Type: Mode}, FieldInfo{Name: "t.dbl", Type: Double}, FieldInfo{Name: "t.bool", Type: Bool},
		FieldInfo{Name: "t.str", Type: CharBuf}, FieldInfo{Name: "t.path", Type: FSPath}, FieldInfo{Name: "t.rpath", Type: FSRelPath},
		FieldInfo{Name: "t.buf", Type: ByteBuf}, FieldInfo{Name: "t.ip", Type: IPAddr}, FieldInfo{Name: "t.net", Type: IPNet},
		FieldInfo{Name: "t.strs", Type: CharBuf, List: true}, FieldInfo{Name: "t.nums", Type: Uint64, List: true},
		FieldInfo{Name: "t.ips", Type: IPAddr, List: true}, FieldInfo{Name: "t.nets", Type: IPNet, List: true},
		FieldInfo{Name: "t.key", Type: CharBuf, ArgKey: true, ArgRequired: true},
		FieldInfo{Name: "t.index", Type: CharBuf, ArgIndex: true}, FieldInfo{Name: "t.either", Type: CharBuf, ArgIndex: true, ArgKey: true},
		FieldInfo{Name: "t.str.sub", Type: Uint64},
	)
	if err != nil {
		t.Fatal(err)
	}
	return FalcoWithoutPlugins().With(own)
}

// TestSpecTypes has what compiles in a rule of the source, and what does not,
// with Falco's message and the index of the operand concerned.
func TestSpecTypes(t *testing.T) {
	env := &Env{Fields: specFields(t)}

	// The table of operators and types.
	numeric := "= == != < <= > >= in intersects"
	some := "= == != in intersects"
	text := numeric + " contains icontains startswith endswith glob iglob regex pmatch"
	fits := map[string]string{
		"numeric": numeric, "bool": some, "string": text, "ip address and network": some,
		"buffer": some + " contains startswith endswith bcontains bstartswith",
	}
	value := map[string]string{"bool": "true", "ip address and network": "1.2.3.4"}
	for field, class := range map[string]string{
		"t.i8": "numeric", "t.i16": "numeric", "t.i32": "numeric", "t.i64": "numeric", "t.u8": "numeric", "t.u16": "numeric",
		"t.u32": "numeric", "t.u64": "numeric", "t.fd": "numeric", "t.pid": "numeric", "t.errno": "numeric", "t.syscall": "numeric",
		"t.sig": "numeric", "t.rel": "numeric", "t.abs": "numeric", "t.port": "numeric", "t.flags": "numeric", "t.enum": "numeric",
		"t.mode": "numeric", "t.dbl": "numeric", "t.bool": "bool", "t.str": "string", "t.path": "string", "t.rpath": "string",
		"t.buf": "buffer", "t.ip": "ip address and network", "t.net": "ip address and network",
	} {
		if _, err := Compile(field+" exists", env); err != nil {
			t.Errorf("%s exists: %v", field, err)
		}
		for _, op := range opNames[1:] {
			right := value[class]
			switch {
			case right == "":
				right = "10"
			case field == "t.net":
				right = "1.0.0.0/8"
			}
			for _, mod := range modNames {
				o, m, ok := ParseOp(op + " " + mod)
				if !ok {
					continue
				}
				full := right
				if o.IsList() || m != NoMod {
					full = "(" + right + ")"
				}
				condition := field + " " + opText(o, m) + " " + full
				if class == "bool" && o.isNum() {
					condition = field + " " + op + " 1"
				}
				if class == "ip address and network" && o.isNum() {
					condition = field + " " + op + " 1"
				}
				_, err := Compile(condition, env)
				name := op
				if op == "==" {
					name = "="
				}
				word := class
				if class == "bool" {
					word = "numeric"
				}
				want := "filter error: '" + name + "' operator not supported for " + word + " filters"
				if m != NoMod && class == "ip address and network" {
					want = "filter error: '" + name + "' with modifier not supported for ip address and network filters"
				}
				if strings.Contains(" "+fits[class]+" ", " "+op+" ") {
					want = ""
				}
				if got := falcoMsg(err); got != want {
					t.Errorf("%s: %q, want %q", condition, got, want)
				}
			}
		}
	}

	for _, tt := range []struct {
		claim, text, msg string
		at               int
	}{
		{"a list has in, intersects and exists", "t.strs in (a) and t.nums intersects (1) and t.ips exists", "", 0},
		{"a list has nothing else", "t.strs = a", "filter error: '=' operator not supported list filters", 7},
		{"a list has nothing else", "t.nums > 1", "filter error: '>' operator not supported list filters", 7},
		{"a list has nothing else", "t.strs pmatch (a)", "filter error: 'pmatch' operator not supported list filters", 7},
		{"a list has no modifier", "t.strs != allof (a)", "filter error: '!=' operator not supported list filters", 7},
		{"the left side comes before the right one", "t.strs = val(t.nope)", "filter error: '=' operator not supported list filters", 7},
		{"the field comes before its operator", "t.nope > x", "", -1},
		{"checks come from left to right", "t.u8 = x and t.nope = x", "x is not a valid number", 7},

		{"a number may have blanks and a sign before it", "t.i8 = ' 1' and t.u64 = '\t+1' and t.i32 in (-1, '-0', 007)", "", 0},
		{"a number has nothing behind it", "t.i8 = '1 '", "1  is not a valid number", 7},
		{"a number is decimal and whole", "t.u64 > 0x1", "0x1 is not a valid number", 8},
		{"a number is decimal and whole", "t.u64 > 1.0", "1.0 is not a valid number", 8},
		{"a number is decimal and whole", "t.u64 > 1e+0", "1e+0 is not a valid number", 8},
		{"a number is decimal and whole", "t.dbl > 0.5", "0.5 is not a valid number", 8},
		{"a sign alone is no number", "t.i64 = '-'", "- is not a valid number", 8},
		{"two signs are none either", "t.i64 = '--1'", "--1 is not a valid number", 8},
		{"a list of numbers is looked at from left to right", "t.u8 in (1, x, y)", "x is not a valid number", 12},
		{"what a string compares with is text", "t.str > 0x1 and t.str <= 1.5 and t.str < 1e+0", "", 0},
		{"a bool is true or false", "t.bool = True", "filter error: unrecognized boolean value True", 9},
		{"a bool is true or false", "t.bool in (true, 1)", "filter error: unrecognized boolean value 1", 17},
		{"a port is digits or a service", "t.port in (80, ssh, '', 65979) and t.port > 1024", "", 0},
		{"a port is digits or a service", "t.port = -1", "unrecognized protocol -1", 9},
		{"a port is digits or a service", "t.port = ' 80'", "unrecognized protocol  80", 9},
		{"a port is digits or a service", "t.port = SSH", "unrecognized protocol SSH", 9},
		{"a port that is too large for an int ends Falco", "t.port = 2147483648", "port 2147483648 is out of range", 9},
		{"an address with a dot is IPv4", "t.ip = ::ffff:10.0.0.1", "unrecognized IPv4 address ::ffff:10.0.0.1", 7},
		{"an address has four parts", "t.ip = 10.0.1", "unrecognized IPv4 address 10.0.1", 7},
		{"no part has a zero before it", "t.ip = 10.0.0.01", "unrecognized IPv4 address 10.0.0.01", 7},
		{"an address without a dot is IPv6", "t.ip = 10", "unrecognized IPv6 address 10", 7},
		{"an address without a dot is IPv6", "t.ip in (::1, FE80::A, x)", "unrecognized IPv6 address x", 23},
		{"an address has no zone", "t.ip = fe80::1%1", "unrecognized IPv6 address fe80::1%1", 7},
		{"an address is no network", "t.ip in (10.0.0.0/8)", "unrecognized IPv4 address 10.0.0.0/8", 9},
		{"a network has a length", "t.net = 10.0.0.1", "unrecognized IP network 10.0.0.1", 8},
		{"a network has a length", "t.net = ::1", "invalid v6 netmask: ::1", 8},
		{"a length is a number", "t.net = 10.0.0.0/x", "x is not a valid number", 8},
		{"a length is a number", "t.net = 10.0.0.0/", " is not a valid number", 8},
		{"a length is a number", "t.net = 10.0.0.0/8/9", "8/9 is not a valid number", 8},
		{"a length is a byte", "t.net = 10.0.0.0/264 and t.net = '10.0.0.0/ +8'", "", 0},
		{"a length is not too long", "t.net = 10.0.0.0/33", "invalid netmask 33", 8},
		{"a length is not too long", "t.net = ::/129", "invalid v6 netmask 129", 8},
		{"a length of 0 is for IPv4", "t.net = 0.0.0.0/0", "", 0},
		{"a length of 0 is for IPv4", "t.net = ::/0", "invalid v6 netmask 0", 8},
		{"a network has an address", "t.net = 10.0.0/8", "unrecognized IP address 10.0.0/8", 8},
		{"a NUL byte is for bytes alone", `t.buf = '\x00'`, "", 0},
		{"a NUL byte is for bytes alone", `t.str in (a, '\x00')`, `filter error: filter value cannot contain a NUL byte (\x00)`, 13},
		{"a NUL byte is for bytes alone", `t.u8 = '1\x00'`, `filter error: filter value cannot contain a NUL byte (\x00)`, 7},
		{"hexadecimal text has an even number of digits", "t.buf bcontains 0aFF and t.buf bstartswith anyof (00, ff)", "", 0},
		{"hexadecimal text has an even number of digits", "t.buf bcontains 0xff", "filter error: bcontains and bstartswith operator support hex strings only", 16},
		{"hexadecimal text has an even number of digits", "t.buf bstartswith anyof (ff, f)", "filter error: bcontains and bstartswith operator support hex strings only", 29},

		{"an event type is one that Falco knows", "evt.type in (open, execve, NA, '')", "", 0},
		{"an event type is one that Falco knows", "evt.type contains op", "unknown event type op", 18},
		{"an event type is one that Falco knows", "evt.type startswith anyof (open, o)", "unknown event type o", 33},
		{"also where it is transformed", "tolower(evt.type) = nope", "unknown event type nope", 20},
		{"not where it is on the right", "proc.name = val(evt.type)", "", 0},

		{"a regex is of POSIX, with some of Perl", `t.str regex '(a|b)+?[[:alpha:][:word:]]{2,3}.*\\x41\\x{41}^$'`, "", 0},
		{"no class of Perl", `t.str regex '\\d'`, `invalid regex pattern: invalid escape sequence: \d`, 12},
		{"no class of Perl", `t.str regex '\\w'`, `invalid regex pattern: invalid escape sequence: \w`, 12},
		{"no anchor of Perl", `t.str regex '\\Aa'`, `invalid regex pattern: invalid escape sequence: \A`, 12},
		{"no boundary of words", `t.str regex '\\ba'`, `invalid regex pattern: invalid escape sequence: \b`, 12},
		{"no class of Unicode", `t.str regex '\\pN'`, `invalid regex pattern: invalid escape sequence: \p`, 12},
		{"no flags", "t.str regex '(?i)a'", "invalid regex pattern: no argument for repetition operator: ?", 12},
		{"a repetition has an end", "t.str regex 'a{1001}'", "invalid regex pattern: invalid repetition size: {1001}", 12},
		{"a regex has to be one in a list, too", "t.str regex oneof (a, '[')", "invalid regex pattern: missing ]: [", 22},

		{"a field may be on the right", "t.str = val(t.str) and t.str contains val(t.str) and t.strs in val(t.strs)", "", 0},
		{"it has the same type", "t.i64 = val(t.u64)", "field 't.i64' has type 'INT64' while the right-hand side field 't.u64' has incompatible type 'UINT64'", 8},
		{"it has the same type", "t.str = val(t.path)", "field 't.str' has type 'CHARBUF' while the right-hand side field 't.path' has incompatible type 'FSPATH'", 8},
		{"it has the same type after transformers", "t.u64 = len(t.str) and t.str = tolower(t.str)", "", 0},
		{"it is a list if the other is one", "t.strs in val(t.str)", "field 't.strs' has type 'CHARBUF (list)' while the right-hand side field 't.str' has incompatible type 'CHARBUF'", 10},
		{"not for pmatch", "t.str pmatch val(t.str)", "operator 'PMATCH' doesn't support right-hand side fields", 13},
		{"not for regex", "t.str regex val(t.str)", "operator 'REGEX' doesn't support right-hand side fields", 12},
		{"not for a network", "t.net = val(t.net)", "field type 'IPNET' doesn't support right-hand side fields", 8},
		{"not with every field", "evt.rawarg.fd = val(fd.num)", "field 'evt.rawarg' doesn't support right-hand side fields", 16},
		{"not with every field", "fd.num = val(evt.rawarg.fd)", "field 'evt.rawarg' can't be used as a right-hand side field", 9},
		{"a field on the right exists", "t.str = val(t.nope)", "filter_check called with nonexistent field t.nope", 12},

		{"tolower, toupper and basename are of strings", "tolower(t.path) = a and toupper(t.rpath) = A and basename(t.strs) in (a)", "", 0},
		{"tolower, toupper and basename are of strings", "toupper(t.buf) = a", "can't add field transformer: type 'BYTEBUF' is not supported by 'toupper' transformer applied on field 't.buf'", 0},
		{"b64 is of strings and bytes", "b64(t.buf) = a and b64(t.str) = a", "", 0},
		{"b64 is of strings and bytes", "b64(t.path) = a", "can't add field transformer: type 'FSPATH' is not supported by 'b64' transformer applied on field 't.path'", 0},
		{"len is of strings, bytes and lists", "len(t.str) > 1 and len(t.buf) = 1 and len(t.rpath) = 1 and len(t.ips) in (1, 2)", "", 0},
		{"len is of strings, bytes and lists", "len(t.ip) = 1", "can't add field transformer: type 'IPADDR' is not supported by 'len' transformer applied on field 't.ip'", 0},
		{"len is of strings, bytes and lists", "len(len(t.str)) = 1", "can't add field transformer: type 'UINT64' is not supported by 'len' transformer applied on field 't.str'", 0},
		{"a transformed list is one", "tolower(t.nums) in (a)", "can't add field transformer: type 'UINT64' is not supported by 'tolower' transformer applied on list field 't.nums'", 0},
		{"len is a number", "len(t.str) contains 1", "filter error: 'contains' operator not supported for numeric filters", 11},
		{"join makes a string of a list", "join(',', t.strs) = a and join(5, ('a', t.str)) contains a", "", 0},
		{"join has two arguments", "join(',', t.strs, t.strs) = a", "join() requires exactly 2 arguments: separator and list", 0},
		{"join has a list", "join(',', t.str) = a", "join() second argument must be a list", 0},
		{"join has one separator", "join(t.strs, t.strs) = a", "join() first argument (separator) must be a single value, not a list", 0},
		{"concat has strings", "concat(t.str, 'a', 5, tolower(t.str)) = a", "", 0},
		{"concat has strings", "concat(t.str, t.u8) = a", "concat() arguments must be strings", 0},
		{"concat has strings", "concat(t.str, t.strs) = a", "concat() arguments must be strings", 0},
		{"concat has two strings or more", "concat(t.str) = a", "unknown field transfomer 'concat'", 0},
		{"getopt makes a list", "getopt(t.strs, 'ab:') in (a) and getopt(t.strs, 'a')[a] = a", "", 0},
		{"getopt makes a list", "getopt(t.strs, 'ab:') = a", "filter error: '=' operator not supported list filters", 22},
		{"getopt has a list", "getopt(t.str, 'a') in (a)", "getopt() first argument must be a list", 0},
		{"getopt has strings", "getopt(t.nums, 'a') in (a)", "getopt() arguments must be strings", 0},
		{"getopt has a selector of one byte", "getopt(t.strs, 'a')[ab] = a", "getopt() field argument must be a single option character", 0},

		{"the longest name counts", "t.str.sub = 5", "", 0},
		{"the longest name counts", "t.str.subs = 5", "filter_check called with nonexistent field t.str.subs", 0},
		{"an argument has to be there", "t.key = a", "filter 't.key': t.key requires an argument but none provided", 0},
		{"an argument must not be there", "t.str[a] = a", "filter 't.str[a]': t.str does not allow nor require an argument but one is provided: a", 0},
		{"a key is anything without a blank", "t.key[a.b/c] = a and t.key['a\\'b'] = a", "", 0},
		{"a key is anything without a blank", "t.key['a b'] = a", "filter 't.key[a': t.key has unbalanced argument brackets", 0},
		{"an index is a number", "t.index[0] = a and t.index[18446744073709551615] = a and t.index = a", "", 0},
		{"an index is a number", "t.index[a] = a", "filter t.index[a] t.index has an invalid index argument not composed only by digits: a", 0},
		{"an index is a number", "t.index[00] = a", "filter t.index[00] t.index has an invalid index argument starting with 0: 00", 0},
		{"an index is a number", "t.index[18446744073709551616] = a",
			"filter t.index[18446744073709551616] t.index has an invalid index argument not representable on 64 bit: 18446744073709551616", 0},
		{"an argument may be either", "t.either[a] = a and t.either[01] = a and t.either = a", "", 0},
	} {
		_, err := Compile(tt.text, env)
		if tt.at < 0 {
			if err == nil {
				t.Errorf("%s: %q compiles", tt.claim, tt.text)
			}
			continue
		}
		if got := falcoMsg(err); got != tt.msg {
			t.Errorf("%s: %q: %q, want %q", tt.claim, tt.text, got, tt.msg)
		} else if err != nil && err.(*Error).At.Offset != tt.at {
			t.Errorf("%s: %q: at %d, want %d", tt.claim, tt.text, err.(*Error).At.Offset, tt.at)
		}
	}
}

// TestSpecVerdicts has what a field of some value makes of conditions.
func TestSpecVerdicts(t *testing.T) {
	fields := specFields(t)
	for _, tt := range []struct {
		claim string
		field string
		value event.Value
		holds string // conditions that do, ...
		fails string // ... and that do not
	}{
		{"nothing holds of what is missing", "t.str", event.NullValue(),
			"not # exists; not # = x; not # != x",
			"# exists; # = ''; # != ''; # != foo; # contains ''; # glob *; # regex '.*'; # pmatch (/); # in (''); len(#) >= 0; " +
				"# != allof (a); # = val(#); # >= 0; tolower(#) exists; concat(#, 'a') exists; join(#, ('a')) exists"},
		{"nothing holds of a list that is missing", "t.strs", event.NullValue(),
			"not # in (a)", "# exists; # in (); # in (a); # intersects (a); len(#) = 0; # in val(#); join(',', #) exists"},
		{"an empty list is a missing one", "t.strs", event.StringsValue(),
			"not # in (a)", "# exists; len(#) = 0; # in ()"},
		{"an empty string is there", "t.str", event.StringValue(""),
			"# exists; # = ''; # != x; # contains ''; # startswith ''; # endswith ''; # icontains ''; # glob ''; # glob *; # iglob ''; " +
				"# regex ''; # regex '.*'; # pmatch (''); # pmatch (/); # in (a, ''); len(#) = 0; b64(#) = ''; basename(#) = ''; # < 5",
			"# glob ?; # contains a; # regex a; # pmatch (a); # > 5"},
		{"<NA> is a string like others", "t.str", event.StringValue("<NA>"), "# exists; # = <NA>; len(#) = 4", "# != <NA>"},
		{"nothing is in no list", "t.str", event.StringValue("a"),
			"not # in (); not # != allof ()",
			"# in (); # intersects (); # pmatch (); # = anyof (); # = oneof (); # = allof (); # != allof (); # != anyof (); # regex allof ()"},
		{"a list that is not defined is its name", "t.str", event.StringValue("names"),
			"# in names; # intersects names; # pmatch names; # = anyof names; # != allof others", "# in others"},
		{"a bare field name is a string", "t.str", event.StringValue("t.str"), "# = t.str; # = val(t.str)", "# = 't.path'"},

		{"all of a list are in", "t.strs", event.StringsValue("a", "b"),
			"# in (a, b, c); # intersects (b, x); # exists; len(#) = 2; # in val(#); # intersects val(#); join('+', #) = a+b; len(toupper(#)) = 2",
			"# in (a); # intersects (x); # in (); # intersects (); len(#) = 1"},
		{"one of several numbers is enough to intersect", "t.nums", event.StringsValue("1", "18446744073709551615"),
			"# intersects (-1); # in (1, -1); # intersects (2, 1)", "# in (1); # intersects (2)"},
		{"a list of addresses", "t.ips", event.StringsValue("10.0.0.1", "::1"),
			"# in (::1, 10.0.0.1); # intersects (0:0::1)", "# in (10.0.0.1); # intersects (::2)"},
		{"a list of addresses in networks", "t.nets", event.StringsValue("10.0.0.1", "10.1.0.1"),
			"# in (10.0.0.0/8); # in (10.0.0.0/16, 10.1.0.0/16); # intersects (10.1.0.0/16)", "# in (10.0.0.0/16); # intersects (11.0.0.0/8)"},
		{"intersects of one value is in", "t.u64", event.UintValue(5), "# intersects (4, 5); # in (5)", "# intersects (4)"},

		{"bytes are compared, not characters", "t.str", event.StringValue("é"),
			"# = é; len(#) = 2; # glob ??; # regex .; # startswith \"\\xc3\"; # > 9", "# glob ?; # regex ..; # icontains É; # iglob É; toupper(#) = É"},
		{"order is that of bytes", "t.str", event.StringValue("10"), "# < 5; # > 1; # <= 10; # >= 10; # < 0x10 and # < 2 or # > 05", "# > 5; # < 10; # < 1"},
		{"case is that of ASCII", "t.str", event.StringValue("Az[É"),
			"# icontains aZ[; # iglob aZ[[]*; tolower(#) = az[É; toupper(#) = AZ[É; # iglob '[a-b]z*'", "# contains az; # glob a*; # icontains é; # iglob {*"},
		{"= anyof and its like", "t.str", event.StringValue("foo"),
			"# = anyof (foo, foo); # = oneof (foo, bar); # = allof (foo, foo); # != anyof (foo, bar); # != allof (bar, baz); # != oneof (foo, bar); " +
				"# startswith allof (f, fo); # contains oneof (f, x); # endswith anyof (x, o); # glob anyof (x, f*); # regex oneof (f.., x)",
			"# = oneof (foo, foo); # = allof (foo, bar); # != anyof (foo); # != allof (foo, bar); # != oneof (bar, baz); # startswith oneof (f, fo); " +
				"# regex allof (f.., x); # contains anyof (x, y)"},
		{"a blank behind a backslash goes", "t.str", event.StringValue(`a\b`), `# = "a\ b"; # = a\b; # = 'a\\b'; len(#) = 3`, `# = "a b"`},
		{"a regex matches all of a text", "t.str", event.StringValue("fo\no"),
			"# regex 'fo[^x]o'; # regex '^fo$\\n^o$'; # regex '(f|x)o\no'", "# regex fo; # regex '.*'; # regex 'fo.o'; # regex 'FO\no'"},
		{"a regex sees U+FFFD for what is no character", "t.str", event.StringValue("a\xffb"), "# regex 'a.b'; # regex 'a�b'; # glob a?b; # != a�b", "# regex 'a..b'"},
		{"a glob has brackets and no braces", "t.str", event.StringValue("/a.b"),
			"# glob /*; # glob *.b; # glob '?[a-c].[!x-z]'; # glob '/[[:alpha:]].b'; # glob '\\\\/a.b' or # glob '/a[.]b'; # glob */*", "# glob '{/a.b,x}'; # glob a*; # glob '/[^a].b'"},
		{"a path is one of those or below", "t.path", event.StringValue("/etc//passwd/"),
			"# pmatch (/etc); # pmatch (etc/); # pmatch (//etc/passwd); # pmatch (/x, /e*); # pmatch (/etc/pass*); # pmatch ('/*/passwd'); # pmatch ('')",
			"# pmatch (/et); # pmatch (/etc/passwd/x); # pmatch (/*/x); # pmatch (passwd)"},
		{"basename is what is behind the last slash", "t.path", event.StringValue("/a/b"), "basename(#) = b; basename(basename(#)) = b", "basename(#) = /b"},
		{"basename of a folder is empty", "t.path", event.StringValue("/a/b/"), "basename(#) = ''", "basename(#) = b"},
		{"base64 may do without padding", "t.str", event.StringValue("YWI"), "b64(#) = ab; tolower(b64(#)) = ab; len(b64(#)) = 2", "b64(b64(#)) exists"},
		{"base64 has padding of its own", "t.str", event.StringValue("YWI="), "b64(#) = ab", "not b64(#) exists"},
		{"base64 has no bits that belong to nothing", "t.str", event.StringValue("YWJ="), "not b64(#) exists", "b64(#) = ab; b64(#) != ab"},
		{"base64 has no length of 4n+1", "t.str", event.StringValue("YWJjZ"), "not b64(#) exists", "b64(#) != x"},
		{"base64 has no other alphabet", "t.str", event.StringValue("YW_-"), "not b64(#) exists", "b64(#) != x"},
		{"what base64 hides ends at a NUL byte", "t.str", event.StringValue("Zm9vAGJhcg=="), "b64(#) = foo; len(b64(#)) = 3; b64(#) endswith foo", "b64(#) contains bar"},
		{"getopt stops at what is no option", "t.strs", event.StringsValue("-a", "-bx", "--long", "-c", "y", "rest", "-d"),
			"getopt(#, 'ab:c:d') in (a, b, x, c, y); getopt(#, 'ab:c:d')[b] = x; getopt(#, 'ab:c:d')[a] = a; not getopt(#, 'ab:c:d')[d] exists; " +
				"len(getopt(#, 'ab:c:d')) = 5; getopt(#, 'b:c:') intersects ('?')",
			"getopt(#, 'ab:c:d')[d] = d; getopt(#, 'ab:c:d') in (a, b)"},

		{"a signed number is less than 0", "t.i32", event.IntValue(-1), "# = -1; # < 0; # = '-1'; # in (-1); # = 4294967295; # = 18446744073709551615", "# > 0; # = 1"},
		{"a signed number of 64 bits is not what an unsigned one is", "t.i64", event.IntValue(-1), "# = -1; # < 0", "# = 4294967295; # = 18446744073709551615"},
		{"an unsigned number wraps", "t.u64", event.UintValue(18446744073709551615), "# = -1; # > 1; # = 99999999999999999999; # >= -1", "# < 0; # > -1"},
		{"an unsigned number wraps at its width", "t.u32", event.UintValue(4294967295), "# = -1; # = 8589934591; # > 5", "# < -1"},
		{"an unsigned number wraps at its width", "t.u8", event.UintValue(255), "# = -1; # = 511", "# = 256"},
		{"a signed number is cut to its width", "t.i8", event.IntValue(-128), "# = 128; # = 384; # < 0", "# > 0"},
		{"a signed number is cut to its width", "t.i16", event.IntValue(1), "# = 65537", "# = 65536"},
		{"no digit of 64 bits is lost", "t.u64", event.UintValue(9007199254740993), "# = 9007199254740993; # != 9007199254740992", "# = 9007199254740992"},
		{"flags and modes are unsigned", "t.mode", event.UintValue(420), "# = 420; # > 0644 or # < 0644", "# = 0644"},
		{"a leading zero is decimal", "t.u64", event.UintValue(10), "# = 010; # = '+10'", "# = 8"},
		{"a port is cut to 16 bits", "t.port", event.UintValue(443), "# = 443; # = 65979; # = https; # in (80, https); # < 65535", "# = 65536; # = http"},
		{"no port is 0", "t.port", event.UintValue(0), "# = ''; # = 0; # = 65536", "# != ''"},
		{"a number with a fraction compares with whole ones", "t.dbl", event.FloatValue(0.5), "# > 0; # < 1; # != 1; not # = 0", "# = 1; # in (0, 1)"},
		{"a bool", "t.bool", event.BoolValue(true), "# = true; # = 'true'; # != false; # in (true, false); # intersects (true)", "# = false; # in (false); # != true"},

		{"an address of the other family is another", "t.ip", event.StringValue("10.0.0.1"),
			"# = 10.0.0.1; # != ::1; # != ::ffff:a00:1; # in (::1, 10.0.0.1)", "# = ::1; # = ::ffff:a00:1; # != 10.0.0.1"},
		{"an IPv4 address in IPv6 stays one", "t.ip", event.StringValue("::ffff:10.0.0.1"), "# = ::ffff:a00:1; # = 0::FFFF:A00:1; # != 10.0.0.1", "# = 10.0.0.1"},
		{"an address is in networks", "t.net", event.StringValue("10.1.2.3"),
			"# = 10.9.9.9/8; # = 0.0.0.0/0; # in (11.0.0.0/8, 10.1.0.0/16); # != 11.0.0.0/8; # != ::/1; # = oneof (10.0.0.0/8, 11.0.0.0/8); # != allof (11.0.0.0/8)",
			"# != 10.0.0.0/8; # = ::/1; # in (11.0.0.0/8); # = 10.1.2.4/32"},
		{"an address is in networks of IPv6", "t.net", event.StringValue("2001:db8::1"),
			"# = 2001:db8::/32; # = 2001:db8::/127; # != 0.0.0.0/0; # in (10.0.0.0/8, 2001:db8::/31)", "# = 2001:db9::/32; # = 0.0.0.0/0; # = 2001:db8::/128"},

		{"bytes compare by their length", "t.buf", event.StringValue("GET\x00 /"),
			"# contains GET; # startswith GET; # endswith '/'; # bcontains 0020; # bstartswith 474554; # != GET; # in ('GET\\x00 /'); len(#) = 6",
			"# = GET; # contains '\\x01'; # bstartswith 45"},
	} {
		for _, strict := range []bool{false, true} {
			env := &Env{Fields: fields, Strict: strict}
			values := lookupMap{tt.field: tt.value}
			for want, list := range map[bool]string{true: tt.holds, false: tt.fails} {
				for condition := range strings.SplitSeq(list, "; ") {
					condition = strings.ReplaceAll(condition, "#", tt.field)
					p, err := Compile(condition, env)
					if err != nil {
						t.Errorf("%s: %s: %v", tt.claim, condition, err)
						continue
					}
					if got := p.MatchFields(values); got != want {
						t.Errorf("%s: %s: %v of %s %q, strict %v", tt.claim, condition, got, tt.value.Kind(), tt.value, strict)
					}
					if got := p.EvalFields(values); got != triOf(want) {
						t.Errorf("%s: %s: Eval is %v of %s %q, strict %v", tt.claim, condition, got, tt.value.Kind(), tt.value, strict)
					}
				}
			}
		}
	}
}
