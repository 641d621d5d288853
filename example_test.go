package falconer_test

import (
	"fmt"
	"log"
	"os"
	"strings"

	"github.com/falconer-go/falconer/enrich"
	"github.com/falconer-go/falconer/event"
	"github.com/falconer-go/falconer/mitigate"
	"github.com/falconer-go/falconer/mitigate/report"
)

// The whole chain: the bytes of an alert, its mapping, its plan, its report.
func Example() {
	raw, err := os.ReadFile("examples/report/testdata/alert.json")
	if err != nil {
		log.Fatal(err)
	}
	e, err := event.Parse(raw)
	if err != nil {
		log.Fatal(err) // a *event.SyntaxError says where and why
	}
	fmt.Println(e.Priority, "from", e.Process().Name, "on", e.File().Name)

	m := enrich.For(e)
	for _, p := range m.Pairs()[:1] {
		fmt.Println(p.Tactic.Name, p.Technique.ID, p.Technique.Name)
	}

	plan := mitigate.Default().Plan(e, m)
	fmt.Println("urgency:", plan.Verdict.Urgency)

	title, _, _ := strings.Cut(report.New(plan).Markdown(), "\n")
	fmt.Println(title)
	// Output:
	// Warning from event-generator on /tmp/falco-event-generator-syscall-ClearLogActivities-239577459/syslog
	// Stealth T1070 Indicator Removal
	// urgency: note
	// # Falco Alert Report: Clear Log Activities
}
