package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// attribute is one of a class or an object, as a file of the schema or its
// dictionary says it. What a class leaves out, its parent says, then the
// dictionary.
type attribute struct {
	Type        string
	IsArray     bool `json:"is_array"`
	Requirement string
	Enum        map[string]any
	Profile     string `json:"-"` // the one that brings it
}

// definition is a file of the schema: a class, an object or a profile.
type definition struct {
	Extends     string
	Attributes  map[string]json.RawMessage
	Constraints map[string][]string
}

type schema struct {
	dir        string
	dictionary struct {
		Attributes map[string]attribute
		Types      struct {
			Attributes map[string]struct{ Type string }
		}
	}
}

// ocsf writes the class Detection Finding and all objects that it leads to: a
// line an attribute, with the object, the name, the type (a basic one, or an
// object), array, required, the numbers it may have, and the profile that
// brings it; and a line a constraint, its name after @.
func ocsf(w io.Writer, dir string) error {
	s := &schema{dir: dir}
	if err := s.read("dictionary.json", &s.dictionary); err != nil {
		return err
	}
	fmt.Fprintln(w, "# OCSF 1.1.0, Apache-2.0: object, attribute, type, array, required, allowed numbers, profile; object, @constraint, attributes")
	done := make(map[string]bool)
	for queue := []string{"events/findings/detection_finding"}; len(queue) > 0; queue = queue[1:] {
		file := queue[0]
		if done[file] {
			continue
		}
		done[file] = true
		attrs, constraints, err := s.resolve(file)
		if err != nil {
			return err
		}
		object := filepath.Base(file)
		if object == "observable" {
			if attrs["type_id"], err = s.observables(attrs["type_id"]); err != nil {
				return err
			}
		}
		for _, name := range slices.Sorted(maps.Keys(constraints)) {
			fmt.Fprintf(w, "%s\t@%s\t%s\n", object, name, strings.Join(constraints[name], " "))
		}
		for _, name := range slices.Sorted(maps.Keys(attrs)) {
			a := attrs[name]
			kind := s.basic(a.Type)
			if kind == a.Type && !strings.HasSuffix(kind, "_t") && kind != "object" {
				queue = append(queue, "objects/"+kind)
			}
			array, required := "", ""
			if a.IsArray {
				array = "array"
			}
			if a.Requirement == "required" {
				required = "required"
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", object, name, kind, array, required, strings.Join(numbers(a.Enum), " "), a.Profile)
		}
	}
	return nil
}

func (s *schema) read(name string, v any) error {
	text, err := os.ReadFile(filepath.Join(s.dir, name))
	if err != nil {
		return err
	}
	return json.Unmarshal(text, v)
}

// basic follows derived types to what JSON has.
func (s *schema) basic(kind string) string {
	for {
		t, ok := s.dictionary.Types.Attributes[kind]
		if !ok || t.Type == "" {
			return kind
		}
		kind = t.Type
	}
}

// resolve returns the attributes of a class or an object: its parent's, then
// those of what it includes, then its own, each over the dictionary's.
func (s *schema) resolve(file string) (map[string]attribute, map[string][]string, error) {
	var d definition
	if err := s.read(file+".json", &d); err != nil {
		return nil, nil, err
	}
	attrs, constraints := make(map[string]attribute), make(map[string][]string)
	if d.Extends != "" && d.Extends != "object" {
		parent := filepath.Join(filepath.Dir(file), d.Extends)
		if d.Extends == "base_event" {
			parent = "events/base_event"
		}
		var err error
		if attrs, constraints, err = s.resolve(parent); err != nil {
			return nil, nil, err
		}
	}
	if err := s.add(attrs, d.Attributes, ""); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", file, err)
	}
	maps.Copy(constraints, d.Constraints)
	return attrs, constraints, nil
}

// add lays attributes over those that are there, as what profile brings, if it is
// not "".
func (s *schema) add(attrs map[string]attribute, more map[string]json.RawMessage, profile string) error {
	if list, ok := more["$include"]; ok {
		var files []string
		if err := json.Unmarshal(list, &files); err != nil {
			return err
		}
		for _, file := range files {
			var d definition
			if err := s.read(file, &d); err != nil {
				return err
			}
			from := profile
			if filepath.Dir(file) == "profiles" {
				from = strings.TrimSuffix(filepath.Base(file), ".json")
			}
			if err := s.add(attrs, d.Attributes, from); err != nil {
				return err
			}
		}
	}
	for name, text := range more {
		if name == "$include" {
			continue
		}
		var own attribute
		if err := json.Unmarshal(text, &own); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		a, ok := attrs[name]
		if !ok {
			a = s.dictionary.Attributes[name]
			a.Enum = maps.Clone(a.Enum)
			a.Profile = profile
		} else if profile == "" {
			a.Profile = ""
		}
		if own.Type != "" {
			a.Type = own.Type
		}
		if own.Requirement != "" {
			a.Requirement = own.Requirement
		}
		if own.Enum != nil {
			if a.Enum == nil {
				a.Enum = make(map[string]any)
			}
			maps.Copy(a.Enum, own.Enum)
		}
		if a.Type == "" {
			return fmt.Errorf("%s has no type", name)
		}
		attrs[name] = a
	}
	return nil
}

// observables adds to the numbers of an observable's type those that types,
// attributes and objects have as observables.
func (s *schema) observables(a attribute) (attribute, error) {
	type numbered struct{ Observable int }
	var dictionary struct {
		Attributes map[string]numbered
		Types      struct{ Attributes map[string]numbered }
	}
	if err := s.read("dictionary.json", &dictionary); err != nil {
		return a, err
	}
	all := slices.AppendSeq(slices.Collect(maps.Values(dictionary.Attributes)), maps.Values(dictionary.Types.Attributes))
	files, err := filepath.Glob(filepath.Join(s.dir, "objects", "*.json"))
	if err != nil {
		return a, err
	}
	for _, file := range files {
		var n numbered
		if err := s.read("objects/"+filepath.Base(file), &n); err != nil {
			return a, err
		}
		all = append(all, n)
	}
	for _, n := range all {
		if n.Observable > 0 {
			a.Enum[strconv.Itoa(n.Observable)] = nil
		}
	}
	return a, nil
}

// numbers returns the keys of an enumeration that is one of numbers.
func numbers(enum map[string]any) []string {
	var list []string
	for _, key := range slices.Sorted(maps.Keys(enum)) {
		if _, err := strconv.Atoi(key); err == nil {
			list = append(list, key)
		}
	}
	return list
}
