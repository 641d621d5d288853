package cond

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// conditions that read, with what they print as ("" for the text itself) and
// what libsinsp prints.
var readable = []struct{ text, print, falco string }{
	{"a", "", "a"},
	{"  a\n", "a", "a"},
	{"a and b or c", "", "((a and b) or c)"},
	{"a and (b or c)", "", "(a and (b or c))"},
	{"(a and b) and c", "", "((a and b) and c)"},
	{"(a or b) or c", "", "((a or b) or c)"},
	{"((a)) and (((b)))", "a and b", "(a and b)"},
	{"not a and not(b or c)", "not a and not (b or c)", "(not a and not (b or c))"},
	{"not not a", "a", "a"},
	{"not (not a)", "", "not not a"},
	{"not(not(not a))", "not (not (not a))", "not not not a"},
	{"not", "", "not"},
	{"(not) and b", "", "(not and b)"},
	{"a and (not) or b", "", "((a and not) or b)"},
	{"not not", "not not", "not not"},
	{"(not not) and a", "not (not) and a", "(not not and a)"},
	{"and and or", "", "(and and or)"},
	{"(a)and(b)or(c)", "a and b or c", "((a and b) or c)"},

	{"a.b=x", "a.b = x", "a.b = x"},
	{"a.b == x", "", "a.b == x"},
	{"a.b = ''", `a.b = ""`, "a.b = "},
	{"a.b = 'x y'", `a.b = "x y"`, `a.b = "x y"`},
	{"a.b = 'x,y'", `a.b = "x,y"`, "a.b = x,y"},
	{`a.b = "\x41\x00\xff"`, `a.b = "A\x00\xff"`, "a.b = \"A\x00\xff\""},
	{`a.b = "tail\x5c"`, `a.b = tail\`, `a.b = "tail\\"`},
	{`a.b = "a tail\x5c"`, "", `a.b = "a tail\\"`},
	{`a.b = tail\`, `a.b = tail\`, `a.b = "tail\\"`},
	{`a.b = "a\ b"`, `a.b = a\b`, `a.b = "a\\b"`},
	{`a.b = 'it\'s'`, `a.b = "it's"`, `a.b = "it's"`},
	{"a.b = <NA>", "", "a.b = <NA>"},
	{"a.b = é", "", "a.b = é"},
	{"a.b exists", "", "a.b exists"},
	{"a.b existsor c", "a.b exists or c", "(a.b exists or c)"},
	{"a.b[x] = 1", "", "a.b[x] = 1"},
	{`a.b["x y"] = 1`, "", `a.b["x y"] = 1`},
	{`a.b["x[0]"] = 1`, "", "a.b[x[0]] = 1"},
	{`a.b[''] = 1`, `a.b[""] = 1`, `a.b[""] = 1`},
	{"a.b >= -0x1 or a.b < 5", "", ""}, // rejected: see below
	{"a.b >= 0x1f", "", "a.b >= 0x1f"},
	{"a.b < 1.5e+10", "", "a.b < 1.5e+10"},
	{"a.b in (x, 'y z', \"\")", `a.b in (x, "y z", "")`, `a.b in (x, "y z", )`},
	{"a.b in()", "a.b in ()", "a.b in ()"},
	{"a.b inside", "a.b in side", "a.b in side"},
	{"a.b in val(c.d)", "", "a.b in val(c.d)"},
	{"a.b = oneof", "", "a.b = oneof"},
	{"a.b = oneof and c", "", "(a.b = oneof and c)"},
	{"a.b startswith  anyof (x,y)", "a.b startswith anyof (x, y)", "a.b startswith anyof (x, y)"},
	{"a.b != allof list", "", "a.b != allof list"},
	{"tolower( a.b ) = val( c.d )", "tolower(a.b) = val(c.d)", "tolower(a.b) = val(c.d)"},
	{`join(",", (a.b, "x", 5, len(c.d)))[k] = x`, `join(",",(a.b,"x",5,len(c.d)))[k] = x`, "join(,,(a.b,x,5,len(c.d)))[k] = x"},
	{"concat(a.b, '', 0xF) = x", `concat(a.b,"",0xF) = x`, "concat(a.b,,0xF) = x"},
	{`a.b in ('\q') or c`, "a.b in () or c", "(a.b in () or c)"}, // Falco forgets the bad escape
}

func TestPrint(t *testing.T) {
	for _, tt := range readable {
		x, err := Parse(tt.text, nil)
		if tt.falco == "" {
			if err == nil {
				t.Errorf("Parse(%q) accepted", tt.text)
			}
			continue
		}
		if err != nil {
			t.Errorf("Parse(%q): %v", tt.text, err)
			continue
		}
		want := tt.print
		if want == "" {
			want = tt.text
		}
		if got := x.String(); got != want {
			t.Errorf("Parse(%q).String() = %q, want %q", tt.text, got, want)
		}
		if got := FalcoString(x); got != tt.falco {
			t.Errorf("FalcoString of %q = %q, want %q", tt.text, got, tt.falco)
		}
		checkRoundTrip(t, tt.text)
	}
}

// checkRoundTrip fails if text reads, but not what it prints as.
func checkRoundTrip(t *testing.T, text string) {
	t.Helper()
	x, err := Parse(text, nil)
	if err != nil {
		return
	}
	printed := x.String()
	y, err := Parse(printed, nil)
	if err != nil {
		t.Fatalf("%q printed as %q: %v", text, printed, err)
	}
	if !Equal(x, y) {
		t.Fatalf("%q printed as %q reads as %q", text, printed, FalcoString(y))
	}
	if again := y.String(); again != printed {
		t.Fatalf("%q printed as %q, then as %q", text, printed, again)
	}
}

func TestErrors(t *testing.T) {
	tests := []struct{ text, err, caret string }{
		{"", "1:1: filter input string is empty", "\n^"},
		{"a and", "1:6: expected blank or '(' after 'and'", "a and\n     ^"},
		{"a.b =\n\tx y", "2:4: unexpected token after 'x', expecting 'or', 'and'", " x y\n   ^"},
		{"a.b = 'é\\q'", "1:13: unsupported string escape sequence: \\q", "a.b = 'é\\q'\n           ^"},
		{"a.b", "1:4: expected a valid check operator: one of " + quoteAll(opNames[:]), "a.b\n   ^"},
		{"a.b = 'x\\\\'", "1:7: expected a string value " + orTransformer, "a.b = 'x\\\\'\n      ^"},
		{"a.b = x\x00y z\xffq (", "1:11: unexpected token after 'x\x00y', expecting 'or', 'and'", "a.b = x?y z�q (\n          ^"},
	}
	for _, tt := range tests {
		_, err := Parse(tt.text, nil)
		var e *Error
		if !errors.As(err, &e) {
			t.Errorf("Parse(%q): %v, want an *Error", tt.text, err)
			continue
		}
		if e.Error() != tt.err {
			t.Errorf("Parse(%q): %q, want %q", tt.text, e.Error(), tt.err)
		}
		if got := e.Caret(tt.text); got != tt.caret {
			t.Errorf("Parse(%q): caret\n%s\nwant\n%s", tt.text, got, tt.caret)
		}
		if len(e.Expected) == 0 {
			t.Errorf("Parse(%q): nothing expected", tt.text)
		}
	}
}

func TestBounds(t *testing.T) {
	deep := func(n int) string { return strings.Repeat("(", n) + "a" + strings.Repeat(")", n) }
	tests := []struct {
		text string
		o    *ParseOptions
		ok   bool
	}{
		{deep(19), &ParseOptions{MaxDepth: 100}, true},
		{deep(20), &ParseOptions{MaxDepth: 100}, false},
		{deep(199), nil, true},
		{deep(200), nil, false},
		{strings.Repeat("not ", 100_000) + "a", nil, true},
		{strings.Repeat("not ", 300_000) + "a", nil, false},
		{"a or b", &ParseOptions{MaxBytes: 5}, false},
	}
	for _, tt := range tests {
		if _, err := Parse(tt.text, tt.o); (err == nil) != tt.ok {
			t.Errorf("%d bytes: %v, want ok %v", len(tt.text), err, tt.ok)
		}
	}
}

func TestWalk(t *testing.T) {
	x, err := Parse("m and (b.a[x] = val(c.d) or not join('-', (b.a[x], e.f)) in (b.b))", nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := Fields(x), []string{"b.a[x]", "c.d", "e.f"}; !slices.Equal(got, want) {
		t.Errorf("Fields = %q, want %q", got, want)
	}
	n := 0
	for range Walk(x) {
		if n++; n == 3 {
			break
		}
	}
	if n != 3 {
		t.Errorf("Walk went on for %d nodes after a break", n)
	}
	m, _ := Parse("p or q", nil)
	y := Rewrite(x, func(x Expr) Expr {
		if _, ok := x.(*Macro); ok {
			return m
		}
		return x
	})
	if got, want := y.String(), `(p or q) and (b.a[x] = val(c.d) or not join("-",(b.a[x],e.f)) in (b.b))`; got != want {
		t.Errorf("rewritten as %s, want %s", got, want)
	}
	if got, want := x.(*And).Children[1], y.(*And).Children[1]; got != want {
		t.Error("Rewrite copied what did not change")
	}
	if _, ok := x.(*And).Children[0].(*Macro); !ok {
		t.Error("Rewrite changed its argument")
	}
}

func TestParseOp(t *testing.T) {
	for s, want := range map[string]string{
		"=": "=", " in ": "in", "startswith oneof": "startswith oneof", "!= allof": "!= allof",
		"in anyof": "", "> anyof": "", "": "", "like": "", "anyof": "", "= anyof x": "",
	} {
		op, mod, ok := ParseOp(s)
		if got := opText(op, mod); ok != (want != "") || ok && got != want {
			t.Errorf("ParseOp(%q) = %q, %v", s, got, ok)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, tt := range readable {
		f.Add(tt.text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		x, err := Parse(text, nil)
		if err != nil {
			e := err.(*Error)
			if e.Pos.Offset > len(text) || e.Pos != start.after(text[:e.Pos.Offset]) {
				t.Fatalf("%q: error at %+v", text, e.Pos)
			}
			e.Caret(text)
			return
		}
		for n := range Walk(x) {
			if p := n.Pos(); p.Offset > len(text) || p != start.after(text[:p.Offset]) {
				t.Fatalf("%q: %T at %+v", text, n, p)
			}
		}
	})
}

func FuzzParsePrintParse(f *testing.F) {
	for _, tt := range readable {
		f.Add(tt.text)
	}
	f.Fuzz(func(t *testing.T, text string) { checkRoundTrip(t, text) })
}

// TestDepth has the depths that Falco was seen to take, and no more.
func TestDepth(t *testing.T) {
	for _, tt := range []struct {
		open, inner string
		limit, most int
	}{
		{"(", "a.b = c", 100, 18},
		{"(", "m", 100, 19},
		{"tolower(", "a.b", 100, 47},
		{"(", "a.b = c", 1000, 198},
		{"(", "m", 1000, 199},
		{"tolower(", "a.b", 1000, 497},
	} {
		for _, n := range []int{tt.most, tt.most + 1} {
			text := strings.Repeat(tt.open, n) + tt.inner + strings.Repeat(")", n)
			if tt.open != "(" {
				text += " = c"
			}
			want := ""
			if n > tt.most {
				want = "exceeded max depth limit of " + strconv.Itoa(tt.limit)
			}
			_, err := Parse(text, &ParseOptions{MaxDepth: tt.limit})
			if got := falcoMsg(err); got != want {
				t.Errorf("%d times %q around %q: %q, want %q", n, tt.open, tt.inner, got, want)
			}
		}
	}
}

// TestDepthExact counts the productions of a word, to one.
func TestDepthExact(t *testing.T) {
	for _, tt := range []struct {
		text string
		need int // or, and, not, check, and what is in it
	}{
		{"m", 4}, {"(m)", 9}, {"not(m)", 8}, {"a.b exists", 5}, {"a.b[c] exists", 5}, {"a.b = c", 7}, {"a.b in (c)", 7}, {"tolower(a.b) exists", 7},
	} {
		if _, err := Parse(tt.text, &ParseOptions{MaxDepth: tt.need + 1}); err != nil {
			t.Errorf("%s: %v", tt.text, err)
		}
		if _, err := Parse(tt.text, &ParseOptions{MaxDepth: tt.need}); err == nil {
			t.Errorf("%s is read at a limit of %d", tt.text, tt.need)
		}
	}
}

// TestBlanks has what separates words, and what only ends a bare string.
func TestBlanks(t *testing.T) {
	for c := rune(1); c <= ' '; c++ {
		_, err := Parse("a.b"+string(c)+"="+string(c)+"x", nil)
		if want := strings.ContainsRune(" \t\b\r\n", c); (err == nil) != want {
			t.Errorf("%q as a blank: %v", c, err)
		}
	}
}

func falcoMsg(err error) string {
	if e, ok := err.(*Error); ok {
		return e.Msg
	}
	return ""
}
