module github.com/falconer-go/falconer

go 1.25

require (
	github.com/cenkalti/backoff/v5 v5.0.3
	github.com/google/go-cmp v0.6.0
	github.com/klauspost/compress v1.20.3
	go.yaml.in/yaml/v4 v4.0.0
	golang.org/x/time v0.14.0
	golang.org/x/tools v0.40.0
)

require (
	github.com/falcosecurity/plugin-sdk-go v0.8.3
	github.com/xeipuuv/gojsonschema v1.2.0
	golang.org/x/exp v0.0.0-20251113190631-e25ba8c21ef6
)

require (
	github.com/xeipuuv/gojsonpointer v0.0.0-20190905194746-02993c407bfb // indirect
	github.com/xeipuuv/gojsonreference v0.0.0-20180127040603-bd5ef7bd5415 // indirect
)
