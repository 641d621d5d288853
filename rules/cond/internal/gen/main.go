// Gen writes the tables of package cond: which fields Falco has, with their
// types, the names and parameters of its events, and the names of ports.
//
//	go run ./internal/gen -facts DIR -events event_table.c -services /etc/services
//
// DIR holds fields.tsv (the built-in fields with their flags, from a dump of
// libsinsp), falco_fields.tsv (all fields by source, from falco --list),
// plugin_fields.tsv (all fields of the plugins, from their sources) and
// event_types.txt; event_table.c is driver/event_table.c of falcosecurity/libs.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

func main() {
	log.SetFlags(0)
	facts := flag.String("facts", "", "folder of fields.tsv, falco_fields.tsv, plugin_fields.tsv and event_types.txt")
	events := flag.String("events", "", "driver/event_table.c")
	services := flag.String("services", "/etc/services", "table of port names")
	out := flag.String("out", "data", "folder to write")
	flag.Parse()
	write := func(name string, data []byte) {
		if err := os.WriteFile(filepath.Join(*out, name), data, 0o644); err != nil {
			log.Fatal(err)
		}
	}
	write("fields.tsv", fields(*facts))
	write("events.tsv", eventTable(*events, filepath.Join(*facts, "event_types.txt")))
	write("services.tsv", serviceTable(*services))
}

// rows returns the cells of a table without its heading, by column name.
func rows(path string) []map[string]string {
	lines := strings.Split(strings.TrimRight(read(path), "\n"), "\n")
	head := strings.Split(lines[0], "\t")
	var list []map[string]string
	for _, line := range lines[1:] {
		row := map[string]string{}
		for i, cell := range strings.Split(line, "\t") {
			row[head[i]] = cell
		}
		list = append(list, row)
	}
	return list
}

func read(path string) string {
	data, err := os.ReadFile(path)
	if err != nil {
		log.Fatal(err)
	}
	return string(data)
}

// builtin are the classes of libsinsp in the order in which it asks them about
// a name; evt is two classes, one of which applies to every source.
var builtin = []string{"generic", "evt", "process", "user", "group", "fd", "fs.path", "util", "fdlist"}

func fields(facts string) []byte {
	var b bytes.Buffer
	all := ""
	plugins := rows(filepath.Join(facts, "falco_fields.tsv"))
	for _, r := range plugins {
		if r["name"] == "evt.num" {
			all = r["sources"]
		}
	}
	fmt.Fprintln(&b, "# class, sources (* is all), name, type, flags. Made by internal/gen.")
	dump := rows(filepath.Join(facts, "fields.tsv"))
	for _, class := range builtin {
		for _, r := range dump {
			flags := split(r["flags"])
			in := strings.TrimSpace(r["class"])
			sources := "syscall"
			if slices.Contains(flags, "generic") {
				in, sources = "generic", "*"
			}
			if slices.Contains(flags, "hidden_class") {
				in = "util"
			}
			if in != class {
				continue
			}
			if r["is_list"] == "true" {
				flags = append(flags, "list")
			}
			if r["print_format"] == "HEX" {
				flags = append(flags, "hex")
			}
			switch r["arg"] {
			case "allowed":
				flags = append(flags, "arg")
			case "required":
				flags = append(flags, "arg", "arg_required")
			}
			row(&b, class, sources, r["name"], r["type"], flags)
		}
	}
	for _, r := range plugins {
		class, ok := strings.CutSuffix(r["class"], " (plugin)")
		if !ok {
			continue
		}
		var flags []string
		if r["is_list"] == "true" {
			flags = append(flags, "list")
		}
		if r["arg_required"] != "" {
			flags = append(flags, "arg")
		}
		if r["arg_required"] == "true" {
			flags = append(flags, "arg_required")
		}
		flags = append(flags, split(strings.ToLower(r["arg_type"]))...)
		sources := r["sources"]
		if sources == all {
			sources = "*"
		}
		row(&b, class, sources, r["name"], r["type"], flags)
	}
	// Fields that plugins have and falco --list does not show, behind those of
	// their class.
	shown := b.String()
	for _, r := range rows(filepath.Join(facts, "plugin_fields.tsv")) {
		class, name, typ := r["plugin"], r["name"], strings.ToUpper(r["type"])
		if strings.Contains(shown, "\t"+name+"\t") {
			continue
		}
		if i := strings.LastIndex(shown, "\n"+class+"\t"); i >= 0 {
			sources := strings.Split(shown[i+1:], "\t")[1]
			end := i + 1 + strings.Index(shown[i+1:], "\n") + 1
			var line bytes.Buffer
			row(&line, class, sources, name, strings.Replace(typ, "STRING", "CHARBUF", 1), []string{"table_only"})
			shown = shown[:end] + line.String() + shown[end:]
		}
	}
	return []byte(shown)
}

