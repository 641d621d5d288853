package event

import "testing"

const idAlert = `{"hostname":"h","output":"14:32:07.191837261: Warning m x","output_fields":{"a.int":1,"b.float":33.0,"c.list":["x","y"],"d.null":null,` +
	`"e.big":1721831527191837261,"evt.time":1721831527191837261},"priority":"Warning","rule":"A","source":"syscall","tags":["t"],"time":"2024-07-24T14:32:07.191837260Z"}`

// The ID is part of the promise of this package: alerts are stored by it.
func TestIDStaysAsItIs(t *testing.T) {
	const want = "62bafc78f78ae22bf96f69a25d4481b3"
	if got := parsed(t, idAlert).ID().String(); got != want {
		t.Errorf("the ID of the same alert became %s, it was %s", got, want)
	}
}

func TestIDSame(t *testing.T) {
	want := parsed(t, idAlert).ID()
	for what, alert := range map[string]string{
		"another order and spacing": `{ "time" : "2024-07-24T14:32:07.191837260Z", "output_fields": {"evt.time":1721831527191837261,"e.big":1721831527191837261,"d.null":null,"c.list":[ "x", "y" ],
			"b.float":33.0,"a.int":1}, "rule":"A","priority":"Warning","source":"syscall","hostname":"h","output":"14:32:07.191837261: Warning m x"}`,
		"a relay": `{"uuid":"u","hostname":"h","output":"14:32:07.191837261: Warning m x","output_fields":{"a.int":1,"b.float":33,"c.list":["x","y"],"d.null":null,` +
			`"e.big":1721831527191837261,"evt.time":1721831527191837400},"priority":"Warning","rule":"A","source":"syscalls","tags":["t","added"],"time":"2024-07-24T14:32:07.19183726Z"}`,
		"with a message":         `{"hostname":"h","message":"m x","output":"2024-07-24T14:32:07.191837261+0000: Warning m x","output_fields":{"a.int":1,"b.float":3.3e1,"c.list":["\u0078","y"],"d.null":null,"e.big":1721831527191837261},"priority":"warning","rule":"A","time":"2024-07-24T16:32:07.19183726+02:00"}`,
		"with the message alone": `{"hostname":"h","message":"m x","output_fields":{"a.int":1,"b.float":33,"c.list":["x","y"],"d.null":null,"e.big":1721831527191837261},"priority":"WARNING","rule":"A","time":{"seconds":1721831527,"nanos":191837260},"source":"SYSCALL"}`,
	} {
		e := parsed(t, alert)
		if e.ID() != want {
			t.Errorf("%s: %s\n%s\n%s", what, alert, e.appendIdentity(nil), parsed(t, idAlert).appendIdentity(nil))
		}
		again := parsed(t, string(e.AppendJSON(nil)))
		if again.ID() != want {
			t.Errorf("%s, encoded again, has another ID", what)
		}
	}
}

func TestIDDiffers(t *testing.T) {
	seen := map[ID]string{}
	for what, change := range map[string]func(d *Draft){
		"nothing":       func(d *Draft) {},
		"rule":          func(d *Draft) { d.Rule = "B" },
		"time":          func(d *Draft) { d.Time = d.Time.Add(1) },
		"host":          func(d *Draft) { d.Hostname = "i" },
		"source":        func(d *Draft) { d.Source = "k8s_audit" },
		"priority":      func(d *Draft) { d.Priority = Error },
		"output":        func(d *Draft) { d.Output += "." },
		"int":           func(d *Draft) { d.Set("a.int", IntValue(2)) },
		"int as string": func(d *Draft) { d.Set("a.int", StringValue("1")) },
		"last digit":    func(d *Draft) { d.Set("e.big", IntValue(1721831527191837262)) },
		"null as empty": func(d *Draft) { d.Set("d.null", StringValue("")) },
		"list":          func(d *Draft) { d.Set("c.list", StringsValue("x,y")) },
		"list's order":  func(d *Draft) { d.Set("c.list", StringsValue("y", "x")) },
		"new field":     func(d *Draft) { d.Set("n", NullValue()) },
		"no field":      func(d *Draft) { d.Fields = d.Fields[1:] },
		"name":          func(d *Draft) { d.Fields[0].Name = "a.int2" },
	} {
		d := parsed(t, idAlert).Draft()
		change(d)
		e, err := d.Build()
		if err != nil {
			t.Fatal(err)
		}
		if other, ok := seen[e.ID()]; ok {
			t.Errorf("%s and %s have the same ID", what, other)
		}
		seen[e.ID()] = what
	}
}

func TestIDText(t *testing.T) {
	id := parsed(t, idAlert).ID()
	text, err := id.MarshalText()
	var again ID
	if err != nil || again.UnmarshalText(text) != nil || again != id || len(id.String()) != 32 {
		t.Errorf("%s, %v, %v", text, err, again)
	}
	for _, bad := range []string{"", "00", id.String()[1:] + "g", id.String() + "0"} {
		if again.UnmarshalText([]byte(bad)) == nil {
			t.Errorf("%q is an ID", bad)
		}
	}
	if parsed(t, idAlert).Field("alert.id").Text() != id.String() {
		t.Error("alert.id is not the ID")
	}
}
