package eventtest_test

import (
	"context"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/falconer-go/falconer/event"
	"github.com/falconer-go/falconer/event/eventtest"
)

func TestBuilder(t *testing.T) {
	base := eventtest.New("A").Tags("b", "a", "b").Field("n", uint64(math.MaxUint64))
	for _, tt := range []struct {
		b    eventtest.Builder
		want string
	}{
		{base, `{"hostname":"test-host","output":"09:15:27.104587331: Notice A","output_fields":{"evt.time":1772442927104587331,"n":18446744073709551615},` +
			`"priority":"Notice","rule":"A","source":"syscall","tags":["a","b"],"time":"2026-03-02T09:15:27.104587331Z"}`},
		{base.Field("x", nil).Field("l", []string{"<a>"}).Field("n", true).Message("<m>").Priority(event.Error),
			`{"hostname":"test-host","output":"09:15:27.104587331: Error <m>","output_fields":{"evt.time":1772442927104587331,"l":["<a>"],"n":true,"x":null},` +
				`"priority":"Error","rule":"A","source":"syscall","tags":["a","b"],"time":"2026-03-02T09:15:27.104587331Z"}`},
		{base.WithoutFields().Without("output").Without("tags").Without("hostname").Source("okta").Time(time.Unix(1, 5)),
			`{"priority":"Notice","rule":"A","source":"okta","time":"1970-01-01T00:00:01.000000005Z"}`},
	} {
		if got := string(tt.b.JSON()); got != tt.want {
			t.Errorf("got  %s\nwant %s", got, tt.want)
		}
		// The form is Falco's: it is what encoding the alert gives.
		if got := string(tt.b.Event().AppendJSON(nil)); got != tt.want {
			t.Errorf("encoded\n%s\nwant %s", got, tt.want)
		}
	}
	for name, f := range map[string]func(){
		"no rule": func() { eventtest.New("").Event() },
		"channel": func() { base.Field("c", make(chan int)).JSON() },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			f()
		}()
	}
}

func ExampleBuilder() {
	shell := eventtest.New("Terminal shell in container").Tags("shell").Field("proc.name", "bash")
	mux := event.NewMux(nil)
	mux.HandleFunc(event.Field("k8s.ns.name", "prod"), func(_ context.Context, e *event.Event) error {
		fmt.Println("page for", e.Fields.Get("k8s.ns.name"))
		return nil
	})
	for _, ns := range []string{"dev", "prod"} {
		mux.HandleEvent(context.Background(), shell.Field("k8s.ns.name", ns).Event())
	}
	// Output: page for prod
}
