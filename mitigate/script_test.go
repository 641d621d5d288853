package mitigate

import "testing"

func TestScriptOf(t *testing.T) {
	for line, want := range map[string]string{
		"post-baseline.s /opt/ops/baseline/post-baseline.sh --quiet": "/opt/ops/baseline/post-baseline.sh",
		"backup -e /usr/local/bin/backup /srv":                       "/usr/local/bin/backup", // #!/bin/sh -e
		"bash /opt/x.sh":                                             "/opt/x.sh",
		"sh -eu /opt/x.sh a b":                                       "/opt/x.sh",
		"bash -o pipefail /opt/x.sh":                                 "/opt/x.sh",
		"python3 -u /srv/job.py":                                     "/srv/job.py",
		"python3.11 -W ignore /srv/job.py":                           "/srv/job.py",
		"platform-python /home/a/.ansible/tmp/x/AnsiballZ_dnf.py":    "/home/a/.ansible/tmp/x/AnsiballZ_dnf.py",
		"sh -c /usr/local/sbin/rotate.sh":                            "/usr/local/sbin/rotate.sh",
		"sudo /opt/run.sh":                                           "/opt/run.sh",
		"bash -c cat /etc/passwd":                                    "",
		"sh -c echo /opt/x.sh":                                       "",
		"python3 -m http.server /srv":                                "",
		"python3 -c print(1) /srv/x.py":                              "",
		"perl -e unlink /srv/x.pl":                                   "",
		"bash ./x.sh":                                                "",
		"bash":                                                       "",
		"":                                                           "",
		"cat /opt/cat.sh /etc/passwd":                                "",
		"mv /usr/bin/wget /usr/bin/wget.dis":                         "",
		"nginx /etc/nginx":                                           "",
		"java -jar /opt/app.jar":                                     "",
	} {
		if got := scriptOf(line); got != want {
			t.Errorf("scriptOf(%q) = %q, want %q", line, got, want)
		}
	}
}
