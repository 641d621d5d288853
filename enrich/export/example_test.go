package export_test

import (
	"bytes"
	"fmt"
	"log"

	"github.com/falconer-go/falconer/enrich"
	"github.com/falconer-go/falconer/enrich/export/navigator"
	"github.com/falconer-go/falconer/enrich/export/ocsf"
	"github.com/falconer-go/falconer/event"
	"github.com/falconer-go/falconer/rules"
)

// An enriched alert as a finding for a data lake.
func Example_ocsf() {
	e, err := event.Parse([]byte(alerts["cloudtrail"]))
	if err != nil {
		log.Fatal(err)
	}
	doc := ocsf.Append(nil, e, enrich.For(e), &ocsf.Options{ProductVersion: "0.45.0"})
	fmt.Printf("%s\n", doc[:bytes.IndexByte(doc, ',')])
	// Output: {"activity_id":1
}

// The coverage of the rules that Falco ships as a layer of the ATT&CK Navigator.
func Example_navigator() {
	layer := navigator.Layer{Name: "Falco's stable rules"}
	for r := range rules.Catalog() {
		if r.Maturity == "stable" {
			layer.Add(r.Name, enrich.For(&event.Event{Rule: r.Name, Source: r.Source, Tags: r.Tags}))
		}
	}
	fmt.Println(layer.Count("T1611", "privilege-escalation") > 0)
	// Output: true
}
