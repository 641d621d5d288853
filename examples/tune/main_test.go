package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/falconer-go/falconer/rules"
)

const ruleFile = `# rules of ours
- list: shells
  items: [bash, sh] # more to come

- rule: Shell in container
  desc: a shell
  condition: evt.type = execve and proc.name in (shells)
  output: shell (%proc.name %proc.cmdline %container.image.repository)
  priority: NOTICE
`

func alertLine(cmdline, image string) string {
	return `{"rule":"Shell in container","priority":"Notice","source":"syscall","time":"2026-01-02T03:04:05Z","output_fields":{` +
		`"proc.name":"bash","proc.cmdline":` + cmdline + `,"container.image.repository":"` + image + `"}}` + "\n"
}

func TestRun(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	own := file("rules.yaml", ruleFile)
	alerts := strings.Repeat(alertLine(`"bash -c \"a, b\" bash x"`, "app"), 3) + alertLine(`"bash"`, "app") + "noise\n{\"rule\":5}\n" +
		strings.ReplaceAll(alertLine(`"x"`, "app"), "Shell in container", "Other")
	keep := file("keep.jsonl", alertLine(`"bash"`, "app"))
	patched := filepath.Join(dir, "patched.yaml")

	var out, errs bytes.Buffer
	status := run([]string{"-rules", own, "-keep", keep, "-write", patched, "-"}, strings.NewReader(alerts), &out, &errs)
	if status != 0 {
		t.Fatalf("status %d: %s", status, &errs)
	}
	for _, want := range []string{"5 alerts, 2 groups", "1 alerts left out: their rules are not in the files", "1 records left out: they are no alerts",
		`1. 3 of 4 alerts of rule "Shell in container"`, "NOT proposed: it would silence 1 of the alerts to keep"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the output lacks %q:\n%s", want, &out)
		}
	}
	data, err := os.ReadFile(patched)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(string(data), ruleFile) {
		t.Errorf("the file was not only added to:\n%s", data)
	}
	set, err := rules.Load(nil, rules.File{Name: "patched.yaml", Data: data})
	if err != nil {
		t.Fatal(err)
	}
	if got := set.Rule("Shell in container").Exceptions(); len(got) != 1 {
		t.Errorf("exceptions %q in\n%s", got, data)
	}
}

// TestRunConnections: alerts that only differ in the port that a connection
// comes from are one group, with one exception of one entry.
func TestRunConnections(t *testing.T) {
	own := filepath.Join(t.TempDir(), "rules.yaml")
	if err := os.WriteFile(own, []byte(strings.Replace(ruleFile, "(%proc.name", "(%fd.name %proc.name", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	var alerts strings.Builder
	for _, from := range []string{"10.0.0.1:40001", "10.0.0.1:40002", "10.0.0.2:40003"} {
		alerts.WriteString(strings.Replace(alertLine(`"bash"`, "app"), `{"proc.name"`,
			`{"fd.name":"`+from+`->10.9.9.9:443","proc.name"`, 1))
	}
	var out, errs bytes.Buffer
	if status := run([]string{"-rules", own, "-"}, strings.NewReader(alerts.String()), &out, &errs); status != 0 {
		t.Fatalf("status %d: %s", status, &errs)
	}
	for _, want := range []string{"3 alerts, 1 groups", "1. 3 of 3 alerts", "fd.name endswith ->10.9.9.9:443"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the output lacks %q:\n%s", want, &out)
		}
	}
}

func TestRunRefuses(t *testing.T) {
	for _, args := range [][]string{{}, {"-rules", "x"}, {"-x"}, {"-rules", "x", "-top", "0", "-"}} {
		var out, errs bytes.Buffer
		if got := run(args, strings.NewReader(""), &out, &errs); got != 2 || !strings.Contains(errs.String(), "usage: tune") {
			t.Errorf("%q: status %d, %s", args, got, &errs)
		}
	}
	bad := filepath.Join(t.TempDir(), "bad.yaml")
	if err := os.WriteFile(bad, []byte("- list: l\n- macro: \"\\e[31m\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	if got := run([]string{"-rules", bad, "-"}, strings.NewReader(""), &out, &errs); got != 1 || strings.Count(errs.String(), "tune: "+bad) != 2 ||
		strings.Contains(errs.String(), "\x1b") {
		t.Errorf("rules that do not load: status %d, %s", got, &errs)
	}
	if got := run([]string{"-rules", filepath.Join(t.TempDir(), "none"), "-"}, strings.NewReader(""), &out, &errs); got != 1 {
		t.Errorf("no such file: status %d", got)
	}
}

func TestProgress(t *testing.T) {
	var out bytes.Buffer
	clock := time.Unix(0, 0)
	p := &progress{out: &out, begin: clock, now: func() time.Time { return clock }}
	p.step("grouping", 64, 128)
	if out.Len() > 0 {
		t.Errorf("a bar within the first second: %q", &out)
	}
	clock = clock.Add(2 * time.Second)
	p.step("grouping", 64, 128)
	if want := "[" + strings.Repeat("#", 15) + strings.Repeat(".", 15) + "] 64 of 128"; !strings.Contains(out.String(), want) {
		t.Errorf("%q lacks %q", &out, want)
	}
	p.done()
	if !strings.HasSuffix(out.String(), "\r\x1b[K") {
		t.Errorf("the bar stays: %q", &out)
	}
}