func row(b *bytes.Buffer, class, sources, name, typ string, flags []string) {
	flags = slices.DeleteFunc(flags, func(f string) bool { return f == "generic" || f == "hidden_class" })
	fmt.Fprintf(b, "%s\t%s\t%s\t%s\t%s\n", class, sources, name, typ, strings.Join(flags, ","))
}

func split(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, ",")
}

var (
	eventName  = regexp.MustCompile(`\] = \{"([^"]*)"`)
	eventParam = regexp.MustCompile(`\{"([^"]*)",\s*PT_(\w+),\s*PF_(\w+)`)
)

// eventTable returns a line for each event name with its kind, event or
// syscall, and one for each parameter with the type it has in the first event
// that has it, which is the one that Falco takes, and the base in which its
// value prints if that is not 10.
func eventTable(table, types string) []byte {
	var b bytes.Buffer
	fmt.Fprintln(&b, "# event or syscall, name; or param, name, type, base in which it prints. Made by internal/gen.")
	source := read(table)
	seen := map[string]bool{}
	for _, m := range eventName.FindAllStringSubmatch(source, -1) {
		if !seen[m[1]] {
			seen[m[1]] = true
			fmt.Fprintf(&b, "event\t%s\n", m[1])
		}
	}
	for _, name := range strings.Split(strings.TrimSuffix(read(types), "\n"), "\n") {
		if !seen[name] {
			seen[name] = true
			fmt.Fprintf(&b, "syscall\t%s\n", name)
		}
	}
	params := map[string]bool{}
	for _, m := range eventParam.FindAllStringSubmatch(source, -1) {
		if !params[m[1]] {
			params[m[1]] = true
			format := ""
			if m[3] == "HEX" || m[3] == "OCT" {
				format = "\t" + strings.ToLower(m[3])
			}
			fmt.Fprintf(&b, "param\t%s\t%s%s\n", m[1], typeName(m[2]), format)
		}
	}
	return b.Bytes()
}

func typeName(pt string) string {
	if pt == "DYN" {
		return "DYNAMIC"
	}
	return pt
}

// serviceTable returns a line for each name or alias of a port: the port that
// getservbyname gives for it where no protocol is asked for, the first one.
func serviceTable(path string) []byte {
	var b bytes.Buffer
	fmt.Fprintln(&b, "# name, port. Made by internal/gen.")
	seen := map[string]bool{}
	for _, line := range strings.Split(read(path), "\n") {
		line, _, _ = strings.Cut(line, "#")
		cells := strings.Fields(line)
		if len(cells) < 2 {
			continue
		}
		port, _, ok := strings.Cut(cells[1], "/")
		if !ok {
			log.Fatalf("%s: %q", path, line)
		}
		for _, name := range append(cells[:1:1], cells[2:]...) {
			if !seen[name] {
				seen[name] = true
				fmt.Fprintf(&b, "%s\t%s\n", name, port)
			}
		}
	}
	return b.Bytes()
}
