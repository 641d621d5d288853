package proof

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/falconer-go/falconer/event"
	"golang.org/x/tools/txtar"
)

// hostile are values that try to leave their place in a document, a command or
// a terminal.
var hostile = func() []string {
	list := []string{
		"`", "``", "```", "a|b", `a\|b`, `a\\|b`, `\`, `a\`, "| x | y |", "**b**", "_i_", "[t](https://example.com)",
		"![i](https://example.com/x.png)", "<script>alert(1)</script>", "<!--", "-->", "<img src=x onerror=alert(1)>", "</code></pre>",
		"</style><script>alert(1)</script>", "]]>", "&lt;b&gt;", "&#60;b&#62;", "# h", "\n# h", "\n\n```\nx\n```\n", "\n| a |\n|---|\n",
		"> q", "- i", "1. i", "---", "===", "~~~", "https://example.com", "www.example.com", "a@example.com", "@everyone",
		"\x1b[31mred\x1b[0m", "\x1b]0;t\x07", "\x1b]8;;https://example.com\x07x\x1b]8;;\x07", "\x00\x01\x7f", "\u009b31m",
		"\u202etxt.exe", "\u2066x\u2069", "a\u200bb\ufeffc", "\u2028l\u2029p", "\u00a0", "\u00ad", "\U000e0041", "\u115f",
		"$(reboot)", "`reboot`", "; reboot", "| reboot", "& reboot", "&& reboot", "\nreboot", "> /etc/passwd", "< /etc/shadow", "' ; reboot ; '",
		"\" ; reboot ; \"", "-rfx", "--xall", "-oxyaml", "--kubeconfig=/tmp/x", "*", "?", "~root", "$HOME", "${IFS}", "!!", "a b", "a\tb", "../../etc",
		"/../../etc/passwd", "/tmp/..", "{a,b}", "#comment", "a: b", "- a", "&anchor", "*alias", "!!python/object", "%YAML", "'", "\"", "null", "true",
		"{{.Rule}}", "{{ range . }}", "%{proc.name}", "[[x]]", "%s%d%!", "<NA>", "javascript:alert(1)", "data:text/html,x", "file:///etc/passwd",
		"=cmd|' /C calc'!A0", "+1+1", "@SUM(1)", "é\u0301\u0301", "\xff\xfe", " ", "  x  ", "\t", "", "0", "-1", "4294967295", "1e999", "NaN",
		"host", "root", "mysql -psecret", "https://u:p@example.com/", "AKIAIOSFODNN7EXAMPLE",
	}
	// Each shell and YAML metacharacter around and inside a plausible value.
	for _, c := range "`$&|;<>(){}[]*?!#~'\"\\ \n\t%@:,=" {
		for _, v := range []string{"dca990c78804", "nginx", "/usr/bin/cat"} {
			list = append(list, v+string(c), string(c)+v, v[:2]+string(c)+v[2:])
		}
	}
	return append(list, strings.Repeat("A", 20_000), strings.Repeat("`", 300), strings.Repeat("a b ", 2000))
}()

// parse reads an alert.
func parse(t testing.TB, data []byte) *event.Event {
	t.Helper()
	e, err := event.Parse(data)
	if err != nil {
		t.Fatalf("%.200s: %v", data, err)
	}
	return e
}

// samples are alerts of every source: our own goldens, and the conformance
// alerts where they are at hand.
func samples(t testing.TB) []*event.Event {
	t.Helper()
	files, err := filepath.Glob("../../mitigate/report/testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no samples: %v", err)
	}
	var list []*event.Event
	for _, name := range files {
		ar, err := txtar.ParseFile(name)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, parse(t, bytes.TrimSpace(ar.Files[0].Data)))
	}
	root := os.Getenv("FALCONER_CONFORMANCE")
	if root == "" {
		t.Log("FALCONER_CONFORMANCE is not set: our own samples only")
		return list
	}
	for _, pattern := range []string{"alerts/*.jsonl", "verdicts/alerts/*.jsonl"} {
		files, _ := filepath.Glob(filepath.Join(root, pattern))
		for _, name := range files {
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			lines := bufio.NewScanner(bytes.NewReader(data))
			lines.Buffer(nil, event.MaxRecordBytes)
			for lines.Scan() {
				list = append(list, parse(t, lines.Bytes()))
			}
		}
	}
	return list
}

// ofEachKind are a few samples that differ in what a report on them holds: a
// known rule, the Kubernetes audit log, and a rule and source nobody knows.
func ofEachKind(t testing.TB) []*event.Event {
	want := map[string]bool{"Clear Log Activities": true, "Attach/Exec Pod": true, "Door opened at night": true}
	var list []*event.Event
	for _, e := range samples(t) {
		if want[e.Rule] {
			delete(want, e.Rule)
			list = append(list, e)
		}
	}
	if len(want) > 0 {
		t.Fatalf("no samples of %v", want)
	}
	return list
}

// with returns the alert e with every string in it that a stranger could have
// set put to v: all fields, and with all also the host and the output.
func with(t testing.TB, e *event.Event, v string, all bool) *event.Event {
	t.Helper()
	fields := make(map[string]any)
	for name, old := range e.Fields.All() {
		switch old.Kind() {
		case event.String:
			fields[name] = v
		case event.Null:
			fields[name] = nil
		case event.Array:
			fields[name] = []string{v, v}
		default:
			fields[name] = json.RawMessage(old.Text())
		}
	}
	doc := map[string]any{
		"rule": e.Rule, "priority": e.Priority.String(), "time": e.Time.Format("2006-01-02T15:04:05.000000000Z"),
		"source": e.Source, "hostname": e.Hostname, "output": e.Output, "tags": e.Tags, "output_fields": fields,
	}
	if all {
		doc["hostname"], doc["output"] = v, v
		doc["tags"] = append([]string{v}, e.Tags...)
	}
	line, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(fmt.Errorf("%q: %w", v, err))
	}
	return parse(t, line)
}
