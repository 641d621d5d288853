package event

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/falconer-go/falconer/internal/jsonstr"
)

// The oracle reads an alert with encoding/json and applies the rules of Parse
// to the tree, so that the scanner is judged by a reader that shares nothing
// with it.

type oracleMember struct {
	name  string
	value any // nil, bool, json.Number, string, []any or []oracleMember
}

var errOracle = errors.New("refused")

// oracleTree reads one JSON value, refusing duplicate keys and what is over
// the bounds.
func oracleTree(data []byte) (any, error) {
	if !json.Valid(data) {
		return nil, errOracle
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	return oracleValue(d, 0)
}

func oracleValue(d *json.Decoder, depth int) (any, error) {
	tok, err := d.Token()
	if err != nil {
		return nil, err
	}
	delim, ok := tok.(json.Delim)
	if !ok {
		return tok, nil
	}
	if depth >= MaxNesting {
		return nil, errOracle
	}
	if delim == '[' {
		list := []any{}
		for d.More() {
			v, err := oracleValue(d, depth+1)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		_, err := d.Token()
		return list, err
	}
	list := []oracleMember{}
	seen := map[string]bool{}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return nil, err
		}
		name := key.(string)
		if seen[name] || len(seen) == MaxFields {
			return nil, errOracle
		}
		seen[name] = true
		v, err := oracleValue(d, depth+1)
		if err != nil {
			return nil, err
		}
		list = append(list, oracleMember{name, v})
	}
	_, err = d.Token()
	return list, err
}

// oracle returns the members of the alert, or an error if Parse must refuse
// it.
func oracle(data []byte) ([]oracleMember, error) {
	tree, err := oracleTree(data)
	if err != nil {
		return nil, err
	}
	alert, ok := tree.([]oracleMember)
	if !ok {
		return nil, errOracle
	}
	var hasRule, hasPriority, hasTime, fieldTime bool
	for _, m := range alert {
		s, isString := m.value.(string)
		switch m.name {
		case "rule", "source", "hostname", "output", "message":
			if !isString && m.value != nil {
				return nil, errOracle
			}
			hasRule = hasRule || m.name == "rule" && s != ""
		case "priority":
			if _, err := ParsePriority(s); !isString || err != nil {
				return nil, errOracle
			}
			hasPriority = true
		case "time":
			if object, ok := m.value.([]oracleMember); ok {
				if _, ok := protoTime(Value{text: oracleText(object), kind: Object}); !ok {
					return nil, errOracle
				}
				hasTime = true
			} else if isString && s != "" {
				if _, ok := parseTime(s); !ok {
					return nil, errOracle
				}
				hasTime = true
			} else if !isString && m.value != nil {
				return nil, errOracle
			}
		case "tags":
			list, ok := m.value.([]any)
			if !ok && m.value != nil || len(list) > MaxTags {
				return nil, errOracle
			}
			for _, tag := range list {
				if _, ok := tag.(string); !ok {
					return nil, errOracle
				}
			}
		case "output_fields":
			fields, ok := m.value.([]oracleMember)
			if !ok && m.value != nil {
				return nil, errOracle
			}
			for _, f := range fields {
				switch f.name {
				case "evt.time", "evt.time.iso8601", "jevt.time.iso8601":
					var v Value
					switch x := f.value.(type) {
					case string:
						v = StringValue(x)
					case json.Number:
						v = Value{text: string(x), kind: Number}
					}
					_, ok := v.Time()
					fieldTime = fieldTime || ok
				}
			}
		}
	}
	if !hasRule || !hasPriority || !hasTime && !fieldTime {
		return nil, errOracle
	}
	return alert, nil
}

// oracleText prints a value of the tree as canonical JSON.
func oracleText(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case string:
		return string(jsonstr.Append(nil, v))
	case []any:
		var parts []string
		for _, e := range v {
			parts = append(parts, oracleText(e))
		}
		return "[" + strings.Join(parts, ",") + "]"
	case []oracleMember:
		v = slices.Clone(v)
		slices.SortFunc(v, func(a, b oracleMember) int { return strings.Compare(a.name, b.name) })
		var parts []string
		for _, m := range v {
			parts = append(parts, string(jsonstr.Append(nil, m.name))+":"+oracleText(m.value))
		}
		return "{" + strings.Join(parts, ",") + "}"
	}
	return fmt.Sprint(v)
}

