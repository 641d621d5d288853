package mitigate

import "testing"

func TestProcessOf(t *testing.T) {
	for line, want := range map[string]string{
		"gdb --nx --batch --readnever -ex set height 0 -ex set width 0 -ex attach 3127 -ex gcore /var/tmp/core.3127 -ex detach -ex quit": "3127",
		"bash /usr/bin/gcore -o /var/tmp/core 3127":       "3127",
		"strace -f -p 812 -e trace=read -s 64 -o /tmp/.o": "812",
		"strace -p812":                            "812",
		"gdb --pid=812 -batch":                    "812",
		"lldb --attach-pid 812":                   "812",
		"dlv attach 812 --headless":               "812",
		"gdbserver :1234 --attach 1":              "1",
		"perf record -F 99 -p 812 -g -- sleep 30": "812",
		"py-spy dump --pid 812":                   "812",
		"gdb /usr/sbin/nginx 812":                 "812",
		"sh /usr/bin/gstack 812":                  "812",
		"gdb -q -p 812 -ex 'attach 812'":          "812",
		"strace -p 812 -p 813":                    "", // which of them is the alert's is open
		"strace -p 812,813":                       "",
		"strace sleep 100":                        "",
		"gdb --args sleep 100":                    "",
		"gdb -ex run ./x":                         "",
		"strace -o /tmp/812 ls":                   "",
		"strace -p $(pgrep sshd)":                 "",
		"gdb -p 0812":                             "",
		"gdb":                                     "",
		"strace ssh -p 2222 root@h":               "",
		"strace -- ssh -p 22":                     "",
		"strace -e trace=network -p 812":          "812",
		"agent -p 8125":                           "",
		"valgrind ./srv -p 8080":                  "",
		"perf record -F 99 -- nc -p 4444":         "",
		"perf record -F 99 nc -p 4444":            "",
		"gdb ./prog -c 812":                       "",
		"strace -p 9999999":                       "",
		"gdb -p +812":                             "",
		"sudo strace -f -p 812":                   "812",
		"timeout 5 strace -p 812":                 "812",
		"-p 812":                                  "",
		"strace -p":                               "",
		"":                                        "",
	} {
		if got := processOf(line); got != want {
			t.Errorf("processOf(%q) = %q, want %q", line, got, want)
		}
	}
}
