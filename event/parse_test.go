package event

import "testing"

func TestParse(t *testing.T) {
	e, err := Parse([]byte(`{"rule":"A","priority":"info","time":"2024-07-24T14:32:07.191837261Z","tags":["x"],` +
		`"output_fields":{"evt.time":1721831527191837261,"proc.aname[2]":null,"fd.name":"a\"\u00e9b"},"uuid":"u"}`))
	if err != nil {
		t.Fatal(err)
	}
	if n, ok := e.Fields.Get("evt.time").Int(); !ok || n != 1721831527191837261 {
		t.Errorf("evt.time = %d, %v", n, ok)
	}
	if k := e.Fields.Get("proc.aname[2]").Kind(); k != Null {
		t.Errorf("proc.aname[2] is %v, want null", k)
	}
	if k := e.Fields.Get("proc.aname").Kind(); k != Absent {
		t.Errorf("proc.aname is %v, want absent", k)
	}
	if s := e.Fields.Get("fd.name").Text(); s != `a"éb` {
		t.Errorf("fd.name = %q", s)
	}
	if s := e.Extra().Get("uuid").Text(); s != "u" {
		t.Errorf("uuid = %q", s)
	}
	for _, bad := range []string{``, `{}`, `[]`, `{"rule":"A"}`, `{"rule":"A","rule":"B"}`, `{"rule":"A","priority":"Warning","time":"2024-07-24T14:32:07Z"} x`} {
		if _, err := Parse([]byte(bad)); err == nil {
			t.Errorf("Parse(%q) succeeded", bad)
		}
	}
}
