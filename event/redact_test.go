package event

import (
	"context"
	"regexp"
	"strings"
	"testing"
)

const secretAlert = `{"hostname":"alice-laptop","message":"login (user=alice uid=0 cmd=su alice pw=hunter2)","output":"10:00:00.000000000: Notice login (user=alice uid=0 cmd=su alice pw=hunter2)",` +
	`"output_fields":{"ka.groups":["alice","dev"],"ka.obj":{"by":"alice","n":1000},"proc.cmdline":"su alice --password=hunter2","proc.pid":100010,"proc.uid2":1000,"user.name":"alice","user.shell":null,"user.uid":0,"user.loginuid":1000,"x.quoted":"a\"lice"},` +
	`"priority":"Notice","rule":"Login of alice","source":"syscall","tags":["alice"],"time":"2024-07-24T10:00:00.000000000Z","uuid":"for-alice"}`

func TestRedact(t *testing.T) {
	e := mustParse(t, secretAlert)
	before := string(e.AppendJSON(nil))
	for name, tt := range map[string]struct {
		r    Redaction
		want []string
		not  []string
	}{
		"field": {
			Redaction{Fields: []string{"user.name"}},
			[]string{`"user.name":"[redacted]"`, `"message":"login (user=[redacted] uid=0 cmd=su [redacted] pw=hunter2)"`, `10:00:00.000000000: Notice login (user=[redacted] `,
				`"proc.cmdline":"su [redacted] --password=hunter2"`, `"ka.groups":["[redacted]","dev"]`, `{"by":"[redacted]","n":1000}`, `"uuid":"for-[redacted]"`, `"hostname":"[redacted]-laptop"`,
				`"rule":"Login of alice"`, `"tags":["alice"]`, `"user.uid":0`},
			nil,
		},
		"prefix": {
			Redaction{Fields: []string{"user.*"}},
			[]string{`"user.uid":"[redacted]"`, `"user.shell":null`, `uid=[redacted] cmd`, `: Notice login`, `"output":"10:00:00.000000000: `, `"proc.uid2":"[redacted]"`, `"n":"[redacted]"`},
			[]string{`"user.name":"alice"`},
		},
		"values": {
			Redaction{Values: regexp.MustCompile(`hunter\d`)},
			[]string{`--password=[redacted]"`, `pw=[redacted])`, `"user.name":"alice"`},
			[]string{"hunter"},
		},
		"mask":  {Redaction{Fields: []string{"user.name"}, Mask: "XX"}, []string{`"user.name":"XX"`}, nil},
		"host":  {Redaction{Fields: []string{"alert.hostname"}}, []string{`"hostname":"[redacted]"`, `"user.name":"alice"`}, []string{"alice-laptop"}},
		"whole": {Redaction{Fields: []string{"user.name"}, WholeText: true}, []string{`"message":"[redacted]"`, `"output":"10:00:00.000000000: Notice [redacted]"`}, []string{"cmd="}},
		"list":  {Redaction{Fields: []string{"ka.groups"}}, []string{`"ka.groups":"[redacted]"`, `user=[redacted] `}, nil},
		"hash":  {Redaction{Fields: []string{"user.name"}, HashKey: []byte("k")}, []string{`"user.name":"hmac-`}, []string{`su alice`, "[redacted]"}},
	} {
		t.Run(name, func(t *testing.T) {
			var got *Event
			h := Redact(tt.r)(HandlerFunc(func(_ context.Context, e *Event) error { got = e; return nil }))
			if err := h.HandleEvent(t.Context(), e); err != nil {
				t.Fatal(err)
			}
			text := string(got.AppendJSON(nil))
			for _, want := range tt.want {
				if !strings.Contains(text, want) {
					t.Errorf("without %s:\n%s", want, text)
				}
			}
			for _, not := range tt.not {
				if strings.Contains(text, not) {
					t.Errorf("with %s:\n%s", not, text)
				}
			}
			again, err := Parse([]byte(text))
			if err != nil {
				t.Fatalf("%v: %s", err, text)
			}
			if again.ID() != got.ID() {
				t.Error("the copy does not survive a round trip")
			}
		})
	}
	if after := string(e.AppendJSON(nil)); after != before {
		t.Errorf("the alert itself was changed: %s", after)
	}
	r := Redaction{Fields: []string{"no.such"}}
	if r.Apply(e) != e {
		t.Error("a copy where nothing is hidden")
	}
	// Equal values stay equal under a key, and differ under another.
	hash := func(key string) string {
		r := Redaction{Fields: []string{"user.name"}, HashKey: []byte(key)}
		return r.Apply(e).Fields.Get("user.name").Text()
	}
	once, again, other := hash("k"), hash("k"), hash("l")
	if once != again || once == other {
		t.Error("the hash does not depend on key and value alone")
	}
}

// No value of a hidden field of at least four bytes is left anywhere but in
// what belongs to the rule.
func FuzzRedact(f *testing.F) {
	f.Add("alice", "su alice", "user=alice")
	f.Add("a\"b\\c\n", "x a\"b\\c\n", `a\"b\\c\n`)
	f.Add("aaaa", "aaaaaaa", "aaa")
	f.Fuzz(func(t *testing.T, secret, other, output string) {
		e := &Event{Rule: "R", Output: output, Fields: newFields([]string{"other", "user.name"}, []Value{StringValue(other), StringValue(secret)})}
		r := Redaction{Fields: []string{"user.name"}, Mask: "#"}
		c := r.Apply(e)
		if len(secret) < shortest || strings.Contains(secret, "#") || secret == notAvailable {
			return
		}
		for name, v := range c.Fields.All() {
			if strings.Contains(v.Text(), secret) {
				t.Errorf("%s holds %q", name, secret)
			}
		}
		if strings.Contains(withoutPrefix(c.Output), secret) {
			t.Errorf("output %q holds %q", c.Output, secret)
		}
		if e.Fields.Get("other").Text() != other || e.Output != output {
			t.Error("the alert itself was changed")
		}
	})
}
