package rules

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestYAMLOfFalco holds what is accepted against what yaml-cpp, Falco's reader
// of YAML, was seen to accept.
func TestYAMLOfFalco(t *testing.T) {
	for _, c := range []struct {
		name, text string
		bad        Pos // of the fault; none if it loads
	}{
		{name: "version 1.1", text: "%YAML 1.1\n---\n- list: a\n  items: [b]\n"},
		{name: "version 1.2", text: "%YAML 1.2\n---\n- list: a\n  items: [b]\n"},
		{name: "version 1.2 of a later document", text: "- list: a\n  items: []\n...\n%YAML 1.2\n---\n- list: b\n  items: []\n"},
		{name: "no directive", text: "- list: a\n  items:\n    - >-\n      %YAML 1.2\n"},
		{name: "version 2", text: "%YAML 2.0\n---\n- list: a\n  items: [b]\n", bad: Pos{1, 1, 0}},

		{name: "? in a list", text: "- list: a\n  items: [b, /tmp/?c]\n", bad: Pos{2, 19, 28}},
		{name: "? first in a list", text: "- list: a\n  items: [?c]\n", bad: Pos{2, 11, 20}},
		{name: "? in a map", text: "- {list: a?, items: [b]}\n", bad: Pos{1, 11, 10}},
		{name: "? in a list of a list", text: "- list: a\n  items:\n    - b\n- rule: r\n  exceptions:\n    - name: e\n" +
			"      values: [[\"?\", a], [b, c?]]\n  append: true\n", bad: Pos{7, 31, 95}},
		{name: "? in quotes", text: "- list: a\n  items: ['b?', \"?c\"]\n"},
		{name: "? in a block", text: "- list: a\n  items:\n    - b?\n    - ?c\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			set, err := Load(nil, File{"f.yaml", []byte(c.text)})
			if (err != nil) != c.bad.IsValid() {
				t.Fatalf("error %v, want one: %v", err, c.bad.IsValid())
			}
			if err == nil {
				return
			}
			got := set.Results()[0].Errors
			if len(got) != 1 || got[0].Code != ErrYAMLParse {
				t.Fatalf("errors %v, want one of YAML", got)
			}
			if diff := cmp.Diff(c.bad, got[0].Pos); diff != "" {
				t.Errorf("place (-want +got)\n%s", diff)
			}
		})
	}
}

// TestVersionStays: the text that a position points into is not changed.
func TestVersionStays(t *testing.T) {
	data := []byte("%YAML 1.2\n---\n- list: a\n  items: [b]\n")
	if _, err := Load(nil, File{"f.yaml", data}); err != nil {
		t.Fatal(err)
	}
	if data[8] != '2' {
		t.Errorf("the file became %q", data)
	}
}

// TestMarksAfterByteOrderMark: Falco does not count it, an editor does not
// show it, and a place in the file is behind it.
func TestMarksAfterByteOrderMark(t *testing.T) {
	const bom, text = "\xef\xbb\xbf", "- list: a\n- list: b\n"
	plain, _ := Load(nil, File{"f.yaml", []byte(text)})
	marked, _ := Load(nil, File{"f.yaml", []byte(bom + text)})
	want, got := plain.Results()[0].Errors, marked.Results()[0].Errors
	if len(want) != 2 || len(got) != 2 {
		t.Fatalf("errors %v and %v, want two each", want, got)
	}
	for i := range want {
		for k, it := range want[i].Items {
			if got[i].Items[k].mark != it.mark {
				t.Errorf("%s: mark %v, want %v", got[i], got[i].Items[k].mark, it.mark)
			}
		}
		if at := want[i].Pos.Offset + len(bom); got[i].Pos.Offset != at {
			t.Errorf("%s: offset %d, want %d", got[i], got[i].Pos.Offset, at)
		}
	}
}

// TestParseUint32 holds numbers against what yaml-cpp was seen to make of them.
func TestParseUint32(t *testing.T) {
	for _, c := range []struct {
		text string
		want uint32
		ok   bool
	}{
		{"5", 5, true}, {"5 ", 5, true}, {"5\t", 5, true}, {"5\n", 5, true}, {"+5", 5, true}, {"0", 0, true}, {"00", 0, true},
		{"0x10", 16, true}, {"0X10", 16, true}, {"+0x10", 16, true}, {"010", 8, true}, {"+010", 8, true},
		{"4294967295", 4294967295, true},
		{" 5", 0, false}, {" +5", 0, false}, {" -5", 0, false}, {"-5", 0, false}, {"-", 0, false}, {"+", 0, false},
		{"++5", 0, false}, {"+-5", 0, false}, {"0x", 0, false}, {"08", 0, false}, {"0b1", 0, false}, {"0o7", 0, false},
		{"4294967296", 0, false}, {"1e3", 0, false}, {"1.0", 0, false}, {"5x", 0, false}, {"5 x", 0, false}, {"x", 0, false},
	} {
		got, ok := parseUint32(c.text)
		if ok != c.ok || ok && got != c.want {
			t.Errorf("%q is %d, %v; want %d, %v", c.text, got, ok, c.want, c.ok)
		}
	}
}
