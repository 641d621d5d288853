package cond

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// The conformance tests compare with what a real Falco was seen to do. The
// cases are not in this tree: FALCONER_CONFORMANCE names their folder.

// suite counts how the cases of one kind fare.
type suite struct {
	t                     *testing.T
	name                  string
	agree, listed, differ int
}

func newSuite(t *testing.T, name string) *suite {
	s := &suite{t: t, name: name}
	t.Cleanup(func() {
		fmt.Printf("suite %s: %d agree, %d listed, %d differ\n", s.name, s.agree, s.listed, s.differ)
		if s.agree+s.listed+s.differ == 0 && !t.Skipped() {
			t.Error("no case was run")
		}
	})
	return s
}

// same counts a case that agrees if why is empty, else one that differs.
func (s *suite) same(why, format string, args ...any) {
	s.t.Helper()
	if why == "" {
		s.agree++
		return
	}
	s.differ++
	if s.differ <= 20 {
		s.t.Errorf("%s: %s", fmt.Sprintf(format, args...), why)
	} else {
		s.t.Fail()
	}
}

// conformanceFile returns the path of a file or folder of the cases, and skips
// the test if it is not there.
func conformanceFile(t *testing.T, name string) string {
	dir := os.Getenv("FALCONER_CONFORMANCE")
	if dir == "" {
		t.Skip("FALCONER_CONFORMANCE is not set: no conformance cases to compare with")
	}
	path := filepath.Join(dir, filepath.FromSlash(name))
	if _, err := os.Stat(path); err != nil {
		t.Skipf("no such conformance cases: %v", err)
	}
	return path
}

// eachLine calls f with each line of a file that is not empty, as a T.
func eachLine[T any](t *testing.T, path string, f func(T)) {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 64<<20)
	for n := 1; lines.Scan(); n++ {
		if len(lines.Bytes()) == 0 {
			continue
		}
		var v T
		if err := json.Unmarshal(lines.Bytes(), &v); err != nil {
			t.Fatalf("%s:%d: %v", path, n, err)
		}
		f(v)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
}

// falcoPos is a position as the cases give it.
type falcoPos struct{ Idx, Line, Col int }

func (p falcoPos) pos() Pos { return Pos{p.Idx, p.Line, p.Col} }

// libsinsp's own tests parse with its default limit of depth.
var libsinspDepth = &ParseOptions{MaxDepth: 100}

func differs(got, want any) string {
	if got == want {
		return ""
	}
	return fmt.Sprintf("got %v, want %v", got, want)
}

func TestConformanceParserAccept(t *testing.T) {
	for _, name := range []string{"parser_accept", "parser_accept_ws_variants"} {
		t.Run(name, func(t *testing.T) {
			path := conformanceFile(t, "language/"+name+".txt")
			s := newSuite(t, name)
			eachLine(t, path, func(text string) {
				_, err := Parse(text, libsinspDepth)
				why := ""
				if err != nil {
					why = err.Error()
				}
				s.same(why, "%q", text)
			})
		})
	}
	t.Run("parser_reject", func(t *testing.T) {
		path := conformanceFile(t, "language/parser_reject.txt")
		s := newSuite(t, "parser_reject")
		eachLine(t, path, func(text string) {
			x, err := Parse(text, libsinspDepth)
			why := ""
			if err == nil {
				why = "accepted as " + x.String()
			}
			s.same(why, "%q", text)
		})
	})
}

func TestConformanceParserDetail(t *testing.T) {
	type testCase struct {
		In       string
		Observed *struct {
			AsString string `json:"as_string"`
			End      falcoPos
			Err      *string
			Pos      falcoPos
		}
		AssertedMsg string `json:"asserted_msg"`
	}
	for _, name := range []string{"parser_accept_detail", "parser_reject_detail"} {
		t.Run(name, func(t *testing.T) {
			path := conformanceFile(t, "language/"+name+".jsonl")
			s := newSuite(t, name)
			eachLine(t, path, func(c testCase) {
				if c.Observed == nil {
					return
				}
				x, end, err := parse(c.In, libsinspDepth)
				var got, want string
				if c.Observed.Err != nil {
					want = fmt.Sprint(*c.Observed.Err, c.Observed.Pos)
				} else {
					want = fmt.Sprint(c.Observed.AsString, c.Observed.End)
				}
				if err != nil {
					e := err.(*Error)
					got = fmt.Sprint(e.Msg, falcoPos{e.Pos.Offset, e.Pos.Line, e.Pos.Column})
				} else {
					got = fmt.Sprint(FalcoString(x), falcoPos{end.Offset, end.Line, end.Column})
				}
				if why := differs(got, want); why != "" || c.AssertedMsg == "" {
					s.same(why, "%q", c.In)
					return
				}
				s.same(differs(err.(*Error).Msg, c.AssertedMsg), "%q", c.In)
			})
		})
	}
}

