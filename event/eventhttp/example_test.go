package eventhttp_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/falconer-go/falconer/event"
	"github.com/falconer-go/falconer/event/eventhttp"
	"github.com/falconer-go/falconer/event/eventtest"
)

// Receive what Falco's http_output sends, answer at once and handle later.
func Example() {
	mux := event.NewMux(nil)
	mux.HandleFunc(event.AtLeast(event.Notice), func(_ context.Context, e *event.Event) error {
		fmt.Println(e.Rule)
		return nil
	})
	queue := event.NewQueue(mux, &event.QueueOptions{Full: event.Reject})

	routes := http.NewServeMux()
	routes.Handle("/falco", eventhttp.NewHandler(queue, &eventhttp.Options{Tokens: []string{"s3cret"}}))
	server := httptest.NewServer(routes) // a host has an http.Server with timeouts here
	defer server.Close()

	r, _ := http.NewRequest("POST", server.URL+"/falco", strings.NewReader(string(eventtest.SampleNamed("syscall-shell").AppendJSON(nil))))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer s3cret")
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		fmt.Println(err)
		return
	}
	res.Body.Close()

	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	queue.Drain(ctx)
	fmt.Println(res.Status)
	// Output:
	// Terminal shell in container
	// 202 Accepted
}