// against compares what Parse makes of data with what the oracle does.
func against(data []byte) error {
	e, err := Parse(data)
	want, wantErr := oracle(data)
	if (err == nil) != (wantErr == nil) {
		return fmt.Errorf("Parse says %v, encoding/json %v", err, wantErr)
	}
	if err != nil {
		var syntax *SyntaxError
		if !errors.As(err, &syntax) {
			return fmt.Errorf("error of type %T", err)
		}
		if syntax.Offset < 0 || syntax.Offset > int64(len(data)) {
			return fmt.Errorf("offset %d in %d bytes", syntax.Offset, len(data))
		}
		if errors.Is(err, io.ErrUnexpectedEOF) && json.Valid(data) {
			return fmt.Errorf("called truncated: %v", err)
		}
		return nil
	}
	extra := 0
	for _, m := range want {
		s, _ := m.value.(string)
		var got any
		switch m.name {
		case "rule":
			got = e.Rule
		case "source":
			got = e.Source
			if strings.EqualFold(e.Source, s) {
				s = e.Source
			}
		case "hostname":
			got = e.Hostname
		case "output":
			got = e.Output
		case "message":
			got = e.Message
		case "priority":
			p, _ := ParsePriority(s)
			got, s = e.Priority.String(), p.String()
		case "time":
			continue
		case "tags":
			list, _ := m.value.([]any)
			if len(list) != len(e.Tags) || (m.value == nil) != (e.Tags == nil) {
				return fmt.Errorf("tags %q, want %q", e.Tags, list)
			}
			for i := range list {
				if list[i] != e.Tags[i] {
					return fmt.Errorf("tag %q, want %q", e.Tags[i], list[i])
				}
			}
			continue
		case "output_fields":
			fields, _ := m.value.([]oracleMember)
			if len(fields) != e.Fields.Len() {
				return fmt.Errorf("%d fields, want %d", e.Fields.Len(), len(fields))
			}
			for i, f := range fields {
				name, v := e.Fields.At(i)
				if err := sameValue(name, v, f); err != nil {
					return err
				}
				if g := e.Fields.Get(f.name); g.kind != v.kind || g.text != v.text {
					return fmt.Errorf("Get(%q) is not what All yields", f.name)
				}
			}
			continue
		default:
			name, v := e.Extra().At(extra)
			extra++
			if err := sameValue(name, v, m); err != nil {
				return err
			}
			continue
		}
		if got != s {
			return fmt.Errorf("%s = %q, want %q", m.name, got, s)
		}
	}
	if e.Extra().Len() != extra {
		return fmt.Errorf("%d foreign keys, want %d", e.Extra().Len(), extra)
	}
	return nil
}

func sameValue(name string, v Value, want oracleMember) error {
	if name != want.name {
		return fmt.Errorf("field %q, want %q", name, want.name)
	}
	if got := string(appendValue(nil, v, plainNumbers)); got != oracleText(want.value) {
		return fmt.Errorf("%s = %s, want %s", name, got, oracleText(want.value))
	}
	if s, ok := want.value.(string); ok && (v.Text() != s || v.Kind() != String) {
		return fmt.Errorf("%s = %v %q, want the string %q", name, v.Kind(), v.Text(), s)
	}
	return nil
}

// scannerCases are values that a scanner gets wrong most easily.
var scannerCases = []string{
	`""`, `"a"`, `"\""`, `"\\"`, `"\/"`, `"\b\f\n\r\t"`, `"\u0000"`, `"\u00e9"`, `"\u20AC"`, `"\ud83d\ude00"`, `"\ud83d"`,
	`"\ude00"`, `"\ud83dx"`, `"\ud83d\u0041"`, `"\ud83d\ud83d\ude00"`, `"\ud83d\n"`, `"é"`, `"€"`, `"😀"`, "\"\xff\"", "\"a\xe2\x82\"",
	"\"\xed\xa0\x80\"", "\"\xf8\\n\xff\"", "\"\x7f\"", "\"\x1f\"", "\"a\nb\"", "\"\x00\"", `"\x"`, `"\u12"`, `"\u12g4"`, `"\uD83D\u"`, `"\`, `"abc`,
	`"1234567"`, `"12345678"`, `"123456789"`, `"1234567\""`, `"12345678\""`, `"1234567é"`, `"123456\u00e9789"`, `"1234567\u00e9"`,
	`0`, `-0`, `00`, `01`, `-`, `-a`, `1.`, `.5`, `1.5`, `1e5`, `1E+5`, `1e-5`, `1e`, `1e+`, `+1`, `12345678`, `1234567890123456789012345678901234567890`,
	`1721831527191837261`, `18446744073709551615`, `-9223372036854775808`, `0.1e1`, `1.0`, `1..0`, `1e5.5`, `0x1`, `NaN`, `Infinity`, `-Infinity`,
	`null`, `nul`, `nulL`, `nullx`, `true`, `false`, `tru`, `fals`, `True`, `[]`, `[`, `]`, `[1]`, `[1,]`, `[,1]`, `[1 2]`, `[1,"a\n",null,true,[{}]]`, `[ 1 , 2 ]`,
	`{}`, `{`, `{"a"}`, `{"a":}`, `{"a":1}`, `{"a":1,}`, `{,}`, `{"a":1,"a":2}`, `{"a":1,"\u0061":2}`, `{"a":{"b":1,"b":2}}`, `{a:1}`, `{'a':1}`, `{"a":1 "b":2}`,
	`"a" "b"`, `1 2`, `//`, `/* */ 1`, "\uFEFF1", "\u00a01", "\v1", `1;`, ``, ` `, "\t1\r\n", `undefined`, `"` + strings.Repeat("x", 100) + `\"` + strings.Repeat("y", 100) + `"`,
	strings.Repeat("[", 62) + strings.Repeat("]", 62), strings.Repeat("[", 63) + strings.Repeat("]", 63), strings.Repeat("[", 64) + strings.Repeat("]", 64),
	strings.Repeat("[", 100000),
}

