package event

import (
	"errors"
	"fmt"
	"time"
)

// The bounds that Parse keeps.
const (
	MaxRecordBytes = 1 << 20
	MaxNesting     = 64
	MaxFields      = 4096
	MaxTags        = 1024
)

// Parse decodes one alert as Falco prints it with json_output: one JSON object,
// its keys in any order, every key but rule, priority and time optional. White
// space around it is allowed, anything else after it is an error.
//
// Parse copies what it keeps, so data may be reused. An error is a
// *[SyntaxError].
func Parse(data []byte) (*Event, error) {
	if len(data) > MaxRecordBytes {
		return nil, &SyntaxError{Offset: MaxRecordBytes, Err: fmt.Errorf("record of %d bytes: %w", len(data), ErrTooLarge)}
	}
	s := scanner{src: string(data)}
	e := new(Event)
	if err := s.alert(e); err != nil {
		return nil, err
	}
	return e, nil
}

// alert reads the one object and what may follow it.
func (s *scanner) alert(e *Event) error {
	s.space()
	if s.at >= len(s.src) || s.src[s.at] != '{' {
		return s.fail("", errors.New("expected an object"))
	}
	seen := make(map[string]bool, 12)
	err := s.object("", 1, func(key string, v Value, at int) error {
		if seen[key] {
			return s.failAt(at, key, errors.New("duplicate key"))
		}
		seen[key] = true
		return e.set(s, key, v, at)
	})
	if err != nil {
		return err
	}
	s.space()
	if s.at != len(s.src) {
		return s.fail("", errors.New("unexpected text after the alert"))
	}
	for _, key := range []string{"rule", "priority", "time"} {
		if !seen[key] {
			return s.failAt(0, key, errors.New("missing"))
		}
	}
	return nil
}

func (e *Event) set(s *scanner, key string, v Value, at int) error {
	wrong := func(want string) error {
		return s.failAt(at, key, fmt.Errorf("%s where %s belongs", v.kind, want))
	}
	text := func(dst *string) error {
		if v.kind != String && v.kind != Null {
			return wrong("a string")
		}
		*dst = v.text
		return nil
	}
	switch key {
	case "rule":
		if v.kind != String || v.text == "" {
			return wrong("a rule's name")
		}
		e.Rule = v.text
	case "priority":
		p, ok := priorityOf(v.text)
		if v.kind != String || !ok {
			return s.failAt(at, key, fmt.Errorf("unknown priority %q", clip(v.text)))
		}
		e.Priority = p
	case "time":
		t, err := time.Parse(time.RFC3339Nano, v.text)
		if v.kind != String || err != nil {
			return s.failAt(at, key, fmt.Errorf("%q is not an RFC 3339 time", clip(v.text)))
		}
		e.Time = t.UTC()
	case "source":
		e.has |= hasSource
		return text(&e.Source)
	case "hostname":
		e.has |= hasHostname
		return text(&e.Hostname)
	case "output":
		e.has |= hasOutput
		return text(&e.Output)
	case "message":
		e.has |= hasMessage
		return text(&e.Message)
	case "tags":
		if v.kind == Null {
			return nil
		}
		if v.kind != Array {
			return wrong("a list")
		}
		tags, ok := v.strings(MaxTags)
		if !ok {
			return s.failAt(at, key, errors.New("expected a list of at most 1024 strings"))
		}
		e.Tags = tags
	case "output_fields":
		switch v.kind {
		case Null:
			return nil
		case Object:
		default:
			return wrong("an object")
		}
		e.has |= hasFields
		inner := scanner{src: v.text}
		seen := make(map[string]bool)
		defer func() { e.Fields = makeFields(e.Fields.list) }()
		return inner.object("output_fields.", 2, func(key string, v Value, in int) error {
			if seen[key] {
				return s.failAt(at+in, "output_fields."+key, errors.New("duplicate key"))
			}
			if len(seen) == MaxFields {
				return s.failAt(at+in, "output_fields", fmt.Errorf("more than %d fields: %w", MaxFields, ErrTooLarge))
			}
			seen[key] = true
			e.Fields.list = append(e.Fields.list, field{key, v})
			return nil
		})
	default:
		e.extra = append(e.extra, field{key, v})
	}
	return nil
}

// strings returns the elements of an array of at most most strings.
func (v Value) strings(most int) (list []string, ok bool) {
	list = []string{}
	for e := range v.Elements() {
		if e.kind != String || len(list) == most {
			return nil, false
		}
		list = append(list, e.text)
	}
	return list, true
}
