package event

import "testing"

func TestNeeds(t *testing.T) {
	rule := func(s string) Key { return Key{Field: "alert.rule", Text: s} }
	for _, tt := range []struct {
		m    Matcher
		want Needs
	}{
		{Rule("A"), Needs{{rule("A")}}},
		{Rule("A*"), Needs{{{Field: "alert.rule", Text: "A", Prefix: true}}}},
		{Everything(), nil},
		{All(Rule("A"), From("s")), Needs{{rule("A")}, {{Field: "alert.source", Text: "s"}}}},
		{Any(All(Rule("A"), From("s")), Rule("B")), Needs{{rule("A"), rule("B")}}},
		{Any(Rule("A"), MatcherFunc(func(*Event) bool { return true })), nil},
		{Any(), Needs{{}}},
		{Any(Any(), Rule("A")), Needs{{rule("A")}}},
		{Not(Rule("A")), nil},
		{Not(Not(Rule("A"))), Needs{{rule("A")}}},
		{Not(Any(Not(Rule("A")), Not(From("s")))), Needs{{rule("A")}, {{Field: "alert.source", Text: "s"}}}},
		{Not(All(Not(Rule("A")), Not(Rule("B")))), Needs{{rule("A"), rule("B")}}},
		{Not(Everything()), Needs{{}}},
		{Not(Any()), nil},
		{AtLeast(Alert), Needs{{{Field: "alert.priority", Text: "Emergency"}, {Field: "alert.priority", Text: "Alert"}}}},
		{Not(AtLeast(Notice)), Needs{{{Field: "alert.priority", Text: "Informational"}, {Field: "alert.priority", Text: "Debug"}}}},
		{AtLeast(Debug), nil},
	} {
		got := needsOf(tt.m)
		if !equalNeeds(got, tt.want) {
			t.Errorf("%v needs %v, want %v", tt.m, got, tt.want)
		}
	}
}

func equalNeeds(a, b Needs) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if len(a[i]) != len(b[i]) {
			return false
		}
		for j := range a[i] {
			if a[i][j] != b[i][j] {
				return false
			}
		}
	}
	return true
}

func TestMatcherString(t *testing.T) {
	for _, tt := range []struct {
		m    Matcher
		want string
	}{
		{Rule("Terminal*"), `rule "Terminal*"`},
		{All(Rule("A"), Any(From("s"), Tagged("t*"))), `rule "A" and (source "s" or tag "t*")`},
		{Not(All(AtLeast(Warning), Host("h"))), `not (priority at least Warning and host "h")`},
		{Field("proc.name", "a\nb"), `proc.name = "a\nb"`},
		{All(), "everything"},
		{Any(), "nothing"},
		{All(Any(Rule("A"))), `rule "A"`},
	} {
		if got := describe(tt.m); got != tt.want {
			t.Errorf("got %s, want %s", got, tt.want)
		}
	}
}