func TestConformanceParserAST(t *testing.T) {
	path := conformanceFile(t, "language/parser_ast.jsonl")
	s := newSuite(t, "parser_ast")
	eachLine(t, path, func(c struct {
		In       string
		Expected string `json:"expected_ast_as_string"`
	}) {
		x, err := Parse(c.In, libsinspDepth)
		if err != nil {
			s.same(err.Error(), "%q", c.In)
			return
		}
		s.same(differs(FalcoString(x), c.Expected), "%q", c.In)
	})
}

func TestConformanceASTAsString(t *testing.T) {
	path := conformanceFile(t, "language/ast_as_string.jsonl")
	s := newSuite(t, "ast_as_string")
	eachLine(t, path, func(c struct {
		In        string
		AsString  *string `json:"as_string"`
		Observed  *string `json:"observed_as_string"`
		Roundtrip bool
	}) {
		x, err := Parse(c.In, libsinspDepth)
		if err != nil {
			s.same(err.Error(), "%q", c.In)
			return
		}
		text := FalcoString(x)
		why := ""
		if c.AsString != nil {
			why += differs(text, *c.AsString)
		}
		if c.Observed != nil {
			why += differs(text, *c.Observed)
		}
		if c.Roundtrip {
			y, err := Parse(text, libsinspDepth)
			if err != nil {
				why += err.Error()
			} else if !Equal(x, y) {
				why += "reads back as " + FalcoString(y)
			}
		}
		s.same(why, "%q", c.In)
	})
}

// positions lists the nodes of a tree with their places, as libsinsp's test
// does: not what is inside a list.
func positions(n Node) string {
	var b strings.Builder
	for n := range Walk(n) {
		kind := ""
		switch n := n.(type) {
		case *And:
			kind = "and"
		case *Or:
			kind = "or"
		case *Not:
			kind = "not"
		case *Macro:
			kind = "identifier"
		case *Check:
			kind = "binary"
			if n.Op == OpExists {
				kind = "unary"
			}
		case *Field:
			kind = "field"
		case *Transform:
			kind = "transformer"
		case *Value:
			kind = "value"
		case *List:
			kind = "list"
		case *ArgList:
			kind = "transformer_list"
		}
		p := n.Pos()
		fmt.Fprintf(&b, "%s%d %d %d", kind, p.Offset, p.Line, p.Column)
	}
	return b.String()
}

func TestConformanceParserPositions(t *testing.T) {
	path := conformanceFile(t, "language/parser_positions.jsonl")
	s := newSuite(t, "parser_positions")
	eachLine(t, path, func(c struct {
		In       string
		Visitor  *string
		Contains []string `json:"visitor_contains"`
		End      *falcoPos
	}) {
		x, end, err := parse(c.In, libsinspDepth)
		if err != nil {
			s.same(err.Error(), "%q", c.In)
			return
		}
		why := ""
		if c.End != nil {
			why += differs(end, c.End.pos())
		}
		got := positions(withoutListed(x))
		if c.Visitor != nil {
			why += differs(got, *c.Visitor)
		}
		for _, part := range c.Contains {
			if !strings.Contains(got, part) {
				why += got + " lacks " + part
			}
		}
		s.same(why, "%q", c.In)
	})
}

// withoutListed returns n with nothing inside lists of transformers.
func withoutListed(n Node) Node {
	switch n := n.(type) {
	case *Transform:
		t := *n
		t.Args = nil
		for _, a := range n.Args {
			t.Args = append(t.Args, withoutListed(a).(Operand))
		}
		return &t
	case *ArgList:
		return &ArgList{At: n.At}
	case *Check:
		c := *n
		c.Left = withoutListed(n.Left).(Operand)
		if n.Right != nil {
			c.Right = withoutListed(n.Right).(Operand)
		}
		return &c
	case Expr:
		return Rewrite(n, func(x Expr) Expr {
			if c, ok := x.(*Check); ok {
				return withoutListed(c).(Expr)
			}
			return x
		})
	}
	return n
}

func TestConformanceEscaping(t *testing.T) {
	path := conformanceFile(t, "language/escaping.jsonl")
	s := newSuite(t, "escaping")
	eachLine(t, path, func(c struct {
		Op     string
		In     string `json:"in_hex"`
		Out    string `json:"out_hex"`
		Throws bool
	}) {
		b, err := hex.DecodeString(c.In)
		if err != nil {
			t.Fatal(err)
		}
		in := string(b)
		var got, msg string
		switch c.Op {
		case "escape":
			got = quoteFalco(in)
		case "unescape":
			got, msg = unescape(in[1:len(in)-1], in[0])
		case "roundtrip":
			got = quoteFalco(in)
			if strings.HasPrefix(got, `"`) {
				got, msg = unescape(got[1:len(got)-1], '"')
			}
			c.Out = c.In
		default:
			t.Fatalf("unknown op %q", c.Op)
		}
		if c.Throws {
			why := ""
			if msg == "" {
				why = "accepted"
			}
			s.same(why, "%q", in)
			return
		}
		s.same(msg+differs(hex.EncodeToString([]byte(got)), c.Out), "%s %s", c.Op, strconv.Quote(in))
	})
}
