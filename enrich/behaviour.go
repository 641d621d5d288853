package enrich

import "github.com/falconer-go/falconer/event"

// behaviour is a plain inference from the fields of one alert.
type behaviour struct {
	claim
	field  string
	reason string
	seen   func(e *event.Event) bool
}
