package event

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"
)

// every is a value of each kind and form.
func every(t *testing.T) map[string]Value {
	e := withFields(t, `"null":null,"true":true,"int":42,"negative":-1,"big":18446744073709551615,"bigger":18446744073709551616,"minint":-9223372036854775808,
		"float":1.5,"whole":34816.0,"exp":1e3,"huge":1e400,"str":"x","num":"42","numf":"1.5","numx":"0x1f","plus":"+1","yes":"true","empty":"","na":"<NA>",
		"list":["a","b\n"],"mixed":[1,null,true,"x",["y"],{"z":1}],"none":[],"object":{"a":"b","c":[1]},
		"time":"2024-07-24T14:32:07.191837261Z","clock":"14:32:07","ns":1721831527191837261,"ip":"10.0.0.1","ip6":"fe80::1%eth0","net":"10.0.0.0/8","ipnet":"<IPNET>"`)
	all := map[string]Value{"absent": e.Fields.Get("absent")}
	for name, v := range e.Fields.All() {
		all[name] = v
	}
	return all
}

func TestValueAccessors(t *testing.T) {
	type want map[string]string // what it reads, by the fields it is ok for
	all := every(t)
	for accessor, c := range map[string]struct {
		read func(Value) (any, bool)
		want want
	}{
		"Str": {func(v Value) (any, bool) { return v.Str() }, want{"str": "x", "num": "42", "numf": "1.5", "numx": "0x1f", "plus": "+1", "yes": "true", "empty": "", "na": "<NA>",
			"time": "2024-07-24T14:32:07.191837261Z", "clock": "14:32:07", "ip": "10.0.0.1", "ip6": "fe80::1%eth0", "net": "10.0.0.0/8", "ipnet": "<IPNET>"}},
		"Int": {func(v Value) (any, bool) { return v.Int() }, want{"int": "42", "negative": "-1", "minint": "-9223372036854775808", "whole": "34816", "exp": "1000", "num": "42", "ns": "1721831527191837261"}},
		"Uint": {func(v Value) (any, bool) { return v.Uint() }, want{"int": "42", "big": "18446744073709551615", "whole": "34816", "exp": "1000", "num": "42",
			"ns": "1721831527191837261"}},
		"Float": {func(v Value) (any, bool) { return v.Float() }, want{"int": "42", "negative": "-1", "big": "1.8446744073709552e+19", "bigger": "1.8446744073709552e+19",
			"minint": "-9.223372036854775808e+18", "float": "1.5", "whole": "34816", "exp": "1000", "num": "42", "numf": "1.5", "ns": "1721831527191837261"}},
		"Bool":     {func(v Value) (any, bool) { return v.Bool() }, want{"true": "true", "yes": "true"}},
		"Duration": {func(v Value) (any, bool) { return v.Duration() }, want{"int": "42ns", "negative": "-1ns", "minint": "-2562047h47m16.854775808s", "whole": "34.816µs", "exp": "1µs", "num": "42ns", "ns": "478286h32m7.191837261s"}},
		"Addr":     {func(v Value) (any, bool) { return v.Addr() }, want{"ip": "10.0.0.1", "ip6": "fe80::1%eth0"}},
		"Prefix":   {func(v Value) (any, bool) { return v.Prefix() }, want{"ip": "10.0.0.1/32", "ip6": "fe80::1/128", "net": "10.0.0.0/8"}},
		"Strings": {func(v Value) (any, bool) { l, ok := v.Strings(); return strings.Join(l, "|"), ok }, want{"true": "true", "int": "42", "negative": "-1", "big": "18446744073709551615",
			"bigger": "18446744073709551616", "minint": "-9223372036854775808", "float": "1.5", "whole": "34816.0", "exp": "1e3", "huge": "1e400", "str": "x", "num": "42", "numf": "1.5",
			"numx": "0x1f", "plus": "+1", "yes": "true", "empty": "", "na": "<NA>", "list": "a|b\n", "mixed": `1||true|x|["y"]|{"z":1}`, "none": "", "time": "2024-07-24T14:32:07.191837261Z",
			"clock": "14:32:07", "ns": "1721831527191837261", "ip": "10.0.0.1", "ip6": "fe80::1%eth0", "net": "10.0.0.0/8", "ipnet": "<IPNET>"}},
		"Available": {func(v Value) (any, bool) { return v.Kind(), !v.Available() }, want{"absent": "absent", "null": "null", "na": "string"}},
	} {
		for name, v := range all {
			got, ok := c.read(v)
			text, wanted := c.want[name]
			if f, isFloat := got.(float64); isFloat {
				got = fmt.Sprint(f)
				var w float64
				if wanted {
					fmt.Sscan(text, &w)
					text = fmt.Sprint(w)
				}
			}
			if ok != wanted || ok && fmt.Sprint(got) != text {
				t.Errorf("%s of %s is %v, %v; want %q, %v", accessor, name, got, ok, text, wanted)
			}
		}
	}
}

