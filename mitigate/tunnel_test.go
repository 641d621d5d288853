package mitigate

import (
	"strings"
	"testing"
)

func TestTunnel(t *testing.T) {
	for _, c := range []struct {
		line string
		want tunnel
	}{
		{"ssh -fNT -o StrictHostKeyChecking=no -p 443 -R 13389:10.60.8.21:3389 tun@198.51.100.140", tunnel{true, "13389", "10.60.8.21", "3389", "198.51.100.140"}},
		{"/usr/bin/ssh -NfR 8443:10.96.0.1:443 u@h.example.com sleep 9", tunnel{true, "8443", "10.96.0.1", "443", "h.example.com"}},
		{"ssh relay -R2222:localhost:22", tunnel{true, "2222", "localhost", "22", "relay"}},
		{"ssh -R 0.0.0.0:2222:localhost:22 relay", tunnel{true, "2222", "localhost", "22", "relay"}},
		{"ssh -R [::1]:2222:[fd00::7]:22 -N relay", tunnel{true, "2222", "fd00::7", "22", "relay"}},
		{"ssh -N -R 1080 203.0.113.7", tunnel{true, "1080", "", "", "203.0.113.7"}},
		{"ssh -D 127.0.0.1:1080 -R 9000:db:5432 relay", tunnel{true, "9000", "db", "5432", "relay"}},
		{"ssh -L 5432:db.internal:5432 bastion", tunnel{false, "5432", "db.internal", "5432", "bastion"}},
		{"autossh -M 20000 -N -R 19999:localhost:22 relay", tunnel{true, "19999", "localhost", "22", "relay"}},
		{"ssh -J jump -L 80:web:80 inner", tunnel{false, "80", "web", "80", "inner"}},
		{"autossh -fNM 20000 -R 19999:localhost:22 relay", tunnel{true, "19999", "localhost", "22", "relay"}},
		{"dbclient -K 60 -N -R 2222:localhost:22 relay", tunnel{true, "2222", "localhost", "22", "relay"}},
		{"ssh -o ProxyCommand=ssh -W %h:%p jump -N -R 22:x:22 relay", tunnel{}},
		{"ssh -R 22:x:22 relay" + strings.Repeat("x", maxCommandLine), tunnel{}},
		{"ssh -R 22:x:22 fe80::1%eth0", tunnel{}},
		{"ssh relay ls -R 22:x:22", tunnel{}},
		{"ssh relay", tunnel{}},
		{"ssh -R", tunnel{}},
		{"ssh -R 22:x:22", tunnel{}},
		{"ssh -R x:y relay", tunnel{}},
		{"ssh -R 99999:x:22 relay", tunnel{}},
		{"ssh -R 22:x:22 $(id)", tunnel{}},
		{"ssh -R /tmp/s:/tmp/t relay", tunnel{}},
		{"ssh -R [::1 relay", tunnel{}},
		{"scp -R 22:x:22 relay", tunnel{}},
		{"", tunnel{}},
	} {
		if got := tunnelOf(c.line); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.line, got, c.want)
		}
	}
}

func FuzzTunnel(f *testing.F) {
	f.Add("ssh -fNT -p 443 -R 13389:10.60.8.21:3389 tun@198.51.100.140")
	f.Add("autossh -M 0 -R [::1]:22:[fd00::7]:22 relay")
	f.Fuzz(func(t *testing.T, line string) {
		got := tunnelOf(line)
		if got == (tunnel{}) {
			return
		}
		if !isPort(got.opens) || !isHostName(got.server) || (got.host == "") != (got.port == "") || got.host != "" && !isHostName(got.host) {
			t.Errorf("%q: %+v", line, got)
		}
	})
}
