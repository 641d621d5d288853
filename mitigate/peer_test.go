package mitigate

import "testing"

// TestPeer: the far end is the client's where the local port is the server's.
func TestPeer(t *testing.T) {
	c, err := parseCalc("peer(fd.name)")
	if err != nil {
		t.Fatal(err)
	}
	const name = "10.180.14.77:50914->10.244.12.31:21"
	for _, x := range []struct {
		fields map[string]any
		want   string
	}{
		{map[string]any{"fd.name": name}, "10.244.12.31"},
		{map[string]any{"fd.name": name, "evt.type": "accept4"}, "10.180.14.77"},
		{map[string]any{"fd.name": name, "fd.lport": 21, "fd.rport": 50914}, "10.180.14.77"},
		{map[string]any{"fd.name": name, "fd.lport": 50914, "fd.rport": 21}, "10.244.12.31"},
		{map[string]any{"fd.name": "10.0.0.5:500->203.0.113.9:500", "fd.lport": 500, "fd.rport": 500}, "203.0.113.9"},
		{map[string]any{"fd.name": "/etc/passwd"}, ""},
	} {
		s := about(alertWith(t, "syscall", x.fields), Default())
		got := ""
		if r := c.of(&s); r.ok {
			got = r.texts[0]
		}
		if got != x.want {
			t.Errorf("%v: %q, want %q", x.fields, got, x.want)
		}
	}
}