// scannerAlerts places each case where a value, a key, a tag, a header and a
// whole alert stand.
func scannerAlerts() []string {
	var list []string
	for _, c := range scannerCases {
		const head = `{"rule":"A","priority":"Notice","time":"2024-07-24T14:32:07.191837261Z"`
		list = append(list,
			c,
			head+c+`}`,
			head+`,"output_fields":{"a":`+c+`}}`,
			head+`,"output_fields":{`+c+`:1}}`,
			head+`,"output_fields":{"a":1,`+c+`:1,"0":2}}`,
			head+`,"output_fields":`+c+`}`,
			head+`,"tags":[`+c+`]}`,
			head+`,"tags":`+c+`}`,
			head+`,"x":`+c+`}`,
			head+`,`+c+`:1}`,
			head+`,"output":`+c+`}`,
			head+`,"a":[`+c+`,`+c+`]}`,
			head+`}`+c,
			`{"rule":`+c+`,"priority":"info","time":"2024-07-24T14:32:07Z"}`,
			`{"rule":"A","priority":`+c+`,"time":"2024-07-24T14:32:07Z"}`,
			`{"rule":"A","priority":"Debug","time":`+c+`}`,
		)
	}
	return list
}

func TestScannerAgainstEncodingJSON(t *testing.T) {
	for _, alert := range scannerAlerts() {
		if err := against([]byte(alert)); err != nil {
			t.Errorf("%.200q: %v", alert, err)
		}
	}
	// Every prefix of an alert that has everything is truncated, and nothing
	// else.
	whole := `{"hostname":"h","output":"o \"\u00e9\n","output_fields":{"a":[1,-2.5e+3,"x\ty"],"b":{"c":null},"d":true,"e":1721831527191837261},` +
		`"priority":"Notice","rule":"A","source":"syscall","tags":["a","b"],"time":"2024-07-24T14:32:07.191837261Z"}`
	for n := range len(whole) {
		if err := against([]byte(whole[:n])); err != nil {
			t.Errorf("%.*q: %v", n, whole, err)
		}
		if _, err := Parse([]byte(whole[:n])); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%q: %v, want %v", whole[:n], err, io.ErrUnexpectedEOF)
		}
	}
	if err := against([]byte(whole)); err != nil {
		t.Error(err)
	}
}

func FuzzParse(f *testing.F) {
	for _, alert := range scannerAlerts() {
		if len(alert) < 4096 {
			f.Add([]byte(alert))
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > MaxRecordBytes {
			return
		}
		before := bytes.Clone(data)
		if err := against(data); err != nil {
			t.Error(err)
		}
		if !bytes.Equal(before, data) {
			t.Error("Parse changed its input")
		}
	})
}

// FuzzRoundTrip encodes what was decoded and expects the same alert again.
func FuzzRoundTrip(f *testing.F) {
	for _, alert := range scannerAlerts() {
		if len(alert) < 4096 {
			f.Add([]byte(alert))
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		e, err := Parse(data)
		if err != nil {
			return
		}
		once := e.AppendJSON(nil)
		again, err := Parse(once)
		if err != nil {
			t.Fatalf("%s: %v", once, err)
		}
		if twice := again.AppendJSON(nil); !bytes.Equal(once, twice) {
			t.Errorf("%s\nand then\n%s", once, twice)
		}
		if e.ID() != again.ID() {
			t.Error("another ID after a round trip")
		}
	})
}