func TestValueTime(t *testing.T) {
	for name, v := range every(t) {
		got, ok := v.Time()
		var want time.Time
		switch name {
		case "time", "ns":
			want = time.Unix(0, 1721831527191837261)
		case "int", "num":
			want = time.Unix(0, 42)
		case "whole":
			want = time.Unix(0, 34816)
		case "exp":
			want = time.Unix(0, 1000)
		case "negative":
			want = time.Unix(0, -1)
		case "minint":
			want = time.Unix(0, math.MinInt64)
		}
		if ok == want.IsZero() || ok && (!got.Equal(want) || got.Location() != time.UTC) {
			t.Errorf("Time of %s is %v, %v", name, got, ok)
		}
	}
}

func TestValueMembers(t *testing.T) {
	f := every(t)["object"].Members()
	if f.Len() != 2 || f.Get("a").Text() != "b" || f.Get("c").Kind() != Array {
		t.Errorf("members = %v", briefFields(f))
	}
	if every(t)["list"].Members().Len() != 0 {
		t.Error("a list has members")
	}
	for range every(t)["str"].Elements() {
		t.Error("a string has elements")
	}
	for range every(t)["list"].Elements() {
		break // must not go on
	}
}

func TestValueConstructors(t *testing.T) {
	for want, v := range map[string]Value{
		`null`: NullValue(), `"a\"\u0001é"`: StringValue("a\"\x01é"), `-9223372036854775808`: IntValue(math.MinInt64),
		`18446744073709551615`: UintValue(math.MaxUint64), `true`: BoolValue(true), `false`: BoolValue(false),
		`["a","\n"]`: StringsValue("a", "\n"), `1.5`: FloatValue(1.5), `100.0`: FloatValue(100), `1e-07`: FloatValue(1e-7), `0.0001`: FloatValue(1e-4), `1e+20`: FloatValue(1e20),
	} {
		if got, err := json.Marshal(v); err != nil || string(got) != want {
			t.Errorf("got %s, %v, want %s", got, err, want)
		}
	}
	for _, v := range []Value{FloatValue(math.NaN()), FloatValue(math.Inf(1)), StringsValue(), {}} {
		if got, _ := json.Marshal(v); string(got) != "null" {
			t.Errorf("got %s, want null", got)
		}
	}
	list, ok := StringsValue("a\"", "").Strings()
	if !ok || !slices.Equal(list, []string{"a\"", ""}) {
		t.Errorf("got %q", list)
	}
}

func TestFields(t *testing.T) {
	for _, n := range []int{0, 1, 24, 25, 100, 1000} {
		for _, step := range []int{1, 7} { // in order, and not
			var parts []string
			for i := range n {
				parts = append(parts, fmt.Sprintf(`"f%04d":%d`, i*step%max(n, 1), i))
			}
			slices.Sort(parts)
			if step == 7 {
				slices.Reverse(parts)
			}
			f := withFields(t, strings.Join(slices.Compact(parts), ",")).Fields
			if f.Len() != n {
				t.Fatalf("%d fields, want %d", f.Len(), n)
			}
			for i := range n {
				if got, ok := f.Get(fmt.Sprintf("f%04d", i*step%n)).Int(); !ok || got != int64(i) {
					t.Errorf("of %d, field %d is %d, %v", n, i, got, ok)
				}
			}
			for _, none := range []string{"", "f", "f0000 ", "e", "z"} {
				if f.Get(none).Kind() != Absent {
					t.Errorf("%q is there", none)
				}
			}
		}
	}
}

func TestFieldNear(t *testing.T) {
	e := withFields(t, `"alert.rule":"not this","b":1,"c":null,"d":[]`)
	for _, tt := range []struct {
		name  string
		at    int
		value string
	}{
		{"b", 1, "1"}, {"c", 2, ""}, {"d", 3, "[]"}, {"x", -1, ""}, {"", -1, ""},
		{"alert.rule", -1, e.Rule}, {"alert.nothing", -1, ""},
	} {
		for guess := -2; guess < 6; guess++ {
			v, at := e.FieldNear(tt.name, guess)
			if at != tt.at || v.Text() != tt.value || v.Kind() != e.Field(tt.name).Kind() {
				t.Errorf("%q near %d: %s %q at %d", tt.name, guess, v.Kind(), v, at)
			}
		}
	}
	many := make([]string, 100)
	for i := range many {
		many[i] = fmt.Sprintf(`"f%04d":%d`, i, i)
	}
	e = withFields(t, strings.Join(many, ","))
	for i := range many {
		if v, at := e.FieldNear(fmt.Sprintf("f%04d", i), 50); at != i || v.Text() != fmt.Sprint(i) {
			t.Errorf("field %d: %q at %d", i, v, at)
		}
	}
}
