module github.com/falconer-go/falconer/examples/advisor

go 1.25.0

require github.com/falconer-go/falconer v0.0.0

require (
	github.com/cenkalti/backoff/v5 v5.0.3 // indirect
	github.com/klauspost/compress v1.20.3 // indirect
	go.yaml.in/yaml/v4 v4.0.0 // indirect
	golang.org/x/exp v0.0.0-20251113190631-e25ba8c21ef6 // indirect
	golang.org/x/time v0.14.0 // indirect
	mvdan.cc/sh/v3 v3.12.0
)

replace github.com/falconer-go/falconer => ../..
