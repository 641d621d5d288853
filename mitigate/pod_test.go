package mitigate

import "testing"

func TestWorkloadOf(t *testing.T) {
	for pod, want := range map[string][2]string{
		"alpine-deployment-77789455d6-m7flp": {"Deployment", "alpine-deployment"},
		"backup-28734120-x7k2p":              {"CronJob", "backup"},
		"falco-74htl":                        {"DaemonSet or Job", "falco"},
		"redis-0":                            {"StatefulSet", "redis"},
		"web-12":                             {"StatefulSet", "web"},
		"kubecon":                            {"", ""},
		"alpine":                             {"", ""},
		"nginx-debug":                        {"", ""}, // vowels are in no suffix
		"-x7k2p":                             {"", ""},
		"":                                   {"", ""},
	} {
		if kind, name := workloadOf(pod); kind != want[0] || name != want[1] {
			t.Errorf("%q is of %s %q, want %q", pod, kind, name, want)
		}
	}
}

func TestTerminalOf(t *testing.T) {
	for dev, want := range map[int64]string{
		34816: "/dev/pts/0", 34817: "/dev/pts/1", 34816 + 0xff: "/dev/pts/255", 35072: "/dev/pts/256", 1025: "/dev/tty1",
		34816 + 1<<20: "/dev/pts/256", 0: "", -1: "", 1: "", 1 << 40: "",
	} {
		if got := terminalOf(dev); got != want {
			t.Errorf("terminalOf(%d) = %q, want %q", dev, got, want)
		}
	}
}

func TestAccountOf(t *testing.T) {
	for user, want := range map[string][2]string{
		"system:serviceaccount:shop:cart":   {"shop", "cart"},
		"system:serviceaccount:shop":        {},
		"system:serviceaccount::cart":       {},
		"system:serviceaccount:shop:":       {"shop", ""},
		"system:serviceaccount:shop:cart:x": {},
		"system:node:worker-1":              {},
		"dana@example.com":                  {},
		"x:system:serviceaccount:shop:cart": {},
	} {
		if home, name := accountOf(user); home != want[0] || name != want[1] {
			t.Errorf("%s: %q %q, want %q", user, home, name, want)
		}
	}
}
