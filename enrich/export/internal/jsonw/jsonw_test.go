package jsonw

import "testing"

func TestWriter(t *testing.T) {
	w := Writer{B: []byte("before ")}
	w.B = append(w.B, '\n')
	all := w.Begin("")
	w.Str("a", "x")
	empty := w.Begin("gone")
	w.End(empty)
	list := w.BeginList("l")
	w.Int("", 1)
	inner := w.Begin("")
	w.Bool("b", true)
	w.End(inner)
	w.EndList(list)
	none := w.BeginList("none")
	w.EndList(none)
	w.Strs("s", []string{"p", "q"})
	w.StrIf("no", "")
	w.End(all)
	if got, want := string(w.B), "before \n"+`{"a":"x","l":[1,{"b":true}],"s":["p","q"]}`; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
