package event

import (
	"strings"
	"testing"
)

func TestConnection(t *testing.T) {
	for name, want := range map[string]string{ // both ends; "" for no connection
		"172.17.0.9:43812->10.96.0.1:443":     "172.17.0.9:43812 10.96.0.1:443",
		"2001:db8::4:54405->2001:db8::3:1234": "[2001:db8::4]:54405 [2001:db8::3]:1234",
		"::1:38255->::1:2345":                 "[::1]:38255 [::1]:2345",
		"/etc/passwd":                         "",
		"a:1->b:2":                            "",
		"10.0.0.1:1->10.0.0.2":                "",
		"10.0.0.1->10.0.0.2:1":                "",
		"10.0.0.1:1->10.0.0.2:99999":          "",
		"->":                                  "",
		"":                                    "",
		"::1%" + strings.Repeat("z", 200) + ":1->::1:2": "",
	} {
		client, server, ok := StringValue(name).Connection()
		got := ""
		if ok {
			got = client.String() + " " + server.String()
		}
		if got != want {
			t.Errorf("the ends of %q are %q, want %q", name, got, want)
		}
		if !ok && (client.IsValid() || server.IsValid()) {
			t.Errorf("%q is no connection, yet has an end: %v, %v", name, client, server)
		}
	}
	if _, _, ok := StringsValue("10.0.0.1:1->10.0.0.2:2").Connection(); ok {
		t.Error("a list is a connection")
	}
}
