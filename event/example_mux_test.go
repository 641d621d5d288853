package event_test

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/falconer-go/falconer/event"
	"github.com/falconer-go/falconer/event/eventtest"
)

// Route alerts to handlers by what they are about.
func ExampleMux() {
	mux := event.NewMux(&event.MuxOptions{
		Fallback: event.HandlerFunc(func(_ context.Context, e *event.Event) error {
			fmt.Println("nobody wants:", e.Rule)
			return nil
		}),
	})
	page := func(_ context.Context, e *event.Event) error {
		fmt.Println("page:", e.Rule)
		return nil
	}
	mux.HandleFunc(event.AtLeast(event.Critical), page)
	mux.HandleFunc(event.All(event.Tagged("mitre_execution"), event.Field("k8s.ns.name", "shop")), page)
	mux.HandleFunc(event.From("k8s_audit"), func(_ context.Context, e *event.Event) error {
		fmt.Println("ask the platform team:", e.Rule)
		return nil
	})
	for _, name := range []string{"syscall-shell", "cloudtrail", "k8s-audit", "okta"} {
		if err := mux.HandleEvent(context.Background(), eventtest.SampleNamed(name)); err != nil {
			fmt.Println(err)
		}
	}
	// Output:
	// page: Terminal shell in container
	// page: Console Root Login Without MFA
	// ask the platform team: Create Privileged Pod
	// nobody wants: Adding user in OKTA group
}

// One handler's failure never keeps an alert from the others.
func ExampleMux_errors() {
	mux := event.NewMux(nil)
	mux.HandleNamed("pager", event.Everything(), event.HandlerFunc(func(context.Context, *event.Event) error {
		return errors.New("no connection")
	}))
	mux.HandleNamed("archive", event.Everything(), event.HandlerFunc(func(_ context.Context, e *event.Event) error {
		fmt.Println("archived:", e.Rule)
		return nil
	}))
	err := mux.HandleEvent(context.Background(), eventtest.SampleNamed("okta"))
	var failed *event.HandlerError
	if errors.As(err, &failed) {
		fmt.Println("failed:", failed.Handler, failed.Err)
	}
	// Output:
	// archived: Adding user in OKTA group
	// failed: pager no connection
}

// Find out why a handler does not get an alert.
func ExampleMux_Explain() {
	mux := event.NewMux(nil)
	ignore := event.HandlerFunc(func(context.Context, *event.Event) error { return nil })
	mux.HandleNamed("on-call", event.All(event.From("syscall"), event.AtLeast(event.Critical)), ignore)
	mux.HandleNamed("shells", event.Any(event.Rule("Terminal shell*"), event.Tagged("shell")), ignore)
	for _, x := range mux.Explain(eventtest.SampleNamed("syscall-shell")) {
		fmt.Printf("%s: %v: %s\n", x.Name, x.Matches, x.Reason)
	}
	// Output:
	// on-call: false: priority is Notice, less than Critical
	// shells: true: rule is "Terminal shell in container"
}

// See which handlers fail, and which ones the index cannot find.
func ExampleMux_Stats() {
	mux := event.NewMux(nil)
	ignore := event.HandlerFunc(func(context.Context, *event.Event) error { return nil })
	mux.HandleNamed("shop", event.Field("k8s.ns.name", "shop"), ignore)
	mux.HandleNamed("long", event.MatcherFunc(func(e *event.Event) bool { return len(e.Output) > 1000 }), ignore)
	for _, s := range eventtest.Samples() {
		mux.HandleEvent(context.Background(), s.Event())
	}
	stats := mux.Stats()
	fmt.Println("indexed:", stats.Indexed, "asked about every alert:", stats.Unindexed)
	for _, r := range stats.Routes {
		fmt.Printf("%s: %d calls, needs %q\n", r.Name, r.Calls, r.Needs)
	}
	// Output:
	// indexed: 1 asked about every alert: 1
	// shop: 6 calls, needs "k8s.ns.name = \"shop\""
	// long: 0 calls, needs ""
}

// Handlers come and go while alerts arrive.
func ExampleRoute_Remove() {
	mux := event.NewMux(nil)
	var tail eventtest.Recorder
	route := mux.Handle(event.Rule("Terminal shell*"), &tail)
	e := eventtest.SampleNamed("syscall-shell")
	mux.HandleEvent(context.Background(), e)
	route.Remove()
	mux.HandleEvent(context.Background(), e)
	fmt.Println(len(tail.Events()))
	// Output: 1
}

// imageIn matches alerts of containers whose image is in a registry.
type imageIn struct{ registry string }

func (m imageIn) Match(e *event.Event) bool {
	return strings.HasPrefix(e.Fields.Get("container.image.repository").Text(), m.registry+"/")
}

// Needs lets a Mux find the handler without asking it about every alert.
func (m imageIn) Needs() event.Needs {
	return event.Needs{{{Field: "container.image.repository", Text: m.registry + "/", Prefix: true}}}
}

func (m imageIn) String() string { return "image in " + m.registry }

// Write a matcher of your own that the index of a Mux understands.
func ExampleNeeder() {
	mux := event.NewMux(nil)
	mux.HandleFunc(imageIn{"registry.example"}, func(_ context.Context, e *event.Event) error {
		fmt.Println(e.Rule)
		return nil
	})
	mux.HandleEvent(context.Background(), eventtest.SampleNamed("syscall-file"))
	stats := mux.Stats()
	fmt.Println(stats.Indexed, stats.Routes[0].Pattern)
	// Output:
	// Read sensitive file untrusted
	// 1 image in registry.example
}
