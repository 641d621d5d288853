package main

import (
	"encoding/json"
	"log"
)

// object is a JSON object; its keys print in order.
type object map[string]any

// schema returns the JSON Schema of an alert. Fields that Falco prints as
// strings are not listed: any field may also be null, and any was a string in
// some version, so that they have nothing to add to the rule for all.
func schema(t *table) []byte {
	str := object{"type": "string"}
	properties := object{}
	for _, name := range t.order {
		f := t.byName[name]
		var typ string
		switch f.typ {
		case "BOOL":
			typ = "boolean"
		case "DOUBLE":
			typ = "number"
		case "INT16", "INT32", "INT64", "UINT32", "UINT64", "PORT", "RELTIME", "ABSTIME":
			typ = "integer"
		default:
			if f.list {
				typ = "array"
			}
		}
		if typ == "" || f.arg != "" {
			continue
		}
		properties[name] = object{"type": []string{typ, "string", "null"}}
	}
	value := object{
		"type":  []string{"null", "boolean", "number", "string", "array", "object"},
		"items": object{"type": []string{"boolean", "number", "string", "null"}},
	}
	doc := object{
		"$schema": "https://json-schema.org/draft/2020-12/schema",
		"title":   "Falco alert",
		"type":    "object",
		"required": []string{
			"priority", "rule", "time",
		},
		"properties": object{
			"hostname": object{"type": "string", "description": "the host Falco ran on"},
			"message":  object{"type": "string", "description": "the output without time and priority"},
			"output":   object{"type": "string", "description": "the text for people"},
			"output_fields": object{
				"type":                 []string{"object", "null"},
				"description":          "what the rule printed of the event, by field; null where the event has no such value",
				"properties":           properties,
				"additionalProperties": value,
			},
			"priority": object{"enum": []string{
				"Emergency", "Alert", "Critical", "Error", "Warning", "Notice", "Informational", "Debug",
			}},
			"rule":   object{"type": "string", "minLength": 1},
			"source": object{"type": "string", "description": "syscall, the source of a plugin, or internal"},
			"tags":   object{"type": "array", "items": str, "uniqueItems": true},
			"time": object{
				"type":        "string",
				"pattern":     `^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})$`,
				"description": "when the event happened; Falco prints UTC with nine digits",
			},
		},
	}
	b, err := json.MarshalIndent(doc, "", " ")
	if err != nil {
		log.Fatal(err)
	}
	return append(b, '\n')
}
