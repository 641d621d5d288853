// Gen writes the tables of package rules: the rules that Falco and its plugins
// ship, as facts, and how many event codes each event type has.
//
//	go run ./internal/gen -facts DIR -events event_table.c
//
// DIR holds upstream_rules.tsv, made from the rule files of falcosecurity/rules
// and falcosecurity/plugins; event_table.c is driver/event_table.c of
// falcosecurity/libs. Descriptions are left out: they are prose of others.
// former_names.tsv is kept by hand, from the history of those files.
package main

import (
	"bytes"
	"cmp"
	"flag"
	"fmt"
	"log"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

func main() {
	log.SetFlags(0)
	facts := flag.String("facts", "", "folder of upstream_rules.tsv")
	events := flag.String("events", "", "driver/event_table.c")
	out := flag.String("out", "data", "folder to write")
	flag.Parse()
	write := func(name string, data []byte) {
		if err := os.WriteFile(filepath.Join(*out, name), data, 0o644); err != nil {
			log.Fatal(err)
		}
	}
	if *facts != "" {
		write("catalog.tsv", catalog(read(filepath.Join(*facts, "upstream_rules.tsv"))))
	}
	if *events != "" {
		write("event_codes.tsv", eventCodes(read(*events)))
	}
}

func read(path string) string {
	data, err := os.ReadFile(path)
	if err != nil {
		log.Fatal(err)
	}
	return string(data)
}

// catalog is the table of rules, sorted by name, each once: a file that
// another plugin ships as a copy comes after the original.
func catalog(text string) []byte {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	column := make(map[string]int)
	for i, name := range strings.Split(lines[0], "\t") {
		column[name] = i
	}
	byName := make(map[string]string)
	for _, line := range lines[1:] {
		cells := strings.Split(line, "\t")
		cell := func(name string) string { return cells[column[name]] }
		row := strings.Join([]string{cell("rule"), cell("source"), cell("priority"), cell("maturity"), cell("enabled"),
			cell("tags"), cell("output_fields"), cell("file")}, "\t")
		if old, ok := byName[cell("rule")]; !ok || cmp.Compare(row, old) > 0 && strings.Contains(old, "-gke/") {
			byName[cell("rule")] = row
		}
	}
	var b bytes.Buffer
	b.WriteString("# rule, source, priority, maturity, enabled, tags, fields of the output, file. From falcosecurity/rules c72713ee\n" +
		"# and falcosecurity/plugins 0b3cbd8d (Apache-2.0): facts only. Made by internal/gen.\n")
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		b.WriteString(byName[name] + "\n")
	}
	return b.Bytes()
}

var eventEntry = regexp.MustCompile(`\[PPME_\w+\]\s*=\s*\{\s*"([^"]*)"`)

// eventCodes counts the codes of each event type.
func eventCodes(text string) []byte {
	counts := make(map[string]int)
	for _, m := range eventEntry.FindAllStringSubmatch(text, -1) {
		counts[m[1]]++
	}
	var b bytes.Buffer
	b.WriteString("# event type, number of event codes. From falcosecurity/libs 48dfd53cd, driver/event_table.c: facts only.\n" +
		"# Made by internal/gen.\n")
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		fmt.Fprintf(&b, "%s\t%d\n", name, counts[name])
	}
	return b.Bytes()
}
